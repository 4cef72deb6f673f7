//! What could not be had of a series, as the commit of the others keeps it.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::AppointmentId;
use treadwell_clinic::refusal::{Impossible, SlotRefusal, WhyNot};

use super::fault::{outcome_form, outcome_of};
use super::value::{cell, forms, id, id_or_none, list, part, small};
use super::{Bad, Stored};

impl Stored for Impossible {
    type Form = stored::Impossible;

    fn form(&self) -> stored::Impossible {
        let mut time = stored::WrongTime::Unspecified;
        let mut screening = stored::ScreeningOutcome::Unspecified;
        let mut slot = None;
        match &self.why {
            WhyNot::Past(_) => time = stored::WrongTime::Past,
            WhyNot::TooFarAhead(_) => time = stored::WrongTime::TooFarAhead,
            WhyNot::Screening(kind) => screening = outcome_form(*kind),
            WhyNot::Slot(refused) => slot = Some(refused.form()),
        }
        stored::Impossible {
            number: self.number.into(),
            site: self.site.to_string(),
            start: self.start.number(),
            appointment: self.appointment.map(AppointmentId::number),
            time: time.into(),
            slot,
            screening: screening.into(),
        }
    }

    fn read(form: stored::Impossible) -> Result<Self, Bad> {
        Ok(Self {
            number: small("impossible.number", form.number)?,
            site: id("impossible.site", &form.site)?,
            start: cell("impossible.start", form.start)?,
            appointment: form.appointment.map(AppointmentId::new),
            why: match form.time() {
                stored::WrongTime::Past => WhyNot::Past(None),
                stored::WrongTime::TooFarAhead => WhyNot::TooFarAhead(None),
                stored::WrongTime::Unspecified => match outcome_of(form.screening()) {
                    Some(kind) => WhyNot::Screening(kind),
                    None => WhyNot::Slot(Box::new(part("impossible.slot", form.slot)?)),
                },
            },
        })
    }
}

impl Stored for SlotRefusal {
    type Form = stored::SlotRefusal;

    fn form(&self) -> stored::SlotRefusal {
        let (room, therapist) = self.nearest.unzip();
        stored::SlotRefusal {
            room: room.map(|room| room.to_string()),
            therapist: therapist.map(|therapist| therapist.to_string()),
            faults: forms(&self.faults),
            alternatives: forms(&self.alternatives),
            other_places: forms(&self.other_services),
        }
    }

    fn read(form: stored::SlotRefusal) -> Result<Self, Bad> {
        let room = id_or_none("slot.room", form.room.as_deref())?;
        let therapist = id_or_none("slot.therapist", form.therapist.as_deref())?;
        Ok(Self {
            nearest: room.zip(therapist),
            faults: list(form.faults)?,
            alternatives: list(form.alternatives)?,
            other_services: list(form.other_places)?,
        })
    }
}
