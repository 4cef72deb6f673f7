//! Bytes changed by chance, so that they are still nearly what they were: for the fuzzers.
//!
//! What looks like a protobuf message is changed field by field as well, inner messages too, and text word by word: such changes come
//! further than flipped bits, which stay part of the mixture.

use crate::seed::Random;

/// Nothing grows beyond this.
pub const LARGEST: usize = 64 << 10;

/// Bytes that stand for much: bounds of numbers, signs of formats, what once went wrong elsewhere.
const TOKENS: [&[u8]; 28] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x80\x80\x80\x80\x10",
    b"\x7f",
    b"\0\0\0\x80",
    b"-",
    b"-1",
    b"0",
    b"9223372036854775807",
    b"18446744073709551616",
    b"1e999",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b"\\",
    b"[[",
    b"]",
    b"{",
    b"=",
    b",",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "🦶".as_bytes(),
    b"9999-12-31T23:59:59Z",
];

/// An entry of a corpus with some changes, which may take parts of another one.
pub fn mutate(random: &mut Random, entry: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = entry.to_vec();
    for _ in 0..=random.below(4) {
        let changed = match random.below(4) {
            0 => as_message(random, &bytes, 4),
            1 => as_text(random, &bytes),
            _ => None,
        };
        bytes = changed.unwrap_or_else(|| as_bytes(random, bytes, other));
        bytes.truncate(LARGEST);
    }
    bytes
}

/// A place in so many bytes, their end included.
fn place(random: &mut Random, length: usize) -> usize {
    let limit = u32::try_from(length + 1).unwrap_or(u32::MAX);
    random.below(limit) as usize
}

/// Two places, in order.
fn range(random: &mut Random, length: usize) -> std::ops::Range<usize> {
    let (one, two) = (place(random, length), place(random, length));
    // Mostly short: long ones leave little.
    let end = if random.below(4) == 0 {
        one.max(two)
    } else {
        (one.min(two) + random.below(9) as usize).min(length)
    };
    one.min(two)..end.max(one.min(two))
}

fn as_bytes(random: &mut Random, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    match random.below(7) {
        0 if length > 0 => {
            let at = place(random, length - 1);
            bytes[at] ^= 1 << random.below(8);
        }
        1 if length > 0 => {
            let at = place(random, length - 1);
            bytes[at] = random.next_u64().to_le_bytes()[0];
        }
        2 => drop(bytes.drain(range(random, length))),
        3 => {
            let part = bytes[range(random, length)].to_vec();
            let times = if random.below(8) == 0 { 200 } else { 1 };
            let at = place(random, length);
            bytes.splice(at..at, part.repeat(times));
        }
        4 => {
            let part = other[range(random, other.len())].to_vec();
            bytes.splice(range(random, length), part);
        }
        5 => bytes.truncate(place(random, length)),
        _ => {
            let token = *random.choose(&TOKENS);
            let at = place(random, length);
            bytes.splice(at..at, token.iter().copied());
        }
    }
    bytes
}

/// A field of a message: where it begins, where what it holds begins, where it ends; and whether that is bytes.
struct Field {
    start: usize,
    content: usize,
    end: usize,
    is_bytes: bool,
}

/// The fields of a message; none when the bytes are not one.
fn fields(bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let tag = varint(bytes, &mut at)?;
        let (content, end) = match tag & 7 {
            0 => {
                let content = at;
                varint(bytes, &mut at)?;
                (content, at)
            }
            1 => (at, at + 8),
            2 => {
                let length = usize::try_from(varint(bytes, &mut at)?).ok()?;
                (at, at.checked_add(length)?)
            }
            5 => (at, at + 4),
            _ => return None,
        };
        if tag >> 3 == 0 || end > bytes.len() {
            return None;
        }
        at = end;
        fields.push(Field {
            start,
            content,
            end,
            is_bytes: tag & 7 == 2,
        });
    }
    Some(fields)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn put_varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// Changes one field; none when the bytes are no message.
fn as_message(random: &mut Random, bytes: &[u8], depth: u32) -> Option<Vec<u8>> {
    let fields = fields(bytes).filter(|fields| !fields.is_empty())?;
    let field = random.choose(&fields);
    let mut changed = bytes[..field.start].to_vec();
    let whole = &bytes[field.start..field.end];
    let content = &bytes[field.content..field.end];
    let mut tag_end = field.start;
    varint(bytes, &mut tag_end)?;
    let tag = &bytes[field.start..tag_end];
    match random.below(6) {
        // Without it, twice, or as another field.
        0 => {}
        1 => changed.extend(whole.repeat(2)),
        2 => {
            put_varint(
                u64::from(random.below(40) + 1) << 3 | u64::from(tag[0] & 7),
                &mut changed,
            );
            changed.extend(&bytes[tag_end..field.end]);
        }
        _ if field.is_bytes => {
            let inner = if depth > 0 {
                as_message(random, content, depth - 1)
            } else {
                None
            };
            let inner = inner.unwrap_or_else(|| as_bytes(random, content.to_vec(), bytes));
            changed.extend(tag);
            put_varint(inner.len() as u64, &mut changed);
            changed.extend(inner);
        }
        _ => {
            changed.extend(tag);
            let value = *random.choose(&[
                0,
                1,
                2,
                127,
                128,
                255,
                1 << 31,
                (1 << 31) - 1,
                1 << 32,
                1 << 63,
                u64::MAX,
                u64::MAX >> 1,
            ]);
            put_varint(value, &mut changed);
        }
    }
    changed.extend(&bytes[field.end..]);
    Some(changed)
}

/// Changes one word or line; none when the bytes are no text.
fn as_text(random: &mut Random, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())?;
    let by = *random.choose(&['\n', ' ', ',', '"', '=', '.']);
    let mut parts: Vec<&str> = text.split_inclusive(by).collect();
    let at = place(random, parts.len() - 1);
    let other = parts[place(random, parts.len() - 1)];
    match random.below(4) {
        0 => drop(parts.remove(at)),
        1 => parts.insert(at, other),
        2 => parts[at] = other,
        _ => {
            let with = place(random, parts.len() - 1);
            parts.swap(at, with);
        }
    }
    Some(parts.concat().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_changes_alike_and_most_changes_are_changes() {
        let entry = b"\x0a\x05hello\x10\x96\x01\x1a\x04\x0a\x02hi";
        let run = |seed| {
            let mut random = Random::new(seed);
            (0..200)
                .map(|_| mutate(&mut random, entry, b"other"))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(3).iter().filter(|it| *it != entry).count() > 150);
    }

    #[test]
    fn a_message_stays_one_when_a_field_of_it_is_changed() {
        let entry = b"\x0a\x05hello\x10\x96\x01\x1a\x04\x0a\x02hi";
        let mut random = Random::new(4);
        for _ in 0..500 {
            let changed = as_message(&mut random, entry, 4).expect("it is a message");
            assert!(fields(&changed).is_some(), "{changed:x?}");
        }
        assert!(fields(b"\xff\xff").is_none());
    }
}
