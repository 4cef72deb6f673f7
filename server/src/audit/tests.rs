use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tokio::time::Instant;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::KeyId;
use treadwell_journal::memory::Memory;
use treadwell_journal::{Appended, Journal, NewCommit};

use super::repeats::{Repeats, WINDOW};
use super::*;
use crate::clock::Injected;
use crate::engine::tests::support::{Fate, Gate, Logged};
use crate::engine::{Engine, Options};
use crate::keyring::Keyring;
use crate::metrics::Metrics;
use crate::metrics::journal::Metered;

/// A key ring in which two clients have keys.
fn keys() -> Arc<Keyring> {
    let keys = Keyring::in_memory().unwrap();
    for client in ["cli-1", "cli-2"] {
        keys.of(client.parse().unwrap());
    }
    Arc::new(keys)
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
            client: String::new(),
            text: text.to_owned(),
        },
        ..read_of("")
    }
}

fn note_on(client: &str, text: &str) -> Entry {
    Entry {
        deed: Deed::Annotated {
            about: "aud-1".to_owned(),
            client: client.to_owned(),
            text: text.to_owned(),
        },
        ..read_of("")
    }
}

fn upkeep(reason: &str) -> Entry {
    Entry {
        deed: Deed::Upkeep {
            what: "backup asked for".to_owned(),
            about: String::new(),
            reason: reason.to_owned(),
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
            entries.push(entry.unwrap());
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
    assert_eq!(ledger.verify(None).await, Ok((4, Vec::new())));

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

#[tokio::test(start_paused = true)]
async fn counts_that_could_not_be_written_are_written_when_there_is_room() {
    let journal = Gate::open();
    let ledger = Ledger::open(Arc::clone(&journal) as _, keys())
        .await
        .unwrap();
    for _ in 0..3 {
        ledger.write(vec![read_of("cli-1")]).await.unwrap();
    }
    journal.fill(true);
    // Neither is shown to anybody; that somebody was not let in is not forgotten.
    assert!(ledger.write(vec![read_of("cli-2")]).await.is_err());
    assert!(ledger.write(vec![refused()]).await.is_err());
    tokio::time::sleep(WINDOW + Duration::from_secs(30)).await;
    assert_eq!(ledger.len(), 1, "there is no room for the counts");
    journal.fill(false);
    tokio::time::sleep(Duration::from_secs(11)).await;
    let written = all(&ledger).await;
    let count = |entry: Entry, more| Entry { more, ..entry };
    assert_eq!(written.len(), 3, "{written:?}");
    assert!(written.contains(&count(read_of("cli-1"), 2)), "{written:?}");
    assert!(written.contains(&count(refused(), 1)), "{written:?}");
}

#[tokio::test]
async fn a_trail_that_is_shorter_or_another_one_is_not_the_one_that_was_known() {
    let (journal, keys) = (Arc::new(Memory::new()), keys());
    let ledger = Ledger::open(Arc::clone(&journal) as _, Arc::clone(&keys))
        .await
        .unwrap();
    let nothing = *ledger.mark().borrow();
    ledger.write(vec![read_of("cli-1")]).await.unwrap();
    let one = *ledger.mark().borrow();
    ledger
        .write(vec![note("two"), note("three")])
        .await
        .unwrap();
    let three = *ledger.mark().borrow();
    assert_eq!((nothing.entries, one.entries, three.entries), (0, 1, 3));
    for known in [nothing, one, three] {
        assert_eq!(ledger.missing(&known).await, Ok(None));
        let kept = Mark::new(known.entries, known.hash());
        assert_eq!(kept, Some(known), "as a commit keeps it");
    }
    assert_eq!(ledger.verify(Some(three)).await, Ok((3, Vec::new())));
    let again = Ledger::open(journal, Arc::clone(&keys)).await.unwrap();
    assert_eq!(*again.mark().borrow(), three, "it goes on after a restart");

    let anew = Ledger::open(Arc::new(Memory::new()), keys).await.unwrap();
    let shorter = anew.missing(&three).await.unwrap().unwrap();
    assert!(shorter.contains("0 entries"), "{shorter}");
    // The last entry is the same, what came before is not: as if somebody had taken one out.
    let taken_out = vec![note("another"), note("two"), note("three")];
    anew.write(taken_out).await.unwrap();
    let other = anew.missing(&three).await.unwrap().unwrap();
    assert!(other.contains("entry 3"), "{other}");
    let (_, problems) = anew.verify(Some(three)).await.unwrap();
    assert_eq!(problems, [other]);
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_hides_no_other() {
    let (journal, keys) = (Arc::new(Memory::new()), keys());
    let ledger = Ledger::open(Arc::clone(&journal) as _, Arc::clone(&keys))
        .await
        .unwrap();
    ledger.write(vec![read_of("cli-1")]).await.unwrap();
    let foreign = NewCommit {
        meta: b"not an entry".as_slice().into(),
        changes: Vec::new(),
    };
    let appended = journal.append(1, vec![foreign]).await;
    assert!(matches!(appended, Appended::Durable { head: 2 }));
    let ledger = Ledger::open(Arc::clone(&journal) as _, Arc::clone(&keys))
        .await
        .unwrap();
    ledger.write(vec![note("three")]).await.unwrap();
    let read = ledger.read(0).await.unwrap();
    let sound: Vec<_> = read.iter().map(|(_, entry)| entry.is_ok()).collect();
    assert_eq!(sound, [true, false, true]);
    let (count, problems) = ledger.verify(None).await.unwrap();
    assert_eq!((count, problems.len()), (3, 1), "{problems:?}");
    assert!(problems[0].starts_with("entry 2: "), "{problems:?}");
    // Nor does a reason whose key is not there hide who has read.
    let others = Arc::new(Keyring::in_memory().unwrap());
    let ledger = Ledger::open(journal, others).await.unwrap();
    let read = ledger.entry(1).await.unwrap().unwrap();
    assert_eq!(read.key, Some(KeyId::new(7)));
}

#[tokio::test]
async fn noting_makes_no_key_for_whoever_was_erased_meanwhile() {
    let keys = Arc::new(Keyring::in_memory().unwrap());
    let ledger = Ledger::open(Arc::new(Memory::new()), Arc::clone(&keys))
        .await
        .unwrap();
    ledger.write(vec![read_of("cli-1")]).await.unwrap();
    let late = note_on("cli-1", "they have a cold");
    ledger.write(vec![late]).await.unwrap();
    assert!(keys.live_of("cli-1".parse().unwrap()).is_none());
    let Deed::Read { reason, .. } = ledger.entry(1).await.unwrap().unwrap().deed else {
        panic!("it is a read");
    };
    assert_eq!(reason, "", "it went with the client");
    let annotated = ledger.entry(2).await.unwrap();
    assert_eq!(annotated, Some(note_on("cli-1", "")), "so did this");
    assert_eq!(ledger.verify(None).await, Ok((2, Vec::new())));
}

#[tokio::test]
async fn words_lie_sealed_and_go_with_the_client_whom_they_are_about() {
    let (journal, keys) = (Arc::new(Memory::new()), keys());
    let ledger = Ledger::open(Arc::clone(&journal) as _, Arc::clone(&keys))
        .await
        .unwrap();
    let written = [
        read_of("cli-1"),
        note_on("cli-1", "they have a cold"),
        note_on("cli-2", "they have a cat"),
        note("a fire drill"),
        upkeep("before the update"),
    ];
    ledger.write(written.to_vec()).await.unwrap();
    for commit in journal.read(0, 10).await.unwrap() {
        let meta = String::from_utf8_lossy(&commit.meta);
        for words in ["they", "a cold", "a cat", "drill", "update"] {
            assert!(!meta.contains(words), "{words} in {meta}");
        }
    }
    assert_eq!(all(&ledger).await, written);

    let key = keys.key_of("cli-1".parse().unwrap()).unwrap();
    keys.destroy(vec![key]).await.unwrap();
    let [mut read, _, rest @ ..] = written;
    if let Deed::Read { reason, .. } = &mut read.deed {
        reason.clear();
    }
    let mut left = vec![read, note_on("cli-1", "")];
    left.extend(rest);
    assert_eq!(all(&ledger).await, left);
    assert_eq!(ledger.verify(None).await, Ok((5, Vec::new())));
}

#[tokio::test]
async fn an_annotation_that_lies_in_the_clear_is_read() {
    let form = stored::AuditEntry {
        at: Some(prost_types::Timestamp::default()),
        kind: stored::AuditKind::Annotated.into(),
        about: "aud-1".to_owned(),
        what: "in error".to_owned(),
        ..stored::AuditEntry::default()
    };
    let before_they_were_sealed = NewCommit {
        meta: form.encode_to_vec().into(),
        changes: Vec::new(),
    };
    let journal = Arc::new(Memory::new());
    let appended = journal.append(0, vec![before_they_were_sealed]).await;
    assert!(matches!(appended, Appended::Durable { head: 1 }));
    let ledger = Ledger::open(journal, keys()).await.unwrap();
    let entry = ledger.entry(1).await.unwrap().unwrap();
    assert_eq!(entry.deed, note("in error").deed);
}

#[tokio::test(start_paused = true)]
async fn who_goes_when_there_is_no_room_is_counted_and_each_upkeep_has_its_entry() {
    let journal = Gate::open();
    let ledger = Ledger::open(Arc::clone(&journal) as _, keys())
        .await
        .unwrap();
    let gone = Entry {
        deed: Deed::SignedOut,
        ..read_of("")
    };
    journal.fill(true);
    assert!(ledger.write(vec![gone.clone()]).await.is_err());
    assert!(ledger.write(vec![upkeep("why")]).await.is_err());
    journal.fill(false);
    for _ in 0..2 {
        ledger.write(vec![upkeep("again")]).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(11)).await;
    let gone = Entry { more: 1, ..gone };
    let written = all(&ledger).await;
    let again = written.iter().filter(|it| **it == upkeep("again"));
    assert_eq!((again.count(), written.len()), (2, 3), "{written:?}");
    assert!(written.contains(&gone), "{written:?}");
}

#[tokio::test]
async fn what_was_noted_late_is_listed_from_its_instant_on() {
    let ledger = Ledger::open(Arc::new(Memory::new()), keys()).await.unwrap();
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    let entries: Vec<_> = (1..=600_u32)
        .map(|number| {
            // One of them was begun long before it was noted, another one after: a clock was set back.
            let second = match number {
                400 => 10,
                100 => 1_000,
                _ => i64::from(number),
            };
            Entry {
                at: at(second),
                ..note(&number.to_string())
            }
        })
        .collect();
    ledger.write(entries).await.unwrap();
    assert_eq!(
        ledger.before(at(900)).await,
        Ok(0),
        "the hundredth is of then"
    );
    assert_eq!(ledger.before(at(1_001)).await, Ok(512));
    ledger.write(vec![note("later")]).await.unwrap();
    assert_eq!(ledger.before(at(1_001)).await, Ok(512));
}

/// An engine on a journal whose commits say how far the ledger has come, and which has it vouched for.
async fn vouching(ledger: &Ledger, journal: Arc<dyn Journal>) -> Engine {
    let clinic = Metered::new(journal, Metrics::default(), ledger.mark());
    let clock = Arc::new(Injected::standing(refused().at));
    let engine = Engine::open(Arc::new(clinic), keys(), clock, Options::default());
    let engine = engine.await.unwrap();
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let keeping_up = vouch::keep_up(ledger.clone(), engine.clone(), stopped);
    tokio::spawn(async move {
        let _never_stops = stopping;
        keeping_up.await;
    });
    engine
}

#[tokio::test(start_paused = true)]
async fn the_clinic_vouches_within_ten_minutes_for_what_is_noted_and_only_then() {
    let ledger = Ledger::open(Arc::new(Memory::new()), keys()).await.unwrap();
    let engine = vouching(&ledger, Arc::new(Memory::new())).await;
    let after = async |minutes| {
        tokio::time::sleep(Duration::from_mins(minutes)).await;
        engine.snapshot().revision
    };
    assert_eq!(after(31).await, 0);
    ledger.write(vec![refused()]).await.unwrap();
    assert_eq!(after(10).await, 1);
    assert_eq!(after(30).await, 1);
    ledger.write(vec![refused(), note("why")]).await.unwrap();
    assert_eq!(after(10).await, 2);
    let known = engine.history().trail_mark().await.unwrap();
    assert_eq!(known, Some(*ledger.mark().borrow()));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_stays_full_is_warned_of_once_and_vouched_on_when_there_is_room() {
    let logged = Logged::begin();
    let warnings = || logged.with("no commit vouches").len();
    let ledger = Ledger::open(Arc::new(Memory::new()), keys()).await.unwrap();
    let journal = Gate::open();
    let engine = vouching(&ledger, Arc::clone(&journal) as _).await;
    for round in 1..=2_u32 {
        journal.fill(true);
        ledger.write(vec![note("why")]).await.unwrap();
        tokio::time::sleep(Duration::from_mins(45)).await;
        assert!(journal.refused() >= u64::from(round) * 4);
        assert_eq!(warnings(), round as usize, "once while it is full");
        journal.fill(false);
        tokio::time::sleep(Duration::from_mins(11)).await;
        assert_eq!(engine.snapshot().revision, u64::from(round));
    }
}

#[tokio::test]
async fn a_writer_that_panics_is_a_failure_and_no_silence() {
    let journal = Gate::open();
    let ledger = Ledger::open(Arc::clone(&journal) as _, keys())
        .await
        .unwrap();
    ledger.write(vec![refused()]).await.unwrap();
    journal.next_fate(Fate::Panics);
    assert!(ledger.write(vec![read_of("cli-1")]).await.is_err());
    let failed = tokio::time::timeout(Duration::from_secs(10), ledger.failed());
    assert_eq!(failed.await, Ok("its writer has ended".to_owned()));
}
