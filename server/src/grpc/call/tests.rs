use prost_types::field_descriptor_proto::Type;
use treadwell_api::DESCRIPTOR_SET;

use super::*;

#[test]
fn the_options_come_first_in_every_request_that_has_any() {
    let set = prost_types::FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let messages = set.file.iter().flat_map(|file| &file.message_type);
    let mut with = 0;
    for message in messages {
        let options = |field: &&prost_types::FieldDescriptorProto| {
            field.r#type() == Type::Message && field.type_name() == ".treadwell.v1.WriteOptions"
        };
        for field in message.field.iter().filter(options) {
            assert_eq!(
                field.number(),
                i32::try_from(WRITE).unwrap(),
                "{}",
                message.name()
            );
            with += 1;
        }
    }
    assert!(with > 50, "the descriptor set was not read");
}

#[test]
fn a_request_is_known_by_all_but_its_etag() {
    let hash = |method: &str, room: &str, options: v1::WriteOptions| {
        let message = v1::PutRoomRequest {
            room: Some(v1::Room {
                id: room.to_owned(),
                ..v1::Room::default()
            }),
            write: Some(options.clone()),
        };
        payload_hash(method, &message, &options)
    };
    let options = |etag: &str, reason: &str| v1::WriteOptions {
        request_id: "one".to_owned(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
        validate_only: false,
    };
    let first = hash("PutRoom", "h1", options("7", ""));
    assert_eq!(hash("PutRoom", "h1", options("8", "")), first);
    assert_eq!(hash("PutRoom", "h1", options("", "")), first);
    assert_ne!(hash("PutRoom", "h2", options("7", "")), first);
    assert_ne!(hash("PutRoom", "h1", options("7", "why")), first);
    assert_ne!(hash("PutSite", "h1", options("7", "")), first);
}
