//! A filled form becomes a call, or a question first where it takes something away.

use treadwell_api::v1::{self, CancelReason, ReviewDecision};

use super::{
    Dialog, account,
    ask::{self, Ask},
    export,
    form::{CANCEL, Form, Kind, Moving, WHICH},
    hours, hygiene, record, rules, series, stock, training, week, wish,
};
use crate::tui::{
    call::Call,
    event::{Effect, Purpose},
    model::Model,
    screens, time, visit,
};
use crate::when;

/// What became of a form.
enum Fate {
    /// What it asks for is on its way; it stays open until that is done.
    Sent(Purpose, Vec<Effect>),
    /// A question comes first.
    Asks(Ask),
    /// It stays open, and says why.
    Stays(String),
}

/// Takes the form that is open.
pub(super) fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Form(mut form)) = model.dialog.take() else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    if form.sent.is_none() {
        form.problem = None;
        match fate(model, &form) {
            Fate::Asks(mut asked) => {
                asked.form = Some(form.kind.topic());
                model.drafts.keep(form);
                return ask::open(model, asked);
            }
            Fate::Sent(purpose, sent) => {
                form.sent = Some(purpose);
                effects = sent;
            }
            Fate::Stays(problem) => form.stay(problem),
        }
    }
    model.dialog = Some(Dialog::Form(form));
    effects
}

fn stays(problem: &str) -> Fate {
    Fate::Stays(problem.to_owned())
}

fn send(model: &mut Model, purpose: Purpose, call: impl Into<Call>) -> Fate {
    match model.send(purpose, call) {
        Ok(effects) => Fate::Sent(purpose, effects),
        Err(problem) => Fate::Stays(problem),
    }
}

/// Sends what a form has become, or says why it has not.
fn sent(model: &mut Model, call: Result<impl Into<Call>, String>) -> Fate {
    match call {
        Ok(call) => send(model, Purpose::Act, call),
        Err(problem) => Fate::Stays(problem),
    }
}

/// Has something done beside the server, or says why not.
fn wants(purpose: Purpose, effect: Result<Effect, String>) -> Fate {
    match effect {
        Ok(effect) => Fate::Sent(purpose, vec![effect]),
        Err(problem) => Fate::Stays(problem),
    }
}

/// Asks first whom it would hit; the yes to that sends it.
fn try_first(model: &mut Model, call: Result<Call, String>) -> Fate {
    match call {
        Ok(call) => send(model, Purpose::RosterPreview, call.dry()),
        Err(problem) => Fate::Stays(problem),
    }
}

fn fate(model: &mut Model, form: &Form) -> Fate {
    match &form.kind {
        Kind::Finish(visit) => Fate::Asks(ask_finish(model, visit, form.text(0))),
        Kind::Cancel(visit) => Fate::Asks(cancel(model, form, visit)),
        Kind::Move(visit) => find_places(model, form, visit),
        Kind::Review(visit) => review(model, form, visit),
        Kind::Outage(room_id) => outage(model, form, room_id),
        Kind::Client(client) => save_client(model, form, client.as_deref()),
        Kind::Pay(due) => sent(model, account::pay(form, due)),
        Kind::Stock(item) => sent(model, stock::movement(form, item)),
        Kind::Inspection(room_id) => sent(model, hygiene::inspection(model, form, room_id)),
        Kind::Wish(client_id) => sent(model, wish::call(model, form, client_id)),
        Kind::Export(client_id) => wants(Purpose::Export, export::effect(form, client_id)),
        Kind::Rules => wants(Purpose::RulesPreview, rules::file(form)),
        Kind::Questions(client_id) => {
            wants(Purpose::Questions, rules::save(model, form, client_id))
        }
        Kind::Why => why(model, form),
        Kind::Notes(draft) => sent(model, record::save(model, form, draft)),
        Kind::Addendum(id) => sent(model, record::add(form, id)),
        Kind::Shift(shift) => try_first(model, hours::shift(model, form, shift)),
        Kind::Renew(therapist) => sent(model, training::renewal(model, form, therapist)),
        Kind::Training => sent(model, training::put(model, form, None)),
        Kind::EditTraining(before) if training::removes(form) => {
            Fate::Asks(training::ask_remove(model, before))
        }
        Kind::EditTraining(before) => sent(model, training::put(model, form, Some(before))),
        Kind::Week(it) => try_first(model, week::week(model, form, it)),
        Kind::ClosedDays(site) => try_first(model, week::closed_days(model, form, site)),
        Kind::NewItem => sent(model, stock::item(model, form)),
        Kind::TimeOff(id) => try_first(model, hours::time_off(model, form, id)),
    }
}

