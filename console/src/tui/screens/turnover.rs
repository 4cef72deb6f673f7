//! Turnover: the open checklists, item by item.

use ratatui::layout::Rect;
use treadwell_api::v1;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::{Command, Place},
    model::{Filter, Model},
    pen::{Pen, Target},
    screens::{self, Lost, Screen, find, offset, rows, scroll, step},
    search::sift,
    theme::Role,
    time, words,
};

/// The checklists and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Open checklists, once loaded.
    lists: Option<Vec<v1::Turnover>>,
    /// The revision that they reflect.
    pub(crate) revision: u64,
    /// The room whose checklist the focus goes to when it is loaded; empty stays.
    pub(crate) room_id: String,
    /// The row in focus, of all items of all lists.
    at: usize,
}

/// Opens the screen with a room's checklist in focus.
pub(crate) fn open(model: &mut Model, room_id: &str) -> Vec<Effect> {
    model.filter = Filter::default();
    let there = |(list, _): &(&v1::Turnover, &v1::TurnoverItem)| list.room_id == room_id;
    match items(model).iter().position(there) {
        Some(at) => model.turnover.at = at,
        // Keys wait for the list then, so that none acts on another room's.
        None if model.link.is_live() => model.turnover = State::default(),
        None => {}
    }
    room_id.clone_into(&mut model.turnover.room_id);
    screens::open(model, Screen::Turnover)
}

/// Asks for the checklists.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Turnovers, v1::ListTurnoversRequest::default())
}

/// They have arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::ListTurnoversResponse) {
    let wanted = std::mem::take(&mut model.turnover.room_id);
    let first = model.turnover.lists.is_none();
    let load = |model: &mut Model| {
        model.turnover.revision = answer.revision;
        model.turnover.lists = Some(answer.turnovers);
    };
    if !first && wanted.is_empty() {
        screens::relist(model, Screen::Turnover, load);
        return;
    }
    let before = focus_room(model);
    load(model);
    let items = items(model);
    let is_open = |item: &v1::TurnoverItem| item.done_at.is_none();
    let open = items
        .iter()
        .position(|(list, item)| is_open(item) && (wanted.is_empty() || list.room_id == wanted));
    let there = || items.iter().position(|(list, _)| list.room_id == wanted);
    let at = open.or_else(there).unwrap_or(model.turnover.at);
    model.turnover.at = at.min(items.len().saturating_sub(1));
    if before.is_some() && before != focus_room(model) {
        screens::lost_focus(model, Screen::Turnover, Lost::Row);
    }
}

/// The room of the item in focus.
fn focus_room(model: &Model) -> Option<String> {
    let items = items(model);
    items
        .get(model.turnover.at)
        .map(|(list, _)| list.room_id.clone())
}

/// What has the focus: an item of a room's checklist.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    items(model).get(model.turnover.at).map(item_id)
}

fn item_id((list, item): &(&v1::Turnover, &v1::TurnoverItem)) -> String {
    format!("{} {}", list.room_id, item.id)
}

/// Puts the focus on the item with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.turnover.at;
    let found = find(&mut at, &items(model), id, item_id);
    model.turnover.at = at;
    found
}

/// Every item that can be ticked, with its list.
fn items(model: &Model) -> Vec<(&v1::Turnover, &v1::TurnoverItem)> {
    let all: Vec<&v1::Turnover> = model.turnover.lists.iter().flatten().collect();
    let text = |list: &v1::Turnover| {
        format!(
            "{} {}",
            model.room_name(&list.room_id),
            model.site_name(&list.site_id)
        )
    };
    sift(model.filter.input.value(), all, |list| text(list))
        .into_iter()
        .flat_map(|list| list.items.iter().map(move |item| (list, item)))
        .collect()
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let items = items(model);
    let (count, focus) = (items.len(), items.get(model.turnover.at));
    match (command, focus) {
        (Command::Tick, Some((_, item))) if item.done_at.is_some() => {
            let undo = model.keymap.key_of(Command::Undo);
            model.warn(format!(
                "That is done already; {undo} undoes your last tick."
            ));
            Vec::new()
        }
        (Command::Tick | Command::Enter, Some((list, item))) => {
            let room_id = list.room_id.clone();
            // Space ticks one item; Enter all that are open.
            let item_ids = if command == Command::Tick {
                vec![item.id.clone()]
            } else {
                Vec::new()
            };
            let call = v1::TickTurnoverRequest {
                write: None,
                room_id,
                item_ids,
            };
            model.write(Purpose::Act, call)
        }
        (Command::OwnItems, Some((list, _))) => {
            let id = list.appointment_id.clone();
            dialogs::hygiene::open_own(model, id)
        }
        _ => {
            step(&mut model.turnover.at, count, command);
            Vec::new()
        }
    }
}

