//! What belongs to clients is sealed, and what is sealed is vouched for.

use proptest::prelude::*;

use super::*;
use crate::convert::store::commit::{ErasedChange, Side};

/// The records that belong to clients.
fn owned() -> Vec<Record> {
    let all = everything().into_iter().chain(sessions::records());
    all.filter(|record| record.owner().is_some()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn what_belongs_to_a_client_is_sealed_and_nothing_else_is() {
    let keys = keyring();
    for record in everything().into_iter().chain(sessions::records()) {
        let bytes = encode(&keys, &record, 7);
        let envelope = stored::Envelope::decode(bytes.clone()).unwrap();
        let is_owned = record.owner().is_some();
        assert_eq!(!envelope.key_id.is_empty(), is_owned, "{}", record.id());
        if is_owned {
            // The tag is 16 bytes; what is in it can not be measured.
            assert_eq!(envelope.body.len() % 32, 16);
            assert!(!is_in_the_clear(&bytes));
            assert!(is_in_the_clear(&in_the_clear(&record)));
        }
    }
}

#[test]
fn a_record_in_the_clear_as_format_1_has_it_is_read() {
    let keys = keyring();
    for record in owned() {
        let bytes = in_the_clear(&record);
        assert_eq!(read(&keys, &record, bytes), Ok((record, 1)));
    }
}

/// What is sealed again with another body at the same place must not have the same nonce; with the same, it has the same.
#[test]
fn a_nonce_is_given_again_for_the_same_body_alone() {
    let keys = keyring();
    let nonce = |record: &Record, revision| {
        let bytes = encode(&keys, record, revision);
        stored::Envelope::decode(bytes).unwrap().nonce
    };
    let mut nonces = BTreeSet::new();
    let mut count = 0;
    for record in owned() {
        assert_eq!(nonce(&record, 7), nonce(&record, 7));
        let Record::Client(client) = &record else {
            nonces.insert(nonce(&record, 7));
            count += 1;
            continue;
        };
        let mut other = model::Client::clone(client);
        other.name.push('!');
        nonces.extend([
            nonce(&record, 7),
            nonce(&record, 8),
            nonce(&other.into(), 7),
        ]);
        count += 3;
    }
    assert_eq!(nonces.len(), count);
}

#[test]
fn a_record_is_not_taken_for_another_of_the_same_client() {
    let keys = keyring();
    let records = owned();
    for record in &records {
        for other in records
            .iter()
            .filter(|other| other.id().kind() == record.id().kind())
        {
            if other.id() == record.id() {
                continue;
            }
            let moved = decode(&keys, &key(&other.id()), encode(&keys, record, 3));
            assert!(moved.is_err(), "{} for {}", record.id(), other.id());
        }
    }
}

#[test]
fn a_key_that_was_destroyed_reads_as_erased_and_one_that_is_missing_does_not() {
    let keys = std::sync::Arc::new(keyring());
    let other = keyring();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for record in owned() {
        let bytes = encode(&keys, &record, 3);
        let missing = decode(&other, &key(&record.id()), bytes.clone()).unwrap_err();
        assert!(missing.no_key, "{missing}");

        let id = keys.key_of(record.owner().unwrap()).unwrap();
        runtime.block_on(keys.destroy(vec![id])).unwrap();
        let erased = decode(&keys, &key(&record.id()), bytes).unwrap();
        let expected = Erased {
            id: record.id(),
            sites: record.sites().into(),
            key: id,
        };
        assert_eq!(erased, Opened::Erased(expected));
    }
}

#[test]
fn of_a_commit_on_somebody_erased_what_is_left_is_who_and_when() {
    let keys = std::sync::Arc::new(keyring());
    let record = owned().remove(0);
    let owner = record.owner().unwrap();
    let room = rooms().remove(0);
    let meta = Meta {
        at: instant(5),
        by: treadwell_clinic::id::KeyId::new(9),
        kind: CommandKind::UpdateClient,
        address: String::new(),
        reason: "She asked for it".to_owned(),
        request: Some(RequestMeta {
            name: [8; 16],
            payload_hash: Some([3; 32]),
        }),
        outcome: vec![record.id()],
        flagged: 0,
        ticket: 4,
        judging: false,
        cause: 0,
        undone: None,
        impossible: samples::impossible(),
    };
    let change = |id: &RecordId, after| treadwell_journal::Change {
        key: key(id),
        before: None,
        after: Some(after),
    };
    let commit = treadwell_journal::Commit {
        revision: 12,
        meta: meta.encode(&keys, 12, Some(owner)),
        changes: vec![
            change(&record.id(), encode(&keys, &record, 12)),
            change(&room.id(), encode(&keys, &room, 12)),
        ],
    };
    for text in ["asked for it", "r-1"] {
        assert!(!holds(&commit.meta, text));
    }
    let before = read_commit(&keys, &commit).unwrap();
    assert_eq!((before.meta, before.erased), (meta.clone(), Vec::new()));

    let id = keys.key_of(owner).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(keys.destroy(vec![id])).unwrap();
    let after = read_commit(&keys, &commit).unwrap();
    let request = RequestMeta {
        name: [8; 16],
        payload_hash: None,
    };
    let left = Meta {
        reason: String::new(),
        request: Some(request),
        impossible: Vec::new(),
        ..meta
    };
    assert_eq!(after.meta, left);
    assert_eq!(&after.commit.changes[..], [Change::create(room)]);
    let [ErasedChange { before, after, .. }] = &after.erased[..] else {
        panic!("{:?}", after.erased);
    };
    assert_eq!(*before, Side::Nothing);
    assert!(matches!(after, Side::Erased(_)));
}

proptest! {
    /// Whatever is changed in a sealed envelope, it is refused, or says the same as before.
    #[test]
    fn a_changed_byte_is_refused(which in 0..usize::MAX, at in 0..usize::MAX, bits in 1..=u8::MAX) {
        let keys = keyring();
        let records = owned();
        let record = &records[which % records.len()];
        let mut bytes = encode(&keys, record, 300).to_vec();
        let at = at % bytes.len();
        bytes[at] ^= bits;
        prop_assert!(read(&keys, record, bytes.into()).is_err());
    }
}
