//! Who came: kept appointments, no-shows and cancellations.

use super::{Range, Row, count_appointments};
use crate::clinic::Clinic;
use crate::model::{Appointment, Site, State};

/// What became of the appointments of a period. All of them are one of the five kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attendance {
    /// All that were planned. Where one was moved to, there it counts.
    pub appointments: u32,
    /// Completed.
    pub completed: u32,
    /// Still to come or in session; of a past period, never said to be anything else.
    pub open: u32,
    /// Recorded as no-shows.
    pub no_shows: u32,
    /// Cancelled before the notice that the policy asked for then.
    pub cancelled: u32,
    /// Cancelled after that notice, by whomever.
    pub cancelled_late: u32,
    /// The minutes that no-shows and late cancellations were planned for, turnover not included.
    pub lost_minutes: u64,
}

/// No-shows and cancellations at a site, by the date for which they were planned.
pub fn attendance(clinic: &Clinic, site: &Site, range: &Range) -> Vec<Row<Attendance>> {
    count_appointments(clinic, site, range, count)
}

fn count(figures: &mut Attendance, appointment: &Appointment) {
    figures.appointments += 1;
    let lost = match &appointment.state {
        State::Completed(_) => {
            figures.completed += 1;
            false
        }
        State::Booked | State::Confirmed | State::Arrived { .. } | State::InSession { .. } => {
            figures.open += 1;
            false
        }
        State::NoShow { .. } => {
            figures.no_shows += 1;
            true
        }
        State::Cancelled(cancelled) if cancelled.late => {
            figures.cancelled_late += 1;
            true
        }
        State::Cancelled(_) => {
            figures.cancelled += 1;
            false
        }
    };
    if lost {
        figures.lost_minutes += u64::from(appointment.slot.planned.minutes());
    }
}
