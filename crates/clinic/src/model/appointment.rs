use jiff::Timestamp;
use thiserror::Error;

use super::fault::Fault;
use super::screening::{Reason, Screening};
use super::slot::Slot;
use crate::id::{AppointmentId, ClientId, DeclarationId, KeyId, RuleSetId, SeriesId};

/// A client's session with a therapist in a room, from booking to completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// The appointment's id.
    pub id: AppointmentId,
    /// Whose session.
    pub client: ClientId,
    /// What, where, by whom, when, and what it occupies by plan.
    pub slot: Slot,
    /// Where it stands in its life cycle, with the actual times.
    pub state: State,
    /// A therapist's decision on a screening that needs review.
    pub review: Option<Box<Review>>,
    /// That the client, being here, said that nothing has changed since they declared their health.
    pub reconfirmed: Option<Reconfirmation>,
    /// What stands against it as judged last, for a person to resolve. In order of precedence.
    pub flags: Vec<Fault>,
    /// The price before tax as booked, in cents.
    pub price_cents: u32,
    /// What of the price its extensions cost, and what is charged if it does not take place.
    pub charges: Charges,
    /// A note for the desk, or `None`. Not for health information.
    pub note: Option<Box<str>>,
    /// Who booked it.
    pub booked_by: KeyId,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// The series that it was booked in, if any.
    pub series: Option<SeriesPlace>,
    /// What another product calls it, from which it was imported. Of those with the same all but one were undone.
    pub external: Option<Box<str>>,
}

/// An appointment's place in a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesPlace {
    /// The series.
    pub id: SeriesId,
    /// The how manieth it is, from 1. It keeps its number wherever it is moved.
    pub number: u16,
    /// How many were asked for; some may have been skipped.
    pub of: u16,
}

impl Appointment {
    /// Whether it keeps its slot from others: everything but a cancelled one and a no-show.
    pub const fn occupies(&self) -> bool {
        !matches!(self.state, State::Cancelled(_) | State::NoShow { .. })
    }

    /// The therapist's decision on a screening, if one was made on the same findings of the same declaration and rules.
    /// At another time the same answers may say something else.
    pub fn review_of(&self, screening: &Screening) -> Option<&Review> {
        self.review.as_deref().filter(|review| {
            review.declaration == screening.declaration
                && review.rule_set == screening.rule_set
                && review.version == screening.version
                && *review.reasons == *screening.reasons
        })
    }

    /// Whether it is still to come: booked, confirmed or arrived.
    pub const fn is_ahead(&self) -> bool {
        matches!(
            self.state,
            State::Booked | State::Confirmed | State::Arrived { .. }
        )
    }
}

/// How an appointment's price is made up, and what takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charges {
    /// What of the price each extension costs, in the order of the slot's extensions, in cents.
    pub extensions: Box<[u32]>,
    /// What is charged because it was cancelled late or not kept, before tax, in cents.
    pub fee_cents: u32,
}

/// Where an appointment stands. The methods are the only steps there are:
///
/// ```text
/// booked    -> confirmed | arrived | cancelled | no-show
/// confirmed ->             arrived | cancelled | no-show
/// arrived   -> in session | cancelled
/// in session -> completed
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Booked.
    Booked,
    /// The client confirmed that they will come.
    Confirmed,
    /// The client is at the site.
    Arrived {
        /// Since when.
        arrived: Timestamp,
    },
    /// The session is going on.
    InSession {
        /// When the client arrived.
        arrived: Timestamp,
        /// When the session started.
        started: Timestamp,
    },
    /// The session is over.
    Completed(Box<Session>),
    /// It was cancelled.
    Cancelled(Box<Cancellation>),
    /// The client did not come.
    NoShow {
        /// When that was recorded.
        at: Timestamp,
    },
}

/// The actual times of a session that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// When the client arrived.
    pub arrived: Timestamp,
    /// When the session started.
    pub started: Timestamp,
    /// When it was over.
    pub finished: Timestamp,
    /// Why it was stopped early, if it was.
    pub stopped: Option<Box<str>>,
    /// How the room was made ready afterwards. None while its checklist is open, and when there is none.
    pub ready: Option<RoomReady>,
}

/// How a room was made ready after a session: the end of its turnover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomReady {
    /// When the last item of the checklist was done.
    pub at: Timestamp,
    /// Whether that was later than planned.
    pub late: bool,
}

/// How an appointment was cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: KeyId,
    /// Why, as a code.
    pub reason: CancelReason,
    /// Why, in words, or empty.
    pub note: Box<str>,
    /// Whether it came after the notice that the policy asks for.
    pub late: bool,
}

/// Why an appointment was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// The client asked for it.
    ClientRequest,
    /// The client is ill.
    Illness,
    /// Screening, or the therapist's review of it, stands against the session.
    Screening,
    /// The therapist can not come.
    TherapistAbsent,
    /// The room, or what is in it, can not be used.
    RoomUnavailable,
    /// The weather.
    Weather,
    /// It was booked by mistake.
    Mistake,
    /// Something else; the note says what.
    Other,
    /// The booking was undone by whoever made it. Not to be given by hand.
    Undone,
}

/// What a client, being at the site, said when asked whether anything has changed since they declared their health:
/// nothing has. It is recorded without a look at the answers, and makes none of them younger: an answer is good for as
/// long as it would be without, and a window ends when it would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconfirmation {
    /// Who asked.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
    /// The declaration since which nothing has changed. After a later one it is to be asked again, about what that one
    /// left as it was.
    pub declaration: DeclarationId,
}