/// An item was ticked: the focus goes to the next open one of the same room.
pub(crate) fn ticked(model: &mut Model, answer: &v1::TickTurnoverResponse) {
    let Some(list) = &answer.turnover else {
        return;
    };
    let room = model.room_name(&list.room_id);
    // Whoever has gone to another room since stays there.
    let stays = focus_room(model).is_none_or(|focus| focus == list.room_id);
    if answer.done {
        if stays {
            model.turnover.room_id = room_after(model, &list.room_id);
        }
        model.say(format!("{room} is ready."));
    } else {
        if stays {
            model.turnover.room_id.clone_from(&list.room_id);
        }
        let open = list
            .items
            .iter()
            .filter(|item| item.done_at.is_none())
            .count();
        model.say(format!("{room}: {} left.", words::count(open, "item")));
    }
}

/// The room whose checklist is next when that of `room_id` is done; empty without one.
fn room_after(model: &Model, room_id: &str) -> String {
    let rooms: Vec<&str> = model
        .turnover
        .lists
        .iter()
        .flatten()
        .map(|list| list.room_id.as_str())
        .collect();
    let at = rooms
        .iter()
        .position(|room| *room == room_id)
        .map_or(0, |at| at + 1);
    let next = rooms.get(at).or(rooms.first());
    next.filter(|room| **room != room_id)
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.turnover.at, target)
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let items = items(model);
    if items.is_empty() {
        let text = if model.turnover.lists.is_some() {
            "No room is in turnover.".to_owned()
        } else {
            screens::asking(model, Purpose::Turnovers)
        };
        screens::say(pen, area, &text);
        return;
    }
    let mut lines: Vec<(Option<usize>, String, Role)> = Vec::new();
    let mut room = "";
    for (row, (list, item)) in items.iter().enumerate() {
        if list.room_id != room {
            room = &list.room_id;
            if !lines.is_empty() {
                lines.push((None, String::new(), Role::Text));
            }
            lines.push((None, heading(model, list), Role::Turnover));
        }
        let zone = model.zone(&list.site_id);
        let text = match &item.done_at {
            Some(done) => format!(
                "  [x] {}  done {}",
                item.label,
                time::clock_of(Some(done), &zone)
            ),
            None => format!("  [ ] {}", item.label),
        };
        lines.push((Some(row), text, Role::Text));
    }
    let fit = rows(area.height.saturating_sub(1));
    let at = lines
        .iter()
        .position(|(row, ..)| *row == Some(model.turnover.at))
        .unwrap_or(0);
    for (line, (row, text, role)) in lines.iter().skip(scroll(at, fit)).take(fit).enumerate() {
        let y = area.y + offset(line);
        match row {
            Some(row) => pen.row(
                area,
                y,
                text,
                *row == model.turnover.at,
                Target::Row(0, *row),
            ),
            None => {
                pen.text(area, area.x + 1, y, text, *role);
            }
        }
    }
    let tick = model.keymap.key_at(Place::Turnover, Command::Tick);
    let enter = model.keymap.key_of(Command::Enter);
    let hint = format!("{tick} ticks the item in focus, {enter} all that are open in its room.");
    pen.text(area, area.x + 1, area.bottom() - 1, &hint, Role::Dim);
}

fn heading(model: &Model, list: &v1::Turnover) -> String {
    let zone = model.zone(&list.site_id);
    let done = list
        .items
        .iter()
        .filter(|item| item.done_at.is_some())
        .count();
    let due = list.due.as_ref().map(time::instant);
    let late = due.map_or(0, |due| {
        (model.now().as_second() - due.as_second()).max(0) / 60
    });
    let late = if late > 0 {
        format!(", LATE {late} min")
    } else {
        String::new()
    };
    format!(
        "[~] {} {}  {done} of {}, due {}{late}",
        model.room_name(&list.room_id),
        model.site_name(&list.site_id),
        list.items.len(),
        time::clock_of(list.due.as_ref(), &zone)
    )
}
