//! The store of format 1, by the journal alone.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use tempfile::TempDir;
use treadwell_journal::embedded::{Embedded, OpenReport, Options};
use treadwell_journal::{Appended, Change, Journal as _, NewCommit};
use treadwell_server::verify;
use treadwell_tests::{
    frozen::{self, Told, hex},
    process::copy_folder,
};

fn copy(format: u32) -> Result<TempDir> {
    let place = tempfile::tempdir()?;
    copy_folder(&frozen::store(format), place.path())?;
    Ok(place)
}

fn options() -> Options {
    Options {
        segment_bytes: 64 * 1024,
        ballast_bytes: 0,
        watermark_bytes: 0,
        ..Options::default()
    }
}

async fn open(data: &Path) -> Result<(Embedded, OpenReport)> {
    Ok(Embedded::open(data, options()).await?)
}

async fn records(journal: &Embedded) -> Result<Vec<(String, String)>> {
    let loaded = journal.load().await?;
    let records = loaded.records.iter();
    let hash = |value: &[u8]| hex(blake3::hash(value).as_bytes());
    Ok(records
        .map(|(key, value)| (hex(key), hash(value)))
        .collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_format_1_is_raised_and_has_every_record_as_it_was() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    ensure!(told.records.len() > 100);
    let place = copy(1)?;
    let before = fs::read_to_string(place.path().join("FORMAT"))?;
    assert!(before.starts_with("treadwell journal format 1\n"));
    let (journal, report) = open(place.path()).await?;
    assert_eq!((report.format, journal.format_version()), (2, 2));
    assert_eq!(records(&journal).await?, told.records);
    let head = report.head;
    ensure!(journal.read(0, usize::MAX).await?.len() as u64 == head);
    let incarnation = journal.incarnation();
    assert_ne!(incarnation, [0; 16]);
    // Frames of this release go on in the same chain.
    let change = Change {
        key: "\u{1}new".into(),
        before: None,
        after: Some("record".into()),
    };
    let commit = NewCommit {
        meta: "who".into(),
        changes: vec![change],
    };
    let appended = journal.append(head, vec![commit]).await;
    ensure!(matches!(appended, Appended::Durable { .. }), "{appended:?}");
    let verified = journal.verify().await?;
    assert_eq!(verified.commits, head + 1);
    journal.close().await?;
    drop(journal);

    let (journal, _) = open(place.path()).await?;
    assert_eq!(journal.incarnation(), incarnation, "it is drawn once");
    // Compacted in the midst of the frames of format 1, and then beyond them.
    for to in [head / 2, head] {
        let oldest = journal.compact(to).await?;
        ensure!(oldest > 0 && oldest <= to);
        let verified = journal.verify().await?;
        assert_eq!(verified.accounts + verified.commits, head + 1);
    }
    journal.close().await?;
    drop(journal);
    fs::remove_dir_all(place.path().join("records"))?;
    let (journal, report) = open(place.path()).await?;
    ensure!(report.records_rebuilt.is_some());
    let mut now = records(&journal).await?;
    now.retain(|(key, _)| *key != hex(b"\x01new"));
    assert_eq!(now, told.records);
    journal.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_format_1_that_is_damaged_stays_of_format_1() -> Result<()> {
    let place = copy(1)?;
    let first = place.path().join("journal/00000000000000000001.log");
    let mut content = fs::read(&first)?;
    content[200] ^= 1;
    fs::write(&first, content)?;
    let refused = open(place.path()).await.expect_err("it is refused");
    ensure!(refused.to_string().contains("store repair"), "{refused}");
    let format = fs::read_to_string(place.path().join("FORMAT"))?;
    assert!(
        format.starts_with("treadwell journal format 1\n"),
        "{format}"
    );
    Ok(())
}

/// Whoever only looks must not take the store from the release that made it.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_format_1_that_is_checked_stays_of_format_1() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    let place = copy(1)?;
    let format = place.path().join("FORMAT");
    let before = fs::read(&format)?;
    let found = verify::folder(place.path(), &place.path().join("no.key")).await;
    let found = found.map_err(anyhow::Error::msg)?;
    assert_eq!((found.format, found.problems), (1, Vec::new()));
    assert_eq!(found.records, told.records.len() as u64);
    assert_eq!(fs::read(&format)?, before);

    let keep = Options {
        keep_format: true,
        ..options()
    };
    let (journal, report) = Embedded::open(place.path(), keep).await?;
    assert_eq!((report.format, journal.format_version()), (1, 1));
    assert_eq!(records(&journal).await?, told.records);
    let nothing = NewCommit {
        meta: "who".into(),
        changes: Vec::new(),
    };
    let refused = journal.append(report.head, vec![nothing]).await;
    ensure!(matches!(refused, Appended::Unknown(_)), "{refused:?}");
    journal.close().await?;
    drop(journal);
    assert_eq!(fs::read(&format)?, before);
    let (journal, report) = open(place.path()).await?;
    assert_eq!(report.format, 2);
    assert_eq!(records(&journal).await?, told.records);
    journal.close().await?;
    Ok(())
}
