//! Answers go to the screens that asked.

use treadwell_api::v1;

use crate::tui::{
    call::{Answer, Call},
    dialogs::{
        self,
        ask::{self, Ask},
        drafts,
    },
    event::{Effect, Purpose, Ticket},
    failure::{Failure, FailureKind},
    keys::Command,
    locked,
    model::Model,
    screens::{
        self, alerts, board, book, client, day, finder, free_rooms, repair, reports, roster, staff,
        stock, turnover, waitlist,
    },
    visit, words,
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
        Ok(answer) if ticket.purpose.writes() => {
            drafts::done(model, ticket.purpose);
            model.ahead.made(answer.revision());
            written(model, ticket.purpose, asked, answer)
        }
        Ok(answer) => {
            model.denied.remove(&ticket.purpose);
            read(model, ticket.purpose, asked, answer)
        }
        Err(failure) => failed(model, ticket.purpose, asked, failure),
    };
    effects.extend(more);
    effects
}

fn read(model: &mut Model, purpose: Purpose, asked: Call, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::GetBoard(live) => board::loaded(model, live),
        Answer::GetCatalog(catalog) => {
            model.take_catalog(catalog);
            return screens::refresh(model);
        }
        Answer::ListTherapists(answer) => model.therapists = answer.therapists,
        Answer::WhoAmI(answer) => {
            model.me = answer.key;
            return locked::known(model);
        }
        Answer::GetStatus(status) => model.status = Some(status),
        Answer::ListFreeRooms(answer) => {
            if let Call::ListFreeRooms(asked) = asked {
                free_rooms::loaded(model, asked, answer);
            }
        }
        Answer::GetDaySheet(sheet) => {
            if let Call::GetDaySheet(asked) = asked {
                day::loaded(model, &asked, sheet);
            }
        }
        Answer::ListTurnovers(answer) => turnover::loaded(model, answer),
        about @ (Answer::ListShifts(_)
        | Answer::ListTimeOff(_)
        | Answer::ListWeekTemplates(_)
        | Answer::PutShift(_)
        | Answer::RemoveShift(_)
        | Answer::PutTimeOff(_)
        | Answer::PutWeekTemplate(_)
        | Answer::RemoveWeekTemplate(_)
        | Answer::PutSite(_)) => return of_the_roster(model, asked, about),
        Answer::ListWaitlistEntries(answer) => waitlist::loaded(model, answer),
        Answer::PlanRepair(answer) => repair::planned(model, answer),
        Answer::ListCalls(answer) => repair::called(model, answer),
        Answer::ListItems(answer) => stock::loaded(model, answer),
        Answer::ListAlerts(answer) => alerts::loaded(model, answer),
        Answer::GetEntitlements(answer) => staff::loaded(model, answer),
        Answer::ListTraining(answer) => {
            if let Call::ListTraining(asked) = asked {
                return dialogs::training::log_loaded(model, &asked, &answer);
            }
        }
        Answer::ListClients(answer) => {
            if let Call::ListClients(asked) = asked {
                finder::found(model, purpose, asked, answer);
            }
        }
        Answer::GetClient(answer) => client::loaded(model, answer),
        Answer::ListRetention(answer) => client::retention(model, answer.retentions),
        Answer::ListDeclarations(answer) => client::declarations(model, answer.declarations),
        Answer::ListAppointments(answer) => {
            if let Call::ListAppointments(asked) = asked {
                return client::visits(model, purpose, asked, answer);
            }
        }
        Answer::GetAppointment(answer) => {
            let visit = answer.appointment.unwrap_or_default();
            return visit::read(model, visit, answer.ask_since.as_ref());
        }
        Answer::GetAccount(answer) => {
            return dialogs::account::loaded(model, answer.account.unwrap_or_default());
        }
        Answer::GetSessionHygiene(answer) => return dialogs::hygiene::own_loaded(model, &answer),
        Answer::GetHygieneLog(answer) => {
            dialogs::hygiene::log_loaded(model, &answer.log.unwrap_or_default());
        }
        Answer::ListRuleSetVersions(answer) => {
            dialogs::health::versions_loaded(model, &answer.versions);
        }
        // What screening refused a moment ago it does not any more.
        Answer::BookAppointment(_) => return screens::refresh(model),
        Answer::GetReceipt(answer) => {
            return dialogs::account::receipt_loaded(model, &answer.receipt.unwrap_or_default());
        }
        Answer::SearchAvailability(places) if purpose == Purpose::MovePlaces => {
            return dialogs::menu::open_places(model, &places);
        }
        Answer::SearchAvailability(places) => return book::proposed(model, places),
        about @ (Answer::ExplainSlot(_) | Answer::Screen(_)) => {
            of_the_booking(model, purpose, asked, about);
        }
        Answer::UndoLastOperation(answer) => return ask_undo(model, &answer),
        Answer::PutRuleSet(answer) => return dialogs::rules::previewed(model, asked, &answer),
        Answer::BookSeries(v1::BookSeriesResponse { results, .. })
        | Answer::MoveSeries(v1::MoveSeriesResponse { results, .. }) => {
            return dialogs::series::tried(model, asked, &results);
        }
        about @ (Answer::GetSessionRecord(_)
        | Answer::ListSessionRecords(_)
        | Answer::GetAftercare(_)) => return dialogs::record::loaded(model, purpose, about),
        report if purpose == Purpose::Report => reports::loaded(model, asked, report),
        _ => {}
    }
    Vec::new()
}