/// A therapist's decision on a screening that needs review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The decision.
    pub decision: ReviewDecision,
    /// What the therapist notes: how the session is modified, or why it is declined. May be empty
    /// when the session goes ahead unmodified. Health information.
    pub note: String,
    /// Who decided.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
    /// The declaration that the decision was made on. A later one asks for a new decision.
    pub declaration: Option<DeclarationId>,
    /// The rule set that it was made on.
    pub rule_set: RuleSetId,
    /// Its version. A later one asks for a new decision.
    pub version: u32,
    /// What the screening found at the time for which it was judged. Health information.
    pub reasons: Vec<Reason>,
}

/// What a therapist decides on a screening that needs review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewDecision {
    /// Go ahead.
    Proceed,
    /// Go ahead with the modification that the note describes.
    Modify,
    /// Do not give this session.
    Decline,
}

/// Where an appointment stands, without the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Booked.
    Booked,
    /// Confirmed by the client.
    Confirmed,
    /// The client is at the site.
    Arrived,
    /// The session is going on.
    InSession,
    /// The session is over.
    Completed,
    /// Cancelled.
    Cancelled,
    /// The client did not come.
    NoShow,
}

/// A step in an appointment's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// To confirm it.
    Confirm,
    /// To check the client in.
    CheckIn,
    /// To start the session.
    Start,
    /// To make the session longer.
    Extend,
    /// To finish the session.
    Finish,
    /// To cancel it.
    Cancel,
    /// To record that the client did not come.
    NoShow,
    /// To move it to another slot.
    Move,
    /// To decide on its screening.
    Review,
    /// To record that nothing has changed since the client declared their health.
    Reconfirm,
    /// To write notes on it, or to add to them.
    Note,
    /// To sign the notes on it.
    Sign,
    /// To give its client advice for afterwards.
    GiveAftercare,
}

/// The step that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an appointment that is {phase:?} has no step {verb:?}")]
pub struct WrongPhase {
    /// Where the appointment stands.
    pub phase: Phase,
    /// What was asked for.
    pub verb: Verb,
}

impl State {
    /// Where it stands, without the times.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Booked => Phase::Booked,
            Self::Confirmed => Phase::Confirmed,
            Self::Arrived { .. } => Phase::Arrived,
            Self::InSession { .. } => Phase::InSession,
            Self::Completed(_) => Phase::Completed,
            Self::Cancelled(_) => Phase::Cancelled,
            Self::NoShow { .. } => Phase::NoShow,
        }
    }

    /// Fails unless `verb` may be done from here.
    pub const fn allows(&self, verb: Verb) -> Result<(), WrongPhase> {
        let phase = self.phase();
        let allowed = match verb {
            Verb::Confirm => matches!(phase, Phase::Booked),
            Verb::CheckIn | Verb::NoShow => matches!(phase, Phase::Booked | Phase::Confirmed),
            Verb::Start => matches!(phase, Phase::Arrived),
            Verb::Extend | Verb::Finish => matches!(phase, Phase::InSession),
            Verb::Note => matches!(phase, Phase::InSession | Phase::Completed),
            Verb::Sign | Verb::GiveAftercare => matches!(phase, Phase::Completed),
            Verb::Cancel | Verb::Move | Verb::Review | Verb::Reconfirm => {
                matches!(phase, Phase::Booked | Phase::Confirmed | Phase::Arrived)
            }
        };
        if allowed {
            Ok(())
        } else {
            Err(WrongPhase { phase, verb })
        }
    }

    /// The client confirms.
    pub fn confirm(&self) -> Result<Self, WrongPhase> {
        self.allows(Verb::Confirm)?;
        Ok(Self::Confirmed)
    }

    /// The client arrives.
    pub fn check_in(&self, arrived: Timestamp) -> Result<Self, WrongPhase> {
        self.allows(Verb::CheckIn)?;
        Ok(Self::Arrived { arrived })
    }

    /// The session starts.
    pub fn start(&self, started: Timestamp) -> Result<Self, WrongPhase> {
        match *self {
            Self::Arrived { arrived } => Ok(Self::InSession { arrived, started }),
            _ => Err(self.wrong(Verb::Start)),
        }
    }

    /// The session ends, early with a reason if it was stopped.
    pub fn finish(
        &self,
        finished: Timestamp,
        stopped: Option<Box<str>>,
    ) -> Result<Self, WrongPhase> {
        match *self {
            Self::InSession { arrived, started } => Ok(Self::Completed(Box::new(Session {
                arrived,
                started,
                finished,
                stopped,
                ready: None,
            }))),
            _ => Err(self.wrong(Verb::Finish)),
        }
    }

    /// It is cancelled.
    pub fn cancel(&self, cancellation: Cancellation) -> Result<Self, WrongPhase> {
        self.allows(Verb::Cancel)?;
        Ok(Self::Cancelled(Box::new(cancellation)))
    }

    /// The client did not come.
    pub fn no_show(&self, at: Timestamp) -> Result<Self, WrongPhase> {
        self.allows(Verb::NoShow)?;
        Ok(Self::NoShow { at })
    }

    const fn wrong(&self, verb: Verb) -> WrongPhase {
        WrongPhase {
            phase: self.phase(),
            verb,
        }
    }
}
