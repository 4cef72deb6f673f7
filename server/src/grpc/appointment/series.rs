//! Series of appointments.

use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::Command;
use treadwell_clinic::command::{BookSeries, Cancel, CancelSeries, MoveSeries, Step};
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::limits;

use super::book;
use crate::access::Caller;
use crate::convert;
use crate::convert::series::To;
use crate::engine::{Committed, Engine};
use crate::grpc::call::{self, Answer, pick};

pub(super) async fn book(
    engine: &Engine,
    request: Request<v1::BookSeriesRequest>,
) -> Answer<v1::BookSeriesResponse> {
    let (caller, message) = call::open(request)?;
    let (options, book) = call::read(|f| {
        let options = call::options("BookSeries", &message, message.write.as_ref(), f);
        let source = book::read_source(&message.hold_id, message.appointment.as_ref(), f);
        let every_days = f.number(
            "every_days",
            message.every_days,
            1..=limits::SERIES_DAYS.into(),
        );
        let times = f.number("times", message.times, 2..=limits::SERIES.into());
        let on_impossible = convert::series::read_on_impossible(message.on_impossible, f);
        let (first, note) = source?;
        let book = BookSeries {
            first,
            every_days: every_days?,
            times: times?,
            on_impossible: on_impossible?,
            note,
        };
        Some((options?, book))
    })?;
    let command = Command::BookSeries(Box::new(book));
    let done = call::submit(engine, &caller, command, options.write).await?;
    Ok(v1::BookSeriesResponse {
        revision: done.revision,
        results: results(&done, &caller),
    }
    .into())
}

/// What became of each, by number.
fn results(done: &Committed, caller: &Caller) -> Vec<v1::SeriesResult> {
    let shown = call::answers(done, caller, pick!(Appointment)).map(convert::series::show_done);
    let impossible = done.reply.impossible.iter();
    let left =
        impossible.map(|one| convert::series::show_impossible(one, done.clinic(), &caller.view));
    let mut results: Vec<_> = shown.chain(left).collect();
    results.sort_by_key(|result| result.number);
    results
}

pub(super) async fn move_to(
    engine: &Engine,
    request: Request<v1::MoveSeriesRequest>,
) -> Answer<v1::MoveSeriesResponse> {
    let (caller, message) = call::open(request)?;
    let (options, moved) = call::read(|f| {
        let options = call::options("MoveSeries", &message, message.write.as_ref(), f);
        let appointment: Option<AppointmentId> = f.id("appointment_id", &message.appointment_id);
        let scope = convert::series::read_scope(message.scope, f);
        let to = To {
            start: message.start.as_ref(),
            site_id: &message.site_id,
            room_id: &message.room_id,
            therapist_id: &message.therapist_id,
            extensions: message.extensions.as_ref(),
        };
        let to = to.read(f);
        let on_impossible = convert::series::read_on_impossible(message.on_impossible, f);
        let options = options?;
        let moved = MoveSeries {
            step: Step {
                appointment: appointment?,
                etag: options.etag,
            },
            scope: scope?,
            to: to?,
            on_impossible: on_impossible?,
        };
        Some((options, moved))
    })?;
    let command = Command::MoveSeries(Box::new(moved));
    let done = call::submit(engine, &caller, command, options.write).await?;
    Ok(v1::MoveSeriesResponse {
        revision: done.revision,
        results: results(&done, &caller),
    }
    .into())
}

pub(super) async fn cancel(
    engine: &Engine,
    request: Request<v1::CancelSeriesRequest>,
) -> Answer<v1::CancelSeriesResponse> {
    let (caller, message) = call::open(request)?;
    let (options, cancelled) = call::read(|f| {
        let options = call::options("CancelSeries", &message, message.write.as_ref(), f);
        let appointment: Option<AppointmentId> = f.id("appointment_id", &message.appointment_id);
        let scope = convert::series::read_scope(message.scope, f);
        let reason = convert::appointment::read_cancel_reason(message.cancel_reason, f);
        let note = f.note("note", &message.note, 0..=limits::NOTE_CHARS);
        let options = options?;
        let cancel = Cancel {
            step: Step {
                appointment: appointment?,
                etag: options.etag,
            },
            reason: reason?,
            note: note?,
        };
        let scope = scope?;
        Some((options, CancelSeries { cancel, scope }))
    })?;
    let command = Command::CancelSeries(cancelled);
    let done = call::submit(engine, &caller, command, options.write).await?;
    Ok(v1::CancelSeriesResponse {
        revision: done.revision,
        appointments: call::answers(&done, &caller, pick!(Appointment)).collect(),
    }
    .into())
}
