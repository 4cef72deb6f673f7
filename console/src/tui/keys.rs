//! Keys become commands here, and only here: the footer, help, the palette and the key docs are made from [`TABLE`].
//!
//! A key means a command in a [`Place`]. Where the reader is decides which places are tried, in which order
//! ([`Place::chain`]); the tests refuse a key that means two things in one chain. A key of the configuration takes the place
//! of a default that has the same one: a new release with new defaults does not refuse the configuration of before.

mod chord;
mod conflicts;
mod docs;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;

pub(crate) use chord::Chord;
use conflicts::Row;
pub use docs::key_docs;
pub(crate) use table::TABLE;

/// Something a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the table says of each what it does")]
pub(crate) enum Command {
    FreeRooms,
    Book,
    WalkIn,
    Day,
    Board,
    Client,
    Turnovers,
    Stock,
    Alerts,
    Staff,
    Renew,
    AddTraining,
    EditTraining,
    Week,
    ClosedDays,
    NewItem,
    OwnItems,
    HygieneLog,
    Exchange,
    Rules,
    EditRules,
    IntakeForm,
    Connection,
    SwitchPerson,
    Lock,
    Undo,
    Filter,
    Help,
    Palette,
    ToggleMouse,
    NextTheme,
    Copy,
    Repaint,
    Suspend,
    Quit,
    Back,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    NextPane,
    PreviousPane,
    Enter,
    CheckIn,
    Start,
    Extend,
    Finish,
    ConfirmVisit,
    Move,
    Cancel,
    NoShow,
    Review,
    Record,
    OpenClient,
    Account,
    Outage,
    Attest,
    EarlierDay,
    LaterDay,
    Today,
    ByTherapist,
    OtherSite,
    BarsOnly,
    Why,
    NewDraft,
    AnswerYes,
    AnswerNo,
    AnswerNotAsked,
    SaveAnswers,
    EditClient,
    NewClient,
    ExportClient,
    AddWish,
    Waitlist,
    Reports,
    NextReport,
    Contacted,
    AcceptOffer,
    DeclineOffer,
    Withdraw,
    Roster,
    AddShift,
    RemoveShift,
    TimeOff,
    Repair,
    Tick,
    Yes,
}

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// On every screen.
    Everywhere,
    /// Wherever something can be gone through.
    Lists,
    /// Where an appointment has the focus: Board, Day, Client.
    Visit,
    /// The Board.
    Board,
    /// Free rooms.
    FreeRooms,
    /// The Day grid.
    Day,
    /// Book.
    Book,
    /// The questions of a declaration, on Book and Client.
    Questions,
    /// A client's page.
    Client,
    /// The questions on Book: what works on Book works there too.
    BookQuestions,
    /// The checklists.
    Turnover,
    /// Who waits for a place.
    Waitlist,
    /// Who works when.
    Roster,
    /// Reports.
    Reports,
    /// What mends a disruption.
    Repair,
    /// Who may do what.
    Staff,
    /// What is kept in stock.
    Stock,
    /// Connection and keys.
    Connection,
    /// A dialog with a list or fields.
    Dialog,
    /// A dialog that asks before something that can not be taken back lightly.
    Ask,
}

