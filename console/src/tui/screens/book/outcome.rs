//! The end of a draft: what stands against booking, the booking itself, and why a time or a booking is refused.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use jiff::Timestamp;
use treadwell_api::v1::{self, ScreeningOutcome};

use super::{Draft, Stop, flow::search, screening::screen};
use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    failure::{Failure, FailureKind},
    keys::Command,
    model::Model,
    screens::{self, Screen},
    time, words,
};
use crate::when;

/// What stands against booking, in words.
pub(super) fn blocked(model: &Model) -> Vec<String> {
    let draft = &model.book;
    let mut against = Vec::new();
    if is_uncertain(model) {
        let enter = model.keymap.key_of(Command::Enter);
        against.push(format!("{UNCERTAIN}; {enter} asks again."));
        return against;
    }
    if !model.link.is_live() {
        against.push("There is no connection; the draft is kept.".to_owned());
    }
    if !model.books() {
        against.push(format!(
            "A {} key may not book.",
            words::role(model.role()).to_lowercase()
        ));
    }
    if draft.client.is_none() {
        against.push("Who: no client is chosen.".to_owned());
    }
    if draft.service.is_none() {
        against.push("What: no service is chosen.".to_owned());
    }
    if draft.hold.is_none() {
        let text = if draft.lapsed {
            "When: the hold has lapsed; choose the place again."
        } else {
            "When: no place is held yet; Enter on one holds it."
        };
        against.push(text.to_owned());
    }
    against.extend(repeat_problem(draft).map(str::to_owned));
    if draft.client.is_some() && draft.service.is_some() {
        against.extend(screening_blocks(model));
    }
    against
}

/// What is wrong with how the draft repeats.
pub(super) fn repeat_problem(draft: &Draft) -> Option<&'static str> {
    let typed = draft.repeat.value();
    let readable = typed.trim().is_empty() || when::repeat(typed).is_some();
    (!readable).then_some("Repeat: like 2w 6 (every 2 weeks, 6 times), or empty.")
}

/// Whether the draft is of a series.
pub(super) fn repeats(model: &Model) -> bool {
    when::repeat(model.book.repeat.value()).is_some()
}

fn screening_blocks(model: &Model) -> Option<String> {
    let draft = &model.book;
    let Some(screening) = &draft.screening else {
        return Some("Questions: screening has not answered yet.".to_owned());
    };
    match screening.outcome() {
        ScreeningOutcome::Clear | ScreeningOutcome::NeedsReview => None,
        ScreeningOutcome::Unspecified => {
            Some("Questions: screening has not judged yet.".to_owned())
        }
        ScreeningOutcome::Incomplete
            if draft.questions.has_answers() && draft.questions.open() == 0 =>
        {
            let save = model.keymap.key_of(Command::SaveAnswers);
            Some(format!(
                "Questions: not recorded yet; {save} records the answers."
            ))
        }
        ScreeningOutcome::Incomplete => {
            let open = if draft.questions.rows.is_empty() {
                screening.unanswered.len()
            } else {
                draft.questions.open()
            };
            Some(format!(
                "Questions: {open} not asked; \"not asked\" is not a no."
            ))
        }
        ScreeningOutcome::Excluded | ScreeningOutcome::ExcludedUntil => Some(format!(
            "Screening: {}.{} {} shows what can be booked instead.",
            words::screening(screening),
            alternatives(model, screening),
            model.keymap.key_of(Command::Enter)
        )),
    }
}

