//! The steps of an appointment's life, and taking the latest one back.

use prost::Message;
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_clinic::command::{Cancel, Step};
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::limits;
use treadwell_clinic::model::Record;
use treadwell_clinic::{Command, rules};

use crate::access::Caller;
use crate::convert;
use crate::convert::fields::Fields;
use crate::engine::{Committed, Engine};
use crate::grpc::call::{self, Answer, pick};
use crate::grpc::declared;

/// The most that one call lengthens a session by, in minutes.
const EXTEND: u16 = 120;

/// Requests that name one appointment to do something to.
trait Stepping: Message {
    const METHOD: &'static str;
    fn write(&self) -> Option<&v1::WriteOptions>;
    fn appointment_id(&self) -> &str;
}

macro_rules! stepping {
    ($($request:ident),* $(,)?) => {$(
        impl Stepping for v1::$request {
            const METHOD: &'static str = stringify!($request);

            fn write(&self) -> Option<&v1::WriteOptions> {
                self.write.as_ref()
            }

            fn appointment_id(&self) -> &str {
                &self.appointment_id
            }
        }
    )*};
}

stepping!(
    ConfirmAppointmentRequest,
    CancelAppointmentRequest,
    MarkNoShowRequest,
    CheckInRequest,
    StartSessionRequest,
    ExtendSessionRequest,
    FinishSessionRequest,
);

/// A step that was done: the caller, the commit, and the appointment as it is now.
type Done = (Caller, Committed, v1::Appointment);

