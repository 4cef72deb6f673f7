use tempfile::TempDir;

use super::*;
use crate::certificates::{self, Party, Wanted};

fn wanted(party: Party, name: &str) -> Wanted {
    Wanted {
        party,
        names: vec![name.to_owned()],
    }
}

fn now() -> Timestamp {
    "2026-10-14T17:07:00Z".parse().unwrap()
}

/// An authority made at that time, with a server's and a client's certificate.
fn authority(at: Timestamp) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let wanted = [
        wanted(Party::Server, "halifax.example"),
        wanted(Party::Client, "desk"),
    ];
    certificates::init(folder.path(), &wanted, at).unwrap();
    folder
}

fn settings(folder: &TempDir) -> config::Tls {
    config::Tls {
        certificate: folder.path().join("halifax.example.pem"),
        key: folder.path().join("halifax.example.key"),
        client_authority: Some(folder.path().join("authority.pem")),
        require_client_certificate: true,
    }
}

fn used(tls: &Tls) -> *const ServerConfig {
    Arc::as_ptr(&locked(&tls.state).config)
}

#[test]
fn what_changes_in_the_files_is_used_and_a_mistake_changes_nothing() {
    let folder = authority(now());
    let settings = settings(&folder);
    let tls = Tls::load(settings.clone()).unwrap();
    let kept = Arc::clone(&locked(&tls.state).config);
    tls.look(now(), false);
    assert_eq!(used(&tls), Arc::as_ptr(&kept), "nothing has changed");

    certificates::renew(folder.path(), &[], now()).unwrap();
    tls.look(now(), false);
    let renewed = Arc::clone(&locked(&tls.state).config);
    assert!(!Arc::ptr_eq(&renewed, &kept));
    assert_eq!(tls.warnings(now()), [""; 0]);

    let (sound, key) = (
        fs::read(&settings.certificate).unwrap(),
        fs::read(&settings.key).unwrap(),
    );
    let of = |folder: &TempDir, name: &str| fs::read(folder.path().join(name)).unwrap();
    let other = authority(now());
    let ended = authority(now() - SignedDuration::from_hours(400 * 24));
    for (certificate, key, expected) in [
        (Vec::new(), key.clone(), "holds no certificate in PEM"),
        (
            sound[..sound.len() / 2].to_vec(),
            key.clone(),
            "holds no certificate in PEM",
        ),
        (
            of(&other, "halifax.example.pem"),
            key.clone(),
            "do not go together",
        ),
        (
            sound.clone(),
            b"none".to_vec(),
            "holds no private key in PEM",
        ),
        (
            of(&ended, "halifax.example.pem"),
            of(&ended, "halifax.example.key"),
            "`treadwell certificates renew` makes a new one",
        ),
    ] {
        fs::write(&settings.certificate, certificate).unwrap();
        fs::write(&settings.key, key).unwrap();
        tls.look(now(), false);
        assert_eq!(used(&tls), Arc::as_ptr(&renewed), "{expected}");
        let said = tls.warnings(now());
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with("the old certificate stays in use") && said[0].contains(expected),
            "{said:?}"
        );
    }

    fs::remove_file(&settings.key).unwrap();
    tls.look(now(), false);
    assert!(tls.warnings(now())[0].contains("can not read"));
    assert_eq!(used(&tls), Arc::as_ptr(&renewed));

    fs::write(&settings.certificate, sound).unwrap();
    fs::write(&settings.key, key).unwrap();
    tls.look(now(), false);
    assert_eq!(tls.warnings(now()), [""; 0]);
}

#[test]
fn a_certificate_that_ends_is_warned_of_and_one_that_has_ended_is_used_at_the_start() {
    let folder = authority(now());
    let tls = Tls::load(settings(&folder)).unwrap();
    let in_days = |days: i64| now() + SignedDuration::from_hours(days * 24);
    assert_eq!(tls.warnings(in_days(330)), [""; 0]);
    for (days, words) in [(340, "is good until"), (366, "was good until")] {
        let said = tls.warnings(in_days(days));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(words) && said[0].contains("certificates renew"));
    }
}

#[test]
fn a_start_with_wrong_files_says_which_and_what_to_do() {
    let folder = authority(now());
    let sound = settings(&folder);
    let refused = |settings| Tls::load(settings).unwrap_err().to_string();
    let nowhere = config::Tls {
        key: "/nowhere/at/all.key".into(),
        ..sound.clone()
    };
    assert!(refused(nowhere).starts_with("can not read /nowhere/at/all.key: "));
    let swapped = config::Tls {
        certificate: sound.key.clone(),
        ..sound.clone()
    };
    let said = refused(swapped);
    assert!(said.contains("halifax.example.key holds no certificate in PEM"));
    let another = config::Tls {
        key: folder.path().join("desk.key"),
        ..sound.clone()
    };
    let said = refused(another);
    assert!(said.contains("desk.key do not go together"), "{said}");
    let no_authority = config::Tls {
        client_authority: Some(sound.key.clone()),
        ..sound
    };
    assert!(refused(no_authority).contains("holds no certificate in PEM"));
}