/// What may be booked although screening excludes the client from the service: barefoot work from the day on which they
/// are eligible, other work if a therapist agrees.
fn alternatives(model: &Model, screening: &v1::Screening) -> String {
    let later = screening.eligible_on.as_ref().map(time::birthday);
    let is_excluded = |id: &&String| {
        let rule_set = model.service(id).map(|service| &service.rule_set_id);
        rule_set == Some(&screening.rule_set_id)
    };
    let (barefoot, other): (Vec<&String>, Vec<&String>) = screening
        .alternative_service_ids
        .iter()
        .partition(is_excluded);
    let names = |ids: Vec<&String>| {
        let names: Vec<String> = ids.into_iter().map(|id| model.service_name(id)).collect();
        names.join(", ")
    };
    let mut text = String::new();
    if let (Some(later), false) = (later, barefoot.is_empty()) {
        let _ = write!(text, " From {later} on: {}.", names(barefoot));
    }
    if !other.is_empty() {
        let _ = write!(text, " If a therapist agrees: {}.", names(other));
    }
    text
}

/// The booking was sent and its answer is lost.
const UNCERTAIN: &str = "It is not known whether it was booked";

/// It is not known whether the draft, or one before it, was booked.
pub(super) fn is_uncertain(model: &Model) -> bool {
    model.calls.uncertain(Purpose::Book).is_some()
}

/// A booking is on its way, or was and nobody knows what became of it: its hold may be used up, and another place would be a
/// second booking.
pub(super) fn is_open(model: &Model) -> bool {
    model.calls.is_under_way(Purpose::Book) || is_uncertain(model)
}

/// Tells that a booking is open.
pub(super) fn say_open(model: &mut Model) {
    let text = if is_uncertain(model) && model.link.is_live() {
        let enter = model.keymap.key_of(Command::Enter);
        format!("{UNCERTAIN}. The draft is kept; {enter} at Confirm asks again.")
    } else if is_uncertain(model) {
        format!("{UNCERTAIN}. The draft is kept; the server is asked again when LIVE.")
    } else {
        "The booking is on its way; wait for its answer.".to_owned()
    };
    model.warn(text);
}

