use jiff::Timestamp;

use super::guide::Level;
use crate::id::{AppointmentId, AreaId, ClientId, KeyId, SiteId, TechniqueId, ZoneId};

/// A therapist's notes on one session: a draft until they are signed, unchangeable from then on.
/// Health information.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The appointment, whose one record it is.
    pub appointment: AppointmentId,
    /// Whose session.
    pub client: ClientId,
    /// Where it was.
    pub site: SiteId,
    /// What was written.
    pub notes: Notes,
    /// Who wrote the draft last.
    pub written: Mark,
    /// Who signed the notes, once somebody did.
    pub signed: Option<Mark>,
    /// What was added after the signature, the earliest first.
    pub addenda: Vec<Addendum>,
}

/// By which key, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The key.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
}

/// What was added to signed notes. Its mark is its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addendum {
    /// What is added or corrected; not empty.
    pub text: String,
    /// By whom, and when.
    pub mark: Mark,
}

/// What a therapist notes of a session. Ids are those of [`super::Guide`]; they say by themselves what
/// they mean, and go on doing so when the guide has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// How deep the work was; each area once.
    pub pressure: Vec<Pressure>,
    /// The techniques; each once.
    pub techniques: Vec<TechniqueId>,
    /// The areas of the body that were treated; each once.
    pub areas: Vec<AreaId>,
    /// The reflex zones that were treated; each once.
    pub zones: Vec<ZoneId>,
    /// What was found tender; each place once.
    pub tender: Vec<Tender>,
    /// What the client said of it, or empty.
    pub feedback: String,
    /// How the treatment was modified, or empty.
    pub modifications: String,
    /// What the client was advised to have looked at, and by whom; empty when nothing was.
    pub referral: String,
}

impl Notes {
    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How deep the work on an area was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// The area.
    pub area: AreaId,
    /// How deep it was at first.
    pub began: Level,
    /// How deep it was in the end.
    pub ended: Level,
    /// How and why it changed, or empty.
    pub change: String,
}

/// A place that was found tender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// Where.
    pub place: Place,
    /// What is to be said of it, or empty.
    pub note: String,
}

/// A place on the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An area.
    Area(AreaId),
    /// A reflex zone of the foot.
    Zone(ZoneId),
}
