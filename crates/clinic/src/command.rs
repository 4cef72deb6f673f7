//! What can be asked of the clinic, and in what circumstances.
//!
//! A [`Command`] is what somebody wants, already in strict types but not yet judged. Its [`Context`]
//! holds everything that a decision may depend on besides the clinic itself, so that the same
//! command on the same clinic in the same context always gives the same decision.

mod client;
mod context;
mod import;
mod key;
mod kind;
mod repair;
mod roster;
mod series;
mod session;
mod stock;
mod training;
mod waitlist;

pub use client::{
    EarlierAnswers, NewClient, Patch, RecordDeclaration, ReviewScreening, UpdateClient,
};
pub use context::{Actor, Context, Revision};
pub use import::{AppointmentLine, ClientLine, ClientNamed, Import};
pub use key::{CreateKey, SetPassphrase};
pub use kind::CommandKind;
pub use repair::{ApplyRepair, RepairMove};
pub use roster::{AttestFootCare, PutAbsence, PutShift, PutTemplate};
pub use series::{BookSeries, CancelSeries, MoveSeries, NewPlace, OnImpossible, SeriesScope};
pub use session::{Pay, SaveNotes, VoidReceipt};
pub use stock::{
    MoveStock, OpeningStock, PutStockItem, RecordInspection, RecordOwnItems, StockMove, TakeStock,
};
pub use training::{PutTraining, Renew, Renewed};
pub use waitlist::{
    MakeOffer, OfferFreed, OfferedPlace, PutOnWaitlist, UpdateWaitlistEntry, WaitlistStep,
};

use crate::id::{
    AbsenceId, AppointmentId, ClientId, HoldId, ItemId, KeyId, OutageId, RoomId, ShiftId, SiteId,
    TemplateId, TherapistId, TrainingId,
};
use crate::model::{
    Business, CancelReason, OutageTarget, Policy, PriceList, ReceiptNumber, RecordId, Room,
    RuleSet, Service, Site, Therapist, Wish,
};
use crate::time::{Cell, Minutes};

