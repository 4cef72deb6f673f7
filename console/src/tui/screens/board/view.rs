//! How the Board is drawn.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use ratatui::layout::Rect;
use treadwell_api::v1::{self, BarsState, RoomState};

use super::{NEEDS, focus_room, need_action, need_symbol, needs, rooms, sites};
use crate::tui::{
    model::Model,
    pen::{Pen, Target, pad, width, wrap},
    screens::{offset, scroll},
    theme::Role,
    time, words,
};

/// A site's column is at least so wide.
const LEAST_COLUMN: u16 = 39;
/// From this width on a column names the client and what comes next.
const WIDE_COLUMN: u16 = 58;
/// Lines of the detail pane.
const DETAIL: u16 = 2;

/// Draws the Board.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let shown = sites(model);
    if shown.is_empty() {
        let text = if model.live.is_some() {
            "This key reaches no site."
        } else {
            "Waiting for the server."
        };
        pen.text(area, area.x + 1, area.y + 1, text, Role::Text);
        return;
    }
    let room_rows = offset(
        shown
            .iter()
            .map(|site| rooms(model, site).len())
            .max()
            .unwrap_or(0),
    );
    let grid = if model.plain {
        stacked(model, pen, area, &shown)
    } else {
        beside(model, pen, area, &shown, room_rows)
    };
    let detail = area.bottom().saturating_sub(DETAIL);
    let top = area.y + grid;
    if top + 2 >= detail {
        return;
    }
    pen.rule(area, top);
    draw_needs(
        model,
        pen,
        Rect::new(area.x, top + 1, area.width, detail - 1 - (top + 1)),
    );
    pen.rule(area, detail - 1);
    draw_detail(model, pen, Rect::new(area.x, detail, area.width, DETAIL));
}

/// Sites one below the other; answers the rows used.
fn stacked(model: &Model, pen: &mut Pen, area: Rect, shown: &[&v1::SiteBoard]) -> u16 {
    let mut y = area.y;
    for (index, site) in shown.iter().enumerate() {
        let height = offset(rooms(model, site).len()) + 2;
        let column = Rect::new(area.x, y, area.width, height).intersection(area);
        draw_site(model, pen, column, site, index);
        y += height;
    }
    y - area.y
}

/// As many sites side by side as fit, the one in focus among them; answers the rows used.
fn beside(
    model: &Model,
    pen: &mut Pen,
    area: Rect,
    shown: &[&v1::SiteBoard],
    room_rows: u16,
) -> u16 {
    let fit = usize::from((area.width / (LEAST_COLUMN + 1)).max(1)).min(shown.len());
    let first = scroll(model.board.site, fit);
    let height = (room_rows + 2).min(area.height.saturating_sub(DETAIL + 4));
    let each = area.width / offset(fit);
    for (place, site) in shown.iter().skip(first).take(fit).enumerate() {
        let x = area.x + offset(place) * each;
        let last = place + 1 == fit;
        let wide = if last { area.right() - x } else { each - 1 };
        draw_site(
            model,
            pen,
            Rect::new(x, area.y, wide, height),
            site,
            first + place,
        );
        if !last {
            for y in area.y..area.y + height {
                pen.put(x + wide, y, "|", Role::Rule, 1);
            }
        }
    }
    height
}

fn draw_site(model: &Model, pen: &mut Pen, area: Rect, site: &v1::SiteBoard, index: usize) {
    let listed = rooms(model, site);
    pen.text(
        area,
        area.x + 1,
        area.y,
        &summary(site, area.width.saturating_sub(1)),
        Role::Title,
    );
    let columns = Columns::of(area.width, &listed);
    pen.text(area, area.x, area.y + 1, &columns.heading(), Role::Dim);
    let zone = time::zone(&site.time_zone);
    let fit = usize::from(area.height.saturating_sub(2));
    let in_focus = !model.board.in_needs && model.board.site == index;
    let first = if in_focus {
        scroll(model.board.room, fit)
    } else {
        0
    };
    for (line, (row, room)) in listed.iter().enumerate().skip(first).take(fit).enumerate() {
        let y = area.y + 2 + offset(line);
        let focus = pen.shows_focus(in_focus && model.board.room == row);
        draw_room(model, pen, area, y, room, &columns, &zone, focus);
        pen.hit(area, y, focus, Target::Row(index, row));
    }
}

/// Widths of a site's columns.
struct Columns {
    name: usize,
    bars: usize,
    who: usize,
    wide: bool,
}

/// `[#] IN SESSION`.
const STATE: usize = 14;
/// `14:45`.
const UNTIL: usize = 5;

