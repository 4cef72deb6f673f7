//! Holds, and the wishes that become holds and bookings.

use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::id::ExtensionId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Hold, Wish};

use super::fields::Fields;
use super::values;
use crate::access::View;

/// The fields that a hold to make and an appointment to book share.
struct Wanted<'m> {
    client_id: &'m str,
    service_id: &'m str,
    extension_ids: &'m [String],
    site_id: &'m str,
    room_id: &'m str,
    therapist_id: &'m str,
    start: Option<&'m prost_types::Timestamp>,
}

/// Reads what shall be held.
pub fn read_hold(hold: &v1::Hold, f: &mut Fields<'_>) -> Option<Wish> {
    let wanted = Wanted {
        client_id: &hold.client_id,
        service_id: &hold.service_id,
        extension_ids: &hold.extension_ids,
        site_id: &hold.site_id,
        room_id: &hold.room_id,
        therapist_id: &hold.therapist_id,
        start: hold.start.as_ref(),
    };
    wanted.read(f)
}

/// Reads what shall be booked. The client has to be named.
pub fn read_booking(appointment: &v1::Appointment, f: &mut Fields<'_>) -> Option<Wish> {
    if appointment.client_id.is_empty() {
        f.wrong::<()>("client_id", "must be set");
    }
    read_place(appointment, f)
}

/// Reads what shall be booked for a client who may be named otherwise.
pub fn read_place(appointment: &v1::Appointment, f: &mut Fields<'_>) -> Option<Wish> {
    let wanted = Wanted {
        client_id: &appointment.client_id,
        service_id: &appointment.service_id,
        extension_ids: &appointment.extension_ids,
        site_id: &appointment.site_id,
        room_id: &appointment.room_id,
        therapist_id: &appointment.therapist_id,
        start: appointment.start.as_ref(),
    };
    wanted.read(f)
}

impl Wanted<'_> {
    fn read(&self, f: &mut Fields<'_>) -> Option<Wish> {
        let client = f.optional_id("client_id", self.client_id);
        let service = f.id("service_id", self.service_id);
        let extensions = read_extensions(self.extension_ids, f);
        let site = f.id("site_id", self.site_id);
        let room = f.optional_id("room_id", self.room_id);
        let therapist = f.optional_id("therapist_id", self.therapist_id);
        let start = f.cell("start", self.start);
        Some(Wish {
            client: client?,
            service: service?,
            extensions: extensions?,
            site: site?,
            start: start?,
            room: room?,
            therapist: therapist?,
        })
    }
}

/// Reads the extensions booked with a service.
pub fn read_extensions(ids: &[String], f: &mut Fields<'_>) -> Option<Vec<ExtensionId>> {
    f.ids("extension_ids", ids, limits::EXTENSIONS_BOOKED)
}

/// Shows a hold. A wallboard does not learn for whom it is.
pub fn show(hold: &Hold, revision: Revision, view: &View) -> v1::Hold {
    let slot = &hold.slot;
    let client = if view.clients() { hold.client } else { None };
    let moves = hold.moves.filter(|_| view.clients());
    v1::Hold {
        id: hold.id.to_string(),
        client_id: client.map(|id| id.to_string()).unwrap_or_default(),
        service_id: slot.service.as_str().to_owned(),
        extension_ids: slot.extensions.iter().map(ToString::to_string).collect(),
        site_id: slot.site.as_str().to_owned(),
        room_id: slot.room.as_str().to_owned(),
        therapist_id: slot.therapist.as_str().to_owned(),
        start: Some(values::cell(slot.planned.start())),
        end: Some(values::cell(slot.planned.end())),
        therapist_until: Some(values::cell(slot.occupies.therapist.end())),
        room_until: Some(values::cell(slot.occupies.room.end())),
        expires_at: Some(values::instant(hold.expires_at)),
        made_by: hold.made_by.to_string(),
        moves_appointment_id: moves.map(|id| id.to_string()).unwrap_or_default(),
        etag: values::etag(revision),
    }
}