impl Place {
    /// Every place.
    pub(crate) const ALL: [Self; 20] = [
        Self::Everywhere,
        Self::Lists,
        Self::Visit,
        Self::Board,
        Self::FreeRooms,
        Self::Day,
        Self::Book,
        Self::Questions,
        Self::Client,
        Self::BookQuestions,
        Self::Turnover,
        Self::Waitlist,
        Self::Roster,
        Self::Reports,
        Self::Repair,
        Self::Staff,
        Self::Stock,
        Self::Connection,
        Self::Dialog,
        Self::Ask,
    ];

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "In lists and forms",
            Self::Visit => "With an appointment in focus (Board, Day, Client)",
            Self::Board => "Board",
            Self::FreeRooms => "Free rooms",
            Self::Day => "Day",
            Self::Book => "Book",
            Self::Questions | Self::BookQuestions => "Screening questions (Book, Client)",
            Self::Client => "Client",
            Self::Turnover => "Turnover",
            Self::Waitlist => "Waitlist",
            Self::Roster => "Roster",
            Self::Reports => "Reports",
            Self::Repair => "Repair",
            Self::Staff => "Staff",
            Self::Stock => "Stock",
            Self::Connection => "Connection",
            Self::Dialog => "In a dialog",
            Self::Ask => "When asked to confirm",
        }
    }

    /// The places that are tried for a key, the nearest first.
    pub(crate) fn chain(self) -> &'static [Self] {
        match self {
            Self::Board => &[Self::Board, Self::Visit, Self::Lists, Self::Everywhere],
            Self::FreeRooms => &[Self::FreeRooms, Self::Lists, Self::Everywhere],
            Self::Day => &[Self::Day, Self::Visit, Self::Lists, Self::Everywhere],
            Self::Book => &[Self::Book, Self::Lists, Self::Everywhere],
            Self::BookQuestions => &[Self::Questions, Self::Book, Self::Lists, Self::Everywhere],
            Self::Client => &[Self::Client, Self::Visit, Self::Lists, Self::Everywhere],
            Self::Turnover => &[Self::Turnover, Self::Lists, Self::Everywhere],
            Self::Waitlist => &[Self::Waitlist, Self::Lists, Self::Everywhere],
            Self::Roster => &[Self::Roster, Self::Lists, Self::Everywhere],
            Self::Reports => &[Self::Reports, Self::Lists, Self::Everywhere],
            Self::Repair => &[Self::Repair, Self::Lists, Self::Everywhere],
            Self::Staff => &[Self::Staff, Self::Lists, Self::Everywhere],
            Self::Stock => &[Self::Stock, Self::Lists, Self::Everywhere],
            Self::Connection => &[Self::Connection, Self::Lists, Self::Everywhere],
            Self::Dialog => &[Self::Dialog, Self::Lists],
            Self::Ask => &[Self::Ask, Self::Lists],
            Self::Questions => &[Self::Questions, Self::Lists, Self::Everywhere],
            Self::Everywhere | Self::Lists | Self::Visit => &[Self::Lists, Self::Everywhere],
        }
    }
}

/// One row of the key table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// What it does.
    pub(crate) command: Command,
    /// Where.
    pub(crate) place: Place,
    /// Its name in the configuration file.
    pub(crate) name: &'static str,
    /// Keys that are shown.
    pub(crate) keys: &'static [&'static str],
    /// Keys that work but are not shown.
    pub(crate) aliases: &'static [&'static str],
    /// One or two words for the footer.
    pub(crate) label: &'static str,
    /// Plain English for help and the palette.
    pub(crate) text: &'static str,
    /// It stands in the footer of its place; the smallest number first, 0 never.
    pub(crate) footer: u8,
    /// It can be found in the palette.
    pub(crate) palette: bool,
    /// It asks before it acts.
    pub(crate) dangerous: bool,
}

/// A key of the configuration that can not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// No command has this name.
    UnknownCommand(String),
    /// This is no key.
    UnknownKey(String),
    /// The key has another meaning where both apply: key, one command, the other command.
    Conflict(String, String, String),
    /// The key confirms, and so can not be the one of a command that asks first: key, command.
    Confirms(String, String),
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownCommand(name) => write!(out, "keys: there is no command {name:?}"),
            Self::UnknownKey(key) => write!(out, "keys: {key:?} is not a key"),
            Self::Conflict(key, one, other) => {
                write!(out, "keys: {key:?} would mean both {one:?} and {other:?}")
            }
            Self::Confirms(key, command) => write!(
                out,
                "keys: {key:?} says yes to a question, so it can not be the key of {command:?}, which asks first"
            ),
        }
    }
}

impl std::error::Error for KeyError {}

/// The keys in force: the table with what the configuration changes.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    /// For each row of the table its keys, the shown ones first.
    rows: Vec<Row>,
}

