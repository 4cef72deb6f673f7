//! The screens, one file each: its state, what commands do on it, and how it is drawn.
//!
//! Adding one means: a module, a variant of [`Screen`], a row in the key table that opens it, and an arm in each function here.

pub(crate) mod alerts;
pub(crate) mod board;
pub(crate) mod book;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod day;
pub(crate) mod finder;
pub(crate) mod free_rooms;
mod guard;
pub(crate) mod questions;
pub(crate) mod repair;
pub(crate) mod reports;
pub(crate) mod roster;
pub(crate) mod staff;
pub(crate) mod stock;
pub(crate) mod turnover;
pub(crate) mod waitlist;

use ratatui::layout::Rect;
use tui_input::Input;

use super::{
    event::Effect,
    keys::{Command, Place},
    model::{Filter, Model},
    pen::{Pen, Target, wrap},
    theme::Role,
    visit,
};

pub(crate) use guard::{Lost, acts, asking, hand_over, lost_focus, moves, permitted};

use guard::{GONE, NOT_PERMITTED, meant_for_another};

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Screen {
    /// The rooms of every site as they are now.
    #[default]
    Board,
    /// Which rooms are free.
    FreeRooms,
    /// One day of one site.
    Day,
    /// A booking.
    Book,
    /// A client.
    Client,
    /// Open checklists.
    Turnover,
    /// Who waits for a place.
    Waitlist,
    /// Who works when in a week.
    Roster,
    /// Figures of some weeks.
    Reports,
    /// What mends a disruption, and whom to call about it.
    Repair,
    /// What is kept in stock.
    Stock,
    /// What needs somebody soon.
    Alerts,
    /// Who may do what.
    Staff,
    /// The link, the server, the person.
    Connection,
}

impl Screen {
    /// What the header says.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::FreeRooms => "Free rooms",
            Self::Day => "Day",
            Self::Book => "Book",
            Self::Client => "Client",
            Self::Turnover => "Turnover",
            Self::Waitlist => "Waitlist",
            Self::Roster => "Roster",
            Self::Reports => "Reports",
            Self::Repair => "Repair",
            Self::Stock => "Stock",
            Self::Alerts => "Alerts",
            Self::Staff => "Staff",
            Self::Connection => "Connection",
        }
    }
}

/// More of the header, after the title.
pub(crate) fn trail(model: &Model) -> String {
    match model.screen {
        Screen::Board => "All sites".to_owned(),
        Screen::Day => day::trail(model),
        Screen::Book => book::trail(model),
        Screen::Client => client::trail(model),
        Screen::FreeRooms => free_rooms::trail(model),
        Screen::Roster => roster::trail(model),
        Screen::Reports => reports::trail(model),
        Screen::Repair => repair::trail(model),
        Screen::Turnover
        | Screen::Waitlist
        | Screen::Stock
        | Screen::Alerts
        | Screen::Staff
        | Screen::Connection => String::new(),
    }
}

/// Where the keys go.
pub(crate) fn place(model: &Model) -> Place {
    match model.screen {
        Screen::Board => Place::Board,
        Screen::FreeRooms => Place::FreeRooms,
        Screen::Day => Place::Day,
        Screen::Book => book::place(model),
        Screen::Client => client::place(model),
        Screen::Turnover => Place::Turnover,
        Screen::Waitlist => Place::Waitlist,
        Screen::Roster => Place::Roster,
        Screen::Reports => Place::Reports,
        Screen::Repair => Place::Repair,
        Screen::Stock => Place::Stock,
        Screen::Alerts => Place::Lists,
        Screen::Staff => Place::Staff,
        Screen::Connection => Place::Connection,
    }
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.screen {
        Screen::Board
        | Screen::Day
        | Screen::Turnover
        | Screen::Waitlist
        | Screen::Roster
        | Screen::Reports
        | Screen::Repair
        | Screen::Stock
        | Screen::Alerts
        | Screen::Staff => None,
        Screen::FreeRooms => free_rooms::field(model),
        Screen::Book => book::field(model),
        Screen::Client => client::field(model),
        Screen::Connection => connection::field(model),
    }
}

