//! Keys that were meant for what had the focus before are not taken for what has it now.

use std::time::Duration;

use super::Screen;
use crate::tui::{event::Purpose, keys::Command, model::Model, visit, words};

/// What had the focus of `screen` has it no longer, and the person did not move it: keys meant for it are not taken for
/// what has the focus now.
pub(crate) fn lost_focus(model: &mut Model, screen: Screen, lost: Lost) {
    // A list that is shown no more may still arrive: the keys that wait are meant for the screen that is.
    if model.screen != screen {
        return;
    }
    if model.ahead.forget() {
        model.warn(GONE);
    }
    // Elsewhere it is the person's own typing that changes the list, and what is chosen shows before it counts.
    if !matches!(screen, Screen::Book | Screen::Client) {
        model.shifted = Some((model.clock.elapsed, lost));
    }
}

/// What lost the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The row: another one is in its place.
    Row,
    /// The appointment: the row has another one now.
    Visit,
}

pub(super) const GONE: &str =
    "What was in focus is gone. Look what is in focus now, then press again.";

/// A key pressed so soon after the list has changed, or after the key before that came too soon, was meant for what had
/// the focus before. So a key that is held acts no more until it is let go.
const SHIFTED: Duration = Duration::from_secs(1);

/// What a command does depends on what has the focus.
pub(crate) fn acts(command: Command) -> bool {
    let of_the_row = matches!(
        command,
        Command::Enter
            | Command::Tick
            | Command::Outage
            | Command::Contacted
            | Command::AcceptOffer
            | Command::DeclineOffer
            | Command::Withdraw
            | Command::RemoveShift
            | Command::AddShift
            | Command::TimeOff
            | Command::Renew
            | Command::AddTraining
            | Command::EditTraining
            | Command::Week
    );
    of_the_row || visit::is_command(command)
}

/// Whether the role of the key that is used may do a command. Who may do what else is said by the server.
pub(crate) fn permitted(model: &Model, command: Command) -> bool {
    let of_those_who_run = matches!(
        command,
        Command::AddShift
            | Command::RemoveShift
            | Command::TimeOff
            | Command::Renew
            | Command::AddTraining
            | Command::EditTraining
            | Command::EditRules
            | Command::Week
            | Command::ClosedDays
            | Command::NewItem
    );
    model.runs() || !of_those_who_run
}

/// Who may do something, as a sentence, and how they come to the desk.
pub(crate) fn hand_over(model: &Model, who_may: &str) -> String {
    let switch = model.keymap.key_of(Command::SwitchPerson);
    format!("{who_may} {switch} hands the desk over.")
}

/// What stands where a screen would list what was asked for: that it is on its way, or that the role may not see it.
pub(crate) fn asking(model: &Model, purpose: Purpose) -> String {
    if model.denied.contains(&purpose) {
        let role = words::role(model.role()).to_lowercase();
        hand_over(
            model,
            &format!("The role of this key ({role}) may not see this."),
        )
    } else {
        "Asking.".to_owned()
    }
}

/// What is said when a command is not permitted.
pub(super) const NOT_PERMITTED: &str = "Only owners and managers may do that.";

/// A command moves the focus.
pub(crate) fn moves(command: Command) -> bool {
    matches!(
        command,
        Command::Up
            | Command::Down
            | Command::Left
            | Command::Right
            | Command::PageUp
            | Command::PageDown
            | Command::First
            | Command::Last
    )
}

pub(super) fn meant_for_another(model: &mut Model, command: Command) -> bool {
    let Some((at, lost)) = model.shifted else {
        return false;
    };
    let now = model.clock.elapsed;
    if moves(command) || now.saturating_sub(at) >= SHIFTED {
        model.shifted = None;
        return false;
    }
    let another = match lost {
        Lost::Row => acts(command),
        Lost::Visit => visit::is_command(command),
    };
    if another {
        model.shifted = Some((now, lost));
    }
    another
}
