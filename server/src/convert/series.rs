//! Series: what is asked, and what became of each appointment.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{NewPlace, OnImpossible, SeriesScope};
use treadwell_clinic::refusal::{Impossible, WhyNot};

use super::fields::Fields;
use super::words::Words;
use super::{fault, hold, values};
use crate::access::View;

/// Reads what becomes of the others when one can not be had.
pub fn read_on_impossible(choice: i32, f: &mut Fields<'_>) -> Option<OnImpossible> {
    f.choice("on_impossible", choice, |choice| match choice {
        v1::OnImpossible::Unspecified => None,
        v1::OnImpossible::FailAll => Some(OnImpossible::FailAll),
        v1::OnImpossible::Skip => Some(OnImpossible::Skip),
    })
}

/// Reads which others of a series are meant.
pub fn read_scope(scope: i32, f: &mut Fields<'_>) -> Option<SeriesScope> {
    f.choice("scope", scope, |scope| match scope {
        v1::SeriesScope::Unspecified => None,
        v1::SeriesScope::Following => Some(SeriesScope::Following),
        v1::SeriesScope::All => Some(SeriesScope::All),
    })
}

/// The fields that the requests to move share.
#[derive(Clone, Copy, Debug)]
pub struct To<'m> {
    /// The new start.
    pub start: Option<&'m prost_types::Timestamp>,
    /// The new site.
    pub site_id: &'m str,
    /// The new room.
    pub room_id: &'m str,
    /// The new therapist.
    pub therapist_id: &'m str,
    /// The new extensions.
    pub extensions: Option<&'m v1::ExtensionList>,
}

impl To<'_> {
    /// Reads where an appointment moves to.
    pub fn read(self, f: &mut Fields<'_>) -> Option<NewPlace> {
        let start = f.optional_cell("start", self.start);
        let site = f.optional_id("site_id", self.site_id);
        let room = f.optional_id("room_id", self.room_id);
        let therapist = f.optional_id("therapist_id", self.therapist_id);
        let extensions = match self.extensions {
            None => Some(None),
            Some(list) => {
                hold::read_extensions(&list.extension_ids, &mut f.inside("extensions")).map(Some)
            }
        };
        Some(NewPlace {
            start: start?,
            site: site?,
            room: room?,
            therapist: therapist?,
            extensions: extensions?,
        })
    }
}

/// Shows one that was booked or moved. One alone is the first.
pub fn show_done(appointment: v1::Appointment) -> v1::SeriesResult {
    let number = appointment.series.as_ref().map(|place| place.number);
    v1::SeriesResult {
        number: number.unwrap_or(1),
        start: appointment.start,
        appointment_id: appointment.id.clone(),
        appointment: Some(appointment),
        ..v1::SeriesResult::default()
    }
}

/// Shows one that could not be had.
pub fn show_impossible(one: &Impossible, clinic: &Clinic, view: &View) -> v1::SeriesResult {
    v1::SeriesResult {
        number: one.number.into(),
        start: Some(values::cell(one.start)),
        appointment: None,
        appointment_id: one.appointment.map(|id| id.to_string()).unwrap_or_default(),
        obstacles: obstacles(&one.why, clinic, view),
        alternatives: match &one.why {
            WhyNot::Slot(slot) => fault::alternatives(slot, view),
            WhyNot::Past(_) | WhyNot::TooFarAhead(_) | WhyNot::Screening(_) => Vec::new(),
        },
    }
}

/// The API's reason for one that can not be had.
pub fn reason(why: &WhyNot) -> v1::Reason {
    match why {
        WhyNot::Past(_) => v1::Reason::InThePast,
        WhyNot::TooFarAhead(_) => v1::Reason::BeyondHorizon,
        WhyNot::Screening(kind) => fault::screening_reason(*kind),
        WhyNot::Slot(slot) => slot
            .faults
            .first()
            .map_or(v1::Reason::NothingFree, fault::reason),
    }
}

fn obstacles(why: &WhyNot, clinic: &Clinic, view: &View) -> Vec<v1::Obstacle> {
    match why {
        WhyNot::Slot(slot) if !slot.faults.is_empty() => slot
            .faults
            .iter()
            .map(|found| fault::obstacle(found, clinic, view))
            .collect(),
        _ => vec![v1::Obstacle {
            subject_kind: match why {
                WhyNot::Screening(_) => "client",
                _ => "time",
            }
            .to_owned(),
            reason: fault::reason_name(reason(why)).to_owned(),
            text: Words(clinic).why_not(why),
            ..v1::Obstacle::default()
        }],
    }
}
