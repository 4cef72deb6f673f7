use std::collections::BTreeSet;

use treadwell_clinic::CommandKind;
use treadwell_clinic::id::{AppointmentId, KeyId};
use treadwell_clinic::model::{Change, Policy, RuleSet, RuleSetVersion};
use treadwell_clinic::time::Minutes;

use super::commit::{Meta, ReadCommit, RequestMeta, read_commit};
use super::*;

mod canary;
mod samples;
mod sealed;
mod sessions;
mod upkeep;
mod waitlist;

use samples::{everything, id, instant, rooms};

fn keyring() -> Keyring {
    Keyring::in_memory().unwrap()
}

/// A record as format 1 has it.
fn in_the_clear(record: &Record) -> Bytes {
    let keys = keyring();
    let bytes = encode(&keys, record, 1);
    as_format_1(&keys, bytes)
}

/// What is stored as format 1 has it.
fn as_format_1(keys: &Keyring, bytes: Bytes) -> Bytes {
    let mut envelope = stored::Envelope::decode(bytes.clone()).unwrap();
    if envelope.key_id.is_empty() {
        return bytes;
    }
    let Ok(Some(body)) = unsealed(keys, &mut envelope) else {
        panic!("it can not be opened");
    };
    envelope.body = body;
    envelope.key_id = Bytes::new();
    envelope.format = FORMAT;
    envelope.encode_to_vec().into()
}

/// A commit as format 1 has it.
pub(crate) fn commit_as_format_1(
    keys: &Keyring,
    commit: &treadwell_journal::Commit,
) -> treadwell_journal::NewCommit {
    let meta = Meta::decode(keys, commit.revision, commit.meta.clone()).unwrap();
    let mut form = stored::CommitMeta::decode(commit.meta.clone()).unwrap();
    form.ring = None;
    form.private = None;
    form.reason.clone_from(&meta.reason);
    form.request = meta.request.map(|request| stored::RequestResult {
        request_id: "r-1".to_owned(),
        payload_hash: Bytes::copy_from_slice(&request.payload_hash.unwrap()),
        name: Bytes::new(),
    });
    let changes = commit.changes.iter().map(|change| {
        let clear = |side: &Option<Bytes>| {
            let side = side.clone();
            side.map(|bytes| as_format_1(keys, bytes))
        };
        treadwell_journal::Change {
            key: change.key.clone(),
            before: clear(&change.before),
            after: clear(&change.after),
        }
    });
    treadwell_journal::NewCommit {
        changes: changes.collect(),
        meta: form.encode_to_vec().into(),
    }
}

/// A record that can be read whole.
fn read(keys: &Keyring, record: &Record, bytes: Bytes) -> Result<(Record, Revision), Unreadable> {
    match decode(keys, &key(&record.id()), bytes)? {
        Opened::Whole(record, revision) => Ok((record, revision)),
        Opened::Erased(erased) => panic!("{erased:?}"),
    }
}

#[test]
fn every_record_is_read_as_it_was_written() {
    let mut kinds = BTreeSet::new();
    let keys = keyring();
    for record in everything().into_iter().chain(sessions::records()) {
        kinds.insert(record.id().kind());
        let bytes = encode(&keys, &record, 42);
        let compared = decode_compared(&keys, &key(&record.id()), &bytes);
        assert_eq!(compared, Ok((Opened::Whole(record.clone(), 42), true)));
        let read = read(&keys, &record, bytes.clone());
        assert_eq!(read, Ok((record.clone(), 42)));
        let (again, revision) = read.unwrap();
        assert_eq!(encode(&keys, &again, revision), bytes, "{record:?}");
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "every kind is tried");
}

/// Whatever lies there otherwise than it would be written is known by it, because before-images are compared byte by byte.
#[test]
fn what_lies_otherwise_than_it_is_written_is_told() {
    let keys = keyring();
    for record in everything().into_iter().chain(sessions::records()) {
        let bytes = encode(&keys, &record, 42);
        for other in written_otherwise(&keys, &record, &bytes) {
            let (opened, is_same) = decode_compared(&keys, &key(&record.id()), &other).unwrap();
            assert_eq!(opened, Opened::Whole(record.clone(), 42));
            assert!(!is_same, "{record:?}");
        }
    }
}

