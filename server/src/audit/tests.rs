use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use treadwell_clinic::id::KeyId;
use treadwell_journal::memory::Memory;

use super::repeats::{Repeats, WINDOW};
use super::*;
use crate::keyring::Keyring;

fn keys() -> Arc<Keyring> {
    Arc::new(Keyring::in_memory().unwrap())
}

fn read_of(client: &str) -> Entry {
    Entry {
        at: "2026-10-14T14:07:00Z".parse().unwrap(),
        key: Some(KeyId::new(7)),
        address: "192.0.2.1".to_owned(),
        deed: Deed::Read {
            client: client.to_owned(),
            what: "declarations".to_owned(),
            reason: "they asked".to_owned(),
        },
        more: 0,
    }
}

fn refused() -> Entry {
    Entry {
        key: None,
        deed: Deed::Refused {
            why: "a key that is not known".to_owned(),
        },
        ..read_of("")
    }
}

fn note(text: &str) -> Entry {
    Entry {
        deed: Deed::Annotated {
            about: "aud-1".to_owned(),
            text: text.to_owned(),
        },
        ..read_of("")
    }
}

async fn all(ledger: &Ledger) -> Vec<Entry> {
    let mut entries = Vec::new();
    loop {
        let after = u64::try_from(entries.len()).unwrap();
        let more = ledger.read(after).await.unwrap();
        if more.is_empty() {
            return entries;
        }
        for (number, entry) in more {
            entries.push(entry);
            assert_eq!(number, u64::try_from(entries.len()).unwrap());
        }
    }
}

#[tokio::test]
async fn what_is_noted_is_there_in_order_and_again_after_a_restart() {
    let journal = Arc::new(Memory::new());
    let keys = keys();
    let ledger = Ledger::open(Arc::clone(&journal) as _, Arc::clone(&keys))
        .await
        .unwrap();
    let first = vec![read_of("cli-1"), refused(), read_of("cli-2")];
    assert_eq!(ledger.write(first).await, Ok(3));
    assert_eq!(ledger.write(vec![note("in error")]).await, Ok(4));
    let expected = [
        read_of("cli-1"),
        refused(),
        read_of("cli-2"),
        note("in error"),
    ];
    assert_eq!(all(&ledger).await, expected);
    assert_eq!(ledger.verify().await, Ok((4, Vec::new())));

    let again = Ledger::open(journal, keys).await.unwrap();
    assert_eq!(again.len(), 4);
    assert_eq!(
        again.write(vec![refused()]).await,
        Ok(5),
        "a new minute begins"
    );
    assert_eq!(all(&again).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_again_within_a_minute_is_counted() {
    let ledger = Ledger::open(Arc::new(Memory::new()), keys()).await.unwrap();
    for _ in 0..5 {
        ledger.write(vec![read_of("cli-1")]).await.unwrap();
    }
    ledger.write(vec![read_of("cli-2")]).await.unwrap();
    for text in ["one", "one"] {
        ledger.write(vec![note(text)]).await.unwrap();
    }
    let written = [read_of("cli-1"), read_of("cli-2"), note("one"), note("one")];
    assert_eq!(all(&ledger).await, written);

    tokio::time::sleep(WINDOW + Duration::from_secs(11)).await;
    let counted = Entry {
        more: 4,
        ..read_of("cli-1")
    };
    assert_eq!(all(&ledger).await[4..], [counted]);
    ledger.write(vec![read_of("cli-1")]).await.unwrap();
    assert_eq!(all(&ledger).await[5..], [read_of("cli-1")], "a new minute");
}

#[test]
fn windows_end_one_by_one_and_all_of_them_at_the_end() {
    let begun = Instant::now();
    let mut repeats = Repeats::default();
    assert!(!repeats.absorb(&read_of("cli-1"), begun));
    assert!(repeats.absorb(&read_of("cli-1"), begun + WINDOW / 2));
    assert!(!repeats.absorb(&read_of("cli-2"), begun + WINDOW / 2));
    assert!(repeats.absorb(&read_of("cli-2"), begun + WINDOW));
    let over = repeats.over(Some(begun + WINDOW));
    assert_eq!(over.len(), 1);
    assert_eq!((over[0].more, &over[0].deed), (1, &read_of("cli-1").deed));
    assert!(!repeats.absorb(&read_of("cli-1"), begun + WINDOW));
    let rest = repeats.over(None);
    assert_eq!(rest.len(), 1, "of one there is nothing to count: {rest:?}");
    assert_eq!(rest[0].deed, read_of("cli-2").deed);
}

#[tokio::test]
async fn many_at_once_are_all_there_and_each_knows_its_number() {
    let ledger = Ledger::open(Arc::new(Memory::new()), keys()).await.unwrap();
    let writes = (0..300).map(|number| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let mine = note(&number.to_string());
            (ledger.write(vec![mine.clone()]).await.unwrap(), mine)
        })
    });
    let writes: Vec<_> = writes.collect();
    let mut known = Vec::new();
    for write in writes {
        known.push(write.await.unwrap());
    }
    known.sort_by_key(|(number, _)| *number);
    let written = all(&ledger).await;
    let numbered = written.into_iter().enumerate();
    let numbered = numbered.map(|(at, entry)| (u64::try_from(at).unwrap() + 1, entry));
    assert_eq!(numbered.collect::<Vec<_>>(), known);
}

#[tokio::test]
async fn after_it_is_closed_nothing_is_noted_and_the_counts_are() {
    let journal = Arc::new(Memory::new());
    let ledger = Ledger::open(Arc::clone(&journal) as _, keys())
        .await
        .unwrap();
    for _ in 0..3 {
        ledger.write(vec![refused()]).await.unwrap();
    }
    ledger.close().await;
    assert!(ledger.write(vec![read_of("cli-1")]).await.is_err());
    assert_eq!(ledger.len(), 2, "the refusal, and two times more");
}
