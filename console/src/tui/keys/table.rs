//! The one table of keys.

use super::{Command as C, Entry, Place};

const ROW: Entry = Entry {
    command: C::Back,
    place: Place::Everywhere,
    name: "",
    keys: &[],
    aliases: &[],
    label: "",
    text: "",
    footer: 0,
    palette: true,
    dangerous: false,
};

/// A row that stands in the palette too.
const fn row(
    place: Place,
    command: C,
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    text: &'static str,
) -> Entry {
    Entry {
        command,
        place,
        name,
        keys,
        label,
        text,
        ..ROW
    }
}

impl Entry {
    const fn footer(self, rank: u8) -> Self {
        Self {
            footer: rank,
            ..self
        }
    }

    const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn dangerous(self) -> Self {
        Self {
            dangerous: true,
            ..self
        }
    }

    /// Moves the focus or edits: of no use in the palette.
    const fn bare(self) -> Self {
        Self {
            palette: false,
            ..self
        }
    }
}

use Place::{
    Ask, Board, Book, Client, Day, Dialog, Everywhere, FreeRooms, Lists, Questions, Repair,
    Reports, Roster, Staff, Stock, Turnover, Visit, Waitlist,
};

/// Every key of the console. Words are those of the desk; order is that of help.
#[rustfmt::skip] // A table is read by its columns.
pub(crate) const TABLE: &[Entry] = &[
    row(Everywhere, C::FreeRooms, "free-rooms", &["f", "f3"], "Free rooms", "Show which rooms are free, now or at a time").footer(1),
    row(Everywhere, C::Book, "book", &["b"], "Book", "Book an appointment").footer(2),
    row(Everywhere, C::WalkIn, "walk-in", &["W"], "Walk-in", "Book a walk-in: the first free place"),
    row(Everywhere, C::Day, "day", &["d"], "Day", "Show the day by room or by therapist").footer(3),
    row(Everywhere, C::Board, "board", &["g", "f5"], "Board", "Show the board of all sites"),
    row(Everywhere, C::Client, "client", &["c"], "Client", "Find a client; their page and screening").footer(4),
    row(Everywhere, C::Turnovers, "turnover", &["t"], "Turnover", "Show the checklists of rooms in turnover").footer(5),
    row(Everywhere, C::Waitlist, "waitlist", &["w"], "Waitlist", "Show who waits for a place, and whom to call").footer(5),
    row(Everywhere, C::Roster, "roster", &["H"], "Hours (roster)", "Show who works when, and who is away"),
    row(Everywhere, C::Reports, "reports", &["G", "f6"], "Reports", "Show figures of the last weeks: utilization, no-shows, screening, turnover, waitlist, stock"),
    row(Everywhere, C::Repair, "repair", &["M"], "Mend", "Show what mends an outage, an overrun or an unsound day, and whom to call"),
    row(Everywhere, C::Stock, "stock", &["K"], "stocK", "Show what the sites keep in stock"),
    row(Everywhere, C::Alerts, "alerts", &["!"], "Alerts", "Show what needs somebody soon: stock, inspections, credentials"),
    row(Everywhere, C::Staff, "staff", &["P"], "staff Papers", "Show who may do what until when: credentials, registration, training"),
    row(Everywhere, C::HygieneLog, "hygiene-log", &["Y"], "hYgiene log", "Show the day's hygiene log of the site"),
    row(Everywhere, C::Exchange, "files", &["D"], "Data files", "Show how calendars, exports and imports are written and read"),
    row(Everywhere, C::Rules, "rules", &["Q"], "Questions (screening rules)", "Show what clients are asked, what a yes means, and who changed it when"),
    row(Everywhere, C::EditRules, "edit-rules", &["V"], "new Version of rules", "Owner, manager: edit screening rules from a file, after seeing what that changes and whom"),
    row(Everywhere, C::IntakeForm, "intake-form", &["I"], "Intake form", "Write the screening questions into a file: a form to print, or the rules to edit"),
    row(Everywhere, C::Undo, "undo", &["u"], "undo", "Undo your last operation (within 10 minutes)").footer(9).dangerous(),
    row(Everywhere, C::Filter, "filter", &["/"], "filter", "Filter what is listed").footer(7),
    row(Everywhere, C::Palette, "palette", &[":", "ctrl-p", "f10"], "actions", "Find an action by its name").footer(8),
    row(Everywhere, C::Help, "help", &["?", "f1"], "help", "Show the keys that work here").footer(6),
    row(Everywhere, C::Connection, "connection", &["f2"], "Connection", "Show the link, the server and who is signed in"),
    row(Everywhere, C::SwitchPerson, "switch-person", &["f4"], "Switch person", "Hand the desk to another person, who signs in"),
    row(Everywhere, C::Lock, "lock", &["f7"], "Lock", "Lock the console: nothing is shown until somebody signs in"),
    row(Everywhere, C::ToggleMouse, "mouse", &["f9"], "Mouse", "Mouse on or off (off: the terminal selects text)"),
    row(Everywhere, C::NextTheme, "theme", &["f8"], "Theme", "Next theme: 16 colours, dark, light, colour-blind, mono"),
    row(Everywhere, C::Copy, "copy", &["ctrl-y"], "Copy", "Copy the line in focus to the clipboard"),
    row(Everywhere, C::Repaint, "repaint", &["ctrl-l"], "Repaint", "Paint the screen anew"),
    row(Everywhere, C::Suspend, "suspend", &["ctrl-z"], "Suspend", "Stop for a moment; `fg` in the shell comes back"),
    row(Everywhere, C::Quit, "quit", &["q", "ctrl-c"], "quit", "Leave the console"),
    row(Everywhere, C::Back, "back", &["esc"], "back", "Back; what was typed is kept").bare(),
    row(Lists, C::Up, "up", &["up"], "", "One up") .alias(&["k"]) .bare(),
    row(Lists, C::Down, "down", &["down"], "", "One down") .alias(&["j"]) .bare(),
    row(Lists, C::Left, "left", &["left"], "", "One to the left; the value before").alias(&["h"]).bare(),
    row(Lists, C::Right, "right", &["right"], "", "One to the right; the next value").alias(&["l"]).bare(),
    row(Lists, C::PageUp, "page-up", &["pgup"], "", "A page up").bare(),
    row(Lists, C::PageDown, "page-down", &["pgdn"], "", "A page down").bare(),
    row(Lists, C::First, "first", &["home"], "", "To the first").bare(),
    row(Lists, C::Last, "last", &["end"], "", "To the last").bare(),
    row(Lists, C::NextPane, "next-pane", &["tab"], "", "To the next field or part of the screen").bare(),
    row(Lists, C::PreviousPane, "previous-pane", &["shift-tab"], "", "To the field or part before").bare(),
    row(Lists, C::Enter, "enter", &["enter"], "open", "Open or do what is in focus").bare().footer(6),
    row(Visit, C::CheckIn, "check-in", &["i"], "check In", "The client is here: check in").footer(1),
    row(Visit, C::Start, "start", &["s"], "Start", "Start the session").footer(1),
    row(Visit, C::Extend, "extend", &["e"], "Extend", "Extend the session").footer(3),
    row(Visit, C::Finish, "finish", &["n"], "eNd", "End the session; the room goes into turnover").footer(2).dangerous(),
    row(Visit, C::ConfirmVisit, "confirm", &["r"], "confiRmed", "The client has confirmed the appointment").footer(4),
    row(Visit, C::Move, "move", &["m"], "Move", "Move the appointment to another time or place").footer(4),
    row(Visit, C::Cancel, "cancel", &["C", "del"], "Cancel", "Cancel the appointment, with a reason").footer(5).dangerous(),
    row(Visit, C::NoShow, "no-show", &["N"], "No-show", "The client did not come").footer(5).dangerous(),
    row(Visit, C::Review, "review", &["R"], "Review", "Therapist: decide about a client who needs review").footer(5),
    row(Visit, C::Record, "session", &["S"], "Session notes", "Notes on the session, their signature; the client's aftercare"),
    row(Visit, C::OwnItems, "own-items", &["O"], "Own items", "Therapist: feet or hands washed, sockettes on and back on"),
    row(Visit, C::Account, "account", &["p"], "Pay, receipt", "Take a payment; issue or show the receipt"),
    row(Visit, C::OpenClient, "client-page", &["o"], "Open client", "Open the page of the appointment's client").footer(5),
    row(Board, C::Outage, "out", &["x"], "Out (room or bars)", "Take a room or its bars out of service, or bring it back").footer(6).dangerous(),
    row(Board, C::Attest, "attest", &["A"], "Foot care", "Attest a therapist's foot care of today"),
    row(FreeRooms, C::BarsOnly, "bars-only", &["B"], "BAR rooms only", "Only rooms with sound bars, or all rooms").footer(1),
    row(Day, C::EarlierDay, "earlier-day", &["<"], "day before", "The day before").alias(&[","]).footer(1),
    row(Day, C::LaterDay, "later-day", &[">"], "next day", "The next day").alias(&["."]).footer(2),
    row(Day, C::Today, "today", &["T"], "Today", "Back to today").footer(3),
    row(Day, C::ByTherapist, "by-therapist", &["v"], "by room/therapist", "Rows by room or by therapist").footer(4),
    row(Day, C::OtherSite, "other-site", &["L"], "site", "The other site").footer(5),
    row(Book, C::Why, "why", &["ctrl-e"], "Why not at..?", "Why is a time not offered?").footer(7),
    row(Book, C::NewDraft, "new-draft", &["ctrl-n"], "new draft", "Throw the draft away and begin anew").footer(8).dangerous(),
    row(Book, C::Tick, "extension", &["space"], "", "Add the extension in focus, or take it back").bare(),
    row(Questions, C::AnswerYes, "answer-yes", &["y"], "yes", "The answer is yes").bare().footer(1),
    row(Questions, C::AnswerNo, "answer-no", &["n"], "no", "The answer is no").bare().footer(2),
    row(Questions, C::AnswerNotAsked, "answer-not-asked", &["backspace"], "not asked", "Not asked; never the same as no").bare().footer(3),
    row(Questions, C::SaveAnswers, "save-answers", &["ctrl-r"], "save answers", "Record the answers").footer(4),
    row(Client, C::EditClient, "edit-client", &["E"], "Edit", "Change the name, phone, birth date or note").footer(1),
    row(Client, C::NewClient, "new-client", &["ctrl-n"], "new client", "Add a client").footer(2),
    row(Client, C::AddWish, "add-wish", &["A"], "Add to waitlist", "Put the client on the waitlist").footer(3),
    row(Client, C::ExportClient, "export-client", &["F"], "record to File", "Owner, manager: write all that is held about the client into a file"),
    row(Turnover, C::OwnItems, "therapist-items", &["O"], "Own items", "Record what the therapist did for themselves").bare().footer(2),
    row(Turnover, C::Tick, "tick", &["space"], "tick", "Tick the item in focus").footer(1),
    row(Waitlist, C::AddWish, "somebody-waits", &["ctrl-n"], "add", "Put somebody on the waitlist: find them first").footer(5),
    row(Waitlist, C::Contacted, "contacted", &["p"], "Phoned", "The client was told of the offer: their time to answer runs").footer(1),
    row(Waitlist, C::AcceptOffer, "accept-offer", &["a"], "Accepts", "The client takes what is offered: book it").footer(2),
    row(Waitlist, C::DeclineOffer, "decline-offer", &["n"], "No, thanks", "The client declines; the place passes to the next").footer(3).dangerous(),
    row(Waitlist, C::Withdraw, "withdraw", &["X"], "off the list", "The client does not wait any more").footer(4).dangerous(),
    row(Roster, C::EarlierDay, "earlier-week", &["<"], "week before", "The week before").alias(&[","]).footer(3),
    row(Roster, C::LaterDay, "later-week", &[">"], "next week", "The next week").alias(&["."]).footer(4),
    row(Roster, C::Today, "this-week", &["T"], "This week", "Back to this week"),
    row(Roster, C::OtherSite, "roster-site", &["L"], "site", "The other site").footer(5),
    row(Roster, C::AddShift, "add-shift", &["a"], "Add a shift", "Another shift on this day").footer(1),
    row(Roster, C::TimeOff, "time-off", &["O"], "time Off", "Enter time off from this day on, or end what there is").footer(2),
    row(Roster, C::RemoveShift, "remove-shift", &["X"], "no shift", "Remove the shift in focus").footer(6).dangerous(),
    row(Roster, C::Week, "week", &["e"], "wEek", "The therapist's week: change it, add another, remove it").footer(6),
    row(Roster, C::ClosedDays, "closed-days", &["x"], "closed days", "Close the site on some days, or open it again"),
    row(Reports, C::NextReport, "next-report", &["n"], "Next report", "The next report").footer(1),
    row(Reports, C::EarlierDay, "earlier-weeks", &["<"], "earlier", "The weeks before").alias(&[","]).footer(2),
    row(Reports, C::LaterDay, "later-weeks", &[">"], "later", "The weeks after").alias(&["."]).footer(3),
    row(Reports, C::OtherSite, "report-site", &["L"], "site", "The other site").footer(4),
    row(Repair, C::AcceptOffer, "agree", &["a"], "agreed", "The client agrees: the appointment moves").footer(2),
    row(Repair, C::DeclineOffer, "disagree", &["n"], "declined", "The client does not want the new place").footer(3).dangerous(),
    row(Staff, C::Renew, "renew", &["r"], "Renew", "Renew a credential, or the registration").footer(1),
    row(Staff, C::AddTraining, "add-training", &["a"], "Add training", "Enter a training, once for all who took part").footer(2),
    row(Staff, C::EditTraining, "edit-training", &["e"], "Edit training", "Correct or remove an entry of what the therapist learned").footer(3),
    row(Stock, C::NewItem, "new-item", &["a"], "Add an item", "Keep something new in stock").footer(1),
    row(Dialog, C::Back, "close", &["esc"], "close", "Close; nothing is done").bare().footer(2),
    row(Dialog, C::Tick, "mark", &["space"], "", "Mark the entry in focus").bare(),
    row(Ask, C::Yes, "yes", &["y"], "yes, do it", "Do it") .bare() .footer(1),
    row(Ask, C::Back, "no", &["esc"], "no", "Do not") .alias(&["n"]) .bare() .footer(2),
];
