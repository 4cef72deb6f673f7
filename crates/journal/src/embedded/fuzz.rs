//! What reads files of a store, one decoder each, for the fuzzer of the workspace's tests; not for programs.
//!
//! Checksums are made good first: whoever changes a file by chance never comes past them, and what lies behind them is to be sound all the same.
//! Each target tells in a few words what came of its bytes; it panics where a promise is broken.

use std::path::Path;

use bytes::Bytes;

use super::base::{Head, records_in};
use super::copy::try_copy;
use super::format::Format;
use super::frame::{Encoded, Frame, HEADER_BYTES, Header, LEAST_HEADER_BYTES, keys_in};
use super::reached::Reached;
use super::records::try_entries;
use super::segment::{TRAILER_LEN, Trailer};
use crate::{Commit, NewCommit, RecordSum};

/// A decoder.
pub type Target = fn(&[u8]) -> String;

/// The decoders, by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("journal-frame", frame),
    ("journal-header", header),
    ("journal-stripped", stripped),
    ("journal-base", base),
    ("journal-format", format),
    ("journal-trailer", trailer),
    ("journal-copy", try_copy),
    ("records-entries", try_entries),
];

/// A group as a frame has it: its parts, of which the first bytes tell the lengths.
fn frame(input: &[u8]) -> String {
    let Some((sizes, parts)) = input.split_at_checked(5) else {
        return "too short".to_owned();
    };
    let size =
        |at: usize| usize::from(u16::from_le_bytes([sizes[at], sizes[at + 1]])).min(parts.len());
    let keys = size(0);
    let metas = size(2).min(parts.len() - keys);
    let Some((header, body)) = Encoded::around(parts, keys, metas, u32::from(sizes[4])) else {
        return "no frame".to_owned();
    };
    let Some(frame) = Frame::from_parts(
        header,
        &body.slice(..HEADER_BYTES),
        body.slice(HEADER_BYTES..),
    ) else {
        panic!("its checksums were made good");
    };
    let _salvaged = keys_in(Bytes::copy_from_slice(&parts[..keys]), header.commits);
    let accounts = frame.accounts();
    let Some(commits) = frame.commits() else {
        return format!(
            "keys and payload do not fit; accounts: {}",
            accounts.is_some()
        );
    };
    let accounts = accounts.expect("a whole frame has its accounts");
    assert_eq!(accounts.len(), commits.len());
    let (head, keys, metas) = frame
        .strip(&|commit: &Commit| commit.meta.clone())
        .expect("a whole frame can be stripped");
    let stripped = Frame::stripped(&head, keys, metas).expect("a stripped frame reads back");
    assert_eq!(stripped.link, frame.link);
    assert_eq!(stripped.accounts().as_ref(), Some(&accounts));
    let group: Vec<NewCommit> = commits
        .iter()
        .map(|commit| NewCommit {
            changes: commit.changes.clone(),
            meta: commit.meta.clone(),
        })
        .collect();
    let Ok(mut again) = Encoded::new(&group, u64::MAX) else {
        return "a key is out of bounds".to_owned();
    };
    let (bytes, _, _) = again.place(header.first, header.predecessor, RecordSum::EMPTY);
    let bytes = Bytes::copy_from_slice(bytes);
    let header = Header::parse(&bytes).expect("what was written is read");
    let body = bytes.slice(HEADER_BYTES..);
    let read = Frame::from_parts(header, &bytes.slice(..HEADER_BYTES), body);
    assert_eq!(read.and_then(|it| it.commits()), Some(commits));
    "whole".to_owned()
}

fn header(input: &[u8]) -> String {
    let mut bytes = input.to_vec();
    for end in [HEADER_BYTES, LEAST_HEADER_BYTES] {
        let Some(rest) = bytes.get(8..end) else {
            continue;
        };
        let crc = crc32fast::hash(rest);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        if let Some(header) = Header::parse(&bytes) {
            assert!(header.last() >= header.first);
            assert!(header.frame_bytes() >= header.body_bytes());
            return "a header".to_owned();
        }
    }
    "none".to_owned()
}

fn stripped(input: &[u8]) -> String {
    let Some((head, rest)) = input.split_at_checked(HEADER_BYTES) else {
        return "too short".to_owned();
    };
    let mut head = head.to_vec();
    let crc = crc32fast::hash(&head[8..]);
    head[4..8].copy_from_slice(&crc.to_le_bytes());
    let Some(header) = Header::parse(&head) else {
        return "no header".to_owned();
    };
    let keys = usize::try_from(header.key_bytes)
        .unwrap_or_default()
        .min(rest.len());
    let (keys, metas) = rest.split_at(keys);
    let (keys, metas) = (Bytes::copy_from_slice(keys), Bytes::copy_from_slice(metas));
    match Frame::stripped(&head.into(), keys, metas) {
        None => "not what the header names".to_owned(),
        Some(frame) => {
            assert!(frame.commits().is_none(), "its images are gone");
            format!("accounts: {}", frame.accounts().is_some())
        }
    }
}

fn base(input: &[u8]) -> String {
    let mut whole = input.to_vec();
    if whole.len() > 8 {
        let crc = crc32fast::hash(&whole[8..]);
        whole[4..8].copy_from_slice(&crc.to_le_bytes());
    }
    let head = Head::decode(&whole).is_some();
    let count = input.first().copied().map_or(0, u32::from);
    let records = records_in(
        Bytes::copy_from_slice(input.get(1..).unwrap_or_default()),
        count,
    );
    format!("head: {head}, records: {}", records.is_some())
}

fn trailer(input: &[u8]) -> String {
    let mut bytes = [0; TRAILER_LEN];
    let given = input.len().min(TRAILER_LEN);
    bytes[..given].copy_from_slice(&input[..given]);
    let raw = Trailer::decode(&bytes).is_some();
    let crc = crc32fast::hash(&bytes[8..]);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    let read = Trailer::decode(&bytes);
    if let Some(read) = &read {
        let again = Trailer::decode(&read.encode()).expect("what was written is read");
        assert_eq!((again.next, again.link), (read.next, read.link));
    }
    format!("as it is: {raw}, checked: {}", read.is_some())
}

fn format(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let text = match text.split_once("check ") {
        Some((before, _)) => {
            let check = u32::to_be_bytes(crc32fast::hash(before.as_bytes()));
            let check = check.map(|byte| format!("{byte:02x}")).concat();
            format!("{before}check {check}\n")
        }
        None => text.into_owned(),
    };
    if let Some(reached) = Reached::decode(&text) {
        assert_eq!(reached.encode(), text, "what is read is written as it was");
        return "how far a store has come".to_owned();
    }
    match Format::decode(&text, Path::new("FORMAT")) {
        Ok(format) => {
            assert_eq!(format.encode(), text, "what is read is written as it was");
            "a format".to_owned()
        }
        Err(error) => error.to_string(),
    }
}
