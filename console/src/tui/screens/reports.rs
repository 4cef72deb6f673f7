//! Reports: the figures of one site over some weeks, and a chart of the one in focus.

use jiff::{ToSpan as _, civil::Date};
use ratatui::layout::Rect;
use treadwell_api::v1;

use crate::{
    figures::{self, Figure, Kind, Row},
    tui::{
        call::{Answer, Call},
        event::{Effect, Purpose},
        failure::Failure,
        keys::Command,
        model::Model,
        pen::{Bar, Pen, Target, pad},
        screens::{self, Screen, offset, rows, scroll, step},
        theme::Role,
        time,
    },
};

/// Weeks that are shown.
const WEEKS: i64 = 12;

/// What is shown, and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The report.
    kind: Kind,
    /// The site; none means the first.
    site: Option<String>,
    /// By how many weeks the time shown ends before this one.
    back: i64,
    /// What was asked, and what came of it.
    counted: Option<(Call, Result<Vec<Row>, String>)>,
    /// The figure in focus.
    at: usize,
}

/// The site that is shown.
fn site(model: &Model) -> String {
    model.site_or_first(model.reports.site.as_ref())
}

/// The first and the last date that are shown: whole weeks.
fn dates(model: &Model) -> (Date, Date) {
    let zone = model.zone(&site(model));
    let today = zone.to_datetime(model.now()).date();
    let end = time::monday(today).saturating_sub((7 * model.reports.back).days());
    let first = end.saturating_sub((7 * (WEEKS - 1)).days());
    (first, end.saturating_add(6.days()))
}

/// `Utilization of Halifax`.
pub(crate) fn trail(model: &Model) -> String {
    let title = model.reports.kind.title();
    format!("{title} of {}", model.site_name(&site(model)))
}

/// `< 27 Jul - 18 Oct >`.
fn weeks(model: &Model) -> String {
    let (first, last) = dates(model);
    let day = |date: Date| date.strftime("%-d %b").to_string();
    format!("< {} - {} >", day(first), day(last))
}

/// The question whose answer is to be shown.
fn call(model: &Model) -> Call {
    let (first, last) = dates(model);
    let query = Some(v1::ReportQuery {
        site_ids: vec![site(model)],
        first: Some(time::local_date(first)),
        last: Some(time::local_date(last)),
        period: v1::ReportPeriod::Week.into(),
    });
    match model.reports.kind {
        Kind::Utilization => v1::GetUtilizationRequest { query }.into(),
        Kind::Attendance => v1::GetAttendanceRequest { query }.into(),
        Kind::Screening => v1::GetScreeningOutcomesRequest { query }.into(),
        Kind::Turnover => v1::GetTurnoverTimesRequest { query }.into(),
        Kind::Waitlist => v1::GetWaitlistConversionRequest { query }.into(),
        Kind::Stock => v1::GetStockUseRequest { query }.into(),
    }
}

/// Asks for the report, unless it is there: it is as of when it was counted, and counted again when that is asked for.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let call = call(model);
    let counted = model.reports.counted.as_ref();
    if site(model).is_empty() || counted.is_some_and(|(of, _)| *of == call) {
        return Vec::new();
    }
    model.ask(Purpose::Report, call)
}

/// It has arrived. The answers of other calls are none of it.
pub(crate) fn loaded(model: &mut Model, asked: Call, answer: Answer) {
    let rows = match answer {
        Answer::GetUtilization(answer) => figures::utilization(answer.rows),
        Answer::GetAttendance(answer) => figures::attendance(answer.rows),
        Answer::GetScreeningOutcomes(answer) => figures::screening(answer.rows),
        Answer::GetTurnoverTimes(answer) => figures::turnover(answer.rows),
        Answer::GetWaitlistConversion(answer) => figures::waitlist(answer.rows),
        Answer::GetStockUse(answer) => figures::stock(answer.rows, &answer.items),
        _ => return,
    };
    model.reports.counted = Some((asked, Ok(rows)));
    let last = measures(model).len().saturating_sub(1);
    model.reports.at = model.reports.at.min(last);
}

/// It was refused. Of a report that is not looked at any more nobody wants to know.
pub(crate) fn failed(model: &mut Model, asked: Call, failure: &Failure) {
    if asked != call(model) {
        return;
    }
    let words = if failure.is_of_role() {
        let who = model.reports.kind.seen_by();
        screens::hand_over(model, &format!("Only {who} see this report."))
    } else {
        model.failure_words(failure)
    };
    model.reports.counted = Some((asked, Err(words)));
}

/// What is there of the report that is to be shown.
fn counted(model: &Model) -> Option<&Result<Vec<Row>, String>> {
    let (of, counted) = model.reports.counted.as_ref()?;
    (*of == call(model)).then_some(counted)
}

/// The rows of the report, once they are there.
fn shown(model: &Model) -> &[Row] {
    match counted(model) {
        Some(Ok(rows)) => rows,
        _ => &[],
    }
}

/// A figure that can be looked at: whose hours it is of, which it is among theirs, and what it is over all weeks.
struct Measure {
    of: String,
    of_name: String,
    which: usize,
    sum: Figure,
}

fn measures(model: &Model) -> Vec<Measure> {
    let mut sums: Vec<Row> = Vec::new();
    for row in shown(model) {
        match sums.iter_mut().find(|sum| sum.of == row.of) {
            Some(sum) => sum.add(row),
            None => sums.push(row.clone()),
        }
    }
    let each = |row: &Row| {
        let of_this = |(which, sum)| Measure {
            of: row.of.clone(),
            of_name: row.of_name.clone(),
            which,
            sum,
        };
        let all = row.all().into_iter().enumerate();
        all.map(of_this).collect::<Vec<_>>()
    };
    sums.iter().flat_map(each).collect()
}