fn of_the_booking(model: &mut Model, purpose: Purpose, asked: Call, answer: Answer) {
    match (asked, answer) {
        (Call::ExplainSlot(asked), Answer::ExplainSlot(answer)) => {
            drafts::done(model, purpose);
            book::explained(model, &asked, &answer);
        }
        (Call::Screen(asked), Answer::Screen(answer)) => book::screened(model, &asked, answer),
        _ => {}
    }
}

fn of_the_roster(model: &mut Model, asked: Call, answer: Answer) -> Vec<Effect> {
    match (asked, answer) {
        (Call::ListShifts(asked), Answer::ListShifts(answer)) => {
            roster::shifts_loaded(model, &asked, answer)
        }
        (Call::ListTimeOff(asked), Answer::ListTimeOff(answer)) => {
            roster::time_off_loaded(model, &asked, answer);
            Vec::new()
        }
        (Call::ListWeekTemplates(asked), Answer::ListWeekTemplates(answer)) => {
            roster::weeks_loaded(model, &asked, answer)
        }
        (asked, about) => dialogs::hours::previewed(model, asked, &about),
    }
}

fn ask_undo(model: &mut Model, preview: &v1::UndoLastOperationResponse) -> Vec<Effect> {
    // Over another screen or dialog, or what is typed since, the question is not expected any more.
    let asked = |(command, _): &mut (Command, String)| *command == Command::Undo;
    if model.pending.take_if(asked).is_none() {
        return Vec::new();
    }
    let undone = words::undone(preview);
    let mut lines = vec![format!("Take this back: {undone}.")];
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
            v1::UndoLastOperationRequest {
                // What is taken back is what was shown: by then it may not be the latest any more.
                write: Some(v1::WriteOptions {
                    etag: preview.etag.clone(),
                    ..v1::WriteOptions::default()
                }),
            },
        ),
    )
}

