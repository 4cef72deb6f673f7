//! Draws the model: header, screen, news line, footer, and what lies over them.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    dialogs::{self, Dialog},
    keys::{Command, Place},
    locked,
    model::{Link, Model, Notice, SMALLEST},
    pen::{FieldLook, Pen, Target, width, wrap},
    screens::{self, Screen},
    theme::Role,
    time, visit, words,
};

/// Lines below the screen: news, two of keys.
const BELOW: u16 = 3;

/// Lines that news may take.
const MOST_NEWS: usize = 4;

/// Draws everything.
pub(crate) fn view(model: &Model, frame: &mut Frame) {
    if let Some(cursor) = paint(model, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws everything into a buffer; answers where the cursor belongs.
pub(crate) fn paint(model: &Model, buffer: &mut Buffer) -> Option<Position> {
    let area = buffer.area;
    let mut pen = Pen::new(buffer, model.theme);
    draw(model, &mut pen, area);
    pen.cursor.filter(|cursor| area.contains(*cursor))
}

/// In plain mode: wide enough for a line to be whole, high enough for every list, and for a dialog below it.
const PAGE: Rect = Rect::new(0, 0, 100, 200);
/// Rows of the page for a dialog.
pub(crate) const PAGE_DIALOG: u16 = 90;

/// Where everything is drawn.
pub(crate) fn page(model: &Model) -> Rect {
    if model.plain {
        PAGE
    } else {
        Rect::new(0, 0, model.size.0, model.size.1)
    }
}

/// What a click at a place means: what the view drew there.
pub(crate) fn target_at(model: &Model, column: u16, row: u16) -> Option<Target> {
    let area = page(model);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, model.theme);
    draw(model, &mut pen, area);
    let hit = pen
        .targets
        .iter()
        .rev()
        .find(|(place, _)| place.contains((column, row).into()));
    hit.map(|(_, target)| *target)
}

/// Draws into any buffer.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    if !model.plain && (area.width < SMALLEST.0 || area.height < SMALLEST.1) {
        draw_too_small(pen, area);
        return;
    }
    if let Some(lock) = &model.lock {
        locked::draw(model, lock, pen, area);
        return;
    }
    draw_header(model, pen, Rect::new(area.x, area.y, area.width, 1));
    let (body, below) = (body(model, area), below(model, area));
    pen.beneath = model.dialog.is_some();
    screens::draw(model, pen, body);
    if pen.beneath {
        // What lies beneath a dialog can not be clicked.
        pen.targets.clear();
    }
    draw_news(model, pen, below);
    pen.beneath = false;
    draw_footer(model, pen, below);
    if let Some(dialog) = &model.dialog {
        dialogs::draw(model, dialog, pen, dialog_place(model));
    }
}

/// Where the screen is drawn.
fn body(model: &Model, area: Rect) -> Rect {
    let beside = if model.plain { PAGE_DIALOG } else { 0 };
    let height = area.height.saturating_sub(1 + BELOW + beside);
    Rect::new(area.x, area.y + 1, area.width, height)
}

/// Where news and keys are drawn.
fn below(model: &Model, area: Rect) -> Rect {
    Rect::new(area.x, body(model, area).bottom(), area.width, BELOW)
}

/// Where a dialog is drawn. Lines that it covers would be said again, cut: in plain mode it stands below them.
pub(crate) fn dialog_place(model: &Model) -> Rect {
    let area = page(model);
    if model.plain {
        let top = below(model, area).bottom();
        Rect::new(area.x, top, area.width, PAGE_DIALOG)
    } else {
        body(model, area)
    }
}

fn draw_too_small(pen: &mut Pen, area: Rect) {
    let lines = [
        format!("Treadwell needs {} x {}.", SMALLEST.0, SMALLEST.1),
        format!("This terminal is {} x {}.", area.width, area.height),
        "Make it larger, or Ctrl-C.".to_owned(),
    ];
    for (line, text) in lines.iter().enumerate() {
        pen.text(
            area,
            area.x,
            area.y + screens::offset(line),
            text,
            Role::Text,
        );
    }
}

fn draw_header(model: &Model, pen: &mut Pen, area: Rect) {
    let mut title = format!(" {}", model.screen.title());
    let trail = screens::trail(model);
    if !trail.is_empty() {
        let _ = write!(title, " > {trail}");
    }
    pen.text(area, area.x, area.y, &title, Role::Title);
    let who = who(model);
    let link = format!("[{}]", model.link.label(model.clock.elapsed));
    // Lines are said again when they change: not every minute.
    let clock = model.clock.now().filter(|_| !model.plain);
    let zone = model.home_zone();
    let mut clock_words = clock
        .map(|now| time::day_and_clock(now, &zone))
        .unwrap_or_default();
    let who_at = area.right().saturating_sub(width(&who) + 1);
    let link_at = who_at.saturating_sub(width(&link) + 2);
    if width(&title) + width(&clock_words) + 2 > link_at {
        clock_words = clock.map(|now| time::clock(now, &zone)).unwrap_or_default();
    }
    let clock_at = link_at.saturating_sub(width(&clock_words) + 2);
    pen.put(
        clock_at,
        area.y,
        &format!(" {clock_words} "),
        Role::Text,
        link_at - clock_at,
    );
    let role = if matches!(model.link, Link::Live(_)) {
        Role::Live
    } else {
        Role::Stale
    };
    pen.put(link_at, area.y, &link, role, who_at.saturating_sub(link_at));
    pen.put(who_at, area.y, &who, Role::Text, width(&who));
}

