use treadwell_api::v1;

use super::*;

#[expect(
    clippy::unnecessary_wraps,
    reason = "fields of messages are optional; tests read better so"
)]
fn options(etag: &str, reason: &str) -> Option<v1::WriteOptions> {
    Some(v1::WriteOptions {
        request_id: "one".to_owned(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
        validate_only: false,
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "fields of messages are optional; tests read better so"
)]
fn room(id: &str, etag: &str) -> Option<v1::Room> {
    Some(v1::Room {
        id: id.to_owned(),
        name: "The quiet one".to_owned(),
        etag: etag.to_owned(),
        inspection: Some(v1::Inspection::default()),
        ..v1::Room::default()
    })
}

#[test]
fn a_request_is_known_by_all_but_its_etags() {
    let hash = |method: &str, write, room| hash(method, &v1::PutRoomRequest { write, room });
    let first = hash("PutRoom", options("7", ""), room("h1", ""));
    let same = [
        (options("8", ""), room("h1", "")),
        (options("", ""), room("h1", "")),
        (options("7", ""), room("h1", "7")),
        (options("8", ""), room("h1", "8")),
    ];
    for (write, room) in same {
        assert_eq!(
            hash("PutRoom", write.clone(), room.clone()),
            first,
            "{write:?} {room:?}"
        );
    }
    let others = [
        ("PutRoom", options("7", ""), room("h2", "")),
        ("PutRoom", options("7", "why"), room("h1", "")),
        ("PutRoom", options("7", ""), None),
        ("PutRoom", None, room("h1", "")),
        ("PutSite", options("7", ""), room("h1", "")),
    ];
    for (method, write, room) in others {
        assert_ne!(
            hash(method, write.clone(), room.clone()),
            first,
            "{method} {write:?} {room:?}"
        );
    }
}

#[test]
fn what_nobody_chooses_is_no_part_of_a_request() {
    let set = |version, name: &str, question: &str| v1::PutRuleSetRequest {
        write: options("", ""),
        rule_set: Some(v1::RuleSet {
            id: "barefoot".to_owned(),
            version,
            name: name.to_owned(),
            rules: vec![v1::Rule {
                question: question.to_owned(),
                ..v1::Rule::default()
            }],
            ..v1::RuleSet::default()
        }),
    };
    let hash_of = |set| hash("PutRuleSet", &set);
    assert_eq!(
        hash_of(set(1, "", "Why?")),
        hash_of(set(2, "Barefoot", "Why?"))
    );
    assert_ne!(hash_of(set(1, "", "Why?")), hash_of(set(1, "", "Why not?")));
    // Deeper in it, and in a list.
    let inspected = |month| v1::PutRoomRequest {
        write: None,
        room: Some(v1::Room {
            inspection: Some(v1::Inspection {
                good_through: Some(v1::LocalDate {
                    month,
                    ..v1::LocalDate::default()
                }),
                ..v1::Inspection::default()
            }),
            ..v1::Room::default()
        }),
    };
    assert_eq!(
        hash("PutRoom", &inspected(3)),
        hash("PutRoom", &inspected(4))
    );
    let moves = |etags: [&str; 2], service: &str| v1::ApplyRepairRequest {
        write: None,
        moves: etags
            .map(|etag| v1::RepairMove {
                etag: etag.to_owned(),
                service_id: service.to_owned(),
                ..v1::RepairMove::default()
            })
            .to_vec(),
    };
    let hash_of = |moves| hash("ApplyRepair", &moves);
    assert_eq!(
        hash_of(moves(["1", "2"], "a")),
        hash_of(moves(["", "3"], "a"))
    );
    assert_ne!(
        hash_of(moves(["1", "2"], "a")),
        hash_of(moves(["1", "2"], "b"))
    );
}

#[test]
fn whom_it_is_about_and_what_imports_say_is_part_of_it() {
    let update = |id: &str, external_id: &str| v1::UpdateClientRequest {
        client: Some(v1::Client {
            id: id.to_owned(),
            external_id: external_id.to_owned(),
            ..v1::Client::default()
        }),
        ..v1::UpdateClientRequest::default()
    };
    let first = hash("UpdateClient", &update("cli-1", "a"));
    assert_ne!(hash("UpdateClient", &update("cli-2", "a")), first);
    assert_ne!(hash("UpdateClient", &update("cli-1", "b")), first);
}

/// Nothing is left out of a request to a method whose message has another name.
#[test]
fn every_request_that_has_options_is_found() {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET).unwrap();
    let services = set.file.iter().flat_map(|file| &file.service);
    for method in services.flat_map(|service| &service.method) {
        let named = format!(".treadwell.v1.{}Request", method.name());
        assert_eq!(method.input_type(), named);
    }
    let messages = set.file.iter().flat_map(|file| &file.message_type);
    let mut with = 0;
    for message in messages {
        let write = ".treadwell.v1.WriteOptions";
        if message.field.iter().any(|it| it.type_name() == write) {
            let left = &LEFT[&format!(".treadwell.v1.{}", message.name())];
            assert!(left.within.values().any(|name| name == write));
            with += 1;
        }
    }
    assert!(with > 50, "the descriptor set was not read");
}