/// The text in the field with the focus has changed.
pub(crate) fn typed(model: &mut Model) -> Vec<Effect> {
    match model.screen {
        Screen::Board
        | Screen::Day
        | Screen::Turnover
        | Screen::Waitlist
        | Screen::Roster
        | Screen::Reports
        | Screen::Repair
        | Screen::Stock
        | Screen::Alerts
        | Screen::Staff
        | Screen::Connection => Vec::new(),
        Screen::FreeRooms => free_rooms::typed(model),
        Screen::Book => book::typed(model),
        Screen::Client => client::typed(model),
    }
}

/// A "yes" has the focus whose date is still empty.
pub(crate) fn awaits_date(model: &Model) -> bool {
    match model.screen {
        Screen::Book => book::awaits_date(model),
        Screen::Client => client::awaits_date(model),
        _ => false,
    }
}

/// The list that a filter narrows: the screen, and a number of its own; none where nothing is listed.
pub(crate) fn list(model: &Model) -> Option<(Screen, usize)> {
    let number = match model.screen {
        Screen::Board
        | Screen::Day
        | Screen::FreeRooms
        | Screen::Turnover
        | Screen::Waitlist
        | Screen::Roster
        | Screen::Repair
        | Screen::Stock
        | Screen::Alerts
        | Screen::Staff => 0,
        Screen::Book => book::list(model)?,
        Screen::Client => client::list(model)?,
        Screen::Reports | Screen::Connection => return None,
    };
    Some((model.screen, number))
}

/// What has the focus in the screen's list, by a name that stays its own when the list changes.
fn focus_id(model: &Model, screen: Screen) -> Option<String> {
    match screen {
        Screen::Board => board::focus_id(model),
        Screen::FreeRooms => free_rooms::focus_id(model),
        Screen::Day => day::focus_id(model),
        Screen::Book => book::focus_id(model),
        Screen::Client => client::focus_id(model),
        Screen::Turnover => turnover::focus_id(model),
        Screen::Waitlist => waitlist::focus_id(model),
        Screen::Roster => roster::focus_id(model),
        Screen::Repair => repair::focus_id(model),
        Screen::Stock => stock::focus_id(model),
        Screen::Alerts => alerts::focus_id(model),
        Screen::Staff => staff::focus_id(model),
        Screen::Reports | Screen::Connection => None,
    }
}

/// Puts the focus on what has this name. When it is gone the focus stays about where it was, and the answer is false.
fn focus_on(model: &mut Model, screen: Screen, id: Option<&str>) -> bool {
    match screen {
        Screen::Board => board::focus_on(model, id),
        Screen::FreeRooms => free_rooms::focus_on(model, id),
        Screen::Day => day::focus_on(model, id),
        Screen::Book => book::focus_on(model, id),
        Screen::Client => client::focus_on(model, id),
        Screen::Turnover => turnover::focus_on(model, id),
        Screen::Waitlist => waitlist::focus_on(model, id),
        Screen::Roster => roster::focus_on(model, id),
        Screen::Repair => repair::focus_on(model, id),
        Screen::Stock => stock::focus_on(model, id),
        Screen::Alerts => alerts::focus_on(model, id),
        Screen::Staff => staff::focus_on(model, id),
        Screen::Reports | Screen::Connection => true,
    }
}

/// Changes the filter; the focus stays on what it was on, if that is still listed.
pub(crate) fn refilter(model: &mut Model, change: impl FnOnce(&mut Filter)) {
    let focus = focus_id(model, model.screen);
    change(&mut model.filter);
    focus_on(model, model.screen, focus.as_deref());
    model.dirty = true;
}

