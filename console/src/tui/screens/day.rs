//! The Day grid: one site's day in quarter hours, by room or by therapist, with the number of free rooms with bars.

mod grid;
mod view;

use jiff::{Timestamp, civil};
use treadwell_api::v1;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::Target,
    screens::{self, Screen, find, step},
    time, visit,
};

pub(crate) use grid::Rows;
pub(crate) use view::draw;

/// What is shown and where the focus is.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The site; none means the first.
    pub(crate) site: Option<String>,
    /// The day; none means today.
    pub(crate) date: Option<civil::Date>,
    /// Rows are therapists, not rooms.
    pub(crate) by_therapist: bool,
    /// The row in focus.
    pub(crate) row: usize,
    /// The quarter hour in focus; none until the first sheet has come.
    pub(crate) quarter: Option<usize>,
    /// The time of day that the focus was on before another day or site was chosen: sites open at different hours.
    time: Option<civil::Time>,
    /// The sheet, once loaded.
    pub(crate) sheet: Option<v1::GetDaySheetResponse>,
}

/// The site that is shown.
pub(crate) fn site(model: &Model) -> String {
    model.site_or_first(model.day.site.as_ref())
}

/// The day that is shown.
pub(crate) fn date(model: &Model) -> civil::Date {
    let zone = model.zone(&site(model));
    model
        .day
        .date
        .unwrap_or_else(|| zone.to_datetime(model.now()).date())
}

/// `Halifax by room  < Wed 14 Oct >`.
pub(crate) fn trail(model: &Model) -> String {
    let rows = if model.day.by_therapist {
        "by therapist"
    } else {
        "by room"
    };
    format!(
        "{} {rows}  < {} >",
        model.site_name(&site(model)),
        time::day(date(model))
    )
}

/// Asks for the sheet.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let site_id = site(model);
    if site_id.is_empty() {
        return Vec::new();
    }
    let date = Some(time::local_date(date(model)));
    model.ask(Purpose::Sheet, v1::GetDaySheetRequest { site_id, date })
}

/// The sheet has arrived.
pub(crate) fn loaded(
    model: &mut Model,
    of: &v1::GetDaySheetRequest,
    sheet: v1::GetDaySheetResponse,
) {
    // Another site or day has been chosen since: its own sheet is on the way.
    if of.site_id != site(model) || of.date != Some(time::local_date(date(model))) {
        return;
    }
    let time = model.day.time.take().or_else(|| focus_time(model));
    screens::relist(model, Screen::Day, |model| {
        model.day.sheet = Some(sheet);
        keep_quarter(model, time);
    });
}

/// The focus stays on its time of day; on a first sheet it is on now.
fn keep_quarter(model: &mut Model, time: Option<civil::Time>) {
    let rows = Rows::of(model);
    let zone = model.zone(&site(model));
    let is_at = |quarter: &usize| {
        let start = rows.start_of(*quarter);
        start.map(|start| zone.to_datetime(start).time()) == time
    };
    let same = (0..rows.quarters).find(is_at);
    let now = rows.quarter_of(model.now());
    let last = rows.quarters.saturating_sub(1);
    let kept = same.or(model.day.quarter).or(now).unwrap_or(0);
    model.day.quarter = Some(kept.min(last));
}

/// The time of day in focus, as long as a sheet is shown.
fn focus_time(model: &Model) -> Option<civil::Time> {
    model.day.sheet.as_ref()?;
    let start = Rows::of(model).start_of(model.day.quarter?)?;
    let zone = model.zone(&site(model));
    Some(zone.to_datetime(start).time())
}

/// What has the focus: a room or a therapist.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    Rows::of(model).list.get(model.day.row).map(row_id)
}

fn row_id(row: &grid::Row) -> String {
    row.id.clone()
}

/// Puts the focus on the row with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut row = model.day.row;
    let found = find(&mut row, &Rows::of(model).list, id, row_id);
    model.day.row = row;
    found
}

/// The appointment in focus.
pub(crate) fn focus_visit(model: &Model) -> Option<visit::Focus> {
    let found = focus_appointment(model)?;
    Some(visit::Focus {
        id: found.id.clone(),
        state: found.state(),
    })
}

