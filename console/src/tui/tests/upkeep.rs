//! Stock and alerts, as a person at the desk would use them.

use treadwell_api::v1::{self, MovementKind, OwnItem};

use super::desk::Desk;
use crate::tui::{call::Call, screens::Screen};

/// What the stand-in keeps in stock: oil is low.
pub(super) fn items(revision: u64) -> v1::ListItemsResponse {
    let item = |id: &str, name: &str, level: i32| v1::StockItem {
        site_id: "halifax".to_owned(),
        item_id: id.to_owned(),
        name: name.to_owned(),
        unit: "ml".to_owned(),
        kind: v1::StockKind::Consumable.into(),
        par: 400,
        level,
        low: level < 400,
        ..v1::StockItem::default()
    };
    v1::ListItemsResponse {
        revision,
        items: vec![item("lotion", "Lotion", 900), item("oil", "Foot oil", 40)],
    }
}

/// What needs somebody, as the stand-in says.
pub(super) fn alerts(revision: u64) -> v1::ListAlertsResponse {
    let alert = |kind: v1::AlertKind, subject: &str, text: &str, overdue| v1::Alert {
        appointments_beyond: 0,
        kind: kind.into(),
        site_id: "halifax".to_owned(),
        subject_id: subject.to_owned(),
        text: text.to_owned(),
        action: "Do something about it.".to_owned(),
        due: String::new(),
        overdue,
    };
    let alerts = vec![
        alert(
            v1::AlertKind::TurnoverLate,
            "h2",
            "H2: turnover late by 5 min.",
            true,
        ),
        alert(
            v1::AlertKind::InspectionDue,
            "h1",
            "H1: next inspection due by 2026-11-01.",
            false,
        ),
        alert(
            v1::AlertKind::StockLow,
            "oil",
            "Foot oil: 40 of 400 ml left.",
            false,
        ),
    ];
    v1::ListAlertsResponse { revision, alerts }
}

#[test]
fn what_is_low_comes_first_and_what_came_in_is_recorded() {
    let mut desk = Desk::new();
    desk.keys("K");
    desk.sees("1 item below par").sees("LOW");
    desk.keys("<home><enter>");
    desk.sees("Foot oil at Halifax: 40 ml");
    desk.keys("<right><right><tab>5<tab><tab><enter>");
    desk.sees("Why is it thrown away?");
    desk.keys("spilled<enter>");
    let Some(Call::RecordMovement(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(
        (asked.item_id.as_str(), asked.kind(), asked.quantity),
        ("oil", MovementKind::Waste, 5)
    );
    desk.sees("Recorded. oil at Halifax: -5, now 35");
}

#[test]
fn an_alert_leads_to_where_it_is_dealt_with() {
    let mut desk = Desk::new();
    desk.keys("!");
    desk.sees("! Halifax  H2: turnover late by 5 min.")
        .sees("Do something about it.");
    desk.keys("<end><enter>");
    assert_eq!(desk.model.screen, Screen::Stock);
    desk.keys("<enter>").sees("Foot oil at Halifax");
    desk.keys("<esc>!<home><enter>");
    assert_eq!(desk.model.screen, Screen::Turnover);
    desk.keys("!<home><down><enter>");
    desk.sees("Overhead support of H1.");
    desk.keys("<tab><tab>Rigging<enter><enter><enter>");
    let Some(Call::RecordInspection(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let inspection = asked.inspection.clone().unwrap_or_default();
    assert_eq!((inspection.passed, inspection.months), (true, 12));
}

/// What the stand-in knows of a session: the therapist has washed before it.
pub(super) fn session_hygiene(
    asked: v1::GetSessionHygieneRequest,
) -> v1::GetSessionHygieneResponse {
    v1::GetSessionHygieneResponse {
        revision: 1,
        hygiene: Some(v1::SessionHygiene {
            appointment_id: asked.appointment_id,
            site_id: "halifax".to_owned(),
            room_id: "h2".to_owned(),
            own: vec![v1::OwnItemDone {
                item: OwnItem::WashedBefore.into(),
                ..v1::OwnItemDone::default()
            }],
            ..v1::SessionHygiene::default()
        }),
        open: [OwnItem::SockettesBackOn, OwnItem::WashedAfter]
            .map(i32::from)
            .into(),
    }
}

pub(super) fn recorded(asked: &v1::RecordOwnItemsRequest) -> v1::RecordOwnItemsResponse {
    let own = asked.items.iter().map(|&item| v1::OwnItemDone {
        item,
        ..v1::OwnItemDone::default()
    });
    v1::RecordOwnItemsResponse {
        hygiene: Some(v1::SessionHygiene {
            own: own.collect(),
            ..v1::SessionHygiene::default()
        }),
        ..v1::RecordOwnItemsResponse::default()
    }
}

/// The stand-in's log: one session, of which something is not recorded.
pub(super) fn log(asked: v1::GetHygieneLogRequest) -> v1::GetHygieneLogResponse {
    let session = v1::SessionLog {
        room_name: "H2".to_owned(),
        therapist_name: "Lin Chen".to_owned(),
        missing: vec![OwnItem::WashedAfter.into()],
        late_minutes: 7,
        ..v1::SessionLog::default()
    };
    v1::GetHygieneLogResponse {
        revision: 1,
        log: Some(v1::HygieneLog {
            site_id: asked.site_id,
            site_name: "Halifax".to_owned(),
            date: asked.date,
            sessions: vec![session],
            ..v1::HygieneLog::default()
        }),
    }
}

#[test]
fn the_therapists_own_items_are_recorded_with_the_session_and_from_the_checklist() {
    let mut desk = Desk::new();
    for keys in ["O", "tO"] {
        desk.keys("<esc>g<home>").keys(keys);
        desk.sees("[x] washed before")
            .sees("all of these")
            .sees("sockettes back on");
        desk.keys("<end><enter>");
        let Some(Call::RecordOwnItems(asked)) = desk.last_write() else {
            panic!("{:?}", desk.last_write());
        };
        assert_eq!(asked.items, [i32::from(OwnItem::WashedAfter)]);
        desk.sees("Recorded: washed after.");
    }
    desk.keys("O<enter>");
    let Some(Call::RecordOwnItems(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(asked.items.len(), 2);
}

#[test]
fn the_days_hygiene_log_is_a_key_away() {
    let mut desk = Desk::new();
    desk.keys("Y");
    desk.sees("Hygiene at Halifax")
        .sees("H2 -")
        .sees("! not recorded: washed after, LATE by 7 min");
    desk.keys("<esc>d<right>>Y")
        .sees("Hygiene at Halifax, 2026-10-15");
}

#[test]
fn a_manager_records_an_inspection_from_the_rooms_menu() {
    let mut desk = Desk::new();
    desk.keys("<enter>").misses("Record an inspection");
    desk.keys("<esc>");
    if let Some(key) = &mut desk.model.me {
        key.role = v1::Role::Manager.into();
    }
    desk.keys("<enter>")
        .sees("Record an inspection of its bars or rope");
    desk.keys("<end><enter>").sees("Overhead support of H1.");
}

#[test]
fn foot_care_goes_into_the_log_with_what_was_done() {
    let mut desk = Desk::new();
    desk.keys("A")
        .sees("Nobody is ready for barefoot work today yet.");
    desk.keys("<enter>").sees("no polish; soaked and scrubbed");
    desk.keys("<down><enter>");
    let Some(Call::AttestFootCare(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(
        (asked.soak, asked.scrub, asked.pedicure),
        (true, false, false)
    );
}