/// Sends a booking whose answer was lost once more: with the same request id it is done once.
pub(crate) fn ask_again(model: &mut Model) -> Vec<Effect> {
    match model.calls.uncertain(Purpose::Book) {
        Some(call) if model.link.is_live() => model.write(Purpose::Book, call),
        Some(_) => {
            say_open(model);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Books, or says why not.
pub(super) fn confirm(model: &mut Model) -> Vec<Effect> {
    if is_uncertain(model) {
        return ask_again(model);
    }
    if is_excluded(model) {
        return look_for_others(model);
    }
    let against = blocked(model);
    if let Some(first) = against.first() {
        model.warn(format!("Not booked. {first}"));
        return Vec::new();
    }
    let draft = &model.book;
    let (Some(client), Some(hold)) = (&draft.client, &draft.hold) else {
        return Vec::new();
    };
    // The place is the hold's; only the client is said.
    let appointment = Some(v1::Appointment {
        client_id: client.id.clone(),
        ..v1::Appointment::default()
    });
    let hold_id = hold.id.clone();
    if let Some((every_days, times)) = when::repeat(draft.repeat.value()) {
        let call = v1::BookSeriesRequest {
            write: None,
            appointment,
            hold_id,
            every_days,
            times,
            on_impossible: v1::OnImpossible::Skip.into(),
        };
        return dialogs::series::try_out(model, call.into());
    }
    let call = v1::BookAppointmentRequest {
        write: None,
        appointment,
        hold_id,
        ..v1::BookAppointmentRequest::default()
    };
    model.write(Purpose::Book, call)
}

/// Whether screening excludes the draft's client from what they want.
fn is_excluded(model: &Model) -> bool {
    let screening = model.book.screening.as_ref();
    let outcome = screening.map(v1::Screening::outcome);
    matches!(
        outcome,
        Some(ScreeningOutcome::Excluded | ScreeningOutcome::ExcludedUntil)
    )
}

/// Asks what an excluded client can have instead: the booking is tried, and what refuses it says so.
fn look_for_others(model: &mut Model) -> Vec<Effect> {
    if !model.link.is_live() {
        model.say_failed(&Failure::unreachable());
        return Vec::new();
    }
    let draft = &model.book;
    let hold_id = draft.hold.as_ref().map(|hold| hold.id.clone());
    let client_id = draft.client.as_ref().map(|client| client.id.clone());
    let mut appointment = v1::Appointment {
        client_id: client_id.unwrap_or_default(),
        ..v1::Appointment::default()
    };
    if hold_id.is_none() {
        appointment.service_id = draft.service.clone().unwrap_or_default();
        appointment.extension_ids.clone_from(&draft.extensions);
        appointment.site_id = site_explained(model);
        appointment.start = Some(time::wire(time::this_mark(model.now())));
    }
    let call = v1::BookAppointmentRequest {
        write: None,
        appointment: Some(appointment),
        hold_id: hold_id.unwrap_or_default(),
        ..v1::BookAppointmentRequest::default()
    };
    let call = crate::tui::call::Call::from(call).dry();
    model.ask(Purpose::Instead, call)
}

/// The places that can be booked instead have arrived, with why the one that is asked for can not.
pub(crate) fn others_found(model: &mut Model, failure: &Failure) -> Vec<Effect> {
    let client_id = model.book.client.as_ref().map(|client| client.id.clone());
    match client_id {
        Some(client_id) if model.screen == Screen::Book && !failure.alternatives.is_empty() => {
            dialogs::health::open_instead(model, "Not this, but", &client_id, failure)
        }
        _ => {
            refused(model, "Not booked", failure);
            Vec::new()
        }
    }
}

/// Books a place in the stead of the one that was refused; its hold is given back first, so that it is not in the way. The
/// draft stays as it was when nothing can be sent. Of two places that are chosen one after the other the later one counts.
pub(crate) fn book_instead(model: &mut Model, place: v1::Appointment) -> Vec<Effect> {
    if is_open(model) {
        say_open(model);
        return Vec::new();
    }
    // A place that is being held fits no more when it comes, and is given back.
    if model.calls.is_under_way(Purpose::Release) || model.calls.is_under_way(Purpose::Hold) {
        (model.book.wanted, model.book.instead) = (None, Some(place));
        return Vec::new();
    }
    model.book.instead = None;
    let Some(hold) = &model.book.hold else {
        return send(model, place);
    };
    let call = v1::ReleaseHoldRequest {
        write: None,
        hold_id: hold.id.clone(),
    };
    match model.send(Purpose::Release, call) {
        Ok(effects) => {
            model.book.hold = None;
            model.book.instead = Some(place);
            effects
        }
        Err(problem) => {
            model.warn(problem);
            Vec::new()
        }
    }
}

/// Sends the booking that waits for the hold to be given back. Where it can not be sent it is told, and not sent later: by
/// then nobody would expect it.
pub(super) fn send_instead(model: &mut Model) -> Vec<Effect> {
    let Some(place) = model.book.instead.take() else {
        return Vec::new();
    };
    if is_open(model) {
        say_open(model);
        return Vec::new();
    }
    if !model.link.is_live() {
        let enter = model.keymap.key_of(Command::Enter);
        let why = model.failure_words(&Failure::unreachable());
        model.warn(format!("{why} {enter} at Confirm shows the places again."));
        return Vec::new();
    }
    send(model, place)
}

fn send(model: &mut Model, place: v1::Appointment) -> Vec<Effect> {
    let call = v1::BookAppointmentRequest {
        write: None,
        appointment: Some(place),
        ..v1::BookAppointmentRequest::default()
    };
    model.write(Purpose::Book, call)
}

/// It is booked, said in words, or not; if not, the draft stays.
pub(crate) fn booked(
    model: &mut Model,
    hold_id: &str,
    answer: Result<String, Failure>,
) -> Vec<Effect> {
    // Otherwise another booking was begun while this one was on its way.
    let hold = model.book.hold.as_ref();
    let is_own = hold.map_or("", |hold| hold.id.as_str()) == hold_id;
    match answer {
        Ok(words) => {
            let undo = model.keymap.key_of(Command::Undo);
            model.say(format!("Booked: {words}. {undo} undoes."));
            if is_own {
                model.book = Draft::default();
            }
            if is_own && model.screen == Screen::Book {
                screens::open(model, Screen::Board)
            } else {
                screens::refresh(model)
            }
        }
        Err(failure) if failure.kind == FailureKind::Unreachable => {
            say_open(model);
            Vec::new()
        }
        Err(failure) => {
            if is_own && failure.reason.starts_with("HOLD") {
                model.book.hold = None;
                model.book.lapsed = true;
                model.book.stop = Stop::Places;
            }
            let mut effects = if is_own {
                others_found(model, &failure)
            } else {
                refused(model, "Not booked", &failure);
                Vec::new()
            };
            effects.extend(screen(model));
            if model.book.hold.is_none() {
                effects.extend(search(model));
            }
            effects
        }
    }
}

/// Shows a refusal with the places that could be booked instead.
pub(crate) fn refused(model: &mut Model, title: &str, failure: &Failure) {
    if failure.lines.is_empty() && failure.alternatives.is_empty() {
        model.say_failed(failure);
    } else {
        let lines = refusal_lines(model, failure);
        dialogs::message(model, title, lines);
    }
}

/// A refusal in lines, with the places that could be booked instead.
pub(crate) fn refusal_lines(model: &Model, failure: &Failure) -> Vec<String> {
    if failure.kind == FailureKind::Unreachable || failure.is_of_role() {
        return vec![model.failure_words(failure)];
    }
    let mut lines = failure.all_lines();
    if !failure.alternatives.is_empty() {
        lines.push(String::new());
        lines.push("Possible instead:".to_owned());
    }
    let places = failure.alternatives.iter();
    lines.extend(places.map(|place| format!("- {}", dialogs::health::place_words(model, place))));
    lines
}

/// The site whose times are explained.
pub(crate) fn site_explained(model: &Model) -> String {
    let chosen = model.book.site.clone();
    chosen
        .or_else(|| model.site_ids().first().cloned())
        .unwrap_or_default()
}

/// Asks why a time is not offered; none before a service is chosen.
pub(crate) fn explanation(model: &Model, at: Timestamp) -> Option<v1::ExplainSlotRequest> {
    let draft = &model.book;
    let service_id = draft.service.clone()?;
    Some(v1::ExplainSlotRequest {
        site_id: site_explained(model),
        service_id,
        extension_ids: draft.extensions.clone(),
        start: Some(time::wire(at)),
        client_id: draft
            .client
            .as_ref()
            .map(|client| client.id.clone())
            .unwrap_or_default(),
        therapist_id: draft.therapist.clone().unwrap_or_default(),
        room_id: draft.room.clone().unwrap_or_default(),
        ..v1::ExplainSlotRequest::default()
    })
}

/// The explanation has arrived.
pub(crate) fn explained(
    model: &mut Model,
    asked: &v1::ExplainSlotRequest,
    answer: &v1::ExplainSlotResponse,
) {
    let mut lines = Vec::new();
    if answer.available {
        lines.push("This time can be booked.".to_owned());
    }
    for obstacle in &answer.obstacles {
        let who = match obstacle.subject_kind.as_str() {
            "room" => model.room_name(&obstacle.subject_id),
            "therapist" => model.therapist_name(&obstacle.subject_id),
            _ => String::new(),
        };
        // Most sentences begin with whom they are about.
        if who.is_empty() || obstacle.text.contains(&who) {
            lines.push(format!("- {}", obstacle.text));
        } else {
            lines.push(format!("- {who}: {}", obstacle.text));
        }
    }
    if !answer.nearest.is_empty() {
        lines.push(String::new());
        lines.push("The nearest that can be booked:".to_owned());
        lines.extend(
            answer
                .nearest
                .iter()
                .map(|place| format!("- {}", super::proposal_words(model, place))),
        );
    }
    let start = asked.start.as_ref().map(time::instant).unwrap_or_default();
    let start = time::day_and_clock(start, &model.zone(&asked.site_id));
    dialogs::message(model, &format!("Why not {start}?"), lines);
}