fn written(model: &mut Model, purpose: Purpose, asked: Call, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::CreateHold(answer) => match asked {
            Call::CreateHold(asked) => book::held(model, &asked, Ok(answer)),
            _ => Vec::new(),
        },
        Answer::ReleaseHold(_) if purpose == Purpose::Release => book::released(model),
        Answer::CreateClient(answer) => book::client_made(model, answer),
        Answer::UpdateClient(_) => client::saved(model),
        Answer::RecordDeclaration(answer) if purpose == Purpose::BookDeclare => match asked {
            Call::RecordDeclaration(asked) => book::declared(model, &asked, &answer),
            _ => Vec::new(),
        },
        Answer::RecordDeclaration(answer) => client::declared(model, &answer),
        Answer::BookAppointment(answer) => match asked {
            Call::BookAppointment(asked) => {
                let booked = answer.appointment.unwrap_or_default();
                let words = visit::words(model, &booked);
                book::booked(model, &asked.hold_id, Ok(words))
            }
            _ => Vec::new(),
        },
        Answer::BookSeries(answer) => match asked {
            Call::BookSeries(asked) => {
                let words = dialogs::series::words(model, &answer.results);
                book::booked(model, &asked.hold_id, Ok(words))
            }
            _ => Vec::new(),
        },
        Answer::PutRuleSet(answer) => match asked {
            Call::PutRuleSet(asked) => dialogs::rules::done(model, &asked, &answer),
            _ => Vec::new(),
        },
        other => acted(model, other),
    }
}

/// A step of the day was done: what to say about it.
fn acted(model: &mut Model, answer: Answer) -> Vec<Effect> {
    if let Answer::CheckIn(v1::CheckInResponse {
        appointment: Some(visit),
        blocking,
        ask_since: Some(since),
        ..
    }) = &answer
    {
        return dialogs::health::ask_changed(model, visit, since, blocking);
    }
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
        about @ (Answer::SaveSessionNotes(_)
        | Answer::SignSessionNotes(_)
        | Answer::AddSessionAddendum(_)
        | Answer::IssueAftercare(_)) => return dialogs::record::done(model, &about),
        Answer::TickTurnover(answer) => turnover::ticked(model, &answer),
        Answer::TakePayment(v1::TakePaymentResponse { account, .. })
        | Answer::RefundPayment(v1::RefundPaymentResponse { account, .. }) => {
            return dialogs::account::open(model, account.unwrap_or_default());
        }
        Answer::IssueReceipt(v1::IssueReceiptResponse { receipt, .. })
        | Answer::ReissueReceipt(v1::ReissueReceiptResponse { receipt, .. }) => {
            return dialogs::account::show(model, &receipt.unwrap_or_default());
        }
        Answer::MoveSeries(answer) => {
            let words = dialogs::series::words(model, &answer.results);
            model.say(format!("Moved: {words}."));
        }
        Answer::CancelSeries(answer) => {
            let count = words::count(answer.appointments.len(), "appointment");
            model.say(format!("{count} of the series cancelled."));
        }
        Answer::UndoLastOperation(answer) => {
            model.say(format!("Undone: {}.", words::undone(&answer)));
        }
        Answer::OpenOutage(answer) => {
            let hit = answer.affected_appointment_ids.len();
            model.say(format!(
                "Out of service. {} hit; see NEEDS YOU.",
                words::count(hit, "appointment")
            ));
        }
        Answer::CloseOutage(_) => model.say("Back in service."),
        Answer::RecordMovement(answer) => stock::moved(model, &answer.movements),
        Answer::StockTake(answer) => stock::moved(model, &answer.movements),
        Answer::RecordInspection(_) => model.say("Inspection recorded."),
        Answer::RecordOwnItems(answer) => dialogs::hygiene::own_recorded(model, &answer),
        Answer::AttestFootCare(answer) => {
            let name = answer
                .therapist
                .map(|therapist| therapist.name)
                .unwrap_or_default();
            model.say(format!("Foot care attested: {name}."));
            return with_therapists(model);
        }
        Answer::RenewCredential(_) => {
            model.say("Renewed.");
            return with_therapists(model);
        }
        Answer::PutTraining(answer) => {
            let training = answer.training.unwrap_or_default();
            model.say(format!("In the training log: {}.", training.title));
        }
        Answer::RemoveTraining(_) => model.say("Removed from the training log."),
        about @ (Answer::PutShift(_)
        | Answer::RemoveShift(_)
        | Answer::PutTimeOff(_)
        | Answer::PutWeekTemplate(_)
        | Answer::RemoveWeekTemplate(_)
        | Answer::RemoveTimeOff(_)) => dialogs::hours::done(model, &about),
        about @ Answer::PutSite(_) => {
            dialogs::hours::done(model, &about);
            let mut effects = model.ask(Purpose::Catalog, v1::GetCatalogRequest::default());
            effects.extend(screens::refresh(model));
            return effects;
        }
        Answer::PutItem(answer) => {
            let item = answer.item.unwrap_or_default();
            let site = model.site_name(&item.site_id);
            model.say(format!("{} is kept at {site} now.", item.name));
        }
        Answer::ApplyRepair(answer) => repair::applied(model, &answer),
        Answer::ReleaseHold(_) => model.say("Not moved; the place is free again."),
        other => waitlist::acted(model, &other),
    }
    screens::refresh(model)
}