/// Asks before a session is ended.
pub(super) fn ask_finish(
    model: &Model,
    visit: &v1::Appointment,
    stopped_early_reason: &str,
) -> Ask {
    let call = v1::FinishSessionRequest {
        appointment_id: visit.id.clone(),
        stopped_early_reason: stopped_early_reason.to_owned(),
        write: None,
    };
    let mut lines = vec![
        visit::words(model, visit),
        "The session ends now; the room goes into turnover.".to_owned(),
    ];
    if !call.stopped_early_reason.is_empty() {
        lines.push(format!("Stopped early: {}", call.stopped_early_reason));
    }
    Ask::send("End the session", lines, Purpose::Act, call)
}

fn cancel(model: &Model, form: &Form, visit: &v1::Appointment) -> Ask {
    let reason = CANCEL
        .get(form.chosen(0))
        .map_or(CancelReason::Client, |(reason, _)| *reason);
    let write = Some(v1::WriteOptions {
        etag: visit.etag.clone(),
        ..v1::WriteOptions::default()
    });
    let note = form.text(1).to_owned();
    let which = form.labelled(WHICH).map_or(0, |field| form.chosen(field));
    let mut lines = vec![visit::words(model, visit)];
    let notice = model
        .catalog
        .policy
        .as_ref()
        .map_or(0, |policy| i64::from(policy.cancel_notice_hours));
    let late = visit.start.as_ref().is_some_and(|start| {
        time::instant(start).as_second() - model.now().as_second() < notice * 3600
    });
    if late {
        lines.push(format!(
            "This is a LATE cancellation: less than {notice} hours before the start."
        ));
    }
    if let Some(scope) = series::scope(which) {
        lines.push(format!("Cancel {}?", series::WHICH[which]));
        let call = v1::CancelSeriesRequest {
            write,
            appointment_id: visit.id.clone(),
            scope: scope.into(),
            cancel_reason: reason.into(),
            note,
        };
        return Ask::send("Cancel", lines, Purpose::Act, call);
    }
    lines.push("Cancel this appointment?".to_owned());
    let call = v1::CancelAppointmentRequest {
        write,
        appointment_id: visit.id.clone(),
        cancel_reason: reason.into(),
        note,
    };
    Ask::send("Cancel", lines, Purpose::Act, call)
}

fn find_places(model: &mut Model, form: &Form, visit: &v1::Appointment) -> Fate {
    let now = time::zoned(model.now(), &model.zone(&visit.site_id));
    let from = match when::from(form.text(0), &now) {
        Ok(from) => from,
        Err(problem) => return Fate::Stays(problem.to_string()),
    };
    let same_therapist = form.chosen(1) == 0;
    let same_site = form.chosen(2) == 0;
    let call = v1::SearchAvailabilityRequest {
        site_ids: if same_site {
            vec![visit.site_id.clone()]
        } else {
            Vec::new()
        },
        service_id: visit.service_id.clone(),
        extension_ids: Moving::of(form, visit).extension_ids,
        from: Some(time::wire(from.max(time::this_mark(model.now())))),
        therapist_id: if same_therapist {
            visit.therapist_id.clone()
        } else {
            String::new()
        },
        // Its own old place is no obstacle, and its client's other appointments and screening count.
        moving_appointment_id: visit.id.clone(),
        client_id: visit.client_id.clone(),
        limit: 40,
        ..v1::SearchAvailabilityRequest::default()
    };
    Fate::Sent(Purpose::MovePlaces, model.ask(Purpose::MovePlaces, call))
}

