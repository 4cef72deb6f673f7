//! Roster: who works when in a week at a site, and who is away.

mod view;

use jiff::{ToSpan, civil, tz::TimeZone};
use treadwell_api::v1;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::Target,
    screens::{self, Screen, find, step},
    search::sift,
    time,
};

pub(crate) use view::draw;

/// The week that is shown and where the focus is.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The site; none means the first.
    site: Option<String>,
    /// The Monday; none means that of this week.
    monday: Option<civil::Date>,
    /// The row in focus.
    row: usize,
    /// The day in focus, from Monday; none means today, or Monday in another week.
    day: Option<usize>,
    /// Which shift of that day.
    nth: usize,
    /// The shifts of the week, once loaded.
    shifts: Option<(u64, Vec<v1::Shift>)>,
    /// Pages of them that have come, of which more follow.
    pages: Vec<v1::Shift>,
    /// The time off of the week, once loaded.
    off: Option<(u64, Vec<v1::TimeOff>)>,
}

/// The most that one page tells.
const PAGE: i32 = 500;

const WEEK: usize = 7;

/// The site that is shown.
fn site(model: &Model) -> String {
    model.site_or_first(model.roster.site.as_ref())
}

fn zone(model: &Model) -> TimeZone {
    model.zone(&site(model))
}

fn today(model: &Model) -> civil::Date {
    zone(model).to_datetime(model.now()).date()
}

fn monday(model: &Model) -> civil::Date {
    let this_week = time::monday(today(model));
    model.roster.monday.unwrap_or(this_week)
}

fn date(model: &Model, day: usize) -> civil::Date {
    let days = i64::try_from(day).unwrap_or(0);
    monday(model).saturating_add(days.days())
}

/// The day in focus.
fn day(model: &Model) -> usize {
    let today = (0..WEEK).find(|&day| date(model, day) == today(model));
    model.roster.day.or(today).unwrap_or(0)
}

/// `Halifax  < Mon 12 Oct - Sun 18 Oct >`.
pub(crate) fn trail(model: &Model) -> String {
    format!(
        "{}  < {} - {} >",
        model.site_name(&site(model)),
        time::day(monday(model)),
        time::day(date(model, WEEK - 1))
    )
}

/// Asks for the week.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    if site(model).is_empty() {
        return Vec::new();
    }
    let mut effects = model.ask(Purpose::RosterShifts, shifts_asked(model, String::new()));
    effects.extend(model.ask(Purpose::RosterTimeOff, off_asked(model)));
    effects
}

fn span(
    model: &Model,
) -> (
    Option<prost_types::Timestamp>,
    Option<prost_types::Timestamp>,
) {
    let zone = zone(model);
    let at = |day| {
        let local = date(model, day).to_zoned(zone.clone()).ok()?;
        Some(time::wire(local.timestamp()))
    };
    (at(0), at(WEEK))
}

fn shifts_asked(model: &Model, page_token: String) -> v1::ListShiftsRequest {
    let (from, until) = span(model);
    v1::ListShiftsRequest {
        site_ids: vec![site(model)],
        from,
        until,
        page_size: PAGE,
        page_token,
        ..v1::ListShiftsRequest::default()
    }
}

fn off_asked(model: &Model) -> v1::ListTimeOffRequest {
    let (from, until) = span(model);
    v1::ListTimeOffRequest {
        from,
        until,
        page_size: PAGE,
        ..v1::ListTimeOffRequest::default()
    }
}

/// Shifts have arrived; perhaps there are more.
pub(crate) fn shifts_loaded(
    model: &mut Model,
    asked: &v1::ListShiftsRequest,
    answer: v1::ListShiftsResponse,
) -> Vec<Effect> {
    let first = asked.page_token.is_empty();
    // Another week or site has been chosen since: its own shifts are on the way.
    if *asked != shifts_asked(model, asked.page_token.clone()) {
        return Vec::new();
    }
    if first {
        model.roster.pages.clear();
    }
    model.roster.pages.extend(answer.shifts);
    if !answer.next_page_token.is_empty() {
        let next = shifts_asked(model, answer.next_page_token);
        return model.ask(Purpose::RosterShifts, next);
    }
    screens::relist(model, Screen::Roster, |model| {
        let mut all = std::mem::take(&mut model.roster.pages);
        all.sort_by_key(|shift| shift.start.map(|at| at.seconds));
        model.roster.shifts = Some((answer.revision, all));
    });
    Vec::new()
}

