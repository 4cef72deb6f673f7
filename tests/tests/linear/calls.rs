//! The operations as calls of the API, and its answers as what histories are made of.

use anyhow::{Context, Result, bail};
use treadwell_api::v1::{
    Appointment, AppointmentState, BookAppointmentRequest, CancelAppointmentRequest, CancelReason,
    ConfirmAppointmentRequest, CreateHoldRequest, GetAppointmentRequest, GetDaySheetRequest, Hold,
    ListAppointmentsRequest, LocalDate, MoveAppointmentRequest, Reason, ReleaseHoldRequest,
    WriteOptions,
};
use treadwell_client::{Client, Error};
use treadwell_tests::clinic_day::{FIRST_DAY, start};

use crate::history::{Answer, Call, Look, No, Number, Part, Shown};

pub(crate) const SITE: &str = "halifax";
pub(crate) const ROOMS: u8 = 2;
pub(crate) const DAYS: u8 = 2;
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The most that a page holds; a history stays below it.
const PAGE: i32 = 500;

/// Every part of the clinic.
pub(crate) fn parts() -> impl Iterator<Item = Part> {
    (0..ROOMS).flat_map(|room| (0..DAYS).map(move |day| Part { room, day }))
}

impl Call {
    pub(crate) fn is_change(&self) -> bool {
        !matches!(self, Self::Get { .. } | Self::List | Self::DaySheet)
    }
}

/// Sends a call once. None when nobody knows what became of it; an error when it was answered as it never should be.
pub(crate) async fn send(
    desk: &Client,
    number: Number,
    part: Part,
    call: &Call,
    client_id: &str,
) -> Result<Option<Answer>> {
    match done(desk, number, part, call, client_id).await {
        Ok(done) => {
            let (revision, shown) = done?;
            Ok(Some(Answer::Done { revision, shown }))
        }
        Err(Error::Unreachable { .. }) => Ok(None),
        Err(Error::Refused(refusal)) => Ok(Some(Answer::Refused(match refusal.reason {
            Some(Reason::RoomTaken | Reason::TherapistTaken | Reason::ClientTaken) => No::Taken {
                by: refusal.booking.unwrap_or_default().clashing_ids,
            },
            Some(Reason::HoldGone) => No::HoldGone,
            Some(Reason::WrongState) => No::WrongState,
            Some(Reason::StaleEtag) => No::Stale,
            Some(Reason::NotFound) => No::NotFound,
            Some(Reason::Overloaded | Reason::WritesStopped | Reason::DeadlineExceeded) => {
                return Ok(None);
            }
            _ => bail!("{call:?} of {part:?} was answered {refusal:?}"),
        }))),
    }
}

type Done = Result<(u64, Vec<Shown>)>;

async fn done(
    desk: &Client,
    number: Number,
    part: Part,
    call: &Call,
    client_id: &str,
) -> Result<Done, Error> {
    match call {
        Call::Book { .. } | Call::BookHeld { .. } => {
            book(desk, number, part, call, client_id).await
        }
        Call::Hold { minute } => hold(desk, number, part, *minute).await,
        Call::Get { .. } | Call::List | Call::DaySheet => read(desk, part, call).await,
        Call::Release { .. } | Call::Confirm { .. } | Call::Cancel { .. } | Call::Move { .. } => {
            step(desk, number, part, call).await
        }
    }
}

/// How an operation is written: its request id is the same however often it is sent.
fn write(number: Number, etag: &str) -> WriteOptions {
    WriteOptions {
        request_id: format!("operation {number}"),
        etag: etag.to_owned(),
        ..WriteOptions::default()
    }
}

/// Books a place, or what is held.
async fn book(
    desk: &Client,
    number: Number,
    part: Part,
    call: &Call,
    client_id: &str,
) -> Result<Done, Error> {
    let (place, hold_id) = match call {
        Call::Book { minute } => (wanted(part, *minute), String::new()),
        Call::BookHeld { hold } => (Appointment::default(), hold.clone()),
        other => unreachable!("{other:?} books nothing"),
    };
    let request = BookAppointmentRequest {
        write: Some(write(number, "")),
        appointment: Some(Appointment {
            client_id: client_id.to_owned(),
            note: number.to_string(),
            ..place
        }),
        hold_id,
        walk_in: false,
    };
    let answer = desk.book_appointment(request).await?;
    Ok(told(answer.revision, answer.appointment))
}

/// A hold is for nobody, so that everybody can book it.
async fn hold(desk: &Client, number: Number, part: Part, minute: u32) -> Result<Done, Error> {
    let place = wanted(part, minute);
    let request = CreateHoldRequest {
        write: Some(write(number, "")),
        hold: Some(Hold {
            service_id: place.service_id,
            site_id: place.site_id,
            room_id: place.room_id,
            therapist_id: place.therapist_id,
            start: place.start,
            ..Hold::default()
        }),
    };
    let answer = desk.create_hold(request).await?;
    let hold = answer.hold.unwrap_or_default();
    Ok(shown_hold(hold).map(|hold| (answer.revision, vec![hold])))
}

