use treadwell_journal::disk::ReadOnly;

use super::*;
use crate::audit::Ledger;

const CLINIC: [u8; 16] = [7; 16];

fn refused(number: u64) -> Entry {
    Entry {
        at: "2026-10-14T14:07:00Z".parse().unwrap(),
        key: None,
        address: format!("192.0.2.{number}"),
        deed: Deed::Refused {
            why: format!("refusal {number}"),
        },
        more: 0,
    }
}

async fn ledger(data: &Path) -> Ledger {
    let keys = Arc::new(Keyring::in_memory().unwrap());
    let journal = Arc::new(open(data, CLINIC).await.unwrap());
    Ledger::open(journal, keys).await.unwrap()
}

#[tokio::test]
async fn of_a_damaged_trail_what_is_sound_is_taken_and_what_is_lost_is_said_in_its_place() {
    let place = tempfile::tempdir().unwrap();
    let [from, whole, to] = ["data", "whole", "repaired"].map(|name| place.path().join(name));
    for folder in [&from, &whole, &to] {
        fs::create_dir_all(folder).unwrap();
    }
    let begun = ledger(&from).await;
    for number in 1..=5 {
        begun.write(vec![refused(number)]).await.unwrap();
    }
    begun.close().await;
    drop(begun);
    assert_eq!(take(&ReadOnly, &from, &whole, CLINIC).await, Ok(Vec::new()));
    assert_eq!(
        take(&ReadOnly, &place.path().join("none"), &to, CLINIC).await,
        Ok(Vec::new())
    );

    // The third entry, and the fourth's header; the fifth is behind them.
    let segment = from.join("audit/journal/00000000000000000001.log");
    let mut content = fs::read(&segment).unwrap();
    let begins: Vec<_> = (0..content.len() - 4)
        .filter(|&at| content[at..at + 4] == *b"TWj2")
        .collect();
    content[begins[3] - 12] ^= 1;
    content[begins[3] + 40] ^= 1;
    fs::write(&segment, &content).unwrap();
    let lost = take(&ReadOnly, &from, &to, CLINIC).await.unwrap();
    assert_eq!(lost[0].revisions, Some((3, 3)), "{lost:?}");
    assert!(lost.iter().all(|it| it.what.starts_with("of the audit")));
    assert!(
        fs::read(&segment).unwrap() == content,
        "it is only to be read"
    );

    let repaired = ledger(&to).await;
    let broken = "entry 5: it was not written after the one before it".to_owned();
    assert_eq!(repaired.verify(None).await, Ok((5, vec![broken])));
    for (number, entry) in repaired.read(0).await.unwrap() {
        let entry = entry.unwrap();
        match number {
            3 | 4 => assert!(matches!(entry.deed, Deed::Gap { .. }), "{entry:?}"),
            _ => assert_eq!(entry, refused(number)),
        }
    }
    // And it goes on.
    assert_eq!(repaired.write(vec![refused(6)]).await, Ok(6));
}