fn review(model: &mut Model, form: &Form, visit: &v1::Appointment) -> Fate {
    let decision = match form.chosen(0) {
        0 => ReviewDecision::Proceed,
        1 => ReviewDecision::Modify,
        _ => ReviewDecision::Decline,
    };
    if decision != ReviewDecision::Proceed && form.text(1).is_empty() {
        return stays("Say in the note what to modify, or why not.");
    }
    let call = v1::ReviewScreeningRequest {
        write: None,
        appointment_id: visit.id.clone(),
        review: Some(v1::Review {
            decision: decision.into(),
            note: form.text(1).to_owned(),
            ..v1::Review::default()
        }),
    };
    send(model, Purpose::Act, call)
}

fn outage(model: &mut Model, form: &Form, room_id: &str) -> Fate {
    let Some(room) = model.live_room(room_id).cloned() else {
        return stays("This room is not on the board any more.");
    };
    let reason = form.text(2);
    if reason.is_empty() {
        return stays("Say why; the reason stands on the board.");
    }
    let now = time::zoned(model.now(), &model.zone(&room.site_id));
    let end = match form.text(1) {
        "" => None,
        text => match when::until(text, &now) {
            Ok(end) if end > model.now() => Some(time::wire(end)),
            Ok(_) => return stays("Until: a time to come, like 17:00 or fri 9:00, or empty."),
            Err(problem) => return Fate::Stays(problem.to_string()),
        },
    };
    let bars_only = room.bars() == v1::BarsState::Sound && form.chosen(0) == 0;
    let until = end.as_ref().map_or_else(
        || "until further notice".to_owned(),
        |end| {
            format!(
                "until {}",
                time::day_and_clock(time::instant(end), &model.zone(&room.site_id))
            )
        },
    );
    let what = if bars_only { "The bars of" } else { "Room" };
    let mut lines = vec![format!("{what} {} {until}: {reason}.", room.name)];
    if !room.client_name.is_empty() {
        let at = time::clock_of(room.until.as_ref(), &model.zone(&room.site_id));
        lines.push(format!(
            "In it now or next: {} until {at}.",
            room.client_name
        ));
    }
    lines.push("Appointments that this hits are flagged, not cancelled.".to_owned());
    let call = v1::OpenOutageRequest {
        write: None,
        outage: Some(v1::Outage {
            room_id: room.room_id.clone(),
            support_only: bars_only,
            start: Some(time::wire(time::this_mark(model.now()))),
            end,
            reason: reason.to_owned(),
            ..v1::Outage::default()
        }),
    };
    Fate::Asks(Ask::send("Out of service", lines, Purpose::Act, call))
}

fn save_client(model: &mut Model, form: &Form, before: Option<&v1::Client>) -> Fate {
    let name = form.text(0);
    if name.is_empty() {
        return stays("The name is needed.");
    }
    let born = match form.text(2) {
        "" => None,
        text => match text.parse() {
            Ok(date) => Some(time::local_date(date)),
            Err(_) => return stays("Born: year-month-day, like 1980-03-02, or empty."),
        },
    };
    let client = v1::Client {
        name: name.to_owned(),
        phone: form.text(1).to_owned(),
        born,
        note: form.text(3).to_owned(),
        ..before.cloned().unwrap_or_default()
    };
    if before.is_none() {
        let call = v1::CreateClientRequest {
            write: None,
            client: Some(client),
        };
        return send(model, Purpose::NewClient, call);
    }
    let etag = client.etag.clone();
    let call = v1::UpdateClientRequest {
        write: Some(v1::WriteOptions {
            etag,
            ..v1::WriteOptions::default()
        }),
        client: Some(client),
        update_mask: Some(prost_types::FieldMask {
            paths: ["name", "phone", "born", "note"]
                .map(str::to_owned)
                .to_vec(),
        }),
    };
    send(model, Purpose::SaveClient, call)
}

fn why(model: &mut Model, form: &Form) -> Fate {
    if form.text(0).is_empty() {
        return stays("A time is needed, like 14:00 or fri 10:30.");
    }
    let zone = model.zone(&screens::book::site_explained(model));
    let now = time::zoned(model.now(), &zone);
    let at = match when::moment(form.text(0), &now) {
        Ok(at) => at,
        Err(problem) => return Fate::Stays(problem.to_string()),
    };
    match screens::book::explanation(model, at) {
        Some(call) => Fate::Sent(Purpose::Explain, model.ask(Purpose::Explain, call)),
        None => stays("Choose the service first."),
    }
}