/// Lets a list of `screen` change; the focus stays on what it was on. When that is gone, or another appointment is in the
/// row, keys that were meant for it are not taken for what is in its place now.
pub(crate) fn relist(model: &mut Model, screen: Screen, change: impl FnOnce(&mut Model)) {
    let visit_of = |model: &Model| {
        let focus = focus_visit(model).filter(|_| model.screen == screen);
        focus.map(|visit| visit.id)
    };
    let (focus, visit) = (focus_id(model, screen), visit_of(model));
    change(model);
    if !focus_on(model, screen, focus.as_deref()) {
        lost_focus(model, screen, Lost::Row);
    } else if let (Some(before), Some(now)) = (visit, visit_of(model))
        && before != now
    {
        lost_focus(model, screen, Lost::Visit);
    }
}

/// The revision that what is shown reflects; 0 before it is loaded.
pub(crate) fn revision(model: &Model) -> u64 {
    match model.screen {
        Screen::Board => model.live.as_ref().map_or(0, |live| live.revision),
        Screen::FreeRooms => free_rooms::revision(model),
        Screen::Day => model.day.sheet.as_ref().map_or(0, |sheet| sheet.revision),
        Screen::Book => book::revision(model),
        Screen::Client => client::revision(model),
        Screen::Turnover => model.turnover.revision,
        Screen::Waitlist => model.waitlist.revision,
        Screen::Roster => roster::revision(model),
        Screen::Reports => reports::revision(model),
        Screen::Repair => repair::revision(model),
        Screen::Stock => model.stock.revision,
        Screen::Alerts => model.alerts.revision,
        Screen::Staff => model.staff.revision,
        Screen::Connection => model.status.as_ref().map_or(0, |status| status.revision),
    }
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    if meant_for_another(model, command) {
        model.warn(GONE);
        return Vec::new();
    }
    if !permitted(model, command) {
        model.warn(hand_over(model, NOT_PERMITTED));
        return Vec::new();
    }
    match model.screen {
        Screen::Board => board::on(model, command),
        Screen::FreeRooms => free_rooms::on(model, command),
        Screen::Day => day::on(model, command),
        Screen::Book => book::on(model, command),
        Screen::Client => client::on(model, command),
        Screen::Turnover => turnover::on(model, command),
        Screen::Waitlist => waitlist::on(model, command),
        Screen::Roster => roster::on(model, command),
        Screen::Reports => reports::on(model, command),
        Screen::Repair => repair::on(model, command),
        Screen::Stock => stock::on(model, command),
        Screen::Alerts => alerts::on(model, command),
        Screen::Staff => staff::on(model, command),
        Screen::Connection => connection::on(model, command),
    }
}

/// What a click does on what has the focus already.
pub(crate) fn again(model: &Model) -> Command {
    match model.screen {
        // Enter would tick every item of the room.
        Screen::Turnover => Command::Tick,
        _ => Command::Enter,
    }
}

/// Puts the focus where a click was; true when it was there already: then it acts, see [`again`].
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let again = match (model.screen, target) {
        (_, Target::Command(_)) | (Screen::Connection, _) => false,
        (Screen::Board, target) => board::click(model, target),
        (Screen::FreeRooms, target) => free_rooms::click(model, target),
        (Screen::Day, target) => day::click(model, target),
        (Screen::Book, target) => book::click(model, target),
        (Screen::Client, target) => client::click(model, target),
        (Screen::Turnover, target) => turnover::click(model, target),
        (Screen::Waitlist, target) => waitlist::click(model, target),
        (Screen::Roster, target) => roster::click(model, target),
        (Screen::Reports, target) => reports::click(model, target),
        (Screen::Repair, target) => repair::click(model, target),
        (Screen::Stock, target) => stock::click(model, target),
        (Screen::Alerts, target) => alerts::click(model, target),
        (Screen::Staff, target) => staff::click(model, target),
    };
    if !again {
        model.shifted = None;
    }
    again
}

/// The appointment in focus, if the screen has one.
pub(crate) fn focus_visit(model: &Model) -> Option<visit::Focus> {
    match model.screen {
        Screen::Board => board::focus_visit(model),
        Screen::Day => day::focus_visit(model),
        Screen::Client => client::focus_visit(model),
        _ => None,
    }
}

