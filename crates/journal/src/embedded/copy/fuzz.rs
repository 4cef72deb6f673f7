//! What reads a copy, for the fuzzer: see [`crate::embedded::fuzz`].

use std::path::Path;

use bytes::{BufMut, Bytes};

use super::super::frame::{Encoded, genesis};
use super::{Copied, END, Embedded, FRAME, HEADER_BYTES, Header};
use crate::{Change, Error, NewCommit, RecordSum};

const CLINIC: [u8; 16] = [7; 16];

/// A copy with something else in the place of some of it: where (2 bytes), in the place of how many bytes (2 bytes), and what. The
/// header's checksum is made good.
pub(crate) fn try_copy(input: &[u8]) -> String {
    let raw = read(input).is_ok();
    let Some((numbers, put)) = input.split_first_chunk::<4>() else {
        return format!("as it is: {raw}");
    };
    let mut bytes = sound();
    let known = read(&bytes).expect("what was written is read");
    let number = |at: usize| usize::from(u16::from_le_bytes([numbers[at], numbers[at + 1]]));
    let from = number(0).min(bytes.len());
    let to = (from + number(2)).min(bytes.len());
    drop(bytes.splice(from..to, put.iter().copied()));
    if let Some(rest) = bytes.get(8..HEADER_BYTES) {
        let crc = crc32fast::hash(rest);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    }
    match read(&bytes) {
        Ok(copied) => {
            assert_eq!(copied, known, "what was changed is not seen");
            "whole".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

fn read(mut bytes: &[u8]) -> Result<Copied, Error> {
    Embedded::read_copy(&mut bytes, Path::new("copy"), &mut |_| Ok(()))
}

/// A copy of three commits that make a record, change it and take it away.
fn sound() -> Vec<u8> {
    let images: [Option<&'static [u8]>; 4] = [None, Some(b"one"), Some(b"two"), None];
    let images = images.map(|image| image.map(Bytes::from_static));
    let (mut link, mut sum) = (genesis(CLINIC), RecordSum::EMPTY);
    let mut pieces = Vec::new();
    for (revision, change) in (1..).zip(images.windows(2)) {
        let commit = NewCommit {
            meta: Bytes::from_static(b"why"),
            changes: vec![Change {
                key: Bytes::from_static(b"key"),
                before: change[0].clone(),
                after: change[1].clone(),
            }],
        };
        let mut encoded = Encoded::new(&[commit], u64::MAX).expect("it is within bounds");
        let (frame, its_link, its_sum) = encoded.place(revision, link, sum);
        put_piece(&mut pieces, FRAME, revision, frame);
        (link, sum) = (its_link, its_sum);
    }
    let head = 3;
    let header = Header {
        clinic_id: CLINIC,
        head,
        link,
        sum,
    };
    put_piece(&mut pieces, END, head, &[]);
    [header.encode(), pieces].concat()
}

fn put_piece(out: &mut Vec<u8>, kind: u32, revision: u64, bytes: &[u8]) {
    out.put_u32_le(kind);
    out.put_u32_le(0);
    out.put_u64_le(revision);
    out.put_u64_le(bytes.len() as u64);
    out.put_slice(bytes);
}
