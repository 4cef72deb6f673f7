//! Free rooms: which rooms are free and until when, now or at a time, for so long.

use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use crate::{
    tui::{
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        pen::{FieldLook, Pen, Target, pad, wrap},
        screens::{self, Screen, find, offset, rows, scroll, step},
        search::sift,
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
    /// The answer, and the question that it is for.
    answer: Option<(v1::ListFreeRoomsRequest, v1::ListFreeRoomsResponse)>,
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

/// Says of what time the list is: that of its own question, whatever is typed by now.
pub(crate) fn trail(model: &Model) -> String {
    let Some((asked, answer)) = &model.free_rooms.answer else {
        return String::new();
    };
    let zone = model.home_zone();
    let at = match (&asked.at, &answer.at) {
        (Some(at), _) => time::near(time::instant(at), model.now(), &zone),
        (None, Some(at)) => format!("now, {}", time::clock(time::instant(at), &zone)),
        (None, None) => "now".to_owned(),
    };
    let minutes = match asked.minutes {
        0 => String::new(),
        minutes => format!(" for {minutes} min"),
    };
    let bars = if asked.bars { ", BAR only" } else { "" };
    format!("{at}{minutes}{bars}")
}

/// The revision that the list reflects; 0 before it is loaded.
pub(crate) fn revision(model: &Model) -> u64 {
    let answer = model.free_rooms.answer.as_ref();
    answer.map_or(0, |(_, answer)| answer.revision)
}

/// Opens the screen: on a second `f` the time field is next.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    if model.screen == Screen::FreeRooms {
        model.free_rooms.part = Part::At;
        model.dirty = true;
        return Vec::new();
    }
    model.free_rooms.part = Part::Rooms;
    screens::open(model, Screen::FreeRooms)
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
    let asked = question(model);
    model.free_rooms.problem = asked.as_ref().err().cloned();
    match asked {
        Ok(asked) => model.ask(Purpose::FreeRooms, asked),
        Err(_) => Vec::new(),
    }
}

/// What is typed as a question; or what is wrong with it.
fn question(model: &Model) -> Result<v1::ListFreeRoomsRequest, String> {
    let state = &model.free_rooms;
    let now = time::zoned(model.now(), &model.home_zone());
    let at = match state.at.value().trim() {
        "" | "now" => None,
        text => Some(when::from(text, &now).map_err(|problem| problem.to_string())?),
    };
    let minutes = match state.minutes.value().trim() {
        "" => 0,
        text => when::minutes(text).map_err(|problem| problem.to_string())?,
    };
    Ok(v1::ListFreeRoomsRequest {
        site_ids: Vec::new(),
        at: at.map(time::wire),
        minutes,
        bars: state.bars,
    })
}

/// What is typed has no answer yet: the list is for another question.
fn is_behind(model: &Model) -> bool {
    let Some((asked, _)) = &model.free_rooms.answer else {
        return false;
    };
    question(model).map_or(true, |wanted| !is_same(&wanted, asked))
}

/// Whether two questions are the same. One like "in 20 minutes" moves on with the clock and is asked anew every minute.
fn is_same(one: &v1::ListFreeRoomsRequest, other: &v1::ListFreeRoomsRequest) -> bool {
    const MOVES_SECONDS: i64 = 90;
    let near = match (&one.at, &other.at) {
        (Some(one), Some(other)) => (one.seconds - other.seconds).abs() <= MOVES_SECONDS,
        (None, None) => true,
        _ => false,
    };
    near && (one.minutes, one.bars) == (other.minutes, other.bars)
}

/// The answer has arrived.
pub(crate) fn loaded(
    model: &mut Model,
    asked: v1::ListFreeRoomsRequest,
    answer: v1::ListFreeRoomsResponse,
) {
    let load = |model: &mut Model| model.free_rooms.answer = Some((asked, answer));
    screens::relist(model, Screen::FreeRooms, load);
}

/// What has the focus: a room.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    let shown = rooms_shown(model);
    shown
        .get(model.free_rooms.row)
        .filter(|_| model.free_rooms.part == Part::Rooms)
        .map(room_id)
}

fn room_id((room, _): &(&v1::FreeRoom, bool)) -> String {
    room.room_id.clone()
}

/// Puts the focus on the room with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut row = model.free_rooms.row;
    let found = find(&mut row, &rooms_shown(model), id, room_id);
    model.free_rooms.row = row;
    found
}

/// The rooms as listed: free ones first, by site; then those that are not ready. True for free.
fn rooms_shown(model: &Model) -> Vec<(&v1::FreeRoom, bool)> {
    let answer = model.free_rooms.answer.iter();
    let all = answer.flat_map(|(_, answer)| {
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
    let mut all = sift(model.filter.input.value(), all, |(room, _)| text(room));
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
    if is_behind(model) {
        model.warn(BEHIND);
        return Vec::new();
    }
    let Some((room, _)) = rooms_shown(model).get(model.free_rooms.row).copied() else {
        return Vec::new();
    };
    let room_id = room.room_id.clone();
    let asked = model.free_rooms.answer.as_ref();
    let at = asked.and_then(|(asked, _)| asked.at.as_ref().map(time::instant));
    screens::book::open_in_room(model, room_id, at)
}

const BEHIND: &str =
    "What you typed is not answered yet: the list is still that of the title above.";

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
    let hint = "Type a time (15:00, fri 2pm) and minutes (75) to ask for later.";
    let (text, role) = match &state.problem {
        Some(problem) => (problem.as_str(), Role::Warning),
        None if is_behind(model) => (BEHIND, Role::Warning),
        None => (hint, Role::Dim),
    };
    let mut y = area.y + 1;
    for line in wrap(text, usize::from(area.width.saturating_sub(2))) {
        pen.text(area, area.x + 1, y, &line, role);
        y += 1;
    }
    let list = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
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
}

fn draw_list(model: &Model, pen: &mut Pen, area: Rect) {
    let state = &model.free_rooms;
    let shown = rooms_shown(model);
    if shown.is_empty() {
        let text = if state.answer.is_some() {
            "No room is free then.".to_owned()
        } else {
            screens::asking(model, Purpose::FreeRooms)
        };
        screens::say(pen, area, &text);
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
