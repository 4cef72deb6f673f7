//! Free rooms: which rooms are free and until when, now or at a time, for so long.

use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use crate::{
    tui::{
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        pen::{FieldLook, Pen, Target, pad},
        screens::{self, offset, rows, scroll, step},
        search::Sieve,
        theme::Role,
        time,
    },
    when,
};

/// What is asked and answered.
#[derive(Debug)]
pub(crate) struct State {
    /// When, as typed; empty means now.
    at: Input,
    /// For how long, as typed; empty means any time.
    minutes: Input,
    /// Only rooms with sound bars.
    bars: bool,
    /// Where the focus is.
    part: Part,
    /// The room in focus.
    row: usize,
    /// The answer.
    answer: Option<v1::ListFreeRoomsResponse>,
    /// What is wrong with what is typed.
    problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rooms,
    At,
    Minutes,
}

impl Default for State {
    fn default() -> Self {
        Self {
            at: Input::default(),
            minutes: Input::default(),
            bars: false,
            part: Part::Rooms,
            row: 0,
            answer: None,
            problem: None,
        }
    }
}

/// Says of what time the list is.
pub(crate) fn trail(model: &Model) -> String {
    let state = &model.free_rooms;
    let at = if state.at.value().trim().is_empty() {
        "now"
    } else {
        state.at.value().trim()
    };
    if state.bars {
        format!("{at}, BAR only")
    } else {
        at.to_owned()
    }
}

/// Opens the screen: on a second `f` the time field is next.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    if model.screen == screens::Screen::FreeRooms {
        model.free_rooms.part = Part::At;
        model.dirty = true;
        return Vec::new();
    }
    model.free_rooms.part = Part::Rooms;
    screens::open(model, screens::Screen::FreeRooms)
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.free_rooms.part {
        Part::Rooms => None,
        Part::At => Some(&mut model.free_rooms.at),
        Part::Minutes => Some(&mut model.free_rooms.minutes),
    }
}

/// The time or the minutes have changed.
pub(crate) fn typed(model: &mut Model) -> Vec<Effect> {
    refresh(model)
}

/// A digit typed on the list begins a time.
pub(crate) fn digit(model: &mut Model, digit: char) -> Vec<Effect> {
    model.free_rooms.part = Part::At;
    model.free_rooms.at = Input::new(digit.to_string());
    refresh(model)
}

/// Asks which rooms are free.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let zone = model.home_zone();
    let now = time::zoned(model.now(), &zone);
    let state = &mut model.free_rooms;
    state.problem = None;
    let at = match state.at.value().trim() {
        "" | "now" => None,
        text => match when::from(text, &now) {
            Ok(at) => Some(at),
            Err(problem) => {
                state.problem = Some(problem.to_string());
                return Vec::new();
            }
        },
    };
    let minutes = match state.minutes.value().trim() {
        "" => 0,
        text => match when::minutes(text) {
            Ok(minutes) => minutes,
            Err(problem) => {
                state.problem = Some(problem.to_string());
                return Vec::new();
            }
        },
    };
    let call = v1::ListFreeRoomsRequest {
        site_ids: Vec::new(),
        at: at.map(time::wire),
        minutes,
        bars: state.bars,
    };
    model.ask(Purpose::FreeRooms, call)
}

/// The answer has arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::ListFreeRoomsResponse) {
    model.free_rooms.answer = Some(answer);
    let last = rooms_shown(model).len().saturating_sub(1);
    model.free_rooms.row = model.free_rooms.row.min(last);
}

/// The rooms as listed: free ones first, by site; then those that are not ready. True for free.
fn rooms_shown(model: &Model) -> Vec<(&v1::FreeRoom, bool)> {
    let answer = model.free_rooms.answer.iter();
    let all = answer.flat_map(|answer| {
        let free = answer.rooms.iter().map(|room| (room, true));
        free.chain(answer.not_ready.iter().map(|room| (room, false)))
    });
    let text = |room: &v1::FreeRoom| {
        format!(
            "{} {} {}",
            room.name,
            room.site_id,
            if room.bars { "BAR" } else { "" }
        )
    };
    let all: Vec<(&v1::FreeRoom, bool)> = all.collect();
    let sieve = Sieve::new(
        model.filter.input.value(),
        all.iter().map(|(room, _)| text(room)),
    );
    let mut all: Vec<(&v1::FreeRoom, bool)> = all
        .into_iter()
        .filter(|(room, _)| sieve.passes(&text(room)))
        .collect();
    let order = model.site_ids();
    let place = |room: &v1::FreeRoom| {
        order
            .iter()
            .position(|site| *site == room.site_id)
            .unwrap_or(usize::MAX)
    };
    all.sort_by_key(|(room, free)| (place(room), !free, !room.bars));
    all
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let count = rooms_shown(model).len();
    let state = &mut model.free_rooms;
    match command {
        Command::NextPane => state.part = next(state.part),
        Command::PreviousPane => state.part = next(next(state.part)),
        Command::BarsOnly => {
            state.bars = !state.bars;
            return refresh(model);
        }
        Command::Down | Command::Enter if state.part != Part::Rooms => state.part = Part::Rooms,
        Command::Enter => return book(model),
        _ => {
            step(&mut state.row, count, command);
        }
    }
    Vec::new()
}

