//! Hand-made messages of a small clinic: two sites, three rooms, Wednesday 14 October 2026, 14:07 in Halifax.

use prost_types::Timestamp as Wire;
use treadwell_client::v1;

use crate::{cli::names::Names, tui::time};

/// `14:45` of the day as an API timestamp; `+1 09:00` of the next one.
#[expect(
    clippy::unnecessary_wraps,
    reason = "fields of messages are optional; tests read better so"
)]
pub(crate) fn at(text: &str) -> Option<Wire> {
    let (day, clock) = text
        .strip_prefix("+1 ")
        .map_or((14, text), |clock| (15, clock));
    let instant: jiff::Timestamp = format!("2026-10-{day}T{clock}:00-03:00")
        .parse()
        .expect("a time");
    Some(time::wire(instant))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "fields of messages are optional; tests read better so"
)]
pub(crate) fn date(year: i32, month: i32, day: i32) -> Option<v1::LocalDate> {
    Some(v1::LocalDate { year, month, day })
}

pub(crate) fn names() -> Names {
    let site = |id: &str, name: &str| v1::Site {
        id: id.to_owned(),
        name: name.to_owned(),
        time_zone: "America/Halifax".to_owned(),
        ..v1::Site::default()
    };
    let room = |id: &str, site: &str, equipment: &[v1::Equipment]| v1::Room {
        id: id.to_owned(),
        site_id: site.to_owned(),
        name: id.to_uppercase(),
        equipment: equipment
            .iter()
            .map(|equipment| i32::from(*equipment))
            .collect(),
        inspection: equipment
            .contains(&v1::Equipment::ParallelBars)
            .then(|| v1::Inspection {
                passed_on: date(2026, 3, 31),
                good_through: date(2027, 3, 31),
                months: 12,
            }),
        ..v1::Room::default()
    };
    let service = |id: &str, name: &str| v1::Service {
        id: id.to_owned(),
        name: name.to_owned(),
        ..v1::Service::default()
    };
    let therapist = |id: &str, name: &str, short: &str| v1::Therapist {
        id: id.to_owned(),
        name: name.to_owned(),
        short_name: short.to_owned(),
        ..v1::Therapist::default()
    };
    let bars = [v1::Equipment::Table, v1::Equipment::ParallelBars];
    Names {
        catalog: v1::GetCatalogResponse {
            revision: 40,
            sites: vec![site("dartmouth", "Dartmouth"), site("halifax", "Halifax")],
            rooms: vec![
                room("d1", "dartmouth", &bars),
                room("h1", "halifax", &bars),
                room("h3", "halifax", &[v1::Equipment::Table]),
            ],
            services: vec![
                service("ashiatsu-60", "Ashiatsu 60"),
                service("hands-on-60", "Hands-on 60"),
            ],
            ..v1::GetCatalogResponse::default()
        },
        therapists: vec![
            therapist("chen", "Mei Chen", "Chen"),
            therapist("okafor", "Ada Okafor", "Okafor"),
        ],
        now: time::instant(&at("14:07").expect("a time")),
    }
}

pub(crate) fn appointment(
    id: &str,
    room: &str,
    client: &str,
    start: &str,
    end: &str,
) -> v1::Appointment {
    v1::Appointment {
        id: id.to_owned(),
        client_id: "cli-7".to_owned(),
        client_name: client.to_owned(),
        client_phone: "902-555-0107".to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        site_id: "halifax".to_owned(),
        room_id: room.to_owned(),
        therapist_id: "chen".to_owned(),
        start: at(start),
        end: at(end),
        state: v1::AppointmentState::Booked.into(),
        price_cents: 11_500,
        etag: "38".to_owned(),
        ..v1::Appointment::default()
    }
}