/// Reads a step, has it done, and shows the appointment. `more` reads what else the step needs.
async fn take<M: Stepping>(
    engine: &Engine,
    request: Request<M>,
    more: impl FnOnce(&M, Step, &mut Fields<'_>) -> Option<Command>,
) -> Result<Done, Status> {
    let (caller, message) = call::open(request)?;
    let (write, command) = call::read(|f| {
        let options = call::options(M::METHOD, &message, message.write(), f);
        let appointment: Option<AppointmentId> = f.id("appointment_id", message.appointment_id());
        // What else is wrong shall be found too, so that a stand-in serves for a wrong id.
        let step = Step {
            appointment: appointment.unwrap_or(AppointmentId::new(0)),
            etag: options.as_ref().and_then(|options| options.etag),
        };
        let command = more(&message, step, f);
        appointment?;
        Some((options?.write, command?))
    })?;
    let done = call::submit(engine, &caller, command, write).await?;
    let appointment = call::answer(&done, &caller, pick!(Appointment))?;
    Ok((caller, done, appointment))
}

pub(super) async fn confirm(
    engine: &Engine,
    request: Request<v1::ConfirmAppointmentRequest>,
) -> Answer<v1::ConfirmAppointmentResponse> {
    let (_, done, appointment) =
        take(engine, request, |_, step, _| Some(Command::Confirm(step))).await?;
    Ok(v1::ConfirmAppointmentResponse {
        revision: done.revision,
        appointment: Some(appointment),
    }
    .into())
}

pub(super) async fn cancel(
    engine: &Engine,
    request: Request<v1::CancelAppointmentRequest>,
) -> Answer<v1::CancelAppointmentResponse> {
    let (_, done, appointment) = take(engine, request, |message, step, f| {
        let reason = convert::appointment::read_cancel_reason(message.cancel_reason, f);
        let note = f.note("note", &message.note, 0..=limits::NOTE_CHARS);
        Some(Command::Cancel(Cancel {
            step,
            reason: reason?,
            note: note?,
        }))
    })
    .await?;
    Ok(v1::CancelAppointmentResponse {
        revision: done.revision,
        appointment: Some(appointment),
    }
    .into())
}

pub(super) async fn no_show(
    engine: &Engine,
    request: Request<v1::MarkNoShowRequest>,
) -> Answer<v1::MarkNoShowResponse> {
    let (_, done, appointment) =
        take(engine, request, |_, step, _| Some(Command::NoShow(step))).await?;
    Ok(v1::MarkNoShowResponse {
        revision: done.revision,
        appointment: Some(appointment),
    }
    .into())
}

pub(super) async fn check_in(
    engine: &Engine,
    request: Request<v1::CheckInRequest>,
) -> Answer<v1::CheckInResponse> {
    let (caller, done, mut appointment) = take(engine, request, |message, step, _| {
        Some(if message.nothing_changed {
            Command::Reconfirm(step)
        } else {
            Command::CheckIn(step)
        })
    })
    .await?;
    let clinic = done.clinic();
    let of = appointment.id.parse().ok();
    let of = of.and_then(|id| clinic.appointment(id));
    if let (Some(of), Some(screening)) = (of, &mut appointment.screening) {
        screening.cautions = declared::cautions_of(&caller, clinic, of);
    }
    // What blocks is of its moment: a repeated answer judges again.
    let again = || {
        let id = appointment.id.parse().ok()?;
        Some(rules::blockers(clinic, clinic.appointment(id)?, caller.now))
    };
    let blockers = if done.repeated {
        again().unwrap_or_default()
    } else {
        done.reply.blockers.clone()
    };
    let blocking = blockers
        .iter()
        .map(|blocker| convert::fault::blocking(blocker, clinic, &caller.view))
        .collect();
    Ok(v1::CheckInResponse {
        revision: done.revision,
        appointment: Some(appointment),
        blocking,
        ask_since: of
            .and_then(|of| rules::ask_since(clinic, of))
            .map(convert::values::date),
    }
    .into())
}

pub(super) async fn start(
    engine: &Engine,
    request: Request<v1::StartSessionRequest>,
) -> Answer<v1::StartSessionResponse> {
    let (caller, done, appointment) =
        take(engine, request, |_, step, _| Some(Command::Start(step))).await?;
    let clinic = done.clinic();
    let of = appointment.id.parse().ok();
    let of = of.and_then(|id| clinic.appointment(id));
    Ok(v1::StartSessionResponse {
        revision: done.revision,
        cautions: of.map_or_else(Vec::new, |of| declared::cautions_of(&caller, clinic, of)),
        appointment: Some(appointment),
    }
    .into())
}

pub(super) async fn extend(
    engine: &Engine,
    request: Request<v1::ExtendSessionRequest>,
) -> Answer<v1::ExtendSessionResponse> {
    let (_, done, appointment) = take(engine, request, |message, step, f| {
        let by = f.minutes("minutes", message.minutes, 5..=EXTEND)?;
        Some(Command::Extend { step, by })
    })
    .await?;
    Ok(v1::ExtendSessionResponse {
        revision: done.revision,
        appointment: Some(appointment),
    }
    .into())
}

pub(super) async fn finish(
    engine: &Engine,
    request: Request<v1::FinishSessionRequest>,
) -> Answer<v1::FinishSessionResponse> {
    let (_, done, appointment) = take(engine, request, |message, step, f| {
        let why = &message.stopped_early_reason;
        let stopped = f.text("stopped_early_reason", why, 0..=limits::REASON_CHARS)?;
        Some(Command::Finish {
            step,
            stopped: (!stopped.is_empty()).then_some(stopped),
        })
    })
    .await?;
    let turnover = done.changes.iter().find_map(|change| match change.after() {
        Some(Record::Turnover(turnover)) => Some(convert::turnover::show(turnover, done.revision)),
        _ => None,
    });
    Ok(v1::FinishSessionResponse {
        revision: done.revision,
        appointment: Some(appointment),
        turnover,
    }
    .into())
}

pub(super) async fn undo(
    engine: &Engine,
    request: Request<v1::UndoLastOperationRequest>,
) -> Answer<v1::UndoLastOperationResponse> {
    let (caller, message) = call::open(request)?;
    let options =
        call::read(|f| call::options("UndoLastOperation", &message, message.write.as_ref(), f))?;
    let latest = engine.snapshot();
    let latest = latest.clinic.last_operation(caller.actor.key);
    let revision = latest.map(|latest| latest.revision);
    let done = call::submit(engine, &caller, Command::Undo, options.write).await?;
    let undone = done.undone.map_or("", |kind| kind.as_str());
    let tell = |kind| convert::undone::show(kind, &done.changes, done.clinic(), &caller.view);
    let text = done.undone.map(tell).unwrap_or_default();
    Ok(v1::UndoLastOperationResponse {
        revision: done.revision,
        undone: undone.replace('_', " "),
        text,
        appointments: call::answers(&done, &caller, pick!(Appointment)).collect(),
        etag: revision
            .filter(|_| done.dry)
            .map(|revision| revision.to_string())
            .unwrap_or_default(),
    }
    .into())
}
