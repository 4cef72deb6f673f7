//! The workload's sites, rooms, services and therapists.

use anyhow::{Context, Result};
use jiff::civil::Date;
use treadwell_api::v1::{
    Credential, Equipment, EquipmentSet, GetCatalogRequest, Inspection, LocalDate, Modality,
    OpeningHours, Policy, PutRoomRequest, PutServiceRequest, PutSiteRequest, PutTherapistRequest,
    Room, Service, Site, Therapist, TimeOfDay, TimeRange, UpdatePolicyRequest, Weekday,
    WriteOptions, catalog_service_client::CatalogServiceClient,
    therapist_service_client::TherapistServiceClient,
};
use treadwell_tests::workload::{PER_SITE, ROOM_MINUTES, SESSION_MINUTES, local_date};

use crate::{connection::Connection, names};

/// As far ahead as may be booked.
pub(crate) const HORIZON_DAYS: u16 = 1_000;
/// The rule sets of the clinic's own file.
const BAREFOOT: &str = "barefoot";
const GENERAL: &str = "general";

/// Puts everything that the workload needs beside people and bookings, and gives the conditions that screening asks about.
pub(crate) async fn put(connection: &Connection, sites: u32) -> Result<Vec<String>> {
    let mut catalog = CatalogServiceClient::new(connection.clone());
    let mut therapists = TherapistServiceClient::new(connection.clone());
    let write = || Some(WriteOptions::default());
    let existing = catalog
        .get_catalog(GetCatalogRequest {})
        .await?
        .into_inner();
    let barefoot = existing
        .rule_sets
        .iter()
        .find(|set| set.id == BAREFOOT)
        .context("the clinic has no rule set for barefoot work")?;
    let conditions = barefoot
        .rules
        .iter()
        .map(|rule| rule.condition_id.clone())
        .collect();
    catalog
        .update_policy(UpdatePolicyRequest {
            write: write(),
            policy: Some(Policy {
                horizon_days: HORIZON_DAYS.into(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["horizon_days".to_owned()],
            }),
        })
        .await
        .context("the policy was refused")?;
    for service in services() {
        catalog
            .put_service(PutServiceRequest {
                write: write(),
                service: Some(service),
            })
            .await
            .context("a service was refused")?;
    }
    for site in 1..=sites {
        catalog
            .put_site(PutSiteRequest {
                write: write(),
                site: Some(site_record(site)),
            })
            .await
            .context("a site was refused")?;
        for index in 0..PER_SITE {
            let room = room(site, index);
            catalog
                .put_room(PutRoomRequest {
                    write: write(),
                    room: Some(room),
                })
                .await
                .context("a room was refused")?;
            let therapist = therapist(site, index);
            therapists
                .put_therapist(PutTherapistRequest {
                    write: write(),
                    therapist: Some(therapist),
                })
                .await
                .context("a therapist was refused")?;
        }
    }
    Ok(conditions)
}

fn services() -> [Service; 2] {
    let service =
        |id: &str, name: &str, modality: Modality, needs: Vec<Equipment>, rule_set: &str| Service {
            id: id.to_owned(),
            name: name.to_owned(),
            modality: modality.into(),
            minutes: signed(SESSION_MINUTES),
            turnover_minutes: signed(ROOM_MINUTES - SESSION_MINUTES),
            reset_minutes: 0,
            accepts: vec![EquipmentSet {
                all_of: needs.into_iter().map(i32::from).collect(),
            }],
            rule_set_id: rule_set.to_owned(),
            price_cents: 10_000,
            ..Default::default()
        };
    let barefoot = vec![Equipment::Table, Equipment::ParallelBars];
    let mut ashiatsu = service(
        names::ASHIATSU,
        "Ashiatsu, 60 minutes",
        Modality::Barefoot,
        barefoot,
        BAREFOOT,
    );
    ashiatsu.credential_ids = vec![names::CREDENTIAL.to_owned()];
    let massage = service(
        names::MASSAGE,
        "Massage, 60 minutes",
        Modality::HandsOn,
        vec![Equipment::Table],
        GENERAL,
    );
    [ashiatsu, massage]
}

/// Open every day from 09:00 to 22:00, so that the last session's turnover ends inside the hours too.
fn site_record(site: u32) -> Site {
    let days = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let hours = TimeRange {
        start: Some(TimeOfDay { hour: 9, minute: 0 }),
        end: Some(TimeOfDay {
            hour: 22,
            minute: 0,
        }),
    };
    Site {
        id: names::site(site),
        name: format!("Site {site}"),
        address: format!("{site} Barrington Street"),
        time_zone: "America/Halifax".to_owned(),
        opening_hours: days
            .map(|day| OpeningHours {
                weekday: day.into(),
                hours: Some(hours),
            })
            .into(),
        ..Default::default()
    }
}

fn room(site: u32, index: u32) -> Room {
    let bars = index.is_multiple_of(2);
    let mut equipment = vec![Equipment::Table.into()];
    if bars {
        equipment.push(Equipment::ParallelBars.into());
    }
    Room {
        id: names::room(site, index),
        site_id: names::site(site),
        name: format!("Room {site}-{}", index + 1),
        equipment,
        inspection: bars.then(|| Inspection {
            passed_on: Some(proto_date(inspected())),
            months: 120,
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn therapist(site: u32, index: u32) -> Therapist {
    let credential = Credential {
        id: names::CREDENTIAL.to_owned(),
        issuer: "Workload".to_owned(),
        number: names::therapist(site, index),
        ..Default::default()
    };
    Therapist {
        id: names::therapist(site, index),
        name: format!("Therapist {site}-{}", index + 1),
        short_name: names::therapist(site, index),
        credentials: if index.is_multiple_of(2) {
            vec![credential]
        } else {
            Vec::new()
        },
        site_ids: vec![names::site(site)],
        ..Default::default()
    }
}

/// Some days before the calendar begins.
fn inspected() -> Date {
    local_date(0)
        .yesterday()
        .expect("a day before 2027 is in range")
}

fn proto_date(date: Date) -> LocalDate {
    LocalDate {
        year: date.year().into(),
        month: date.month().into(),
        day: date.day().into(),
    }
}

fn signed(minutes: u32) -> i32 {
    i32::try_from(minutes).expect("minutes of a session")
}
