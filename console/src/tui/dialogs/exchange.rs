//! How files go out and come in: the command line does it, where a file has a name and a report has room.

use super::{Dialog, Message};
use crate::tui::{event::Effect, model::Model};

/// What is said, a line each.
const LINES: [&str; 16] = [
    "Files are written and read by commands, in a shell beside this console.",
    "",
    "Calendars for phones and calendar programs (initials only):",
    "  treadwell calendar therapist NAME --out FILE.ics",
    "  treadwell calendar room NAME --out FILE.ics",
    "  treadwell calendar all --out FOLDER",
    "",
    "What the clinic has, as csv or json:",
    "  treadwell export clients --out clients.csv",
    "  treadwell export appointments --from DAY --to DAY --out appointments.csv",
    "",
    "What another product has; first see what would become of each line:",
    "  treadwell import clients FILE --dry-run",
    "  treadwell import appointments FILE --dry-run --coming",
    "",
    "All lines of a file come in, or none does. `undo` takes imported appointments back.",
];

pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let lines = LINES.map(str::to_owned).to_vec();
    let message = Message::new("Files in and out", lines);
    super::open(model, Dialog::Message(message))
}