impl Columns {
    fn of(width: u16, rooms: &[&v1::RoomStatus]) -> Self {
        let longest = rooms
            .iter()
            .map(|room| room.name.chars().count())
            .max()
            .unwrap_or(2);
        let any_out = rooms.iter().any(|room| room.bars() == BarsState::Out);
        // Where the bars are out their column is wide, and the room's gives way.
        let name = longest.clamp(if any_out { 2 } else { 4 }, 10);
        let bars = if any_out { 7 } else { 3 };
        let used = 1 + name + 1 + bars + 1 + STATE + 1 + 1 + UNTIL;
        let rest = usize::from(width).saturating_sub(used);
        let wide = width >= WIDE_COLUMN;
        Self {
            name,
            bars,
            who: if wide { rest.min(8) } else { rest.min(12) },
            wide,
        }
    }

    fn heading(&self) -> String {
        let mut text = format!(
            " {} {} {} {} {}",
            pad(if self.name < 4 { "rm" } else { "room" }, self.name),
            pad("bar", self.bars),
            pad("state", STATE),
            pad("who", self.who),
            pad("until", UNTIL)
        );
        if self.wide {
            text.push_str("  client");
        }
        text
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "one row with all that it shows; a struct would only rename them"
)]
fn draw_room(
    model: &Model,
    pen: &mut Pen,
    area: Rect,
    y: u16,
    room: &v1::RoomStatus,
    columns: &Columns,
    zone: &TimeZone,
    focus: bool,
) {
    let plain = if focus { Role::Focus } else { Role::Text };
    let x = pen.text(area, area.x, y, if focus { ">" } else { " " }, plain);
    let x = pen.text(area, x, y, &pad(&room.name, columns.name), plain) + 1;
    let (bars, bars_role) = words::bars(room.bars());
    pen.text(area, x, y, &pad(bars, columns.bars), bars_role);
    let x = x + offset(columns.bars) + 1;
    let (state, state_role) = words::room_state(room);
    pen.text(area, x, y, &state, state_role);
    let x = x + offset(STATE) + 1;
    let (who, until) = who_and_until(room, model.now(), zone);
    if until.is_empty() {
        pen.text(area, x, y, &pad(&who, columns.who + 1 + UNTIL), plain);
    } else {
        let x = pen.text(area, x, y, &pad(&who, columns.who), plain) + 1;
        pen.text(area, x, y, &until, plain);
    }
    if columns.wide {
        let x = x + offset(columns.who) + 1 + offset(UNTIL) + 2;
        let room_left = area.right().saturating_sub(x);
        pen.text(area, x, y, &further(model, room, zone, room_left), plain);
    }
}

/// The columns "who" and "until"; with an empty second the first may take both.
fn who_and_until(room: &v1::RoomStatus, now: Timestamp, zone: &TimeZone) -> (String, String) {
    let until = room
        .until
        .as_ref()
        .map(|until| time::short(time::instant(until), now, zone))
        .unwrap_or_default();
    match room.state() {
        RoomState::Vacant => match &room.next_start {
            Some(next) => ("next".to_owned(), time::clock_of(Some(next), zone)),
            None => ("all day".to_owned(), String::new()),
        },
        RoomState::Turnover => {
            let items = room.turnover.iter().flat_map(|turnover| &turnover.items);
            let (done, all) = items.fold((0, 0), |(done, all), item| {
                (done + u32::from(item.done_at.is_some()), all + 1)
            });
            let due = room
                .turnover
                .as_ref()
                .and_then(|turnover| turnover.due.as_ref());
            (
                format!("{done}/{all}"),
                if until.is_empty() {
                    time::clock_of(due, zone)
                } else {
                    until
                },
            )
        }
        RoomState::Out => (
            "out".to_owned(),
            if until.is_empty() {
                "open".to_owned()
            } else {
                until
            },
        ),
        _ => (room.therapist_name.clone(), until),
    }
}

/// On a wide screen: the client, and what comes next, as far as whole parts fit.
fn further(model: &Model, room: &v1::RoomStatus, zone: &TimeZone, columns: u16) -> String {
    let mut parts = Vec::new();
    if !room.client_name.is_empty() && room.state() != RoomState::Turnover {
        parts.push(room.client_name.clone());
    }
    if room.state() == RoomState::Out && !room.outage_reason.is_empty() {
        parts.push(room.outage_reason.clone());
    }
    if room.state() != RoomState::Vacant && room.next_start.is_some() {
        parts.push(format!(
            "next {}",
            time::clock_of(room.next_start.as_ref(), zone)
        ));
    }
    if parts.is_empty() && room.state() == RoomState::Vacant && !room.therapist_name.is_empty() {
        parts.push(model.therapist_name(&room.therapist_id));
    }
    while parts.len() > 1 && width(&parts.join(", ")) > columns {
        parts.pop();
    }
    parts.join(", ")
}