impl Keymap {
    /// The keys of the table, with those that `changes` (command name to key) replaces.
    pub(crate) fn new(changes: &BTreeMap<String, String>) -> Result<Self, KeyError> {
        let mut rows = Vec::with_capacity(TABLE.len());
        for entry in TABLE {
            let read = |keys: &[&str]| -> Result<Vec<Chord>, KeyError> {
                keys.iter()
                    .map(|key| {
                        Chord::parse(key).ok_or_else(|| KeyError::UnknownKey((*key).to_owned()))
                    })
                    .collect()
            };
            rows.push(Row {
                entry,
                shown: read(entry.keys)?,
                hidden: read(entry.aliases)?,
                configured: false,
            });
        }
        for (name, key) in changes {
            let chord = Chord::parse(key).ok_or_else(|| KeyError::UnknownKey(key.clone()))?;
            let row = rows
                .iter_mut()
                .find(|row| row.entry.name == name)
                .ok_or_else(|| KeyError::UnknownCommand(name.clone()))?;
            row.shown = vec![chord];
            row.hidden.clear();
            row.configured = true;
        }
        let mut map = Self { rows };
        map.give_way();
        map.check()?;
        Ok(map)
    }

    /// What a key means at a place. While a text field has the focus, keys that type mean nothing here.
    pub(crate) fn command(&self, place: Place, typing: bool, event: KeyEvent) -> Option<Command> {
        let chord = Chord::of(event)?;
        if typing && chord.types() {
            return None;
        }
        place.chain().iter().find_map(|near| {
            let mut here = self.rows.iter().filter(|row| row.entry.place == *near);
            here.find(|row| row.has(chord)).map(|row| row.entry.command)
        })
    }

    /// The rows of one place, in the order of the table.
    pub(crate) fn of(&self, place: Place) -> impl Iterator<Item = (&'static Entry, String)> + '_ {
        self.rows
            .iter()
            .filter(move |row| row.entry.place == place)
            .map(|row| (row.entry, words(&row.shown)))
    }

    /// The first key of a command, as people read it. One that has lost its key to another is called by its name in the
    /// palette: `:edit-rules`.
    pub(crate) fn key_of(&self, command: Command) -> String {
        self.own_key_of(command)
            .or_else(|| entry(command).map(|entry| self.by_name(entry)))
            .unwrap_or_default()
    }

    /// The first key of a command, as people read it, if it has one.
    pub(crate) fn own_key_of(&self, command: Command) -> Option<String> {
        let of_it = self.rows.iter().filter(|row| row.entry.command == command);
        let mut keys = of_it.flat_map(|row| &row.shown);
        keys.next().map(ToString::to_string)
    }

    /// What to type for a command without a key: the palette's key and the name.
    pub(crate) fn by_name(&self, entry: &Entry) -> String {
        let palette = self.row_at(Place::Everywhere, Command::Palette);
        let palette = palette.and_then(|row| row.shown.first());
        let palette = palette.map(ToString::to_string).unwrap_or_default();
        // Two names of keys in a row would be read as one.
        let gap = if palette.chars().count() > 1 { " " } else { "" };
        format!("{palette}{gap}{}", entry.name)
    }

    /// The first key of a command at a place, as people read it; empty without one.
    pub(crate) fn key_at(&self, place: Place, command: Command) -> String {
        let key = self
            .row_at(place, command)
            .and_then(|row| row.shown.first());
        key.map(ToString::to_string).unwrap_or_default()
    }

    /// Every key of a command at a place, those that are not shown elsewhere first: `n or Esc`.
    pub(crate) fn keys_at(&self, place: Place, command: Command) -> String {
        let row = self.row_at(place, command);
        row.map(|row| words(row.hidden.iter().chain(&row.shown)))
            .unwrap_or_default()
    }

    fn row_at(&self, place: Place, command: Command) -> Option<&Row> {
        let is_it = |row: &&Row| row.entry.place == place && row.entry.command == command;
        self.rows.iter().find(is_it)
    }
}

fn words<'a>(chords: impl IntoIterator<Item = &'a Chord>) -> String {
    chords
        .into_iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}

/// The row of a command; the first one where it stands at several places.
pub(crate) fn entry(command: Command) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.command == command)
}
