//! What can happen to the screens ([`Event`]) and what they want done ([`Effect`]).
//!
//! `update` turns the one into the other and never waits; `runtime` is the only place that performs effects.

use std::{path::PathBuf, time::Duration};

use crossterm::event::{KeyEvent, MouseEvent};

use treadwell_api::v1;

use super::{
    call::{Answer, Call},
    failure::Failure,
    locked::{Came, Shown},
};

/// Something that happened outside the model.
#[allow(
    clippy::large_enum_variant,
    reason = "short-lived values, a handful at a time"
)]
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A key was pressed or repeats.
    Key(KeyEvent),
    /// The mouse was clicked or scrolled.
    Mouse(MouseEvent),
    /// Text was pasted in one piece.
    Paste(String),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// Time since the console started, on a clock that never jumps.
    Tick(Duration),
    /// The link to the server has changed.
    Link(LinkChange),
    /// The clinic stands at this revision now.
    Changed(u64),
    /// Sites, rooms, services, rule sets, policy or therapists have changed.
    ReferenceChanged,
    /// What this was for was written into a file, or was not: what to say of it.
    Exported(Purpose, Result<String, Failure>),
    /// An edit of a rule set is made, and its file goes on from it, or does not: what to say of both.
    WentOn(Result<String, Failure>),
    /// A file with a rule set was read, or could not be.
    RulesRead(Result<v1::RuleSet, Failure>),
    /// What was shown at the lock was judged.
    Came(Result<Came, Failure>),
    /// A call was answered.
    Answer(Ticket, Result<Answer, Failure>),
}

/// What the watch says about its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkChange {
    /// It is being opened for the first time, or with another key; why the latest attempt failed.
    Connecting(Option<String>),
    /// The server was heard just now; the data are current.
    Live,
    /// It is lost, and why; the runtime tries again.
    Lost(String),
    /// The server refuses the key, and why; trying again is no use.
    Refused(String),
    /// The session is over that a passphrase has opened. The same passphrase opens another one.
    SessionOver,
}

/// Something the screens want done.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// Ask the server; the answer comes back with the ticket.
    Call(Ticket, Box<Call>),
    /// Write something for this purpose into a file that is not there yet.
    Export(Purpose, Box<Export>, PathBuf),
    /// Tell a file that the edit from it is made.
    GoOn(Box<GoOn>),
    /// Read a rule set from a file.
    ReadRules(PathBuf),
    /// Put text on the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// From now on call with this key.
    SignIn(String),
    /// Have judged what was shown at the lock.
    Present(Shown),
    /// Close the session with this secret, if it is one.
    SignOut(String),
    /// Forget the keys typed so far: a dialog has opened that they were not meant for.
    DropTypeahead,
    /// Paint everything anew.
    Repaint,
    /// Stop like any program does on Ctrl-Z, where the system knows that.
    Suspend,
    /// Leave.
    Quit,
}

/// What goes into a file.
#[derive(Debug, Clone)]
pub(crate) enum Export {
    /// A client's whole record.
    Record(v1::ExportClientRecordRequest),
    /// The questions as a form, as a page for the printer or as text.
    Form(v1::GetIntakeFormRequest, Paper),
    /// What is known already.
    Text(String),
}

/// A file from which a rule set was edited, and what became of the edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoOn {
    /// The file, as it was typed.
    pub(crate) path: PathBuf,
    /// The rule set.
    pub(crate) rule_set_id: String,
    /// The etag from which the file was made.
    pub(crate) was: String,
    /// The etag that the edit has made.
    pub(crate) now: String,
    /// What to say of the edit.
    pub(crate) said: String,
}

/// How a form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paper {
    /// An HTML page.
    Page,
    /// Plain text.
    Text,
}

/// Says which question an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// What was asked for.
    pub(crate) purpose: Purpose,
    /// Grows with each call; an answer with an old serial is dropped.
    pub(crate) serial: u64,
}

/// What a call is for. At most one call for each purpose is under way; a newer question waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Sites, rooms, services, rule sets, policy.
    Catalog,
    /// All therapists.
    Therapists,
    /// The key that is used.
    WhoAmI,
    /// How the server is.
    Status,
    /// The live rooms.
    Board,
    /// The Free rooms screen.
    FreeRooms,
    /// The Day screen.
    Sheet,
    /// The Turnover screen.
    Turnovers,
    /// The Waitlist screen.
    Waitlist,
    /// The shifts of the Roster screen.
    RosterShifts,
    /// Its time off.
    RosterTimeOff,
    /// The weeks of a therapist, to be changed.
    Weeks,
    /// Whom a change of the roster would hit.
    RosterPreview,
    /// The Reports screen.
    Report,
    /// The plan on the Repair screen.
    Repair,
    /// Whom to call, on the Repair screen.
    Calls,
    /// The Stock screen.
    Stock,
    /// The Alerts screen.
    Alerts,
    /// The Staff screen.
    Staff,
    /// What a therapist learned.
    Training,
    /// The hygiene of a session, or of a day.
    Hygiene,
    /// Clients that match what is typed on the Book screen.
    BookFind,
    /// Clients that match what is typed on the Client screen.
    ClientFind,
    /// Places for the draft booking.
    Proposals,
    /// What screening says of the draft booking.
    BookScreen,
    /// Why a time is not offered.
    Explain,
    /// The client on the Client screen.
    Client,
    /// The stored answers of the client on the Client screen.
    Declarations,
    /// Until when the records of the client on the Client screen are kept.
    Retention,
    /// Their whole record, into a file.
    Export,
    /// The screening questions, into a file.
    Questions,
    /// The appointments of the client on the Client screen, from yesterday on.
    Visits,
    /// Their appointments before that.
    PastVisits,
    /// The appointment that a command is about.
    Subject,
    /// Places to move an appointment to.
    MovePlaces,
    /// Notes on sessions, or aftercare, to be read.
    Record,
    /// Notes on a session, to be written on.
    RecordDraft,
    /// What undo would take back.
    UndoPreview,
    /// What would become of each of a series.
    SeriesPreview,
    /// The account of the appointment in focus, or its receipt.
    Account,
    /// What an excluded client can book instead.
    Instead,
    /// A rule set with its history.
    Rules,
    /// What an edit of a rule set would do.
    RulesPreview,
    /// Keep a place for the draft booking.
    Hold,
    /// Give a place back.
    Release,
    /// Add a client for the draft booking.
    NewClient,
    /// Record answers from the Book screen.
    BookDeclare,
    /// Record answers from the Client screen.
    ClientDeclare,
    /// Change a client's name, phone, birth date or note.
    SaveClient,
    /// Book.
    Book,
    /// One step of an appointment's, a room's or a therapist's day.
    Act,
}

impl Purpose {
    /// The call changes something.
    pub(crate) fn writes(self) -> bool {
        self >= Self::Hold
    }
}
