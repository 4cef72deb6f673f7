use jiff::Timestamp;

use super::session_record::Mark;
use crate::id::{AppointmentId, ClientId, ServiceId, SiteId, TherapistId};

/// The advice that a client got after a session, as it was given. It tells nothing about their health:
/// everybody gets the same after the same service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftercare {
    /// The appointment.
    pub appointment: AppointmentId,
    /// Whose session.
    pub client: ClientId,
    /// Where it was.
    pub site: SiteId,
    /// What the sheet says, as it was issued last.
    pub sheet: Sheet,
    /// By whom and when it was issued, the earliest first. Never empty.
    pub issued: Vec<Mark>,
}

/// What a client is told after a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The service.
    pub service: ServiceId,
    /// Who gave it.
    pub therapist: TherapistId,
    /// When the session was over, from which everything is counted.
    pub finished: Timestamp,
    /// What the client is told, line by line.
    pub lines: Vec<SheetLine>,
}

/// One piece of advice, with its time put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine {
    /// What the client is told.
    pub text: String,
    /// Until when it holds, where it ends.
    pub until: Option<Timestamp>,
}