/// The same record in other bytes: with a field that nobody knows in the body and in the envelope; with the sites said otherwise; in
/// the clear, and sealed with another nonce.
fn written_otherwise(keys: &Keyring, record: &Record, bytes: &Bytes) -> Vec<Bytes> {
    const UNKNOWN: &[u8] = &[0xf8, 0x7f, 1];
    let mut others = vec![Bytes::from([bytes, UNKNOWN].concat())];
    let mut envelope = stored::Envelope::decode(bytes.clone()).unwrap();
    let Some(client) = record.owner() else {
        envelope.sites.push("elsewhere".to_owned());
        others.push(envelope.encode_to_vec().into());
        envelope.sites.pop();
        envelope.body = [&envelope.body, UNKNOWN].concat().into();
        others.push(envelope.encode_to_vec().into());
        return others;
    };
    others.push(as_format_1(keys, bytes.clone()));
    let Ok(Some(body)) = unsealed(keys, &mut envelope) else {
        panic!("it can not be opened");
    };
    let (_, sealing) = keys.of(client);
    let here = place(&key(&record.id()), 42);
    let mut seal = |envelope: &stored::Envelope, place: &[u8], body: Vec<u8>| {
        let beside = envelope.encode_to_vec();
        let (nonce, body) = sealing.seal(place, &beside, body);
        let sealed = stored::Envelope {
            nonce: Bytes::copy_from_slice(&nonce),
            body: body.into(),
            ..envelope.clone()
        };
        others.push(sealed.encode_to_vec().into());
    };
    seal(&envelope, b"elsewhere", body.to_vec());
    seal(&envelope, &here, [&body, UNKNOWN].concat());
    envelope.sites.push("elsewhere".to_owned());
    seal(&envelope, &here, body.to_vec());
    others
}

/// A figure that was not there yet when a policy was stored is the release's; one that was chosen stays, be it 0.
#[test]
fn a_policy_has_the_figures_of_the_release_where_none_was_stored() {
    let stored = |policy: stored::Policy| {
        let envelope = stored::Envelope {
            kind: stored::RecordKind::Policy.into(),
            format: FORMAT,
            revision: 1,
            body: policy.encode_to_vec().into(),
            ..stored::Envelope::default()
        };
        let record = Record::from(Policy::default());
        let read = read(&keyring(), &record, envelope.encode_to_vec().into());
        let Ok((Record::Policy(read), 1)) = read else {
            panic!("{read:?}");
        };
        Policy::clone(&read)
    };
    assert_eq!(stored(stored::Policy::default()), Policy::default());
    let chosen = Policy {
        reconfirm: false,
        call_minutes: 0,
        warning_days: 0,
        credential_warning_days: 0,
        cancel_notice_hours: 0,
        travel: Minutes::ZERO,
        waitlist_offer_minutes: 0,
        waitlist_contact_minutes: 0,
        education_months: 0,
        retention_years: 0,
        retention_age: 0,
        ..Policy::default()
    };
    assert_eq!(stored(chosen.form()), chosen);
    // Each by itself: what else is stored says nothing about it.
    let without_one = stored::Policy {
        warning_days: None,
        ..chosen.form()
    };
    let expected = Policy {
        warning_days: Policy::default().warning_days,
        ..chosen
    };
    assert_eq!(stored(without_one), expected);
}

#[test]
fn a_rule_set_from_before_versions_were_kept_has_no_editor() {
    let version = RuleSetVersion {
        rule_set: RuleSet::barefoot(),
        edited: None,
    };
    let record = Record::from(version);
    let keys = keyring();
    let bytes = encode(&keys, &record, 1);
    assert_eq!(read(&keys, &record, bytes), Ok((record, 1)));
}

#[test]
fn keys_of_serials_sort_by_time_and_kinds_do_not_mix() {
    let early = key(&RecordId::Appointment(AppointmentId::new(255)));
    let late = key(&RecordId::Appointment(AppointmentId::new(256)));
    assert!(early < late);
    let names: BTreeSet<Bytes> = everything()
        .iter()
        .map(|record| key(&record.id()))
        .collect();
    let ids: BTreeSet<RecordId> = everything().iter().map(Record::id).collect();
    assert_eq!(names.len(), ids.len());
    assert_ne!(
        key(&RecordId::Room(id("h1"))),
        key(&RecordId::Turnover(id("h1")))
    );
}

