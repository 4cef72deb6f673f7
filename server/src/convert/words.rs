//! What stands against something, in words for people: names instead of ids, the site's own clock, and
//! never health data.

use treadwell_clinic::Clinic;
use treadwell_clinic::id::{RoomId, SiteId, StockItemId, TherapistId};
use treadwell_clinic::model::{
    BarsFault, Blocker, CredentialFault, Fault, OutcomeKind, Phase, Retired, Verb,
};
use treadwell_clinic::refusal::{Impossible, Refusal, Upkeep, WhyNot};
use treadwell_clinic::time::{Cell, Interval};

use super::values;

/// The words of one clinic.
#[derive(Clone, Copy, Debug)]
pub struct Words<'c>(pub &'c Clinic);

impl Words<'_> {
    /// A room's name.
    pub fn room(self, id: RoomId) -> String {
        self.0
            .room(id)
            .map_or_else(|| id.to_string(), |room| room.name.clone())
    }

    /// A therapist's name, as the board shows it.
    pub fn therapist(self, id: TherapistId) -> String {
        let known = self.0.therapist(id);
        known.map_or_else(|| id.to_string(), |it| values::short_name(&it.name))
    }

    /// A site's name.
    pub fn site(self, id: SiteId) -> String {
        self.0
            .site(id)
            .map_or_else(|| id.to_string(), |site| site.name.clone())
    }

    /// An item in stock, by name.
    pub fn stock_item(self, site: SiteId, item: StockItemId) -> String {
        let kept = self.0.stock_item(site, item);
        kept.map_or_else(|| item.to_string(), |kept| kept.name.clone())
    }

    /// A time on the clock of a room's site, such as `Fri 16 Oct 15:00`.
    pub(super) fn time_at(self, room: RoomId, at: Cell) -> String {
        let room = self.0.room(room);
        room.map_or_else(|| at.to_string(), |room| self.time_on(room.site, at))
    }

    /// A time on a site's clock, in the same form.
    fn time_on(self, site: SiteId, at: Cell) -> String {
        let Some(site) = self.0.site(site) else {
            return at.to_string();
        };
        let local = site.zone.local(at.timestamp());
        local.strftime("%a %-d %b %H:%M").to_string()
    }

    /// A time from start to end on a site's clock, such as `Fri 16 Oct 15:00-16:00`.
    pub(super) fn time_in(self, site: SiteId, time: Interval) -> String {
        let Some(site) = self.0.site(site) else {
            return format!("{}-{}", time.start(), time.end());
        };
        let end = site.zone.local(time.end().timestamp());
        let start = self.time_on(site.id, time.start());
        format!("{start}-{}", end.strftime("%H:%M"))
    }

    /// A fault. Ids of what clashes are left out: not everybody may see them.
    pub fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::Retired(Retired::Service) => "The service is not offered any more.".to_owned(),
            Fault::Retired(Retired::Room) => "The room is not used any more.".to_owned(),
            Fault::Retired(Retired::Therapist) => {
                "The therapist does not work here any more.".to_owned()
            }
            Fault::LacksEquipment { room, .. } => {
                format!("{} does not have what the service needs.", self.room(*room))
            }
            Fault::Credential {
                therapist,
                kind,
                fault,
            } => {
                let name = self.therapist(*therapist);
                match fault {
                    CredentialFault::Missing => format!("{name} has no certificate for {kind}."),
                    CredentialFault::Expired(date) => {
                        format!("{name}'s certificate for {kind} was valid until {date}.")
                    }
                }
            }
            Fault::Closed { site, date } => {
                format!(
                    "{} is closed for some of the time on {date}.",
                    self.site(*site)
                )
            }
            Fault::OffShift { therapist, site } => format!(
                "{} is not on shift in {} for all of the time.",
                self.therapist(*therapist),
                self.site(*site)
            ),
            Fault::RoomOut { room, until, .. } => match until {
                Some(until) => format!(
                    "{} is out of service until {}.",
                    self.room(*room),
                    self.time_at(*room, *until)
                ),
                None => format!("{} is out of service.", self.room(*room)),
            },
            Fault::BarsUnsound { room, fault } => self.bars(*room, *fault),
            Fault::Screening(screening) => screened(screening.outcome.kind()).to_owned(),
            Fault::RoomTaken { room, .. } => format!("{} is taken.", self.room(*room)),
            Fault::TherapistTaken { therapist, .. } => {
                format!("{} is taken.", self.therapist(*therapist))
            }
            Fault::Travel { therapist, gap, .. } => {
                format!(
                    "{} needs {gap} from or to another site.",
                    self.therapist(*therapist)
                )
            }
            Fault::ClientTaken { .. } => "The client has something else at that time.".to_owned(),
        }
    }

    fn bars(self, room: RoomId, fault: BarsFault) -> String {
        let room = self.room(room);
        match fault {
            BarsFault::NeverInspected => format!("The bars of {room} were never inspected."),
            BarsFault::InspectionLapsed(date) => {
                format!("The inspection of the bars of {room} lapses on {date}.")
            }
            BarsFault::InspectedLater(date) => {
                format!("The bars of {room} are inspected only on {date}.")
            }
            BarsFault::Outage(_) => format!("The bars of {room} are out of service."),
        }
    }

    /// What blocks a start.
    pub fn blocker(self, blocker: &Blocker) -> String {
        match blocker {
            Blocker::TooEarly { .. } => "It is too early to start.".to_owned(),
            Blocker::RoomInSession { .. } => {
                "Another session is still going on in the room.".to_owned()
            }
            Blocker::TherapistInSession { .. } => {
                "The therapist is still in another session.".to_owned()
            }
            Blocker::RoomInTurnover { left, .. } => {
                format!("The room's checklist has {} open items.", left.len())
            }
            Blocker::FootCare { therapist, .. } => {
                format!(
                    "{} has not attested today's foot care.",
                    self.therapist(*therapist)
                )
            }
            Blocker::Fault(fault) => self.fault(fault),
            Blocker::NotReconfirmed { since } => {
                let date = since.strftime("%-d %b %Y");
                format!("Ask the client whether anything has changed since {date}.")
            }
            Blocker::ReviewNeeded(_) => "A therapist has to decide.".to_owned(),
            Blocker::ReviewDeclined => {
                "A therapist declined the treatment; offer other work, or cancel.".to_owned()
            }
        }
    }

    /// Why one of a series can not be had.
    pub fn why_not(self, why: &WhyNot) -> String {
        match why {
            WhyNot::Past(_) => PAST.to_owned(),
            WhyNot::TooFarAhead(_) => TOO_FAR_AHEAD.to_owned(),
            WhyNot::Screening(kind) => screened(*kind).to_owned(),
            WhyNot::Slot(slot) => slot
                .faults
                .first()
                .map_or_else(|| sentence(&slot.to_string()), |first| self.fault(first)),
        }
    }

    /// One of a series that can not be had: `3, Mon 7 Dec 10:00: H3 is taken.`
    pub fn impossible(self, one: &Impossible) -> String {
        let at = self.time_on(one.site, one.start);
        format!("{}, {at}: {}", one.number, self.why_not(&one.why))
    }

    /// A refusal, where the clinic's own words say ids or times of another clock.
    pub fn refusal(self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::RoomOfAnotherSite { room, site } => {
                format!("{} belongs to {}.", self.room(*room), self.site(*site))
            }
            Refusal::TherapistOfAnotherSite { therapist, site } => {
                format!(
                    "{} does not work in {}.",
                    self.therapist(*therapist),
                    self.site(*site)
                )
            }
            Refusal::WrongPhase { wrong, .. } => {
                format!(
                    "An appointment that is {} can not be {}.",
                    phase(wrong.phase),
                    step(wrong.verb)
                )
            }
            Refusal::NotInTurnover { room } => {
                format!("{} has no open checklist.", self.room(*room))
            }
            Refusal::NotOnChecklist { room, item } => {
                format!("The checklist of {} has no item {item}.", self.room(*room))
            }
            Refusal::HoldExpired { .. } => "The hold has lapsed.".to_owned(),
            Refusal::HoldOfAnotherKey { .. } => "The hold is somebody else's.".to_owned(),
            Refusal::HoldOfAnotherAppointment { .. } => {
                "The place is kept for moving another appointment.".to_owned()
            }
            Refusal::Past { .. } => PAST.to_owned(),
            Refusal::TooFarAhead { .. } => TOO_FAR_AHEAD.to_owned(),
            Refusal::NoShowTooEarly { .. } => "It is too early to record a no-show.".to_owned(),
            Refusal::RecordSigned { .. } => {
                "The notes on the session are signed. What is to be corrected is added to them."
                    .to_owned()
            }
            Refusal::RecordNotSigned { .. } => {
                "The notes on the session are not signed yet: change the draft.".to_owned()
            }
            Refusal::NothingNoted { .. } => "Nothing is noted that could be signed.".to_owned(),
            Refusal::NotTheirSession { .. } => {
                "Only the therapist of the session signs its notes.".to_owned()
            }
            Refusal::NoAdvice { .. } => {
                "The clinic has no aftercare advice for this service.".to_owned()
            }
            Refusal::AbsenceOverlaps { therapist, .. } => format!(
                "{} has other time off at that time.",
                self.therapist(*therapist)
            ),
            Refusal::ShiftOverlaps { therapist, .. } => format!(
                "{} has another shift at that time.",
                self.therapist(*therapist)
            ),
            Refusal::ShiftTooNear { therapist, gap, .. } => format!(
                "{} needs {gap} for the way from another shift, at another site.",
                self.therapist(*therapist)
            ),
            Refusal::CannotExtend { faults, .. } => faults.first().map_or_else(
                || "No session may be that long.".to_owned(),
                |first| format!("The session can not be that long. {}", self.fault(first)),
            ),
            Refusal::Money(refusal) => sentence(&refusal.to_string()),
            Refusal::Erasure(refusal) => sentence(&refusal.to_string()),
            Refusal::Upkeep(Upkeep::StockShort {
                site, item, level, ..
            }) => {
                let kept = self.0.stock_item(*site, *item);
                let unit = kept.map_or("", |kept| kept.unit.as_str());
                let name = self.stock_item(*site, *item);
                format!("{} has only {level} {unit} of {name}.", self.site(*site))
            }
            Refusal::Upkeep(Upkeep::NothingOverhead { room }) => {
                format!("{} has no overhead support.", self.room(*room))
            }
            Refusal::Upkeep(Upkeep::InspectionFailed { room, .. }) => format!(
                "The overhead support of {} failed its inspection; record one that it passes to bring it back.",
                self.room(*room)
            ),
            Refusal::Upkeep(Upkeep::HygieneTooEarly { .. }) => {
                "The session has not come to that yet.".to_owned()
            }
            // Which hold it is is told to those who reach it.
            Refusal::OfferOpen { .. } => "A place is offered to them already.".to_owned(),
            Refusal::UndoTooLate { .. } => "It is too late to take that back.".to_owned(),
            _ => refusal.to_string(),
        }
    }
}

