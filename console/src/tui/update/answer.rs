//! Answers go to the screens that asked.

use treadwell_api::v1;

use crate::tui::{
    call::{Answer, Call},
    dialogs::{
        self,
        ask::{self, Ask},
    },
    event::{Effect, Purpose, Ticket},
    failure::{Failure, FailureKind},
    model::Model,
    screens::{self, alerts, board, book, client, day, free_rooms, stock, turnover},
    visit,
};

/// An answer has come. One that nobody waits for any more is dropped.
pub(super) fn answer(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<Answer, Failure>,
) -> Vec<Effect> {
    let Some((asked, mut effects)) = model.calls.answered(ticket, answer.as_ref().err()) else {
        return Vec::new();
    };
    model.dirty = true;
    if let Ok(answer) = &answer {
        model.revision = model.revision.max(answer.revision());
    }
    let more = match answer {
        Ok(answer) if ticket.purpose.writes() => written(model, ticket.purpose, answer),
        Ok(answer) => read(model, ticket.purpose, &asked, answer),
        Err(failure) => failed(model, ticket.purpose, failure),
    };
    effects.extend(more);
    effects
}

fn read(model: &mut Model, purpose: Purpose, asked: &Call, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::GetBoard(live) => board::loaded(model, live),
        Answer::GetCatalog(catalog) => {
            model.catalog = catalog;
            return screens::refresh(model);
        }
        Answer::ListTherapists(answer) => model.therapists = answer.therapists,
        Answer::WhoAmI(answer) => model.me = answer.key,
        Answer::GetStatus(status) => model.status = Some(status),
        Answer::ListFreeRooms(answer) => free_rooms::loaded(model, answer),
        Answer::GetDaySheet(sheet) => {
            if let Call::GetDaySheet(asked) = asked {
                day::loaded(model, asked, sheet);
            }
        }
        Answer::ListTurnovers(answer) => turnover::loaded(model, answer.turnovers),
        Answer::ListItems(answer) => stock::loaded(model, answer.items),
        Answer::ListAlerts(answer) => alerts::loaded(model, answer.alerts),
        Answer::ListClients(answer) if purpose == Purpose::BookFind => {
            return book::found(model, answer.clients);
        }
        Answer::ListClients(answer) => return client::found(model, answer.clients),
        Answer::GetClient(answer) => client::loaded(model, answer),
        Answer::ListDeclarations(answer) => client::declarations(model, answer.declarations),
        Answer::ListAppointments(answer) => client::visits(model, answer.appointments),
        Answer::GetAppointment(answer) => {
            return answer
                .appointment
                .map(|visit| visit::read(model, visit))
                .unwrap_or_default();
        }
        Answer::SearchAvailability(places) if purpose == Purpose::MovePlaces => {
            return match model.moving.take() {
                Some(visit) => dialogs::menu::open_places(model, &visit, &places),
                None => Vec::new(),
            };
        }
        Answer::SearchAvailability(places) => return book::proposed(model, places),
        Answer::ExplainSlot(answer) => book::explained(model, &answer),
        Answer::Screen(answer) => book::screened(model, answer),
        Answer::UndoLastOperation(answer) => return ask_undo(model, &answer),
        _ => {}
    }
    Vec::new()
}

fn ask_undo(model: &mut Model, preview: &v1::UndoLastOperationResponse) -> Vec<Effect> {
    let mut lines = vec![preview.undone.clone()];
    lines.extend(
        preview
            .appointments
            .iter()
            .map(|found| visit::words(model, found)),
    );
    ask::open(
        model,
        Ask::send(
            "Undo",
            lines,
            Purpose::Act,
            v1::UndoLastOperationRequest { write: None },
        ),
    )
}

fn written(model: &mut Model, purpose: Purpose, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::CreateHold(answer) => book::held(model, Ok(answer)),
        Answer::ReleaseHold(_) => book::released(model),
        Answer::CreateClient(answer) => book::client_made(model, answer),
        Answer::UpdateClient(_) => client::saved(model),
        Answer::RecordDeclaration(answer) if purpose == Purpose::BookDeclare => {
            book::declared(model, &answer)
        }
        Answer::RecordDeclaration(answer) => client::declared(model, &answer),
        Answer::BookAppointment(answer) => book::booked(model, Ok(answer)),
        other => acted(model, other),
    }
}

/// A step of the day was done: what to say about it.
fn acted(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let (found, what, blocking) = match answer {
        Answer::CheckIn(answer) => (answer.appointment, "checked in", answer.blocking),
        Answer::StartSession(answer) => (answer.appointment, "in session", Vec::new()),
        Answer::ConfirmAppointment(answer) => (answer.appointment, "confirmed", Vec::new()),
        Answer::MoveAppointment(answer) => (answer.appointment, "moved", Vec::new()),
        Answer::CancelAppointment(answer) => (answer.appointment, "cancelled", Vec::new()),
        Answer::MarkNoShow(answer) => (answer.appointment, "marked as no-show", Vec::new()),
        Answer::ExtendSession(answer) => (answer.appointment, "extended", Vec::new()),
        Answer::FinishSession(answer) => (
            answer.appointment,
            "ended; the room is in turnover",
            Vec::new(),
        ),
        Answer::ReviewScreening(answer) => (answer.appointment, "review recorded", Vec::new()),
        other => return acted_elsewhere(model, other),
    };
    visit::done(model, found.as_ref(), what, &blocking)
}

fn acted_elsewhere(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::TickTurnover(answer) => turnover::ticked(model, &answer),
        Answer::UndoLastOperation(answer) => model.say(format!("Undone: {}", answer.undone)),
        Answer::OpenOutage(answer) => {
            let hit = answer.affected_appointment_ids.len();
            model.say(format!(
                "Out of service. {} hit; see NEEDS YOU.",
                crate::tui::words::count(hit, "appointment")
            ));
        }
        Answer::CloseOutage(_) => model.say("Back in service."),
        Answer::RecordMovement(answer) => stock::moved(model, &answer.movements),
        Answer::StockTake(answer) => stock::moved(model, &answer.movements),
        Answer::RecordInspection(_) => model.say("Inspection recorded."),
        Answer::RecordOwnItems(_) => model.say("Recorded."),
        Answer::AttestFootCare(answer) => {
            let name = answer
                .therapist
                .map(|therapist| therapist.name)
                .unwrap_or_default();
            model.say(format!("Foot care attested: {name}."));
            let therapists = v1::ListTherapistsRequest {
                page_size: 500,
                ..v1::ListTherapistsRequest::default()
            };
            let mut effects = model.ask(Purpose::Therapists, therapists);
            effects.extend(screens::refresh(model));
            return effects;
        }
        _ => {}
    }
    screens::refresh(model)
}

fn failed(model: &mut Model, purpose: Purpose, failure: Failure) -> Vec<Effect> {
    if purpose == Purpose::Subject {
        model.pending = None;
    }
    match purpose {
        Purpose::Hold => return book::held(model, Err(failure)),
        Purpose::Book => return book::booked(model, Err(failure)),
        // The old hold may have lapsed meanwhile: the wanted place is asked for all the same.
        Purpose::Release => return book::released(model),
        _ => {}
    }
    if purpose.writes() || matches!(purpose, Purpose::UndoPreview | Purpose::MovePlaces) {
        book::refused(model, "Not done", &failure);
        return Vec::new();
    }
    // A read that found no server says so in the header already; a role that may not see something is no news either.
    if !matches!(
        failure.kind,
        FailureKind::Unreachable | FailureKind::NotAllowed | FailureKind::NotSignedIn
    ) {
        model.say_failed(&failure);
    }
    Vec::new()
}