#[test]
fn no_personal_text_is_outside_the_body() {
    for record in everything().into_iter().chain(sessions::records()) {
        let mut envelope = stored::Envelope::decode(encode(&keyring(), &record, 1)).unwrap();
        // What is sealed is as good as not there.
        if record.owner().is_none() {
            envelope.body = Bytes::new();
        }
        let rest = envelope.encode_to_vec();
        for text in [
            "Ada",
            "902 555",
            "ada@",
            "Stairs",
            "Lightly",
            "Window seat",
            "Tickles",
        ] {
            let found = rest.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!found, "{text} is outside the body of {}", record.id());
        }
    }
}

/// A stored record after `damage`, and what reading it says.
fn damaged(record: &Record, damage: impl FnOnce(&mut stored::Envelope)) -> String {
    let keys = keyring();
    let mut envelope = stored::Envelope::decode(encode(&keys, record, 1)).unwrap();
    damage(&mut envelope);
    let bytes = envelope.encode_to_vec().into();
    read(&keys, record, bytes).unwrap_err().why
}

#[test]
fn what_can_not_be_believed_is_refused() {
    let room = rooms().remove(0);
    assert_eq!(
        damaged(&room, |envelope| envelope.format = SEALED_FORMAT + 1),
        "it has format 3, this release reads format 2"
    );
    let without = "it is sealed without a key, or not sealed with one";
    assert_eq!(
        damaged(&room, |envelope| envelope.key_id = vec![7; 16].into()),
        without
    );
    assert_eq!(
        damaged(&room, |envelope| envelope.format = SEALED_FORMAT),
        without
    );
    assert_eq!(
        damaged(&room, |envelope| envelope.kind = 99),
        "it is of no known kind"
    );
    assert_eq!(
        damaged(&room, |envelope| {
            let body = stored::Room {
                id: "h4".to_owned(),
                site: "halifax".to_owned(),
                ..stored::Room::default()
            };
            envelope.body = body.encode_to_vec().into();
        }),
        "it holds room h4"
    );
    assert_eq!(
        damaged(&room, |envelope| {
            let body = stored::Room {
                id: "h3".to_owned(),
                site: "halifax".to_owned(),
                turnover_minutes: 7,
                ..stored::Room::default()
            };
            envelope.body = body.encode_to_vec().into();
        }),
        "its field `turnover_minutes` holds no such value"
    );
    assert!(decode(&keyring(), b"\x03h3", Bytes::from_static(b"\xff")).is_err());
}

#[test]
fn a_commit_is_read_as_it_was_written() {
    let (before, after) = {
        let mut rooms = rooms();
        (rooms.remove(0), rooms.remove(0))
    };
    let meta = Meta {
        at: instant(5),
        by: KeyId::new(9),
        kind: CommandKind::PutRoom,
        address: "192.0.2.7".to_owned(),
        reason: "New bars".to_owned(),
        request: Some(RequestMeta {
            name: [8; 16],
            payload_hash: Some([3; 32]),
        }),
        outcome: everything()
            .iter()
            .chain(&sessions::records())
            .map(Record::id)
            .collect(),
        flagged: 4,
        ticket: u64::MAX,
        judging: true,
        cause: 6,
        undone: Some(CommandKind::Cancel),
        impossible: samples::impossible(),
    };
    let keys = keyring();
    let commit = treadwell_journal::Commit {
        revision: 12,
        meta: meta.encode(&keys, 12, None),
        changes: vec![treadwell_journal::Change {
            key: key(&before.id()),
            before: Some(encode(&keys, &before, 3)),
            after: Some(encode(&keys, &after, 12)),
        }],
    };
    let ReadCommit {
        meta: read, commit, ..
    } = read_commit(&keys, &commit).unwrap();
    assert_eq!(read, meta);
    assert_eq!(commit.revision, 12);
    assert_eq!(commit.by, KeyId::new(9));
    let change = Change::new(Some(before), Some(after)).unwrap();
    assert_eq!(&commit.changes[..], [change]);
}
