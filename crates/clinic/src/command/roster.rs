use jiff::civil::Date;

use super::Revision;
use crate::id::{AbsenceId, ShiftId, SiteId, TemplateId, TherapistId};
use crate::model::{Care, DayShift};
use crate::time::Interval;

/// See [`super::Command::AttestFootCare`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestFootCare {
    /// Whose feet.
    pub therapist: TherapistId,
    /// The site whose local date is today's.
    pub site: SiteId,
    /// What was done for them.
    pub care: Care,
    /// Whether the nails are free of polish.
    pub polish_free: bool,
}

/// A shift to create or to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutShift {
    /// Which shift to replace; `None` creates one.
    pub shift: Option<ShiftId>,
    /// Who works.
    pub therapist: TherapistId,
    /// Where.
    pub site: SiteId,
    /// From when until when.
    pub time: Interval,
    /// Breaks inside the shift, in order and apart from each other.
    pub breaks: Vec<Interval>,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}

/// See [`super::Command::PutTemplate`]. The fields are those of [`crate::model::WeekTemplate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutTemplate {
    /// Which template to replace; `None` creates one. Its therapist and site stay.
    pub template: Option<TemplateId>,
    /// Who works.
    pub therapist: TherapistId,
    /// Where.
    pub site: SiteId,
    /// The first local date on which it is in force.
    pub first: Date,
    /// The last one, if an end is set.
    pub last: Option<Date>,
    /// It holds every so many weeks.
    pub every_weeks: u8,
    /// The shifts of each day of the week, from Monday on.
    pub days: [Vec<DayShift>; 7],
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}

/// See [`super::Command::PutAbsence`]. The fields are those of [`crate::model::Absence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutAbsence {
    /// Which to replace; `None` creates one. Its therapist stays.
    pub absence: Option<AbsenceId>,
    /// Who is away.
    pub therapist: TherapistId,
    /// From when until when.
    pub time: Interval,
    /// Why.
    pub reason: String,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}
