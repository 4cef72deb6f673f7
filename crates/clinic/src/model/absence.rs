use crate::id::{AbsenceId, TherapistId};
use crate::time::Interval;

/// Time off: a stretch in which a therapist works nowhere, whatever the shifts say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The absence's id.
    pub id: AbsenceId,
    /// Who is away.
    pub therapist: TherapistId,
    /// From when until when.
    pub time: Interval,
    /// Why, for people; such as "vacation". May be a matter of health: desks see the time only.
    pub reason: String,
}