/// Does something with what is there.
async fn step(desk: &Client, number: Number, part: Part, call: &Call) -> Result<Done, Error> {
    Ok(match call {
        Call::Release { hold } => {
            let request = ReleaseHoldRequest {
                write: Some(write(number, "")),
                hold_id: hold.clone(),
            };
            Ok((desk.release_hold(request).await?.revision, Vec::new()))
        }
        Call::Confirm { id, etag } => {
            let request = ConfirmAppointmentRequest {
                write: Some(write(number, etag)),
                appointment_id: id.clone(),
            };
            let answer = desk.confirm_appointment(request).await?;
            told(answer.revision, answer.appointment)
        }
        Call::Cancel { id, etag } => {
            let request = CancelAppointmentRequest {
                write: Some(write(number, etag)),
                appointment_id: id.clone(),
                cancel_reason: CancelReason::Client.into(),
                note: String::new(),
            };
            let answer = desk.cancel_appointment(request).await?;
            told(answer.revision, answer.appointment)
        }
        Call::Move { id, etag, minute } => {
            let place = wanted(part, *minute);
            let request = MoveAppointmentRequest {
                write: Some(write(number, etag)),
                appointment_id: id.clone(),
                start: place.start,
                room_id: place.room_id,
                therapist_id: place.therapist_id,
                ..MoveAppointmentRequest::default()
            };
            let answer = desk.move_appointment(request).await?;
            told(answer.revision, answer.appointment)
        }
        other => unreachable!("{other:?} is no step"),
    })
}

async fn read(desk: &Client, part: Part, call: &Call) -> Result<Done, Error> {
    if let Call::Get { id } = call {
        let request = GetAppointmentRequest {
            appointment_id: id.clone(),
        };
        let answer = desk.get_appointment(request).await?;
        return Ok(told(answer.revision, answer.appointment));
    }
    if *call == Call::List {
        let request = ListAppointmentsRequest {
            room_id: room(part),
            from: Some(start(part.day.into(), 0)),
            until: Some(start(u32::from(part.day) + 1, 0)),
            page_size: PAGE,
            ..ListAppointmentsRequest::default()
        };
        let answer = desk.list_appointments(request).await?;
        if !answer.next_page_token.is_empty() {
            return Ok(Err(anyhow::anyhow!("the day has more than a page")));
        }
        let shown = answer.appointments.into_iter().map(shown).collect();
        return Ok(all(answer.revision, shown));
    }
    let date = FIRST_DAY.saturating_add(jiff::Span::new().days(i64::from(part.day)));
    let request = GetDaySheetRequest {
        site_id: SITE.to_owned(),
        date: Some(LocalDate {
            year: date.year().into(),
            month: date.month().into(),
            day: date.day().into(),
        }),
    };
    let sheet = desk.get_day_sheet(request).await?;
    let appointments = sheet.appointments.into_iter().map(shown);
    let holds = sheet.holds.into_iter().map(shown_hold);
    Ok(all(sheet.revision, appointments.chain(holds).collect()))
}

fn told(revision: u64, appointment: Option<Appointment>) -> Done {
    all(revision, vec![shown(appointment.unwrap_or_default())])
}

fn all(revision: u64, shown: Vec<Result<Shown>>) -> Done {
    Ok((revision, shown.into_iter().collect::<Result<_>>()?))
}

fn room(part: Part) -> String {
    format!("room-{}", part.room)
}

fn wanted(part: Part, minute: u32) -> Appointment {
    Appointment {
        service_id: "massage".to_owned(),
        site_id: SITE.to_owned(),
        room_id: room(part),
        therapist_id: format!("therapist-{}", part.room),
        start: Some(start(part.day.into(), minute / 15)),
        ..Appointment::default()
    }
}

fn shown(it: Appointment) -> Result<Shown> {
    let state = match it.state() {
        AppointmentState::Booked => Look::Booked,
        AppointmentState::Confirmed => Look::Confirmed,
        AppointmentState::Cancelled => Look::Cancelled,
        other => bail!("nobody made it {other:?}: {it:?}"),
    };
    let (part, minute) = place(&it.room_id, it.start)?;
    Ok(Shown {
        note: Some(
            it.note
                .parse()
                .with_context(|| format!("whose is {it:?}?"))?,
        ),
        id: it.id,
        part,
        minute,
        state,
        etag: it.etag,
    })
}

fn shown_hold(it: Hold) -> Result<Shown> {
    let (part, minute) = place(&it.room_id, it.start)?;
    Ok(Shown {
        id: it.id,
        note: None,
        part,
        minute,
        state: Look::Held,
        etag: it.etag,
    })
}

fn place(room: &str, at: Option<prost_types::Timestamp>) -> Result<(Part, u32)> {
    let room = room.strip_prefix("room-").context("a room of the clinic")?;
    let seconds = at.context("it has a start")?.seconds - start(0, 0).seconds;
    let part = Part {
        room: room.parse()?,
        day: u8::try_from(seconds.div_euclid(DAY_SECONDS))?,
    };
    Ok((part, u32::try_from(seconds.rem_euclid(DAY_SECONDS) / 60)?))
}
