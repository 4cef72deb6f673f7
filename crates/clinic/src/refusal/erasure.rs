//! Refusals about erasing a client.

use jiff::civil::Date;
use thiserror::Error;

use crate::id::{AppointmentId, HoldId, WaitlistId};
use crate::model::RecordId;

/// Why a client is not erased, or why nothing can be done with what is left of one. In order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ErasureRefusal {
    /// The records have to be kept still.
    #[error("the records are to be kept {}", last_day(.until.as_ref()))]
    Kept {
        /// The last local date on which they have to be; none when nothing is on file from which it could be counted.
        until: Option<Date>,
    },
    /// Something is open between the client and the clinic. At least one.
    #[error("{}", each(.0))]
    Unsettled(Vec<Open>),
    /// It was about a client who has been erased.
    #[error("the client was erased")]
    Erased,
}

/// Something that is open between a client and the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// An appointment that nobody has completed, cancelled or recorded as a no-show.
    Appointment(AppointmentId),
    /// An appointment that is not paid, or of which something is to be paid back.
    Balance {
        /// Which.
        appointment: AppointmentId,
        /// What is due, in cents; negative when the client gets something back.
        due_cents: i64,
    },
    /// A live hold.
    Hold(HoldId),
    /// A live entry of the waitlist.
    Waiting(WaitlistId),
}

impl Open {
    /// The record that it is about.
    pub const fn what(&self) -> RecordId {
        match *self {
            Self::Appointment(id)
            | Self::Balance {
                appointment: id, ..
            } => RecordId::Appointment(id),
            Self::Hold(id) => RecordId::Hold(id),
            Self::Waiting(id) => RecordId::WaitlistEntry(id),
        }
    }

    /// What is to be done first, for people.
    pub fn advice(&self) -> String {
        match self {
            Self::Appointment(id) => {
                format!("appointment {id} is open: complete or cancel it, or record a no-show")
            }
            Self::Balance {
                appointment,
                due_cents,
            } => {
                let cents = due_cents.unsigned_abs();
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                let to_do = if *due_cents < 0 {
                    "to be paid back"
                } else {
                    "to be paid"
                };
                format!(
                    "{amount} of appointment {appointment} is still {to_do}, or to be given up with the erasure"
                )
            }
            Self::Hold(id) => format!("hold {id} keeps a place: release it"),
            Self::Waiting(id) => format!("waitlist entry {id} is live: withdraw it"),
        }
    }
}

impl ErasureRefusal {
    /// The stable code.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Kept { .. } => "RETENTION_NOT_ENDED",
            Self::Unsettled(_) => "CLIENT_NOT_SETTLED",
            Self::Erased => "CLIENT_ERASED",
        }
    }
}

fn last_day(date: Option<&Date>) -> String {
    match date {
        Some(date) => format!("until the end of {date}"),
        None => "as long as nothing on file has a date; a change to the client gives them one"
            .to_owned(),
    }
}

fn each(all: &[Open]) -> String {
    let texts: Vec<_> = all.iter().map(Open::advice).collect();
    texts.join("; ")
}
