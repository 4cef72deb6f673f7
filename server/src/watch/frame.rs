//! The bytes of `WatchResponse`, put together from events that are encoded already.
//!
//! A protobuf message is its fields one after the other, so an answer to a thousand watches is the
//! same encoded events with a few bytes around them.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use treadwell_api::v1;

/// Field numbers of `WatchResponse`; a test compares them with the generated message.
const REVISION: u32 = 1;
const EVENTS: u32 = 2;
const COMMIT_COMPLETE: u32 = 3;
const SNAPSHOT: u32 = 4;
const CHECKPOINT: u32 = 5;

/// An event as a field of the answer.
pub(super) fn event(event: &v1::WatchEvent) -> Bytes {
    let length = event.encoded_len();
    let mut bytes = BytesMut::with_capacity(length + 6);
    encode_key(EVENTS, WireType::LengthDelimited, &mut bytes);
    encode_varint(length as u64, &mut bytes);
    event.encode_raw(&mut bytes);
    bytes.freeze()
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(crate) struct Frame(BytesMut);

impl Frame {
    /// Adds an encoded event.
    pub(crate) fn push(&mut self, event: &[u8]) {
        self.0.put_slice(event);
    }

    /// How many bytes the events have so far.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no event yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answer with these events; the state at `revision` is whole with it, or more follows.
    pub(crate) fn commit(&mut self, revision: u64, complete: bool) -> Bytes {
        if complete {
            flag(COMMIT_COMPLETE, &mut self.0);
        }
        self.finish(revision)
    }

    /// The answer with these events as part of the snapshot at `revision`.
    pub(crate) fn snapshot(&mut self, revision: u64, complete: bool) -> Bytes {
        flag(SNAPSHOT, &mut self.0);
        self.commit(revision, complete)
    }

    fn finish(&mut self, revision: u64) -> Bytes {
        encode_key(REVISION, WireType::Varint, &mut self.0);
        encode_varint(revision, &mut self.0);
        self.0.split().freeze()
    }
}

/// The answer that nothing has changed.
pub(crate) fn checkpoint(revision: u64) -> Bytes {
    let mut frame = Frame::default();
    flag(CHECKPOINT, &mut frame.0);
    frame.finish(revision)
}

fn flag(field: u32, bytes: &mut BytesMut) {
    encode_key(field, WireType::Varint, bytes);
    encode_varint(1, bytes);
}
