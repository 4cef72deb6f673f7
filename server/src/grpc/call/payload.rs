//! By what a request is known again when it is sent again.
//!
//! Whoever gets no answer reads anew what they meant to change, which may be what their request has made of it already, and
//! sends it again. What they can not choose says nothing about what they mean: etags, and the fields that `proto/` calls
//! `Output only.`, such as the version of a rule set. All else has to be the same. An id is never left out: on a resource
//! that is changed it says which one.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use blake3::Hasher;
use prost::encoding::{DecodeContext, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message};
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

#[cfg(test)]
mod tests;

/// What of a message is left out.
#[derive(Debug, Default)]
struct Left {
    /// The numbers of the fields that are.
    out: BTreeSet<u32>,
    /// The fields whose messages have such fields in turn, and the names of those messages.
    within: HashMap<u32, String>,
}

/// What is left out of each message of the API, by its full name; none of most.
static LEFT: LazyLock<HashMap<String, Left>> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET);
    let set = set.expect("the build made the descriptors");
    let mut all: HashMap<String, Left> = set.file.iter().flat_map(of_file).collect();
    // A message has nothing to leave out once it is known that no message within it has.
    loop {
        let kept: BTreeSet<String> = all.keys().cloned().collect();
        for left in all.values_mut() {
            left.within.retain(|_, name| kept.contains(name));
        }
        all.retain(|_, left| !left.out.is_empty() || !left.within.is_empty());
        if all.len() == kept.len() {
            return all;
        }
    }
});

fn of_file(file: &FileDescriptorProto) -> impl Iterator<Item = (String, Left)> + '_ {
    /// Where a descriptor says what a file's messages and a message's fields are: `message_type` and `field`.
    const PATH: (i32, i32) = (4, 2);
    let comments = file.source_code_info.iter().flat_map(|info| &info.location);
    let comments: HashMap<&[i32], &str> = comments
        .map(|it| (it.path.as_slice(), it.leading_comments()))
        .collect();
    let messages = file.message_type.iter().zip(0..);
    messages.map(move |(message, at)| {
        let is_output = |field: i32| {
            let comment = comments.get(&[PATH.0, at, PATH.1, field][..]);
            comment.is_some_and(|text| text.trim_start().starts_with("Output only."))
        };
        let name = format!(".{}.{}", file.package(), message.name());
        (name, of_message(message, is_output))
    })
}

fn of_message(message: &DescriptorProto, is_output: impl Fn(i32) -> bool) -> Left {
    let mut left = Left::default();
    for (field, at) in message.field.iter().zip(0..) {
        let Ok(number) = field.number().try_into() else {
            continue;
        };
        if field.name() == "etag" || (is_output(at) && field.name() != "id") {
            left.out.insert(number);
        } else if !field.type_name().is_empty() {
            left.within.insert(number, field.type_name().to_owned());
        }
    }
    left
}

/// The hash by which a request to a method is known again.
pub(super) fn hash(method: &str, message: &impl Message) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.update(method.as_bytes());
    hasher.update(&[0]);
    let left = LEFT.get(&format!(".treadwell.v1.{method}Request"));
    feed(&mut hasher, &message.encode_to_vec(), left).expect("it was encoded just now");
    *hasher.finalize().as_bytes()
}

fn feed(hasher: &mut Hasher, message: &[u8], left: Option<&Left>) -> Result<(), DecodeError> {
    let Some(left) = left else {
        hasher.update(message);
        return Ok(());
    };
    let mut rest = message;
    while !rest.is_empty() {
        let field = rest;
        let (number, wire) = decode_key(&mut rest)?;
        let key = &field[..field.len() - rest.len()];
        let mut value = rest;
        skip_field(wire, number, &mut rest, DecodeContext::default())?;
        if left.out.contains(&number) {
            continue;
        }
        hasher.update(key);
        let within = left.within.get(&number).and_then(|name| LEFT.get(name));
        if within.is_some() {
            // Hashed by itself, because nothing says any more where it ends.
            decode_varint(&mut value)?;
            let mut own = Hasher::new();
            feed(&mut own, &value[..value.len() - rest.len()], within)?;
            hasher.update(own.finalize().as_bytes());
        } else {
            hasher.update(&value[..value.len() - rest.len()]);
        }
    }
    Ok(())
}
