//! Why a command is refused.
//!
//! One enum for every refusal there is. The variants carry the data that a caller needs to do
//! better, and stand in their order of precedence: when several would apply, the first one is given.
//! Each has a stable [`Refusal::reason`]; a refusal that rests on a rule gives that rule's.

mod erasure;
mod import;
mod money;
mod reasons;
mod series;
mod slot;
mod upkeep;

use jiff::Timestamp;
use thiserror::Error;

pub use erasure::{ErasureRefusal, Open};
pub use import::{BadLine, LineFault};
pub use money::MoneyRefusal;
pub use series::{Impossible, WhyNot};
pub use slot::{SlotRefusal, Violation, clashes};

use crate::command::{CommandKind, Revision};
use crate::id::{
    AbsenceId, AppointmentId, ClientId, ExtensionId, HoldId, ItemId, KeyId, OutageId, RoomId,
    ServiceId, ShiftId, SiteId, TherapistId, WaitlistId,
};
use crate::model::{Blocker, Fault, RecordId, WaitlistPhase, WrongPhase};
use crate::time::{Cell, Minutes};

pub use upkeep::Upkeep;

#[cfg(test)]
mod tests;

/// Why a command is refused. In order of precedence: of several the first is given, as far as it can be
/// known (at which site a thing is can be told only once it is found).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Something in the command is not as it has to be, wherever it is sent.
    #[error("{}", join(.0))]
    Invalid(Vec<Violation>),
    /// The actor may not act at this site.
    #[error("this key may not act at site {site}")]
    SiteNotAllowed {
        /// The site.
        site: SiteId,
    },
    /// The thing does not exist.
    #[error("there is no {what}")]
    NotFound {
        /// What was named.
        what: RecordId,
    },
    /// The thing exists already, and was to be created.
    #[error("{what} exists already")]
    AlreadyExists {
        /// What.
        what: RecordId,
    },
    /// The thing has changed since the caller read it.
    #[error("{what} was changed at revision {found}, the caller knows revision {expected}")]
    Stale {
        /// What.
        what: RecordId,
        /// The revision that the caller knows.
        expected: Revision,
        /// The revision of its last change.
        found: Revision,
    },
    /// A room can not be moved to another site.
    #[error("room {room} belongs to site {site}")]
    RoomOfAnotherSite {
        /// The room.
        room: RoomId,
        /// The site that it belongs to.
        site: SiteId,
    },
    /// The therapist does not work at the site.
    #[error("therapist {therapist} does not work at site {site}")]
    TherapistOfAnotherSite {
        /// The therapist.
        therapist: TherapistId,
        /// The site.
        site: SiteId,
    },
    /// The service does not have the extension.
    #[error("service {service} does not have extension {extension}")]
    NotAnExtension {
        /// The service.
        service: ServiceId,
        /// The extension.
        extension: ExtensionId,
    },
    /// The appointment is not in a state in which that can be done.
    #[error("{what}: {wrong}")]
    WrongPhase {
        /// The appointment.
        what: RecordId,
        /// Where it stands, and what was asked.
        wrong: WrongPhase,
    },
    /// The outage is closed already.
    #[error("outage {outage} is closed")]
    OutageClosed {
        /// The outage.
        outage: OutageId,
    },
    /// The room is not in turnover.
    #[error("room {room} is not in turnover")]
    NotInTurnover {
        /// The room.
        room: RoomId,
    },
    /// The room's checklist does not have the item.
    #[error("the checklist of room {room} has no item {item}")]
    NotOnChecklist {
        /// The room.
        room: RoomId,
        /// The item.
        item: ItemId,
    },
    /// The key is revoked already.
    #[error("key {key} is revoked")]
    KeyRevoked {
        /// The key.
        key: KeyId,
    },
    /// Only an owner makes an owner's key.
    #[error("only an owner's key can create or revoke the key of an owner")]
    OnlyForOwners,
    /// Without this key nobody could administer the clinic any more.
    #[error("key {key} is the last one of an owner with every site")]
    LastOwner {
        /// The key.
        key: KeyId,
    },
    /// A hold is another key's, and this key is no person's.
    #[error("hold {hold} is another key's")]
    HoldOfAnotherKey {
        /// The hold.
        hold: HoldId,
    },
    /// A hold names another client.
    #[error("hold {hold} is for client {client}")]
    HoldOfAnotherClient {
        /// The hold.
        hold: HoldId,
        /// The client that the hold names.
        client: ClientId,
    },
    /// A hold is for another service, or for other extensions, than the appointment that is moved.
    #[error("hold {hold} is for another service")]
    HoldOfAnotherService {
        /// The hold.
        hold: HoldId,
    },
    /// A hold is kept for moving another appointment.
    #[error("hold {hold} is for moving {appointment}")]
    HoldOfAnotherAppointment {
        /// The hold.
        hold: HoldId,
        /// The appointment that it moves.
        appointment: AppointmentId,
    },
    /// The hold has expired, though it was not removed yet.
    #[error("hold {hold} expired at {at}")]
    HoldExpired {
        /// The hold.
        hold: HoldId,
        /// When it expired.
        at: Timestamp,
    },
    /// The time lies in the past.
    #[error("{at} is past; {earliest} is the earliest possible")]
    Past {
        /// The time that was asked for.
        at: Cell,
        /// The earliest one possible.
        earliest: Cell,
    },
    /// The time lies too far in the future.
    #[error("{at} is too far ahead; {latest} is the latest possible")]
    TooFarAhead {
        /// The time that was asked for.
        at: Cell,
        /// The latest one possible.
        latest: Cell,
    },
    /// The client has as many live entries on the waitlist as a client may have.
    #[error("client {client} waits for {limit} things, as many as one may")]
    TooManyWishes {
        /// Who.
        client: ClientId,
        /// How many it may be.
        limit: usize,
    },
    /// The client of the entry does not wait any more.
    #[error("waitlist entry {entry} is {phase}")]
    NotWaiting {
        /// The entry.
        entry: WaitlistId,
        /// Where it stands.
        phase: WaitlistPhase,
    },
    /// A place is offered to the client already.
    #[error("hold {hold} is offered to waitlist entry {entry} already")]
    OfferOpen {
        /// The entry.
        entry: WaitlistId,
        /// What is offered.
        hold: HoldId,
    },
    /// Nothing is offered to the client.
    #[error("nothing is offered to waitlist entry {entry}")]
    NoOffer {
        /// The entry.
        entry: WaitlistId,
    },
    /// That the client was told of the offer is recorded already.
    #[error("the client of waitlist entry {entry} was told at {at}")]
    ContactRecorded {
        /// The entry.
        entry: WaitlistId,
        /// When they were told.
        at: Timestamp,
    },
    /// The place is not what the client waits for: another site, time or therapist.
    #[error("waitlist entry {entry} does not ask for such a place")]
    NotWished {
        /// The entry.
        entry: WaitlistId,
    },
    /// The key has as many holds as the policy allows.
    #[error("this key has {limit} holds, as many as it may have")]
    TooManyHolds {
        /// How many it may have.
        limit: u16,
    },
    /// It is too early to say that the client did not come.
    #[error("a no-show can be recorded from {from} on")]
    NoShowTooEarly {
        /// From when on it can be recorded.
        from: Timestamp,
    },
    /// Only a therapist decides on a screening.
    #[error("only the key of a therapist can decide on a screening")]
    NotATherapist,
    /// There is nothing to decide: the screening does not ask for a review.
    #[error("the screening does not ask for a review")]
    NothingToReview,
    /// The client has declared nothing that could be said to be unchanged.
    #[error("the client has declared nothing yet: ask the questions")]
    NothingToReconfirm,
    /// The notes on the session are signed, and neither they nor the session change any more.
    #[error("the notes on {appointment} are signed")]
    RecordSigned {
        /// The appointment.
        appointment: AppointmentId,
    },
    /// There are no signed notes on the session to which something could be added.
    #[error("there are no signed notes on {appointment}")]
    RecordNotSigned {
        /// The appointment.
        appointment: AppointmentId,
    },
    /// There is nothing to sign: nothing is noted.
    #[error("nothing is noted on {appointment}")]
    NothingNoted {
        /// The appointment.
        appointment: AppointmentId,
    },
    /// The session was another therapist's.
    #[error("the session was not that of therapist {therapist}")]
    NotTheirSession {
        /// Whose key asks.
        therapist: TherapistId,
    },
    /// The guide has no advice for the service.
    #[error("there is no aftercare advice for service {service}")]
    NoAdvice {
        /// The service.
        service: ServiceId,
    },
    /// The therapist has another shift at that time.
    #[error("therapist {therapist} has shift {shift} at that time")]
    ShiftOverlaps {
        /// The therapist.
        therapist: TherapistId,
        /// The shift that is there already.
        shift: ShiftId,
    },
    /// The therapist has a shift at another site, and no time to get from one to the other.
    #[error("therapist {therapist} needs {gap} between this and shift {shift} at another site")]
    ShiftTooNear {
        /// The therapist.
        therapist: TherapistId,
        /// The shift that is there already.
        shift: ShiftId,
        /// The way between the two sites.
        gap: Minutes,
    },
    /// The therapist has other time off at that time.
    #[error("therapist {therapist} has time off {absence} at that time")]
    AbsenceOverlaps {
        /// The therapist.
        therapist: TherapistId,
        /// The time off that is there already.
        absence: AbsenceId,
    },
    /// The slot can not be taken.
    #[error("{0}")]
    Slot(Box<SlotRefusal>),
    /// Of a series some can not be had. At least one.
    #[error("{}", series::Several(.0))]
    Series(Vec<Impossible>),
    /// Of a file some lines can not be imported. At least one, in the order of the file.
    #[error("{}", import::Several(.0))]
    Import(Vec<BadLine>),
    /// The place was offered to the client before, and they did not take it.
    #[error("waitlist entry {entry} was offered this place before")]
    PassedBefore {
        /// The entry.
        entry: WaitlistId,
    },
    /// No place is free that the client waits for.
    #[error("no place is free that waitlist entry {entry} asks for")]
    NothingFits {
        /// The entry.
        entry: WaitlistId,
    },
    /// The session can not be started now. At least one blocker, in order of precedence.
    #[error("the session can not be started: {}", reasons(.0.iter().map(Blocker::reason)))]
    StartBlocked(Vec<Blocker>),
    /// The session can not be made that much longer.
    #[error("the session can go on until {latest} at most: {}", too_long(.faults))]
    CannotExtend {
        /// What stands against the longer session and not against the present one, in order of
        /// precedence. None when it would only be longer than any session may be.
        faults: Vec<Fault>,
        /// The latest end that is possible; the present one when no extension is.
        latest: Cell,
        /// When something comes next in the room: the other rooms of the site to which that could be
        /// moved as it is, by id.
        free_rooms: Vec<RoomId>,
    },
    /// Something about stock or hygiene.
    #[error(transparent)]
    Upkeep(#[from] Upkeep),
    /// The actor has done nothing that could be undone.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// The actor's latest operation is not one that can be undone.
    #[error("{kind} can not be undone")]
    NotUndoable {
        /// What it was.
        kind: CommandKind,
    },
    /// The operation lies too far back.
    #[error("the operation could be undone until {until}")]
    UndoTooLate {
        /// Until when it could be undone.
        until: Timestamp,
    },
    /// Something that the operation changed has changed since.
    #[error("{what} has changed since")]
    UndoChanged {
        /// What.
        what: RecordId,
    },
    /// Something about money stands against it.
    #[error("{0}")]
    Money(MoneyRefusal),
    /// A client is not to be erased, or was.
    #[error("{0}")]
    Erasure(ErasureRefusal),
    /// The command would create more things than one commit can number.
    #[error("the command would create too many things at once")]
    TooMany,
}

