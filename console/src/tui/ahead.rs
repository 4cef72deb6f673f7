//! Typing ahead: whoever checks a client in and starts the session with two quick keys means the second for what the first
//! has made of it.
//!
//! A key that acts waits until one's own change before it is answered and shown, and a key that moves the focus until there
//! is something to move in. Every key after it waits behind it, so that none is lost and none overtakes another. Otherwise
//! keys that only look around never wait. Esc forgets what waits.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    event::Purpose,
    keys::Command,
    model::Model,
    screens::{self, Screen, book, client},
};

/// Keys that wait.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    keys: VecDeque<KeyEvent>,
    /// The revision that the latest step of one's own has made.
    made: u64,
}

impl Ahead {
    /// More is not typed ahead, but a key that is stuck.
    const MOST: usize = 256;

    /// A step of one's own is done at this revision.
    pub(crate) fn made(&mut self, revision: u64) {
        self.made = self.made.max(revision);
    }

    /// Forgets the keys that wait; false when none did.
    pub(crate) fn forget(&mut self) -> bool {
        !std::mem::take(&mut self.keys).is_empty()
    }
}

/// Keeps a key that was pressed while others wait; false when none waits, or it leaves the console.
pub(crate) fn queued(model: &mut Model, key: KeyEvent) -> bool {
    let ahead = &mut model.ahead;
    if ahead.keys.is_empty() {
        return false;
    }
    if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
        ahead.forget();
        return false;
    }
    if key.code == KeyCode::Esc {
        ahead.forget();
        model.say("What was typed ahead is forgotten.");
    } else if ahead.keys.len() < Ahead::MOST {
        ahead.keys.push_back(key);
    }
    true
}

/// Keeps a key whose command would act on what is not shown yet as it is; false when it may act now.
pub(crate) fn too_early(model: &mut Model, command: Command, key: KeyEvent) -> bool {
    if model.dialog.is_some() {
        return false;
    }
    let unread = is_unread(model) && (acts(command) || screens::moves(command));
    let behind = acts(command) && is_behind(model, command);
    if !(unread || behind) {
        return false;
    }
    model.ahead.keys.push_back(key);
    if !unread {
        model.say("Waiting for the server first. Esc: not any more.");
    }
    true
}

/// The next key that waits, once it need not any more.
pub(crate) fn next(model: &mut Model) -> Option<KeyEvent> {
    // One was kept for its command; what the command is may be asked again when it is taken.
    if is_unread(model) || is_behind(model, Command::Attest) {
        return None;
    }
    model.ahead.keys.pop_front()
}

/// What is done depends on what the screen shows.
fn acts(command: Command) -> bool {
    screens::acts(command) || matches!(command, Command::Attest | Command::Undo)
}

/// The list that the focus would move in is still on its way; while a client is searched for, that of what is typed.
fn is_unread(model: &Model) -> bool {
    let unread = match model.screen {
        Screen::Board
        | Screen::Day
        | Screen::Turnover
        | Screen::Waitlist
        | Screen::Roster
        | Screen::Repair
        | Screen::Stock
        | Screen::Alerts
        | Screen::Staff => model.calls.reads() && screens::revision(model) == 0,
        Screen::Book => book::awaits_clients(model),
        Screen::Client => client::awaits_clients(model),
        Screen::FreeRooms | Screen::Reports | Screen::Connection => false,
    };
    unread && model.link.is_live()
}

/// One's own change is under way, or done and not shown yet; on Book, the places are still those of a search before.
fn is_behind(model: &Model, command: Command) -> bool {
    if !model.link.is_live() {
        return false;
    }
    if model.screen == Screen::Book {
        return model.calls.is_under_way(Purpose::Act) || book::awaits_places(model);
    }
    let unshown = screens::revision(model) < model.ahead.made && model.calls.reads();
    let unread = model.therapists.is_empty() && model.calls.is_under_way(Purpose::Therapists);
    model.calls.writes() || unshown || (command == Command::Attest && unread)
}
