use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{CredentialId, KeyId, SiteId, TherapistId};

/// A therapist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Therapist {
    /// The therapist's id.
    pub id: TherapistId,
    /// The name that people see.
    pub name: String,
    /// The sites at which the therapist may have shifts. Never empty.
    pub sites: Vec<SiteId>,
    /// The credentials held, at most one of a kind.
    pub credentials: Vec<Credential>,
    /// The registration printed on receipts.
    pub registration: Option<Registration>,
    /// Whether the therapist no longer takes new work.
    pub retired: bool,
}

impl Therapist {
    /// The credential of a kind, valid or not.
    pub fn credential(&self, kind: CredentialId) -> Option<&Credential> {
        self.credentials
            .iter()
            .find(|credential| credential.kind == kind)
    }

    /// Whether the therapist holds a credential of this kind that is valid on a local date.
    pub fn holds(&self, kind: CredentialId, date: Date) -> bool {
        self.credential(kind)
            .is_some_and(|credential| credential.is_valid(date))
    }
}

/// Something that entitles a therapist to offer a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What it entitles to.
    pub kind: CredentialId,
    /// Who issued it.
    pub issuer: String,
    /// Its number, as the issuer writes it.
    pub number: String,
    /// The last local date on which it is valid; none when it does not expire.
    pub expires: Option<Date>,
}

impl Credential {
    /// Whether it is valid on a local date.
    pub fn is_valid(&self, date: Date) -> bool {
        self.expired(date).is_none()
    }

    /// Its last date, when that lies before a local date.
    pub fn expired(&self, date: Date) -> Option<Date> {
        self.expires.filter(|&last| last < date)
    }
}

/// A therapist's registration with an association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The association's name.
    pub association: String,
    /// The therapist's number there.
    pub number: String,
    /// The last local date on which it is valid; none when it does not expire. Nothing is refused for it: it
    /// is warned of.
    pub expires: Option<Date>,
}

impl Registration {
    /// Whether it is valid on a local date.
    pub fn is_valid(&self, date: Date) -> bool {
        self.expires.is_none_or(|last| date <= last)
    }
}

/// One day's entry in a therapist's foot-care log.
///
/// A barefoot session can not be started unless the therapist has attested on the day that the
/// feet are cared for and free of polish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FootCare {
    /// Whose feet.
    pub therapist: TherapistId,
    /// The local date the entry is for.
    pub date: Date,
    /// What was done for them.
    pub care: Care,
    /// Whether the nails are attested to be free of polish. Only this makes the therapist ready.
    pub polish_free: bool,
    /// Who made the entry.
    pub by: KeyId,
    /// When the entry was made.
    pub at: Timestamp,
}

/// What was done for a therapist's feet on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// They were soaked.
    pub soak: bool,
    /// They were scrubbed.
    pub scrub: bool,
    /// They had a pedicure.
    pub pedicure: bool,
}
