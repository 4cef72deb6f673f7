//! Turnover: the open checklists, item by item.

use ratatui::layout::Rect;
use treadwell_api::v1;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target},
    screens::{offset, rows, scroll, step},
    search::Sieve,
    theme::Role,
    time, words,
};

/// The checklists and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Open checklists, once loaded.
    pub(crate) lists: Option<Vec<v1::Turnover>>,
    /// The room whose checklist the focus goes to when it is loaded; empty stays.
    pub(crate) room_id: String,
    /// The row in focus, of all items of all lists.
    at: usize,
}

/// Asks for the checklists.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Turnovers, v1::ListTurnoversRequest::default())
}

/// They have arrived.
pub(crate) fn loaded(model: &mut Model, lists: Vec<v1::Turnover>) {
    let wanted = std::mem::take(&mut model.turnover.room_id);
    let first = model.turnover.lists.is_none();
    model.turnover.lists = Some(lists);
    let items = items(model);
    let at = if wanted.is_empty() && first {
        items
            .iter()
            .position(|(_, item)| item.done_at.is_none())
            .unwrap_or(0)
    } else if wanted.is_empty() {
        model.turnover.at
    } else {
        let open = items
            .iter()
            .position(|(list, item)| list.room_id == wanted && item.done_at.is_none());
        open.or_else(|| items.iter().position(|(list, _)| list.room_id == wanted))
            .unwrap_or(model.turnover.at)
    };
    let last = items.len().saturating_sub(1);
    model.turnover.at = at.min(last);
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
    let sieve = Sieve::new(
        model.filter.input.value(),
        all.iter().map(|list| text(list)),
    );
    let shown = all.into_iter().filter(|list| sieve.passes(&text(list)));
    shown
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
            let list = (*list).clone();
            dialogs::stock::open_own(model, &list)
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
    if answer.done {
        model.say(format!("{room} is ready."));
    } else {
        model.turnover.room_id.clone_from(&list.room_id);
        let open = list
            .items
            .iter()
            .filter(|item| item.done_at.is_none())
            .count();
        model.say(format!("{room}: {} left.", words::count(open, "item")));
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let same = model.turnover.at == row;
    model.turnover.at = row;
    same
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let items = items(model);
    if items.is_empty() {
        let text = if model.turnover.lists.is_some() {
            "No room is in turnover."
        } else {
            "Asking."
        };
        pen.text(area, area.x + 1, area.y, text, Role::Text);
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
    let hint = "Space ticks the item in focus, Enter all that are open in its room.";
    pen.text(area, area.x + 1, area.bottom() - 1, hint, Role::Dim);
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
