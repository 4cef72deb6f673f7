//! Stock and alerts, as a person at the desk would use them.

use treadwell_api::v1::{self, MovementKind};

use super::desk::Desk;
use crate::tui::{call::Call, screens::Screen};

/// What the stand-in keeps in stock: oil is low.
pub(super) fn items() -> Vec<v1::StockItem> {
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
    vec![item("lotion", "Lotion", 900), item("oil", "Foot oil", 40)]
}

/// What needs somebody, as the stand-in says.
pub(super) fn alerts() -> Vec<v1::Alert> {
    let alert = |kind: v1::AlertKind, subject: &str, text: &str, overdue| v1::Alert {
        kind: kind.into(),
        site_id: "halifax".to_owned(),
        subject_id: subject.to_owned(),
        text: text.to_owned(),
        action: "Do something about it.".to_owned(),
        due: String::new(),
        overdue,
    };
    vec![
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
    ]
}

#[test]
fn what_is_low_comes_first_and_what_came_in_is_recorded() {
    let mut desk = Desk::new();
    desk.keys("S");
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
    desk.keys("a");
    desk.sees("! Halifax  H2: turnover late by 5 min.")
        .sees("Do something about it.");
    desk.keys("<end><enter>");
    assert_eq!(desk.model.screen, Screen::Stock);
    desk.keys("<enter>").sees("Foot oil at Halifax");
    desk.keys("<esc>a<home><enter>");
    assert_eq!(desk.model.screen, Screen::Turnover);
    desk.keys("a<home><down><enter>");
    desk.sees("Overhead support of H1.");
    desk.keys("<tab><tab>Rigging<enter><enter><enter>");
    let Some(Call::RecordInspection(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let inspection = asked.inspection.clone().unwrap_or_default();
    assert_eq!((inspection.passed, inspection.months), (true, 12));
}

#[test]
fn the_therapists_own_items_are_recorded_from_the_checklist() {
    let mut desk = Desk::new();
    desk.keys("to").sees("Own items");
    desk.keys("<end><enter>");
    let Some(Call::RecordOwnItems(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(asked.items, [i32::from(v1::OwnItem::WashedAfter)]);
}
