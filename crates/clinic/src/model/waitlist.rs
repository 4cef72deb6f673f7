use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::slot::Slot;
use crate::id::{
    AppointmentId, ClientId, ExtensionId, HoldId, KeyId, RoomId, ServiceId, SiteId, TherapistId,
    WaitlistId,
};
use crate::time::{Interval, Zone};

/// A client's standing wish for a place that is not free yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitlistEntry {
    /// The entry's id.
    pub id: WaitlistId,
    /// Who waits.
    pub client: ClientId,
    /// What for.
    pub wanted: Wanted,
    /// Since when; who has waited longest is served first.
    pub since: Timestamp,
    /// Who put it on the list.
    pub by: KeyId,
    /// Where it stands.
    pub state: WaitState,
    /// The places that the client was offered and did not take, the latest last; at most
    /// [`crate::limits::WAITLIST_PASSED`].
    pub passed: Vec<Passed>,
}

/// What somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The service.
    pub service: ServiceId,
    /// The extensions wanted with it.
    pub extensions: Vec<ExtensionId>,
    /// The sites to which the client would come; at least one.
    pub sites: Vec<SiteId>,
    /// When the client can be there, from the session's start to its end; none means at any time.
    pub windows: Vec<WaitlistWindow>,
    /// With whom.
    pub therapist: WantedTherapist,
    /// A note for the desk, or empty. Not for health information.
    pub note: String,
}

/// With whom somebody wants a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedTherapist {
    /// With anyone.
    Anyone,
    /// With this therapist if possible.
    Preferred(TherapistId),
    /// With nobody else.
    Only(TherapistId),
}

impl WantedTherapist {
    /// The therapist who is named.
    pub const fn named(self) -> Option<TherapistId> {
        match self {
            Self::Anyone => None,
            Self::Preferred(id) | Self::Only(id) => Some(id),
        }
    }

    /// The therapist whom alone it may be.
    pub const fn only(self) -> Option<TherapistId> {
        match self {
            Self::Only(id) => Some(id),
            Self::Anyone | Self::Preferred(_) => None,
        }
    }

    /// The therapist who is put first if they are free.
    pub const fn preferred(self) -> Option<TherapistId> {
        match self {
            Self::Preferred(id) => Some(id),
            Self::Anyone | Self::Only(_) => None,
        }
    }
}

/// A stretch of local time on each of some dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitlistWindow {
    /// The first date; none means from now on.
    pub first: Option<Date>,
    /// The last date, not before `first`; none means until further notice.
    pub last: Option<Date>,
    /// On which days of the week.
    pub days: Weekdays,
    /// The earliest start of a session.
    pub from: Time,
    /// The latest end of a session, later than `from`; midnight means the end of the day.
    pub until: Time,
}

impl WaitlistWindow {
    /// The window's time on one local date; none when it has none there.
    pub fn on(&self, date: Date, zone: &Zone) -> Option<Interval> {
        let within = self.first.is_none_or(|first| first <= date)
            && self.last.is_none_or(|last| date <= last)
            && self.days.has(date.weekday());
        within
            .then(|| zone.between(date, self.from, self.until))
            .flatten()
    }
}

/// A set of days of the week; never empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// The set of these days; every day when there are none.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Self {
        let bits = days.into_iter().fold(0, |bits, day| bits | Self::bit(day));
        if bits == 0 { Self::ALL } else { Self(bits) }
    }

    /// Whether a day is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// The days, from Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        (0..7)
            .filter_map(|offset| Weekday::from_monday_zero_offset(offset).ok())
            .filter(move |&day| self.has(day))
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }
}

impl fmt::Debug for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Where an entry stands.
///
/// ```text
/// waiting <-> offered -> booked
///    \___________\-----> withdrawn
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitState {
    /// The client waits.
    Waiting,
    /// A place is held for the client, who has not answered yet.
    Offered(Box<Offer>),
    /// The client got a place.
    Booked {
        /// Which.
        appointment: AppointmentId,
        /// When.
        at: Timestamp,
    },
    /// The client does not wait any more.
    Withdrawn {
        /// Since when.
        at: Timestamp,
        /// Who said so.
        by: KeyId,
    },
}

/// A [`WaitState`] without what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitlistPhase {
    /// See [`WaitState::Waiting`].
    Waiting,
    /// See [`WaitState::Offered`].
    Offered,
    /// See [`WaitState::Booked`].
    Booked,
    /// See [`WaitState::Withdrawn`].
    Withdrawn,
}

impl fmt::Display for WaitlistPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Booked => "booked",
            Self::Withdrawn => "withdrawn",
        })
    }
}

/// A place that is held for somebody on the waitlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The hold, which has the same slot and expires at the same time.
    pub hold: HoldId,
    /// What is offered.
    pub slot: Slot,
    /// When the offer was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: KeyId,
    /// Until when the place is held.
    pub expires_at: Timestamp,
    /// That the client was told, once they were.
    pub contact: Option<Contact>,
    /// What became free together with it and goes to who waits next, once this client was told or the offer has
    /// ended: the desk has one of them to call at a time, and nobody's time to be called runs out meanwhile.
    pub rest: Vec<Freed>,
}

/// A time that became free in a room and of a therapist, of one of them, or at a site that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freed {
    /// The site.
    pub site: SiteId,
    /// When.
    pub time: Interval,
    /// The room, if one became free.
    pub room: Option<RoomId>,
    /// The therapist, if one became free.
    pub therapist: Option<TherapistId>,
}

/// That a client was told of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: KeyId,
}

/// A place that a client was offered and did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Where it was.
    pub site: SiteId,
    /// With whom.
    pub therapist: TherapistId,
    /// When the session would have been.
    pub time: Interval,
    /// How it was passed over.
    pub how: PassedOver,
    /// When.
    pub at: Timestamp,
}

/// How a place was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassedOver {
    /// The client did not want it.
    Declined,
    /// The client did not answer in time.
    Lapsed,
    /// The hold was given up without an answer.
    Released,
}

impl WaitlistEntry {
    /// Whether the client still waits, with an offer or without.
    pub const fn is_live(&self) -> bool {
        matches!(self.state, WaitState::Waiting | WaitState::Offered(_))
    }

    /// The open offer.
    pub fn offer(&self) -> Option<&Offer> {
        match &self.state {
            WaitState::Offered(offer) => Some(offer),
            _ => None,
        }
    }

    /// Where it stands.
    pub const fn phase(&self) -> WaitlistPhase {
        match self.state {
            WaitState::Waiting => WaitlistPhase::Waiting,
            WaitState::Offered(_) => WaitlistPhase::Offered,
            WaitState::Booked { .. } => WaitlistPhase::Booked,
            WaitState::Withdrawn { .. } => WaitlistPhase::Withdrawn,
        }
    }

    /// Whether the client was offered this place and did not take it: the same time at the same site.
    /// To somebody who asks for a therapist, another therapist at that time is another place.
    pub fn has_passed(&self, slot: &Slot) -> bool {
        let anyone = self.wanted.therapist == WantedTherapist::Anyone;
        self.passed.iter().any(|passed| {
            passed.site == slot.site
                && passed.time.overlaps(slot.planned)
                && (anyone || passed.therapist == slot.therapist)
        })
    }
}
