//! Screening of the draft: what it says, what is still to be asked, and the answers.

use treadwell_api::v1;

use super::{Stop, flow::next_stop};
use crate::tui::{
    event::{Effect, Purpose},
    model::Model,
    screens::questions::BadDate,
    words,
};

/// Asks what screening says of client, service and time.
pub(super) fn screen(model: &mut Model) -> Vec<Effect> {
    match question(model) {
        Some(call) => model.ask(Purpose::BookScreen, call),
        None => Vec::new(),
    }
}

/// Asks again for what has no answer and is not on its way to one, after a lost link for example.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    let answered = model.book.screened.is_some() && model.book.screened == question(model);
    if answered || model.calls.is_under_way(Purpose::BookScreen) {
        Vec::new()
    } else {
        screen(model)
    }
}

/// What is to be screened; none before client and service are chosen.
fn question(model: &Model) -> Option<v1::ScreenRequest> {
    let (client, service_id) = (model.book.client.as_ref()?, model.book.service.as_ref()?);
    let hold = model.book.hold.as_ref();
    let site = hold
        .map(|hold| hold.site_id.clone())
        .or_else(|| model.book.site.clone());
    Some(v1::ScreenRequest {
        client_id: client.id.clone(),
        service_id: service_id.clone(),
        site_id: site
            .or_else(|| model.site_ids().first().cloned())
            .unwrap_or_default(),
        at: hold.and_then(|hold| hold.start),
    })
}

/// Screening has answered. What it says of another client, service or time is of no use any more.
pub(crate) fn screened(model: &mut Model, asked: &v1::ScreenRequest, answer: v1::ScreenResponse) {
    if question(model).as_ref() != Some(asked) {
        return;
    }
    let before = model.book.questions.rows.is_empty();
    set_screening(model, answer.screenings.into_iter().next());
    let draft = &mut model.book;
    let moved_on = matches!(draft.stop, Stop::Questions | Stop::Confirm);
    let next = next_stop(draft);
    let goes_on = matches!(next, Stop::Questions | Stop::Confirm);
    if moved_on && goes_on && (before || draft.questions.rows.is_empty()) {
        draft.stop = next;
    }
}

pub(super) fn set_screening(model: &mut Model, screening: Option<v1::Screening>) {
    let questions = screening
        .as_ref()
        .map(|screening| screening.unanswered.clone())
        .unwrap_or_default();
    model.book.questions.ask(questions.into_iter());
    model.book.screened = question(model);
    model.book.screening = screening;
}

/// Records the answers given so far.
pub(super) fn declare(model: &mut Model) -> Vec<Effect> {
    let Some(client) = &model.book.client else {
        model.warn("Choose the client first: answers belong to a client.");
        return Vec::new();
    };
    let client_id = client.id.clone();
    match model.book.questions.answers(&model.home_zone()) {
        Ok(answers) if answers.is_empty() => {
            model.warn("Nothing is answered yet; \"not asked\" is never recorded as no.");
            Vec::new()
        }
        Ok(answers) => {
            let call = v1::RecordDeclarationRequest {
                write: None,
                client_id,
                answers,
                replace: false,
            };
            model.write(Purpose::BookDeclare, call)
        }
        Err(BadDate(question)) => {
            model.warn(format!(
                "The date is not readable (2026-03, 2026-03-02 or 2026-03-02 14:30): {question}"
            ));
            Vec::new()
        }
    }
}

/// The answers are recorded: screening is asked again, if they are still of the draft's client.
pub(crate) fn declared(
    model: &mut Model,
    asked: &v1::RecordDeclarationRequest,
    answer: &v1::RecordDeclarationResponse,
) -> Vec<Effect> {
    let client = model.book.client.as_ref();
    let is_own = client.is_some_and(|client| client.id == asked.client_id);
    if is_own {
        model.book.questions.recorded();
        model.book.stop = Stop::Confirm;
    }
    let flagged = usize::try_from(answer.flagged_count).unwrap_or(0);
    if flagged > 0 {
        model.warn(format!(
            "Recorded. {} of this client need a look now.",
            words::count(flagged, "appointment")
        ));
    } else {
        model.say("Answers recorded.");
    }
    if is_own { screen(model) } else { Vec::new() }
}