/// `HALIFAX  2 free 4 busy 1 turn 1 out`, as far as whole words go.
fn summary(site: &v1::SiteBoard, columns: u16) -> String {
    let count = |states: &[RoomState]| {
        site.rooms
            .iter()
            .filter(|room| states.contains(&room.state()))
            .count()
    };
    let parts = [
        (count(&[RoomState::Vacant]), "free"),
        (count(&[RoomState::InSession, RoomState::Over]), "busy"),
        (count(&[RoomState::Held]), "held"),
        (count(&[RoomState::Turnover]), "turn"),
        (count(&[RoomState::Out]), "out"),
    ];
    let mut text = format!("{} ", site.name.to_uppercase());
    if site.opens_at.is_none() {
        text.push_str(" closed today");
    }
    for (number, word) in parts.into_iter().filter(|(number, _)| *number > 0) {
        let part = format!(" {number} {word}");
        if width(&text) + width(&part) <= columns {
            text.push_str(&part);
        }
    }
    text
}

fn draw_needs(model: &Model, pen: &mut Pen, area: Rect) {
    let listed = needs(model);
    pen.text(
        area,
        area.x + 1,
        area.y,
        &format!("NEEDS YOU ({})", listed.len()),
        Role::Title,
    );
    if listed.is_empty() {
        pen.text(
            area,
            area.x + 1,
            area.y + 1,
            "Nothing. Everything runs as planned.",
            Role::Dim,
        );
        return;
    }
    pen.right(area, area.y, "Tab here, Enter acts ", Role::Dim);
    let fit = usize::from(area.height.saturating_sub(1));
    let first = if model.board.in_needs {
        scroll(model.board.need, fit)
    } else {
        0
    };
    for (line, (row, need)) in listed.iter().enumerate().skip(first).take(fit).enumerate() {
        let y = area.y + 1 + offset(line);
        let focus = pen.shows_focus(model.board.in_needs && model.board.need == row);
        let role = if focus { Role::Focus } else { Role::Text };
        let action = need_action(need.kind());
        let room_for_text = area.width.saturating_sub(width(action) + 6);
        pen.put(area.x, y, if focus { ">" } else { " " }, role, 1);
        pen.put(area.x + 1, y, need_symbol(need.kind()), Role::Warning, 1);
        pen.put(area.x + 3, y, &need.text, role, room_for_text);
        pen.right(
            Rect::new(area.x, area.y, area.width - 1, area.height),
            y,
            action,
            Role::Dim,
        );
        pen.hit(area, y, focus, Target::Row(NEEDS, row));
    }
}

fn draw_detail(model: &Model, pen: &mut Pen, area: Rect) {
    let need = needs(model)
        .into_iter()
        .nth(model.board.need)
        .filter(|_| model.board.in_needs);
    let room = focus_room(model).map(|room| detail(model, room));
    let parts = [need.map(|need| need.text.clone()), room];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" | ");
    let columns = usize::from(area.width.saturating_sub(2));
    for (line, text) in wrap(&text, columns)
        .iter()
        .take(usize::from(area.height))
        .enumerate()
    {
        pen.text(area, area.x + 1, area.y + offset(line), text, Role::Text);
    }
}

/// What is known of the room in focus.
fn detail(model: &Model, room: &v1::RoomStatus) -> String {
    let zone = model.zone(&room.site_id);
    let mut text = format!("{}  {}", room.name, model.site_name(&room.site_id));
    let bars = match room.bars() {
        BarsState::Sound => "parallel bars, sound",
        BarsState::Out => "parallel bars OUT",
        BarsState::None | BarsState::Unspecified => "no parallel bars",
    };
    let _ = write!(text, ", {bars}");
    if !room.inspected_through.is_empty() {
        let _ = write!(text, ", inspected through {}", room.inspected_through);
    }
    if !room.outage_reason.is_empty() {
        let _ = write!(text, ", {}", room.outage_reason);
    }
    text.push('.');
    if !room.appointment_id.is_empty() && room.state() != RoomState::Turnover {
        let _ = write!(text, " {} with {}", room.client_name, room.therapist_name);
        if !room.appointment_state.is_empty() {
            let _ = write!(text, ", {}", room.appointment_state.replace('_', " "));
        }
        if room.until.is_some() {
            let _ = write!(
                text,
                ", until {}",
                time::clock_of(room.until.as_ref(), &zone)
            );
        }
        if !room.screening.is_empty() {
            let _ = write!(
                text,
                ", screening {}",
                room.screening.replace('_', " ").to_uppercase()
            );
        }
        text.push('.');
    }
    if room.state() == RoomState::Turnover && room.late_minutes > 0 {
        let _ = write!(text, " Turnover is {} min late.", room.late_minutes);
    }
    if let Some(turnover) = &room.turnover {
        let open: Vec<&str> = turnover
            .items
            .iter()
            .filter(|item| item.done_at.is_none())
            .map(|item| item.label.as_str())
            .collect();
        let _ = write!(text, " Still to do: {}.", open.join(", "));
    }
    if let Some(next) = &room.next_start {
        let _ = write!(text, " Next client {}.", time::clock_of(Some(next), &zone));
    }
    text
}