/// Asks for what the screen shows.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    match model.screen {
        Screen::Board => board::refresh(model),
        Screen::FreeRooms => free_rooms::refresh(model),
        Screen::Day => day::refresh(model),
        Screen::Book => book::refresh(model),
        Screen::Client => client::refresh(model),
        Screen::Turnover => turnover::refresh(model),
        Screen::Waitlist => waitlist::refresh(model),
        Screen::Roster => roster::refresh(model),
        Screen::Reports => reports::refresh(model),
        Screen::Repair => repair::refresh(model),
        Screen::Stock => stock::refresh(model),
        Screen::Alerts => alerts::refresh(model),
        Screen::Staff => staff::refresh(model),
        Screen::Connection => connection::refresh(model),
    }
}

/// Shows a screen with fresh data.
pub(crate) fn open(model: &mut Model, screen: Screen) -> Vec<Effect> {
    model.screen = screen;
    model.shifted = None;
    // A dialog that opens long after its key, over another screen, would not be expected any more.
    (model.pending, model.noting) = (None, None);
    model.dirty = true;
    refresh(model)
}

/// Draws the screen into its area.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    match model.screen {
        Screen::Board => board::draw(model, pen, area),
        Screen::FreeRooms => free_rooms::draw(model, pen, area),
        Screen::Day => day::draw(model, pen, area),
        Screen::Book => book::draw(model, pen, area),
        Screen::Client => client::draw(model, pen, area),
        Screen::Turnover => turnover::draw(model, pen, area),
        Screen::Waitlist => waitlist::draw(model, pen, area),
        Screen::Roster => roster::draw(model, pen, area),
        Screen::Reports => reports::draw(model, pen, area),
        Screen::Repair => repair::draw(model, pen, area),
        Screen::Stock => stock::draw(model, pen, area),
        Screen::Alerts => alerts::draw(model, pen, area),
        Screen::Staff => staff::draw(model, pen, area),
        Screen::Connection => connection::draw(model, pen, area),
    }
}

/// Says something in the place of a list, in as many lines as it takes.
pub(crate) fn say(pen: &mut Pen, area: Rect, text: &str) {
    let lines = wrap(text, rows(area.width).saturating_sub(2));
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        pen.text(area, area.x + 1, y, line, Role::Text);
    }
}

/// Puts a list's focus on the row that is wanted, as far as `rows` has it; false when it is gone, and the focus stays about
/// where it was. Nothing wanted counts as found.
pub(crate) fn find<T>(
    at: &mut usize,
    rows: &[T],
    wanted: Option<&str>,
    id: impl Fn(&T) -> String,
) -> bool {
    let found = wanted.and_then(|wanted| rows.iter().position(|row| id(row) == wanted));
    *at = found.unwrap_or(*at).min(rows.len().saturating_sub(1));
    found.is_some() || wanted.is_none()
}

/// Moves a list's focus by a command; false when the command is another one.
pub(crate) fn step(at: &mut usize, len: usize, command: Command) -> bool {
    const PAGE: usize = 10;
    let last = len.saturating_sub(1);
    *at = match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => at.saturating_add(1),
        Command::PageUp => at.saturating_sub(PAGE),
        Command::PageDown => at.saturating_add(PAGE),
        Command::First => 0,
        Command::Last => last,
        _ => return false,
    }
    .min(last);
    true
}

/// Puts a list's focus on the row that was clicked. Whether it was there already: then the click acts.
pub(crate) fn click_row(at: &mut usize, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let same = *at == row;
    *at = row;
    same
}

/// The first row to show so that `focus` is among `rows` of them.
pub(crate) fn scroll(focus: usize, rows: usize) -> usize {
    (focus + 1).saturating_sub(rows.max(1))
}

/// A screen's height or width as a number of rows.
pub(crate) fn rows(height: u16) -> usize {
    usize::from(height)
}

/// A row's number as a distance on the screen; lists on a screen are far shorter than this type allows.
pub(crate) fn offset(row: usize) -> u16 {
    u16::try_from(row).unwrap_or(u16::MAX / 2)
}
