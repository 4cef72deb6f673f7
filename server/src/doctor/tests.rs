use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::{Server, config, sample, setup};

async fn clinic() -> (TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    setup::init(&data, None, sample::CLINIC, Some(sample::now()))
        .await
        .unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        // Whatever the machine that runs the tests has left.
        free_disk_mib: 0,
        ..Config::new(data)
    };
    (folder, config)
}

fn found<'a>(findings: &'a [Finding], about: &str) -> &'a Finding {
    let mut of_it = findings.iter().filter(|it| it.about == about);
    of_it
        .next()
        .unwrap_or_else(|| panic!("nothing about {about}: {findings:?}"))
}

#[tokio::test]
async fn a_clinic_as_it_was_made_is_fine_and_nothing_is_left_behind() {
    let (_folder, config) = clinic().await;
    let before = std::fs::read_dir(&config.data).unwrap().count();
    let findings = examine(&config, true).await;
    for about in [
        "clock",
        "address",
        "folder",
        "quarantine",
        "seal key",
        "key ring",
        "journal",
        "owners",
    ] {
        assert_eq!(
            found(&findings, about).verdict,
            Verdict::Fine,
            "{findings:?}"
        );
    }
    let journal = &found(&findings, "journal").text;
    assert!(journal.contains("are sound"), "{journal}");
    assert_eq!(std::fs::read_dir(&config.data).unwrap().count(), before);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let (folder, mut config) = clinic().await;
    let verdict = async |config: &Config, about| {
        let findings = examine(config, true).await;
        let it = found(&findings, about);
        (it.verdict, it.text.clone())
    };

    std::fs::set_permissions(&config.data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (open, text) = verdict(&config, "folder").await;
    assert_eq!(open, Verdict::Warning);
    assert!(text.contains("chmod 700"), "{text}");

    config.listen = "0.0.0.0:0".parse().unwrap();
    let (heard, text) = verdict(&config, "address").await;
    assert_eq!(heard, Verdict::Wrong);
    assert!(text.contains("--tls-certificate"), "{text}");
    config.allow_plaintext_beyond_loopback = true;
    assert_eq!(verdict(&config, "address").await.0, Verdict::Warning);

    assert_eq!(verdict(&config, "backups").await.0, Verdict::Warning);
    let backups = folder.path().join("backups");
    config.backup = Some(config::Backup {
        folder: backups.clone(),
        every_hours: 1,
        keep: config::Keep {
            hours: 1,
            days: 0,
            months: 0,
        },
    });
    let (missing, text) = verdict(&config, "backups").await;
    assert_eq!(missing, Verdict::Wrong);
    assert!(text.contains("mount its disk"), "{text}");
    std::fs::create_dir(&backups).unwrap();
    let (none, text) = verdict(&config, "backups").await;
    assert_eq!(none, Verdict::Warning);
    assert!(text.contains("there is none in"), "{text}");

    config.metrics_listen = Some("0.0.0.0:9464".parse().unwrap());
    assert_eq!(verdict(&config, "metrics").await.0, Verdict::Warning);
    config.connections = usize::MAX;
    assert_eq!(verdict(&config, "open files").await.0, Verdict::Warning);
    config.free_disk_mib = 1 << 40;
    assert_eq!(verdict(&config, "space").await.0, Verdict::Wrong);

    std::fs::create_dir_all(config.data.join("quarantine")).unwrap();
    std::fs::write(config.data.join("quarantine/after-1.frame"), "?").unwrap();
    let (aside, text) = verdict(&config, "quarantine").await;
    assert_eq!(aside, Verdict::Warning);
    assert!(
        text.contains("after-1.frame") && text.contains("in the clear"),
        "{text}"
    );

    let key = config.key_file();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(verdict(&config, "seal key").await.0, Verdict::Wrong);
    std::fs::remove_file(key).unwrap();
    assert_eq!(verdict(&config, "seal key").await.0, Verdict::Wrong);
    let (sealed, text) = verdict(&config, "journal").await;
    assert_eq!(sealed, Verdict::Wrong, "{text}");

    config.data = folder.path().join("nowhere");
    let (missing, text) = verdict(&config, "folder").await;
    assert_eq!(missing, Verdict::Wrong);
    assert!(text.contains("init"), "{text}");
}

#[tokio::test]
async fn damage_is_found_and_a_running_server_is_left_alone() {
    let (_folder, config) = clinic().await;
    let server = Server::start(config.clone(), None).await.unwrap();
    let findings = examine(&config, true).await;
    let journal = found(&findings, "journal");
    assert_eq!(journal.verdict, Verdict::Fine);
    assert!(journal.text.contains("a server is using it"), "{journal:?}");
    server.stop().await;

    let journal = config.data.join("journal");
    let first = std::fs::read_dir(journal).unwrap().next().unwrap().unwrap();
    let mut bytes = std::fs::read(first.path()).unwrap();
    bytes[4_000] ^= 1;
    std::fs::write(first.path(), bytes).unwrap();
    let findings = examine(&config, true).await;
    let journal = found(&findings, "journal");
    assert_eq!(journal.verdict, Verdict::Wrong, "{journal:?}");
}

/// Without the whole journal it is said that nobody has looked, and looking makes nothing.
#[tokio::test]
async fn what_was_not_read_is_not_called_sound() {
    let (_folder, config) = clinic().await;
    std::fs::remove_file(config.data.join("LOCK")).unwrap();
    let findings = examine(&config, false).await;
    let journal = found(&findings, "journal");
    assert_eq!(journal.verdict, Verdict::Fine);
    let text = &journal.text;
    assert!(
        text.contains("was not read") && text.contains("--whole"),
        "{text}"
    );
    assert!(!config.data.join("LOCK").exists());
    std::fs::write(config.data.join("FORMAT"), "treadwell journal format 99\n").unwrap();
    let findings = examine(&config, false).await;
    let journal = found(&findings, "journal");
    assert_eq!(journal.verdict, Verdict::Wrong);
    assert!(journal.text.contains("a newer one"), "{journal:?}");
}

#[tokio::test]
async fn a_ring_that_is_missing_or_that_the_seal_key_does_not_open_is_told() {
    let (_folder, config) = clinic().await;
    let (_other_folder, other) = clinic().await;
    let ring = async |config: &Config| {
        let findings = examine(config, false).await;
        let it = found(&findings, "key ring");
        (it.verdict, it.text.clone())
    };
    assert_eq!(ring(&config).await.0, Verdict::Fine);
    let with_another = Config {
        key_file: Some(other.key_file()),
        ..config.clone()
    };
    let (wrong, text) = ring(&with_another).await;
    assert_eq!(wrong, Verdict::Wrong);
    assert!(text.contains("does not open the key ring"), "{text}");
    std::fs::remove_file(config.data.join("keys/ring")).unwrap();
    let (missing, text) = ring(&config).await;
    assert_eq!(missing, Verdict::Wrong);
    assert!(text.contains("is missing"), "{text}");
}

#[tokio::test]
async fn what_belongs_to_another_user_is_told() {
    let (_folder, mut config) = clinic().await;
    let others = if rustix::process::geteuid().is_root() {
        let ring = config.data.join("keys/ring");
        std::os::unix::fs::chown(&ring, Some(1), None).unwrap();
        ring
    } else {
        // Nobody but root can give a file away; this one is root's.
        config.key_file = Some("/etc/passwd".into());
        "/etc/passwd".into()
    };
    let findings = examine(&config, false).await;
    let owners = found(&findings, "owners");
    assert_eq!(owners.verdict, Verdict::Wrong);
    let named = owners.text.contains(&others.display().to_string());
    assert!(named && owners.text.contains("chown"), "{owners:?}");
}

#[test]
fn open_files_are_judged_by_what_the_server_may_have() {
    let config = Config::new("nowhere");
    let needed = u64::try_from(config.connections).unwrap() + OTHER_FILES;
    let verdict = |limit| open_files_of(limit, &config).verdict;
    assert_eq!(verdict(needed), Verdict::Fine);
    assert_eq!(verdict(needed - 1), Verdict::Warning);
    // What a process begins with is raised, and so says nothing.
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let found = open_files(&config).map(|found| found.verdict);
    assert_eq!(found, most.map(verdict));
}
