use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{ClientId, TherapistId};

/// What stands where a name or a text of an erased client had to be something.
pub const ERASED: &str = "erased";

/// A client of the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's id.
    pub id: ClientId,
    /// The client's name.
    pub name: String,
    /// The telephone number, or empty.
    pub phone: String,
    /// The e-mail address, or empty.
    pub email: String,
    /// The date of birth, where known: it decides how long records are kept.
    pub born: Option<Date>,
    /// The therapist whom the client asks for.
    pub preferred: Option<TherapistId>,
    /// A note for the desk, or empty. Not for health information.
    pub note: String,
    /// What another product calls the client, from which they were imported; or empty. No two clients have the same.
    pub external: String,
    /// When the client came on file: the first date from which it can be counted how long records are kept. None for one who
    /// was stored before that was noted, until they are changed while nothing else on file says how long.
    pub since: Option<Timestamp>,
}