fn next(part: Part) -> Part {
    match part {
        Part::Rooms => Part::At,
        Part::At => Part::Minutes,
        Part::Minutes => Part::Rooms,
    }
}

/// Enter on a room: book there, at the time asked about.
fn book(model: &mut Model) -> Vec<Effect> {
    let Some((room, _)) = rooms_shown(model).get(model.free_rooms.row).copied() else {
        return Vec::new();
    };
    let room_id = room.room_id.clone();
    let asked = !matches!(model.free_rooms.at.value().trim(), "" | "now");
    let at = model
        .free_rooms
        .answer
        .as_ref()
        .and_then(|answer| answer.at.as_ref())
        .filter(|_| asked)
        .map(time::instant);
    screens::book::open_in_room(model, room_id, at)
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let same = model.free_rooms.part == Part::Rooms && model.free_rooms.row == row;
    model.free_rooms.part = Part::Rooms;
    model.free_rooms.row = row;
    same
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let state = &model.free_rooms;
    let list = Rect::new(
        area.x,
        area.y + 2,
        area.width,
        area.height.saturating_sub(2),
    );
    draw_list(model, pen, list);
    let look = |part| FieldLook::new(state.part == part, 18);
    let end = pen.field(area, area.y, "at (empty: now) ", &state.at, look(Part::At));
    let right = Rect::new(end + 2, area.y, area.right().saturating_sub(end + 2), 1);
    let end = pen.field(
        right,
        area.y,
        "for ",
        &state.minutes,
        FieldLook::new(state.part == Part::Minutes, 6),
    );
    let bars = if state.bars {
        "BAR rooms only"
    } else {
        "all rooms"
    };
    pen.text(area, end + 2, area.y, bars, Role::Title);
    if let Some(problem) = &state.problem {
        pen.text(area, area.x + 1, area.y + 1, problem, Role::Warning);
    } else {
        pen.text(
            area,
            area.x + 1,
            area.y + 1,
            "Type a time (15:00, fri 2pm) and minutes (75) to ask for later.",
            Role::Dim,
        );
    }
}

fn draw_list(model: &Model, pen: &mut Pen, area: Rect) {
    let state = &model.free_rooms;
    let shown = rooms_shown(model);
    if shown.is_empty() {
        let text = if state.answer.is_some() {
            "No room is free then."
        } else {
            "Asking."
        };
        pen.text(area, area.x + 1, area.y, text, Role::Text);
        return;
    }
    let mut lines: Vec<(Option<usize>, String)> = Vec::new();
    let mut site = "";
    for (row, (room, free)) in shown.iter().enumerate() {
        if room.site_id != site {
            site = &room.site_id;
            let here: Vec<bool> = shown
                .iter()
                .filter(|(room, free)| room.site_id == site && *free)
                .map(|(room, _)| room.bars)
                .collect();
            let bars = here.iter().filter(|bars| **bars).count();
            lines.push((
                None,
                format!(
                    "{}   {} free, {bars} of them BAR",
                    model.site_name(site).to_uppercase(),
                    here.len()
                ),
            ));
        }
        lines.push((Some(row), line(model, room, *free)));
    }
    let fit = rows(area.height);
    let at = lines
        .iter()
        .position(|(row, _)| *row == Some(state.row))
        .unwrap_or(0);
    for (line, (row, text)) in lines.iter().skip(scroll(at, fit)).take(fit).enumerate() {
        let y = area.y + offset(line);
        match row {
            None => {
                pen.text(area, area.x + 1, y, text, Role::Title);
            }
            Some(row) => {
                let focus = state.part == Part::Rooms && *row == state.row;
                pen.row(area, y, text, focus, Target::Row(0, *row));
            }
        }
    }
}

fn line(model: &Model, room: &v1::FreeRoom, free: bool) -> String {
    let zone = model.zone(&room.site_id);
    let bars = if room.bars { "BAR" } else { "-" };
    let state = if free {
        "[ ] free"
    } else {
        "[~] not ready yet"
    };
    let until = match (&room.free_until, &room.closes_at) {
        (Some(until), _) => format!("until {}", time::clock_of(Some(until), &zone)),
        (None, Some(closes)) => format!("until closing {}", time::clock_of(Some(closes), &zone)),
        (None, None) => "all day".to_owned(),
    };
    format!(
        "{} {} {} {until}",
        pad(&room.name, 8),
        pad(bars, 4),
        pad(state, 18)
    )
}
