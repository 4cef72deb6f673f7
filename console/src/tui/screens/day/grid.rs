//! The day's rows as characters, a quarter hour each, before they are drawn.

use jiff::Timestamp;
use prost_types::Timestamp as Wire;
use treadwell_api::v1::{self, AppointmentState, BarsState};

use super::site;
use crate::{
    bars,
    tui::{model::Model, search::sift, theme::Role, time, words},
};

/// A column of the grid.
const QUARTER_SECONDS: i64 = 900;
/// Quarter hours shown when the server names none: 08:00 to 20:00.
const USUAL_QUARTERS: usize = 48;
const USUAL_FIRST_HOUR: i8 = 8;

/// The rows of the grid and its columns.
pub(crate) struct Rows {
    /// One a room or a therapist.
    pub(crate) list: Vec<Row>,
    /// The first column's time, in seconds since the epoch.
    first: i64,
    /// How many columns.
    pub(crate) quarters: usize,
}

/// A room or a therapist.
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: String,
    /// What is shown.
    pub(crate) name: String,
    /// `BAR`, `bar-out`, `-` at the time in focus; empty for a therapist.
    pub(crate) bars: &'static str,
    /// When on that day the bars are out.
    pub(crate) bars_out: Vec<(Timestamp, Timestamp)>,
}

impl Row {
    /// Columns for the bars, whatever the time in focus.
    pub(crate) fn bars_columns(&self) -> usize {
        if self.bars_out.is_empty() {
            self.bars.len()
        } else {
            words::bars(BarsState::Out).0.len()
        }
    }
}

impl Rows {
    /// The rows of the day that is shown.
    pub(crate) fn of(model: &Model) -> Self {
        let (first, quarters) = span(model);
        let mut grid = Self {
            list: Vec::new(),
            first,
            quarters,
        };
        let rows = if model.day.by_therapist {
            therapists(model)
        } else {
            rooms(model, &grid)
        };
        let text = |row: &Row| format!("{} {}", row.name, row.bars);
        grid.list = sift(model.filter.input.value(), rows, text);
        grid
    }

    /// When a column begins.
    pub(crate) fn start_of(&self, quarter: usize) -> Option<Timestamp> {
        let seconds = i64::try_from(quarter).ok()?.checked_mul(QUARTER_SECONDS)?;
        Timestamp::from_second(self.first.checked_add(seconds)?).ok()
    }

    /// When a column begins and ends.
    pub(super) fn span_of(&self, quarter: usize) -> Option<(Timestamp, Timestamp)> {
        Some((self.start_of(quarter)?, self.start_of(quarter + 1)?))
    }

    /// The column of an instant; none outside the grid.
    pub(crate) fn quarter_of(&self, at: Timestamp) -> Option<usize> {
        let quarter = (at.as_second() - self.first).div_euclid(QUARTER_SECONDS);
        usize::try_from(quarter)
            .ok()
            .filter(|quarter| *quarter < self.quarters)
    }

    /// The columns that an interval touches.
    fn columns(&self, start: Option<&Wire>, end: Option<&Wire>) -> std::ops::Range<usize> {
        let clamp = |at: i64| usize::try_from(at.max(0)).unwrap_or(0).min(self.quarters);
        let from = start.map_or(i64::MIN, |start| time::instant(start).as_second());
        let until = end.map_or(i64::MAX, |end| time::instant(end).as_second());
        let first = from.saturating_sub(self.first).div_euclid(QUARTER_SECONDS);
        let last = until
            .saturating_sub(self.first)
            .saturating_add(QUARTER_SECONDS - 1)
            .div_euclid(QUARTER_SECONDS);
        clamp(first)..clamp(last)
    }
}

fn span(model: &Model) -> (i64, usize) {
    let zone = model.zone(&site(model));
    let sheet = model.day.sheet.as_ref();
    if let Some(sheet) = sheet
        && let Some(from) = &sheet.free_bar_rooms_from
        && !sheet.free_bar_rooms.is_empty()
    {
        return (time::instant(from).as_second(), sheet.free_bar_rooms.len());
    }
    let morning = super::date(model)
        .at(USUAL_FIRST_HOUR, 0, 0, 0)
        .to_zoned(zone);
    (
        morning.map_or(0, |at| at.timestamp().as_second()),
        USUAL_QUARTERS,
    )
}