/// Time off has arrived.
pub(crate) fn time_off_loaded(
    model: &mut Model,
    asked: &v1::ListTimeOffRequest,
    answer: v1::ListTimeOffResponse,
) {
    if *asked == off_asked(model) {
        model.roster.off = Some((answer.revision, answer.time_off));
    }
}

/// The revision that what is shown reflects; 0 before it is loaded.
pub(crate) fn revision(model: &Model) -> u64 {
    let shifts = model.roster.shifts.as_ref().map_or(0, |(at, _)| *at);
    let off = model.roster.off.as_ref().map_or(0, |(at, _)| *at);
    shifts.min(off)
}

/// The therapists of the site, as far as the filter lets them through.
fn therapists(model: &Model) -> Vec<&v1::Therapist> {
    let site = site(model);
    let mut all: Vec<&v1::Therapist> = model
        .therapists
        .iter()
        .filter(|it| !it.retired && it.site_ids.contains(&site))
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    sift(model.filter.input.value(), all, |it| it.name.clone())
}

fn shifts_on<'m>(model: &'m Model, who: &str, day: usize) -> Vec<&'m v1::Shift> {
    let (zone, date) = (zone(model), date(model, day));
    let starts = |shift: &v1::Shift| {
        let start = shift.start.as_ref().map(time::instant);
        start.is_some_and(|start| zone.to_datetime(start).date() == date)
    };
    let all = model.roster.shifts.iter().flat_map(|(_, all)| all);
    all.filter(|it| it.therapist_id == who && starts(it))
        .collect()
}

fn off_on<'m>(model: &'m Model, who: &str, day: usize) -> Option<&'m v1::TimeOff> {
    let zone = zone(model);
    let midnight = |day| {
        let local = date(model, day).to_zoned(zone.clone());
        local.map_or(i64::MAX, |it| it.timestamp().as_second())
    };
    let (from, until) = (midnight(day), midnight(day + 1));
    let touches = |off: &v1::TimeOff| {
        let second = |at: Option<prost_types::Timestamp>| at.map_or(0, |at| at.seconds);
        second(off.start) < until && from < second(off.end)
    };
    let mut all = model.roster.off.iter().flat_map(|(_, all)| all);
    all.find(|it| it.therapist_id == who && touches(it))
}

fn closure_on(model: &Model, day: usize) -> Option<&v1::Closure> {
    let (site_id, date) = (site(model), date(model, day));
    let site = model.catalog.sites.iter().find(|it| it.id == site_id)?;
    let at = |date: &Option<v1::LocalDate>| date.as_ref().and_then(time::date_of);
    site.closures.iter().find(|it| {
        at(&it.first).is_some_and(|first| first <= date)
            && at(&it.last).is_some_and(|last| date <= last)
    })
}

fn who(model: &Model) -> Option<String> {
    let all = therapists(model);
    all.get(model.roster.row).map(|it| it.id.clone())
}

fn shift_in_focus(model: &Model) -> Option<&v1::Shift> {
    let all = shifts_on(model, &who(model)?, day(model));
    all.get(model.roster.nth).copied()
}

/// The therapist in focus, and the shift.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    let shift = shift_in_focus(model).map_or("", |shift| &shift.id);
    Some(format!("{} {shift}", who(model)?))
}

