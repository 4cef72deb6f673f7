//! What reads bytes that the server did not make itself, or made long ago, one decoder each, for the fuzzer of the workspace's tests; not for
//! programs.
//!
//! Each target tells in a few words what came of its bytes, and panics where a promise is broken: what can be read is written and read again
//! as it was.

use std::sync::LazyLock;

use bytes::Bytes;
use treadwell_journal::Newest;

use crate::audit::Mark;
use crate::config::Config;
use crate::convert::store::audit::{self, Decoded};
use crate::convert::store::{self, Opened, commit, commit::Meta};
use crate::grpc::page;
use crate::keyring::{self, Keyring};
use crate::setup;
use crate::{backup, certificates};

/// A decoder.
pub type Target = fn(&[u8]) -> String;

/// The decoders, by name.
pub const TARGETS: [(&str, Target); 12] = [
    ("record", record),
    ("commit-meta", commit_meta),
    ("trail-mark", trail_mark),
    ("audit-entry", audit_entry),
    ("clinic-toml", clinic_toml),
    ("server-toml", server_toml),
    ("page-token", page_token),
    ("seal-key", keyring::fuzz::seal_key),
    ("key-ring", keyring::fuzz::ring),
    ("erasures", keyring::fuzz::erasures),
    ("backup-header", backup::try_header),
    ("certificate", certificates::try_certificate),
];

/// Sealing is not what is tried here; any ring will do.
static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::in_memory().expect("the system has randomness"));

/// A record in its envelope, in the clear as format 1 had them all.
fn record(input: &[u8]) -> String {
    let value = Bytes::copy_from_slice(input);
    // What looks into an envelope without reading it all.
    let _ = (
        store::owner(&value),
        store::is_in_the_clear(&value),
        store::is_sealed(&value),
    );
    let _ = store::decode(&KEYS, b"any", value.clone()).map_err(|why| why.to_string());
    let record = match store::in_the_clear(value) {
        Ok(record) => record,
        Err(why) => return why,
    };
    let key = store::key(&record.id());
    let written = store::encode(&KEYS, &record, 7);
    assert_eq!(
        written,
        store::encode(&KEYS, &record, 7),
        "the same bytes, always"
    );
    match store::decode(&KEYS, &key, written) {
        Ok(Opened::Whole(again, 7)) => assert_eq!(again, record),
        other => panic!("what was written is not read: {other:?}"),
    }
    format!("a {:?}", record.id().kind())
}

fn commit_meta(input: &[u8]) -> String {
    match Meta::decode(&KEYS, 7, Bytes::copy_from_slice(input)) {
        Ok(meta) => {
            let written = meta.encode(&KEYS, 7, None);
            assert_eq!(Meta::decode(&KEYS, 7, written).ok(), Some(meta));
            "a commit".to_owned()
        }
        Err(why) => why.to_string(),
    }
}

/// What a commit says of the audit trail and of the key ring, whatever else it says.
fn trail_mark(input: &[u8]) -> String {
    let newest = |meta| Newest { revision: 7, meta };
    let of = newest(Bytes::copy_from_slice(input));
    let ring = commit::mark(&of).is_ok_and(|mark| mark.is_some());
    match commit::trail_mark(&of) {
        Ok(Some(mark)) => {
            let written = commit::vouching(&Bytes::new(), &mark);
            let again = commit::trail_mark(&newest(written)).ok().flatten();
            let again = again.expect("what was written is read");
            assert_eq!((again.entries, again.hash()), (mark.entries, mark.hash()));
            format!("a mark, and of the ring: {ring}")
        }
        Ok(None) => format!("none, and of the ring: {ring}"),
        Err(why) => why.to_string(),
    }
}

fn audit_entry(input: &[u8]) -> String {
    let read = |bytes: Bytes| audit::decode(&KEYS, 1, bytes);
    match read(Bytes::copy_from_slice(input)) {
        Ok(Decoded {
            problem: Some(problem),
            ..
        }) => problem.to_owned(),
        Ok(Decoded { entry, .. }) => {
            let again = read(audit::encode(&KEYS, &Mark::default(), &entry));
            assert_eq!(again.map(|again| again.entry), Ok(entry));
            "an entry".to_owned()
        }
        Err(why) => why,
    }
}

fn clinic_toml(input: &[u8]) -> String {
    match setup::load(&String::from_utf8_lossy(input)) {
        Ok(_) => "a clinic".to_owned(),
        Err(mistakes) => {
            assert!(!mistakes.0.is_empty(), "no reason is given");
            mistakes.to_string()
        }
    }
}

fn server_toml(input: &[u8]) -> String {
    match Config::from_text(&String::from_utf8_lossy(input)) {
        Ok(config) => {
            assert_eq!(Config::from_text(&config.to_toml()).ok(), Some(config));
            "a configuration".to_owned()
        }
        Err(why) => why.to_string(),
    }
}

fn page_token(input: &[u8]) -> String {
    let query = [3; page::HASH];
    let token = String::from_utf8_lossy(input);
    let read = page::open(&token, query).is_some();
    // Of the right query, with any position.
    let whole = page::token(query, &token);
    assert_eq!(page::open(&whole, query).as_deref(), Some(&*token));
    assert_eq!(page::open(&whole, [4; page::HASH]), None);
    format!("a token: {read}")
}