/// What is kept of therapists is asked for again, with what the screen shows.
fn with_therapists(model: &mut Model) -> Vec<Effect> {
    let therapists = v1::ListTherapistsRequest {
        page_size: 500,
        ..v1::ListTherapistsRequest::default()
    };
    let mut effects = model.ask(Purpose::Therapists, therapists);
    effects.extend(screens::refresh(model));
    effects
}

fn failed(model: &mut Model, purpose: Purpose, asked: Call, failure: Failure) -> Vec<Effect> {
    if purpose.writes() {
        model.ahead.forget();
    } else if failure.is_of_role() {
        model.denied.insert(purpose);
    }
    if let Some(effects) = dialogs::record::failed(model, purpose, &failure) {
        return effects;
    }
    let failure = match &asked {
        Call::PutRuleSet(asked) => dialogs::rules::explained(model, asked, failure),
        _ => failure,
    };
    match (purpose, asked) {
        (Purpose::Subject, Call::GetAppointment(asked)) => {
            model.pending.take_if(|(_, id)| *id == asked.appointment_id);
        }
        (Purpose::Hold, Call::CreateHold(asked)) => return book::held(model, &asked, Err(failure)),
        (
            Purpose::Book,
            Call::BookAppointment(v1::BookAppointmentRequest { hold_id, .. })
            | Call::BookSeries(v1::BookSeriesRequest { hold_id, .. }),
        ) => {
            return book::booked(model, &hold_id, Err(failure));
        }
        (Purpose::Instead, _) => return book::others_found(model, &failure),
        (Purpose::Report, asked) => {
            reports::failed(model, asked, &failure);
            return Vec::new();
        }
        // The old hold may have lapsed meanwhile: the wanted place is asked for all the same.
        (Purpose::Release, _) => return book::released(model),
        (_, Call::UndoLastOperation(_)) if failure.reason == "STALE_ETAG" => {
            let undo = model.keymap.key_of(Command::Undo);
            model.warn(format!(
                "Not undone: something else was done since. {undo} shows what is the latest now."
            ));
            return Vec::new();
        }
        _ => {}
    }
    if drafts::refused(model, purpose, &failure) {
        return Vec::new();
    }
    if purpose == Purpose::UndoPreview {
        model
            .pending
            .take_if(|(command, _)| *command == Command::Undo);
    }
    let asked_for = matches!(
        purpose,
        Purpose::UndoPreview | Purpose::SeriesPreview | Purpose::Account | Purpose::RosterPreview
    );
    if purpose.writes() || asked_for {
        book::refused(model, "Not done", &failure);
        return Vec::new();
    }
    // A form that was left does not want to know any more.
    let unwanted = matches!(
        purpose,
        Purpose::MovePlaces | Purpose::Explain | Purpose::RulesPreview
    );
    // A read that found no server says so in the header already; a role that may not see something is no news either.
    let known = matches!(
        failure.kind,
        FailureKind::Unreachable | FailureKind::NotAllowed | FailureKind::NotSignedIn
    );
    // What a key alone has asked for has nowhere else to say so.
    let by_key = matches!(
        purpose,
        Purpose::Hygiene | Purpose::Training | Purpose::Weeks | Purpose::Subject | Purpose::Rules
    );
    let known = known && !(by_key && failure.kind == FailureKind::NotAllowed);
    if !unwanted && !known {
        model.say_failed(&failure);
    }
    Vec::new()
}