/// Puts the focus on a therapist and a shift; false when either is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let (wanted, shift) = id.and_then(|id| id.split_once(' ')).unzip();
    let mut row = model.roster.row;
    let found = find(&mut row, &therapists(model), wanted, |it| it.id.clone());
    model.roster.row = row;
    let shift = shift.filter(|shift| !shift.is_empty());
    let theirs = who(model).map(|who| shifts_on(model, &who, day(model)));
    let mut nth = model.roster.nth;
    let same = find(&mut nth, &theirs.unwrap_or_default(), shift, |it| {
        it.id.clone()
    });
    model.roster.nth = nth;
    found && same
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    match command {
        Command::EarlierDay | Command::LaterDay | Command::Today => change_week(model, command),
        Command::OtherSite | Command::NextPane => {
            model.roster.site = model.site_after(&site(model));
            (model.roster.row, model.roster.nth) = (0, 0);
            begin_anew(model)
        }
        Command::Left | Command::Right => {
            move_day(model, command);
            Vec::new()
        }
        // For others there is nothing to open.
        Command::Enter if !model.runs() => Vec::new(),
        Command::Enter => match shift_in_focus(model).cloned() {
            Some(shift) => dialogs::hours::open_shift(model, shift),
            None => add(model),
        },
        Command::AddShift => add(model),
        Command::RemoveShift => {
            if let Some(shift) = shift_in_focus(model).cloned() {
                return dialogs::hours::remove_shift(model, &shift);
            }
            model.warn("There is no shift in focus.");
            Vec::new()
        }
        Command::TimeOff => time_off(model),
        Command::Week => match who(model) {
            Some(who) => dialogs::week::open(model, who, site(model)),
            None => Vec::new(),
        },
        Command::ClosedDays => {
            let (site, day) = (site(model), day(model));
            let closed = closure_on(model, day).cloned();
            dialogs::week::open_closed_days(model, &site, date(model, day), closed)
        }
        _ => {
            let count = therapists(model).len();
            step(&mut model.roster.row, count, command);
            model.roster.nth = 0;
            Vec::new()
        }
    }
}

fn begin_anew(model: &mut Model) -> Vec<Effect> {
    (model.roster.shifts, model.roster.off) = (None, None);
    refresh(model)
}

fn change_week(model: &mut Model, command: Command) -> Vec<Effect> {
    let days: i64 = match command {
        Command::EarlierDay => -7,
        Command::LaterDay => 7,
        _ => 0,
    };
    let there = monday(model).saturating_add(days.days());
    model.roster.monday = (days != 0).then_some(there);
    if days == 0 {
        model.roster.day = None;
    }
    model.roster.nth = 0;
    begin_anew(model)
}

/// To the next shift or day, or the one before.
fn move_day(model: &mut Model, command: Command) {
    let Some(who) = who(model) else { return };
    let count = |day| shifts_on(model, &who, day).len().max(1);
    let (day, nth) = (day(model), model.roster.nth);
    let (day, nth) = match command {
        Command::Left if nth > 0 => (day, nth - 1),
        Command::Left if day > 0 => (day - 1, count(day - 1) - 1),
        Command::Right if nth + 1 < count(day) => (day, nth + 1),
        Command::Right if day + 1 < WEEK => (day + 1, 0),
        _ => (day, nth),
    };
    (model.roster.day, model.roster.nth) = (Some(day), nth);
}

/// A new shift on the day in focus.
fn add(model: &mut Model) -> Vec<Effect> {
    let Some(therapist_id) = who(model) else {
        return Vec::new();
    };
    let Ok(midnight) = date(model, day(model)).to_zoned(zone(model)) else {
        return Vec::new();
    };
    let shift = v1::Shift {
        therapist_id,
        site_id: site(model),
        start: Some(time::wire(midnight.timestamp())),
        ..v1::Shift::default()
    };
    dialogs::hours::open_shift(model, shift)
}

fn time_off(model: &mut Model) -> Vec<Effect> {
    let Some(who) = who(model) else {
        return Vec::new();
    };
    let day = day(model);
    match off_on(model, &who, day).cloned() {
        Some(off) => dialogs::hours::end_time_off(model, &off),
        None => dialogs::hours::open_time_off(model, &who, date(model, day)),
    }
}

/// The weeks that were asked for have arrived, if the person still looks at that roster.
pub(crate) fn weeks_loaded(
    model: &mut Model,
    asked: &v1::ListWeekTemplatesRequest,
    answer: v1::ListWeekTemplatesResponse,
) -> Vec<Effect> {
    let wanted = model.screen == Screen::Roster
        && model.dialog.is_none()
        && asked.therapist_ids.first() == who(model).as_ref();
    if !wanted {
        return Vec::new();
    }
    let day = date(model, day(model));
    dialogs::week::loaded(model, asked, answer, day)
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.roster.row, target)
}