impl Refusal {
    /// The stable code, for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID",
            Self::SiteNotAllowed { .. } => "SITE_NOT_ALLOWED",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::AlreadyExists { .. } => "ALREADY_EXISTS",
            Self::Stale { .. } => "STALE",
            Self::RoomOfAnotherSite { .. } => "ROOM_OF_ANOTHER_SITE",
            Self::TherapistOfAnotherSite { .. } => "THERAPIST_OF_ANOTHER_SITE",
            Self::NotAnExtension { .. } => "NOT_AN_EXTENSION",
            Self::WrongPhase { .. } => "WRONG_PHASE",
            Self::OutageClosed { .. } => "OUTAGE_CLOSED",
            Self::NotInTurnover { .. } => "NOT_IN_TURNOVER",
            Self::NotOnChecklist { .. } => "NOT_ON_CHECKLIST",
            Self::KeyRevoked { .. } => "KEY_REVOKED",
            Self::OnlyForOwners => "ONLY_FOR_OWNERS",
            Self::LastOwner { .. } => "LAST_OWNER",
            Self::HoldOfAnotherKey { .. } => "HOLD_OF_ANOTHER_KEY",
            Self::HoldOfAnotherClient { .. } => "HOLD_OF_ANOTHER_CLIENT",
            Self::HoldOfAnotherService { .. } => "HOLD_OF_ANOTHER_SERVICE",
            Self::HoldOfAnotherAppointment { .. } => "HOLD_OF_ANOTHER_APPOINTMENT",
            Self::HoldExpired { .. } => "HOLD_EXPIRED",
            Self::Past { .. } => "PAST",
            Self::TooFarAhead { .. } => "TOO_FAR_AHEAD",
            Self::TooManyWishes { .. } => "TOO_MANY_WISHES",
            Self::NotWaiting { .. } => "NOT_WAITING",
            Self::OfferOpen { .. } => "OFFER_OPEN",
            Self::NoOffer { .. } => "NO_OFFER",
            Self::ContactRecorded { .. } => "CONTACT_RECORDED",
            Self::NotWished { .. } => "NOT_WISHED",
            Self::TooManyHolds { .. } => "TOO_MANY_HOLDS",
            Self::NoShowTooEarly { .. } => "NO_SHOW_TOO_EARLY",
            Self::NotATherapist => "NOT_A_THERAPIST",
            Self::NothingToReview => "NOTHING_TO_REVIEW",
            Self::NothingToReconfirm => "NOTHING_TO_RECONFIRM",
            Self::RecordSigned { .. } => "RECORD_SIGNED",
            Self::RecordNotSigned { .. } => "RECORD_NOT_SIGNED",
            Self::NothingNoted { .. } => "NOTHING_NOTED",
            Self::NotTheirSession { .. } => "NOT_THEIR_SESSION",
            Self::NoAdvice { .. } => "NO_ADVICE",
            Self::ShiftOverlaps { .. } => "SHIFT_OVERLAPS",
            Self::ShiftTooNear { .. } => "SHIFT_TOO_NEAR",
            Self::AbsenceOverlaps { .. } => "ABSENCE_OVERLAPS",
            Self::Slot(refusal) => refusal.reason(),
            Self::Series(all) => series::reason(all),
            Self::Import(_) => "IMPORT_REFUSED",
            Self::PassedBefore { .. } => "PASSED_BEFORE",
            Self::NothingFits { .. } => "NOTHING_FITS",
            Self::StartBlocked(blockers) => {
                blockers.first().map_or("START_BLOCKED", Blocker::reason)
            }
            Self::CannotExtend { .. } => "CANNOT_EXTEND",
            Self::Upkeep(upkeep) => upkeep.reason(),
            Self::NothingToUndo => "NOTHING_TO_UNDO",
            Self::NotUndoable { .. } => "NOT_UNDOABLE",
            Self::UndoTooLate { .. } => "UNDO_TOO_LATE",
            Self::UndoChanged { .. } => "UNDO_CHANGED",
            Self::Money(refusal) => refusal.reason(),
            Self::Erasure(refusal) => refusal.reason(),
            Self::TooMany => "TOO_MANY",
        }
    }
}

fn join(violations: &[Violation]) -> String {
    let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn reasons<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
    reasons.collect::<Vec<_>>().join(", ")
}

fn too_long(faults: &[Fault]) -> String {
    match faults {
        [] => "no session may be longer".to_owned(),
        faults => reasons(faults.iter().map(Fault::reason)),
    }
}