fn rooms(model: &Model, grid: &Rows) -> Vec<Row> {
    let site = site(model);
    let zone = model.zone(&site);
    let outages = model
        .day
        .sheet
        .as_ref()
        .map_or(&[][..], |sheet| &sheet.outages);
    let at = model.day.quarter.and_then(|quarter| grid.start_of(quarter));
    let at = at.unwrap_or_else(|| model.now());
    let day = (
        grid.start_of(0).unwrap_or(at),
        grid.start_of(grid.quarters).unwrap_or(at),
    );
    let mut listed: Vec<&v1::Room> = model
        .catalog
        .rooms
        .iter()
        .filter(|room| room.site_id == site && !room.retired)
        .collect();
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    listed
        .into_iter()
        .map(|room| Row {
            id: room.id.clone(),
            name: room.name.clone(),
            bars: words::bars(bars::state(room, outages, at, &zone)).0,
            bars_out: bars::spans_out(room, outages, day, &zone).unwrap_or_default(),
        })
        .collect()
}

fn therapists(model: &Model) -> Vec<Row> {
    let sheet = model.day.sheet.as_ref();
    let mut ids: Vec<&str> = sheet
        .iter()
        .flat_map(|sheet| {
            let shifts = sheet.shifts.iter().map(|shift| shift.therapist_id.as_str());
            shifts.chain(
                sheet
                    .appointments
                    .iter()
                    .filter(|visit| is_live(visit))
                    .map(|visit| visit.therapist_id.as_str()),
            )
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .map(|id| Row {
            id: id.to_owned(),
            name: model.therapist_name(id),
            bars: "",
            bars_out: Vec::new(),
        })
        .collect()
}

/// Whether an appointment takes up time.
pub(crate) fn is_live(visit: &v1::Appointment) -> bool {
    !matches!(
        visit.state(),
        AppointmentState::Cancelled | AppointmentState::NoShow
    )
}

/// Whether an interval has a part in a span; an end that is not set is open.
pub(super) fn touches(
    start: Option<&Wire>,
    end: Option<&Wire>,
    (from, until): (Timestamp, Timestamp),
) -> bool {
    start.is_some_and(|start| time::instant(start) < until)
        && end.is_none_or(|end| time::instant(end) > from)
}

/// Whether an appointment is of the row.
pub(crate) fn is_of(visit: &v1::Appointment, row: &Row, by_therapist: bool) -> bool {
    if by_therapist {
        visit.therapist_id == row.id
    } else {
        visit.room_id == row.id
    }
}

/// One character of the grid and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// What is shown.
    pub(crate) letter: char,
    /// How.
    pub(crate) role: Role,
}

/// The characters of a row, `scale` for each quarter hour.
pub(crate) fn marks(model: &Model, rows: &Rows, row: &Row, scale: usize) -> Vec<Mark> {
    let mut line = Line {
        marks: vec![
            Mark {
                letter: ' ',
                role: Role::Dim
            };
            rows.quarters * scale
        ],
        scale,
    };
    let Some(sheet) = &model.day.sheet else {
        return line.marks;
    };
    background(model, rows, row, sheet, &mut line);
    for hold in &sheet.holds {
        let id = if model.day.by_therapist {
            &hold.therapist_id
        } else {
            &hold.room_id
        };
        if *id == row.id {
            let busy = rows.columns(hold.start.as_ref(), hold.end.as_ref());
            let text = "?".repeat(busy.len() * scale);
            line.label(busy, ('{', '}'), &text, Role::Held);
        }
    }
    for visit in sheet
        .appointments
        .iter()
        .filter(|visit| is_live(visit) && is_of(visit, row, model.day.by_therapist))
    {
        draw_visit(model, rows, visit, &mut line);
    }
    line.marks
}

fn background(
    model: &Model,
    rows: &Rows,
    row: &Row,
    sheet: &v1::GetDaySheetResponse,
    line: &mut Line,
) {
    if model.day.by_therapist {
        for shift in sheet
            .shifts
            .iter()
            .filter(|shift| shift.therapist_id == row.id)
        {
            line.fill(
                rows.columns(shift.start.as_ref(), shift.end.as_ref()),
                '.',
                Role::Dim,
            );
            for pause in &shift.breaks {
                line.fill(
                    rows.columns(pause.start.as_ref(), pause.end.as_ref()),
                    '-',
                    Role::Dim,
                );
            }
        }
        return;
    }
    if sheet.opens_at.is_some() {
        line.fill(
            rows.columns(sheet.opens_at.as_ref(), sheet.closes_at.as_ref()),
            '.',
            Role::Dim,
        );
    }
    for (from, until) in &row.bars_out {
        let out = rows.columns(Some(&time::wire(*from)), Some(&time::wire(*until)));
        line.turn(out, '.', ':');
    }
    for outage in sheet
        .outages
        .iter()
        .filter(|outage| outage.room_id == row.id && !outage.support_only)
    {
        line.fill(
            rows.columns(outage.start.as_ref(), outage.end.as_ref()),
            'x',
            Role::Out,
        );
    }
}

fn draw_visit(model: &Model, rows: &Rows, visit: &v1::Appointment, line: &mut Line) {
    let planned = rows.columns(visit.start.as_ref(), visit.end.as_ref());
    let after = if model.day.by_therapist {
        &visit.therapist_until
    } else {
        &visit.room_until
    };
    let reset = rows.columns(visit.end.as_ref(), after.as_ref());
    line.fill(reset, '~', Role::Turnover);
    let over = visit.state() == AppointmentState::InSession
        && visit
            .end
            .as_ref()
            .is_some_and(|end| time::instant(end) < model.now());
    if over {
        let now = time::wire(model.now());
        line.fill(
            rows.columns(visit.end.as_ref(), Some(&now)),
            '!',
            Role::Over,
        );
    }
    let label = if model.day.by_therapist {
        format!("{} {}", model.room_name(&visit.room_id), visit.client_name)
    } else {
        model.therapist_name(&visit.therapist_id)
    };
    let role = match visit.state() {
        _ if !visit.flags.is_empty() => Role::Warning,
        AppointmentState::InSession => Role::InSession,
        AppointmentState::Completed => Role::Dim,
        _ => Role::Text,
    };
    let edges = if visit.flags.is_empty() {
        ('[', ']')
    } else {
        ('[', '^')
    };
    line.label(planned, edges, &label, role);
}

/// A row in the making.
struct Line {
    marks: Vec<Mark>,
    scale: usize,
}

impl Line {
    fn fill(&mut self, quarters: std::ops::Range<usize>, letter: char, role: Role) {
        let cells = quarters.start * self.scale..quarters.end.max(quarters.start) * self.scale;
        for mark in self.marks.get_mut(cells).into_iter().flatten() {
            *mark = Mark { letter, role };
        }
    }

    /// Turns one letter into another.
    fn turn(&mut self, quarters: std::ops::Range<usize>, from: char, to: char) {
        let cells = quarters.start * self.scale..quarters.end.max(quarters.start) * self.scale;
        let marks = self.marks.get_mut(cells).into_iter().flatten();
        for mark in marks.filter(|mark| mark.letter == from) {
            mark.letter = to;
        }
    }

    /// `[Chen]`, cut or filled to the columns; a single column is `#`.
    fn label(
        &mut self,
        quarters: std::ops::Range<usize>,
        edges: (char, char),
        text: &str,
        role: Role,
    ) {
        let cells = quarters.start * self.scale..quarters.end.max(quarters.start) * self.scale;
        let len = cells.len();
        let mut letters = text.chars();
        for (at, mark) in self.marks.get_mut(cells).into_iter().flatten().enumerate() {
            let letter = match at {
                0 if len == 1 => '#',
                0 => edges.0,
                _ if at + 1 == len => edges.1,
                _ => letters.next().unwrap_or('='),
            };
            *mark = Mark { letter, role };
        }
    }
}
