//! Places: holding, booking, moving.

use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Book, BookSource, Move, MoveTo, NewPlace, Step};
use treadwell_clinic::id::{AppointmentId, ClientId, HoldId};
use treadwell_clinic::limits;
use treadwell_clinic::model::RecordId;

use crate::convert;
use crate::convert::fields::Fields;
use crate::convert::series::To;
use crate::engine::Engine;
use crate::grpc::audit;
use crate::grpc::call::{self, Answer, pick};

pub(super) async fn create_hold(
    engine: &Engine,
    request: Request<v1::CreateHoldRequest>,
) -> Answer<v1::CreateHoldResponse> {
    let (caller, message) = call::open(request)?;
    let (options, wish) = call::read(|f| {
        let options = call::options("CreateHold", &message, message.write.as_ref(), f);
        let hold = f.required("hold", message.hold.as_ref())?;
        let wish = convert::hold::read_hold(hold, &mut f.inside("hold"));
        Some((options?, wish?))
    })?;
    let (client, service, site, start) = (wish.client, wish.service, wish.site, wish.start);
    let done = call::submit(engine, &caller, Command::Hold(wish), options.write).await?;
    let hold = call::answer(&done, &caller, pick!(Hold))?;
    let clinic = done.clinic();
    // A hold ignores the screening: the questions are being asked. Which ones is told here.
    let screening = client.and_then(|client| {
        let (service, site) = (clinic.service(service)?, clinic.site(site)?);
        let found =
            treadwell_clinic::rules::screen(clinic, client, service, site, start.timestamp());
        Some(convert::screening::show(
            &found,
            Some(service.id),
            clinic,
            &site.zone,
            &caller.view,
        ))
    });
    if let Some(client) = client {
        audit::reasons_read(&caller, client, &screening);
    }
    Ok(v1::CreateHoldResponse {
        revision: done.revision,
        hold: Some(hold),
        screening,
    }
    .into())
}

pub(super) async fn release_hold(
    engine: &Engine,
    request: Request<v1::ReleaseHoldRequest>,
) -> Answer<v1::ReleaseHoldResponse> {
    let (caller, message) = call::open(request)?;
    let (options, hold) = call::read(|f| {
        let options = call::options("ReleaseHold", &message, message.write.as_ref(), f);
        let hold: Option<HoldId> = f.id("hold_id", &message.hold_id);
        Some((options?, hold?))
    })?;
    let write = options.write_of(RecordId::Hold(hold));
    let done = call::submit(engine, &caller, Command::ReleaseHold { hold }, write).await?;
    Ok(v1::ReleaseHoldResponse {
        revision: done.revision,
    }
    .into())
}

pub(super) async fn book(
    engine: &Engine,
    request: Request<v1::BookAppointmentRequest>,
) -> Answer<v1::BookAppointmentResponse> {
    let (caller, message) = call::open(request)?;
    let (options, book) = call::read(|f| {
        let options = call::options("BookAppointment", &message, message.write.as_ref(), f);
        let book = read_book(&message, f);
        Some((options?, book?))
    })?;
    let done = call::submit(engine, &caller, Command::Book(book), options.write).await?;
    Ok(v1::BookAppointmentResponse {
        revision: done.revision,
        appointment: Some(call::answer(&done, &caller, pick!(Appointment))?),
    }
    .into())
}

fn read_book(message: &v1::BookAppointmentRequest, f: &mut Fields<'_>) -> Option<Book> {
    let (source, note) = read_source(&message.hold_id, message.appointment.as_ref(), f)?;
    Some(Book {
        source,
        walk_in: message.walk_in,
        note,
    })
}

/// Reads what shall be booked: a hold, or a wish; and the note. From a hold everything but client and
/// note is the hold's, so naming another place beside it is a mistake.
pub(super) fn read_source(
    hold_id: &str,
    appointment: Option<&v1::Appointment>,
    f: &mut Fields<'_>,
) -> Option<(BookSource, String)> {
    let hold: Option<Option<HoldId>> = f.optional_id("hold_id", hold_id);
    if let Some(Some(hold)) = hold {
        let unset = v1::Appointment::default();
        let appointment = appointment.unwrap_or(&unset);
        let mut f = f.inside("appointment");
        if appointment.start.is_some() {
            f.wrong::<()>("start", "unset: the place is the hold's");
        }
        for (field, value) in [
            ("service_id", &appointment.service_id),
            ("site_id", &appointment.site_id),
            ("room_id", &appointment.room_id),
            ("therapist_id", &appointment.therapist_id),
        ] {
            if !value.is_empty() {
                f.wrong::<()>(field, "empty: the place is the hold's");
            }
        }
        let client: Option<Option<ClientId>> = f.optional_id("client_id", &appointment.client_id);
        let note = f.note("note", &appointment.note, 0..=limits::NOTE_CHARS);
        let client = client?;
        return Some((BookSource::Hold { hold, client }, note?));
    }
    let appointment = f.required("appointment", appointment)?;
    let mut f = f.inside("appointment");
    let wish = convert::hold::read_booking(appointment, &mut f);
    let note = f.note("note", &appointment.note, 0..=limits::NOTE_CHARS);
    hold?;
    Some((BookSource::Wish(wish?), note?))
}

pub(super) async fn move_to(
    engine: &Engine,
    request: Request<v1::MoveAppointmentRequest>,
) -> Answer<v1::MoveAppointmentResponse> {
    let (caller, message) = call::open(request)?;
    let (options, appointment, to) = call::read(|f| {
        let options = call::options("MoveAppointment", &message, message.write.as_ref(), f);
        let appointment: Option<AppointmentId> = f.id("appointment_id", &message.appointment_id);
        let to = To {
            start: message.start.as_ref(),
            site_id: &message.site_id,
            room_id: &message.room_id,
            therapist_id: &message.therapist_id,
            extensions: message.extensions.as_ref(),
        };
        let to = to.read(f);
        let hold: Option<Option<HoldId>> = f.optional_id("hold_id", &message.hold_id);
        let to = match (hold?, to?) {
            (None, to) => MoveTo::Place(to),
            (Some(hold), to) if to == NewPlace::default() => MoveTo::Hold(hold),
            (Some(_), _) => return f.wrong("hold_id", "alone: the place is the hold's"),
        };
        Some((options?, appointment?, to))
    })?;
    let step = Step {
        appointment,
        etag: options.etag,
    };
    let command = Command::Move(Move { step, to });
    let done = call::submit(engine, &caller, command, options.write).await?;
    Ok(v1::MoveAppointmentResponse {
        revision: done.revision,
        appointment: Some(call::answer(&done, &caller, pick!(Appointment))?),
    }
    .into())
}
