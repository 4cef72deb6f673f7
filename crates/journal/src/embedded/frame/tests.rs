use proptest::prelude::*;

use super::*;

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn change() -> impl Strategy<Value = Change> {
    let key = prop::collection::vec(any::<u8>(), 1..=MAX_KEY_BYTES.min(40)).prop_map(Bytes::from);
    let image = || prop::option::of(bytes(200));
    (key, image(), image()).prop_map(|(key, before, after)| Change { key, before, after })
}

fn group() -> impl Strategy<Value = Vec<NewCommit>> {
    let commit = (bytes(60), prop::collection::vec(change(), 0..4))
        .prop_map(|(meta, changes)| NewCommit { meta, changes });
    prop::collection::vec(commit, 1..5)
}

const SUM: RecordSum = RecordSum::EMPTY;

fn encode(group: &[NewCommit], first: Revision) -> (Vec<u8>, Link, RecordSum) {
    let mut encoded = Encoded::new(group, MAX_FRAME_BYTES).expect("a group within bounds");
    let (frame, link, sum) = encoded.place(first, [7; 32], SUM);
    (frame.to_vec(), link, sum)
}

fn decode(frame: &[u8]) -> Option<Frame> {
    let header = Header::parse(frame)?;
    let frame = Bytes::copy_from_slice(frame);
    Frame::from_parts(header, &frame, frame.slice(HEADER_BYTES..))
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(group in group(), first in 1..1_000_000u64) {
        let (bytes, link, sum) = encode(&group, first);
        let frame = decode(&bytes).expect("a sound frame");
        prop_assert_eq!(bytes.len() as u64, frame.header.frame_bytes());
        prop_assert_eq!(bytes.len() % ALIGNMENT, 0);
        prop_assert_eq!(frame.link, link);
        prop_assert_eq!(frame.header.sum_after, sum);
        prop_assert_eq!(frame.header.predecessor, [7; 32]);
        prop_assert_eq!(frame.header.last(), first + group.len() as u64 - 1);
        let expected: Vec<Commit> = (first..)
            .zip(group)
            .map(|(revision, new)| Commit { revision, meta: new.meta, changes: new.changes })
            .collect();
        prop_assert_eq!(frame.commits(), Some(expected));
    }

    #[test]
    fn nothing_else_is_decoded(group in group(), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let (mut bytes, ..) = encode(&group, 1);
        let whole = decode(&bytes).expect("a sound frame");
        let body_end = HEADER_BYTES + usize::try_from(whole.header.body_bytes()).expect("a length");
        bytes[at.index(body_end)] ^= flip;
        prop_assert!(decode(&bytes).is_none());
        bytes.truncate(at.index(body_end));
        prop_assert!(decode(&bytes).is_none());
    }

    #[test]
    fn rubbish_is_no_header(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Header::parse(&bytes).is_none());
    }

    /// A frame whose checksums were made anew over a changed body is still read without a panic.
    #[test]
    fn a_forged_body_is_refused_or_read(
        group in group(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (bytes, ..) = encode(&group, 1);
        let mut header = Header::parse(&bytes).expect("a header");
        let mut body = bytes[HEADER_BYTES..].to_vec();
        body.truncate(usize::try_from(header.body_bytes()).expect("a length"));
        let place = at.index(body.len());
        body[place] = byte;
        header.body_crc = crc32fast::hash(&body);
        let bytes = Bytes::from(bytes);
        let unchanged = body == bytes[HEADER_BYTES..HEADER_BYTES + body.len()];
        let in_keys = place < header.key_bytes as usize;
        let other_payload = Frame::from_parts(header, &bytes, Bytes::from(body.clone()));
        prop_assert_eq!(other_payload.is_none(), !in_keys && !unchanged);
        let Payload::Apart { meta_bytes, image_bytes, .. } = header.payload else {
            unreachable!("only this is written")
        };
        let payload = &body[header.key_bytes as usize..];
        let (metas, images) = payload.split_at(meta_bytes as usize);
        header.payload = Payload::Apart {
            meta_bytes,
            image_bytes,
            meta_hash: *blake3::hash(metas).as_bytes(),
            image_hash: *blake3::hash(images).as_bytes(),
        };
        let frame = Frame::from_parts(header, &bytes, body.into()).expect("checksums hold");
        if let Some(commits) = frame.commits() {
            prop_assert_eq!(commits.len(), group.len());
        }
    }

    /// What is left of a frame tells the same accounts, and proves to be of the same place in the chain.
    #[test]
    fn a_stripped_frame_keeps_its_link_and_its_metas(group in group(), at in any::<prop::sample::Index>()) {
        let (bytes, link, _) = encode(&group, 3);
        let (head, keys, metas) = decode(&bytes).expect("a frame").strip(&|_| Bytes::new()).expect("it fits");
        let stripped = Frame::stripped(&head, keys.clone(), metas.clone()).expect("a frame");
        prop_assert_eq!(stripped.link, link);
        prop_assert_eq!(stripped.commits(), None);
        let told = stripped.accounts().expect("keys and metas fit");
        prop_assert_eq!(told.len(), group.len());
        for (account, commit) in told.iter().zip(&group) {
            prop_assert_eq!(&account.meta, &commit.meta);
            prop_assert!(account.keys.iter().eq(commit.changes.iter().map(|it| &it.key)));
        }
        let mut other = metas.to_vec();
        let place = at.index(other.len());
        other[place] ^= 1;
        prop_assert!(Frame::stripped(&head, keys, other.into()).is_none());
    }
}

/// The link is of the header and the keys: it holds when payloads are dropped, and breaks when a
/// changed key, the payload or the place in the chain does.
#[test]
fn the_link_covers_keys_and_place_and_the_payload_by_its_hash() {
    let commit = |key: &'static str, meta: &'static str| NewCommit {
        meta: Bytes::from_static(meta.as_bytes()),
        changes: vec![Change {
            key: Bytes::from_static(key.as_bytes()),
            before: None,
            after: Some(Bytes::from_static(b"v")),
        }],
    };
    let (frame, link, _) = encode(&[commit("k", "m")], 5);
    let header = Header::parse(&frame).expect("a header");
    let without_payload = &frame[12..HEADER_BYTES + header.key_bytes as usize];
    assert_eq!(*blake3::hash(without_payload).as_bytes(), link);

    assert_ne!(encode(&[commit("l", "m")], 5).1, link);
    assert_ne!(encode(&[commit("k", "n")], 5).1, link);
    assert_ne!(encode(&[commit("k", "m")], 6).1, link);
    let mut moved = Encoded::new(&[commit("k", "m")], MAX_FRAME_BYTES).expect("a group");
    assert_ne!(moved.place(5, [8; 32], SUM).1, link);
}

#[test]
fn sums_do_not_depend_on_the_order() {
    let records = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")];
    let sum = |order: &[usize]| {
        RecordSum::of(
            order
                .iter()
                .map(|&at| (&records[at].0[..], &records[at].1[..])),
        )
    };
    assert_eq!(sum(&[0, 1, 2]), sum(&[2, 0, 1]));
    assert_ne!(sum(&[0, 1]), sum(&[0, 2]));
    assert_ne!(
        RecordSum::of([(&b"ab"[..], &b"c"[..])]),
        RecordSum::of([(&b"a"[..], &b"bc"[..])])
    );
    assert_eq!(
        RecordSum::from_bytes(&sum(&[0, 1]).to_bytes()),
        sum(&[0, 1])
    );
}