/// The appointment under the focus; a session past its end lasts until now.
pub(crate) fn focus_appointment(model: &Model) -> Option<&v1::Appointment> {
    let rows = Rows::of(model);
    let row = rows.list.get(model.day.row)?;
    let (start, end) = rows.span_of(model.day.quarter?)?;
    let sheet = model.day.sheet.as_ref()?;
    let of_row = || {
        sheet
            .appointments
            .iter()
            .filter(|visit| grid::is_live(visit) && grid::is_of(visit, row, model.day.by_therapist))
    };
    let planned = of_row()
        .find(|visit| grid::touches(visit.start.as_ref(), visit.end.as_ref(), (start, end)));
    let over = |visit: &&v1::Appointment| {
        let planned_end = visit.end.as_ref().map(time::instant);
        visit.state() == v1::AppointmentState::InSession
            && planned_end.is_some_and(|planned_end| planned_end <= start)
    };
    planned.or_else(|| of_row().find(over).filter(|_| start <= model.now()))
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    match command {
        Command::EarlierDay | Command::LaterDay => return change_day(model, command),
        Command::Today => {
            model.day.date = None;
            (model.day.quarter, model.day.time) = (None, None);
            model.day.sheet = None;
            return refresh(model);
        }
        Command::ByTherapist => {
            model.day.by_therapist = !model.day.by_therapist;
            model.day.row = 0;
        }
        Command::OtherSite | Command::NextPane => return change_site(model),
        Command::Left | Command::Right | Command::First | Command::Last => {
            move_quarter(model, command);
        }
        Command::Enter => return open_cell(model),
        _ if visit::is_command(command) => {
            let focus = focus_visit(model);
            return visit::command(model, focus, command);
        }
        _ => {
            let rows = Rows::of(model).list.len();
            step(&mut model.day.row, rows, command);
        }
    }
    Vec::new()
}

fn move_quarter(model: &mut Model, command: Command) {
    let last = Rows::of(model).quarters.saturating_sub(1);
    let at = model.day.quarter.unwrap_or(0);
    let there = match command {
        Command::Left => at.saturating_sub(1),
        Command::Right => at + 1,
        Command::First => 0,
        _ => last,
    };
    model.day.quarter = Some(there.min(last));
}

fn change_day(model: &mut Model, command: Command) -> Vec<Effect> {
    let here = date(model);
    let there = if command == Command::EarlierDay {
        here.yesterday()
    } else {
        here.tomorrow()
    };
    if let Ok(there) = there {
        model.day.time = focus_time(model).or(model.day.time);
        model.day.date = Some(there);
        model.day.sheet = None;
    }
    refresh(model)
}

fn change_site(model: &mut Model) -> Vec<Effect> {
    model.day.time = focus_time(model).or(model.day.time);
    model.day.site = model.site_after(&site(model));
    model.day.row = 0;
    model.day.sheet = None;
    refresh(model)
}

/// Enter: on an appointment what can be done with it, on free time a booking there.
fn open_cell(model: &mut Model) -> Vec<Effect> {
    if let Some(focus) = focus_visit(model) {
        return dialogs::menu::open_for_visit(model, &focus.id);
    }
    let rows = Rows::of(model);
    let (Some(row), Some(start)) = (
        rows.list.get(model.day.row),
        model.day.quarter.and_then(|at| rows.start_of(at)),
    ) else {
        return Vec::new();
    };
    let id = row.id.clone();
    // A quarter hour that has begun can still be booked; one that is past is not meant.
    let start: Timestamp = start.max(time::this_mark(model.now()));
    if model.day.by_therapist {
        let site_id = site(model);
        screens::book::open_with_therapist(model, id, site_id, start)
    } else {
        screens::book::open_in_room(model, id, Some(start))
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Quarter(row, quarter) = target else {
        return false;
    };
    let same = model.day.row == row && model.day.quarter == Some(quarter);
    model.day.row = row;
    model.day.quarter = Some(quarter);
    same
}