/// Who is at the desk, shortened so that the clock stays.
fn who(model: &Model) -> String {
    const LONGEST: usize = 18;
    let Some(me) = &model.me else {
        return String::new();
    };
    let name = if me.name.is_empty() {
        words::role(me.role())
    } else {
        &me.name
    };
    name.chars().take(LONGEST).collect()
}

/// News in lines of so many columns.
pub(crate) fn news(notice: &Notice, columns: u16) -> Vec<String> {
    let mark = if notice.warning { "!" } else { "*" };
    let mut lines = wrap(&format!("{mark} {}", notice.text), usize::from(columns));
    lines.truncate(MOST_NEWS);
    lines
}

fn draw_news(model: &Model, pen: &mut Pen, area: Rect) {
    pen.rule(area, area.y);
    if model.filter.open {
        pen.field(
            area,
            area.y,
            "filter: ",
            &model.filter.input,
            FieldLook::new(true, 40),
        );
        return;
    }
    if let Some(notice) = &model.notice {
        let role = if notice.warning {
            Role::Warning
        } else {
            Role::Done
        };
        let lines = news(notice, area.width);
        // Long news covers the end of the screen above it.
        let top = (area.y + 1).saturating_sub(screens::offset(lines.len()));
        pen.clear(Rect::new(area.x, top, area.width, area.y + 1 - top));
        for (line, text) in lines.iter().enumerate() {
            pen.put(area.x, top + screens::offset(line), text, role, area.width);
        }
    } else if model.filter.is_set() {
        let text = format!(
            " filter: {} (/ changes it, Esc clears it) ",
            model.filter.input.value()
        );
        pen.text(area, area.x + 2, area.y, &text, Role::Title);
    }
}

/// Keys about an appointment stand in the footer only while it can take that step.
fn is_of_use(model: &Model, command: Command, focus: Option<&visit::Focus>) -> bool {
    screens::permitted(model, command) && !visit::is_command(command)
        || visit::may(model, command)
            && focus.is_some_and(|focus| visit::is_likely(command, focus.state))
}

/// What Enter does where the focus is, in a word; nothing where it only closes, as Esc does.
fn enter_label(model: &Model) -> Option<&'static str> {
    Some(match (&model.dialog, model.screen) {
        (Some(Dialog::Form(_)), _) | (None, Screen::Book | Screen::Client | Screen::Connection) => {
            "go on"
        }
        (Some(Dialog::Menu(_) | Dialog::Palette(_)), _) => "choose",
        (Some(_), _) => return None,
        (None, Screen::Turnover) => "all done",
        (None, Screen::FreeRooms) => "book",
        (None, Screen::Waitlist) => "offer",
        (None, Screen::Roster) => "hours",
        (None, Screen::Reports) => "count again",
        (None, Screen::Repair) => "apply",
        (None, Screen::Stock) => "record",
        (None, Screen::Staff) if screens::staff::enter_opens_log(model) => "training",
        (None, Screen::Board | Screen::Day | Screen::Alerts | Screen::Staff) => "open",
    })
}

/// The keys of this place, then those that work everywhere, as far as two lines go.
fn draw_footer(model: &Model, pen: &mut Pen, area: Rect) {
    let here = model
        .dialog
        .as_ref()
        .map_or_else(|| screens::place(model), dialogs::place);
    let focus = screens::focus_visit(model);
    let mut near: Vec<_> = Vec::new();
    let mut everywhere: Vec<_> = Vec::new();
    for place in here.chain() {
        let list = if *place == Place::Everywhere {
            &mut everywhere
        } else {
            &mut near
        };
        list.extend(model.keymap.of(*place).filter(|(entry, keys)| {
            let has_room = entry.footer > 0 && !keys.is_empty();
            has_room && is_of_use(model, entry.command, focus.as_ref())
        }));
    }
    everywhere.sort_by_key(|(entry, _)| entry.footer);
    near.sort_by_key(|(entry, _)| entry.footer);
    let lines = if everywhere.is_empty() {
        [near, Vec::new()]
    } else {
        [everywhere, near]
    };
    for (line, entries) in lines.into_iter().enumerate() {
        let y = area.y + 1 + screens::offset(line);
        let mut x = area.x + 1;
        for (entry, keys) in entries {
            let keys = keys.split(" or ").next().unwrap_or_default();
            let label = match entry.command {
                Command::Enter => enter_label(model),
                _ => Some(entry.label),
            };
            let Some(label) = label else {
                continue;
            };
            let taken = width(keys) + 1 + width(label);
            if x + taken >= area.right() {
                continue;
            }
            pen.targets
                .push((Rect::new(x, y, taken, 1), Target::Command(entry.command)));
            x = pen.put(x, y, keys, Role::Key, taken);
            x = pen.put(x + 1, y, label, Role::Text, taken) + 2;
        }
        let back = line == 1
            && x < area.right().saturating_sub(10)
            && here != Place::Ask
            && here != Place::Dialog
            && here != Place::Board;
        if back {
            pen.targets
                .push((Rect::new(x, y, 8, 1), Target::Command(Command::Back)));
            x = pen.put(x, y, "Esc", Role::Key, 3);
            pen.put(x + 1, y, "back", Role::Text, 4);
        }
    }
}

/// The line of the focus as it is shown, without its marker.
pub(crate) fn focus_line(model: &Model) -> Option<String> {
    let area = page(model);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, model.theme);
    draw(model, &mut pen, area);
    let cursor = pen.cursor?;
    let hit = pen
        .targets
        .iter()
        .rev()
        .find(|(place, _)| place.contains(cursor))
        .map(|(place, _)| *place)?;
    let line: String = (hit.left()..hit.right())
        .map(|x| buffer[(x, cursor.y)].symbol())
        .collect();
    Some(line.trim_start_matches('>').trim().to_owned())
}
