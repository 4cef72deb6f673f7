use jiff::Timestamp;
use jiff::civil::Date;

use crate::id::{KeyId, TherapistId, TrainingId};

/// An entry of the training log: what some therapists learned together.
///
/// What all of them took part in is one entry, so that it is entered, and corrected, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// The entry's id.
    pub id: TrainingId,
    /// What was entered.
    pub what: Learned,
    /// Who entered it, or corrected it last.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
}

/// What some therapists learned together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Who took part; at least one, each once.
    pub participants: Vec<TherapistId>,
    /// What it was.
    pub kind: TrainingKind,
    /// What it was called; not empty.
    pub title: String,
    /// Who gave it; empty when the clinic did.
    pub provider: String,
    /// What it was about, for example anatomy, techniques or reflexology; or empty.
    pub subject: String,
    /// The first local date on which it was held.
    pub first: Date,
    /// The last one; not before the first, nor later than the day of the entry.
    pub last: Date,
    /// How long it took each of them in all, in minutes; a multiple of [`Training::QUARTER`].
    pub minutes: u32,
    /// Whether it counts as continuing education.
    pub education: bool,
    /// Where it is proven, for example a certificate's number; or empty.
    pub certificate: String,
    /// A note, or empty.
    pub note: String,
}

impl Training {
    /// What hours are counted in: a quarter of one, in minutes.
    pub const QUARTER: u32 = 15;

    /// Whether a therapist took part.
    pub fn is_of(&self, therapist: TherapistId) -> bool {
        self.what.participants.contains(&therapist)
    }
}

/// What kind of training it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingKind {
    /// A training session, mostly at the clinic.
    Session,
    /// A workshop.
    Workshop,
    /// A seminar.
    Seminar,
    /// A course of several dates.
    Course,
    /// Something else.
    Other,
}