/// What somebody wants done.
///
/// Where an `etag` is given it is the revision of the record's last change as the caller knows it;
/// the command is refused when the record has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Loads a whole catalog, or nothing of it.
    ImportCatalog(Box<Catalog>),
    /// Creates or replaces a site.
    PutSite(Put<Site>),
    /// Creates or replaces a room.
    PutRoom(Put<Room>),
    /// Creates or replaces a rule set. Its version is set by the clinic.
    PutRuleSet(Put<RuleSet>),
    /// Creates or replaces a service.
    PutService(Put<Service>),
    /// Replaces the policy.
    PutPolicy(Put<Policy>),
    /// Creates or replaces a therapist, with credentials.
    PutTherapist(Put<Therapist>),
    /// Records that a therapist's credential or registration was renewed.
    Renew(Renew),
    /// Enters what some therapists learned, or corrects an entry.
    PutTraining(Box<PutTraining>),
    /// Removes an entry of the training log.
    RemoveTraining {
        /// Which.
        training: TrainingId,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Records today's foot care of a therapist.
    AttestFootCare(AttestFootCare),
    /// Creates or replaces shifts, all or none.
    PutShifts(Vec<PutShift>),
    /// Removes a shift.
    RemoveShift {
        /// Which.
        shift: ShiftId,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Creates or replaces a weekly template, and makes its shifts.
    PutTemplate(PutTemplate),
    /// Removes a weekly template and the shifts that it made and that have not begun.
    RemoveTemplate {
        /// Which.
        template: TemplateId,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Creates or replaces a therapist's time off.
    PutAbsence(PutAbsence),
    /// Removes time off.
    RemoveAbsence {
        /// Which.
        absence: AbsenceId,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Makes the shifts of weekly templates for the days that have come within reach. The server asks
    /// for it as time passes.
    RollRoster,
    /// Creates a client.
    CreateClient(NewClient),
    /// Creates the clients of a file, all or none.
    ImportClients(Box<Import<ClientLine>>),
    /// Changes what is known of a client.
    UpdateClient(UpdateClient),
    /// Erases a client, once their records need not be kept any more. What the books need stays without a name.
    EraseClient {
        /// Which.
        client: ClientId,
        /// Whether money that one owes the other is given up. Otherwise it has to be paid first.
        give_up: bool,
    },
    /// Records what a client declares about their health.
    RecordDeclaration(RecordDeclaration),
    /// Records a therapist's decision on a screening that needs review.
    ReviewScreening(ReviewScreening),
    /// Reserves a slot for a few minutes. Screening is not judged: the questions are being asked.
    Hold(Wish),
    /// Gives a hold up.
    ReleaseHold {
        /// Which.
        hold: HoldId,
    },
    /// Books an appointment.
    Book(Book),
    /// Books the coming appointments of a file, all or none.
    ImportAppointments(Box<Import<AppointmentLine>>),
    /// Records that the client confirmed.
    Confirm(Step),
    /// Moves an appointment to another slot.
    Move(Move),
    /// Cancels an appointment.
    Cancel(Cancel),
    /// Books the same at regular intervals.
    BookSeries(Box<BookSeries>),
    /// Moves an appointment and others of its series by as much.
    MoveSeries(Box<MoveSeries>),
    /// Cancels an appointment and others of its series.
    CancelSeries(CancelSeries),
    /// Records that the client did not come.
    NoShow(Step),
    /// Records that the client is at the site.
    CheckIn(Step),
    /// Records that the client, who is at the site, says that nothing has changed since they declared their health; and
    /// that they are at the site, if that is not recorded yet.
    Reconfirm(Step),
    /// Starts the session.
    Start(Step),
    /// Makes a session that is going on longer.
    Extend {
        /// The appointment.
        step: Step,
        /// By how much; at least 5.
        by: Minutes,
    },
    /// Finishes the session; the room goes into turnover.
    Finish {
        /// The appointment.
        step: Step,
        /// Why it was stopped early, if it was.
        stopped: Option<String>,
    },
    /// Records that items of a room's checklist are done.
    CompleteItems {
        /// The room.
        room: RoomId,
        /// What is done; at least one item.
        items: Vec<ItemId>,
    },
    /// Records that everything left of a room's checklist is done.
    CompleteTurnover {
        /// The room.
        room: RoomId,
    },
    /// Takes a room, or its bars, out of service.
    OpenOutage(OpenOutage),
    /// Ends an outage now; one that has not begun yet never happens.
    CloseOutage {
        /// Which.
        outage: OutageId,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Writes the notes on a session, as a draft.
    SaveNotes(Box<SaveNotes>),
    /// Signs the notes on a session; they do not change any more.
    SignNotes(Step),
    /// Adds to signed notes.
    AddAddendum {
        /// The appointment; the etag is that of its notes.
        step: Step,
        /// What is added; not empty.
        text: String,
    },
    /// Records that a client was given the aftercare advice of a session.
    IssueAftercare {
        /// The appointment.
        appointment: AppointmentId,
    },
    /// Replaces what the clinic is as a business, and its taxes.
    PutBusiness(Put<Business>),
    /// Creates or replaces the dated prices of a service.
    PutPriceList(Put<PriceList>),
    /// Records that money was paid for an appointment.
    TakePayment(Pay),
    /// Records that money was paid back.
    Refund(Pay),
    /// Issues the receipt of an appointment.
    IssueReceipt(Step),
    /// Issues a receipt again, as a duplicate.
    ReissueReceipt {
        /// Which.
        receipt: ReceiptNumber,
        /// See [`Command`].
        etag: Option<Revision>,
    },
    /// Makes a receipt void.
    VoidReceipt(VoidReceipt),
    /// Creates a key.
    CreateKey(CreateKey),
    /// Revokes a key.
    RevokeKey {
        /// Which.
        key: KeyId,
    },
    /// Sets the passphrase with which a key's holder may sign in: their own, or by an owner.
    SetPassphrase(SetPassphrase),
    /// Creates or replaces an item that a site keeps in stock. Its level stays.
    PutStockItem(PutStockItem),
    /// Records what came in, was used, thrown away or sent to another site.
    MoveStock(MoveStock),
    /// Records what was counted; each difference is a movement.
    TakeStock(TakeStock),
    /// Records an inspection of a room's overhead support. A passed one is good for its interval and
    /// ends the outage that a failed one opened; a failed one takes the support out of service.
    RecordInspection(RecordInspection),
    /// Records what a therapist did for themselves around a session.
    RecordOwnItems(RecordOwnItems),
    /// Takes back the actor's own latest operation.
    Undo,
    /// Removes the holds that have expired. The server asks for it as time passes.
    Expire,
    /// Judges future appointments again. The server asks for it when a decision says so.
    Rejudge(Rejudge),
    /// Puts a client on the waitlist.
    PutOnWaitlist(PutOnWaitlist),
    /// Changes what a client waits for. Places that they did not take are forgotten.
    UpdateWaitlistEntry(UpdateWaitlistEntry),
    /// Ends a client's waiting. An open offer is taken back.
    WithdrawWaitlistEntry(WaitlistStep),
    /// Holds a place for a client who waits.
    MakeOffer(MakeOffer),
    /// Records that the client was told of the offer: from now on the time to answer runs.
    RecordContact(WaitlistStep),
    /// Books what is offered.
    AcceptOffer {
        /// The entry.
        entry: WaitlistStep,
        /// A note for the desk, or empty.
        note: String,
    },
    /// Records that the client does not want what is offered, and goes on waiting.
    DeclineOffer {
        /// The entry.
        entry: WaitlistStep,
        /// Whether the place is offered at once to who comes next, if it fits anybody.
        pass_on: bool,
    },
    /// Offers places that became free. The server asks for it when a decision says so.
    OfferFreed(OfferFreed),
    /// Moves appointments together, all or none: those that keep site, start and service at once; for each other a
    /// place is held that its client is asked about.
    ApplyRepair(ApplyRepair),
    /// Writes records again as they are, so that they are kept as this release keeps them. The server asks for it when it starts; and
    /// with none, for the sake of the commit, when what was noted elsewhere wants to be vouched for.
    Rewrite(Vec<RecordId>),
}

/// A resource to create or to replace whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put<T> {
    /// The resource as it shall be.
    pub resource: T,
    /// See [`Command`]. 0 asks that the resource does not exist yet.
    pub etag: Option<Revision>,
}

/// A catalog, as an init file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The policy, if it shall be replaced.
    pub policy: Option<Policy>,
    /// Sites to create or replace.
    pub sites: Vec<Site>,
    /// Rooms to create or replace.
    pub rooms: Vec<Room>,
    /// Rule sets to create or replace.
    pub rule_sets: Vec<RuleSet>,
    /// Services to create or replace.
    pub services: Vec<Service>,
    /// Therapists to create or replace.
    pub therapists: Vec<Therapist>,
    /// The clinic as a business, if that shall be replaced.
    pub business: Option<Business>,
    /// Dated prices to create or replace.
    pub price_lists: Vec<PriceList>,
    /// Items in stock to create or replace.
    pub stock: Vec<OpeningStock>,
}

/// One appointment, for a step in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which appointment.
    pub appointment: AppointmentId,
    /// See [`Command`].
    pub etag: Option<Revision>,
}

/// See [`Command::Book`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// What is booked.
    pub source: BookSource,
    /// Whether the client is at the site: booked and checked in at once.
    pub walk_in: bool,
    /// A note for the desk, or empty.
    pub note: String,
}