const PAST: &str = "That time is past.";
const TOO_FAR_AHEAD: &str = "That is further ahead than bookings are taken.";

/// A text as a sentence: `Only 12.00 is due.`
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

const fn screened(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Clear | OutcomeKind::NeedsReview => "A therapist has to decide.",
        OutcomeKind::Incomplete => "Screening questions are open.",
        OutcomeKind::ExcludedUntil | OutcomeKind::Excluded => {
            "Screening excludes the client at that time."
        }
    }
}

/// A state of an appointment's life, in a word.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Booked => "booked",
        Phase::Confirmed => "confirmed",
        Phase::Arrived => "arrived",
        Phase::InSession => "in session",
        Phase::Completed => "completed",
        Phase::Cancelled => "cancelled",
        Phase::NoShow => "no-show",
    }
}

const fn step(verb: Verb) -> &'static str {
    match verb {
        Verb::Confirm => "confirmed",
        Verb::CheckIn => "checked in",
        Verb::Start => "started",
        Verb::Extend => "extended",
        Verb::Finish => "finished",
        Verb::Cancel => "cancelled",
        Verb::NoShow => "marked as no-show",
        Verb::Move => "moved",
        Verb::Review => "reviewed",
        Verb::Reconfirm => "re-confirmed",
        Verb::Note => "noted on",
        Verb::Sign => "signed off",
        Verb::GiveAftercare => "given aftercare",
    }
}
