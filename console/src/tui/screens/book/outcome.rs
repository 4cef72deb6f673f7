//! The end of a draft: what stands against booking, the booking itself, and why a time or a booking is refused.

use jiff::Timestamp;
use treadwell_api::v1::{self, ScreeningOutcome};

use super::{Draft, Stop, flow::search, screening::screen};
use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    failure::Failure,
    model::Model,
    screens::{self, Screen},
    time, visit, words,
};

/// What stands against booking, in words.
pub(super) fn blocked(model: &Model) -> Vec<String> {
    let draft = &model.book;
    let mut against = Vec::new();
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
    if draft.client.is_some() && draft.service.is_some() {
        against.extend(screening_blocks(model));
    }
    against
}

fn screening_blocks(model: &Model) -> Option<String> {
    let draft = &model.book;
    let Some(screening) = &draft.screening else {
        return Some("Questions: screening has not answered yet.".to_owned());
    };
    let alternatives = || {
        let names: Vec<String> = screening
            .alternative_service_ids
            .iter()
            .map(|id| model.service_name(id))
            .collect();
        if names.is_empty() {
            String::new()
        } else {
            format!(" Possible instead: {}.", names.join(", "))
        }
    };
    match screening.outcome() {
        ScreeningOutcome::Clear | ScreeningOutcome::NeedsReview => None,
        ScreeningOutcome::Unspecified => {
            Some("Questions: screening has not judged yet.".to_owned())
        }
        ScreeningOutcome::Incomplete
            if draft.questions.has_answers() && draft.questions.open() == 0 =>
        {
            Some("Questions: the answers are not recorded yet (Ctrl-R records them).".to_owned())
        }
        ScreeningOutcome::Incomplete => {
            let open = if draft.questions.rows.is_empty() {
                screening.unanswered.len()
            } else {
                draft.questions.open()
            };
            Some(format!(
                "Questions: {} not asked; \"not asked\" is not a no.",
                words::count(open, "question")
            ))
        }
        ScreeningOutcome::Excluded | ScreeningOutcome::ExcludedUntil => Some(format!(
            "Screening: {}.{}",
            words::screening(screening),
            alternatives()
        )),
    }
}

/// Books, or says why not.
pub(super) fn confirm(model: &mut Model) -> Vec<Effect> {
    let against = blocked(model);
    if let Some(first) = against.first() {
        model.warn(format!("Not booked. {first}"));
        return Vec::new();
    }
    let draft = &model.book;
    let (Some(client), Some(hold)) = (&draft.client, &draft.hold) else {
        return Vec::new();
    };
    let call = v1::BookAppointmentRequest {
        write: None,
        // The place is the hold's; only the client is said.
        appointment: Some(v1::Appointment {
            client_id: client.id.clone(),
            ..v1::Appointment::default()
        }),
        hold_id: hold.id.clone(),
        ..v1::BookAppointmentRequest::default()
    };
    model.write(Purpose::Book, call)
}

/// It is booked, or not; if not, the draft stays.
pub(crate) fn booked(
    model: &mut Model,
    answer: Result<v1::BookAppointmentResponse, Failure>,
) -> Vec<Effect> {
    match answer {
        Ok(answer) => {
            model.book = Draft::default();
            let words = answer
                .appointment
                .as_ref()
                .map(|booked| visit::words(model, booked))
                .unwrap_or_default();
            let undo = model.keymap.key_of(crate::tui::keys::Command::Undo);
            model.say(format!("Booked: {words}. {undo} undoes."));
            screens::open(model, Screen::Board)
        }
        Err(failure) => {
            if failure.reason.starts_with("HOLD") {
                model.book.hold = None;
                model.book.lapsed = true;
                model.book.stop = Stop::Places;
            }
            refused(model, "Not booked", &failure);
            let mut effects = screen(model);
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
        return;
    }
    let mut lines = failure.all_lines();
    if !failure.alternatives.is_empty() {
        lines.push(String::new());
        lines.push("Possible instead:".to_owned());
    }
    for place in &failure.alternatives {
        let at: Option<Timestamp> = place.start.parse().ok();
        let at = at.map_or_else(
            || place.start.clone(),
            |at| time::day_and_clock(at, &model.home_zone()),
        );
        lines.push(format!(
            "- {at}, {} with {}",
            model.room_name(&place.room_id),
            model.therapist_name(&place.therapist_id)
        ));
    }
    dialogs::message(model, title, lines);
}

/// Asks why a time is not offered.
pub(crate) fn explain(model: &mut Model, at: Timestamp) -> Vec<Effect> {
    let draft = &model.book;
    let Some(service_id) = draft.service.clone() else {
        model.warn("Choose the service first.");
        return Vec::new();
    };
    let call = v1::ExplainSlotRequest {
        site_id: draft
            .site
            .clone()
            .or_else(|| model.site_ids().first().cloned())
            .unwrap_or_default(),
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
    };
    model.ask(Purpose::Explain, call)
}

/// The explanation has arrived.
pub(crate) fn explained(model: &mut Model, answer: &v1::ExplainSlotResponse) {
    let mut lines = Vec::new();
    if answer.available {
        lines.push("This time can be booked.".to_owned());
    }
    for obstacle in &answer.obstacles {
        let who = match obstacle.subject_kind.as_str() {
            "room" => format!("{}: ", model.room_name(&obstacle.subject_id)),
            "therapist" => format!("{}: ", model.therapist_name(&obstacle.subject_id)),
            _ => String::new(),
        };
        lines.push(format!("- {who}{}", obstacle.text));
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
    dialogs::message(model, "Why not?", lines);
}