/// What is known of the clinic has no place in a report that was counted before: nothing that happens changes it.
pub(crate) fn revision(model: &Model) -> u64 {
    if counted(model).is_some() {
        u64::MAX
    } else {
        0
    }
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let state = &mut model.reports;
    match command {
        Command::NextReport | Command::NextPane | Command::PreviousPane => {
            let all = Kind::ALL;
            let at = all.iter().position(|kind| *kind == state.kind).unwrap_or(0);
            let back = command == Command::PreviousPane;
            let by = if back { all.len() - 1 } else { 1 };
            state.kind = all[(at + by) % all.len()];
            state.at = 0;
        }
        Command::EarlierDay | Command::Left => state.back += WEEKS / 2,
        Command::LaterDay | Command::Right => state.back -= WEEKS / 2,
        Command::OtherSite => {
            model.reports.site = model.site_after(&site(model));
        }
        Command::Enter => model.reports.counted = None,
        _ => {
            let count = measures(model).len();
            step(&mut model.reports.at, count, command);
            return Vec::new();
        }
    }
    refresh(model)
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    if let Target::Row(_, row) = target {
        model.reports.at = row;
    }
    // Counting again is asked for by its key.
    false
}

/// A line of the list.
enum Line<'m> {
    /// Whose figures follow.
    Of(&'m str),
    /// One of them, by its number.
    Figure(usize),
}

/// The list: the figures, under the names of what they are of.
fn lines(measures: &[Measure]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut of = "";
    for (at, measure) in measures.iter().enumerate() {
        if measure.of != of {
            lines.push(Line::Of(&measure.of_name));
            of = &measure.of;
        }
        lines.push(Line::Figure(at));
    }
    lines
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    const LIST: u16 = 38;
    let measures = measures(model);
    if measures.is_empty() {
        let text = match counted(model) {
            Some(Err(problem)) => problem,
            Some(Ok(_)) => "There is nothing to count.",
            None => "Counting.",
        };
        screens::say(pen, area, text);
        return;
    }
    let head = format!("{} in all", pad("  figure", 27));
    pen.text(area, area.x, area.y, &head, Role::Dim);
    let list = Rect::new(
        area.x,
        area.y + 1,
        LIST.min(area.width),
        area.height.saturating_sub(1),
    );
    let count = draw_list(model, pen, list, &measures);
    let Some(focus) = measures.get(model.reports.at) else {
        return;
    };
    let below = if model.plain { offset(count) + 1 } else { 0 };
    let beside = if model.plain { 0 } else { LIST + 2 };
    let chart = Rect::new(
        area.x + beside,
        area.y + below,
        area.width.saturating_sub(beside),
        area.height.saturating_sub(below),
    );
    pen.text(chart, chart.x, chart.y, &title(focus), Role::Title);
    pen.right(chart, chart.y + 1, &weeks(model), Role::Dim);
    let inside = Rect::new(
        chart.x,
        chart.y + 2,
        chart.width,
        chart.height.saturating_sub(2),
    );
    pen.bars(inside, &bars(model, focus));
}

/// Draws the list, and tells of how many lines it is.
fn draw_list(model: &Model, pen: &mut Pen, list: Rect, measures: &[Measure]) -> usize {
    let lines = lines(measures);
    let focus =
        |line: &Line<'_>| matches!(line, Line::Figure(number) if *number == model.reports.at);
    let at = lines.iter().position(focus).unwrap_or(0);
    let fit = rows(list.height);
    let first = scroll(at, fit);
    for (row, line) in lines.iter().enumerate().skip(first).take(fit) {
        let y = list.y + offset(row - first);
        let number = match line {
            Line::Figure(number) => *number,
            Line::Of(name) => {
                pen.text(list, list.x + 1, y, name, Role::Title);
                continue;
            }
        };
        let measure = &measures[number];
        // What begins above the list is named at its head.
        if row == first && row < at && !measure.of.is_empty() {
            pen.text(list, list.x + 1, y, &measure.of_name, Role::Title);
            continue;
        }
        let inset = if measure.of.is_empty() { "" } else { "  " };
        let label = format!("{inset}{}", measure.sum.label());
        let text = format!(" {} {:>8}", pad(&label, 26), measure.sum.words());
        pen.row(list, y, &text, row == at, Target::Row(0, number));
    }
    lines.len()
}

/// `Lotion (ml): used`.
fn title(measure: &Measure) -> String {
    let label = measure.sum.label();
    if measure.of.is_empty() {
        return label;
    }
    format!("{}: {label}", measure.of_name)
}

/// The figure week by week.
fn bars(model: &Model, measure: &Measure) -> Vec<Bar> {
    let of_these = shown(model).iter().filter(|row| row.of == measure.of);
    let bar = |row: &Row| {
        let figure = *row.all().get(measure.which)?;
        let start = time::date_of(&row.period_start)?;
        Some(Bar {
            label: format!("{} {:>8}", start.strftime("%e %b"), figure.words()),
            value: u64::try_from(figure.value).unwrap_or(0),
        })
    };
    of_these.filter_map(bar).collect()
}

/// Opens the screen. Who may not see how the clinic is used begins with who came.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    if model.reports.counted.is_none() && !model.runs() {
        model.reports.kind = Kind::Attendance;
    }
    screens::open(model, Screen::Reports)
}
