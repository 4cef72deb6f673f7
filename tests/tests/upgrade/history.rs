//! The history is compacted under a running server, by its own policy, and everybody goes on.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use tonic::transport::Endpoint;
use treadwell_api::v1::{
    ExportClientRecordRequest, GetCatalogRequest, GetStatusRequest, GetStatusResponse,
    ListRuleSetVersionsRequest, PutRuleSetRequest, Reason, VerifyRequest, WatchRequest,
    export_client_record_response::Part,
};
use treadwell_client::{Client, Event, Options, WatchOptions};
use treadwell_server::{Handle, Server, clock::Injected, config::Config, sample, setup};
use treadwell_tests::{
    clinic_day,
    frozen::{self, Told},
    process::copy_folder,
    wire::{Wire, refused},
};

const DAY: Duration = Duration::from_hours(24);

/// How long the daily work may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

async fn serve(data: &Path, clock: &Arc<Injected>) -> Result<Handle> {
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        history_keep_days: 7,
        ..Config::new(data)
    };
    Ok(Server::start(config, Some(Arc::clone(clock) as _)).await?)
}

fn client(server: &Handle, key: &str) -> Result<Client> {
    let url = format!("http://{}", server.address());
    Ok(Client::new(Options::new(url, key))?)
}

/// The status as soon as it is as wanted.
async fn status(
    client: &Client,
    wanted: impl Fn(&GetStatusResponse) -> bool,
) -> Result<GetStatusResponse> {
    let ask = async {
        loop {
            let status = client.get_status(GetStatusRequest {}).await?;
            if wanted(&status) {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ask)
        .await
        .context("in time")?
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_records_and_a_restart_go_on_where_the_history_is_compacted() -> Result<()> {
    let place = tempfile::tempdir()?;
    let data = place.path().join("data");
    let made = setup::init(&data, None, sample::CLINIC, Some(sample::now())).await?;
    let key = made.secret;
    let clock = Arc::new(Injected::standing(sample::now()));
    let server = serve(&data, &clock).await?;
    let owner = client(&server, &key)?;
    let early = clinic_day::client(&owner, "Hanna Esimerkki").await?;
    let rules = owner.get_catalog(GetCatalogRequest {}).await?.rule_sets;
    let mut write = clinic_day::named("rules").context("options")?;
    write.reason = "said again".to_owned();
    let mut rule_set = rules.first().cloned().context("rules")?;
    rule_set.rules.truncate(rule_set.rules.len() - 1);
    let rule_set_id = rule_set.id.clone();
    let (write, rule_set) = (Some(write), Some(rule_set));
    owner
        .put_rule_set(PutRuleSetRequest { write, rule_set })
        .await?;
    // The newest commit always stays.
    clinic_day::client(&owner, "Karel Priklad").await?;
    let then = status(&owner, |it| it.store_check.is_some()).await?;
    ensure!(then.oldest_revision == 0 && then.store_check.is_some_and(|check| check.sound));
    // Three weeks later, and some work.
    clock.advance(21 * DAY);
    let late = clinic_day::client(&owner, "Ivo Primjer").await?;
    clinic_day::client(&owner, "Jana Ukazka").await?;
    let now = status(&owner, |it| it.oldest_revision > 0).await?;
    ensure!(now.oldest_revision + 1 >= then.revision && now.oldest_revision < now.revision);

    // Whoever resumes from before is told from where on, and begins with a snapshot.
    let url = format!("http://{}", server.address());
    let channel = Endpoint::from_shared(url)?.connect().await?;
    let wire = Wire::over(channel, &key);
    let from = |revision| WatchRequest {
        after_revision: Some(revision),
        ..WatchRequest::default()
    };
    let mut watch = wire
        .watch(&from(now.oldest_revision))
        .await
        .expect("it goes on");
    let first = watch.message().await.expect("a commit");
    ensure!(first.revision > now.oldest_revision && !first.snapshot);
    let gone = match wire.watch(&from(1)).await {
        Ok(mut watch) => watch.next().await.map(|_| ()),
        Err(no) => Err(no),
    };
    let no = refused(gone, Reason::RevisionOutOfRange);
    assert_eq!(no.metadata["oldest"], now.oldest_revision.to_string());
    let mut watch = owner.watch(WatchOptions {
        after: Some(1),
        ..WatchOptions::default()
    });
    loop {
        match watch.next().await.context("the watch goes on")? {
            Event::Snapshot(change) => break ensure!(change.revision >= now.revision),
            Event::Link(_) => {}
            other => anyhow::bail!("{other:?}"),
        }
    }

    // The complete record says what of it is not told any more.
    for (client_id, is_compacted) in [(early, true), (late, false)] {
        let asked = ExportClientRecordRequest {
            client_id,
            reason: "asked for it".to_owned(),
        };
        let parts = owner.export_client_record(asked).await?;
        let end = parts.iter().find_map(|part| match &part.part {
            Some(Part::End(end)) => Some(*end),
            _ => None,
        });
        let end = end.context("an end")?;
        let expected = if is_compacted { now.oldest_revision } else { 0 };
        assert_eq!(end.compacted_revision, expected);
    }
    // Why something was changed is kept.
    let asked = ListRuleSetVersionsRequest {
        rule_set_id,
        ..ListRuleSetVersionsRequest::default()
    };
    let versions = owner.list_rule_set_versions(asked).await?.versions;
    let is_said = versions.iter().any(|it| it.reason == "said again");
    ensure!(is_said, "{versions:?}");
    let verified = owner.verify(VerifyRequest {}).await?;
    ensure!(verified.sound, "{:?}", verified.problems);
    assert_eq!(verified.oldest_revision, now.oldest_revision);

    // What was before is there, also when only the base tells it. The stop has vouched for the exports, in a commit of its own.
    server.stop().await;
    std::fs::remove_dir_all(data.join("records"))?;
    let server = serve(&data, &clock).await?;
    let owner = client(&server, &key)?;
    let again = owner.get_status(GetStatusRequest {}).await?;
    assert_eq!(
        (again.revision, again.oldest_revision, again.record_count),
        (now.revision + 1, now.oldest_revision, now.record_count)
    );
    server.stop().await;
    Ok(())
}

/// The check in the background finds damage in what an opening does not read, and says so to those who can do something.
#[tokio::test(flavor = "multi_thread")]
async fn damage_in_old_commits_is_found_and_said() -> Result<()> {
    let place = tempfile::tempdir()?;
    let data = place.path().join("data");
    let made = setup::init(&data, None, sample::CLINIC, Some(sample::now())).await?;
    let key = made.secret;
    let clock = Arc::new(Injected::standing(sample::now()));
    let server = serve(&data, &clock).await?;
    let owner = client(&server, &key)?;
    clinic_day::client(&owner, "Hanna Esimerkki").await?;
    status(&owner, |it| it.store_check.is_some()).await?;
    // Compacted, so that there is a base, which an opening does not read whole.
    clock.advance(21 * DAY);
    clinic_day::client(&owner, "Ivo Primjer").await?;
    clinic_day::client(&owner, "Jana Ukazka").await?;
    let now = status(&owner, |it| it.oldest_revision > 0).await?;
    server.stop().await;
    let base = data.join(format!("journal/{:020}.base", now.oldest_revision));
    let mut content = std::fs::read(&base)?;
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(&base, content)?;
    let server = serve(&data, &clock).await?;
    let owner = client(&server, &key)?;
    let found = status(&owner, |it| it.store_check.is_some()).await?;
    let check = found.store_check.context("a check")?;
    ensure!(!check.sound && check.problem.contains(".base"), "{check:?}");
    let is_said = |it: &String| it.starts_with("The store is not sound");
    ensure!(found.warnings.iter().any(is_said), "{:?}", found.warnings);
    let verified = owner.verify(VerifyRequest {}).await?;
    ensure!(!verified.sound && verified.store_check.is_some());
    server.stop().await;
    Ok(())
}

/// What clients told, and why something was done, in the clear of a store of format 1: when its commits are compacted it lies in no
/// file of the store any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_of_format_1_had_in_the_clear_goes_with_its_commits() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    let place = tempfile::tempdir()?;
    let data = place.path().join("data");
    copy_folder(&frozen::store(1), &data)?;
    std::fs::remove_file(data.join("told.jsonl"))?;
    let clear = ["the time is over", "prefers the morning"];
    let lies = || clear.map(|text| is_in(&data, text.as_bytes()));
    assert_eq!(lies().map(Result::unwrap_or_default), [true, true]);
    let clock = Arc::new(Injected::standing(told.now.parse()?));
    let server = serve(&data, &clock).await?;
    let sealed = server.engine().snapshot().revision;
    let owner = client(&server, &told.owner_key)?;
    status(&owner, |it| it.store_check.is_some()).await?;
    // The newest commit always stays, and the one that sealed has the records as they were before.
    clinic_day::client(&owner, "Hanna Esimerkki").await?;
    clock.advance(21 * DAY);
    for name in ["Ivo Primjer", "Jana Ukazka"] {
        clinic_day::client(&owner, name).await?;
    }
    status(&owner, |it| it.oldest_revision >= sealed).await?;
    assert_eq!(lies().map(Result::unwrap_or_default), [false, false]);
    let verified = owner.verify(VerifyRequest {}).await?;
    ensure!(verified.sound, "{:?}", verified.problems);
    server.stop().await;
    assert_eq!(lies().map(Result::unwrap_or_default), [false, false]);
    Ok(())
}

/// Whether a text lies in any file of a folder.
fn is_in(folder: &Path, text: &[u8]) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let lies = if path.is_dir() {
            is_in(&path, text)?
        } else {
            let content = std::fs::read(&path)?;
            content.windows(text.len()).any(|part| part == text)
        };
        if lies {
            return Ok(true);
        }
    }
    Ok(false)
}
