//! How the Day grid is drawn.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use ratatui::layout::{Position, Rect};
use treadwell_api::v1;

use super::{Rows, date, focus_appointment, grid, site};
use crate::tui::{
    event::Purpose,
    model::Model,
    pen::{Pen, Target, pad, wrap},
    screens::{self, offset, rows, scroll},
    theme::Role,
    time, visit, words,
};

/// Lines of the detail pane.
const DETAIL: u16 = 3;
/// Columns for a quarter hour at most.
const WIDEST_QUARTER: usize = 4;

/// Draws the grid.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let grid = Rows::of(model);
    let Some(sheet) = &model.day.sheet else {
        let below = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        screens::say(pen, below, &screens::asking(model, Purpose::Sheet));
        return;
    };
    let label = label_width(&grid);
    let room = usize::from(area.width).saturating_sub(label);
    let scale = (room / grid.quarters.max(1)).clamp(1, WIDEST_QUARTER);
    let fit = (room / scale).max(1);
    let at = model.day.quarter.unwrap_or(0);
    let first = scroll(at, fit);
    let columns = Columns {
        x: area.x + offset(label),
        scale,
        first,
        count: fit.min(grid.quarters.saturating_sub(first)),
    };
    draw_ruler(model, pen, area, &grid, &columns);
    let space = rows(area.height).saturating_sub(2 + 1 + 2 + usize::from(DETAIL));
    let top = scroll(model.day.row, space);
    let mut y = area.y + 2;
    for (number, row) in grid.list.iter().enumerate().skip(top).take(space) {
        draw_row(model, pen, area, y, &grid, (number, row), &columns);
        y += 1;
    }
    if grid.list.is_empty() {
        pen.text(
            area,
            area.x + 1,
            y,
            "Nobody works here on this day.",
            Role::Text,
        );
        y += 1;
    }
    draw_free_bars(pen, area, y, sheet, &columns);
    pen.rule(area, y + 1);
    let detail = Rect::new(area.x + 1, y + 2, area.width.saturating_sub(2), DETAIL);
    draw_detail(model, pen, detail, &grid);
    let legend = if model.day.by_therapist {
        "[..] booked  ^ flagged  ~ reset  . free  {??} held  ! over  - break"
    } else {
        "[..] booked  ^ flagged  ~ turnover  . free  : bar-out  x out  {??} held  ! over"
    };
    pen.text(area, area.x + 1, area.bottom() - 1, legend, Role::Dim);
}

/// Where the quarter hours are on the screen.
struct Columns {
    x: u16,
    scale: usize,
    first: usize,
    count: usize,
}

fn label_width(grid: &Rows) -> usize {
    let name = grid
        .list
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(2)
        .clamp(3, 10);
    let bars = grid
        .list
        .iter()
        .map(grid::Row::bars_columns)
        .max()
        .unwrap_or(0);
    // Marker, name, blank, bars, blank; `freeBAR` has to fit too.
    (1 + name + 1 + bars + usize::from(bars > 0)).max(9)
}

fn draw_ruler(model: &Model, pen: &mut Pen, area: Rect, grid: &Rows, columns: &Columns) {
    let zone = model.zone(&site(model));
    for column in 0..columns.count {
        let Some(start) = grid.start_of(columns.first + column) else {
            continue;
        };
        let local = zone.to_datetime(start);
        if local.minute() == 0 {
            let x = columns.x + offset(column * columns.scale);
            pen.put(x, area.y, &format!("{:02}", local.hour()), Role::Dim, 2);
        }
    }
    if let Some(now) = grid.quarter_of(model.now())
        && now >= columns.first
    {
        let x = columns.x + offset((now - columns.first) * columns.scale);
        pen.text(
            area,
            x,
            area.y + 1,
            &format!("v now {}", time::clock(model.now(), &zone)),
            Role::Title,
        );
    }
}

