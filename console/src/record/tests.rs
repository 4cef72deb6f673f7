use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::json;
use treadwell_api::v1::{self, client_record_entry::Resource, export_client_record_response::Part};

use super::{file, page};

fn part(part: Part) -> v1::ExportClientRecordResponse {
    v1::ExportClientRecordResponse {
        revision: 42,
        part: Some(part),
    }
}

fn entry(resource: Resource) -> v1::ClientRecordEntry {
    v1::ClientRecordEntry {
        revision: 41,
        resource: Some(resource),
    }
}

fn parts() -> Vec<v1::ExportClientRecordResponse> {
    let client = v1::Client {
        id: "cli-1".to_owned(),
        name: "Ada <b>".to_owned(),
        born: Some(v1::LocalDate {
            year: 1985,
            month: 12,
            day: 0,
        }),
        ..v1::Client::default()
    };
    let booked = v1::Appointment {
        id: "apt-1".to_owned(),
        room_id: "h1".to_owned(),
        state: v1::AppointmentState::NoShow.into(),
        start: Some(prost_types::Timestamp {
            seconds: 1_700_000_100,
            nanos: 0,
        }),
        ..v1::Appointment::default()
    };
    let gone = Resource::Gone("hold hold-1".to_owned());
    vec![
        part(Part::Head(v1::ClientRecordHead {
            client_id: "cli-1".to_owned(),
            reason: "asked".to_owned(),
            ..v1::ClientRecordHead::default()
        })),
        part(Part::Entry(entry(Resource::Client(client)))),
        part(Part::Entry(entry(Resource::Appointment(booked)))),
        part(Part::Change(v1::ClientRecordChange {
            revision: 40,
            verb: "release_hold".to_owned(),
            entries: vec![entry(gone)],
            ..v1::ClientRecordChange::default()
        })),
        part(Part::End(v1::ClientRecordEnd::default())),
    ]
}

fn names() -> BTreeMap<String, String> {
    let names = [("h1", "Halifax room 1"), ("h2", "Halifax room 2")];
    names
        .map(|(id, name)| (id.to_owned(), name.to_owned()))
        .into()
}

#[test]
fn the_file_has_the_apis_fields_in_the_command_lines_forms() {
    let mut made = file(&parts(), &names());
    assert!(made["reads"].as_str().unwrap().contains("audit trail"));
    made.as_object_mut().unwrap().remove("reads");
    let expected = json!({
        "format": "treadwell client record 1",
        "revision": 42,
        "client_id": "cli-1",
        "reason": "asked",
        "resources": {
            "client": [{"id": "cli-1", "name": "Ada <b>", "born": "1985-12"}],
            "appointment": [{
                "id": "apt-1",
                "room_id": "h1",
                "start": "2023-11-14T22:15:00Z",
                "state": "no_show",
            }],
        },
        "changes": [{
            "revision": 40,
            "verb": "release_hold",
            "entries": [{"revision": 41, "gone": "hold hold-1"}],
        }],
        "names": {"h1": "Halifax room 1"},
    });
    assert_eq!(made, expected);
}

#[test]
fn the_page_shows_everything_and_runs_nothing() {
    let zone = TimeZone::get("America/Halifax").unwrap();
    let shown = page(&file(&parts(), &names()), &zone);
    for said in [
        "Ada &lt;b&gt;",
        "Halifax room 1 (h1)",
        "Tue 2023-11-14 18:15",
        "1985-12",
        "no_show",
        "hold hold-1",
        "asked",
    ] {
        assert!(shown.contains(said), "{said} is not in {shown}");
    }
    for never in ["<b>", "<script", "http"] {
        assert!(!shown.contains(never), "{never} is in {shown}");
    }
}