/// What is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookSource {
    /// A wish, which has to name its client.
    Wish(Wish),
    /// A hold, which the booking consumes.
    Hold {
        /// Which.
        hold: HoldId,
        /// The client, if the hold does not name one yet.
        client: Option<ClientId>,
    },
}

impl BookSource {
    /// The hold that the booking consumes, if it does.
    pub const fn hold(&self) -> Option<HoldId> {
        match self {
            Self::Wish(_) => None,
            Self::Hold { hold, .. } => Some(*hold),
        }
    }
}

/// See [`Command::Move`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which appointment.
    pub step: Step,
    /// Where to.
    pub to: MoveTo,
}

/// Where an appointment moves to. Its client and service stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveTo {
    /// To another time or place, or with other extensions.
    Place(NewPlace),
    /// To the slot of a hold, which the move consumes. It has to be for the same service and extensions.
    Hold(HoldId),
}

/// See [`Command::Cancel`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Which appointment.
    pub step: Step,
    /// Why, as a code.
    pub reason: CancelReason,
    /// Why, in words, or empty.
    pub note: String,
}

/// See [`Command::OpenOutage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOutage {
    /// The room.
    pub room: RoomId,
    /// What of the room.
    pub target: OutageTarget,
    /// From when on; `None` means from now on.
    pub from: Option<Cell>,
    /// Until when; `None` means all later dates.
    pub until: Option<Cell>,
    /// Why, for people; not empty.
    pub reason: String,
}

/// See [`Command::Rejudge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejudge {
    /// Which appointments.
    pub scope: Scope,
    /// Where an earlier commit stopped; `None` at first.
    pub after: Option<(SiteId, Cell, AppointmentId)>,
}

/// Which future appointments are judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those in a room.
    Room(RoomId),
    /// Those of a therapist.
    Therapist(TherapistId),
    /// Those of a client.
    Client(ClientId),
    /// Those at a site.
    Site(SiteId),
    /// All.
    All,
}