fn draw_row(
    model: &Model,
    pen: &mut Pen,
    area: Rect,
    y: u16,
    grid: &Rows,
    (number, row): (usize, &grid::Row),
    columns: &Columns,
) {
    let focus = pen.shows_focus(number == model.day.row);
    let role = if focus { Role::Focus } else { Role::Text };
    pen.put(area.x, y, if focus { ">" } else { " " }, role, 1);
    let name = usize::from(columns.x - area.x)
        .saturating_sub(2 + row.bars_columns())
        .min(10);
    let x = pen.text(
        area,
        area.x + 1,
        y,
        &pad(&row.name, name.min(row.name.chars().count().max(3))),
        role,
    );
    let bars = if row.bars == "bar-out" {
        Role::Out
    } else {
        role
    };
    pen.text(area, x + 1, y, row.bars, bars);
    let marks = grid::marks(model, grid, row, columns.scale);
    let shown = marks
        .iter()
        .skip(columns.first * columns.scale)
        .take(columns.count * columns.scale);
    for (cell, mark) in shown.enumerate() {
        let x = columns.x + offset(cell);
        pen.put(x, y, mark.letter.encode_utf8(&mut [0; 4]), mark.role, 1);
    }
    for column in 0..columns.count {
        let quarter = columns.first + column;
        let cell = Rect::new(
            columns.x + offset(column * columns.scale),
            y,
            offset(columns.scale),
            1,
        );
        pen.targets.push((cell, Target::Quarter(number, quarter)));
        if focus && model.day.quarter == Some(quarter) {
            pen.cursor = Some(Position::new(cell.x, y));
        }
    }
}

fn draw_free_bars(
    pen: &mut Pen,
    area: Rect,
    y: u16,
    sheet: &v1::GetDaySheetResponse,
    columns: &Columns,
) {
    pen.text(area, area.x + 1, y, "freeBAR", Role::Dim);
    for column in 0..columns.count {
        if let Some(free) = sheet.free_bar_rooms.get(columns.first + column) {
            let digit = if *free > 9 {
                "+".to_owned()
            } else {
                free.to_string()
            };
            let role = if *free == 0 {
                Role::Warning
            } else {
                Role::Text
            };
            pen.put(
                columns.x + offset(column * columns.scale),
                y,
                &digit,
                role,
                1,
            );
        }
    }
}

fn draw_detail(model: &Model, pen: &mut Pen, area: Rect, grid: &Rows) {
    let zone = model.zone(&site(model));
    let Some(row) = grid.list.get(model.day.row) else {
        return;
    };
    let at = model.day.quarter.and_then(|quarter| grid.start_of(quarter));
    let at = at.map(|at| time::clock(at, &zone)).unwrap_or_default();
    let text = match focus_appointment(model) {
        Some(found) => {
            let mut text = format!(
                "{at} {}: {}, {}",
                row.name,
                visit::words(model, found),
                words::appointment_state(found.state())
            );
            if let Some(screening) = &found.screening {
                let _ = write!(text, ", screening {}", words::screening(screening));
            }
            for flag in &found.flags {
                let _ = write!(text, ". ^ {}", flag.text);
            }
            text
        }
        None => format!(
            "{at} {} {}: {}",
            row.name,
            time::day(date(model)),
            free_words(model, grid, row)
        ),
    };
    for (line, text) in wrap(&text, usize::from(area.width))
        .iter()
        .take(usize::from(area.height))
        .enumerate()
    {
        pen.text(area, area.x, area.y + offset(line), text, Role::Text);
    }
}

/// What there is where no appointment is.
fn free_words(model: &Model, grid: &Rows, row: &grid::Row) -> String {
    const FREE: &str = "no appointment. Enter books here.";
    let span = model.day.quarter.and_then(|quarter| grid.span_of(quarter));
    let (Some(span), Some(sheet)) = (span, &model.day.sheet) else {
        return FREE.to_owned();
    };
    let zone = model.zone(&site(model));
    let hold = sheet.holds.iter().find(|hold| {
        let id = if model.day.by_therapist {
            &hold.therapist_id
        } else {
            &hold.room_id
        };
        *id == row.id && grid::touches(hold.start.as_ref(), hold.end.as_ref(), span)
    });
    if let Some(hold) = hold {
        return format!(
            "held until {} for {} with {}.",
            time::clock_of(hold.expires_at.as_ref(), &zone),
            model.service_name(&hold.service_id),
            model.therapist_name(&hold.therapist_id)
        );
    }
    let outage = |support_only| {
        let mut all = sheet.outages.iter();
        all.find(|outage| {
            outage.room_id == row.id
                && outage.support_only == support_only
                && grid::touches(outage.start.as_ref(), outage.end.as_ref(), span)
        })
    };
    if let Some(out) = outage(false) {
        return format!("out of service: {}", out.reason);
    }
    if span.1 <= model.now() {
        return "no appointment, and past.".to_owned();
    }
    match (outage(true), row.bars) {
        (Some(out), _) => format!("bars out: {} Enter books other work here.", out.reason),
        (None, "bar-out") => {
            "bars out: their inspection is not good then. Enter books other work here.".to_owned()
        }
        (None, _) => FREE.to_owned(),
    }
}
