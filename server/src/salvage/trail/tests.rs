use std::fs;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::audit::{Deed, Entry, Ledger};
use crate::keyring::Keyring;

fn refused(number: u64) -> Entry {
    Entry {
        at: Timestamp::UNIX_EPOCH,
        key: None,
        address: format!("192.0.2.{number}"),
        deed: Deed::Refused {
            why: format!("refusal {number}"),
        },
        more: 0,
    }
}

async fn open(trail: &Path, keys: &Arc<Keyring>) -> Ledger {
    let options = trail_options(Options::default());
    let opened = if Embedded::is_in(trail) {
        Embedded::open(trail, options).await
    } else {
        Embedded::create(trail, [7; 16], options).await
    };
    let journal = Arc::new(opened.unwrap().0);
    Ledger::open(journal, Arc::clone(keys)).await.unwrap()
}

#[tokio::test]
async fn of_a_damaged_trail_what_is_sound_is_taken_and_what_is_lost_is_said_in_its_place() {
    let place = tempfile::tempdir().unwrap();
    let [from, whole, to] = ["data", "whole", "repaired"].map(|name| place.path().join(name));
    let keys = Arc::new(Keyring::in_memory().unwrap());
    let ledger = open(&from.join(AUDIT), &keys).await;
    for number in 1..=5 {
        ledger.write(vec![refused(number)]).await.unwrap();
    }
    ledger.close().await;
    drop(ledger);
    fs::create_dir_all(&whole).unwrap();
    assert_eq!(take(&from, &whole, [7; 16]).await, Ok(Vec::new()));
    assert_eq!(take(&whole.join("none"), &to, [7; 16]).await, Ok(Vec::new()));

    // The third entry, and the fourth's header; the fifth is behind them.
    let segment = from.join(AUDIT).join("journal/00000000000000000001.log");
    let mut content = fs::read(&segment).unwrap();
    let begins: Vec<_> = (0..content.len() - 4)
        .filter(|&at| content[at..at + 4] == *b"TWj2")
        .collect();
    content[begins[3] - 12] ^= 1;
    content[begins[3] + 40] ^= 1;
    fs::write(&segment, &content).unwrap();
    fs::create_dir_all(&to).unwrap();
    let lost = take(&from, &to, [7; 16]).await.unwrap();
    assert_eq!(lost[0].revisions, Some((3, 3)), "{lost:?}");
    assert!(lost.iter().all(|it| it.what.starts_with("of the audit")));
    assert_eq!(fs::read(&segment).unwrap(), content, "it is only read");

    let ledger = open(&to.join(AUDIT), &keys).await;
    assert_eq!(ledger.verify().await, Ok((5, Vec::new())));
    for (number, entry) in ledger.read(0).await.unwrap() {
        match number {
            3 | 4 => {
                let Deed::Annotated { about, text } = entry.deed else {
                    panic!("{entry:?}");
                };
                assert_eq!(about, format!("aud-{number}"));
                assert!(text.contains("lost"), "{text}");
            }
            _ => assert_eq!(entry, refused(number)),
        }
    }
    // And it goes on.
    assert_eq!(ledger.write(vec![refused(6)]).await, Ok(6));
}
