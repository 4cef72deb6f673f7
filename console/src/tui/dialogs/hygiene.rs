//! Hygiene: what a therapist does for themselves around a session, inspections overhead, and the day's log.

use treadwell_api::v1::{self, OwnItem};

use super::{
    form::{self, Form, Kind, choice, text},
    menu::{self, Action, Item, Menu},
};
use crate::{
    hygiene::{lines, own_words, title},
    tui::{
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        screens::{self, Screen},
        time,
    },
    when,
};

/// Asks what the therapist of a session has done for themselves, and what can be recorded.
pub(crate) fn open_own(model: &mut Model, appointment_id: String) -> Vec<Effect> {
    let call = v1::GetSessionHygieneRequest {
        appointment_id: appointment_id.clone(),
    };
    super::read(
        model,
        Purpose::Hygiene,
        (Command::OwnItems, appointment_id),
        call,
    )
}

/// It has arrived: the open items to choose from.
pub(crate) fn own_loaded(model: &mut Model, answer: &v1::GetSessionHygieneResponse) -> Vec<Effect> {
    let hygiene = answer.hygiene.clone().unwrap_or_default();
    if !super::awaited(model, Command::OwnItems, &hygiene.appointment_id) {
        return Vec::new();
    }
    let zone = model.zone(&hygiene.site_id);
    let mut lines = vec![format!(
        "{} in {}:",
        model.therapist_name(&hygiene.therapist_id),
        model.room_name(&hygiene.room_id)
    )];
    lines.extend(hygiene.own.iter().map(|own| {
        let at = time::clock_of(own.done_at.as_ref(), &zone);
        format!("[x] {}  {at}", own_words(own.item()))
    }));
    let open: Vec<OwnItem> = answer.open().collect();
    if open.is_empty() {
        lines.push("Nothing more can be recorded now.".to_owned());
        super::message(model, "Own items", lines);
        return Vec::new();
    }
    let item = |label: &str, items: Vec<OwnItem>| Item {
        key: String::new(),
        label: label.to_owned(),
        action: Action::Own(hygiene.appointment_id.clone(), items),
    };
    let mut items = Vec::new();
    if open.len() > 1 {
        items.push(item("all of these", open.clone()));
    }
    items.extend(open.into_iter().map(|own| item(own_words(own), vec![own])));
    menu::open(model, Menu::new("Own items", lines, items))
}

/// Records a therapist's own items.
pub(super) fn send_own(
    model: &mut Model,
    appointment_id: String,
    items: Vec<OwnItem>,
) -> Vec<Effect> {
    let call = v1::RecordOwnItemsRequest {
        write: None,
        appointment_id,
        items: items.into_iter().map(i32::from).collect(),
    };
    model.write(Purpose::Act, call)
}

/// They are recorded.
pub(crate) fn own_recorded(model: &mut Model, answer: &v1::RecordOwnItemsResponse) {
    let own = answer.hygiene.iter().flat_map(|hygiene| &hygiene.own);
    let words: Vec<_> = own.map(|own| own_words(own.item())).collect();
    model.say(format!("Recorded: {}.", words.join(", ")));
}

/// Asks for the log of the day that is shown; elsewhere than on Day, of today at the site in focus.
pub(crate) fn open_log(model: &mut Model) -> Vec<Effect> {
    let (site_id, date) = if model.screen == Screen::Day {
        let date = screens::day::date(model);
        (screens::day::site(model), Some(time::local_date(date)))
    } else {
        let focus = screens::board::focus_site(model);
        let site = focus.or_else(|| model.site_ids().into_iter().next());
        (site.unwrap_or_default(), None)
    };
    let call = v1::GetHygieneLogRequest {
        site_id: site_id.clone(),
        date,
    };
    super::read(
        model,
        Purpose::Hygiene,
        (Command::HygieneLog, site_id),
        call,
    )
}

/// It has arrived.
pub(crate) fn log_loaded(model: &mut Model, log: &v1::HygieneLog) {
    if super::awaited(model, Command::HygieneLog, &log.site_id) {
        super::message(model, &title(log), lines(log));
    }
}

/// Opens the form of an inspection.
pub(crate) fn open_inspection(model: &mut Model, room_id: String) -> Vec<Effect> {
    let lines = vec![
        format!("Overhead support of {}.", model.room_name(&room_id)),
        "If it failed, the bars are out of service from now on.".to_owned(),
    ];
    let fields = vec![
        choice("found", ["passed", "failed"]),
        text("good for months", "12"),
        text("inspector", ""),
        text("date", "today"),
        text("note", ""),
    ];
    let kind = Kind::Inspection(room_id);
    form::open(model, Form::new("Inspection", lines, fields, kind))
}

/// What the form says an inspection found, as a call, or says what is wrong with it.
pub(super) fn inspection(
    model: &Model,
    form: &Form,
    room_id: &str,
) -> Result<v1::RecordInspectionRequest, String> {
    let passed = form.chosen(0) == 0;
    let months = match form.text(1).parse() {
        Ok(months) if passed => months,
        _ if passed => return Err("Good for how many months? 1 to 120.".to_owned()),
        _ => 0,
    };
    let room = model.catalog.rooms.iter().find(|room| room.id == room_id);
    let zone = room.map_or_else(|| model.home_zone(), |room| model.zone(&room.site_id));
    let now = time::zoned(model.now(), &zone);
    let date = when::day(form.text(3), &now).map_err(|problem| problem.to_string())?;
    Ok(v1::RecordInspectionRequest {
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
    })
}
