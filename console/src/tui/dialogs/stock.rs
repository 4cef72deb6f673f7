//! Forms about stock and inspections, and what a therapist did for themselves.

use treadwell_api::v1::{self, Modality, MovementKind, OwnItem};

use super::{
    form::{self, Form, Kind, choice, text},
    menu::{self, Action, Item, Menu},
    submit::{Fate, stays},
};
use crate::tui::{
    event::{Effect, Purpose},
    model::Model,
    time,
};
use crate::when;

/// What can happen to an item, in the order of [`MOVES`].
const MOVE_WORDS: [&str; 5] = [
    "received",
    "used",
    "thrown away",
    "sent to another site",
    "counted",
];
const MOVES: [MovementKind; 5] = [
    MovementKind::Receive,
    MovementKind::Use,
    MovementKind::Waste,
    MovementKind::Transfer,
    MovementKind::Count,
];

/// Opens the form of an item.
pub(crate) fn open(model: &mut Model, item: v1::StockItem) -> Vec<Effect> {
    let lines = vec![format!(
        "{} at {}: {} {}",
        item.name,
        model.site_name(&item.site_id),
        item.level,
        item.unit
    )];
    let fields = vec![
        choice("what", &MOVE_WORDS),
        text("how many", ""),
        text("to site (if sent)", &other_site(model, &item.site_id)),
        text("why", ""),
    ];
    let kind = Kind::Stock(Box::new(item));
    form::open(model, Form::new("Stock", lines, fields, kind))
}

/// The other site, where there is only one.
fn other_site(model: &Model, site_id: &str) -> String {
    let mut others = model.site_ids().into_iter().filter(|id| id != site_id);
    match (others.next(), others.next()) {
        (Some(only), None) => only,
        _ => String::new(),
    }
}

/// Sends what happened to an item.
pub(super) fn submit(model: &mut Model, form: &Form, item: &v1::StockItem) -> Fate {
    let Ok(quantity) = form.text(1).parse::<i32>() else {
        return stays("How many? A whole number.");
    };
    let kind = MOVES.get(form.chosen(0)).copied().unwrap_or_default();
    if kind == MovementKind::Count {
        let call = v1::StockTakeRequest {
            write: None,
            site_id: item.site_id.clone(),
            counts: vec![v1::StockCount {
                item_id: item.item_id.clone(),
                level: quantity,
            }],
            reason: form.text(3).to_owned(),
        };
        return Fate::Done(model.write(Purpose::Act, call));
    }
    if kind == MovementKind::Waste && form.text(3).is_empty() {
        return stays("Why is it thrown away?");
    }
    let to = if kind == MovementKind::Transfer {
        form.text(2)
    } else {
        ""
    };
    let call = v1::RecordMovementRequest {
        write: None,
        site_id: item.site_id.clone(),
        item_id: item.item_id.clone(),
        kind: kind.into(),
        quantity,
        to_site_id: to.to_owned(),
        reason: form.text(3).to_owned(),
    };
    Fate::Done(model.write(Purpose::Act, call))
}

/// Opens the form of an inspection.
pub(crate) fn open_inspection(model: &mut Model, room_id: String) -> Vec<Effect> {
    let lines = vec![
        format!("Overhead support of {}.", model.room_name(&room_id)),
        "If it failed, the bars are out of service from now on.".to_owned(),
    ];
    let fields = vec![
        choice("found", &["passed", "failed"]),
        text("good for months", "12"),
        text("inspector", ""),
        text("date", "today"),
        text("note", ""),
    ];
    let kind = Kind::Inspection(room_id);
    form::open(model, Form::new("Inspection", lines, fields, kind))
}

/// Sends what an inspection found.
pub(super) fn submit_inspection(model: &mut Model, form: &Form, room_id: &str) -> Fate {
    let passed = form.chosen(0) == 0;
    let months = match form.text(1).parse() {
        Ok(months) if passed => months,
        _ if passed => return stays("Good for how many months? 1 to 120."),
        _ => 0,
    };
    let room = model.catalog.rooms.iter().find(|room| room.id == room_id);
    let zone = room.map_or_else(|| model.home_zone(), |room| model.zone(&room.site_id));
    let date = match when::day(form.text(3), &time::zoned(model.now(), &zone)) {
        Ok(date) => date,
        Err(problem) => return Fate::Stays(problem.to_string()),
    };
    let call = v1::RecordInspectionRequest {
        write: None,
        inspection: Some(v1::SupportInspection {
            room_id: room_id.to_owned(),
            date: Some(time::local_date(date)),
            inspector: form.text(2).to_owned(),
            passed,
            months,
            note: form.text(4).to_owned(),
            ..v1::SupportInspection::default()
        }),
    };
    Fate::Done(model.write(Purpose::Act, call))
}

/// Opens the list of what the therapist of a session that is over does for themselves.
pub(crate) fn open_own(model: &mut Model, list: &v1::Turnover) -> Vec<Effect> {
    let visit = model.day.sheet.iter().flat_map(|sheet| &sheet.appointments);
    let visit = visit.into_iter().find(|it| it.id == list.appointment_id);
    let service = visit.and_then(|visit| model.service(&visit.service_id));
    let by_hand = service
        .is_some_and(|service| matches!(service.modality(), Modality::HandsOn | Modality::Foot));
    let all = [
        (OwnItem::WashedBefore, "Feet or hands washed before"),
        (OwnItem::SockettesOn, "Fresh sockettes on before treatment"),
        (
            OwnItem::SockettesBackOn,
            "Sockettes back on before leaving the room",
        ),
        (OwnItem::WashedAfter, "Feet or hands washed after"),
    ];
    let sockettes = [OwnItem::SockettesOn, OwnItem::SockettesBackOn];
    let items = all
        .into_iter()
        .filter(|(item, _)| !by_hand || !sockettes.contains(item))
        .map(|(item, label)| Item {
            key: String::new(),
            label: label.to_owned(),
            action: Action::Own(list.appointment_id.clone(), item),
        });
    let lines = vec![format!(
        "The therapist's own items of the session in {}.",
        model.room_name(&list.room_id)
    )];
    let menu = Menu::new("Own items", lines, items.collect());
    menu::open(model, menu)
}

/// Records one of a therapist's own items.
pub(super) fn send_own(model: &mut Model, appointment_id: String, item: OwnItem) -> Vec<Effect> {
    model.write(
        Purpose::Act,
        v1::RecordOwnItemsRequest {
            write: None,
            appointment_id,
            items: vec![item.into()],
        },
    )
}
