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
pub(crate) mod questions;
pub(crate) mod stock;
pub(crate) mod turnover;

use ratatui::layout::Rect;
use tui_input::Input;

use super::{
    event::Effect,
    keys::{Command, Place},
    model::Model,
    pen::{Pen, Target},
    visit,
};

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
    /// What is kept in stock.
    Stock,
    /// What needs somebody soon.
    Alerts,
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
            Self::Stock => "Stock",
            Self::Alerts => "Alerts",
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
        Screen::Turnover | Screen::Stock | Screen::Alerts | Screen::Connection => String::new(),
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
        Screen::Stock | Screen::Alerts => Place::Lists,
        Screen::Connection => Place::Connection,
    }
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.screen {
        Screen::Board | Screen::Day | Screen::Turnover | Screen::Stock | Screen::Alerts => None,
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
        | Screen::Stock
        | Screen::Alerts
        | Screen::Connection => Vec::new(),
        Screen::FreeRooms => free_rooms::typed(model),
        Screen::Book => book::typed(model),
        Screen::Client => client::typed(model),
    }
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    match model.screen {
        Screen::Board => board::on(model, command),
        Screen::FreeRooms => free_rooms::on(model, command),
        Screen::Day => day::on(model, command),
        Screen::Book => book::on(model, command),
        Screen::Client => client::on(model, command),
        Screen::Turnover => turnover::on(model, command),
        Screen::Stock => stock::on(model, command),
        Screen::Alerts => alerts::on(model, command),
        Screen::Connection => connection::on(model, command),
    }
}

/// Puts the focus where a click was; true when it was there already, which counts as Enter.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    match (model.screen, target) {
        (_, Target::Command(_)) | (Screen::Connection, _) => false,
        (Screen::Board, target) => board::click(model, target),
        (Screen::FreeRooms, target) => free_rooms::click(model, target),
        (Screen::Day, target) => day::click(model, target),
        (Screen::Book, target) => book::click(model, target),
        (Screen::Client, target) => client::click(model, target),
        (Screen::Turnover, target) => turnover::click(model, target),
        (Screen::Stock, target) => stock::click(model, target),
        (Screen::Alerts, target) => alerts::click(model, target),
    }
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
        Screen::Stock => stock::refresh(model),
        Screen::Alerts => alerts::refresh(model),
        Screen::Connection => connection::refresh(model),
    }
}

/// Shows a screen with fresh data.
pub(crate) fn open(model: &mut Model, screen: Screen) -> Vec<Effect> {
    if model.screen != screen {
        model.filter = super::model::Filter::default();
    }
    model.screen = screen;
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
        Screen::Stock => stock::draw(model, pen, area),
        Screen::Alerts => alerts::draw(model, pen, area),
        Screen::Connection => connection::draw(model, pen, area),
    }
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
