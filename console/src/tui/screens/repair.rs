//! Repair: what a disruption hits, what mends it, and whom to call about it.

use std::time::Duration;

use ratatui::layout::Rect;
use treadwell_api::v1::{self, RoomState, disruption::What};

use crate::tui::{
    dialogs::ask::{self, Ask},
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target, pad, wrap},
    screens::{self, Screen, board, day, find, offset, rows, scroll, step},
    search::sift,
    theme::Role,
    time, words,
};

/// What is asked, what was answered, and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The disruption that is planned for; none before the screen was opened.
    about: Option<v1::Disruption>,
    /// What that is, in words.
    title: String,
    /// The plan, once it has come.
    pub(crate) plan: Option<v1::PlanRepairResponse>,
    /// When it came, on the console's own clock.
    planned_at: Option<Duration>,
    /// Clients to be called, once they are loaded.
    pub(crate) calls: Vec<v1::Call>,
    /// The line in focus: first those to be called, then the plan.
    at: usize,
}

/// How long a plan is shown before the day is planned anew while others change it: planning costs the server far more than
/// other reads. What no longer holds when it is applied is refused whole.
const LASTS: Duration = Duration::from_secs(20);

/// What stands in a line.
#[derive(Debug, Clone)]
enum Line {
    /// Somebody to be called.
    Call(Box<v1::Hold>, Box<v1::Appointment>),
    /// What is planned for somebody.
    Plan(Box<v1::Repair>),
}

impl Line {
    fn appointment(&self) -> v1::Appointment {
        match self {
            Self::Call(_, appointment) => (**appointment).clone(),
            Self::Plan(repair) => repair.appointment.clone().unwrap_or_default(),
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Call(hold, _) => hold.id.clone(),
            Self::Plan(_) => self.appointment().id,
        }
    }
}

/// Opens the screen about what has the focus: an outage, a session that runs over, else what is unsound on the day.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let (what, title) = match model.screen {
        Screen::Day => {
            let site = day::site(model);
            let date = model.day.date.map(time::local_date);
            unsound(model, site, date)
        }
        Screen::Board => of_room(model),
        _ => {
            let site = model.site_ids().first().cloned();
            unsound(model, site.unwrap_or_default(), None)
        }
    };
    model.repair.about = Some(v1::Disruption { what: Some(what) });
    model.repair.title = title;
    (model.repair.plan, model.repair.planned_at) = (None, None);
    model.repair.at = 0;
    screens::open(model, Screen::Repair)
}

fn unsound(model: &Model, site_id: String, date: Option<v1::LocalDate>) -> (What, String) {
    let when = date.as_ref().and_then(time::date_of);
    let when = when.map_or_else(|| "today".to_owned(), time::day);
    let title = format!("What is unsound {when} at {}", model.site_name(&site_id));
    (What::Unsound(v1::UnsoundDay { site_id, date }), title)
}

/// What is to be mended about the room in focus on the Board.
fn of_room(model: &Model) -> (What, String) {
    let Some(room) = board::focus_room(model) else {
        return unsound(model, board::focus_site(model).unwrap_or_default(), None);
    };
    if !room.outage_id.is_empty() {
        let title = format!("The outage in {}", room.name);
        return (What::OutageId(room.outage_id.clone()), title);
    }
    if room.state() == RoomState::Over {
        // As late as it is, and a little: on the grid.
        let minutes = (room.late_minutes / 5 + 3) * 5;
        let title = format!("{} runs over by {minutes} min", room.name);
        let appointment_id = room.appointment_id.clone();
        let overrun = v1::Overrun {
            appointment_id,
            minutes: minutes.min(120),
        };
        return (What::Overrun(overrun), title);
    }
    unsound(model, room.site_id.clone(), None)
}

/// More of the header.
pub(crate) fn trail(model: &Model) -> String {
    model.repair.title.clone()
}

/// The revision that the plan reflects.
pub(crate) fn revision(model: &Model) -> u64 {
    model.repair.plan.as_ref().map_or(0, |plan| plan.revision)
}

/// Asks for the plan and for whom to call.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = model.ask(Purpose::Calls, v1::ListCallsRequest::default());
    let stale = model.repair.planned_at.is_none_or(|at| {
        let now = model.clock.elapsed;
        now.saturating_sub(at) >= LASTS
    });
    if let Some(about) = model.repair.about.clone().filter(|_| stale) {
        let disruptions = vec![about];
        effects.extend(model.ask(Purpose::Repair, v1::PlanRepairRequest { disruptions }));
    }
    effects
}

/// The plan has come.
pub(crate) fn planned(model: &mut Model, plan: v1::PlanRepairResponse) {
    screens::relist(model, Screen::Repair, |model| {
        model.repair.planned_at = Some(model.clock.elapsed);
        model.repair.plan = Some(plan);
    });
}

/// Who is to be called has come.
pub(crate) fn called(model: &mut Model, answer: v1::ListCallsResponse) {
    screens::relist(model, Screen::Repair, |model| {
        model.repair.calls = answer.calls;
    });
}

/// The lines as far as the filter lets them through.
fn lines(model: &Model) -> Vec<Line> {
    let all = all_lines(model);
    let text = |line: &Line| line.appointment().client_name;
    sift(model.filter.input.value(), all, text)
}

/// Who is to be called, then the plan.
fn all_lines(model: &Model) -> Vec<Line> {
    let calls = model.repair.calls.iter().filter_map(|call| {
        let (hold, appointment) = (call.hold.clone()?, call.appointment.clone()?);
        Some(Line::Call(Box::new(hold), Box::new(appointment)))
    });
    let planned = model.repair.plan.iter().flat_map(|plan| &plan.repairs);
    let called = |repair: &&v1::Repair| {
        let id = repair.appointment.as_ref().map(|it| it.id.as_str());
        let of_hold = |call: &v1::Call| {
            let hold = call.hold.as_ref();
            hold.map(|hold| hold.moves_appointment_id.as_str()) == id
        };
        model.repair.calls.iter().any(of_hold)
    };
    // Who is being called already is not planned for anew.
    let planned = planned.filter(|repair| !called(repair));
    calls
        .chain(planned.map(|repair| Line::Plan(Box::new(repair.clone()))))
        .collect()
}

/// The line in focus.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    lines(model).get(model.repair.at).map(Line::id)
}

/// Puts the focus on the line with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.repair.at;
    let found = find(&mut at, &lines(model), id, Line::id);
    model.repair.at = at;
    found
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let lines = lines(model);
    match (command, lines.get(model.repair.at)) {
        // All of the plan, whatever the filter shows: a part of it may not stand alone.
        (Command::Enter, _) => apply(model, &all_lines(model)),
        (Command::AcceptOffer, Some(Line::Call(hold, appointment))) => {
            let call = v1::MoveAppointmentRequest {
                appointment_id: appointment.id.clone(),
                hold_id: hold.id.clone(),
                ..v1::MoveAppointmentRequest::default()
            };
            model.write(Purpose::Act, call)
        }
        (Command::DeclineOffer, Some(Line::Call(hold, appointment))) => {
            let text = vec![
                format!("{}: {}", appointment.client_name, held(model, hold)),
                "They stay where they are; the place is given up.".to_owned(),
            ];
            let call = v1::ReleaseHoldRequest {
                write: None,
                hold_id: hold.id.clone(),
            };
            ask::open(model, Ask::send("Call declined", text, Purpose::Act, call))
        }
        (Command::AcceptOffer | Command::DeclineOffer, _) => {
            let key = model.keymap.key_of(Command::Enter);
            model.warn(format!(
                "Nobody is asked about that yet; {key} applies the plan."
            ));
            Vec::new()
        }
        (command, _) => {
            step(&mut model.repair.at, lines.len(), command);
            Vec::new()
        }
    }
}

/// Enter: asks whether the plan shall be applied.
fn apply(model: &mut Model, lines: &[Line]) -> Vec<Effect> {
    let planned = lines.iter().filter_map(|line| match line {
        Line::Plan(repair) => Some((repair.r#move.clone()?, repair.at_once)),
        Line::Call(..) => None,
    });
    let (mut at_once, mut moves) = (0, Vec::new());
    for (to, swaps) in planned {
        at_once += usize::from(swaps);
        moves.push(to);
    }
    if moves.is_empty() {
        model.warn("There is nothing to apply.");
        return Vec::new();
    }
    let mut text = vec![
        format!(
            "{} at once, to another room or therapist.",
            words::count(at_once, "appointment")
        ),
        format!(
            "{} to be called: a place is held for each.",
            words::count(moves.len() - at_once, "client")
        ),
        "All of it is done, or nothing.".to_owned(),
    ];
    if model.repair.plan.as_ref().is_some_and(|plan| plan.more) {
        text.push(words::MORE_IS_HIT.to_owned());
    }
    let call = v1::ApplyRepairRequest { write: None, moves };
    ask::open(
        model,
        Ask::send("Apply the repair", text, Purpose::Act, call),
    )
}

/// It was applied: what to say about it.
pub(crate) fn applied(model: &mut Model, answer: &v1::ApplyRepairResponse) {
    let key = model.keymap.key_of(Command::AcceptOffer);
    let moved = words::count(answer.appointments.len(), "appointment");
    let text = match answer.calls.len() {
        0 => format!("{moved} moved."),
        calls => {
            let calls = words::count(calls, "client");
            format!("{moved} moved, {calls} to be called; {key}: agreed.")
        }
    };
    model.repair.planned_at = None;
    model.say(text);
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.repair.at, target)
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    const DETAIL: u16 = 5;
    let lines = lines(model);
    let plan = model.repair.plan.as_ref();
    let more = plan.is_some_and(|plan| plan.more);
    if lines.is_empty() {
        let text = match plan {
            Some(_) if more => words::MORE_IS_HIT.to_owned(),
            Some(_) => "Nothing is hit, and nobody is to be called.".to_owned(),
            None => screens::asking(model, Purpose::Repair),
        };
        screens::say(pen, area, &text);
        return;
    }
    let name = if area.width >= 120 { 28 } else { 16 };
    let head = format!(" {} {} now -> new", pad("client", name), pad("how", 9));
    pen.text(area, area.x, area.y, &head, Role::Dim);
    let fit = rows(area.height.saturating_sub(DETAIL + 1));
    let first = scroll(model.repair.at, fit);
    for (row, line) in lines.iter().enumerate().skip(first).take(fit) {
        let y = area.y + 1 + offset(row - first);
        let text = row_text(model, line, name);
        pen.row(area, y, &text, row == model.repair.at, Target::Row(0, row));
    }
    let y = area.bottom().saturating_sub(DETAIL);
    pen.rule(area, y);
    let mut detail = lines
        .get(model.repair.at)
        .map_or_else(Vec::new, |line| about(model, line));
    if let Some(plan) = plan.filter(|plan| !plan.repairs.is_empty()) {
        let cost = plan.cost.as_ref().map(words::repair_cost);
        let sure = if plan.best {
            ""
        } else {
            " There may be a better one."
        };
        detail.push(format!("{}{sure}", cost.unwrap_or_default()));
    }
    if more {
        // First, so that nothing pushes it out.
        detail.insert(0, words::MORE_IS_HIT.to_owned());
    }
    let wrapped = detail
        .iter()
        .flat_map(|text| wrap(text, usize::from(area.width.saturating_sub(2))));
    for (at, text) in wrapped.take(rows(DETAIL - 1)).enumerate() {
        pen.text(area, area.x + 1, y + 1 + offset(at), &text, Role::Text);
    }
}

fn row_text(model: &Model, line: &Line, name: usize) -> String {
    let appointment = line.appointment();
    let now = place(
        model,
        &appointment.site_id,
        appointment.start.as_ref(),
        &appointment.room_id,
        &appointment.therapist_id,
    );
    let (how, new) = match line {
        Line::Call(hold, _) => ("[?] call", held(model, hold)),
        Line::Plan(repair) => {
            let to = repair.r#move.as_ref();
            let new = to.map_or_else(
                || "-".to_owned(),
                |to| {
                    let start = to.start.as_ref();
                    place(model, &to.site_id, start, &to.room_id, &to.therapist_id)
                },
            );
            (words::repair_how(repair), new)
        }
    };
    format!(
        " {} {} {now} -> {new}",
        pad(&appointment.client_name, name),
        pad(how, 9)
    )
}

fn held(model: &Model, hold: &v1::Hold) -> String {
    let start = hold.start.as_ref();
    place(
        model,
        &hold.site_id,
        start,
        &hold.room_id,
        &hold.therapist_id,
    )
}

fn place(
    model: &Model,
    site_id: &str,
    start: Option<&prost_types::Timestamp>,
    room_id: &str,
    therapist_id: &str,
) -> String {
    let zone = model.zone(site_id);
    let start = start.map(time::instant);
    let when = start.map_or_else(String::new, |at| time::near(at, model.now(), &zone));
    let (room, by) = (model.room_name(room_id), model.therapist_name(therapist_id));
    format!("{when} {room} {by}")
}

/// More about the line in focus.
fn about(model: &Model, line: &Line) -> Vec<String> {
    let appointment = line.appointment();
    let who = format!("{} {}", appointment.client_name, appointment.client_phone);
    let service = model.service_name(&appointment.service_id);
    match line {
        Line::Call(hold, _) => {
            let zone = model.zone(&hold.site_id);
            let until = time::clock_of(hold.expires_at.as_ref(), &zone);
            let mut text = format!("{who}: {service}; the place is held until {until}.");
            if hold.service_id != appointment.service_id {
                let other = model.service_name(&hold.service_id);
                text = format!("{text} It would be {other}.");
            }
            vec![text]
        }
        Line::Plan(repair) => {
            let problems: Vec<_> = repair.problems.iter().map(|it| it.text.as_str()).collect();
            let why = if problems.is_empty() {
                "makes room for somebody".to_owned()
            } else {
                problems.join("; ")
            };
            let mut told = vec![format!("{who}: {service}; {why}")];
            if let Some(to) = repair.r#move.as_ref()
                && to.service_id != appointment.service_id
            {
                let other = model.service_name(&to.service_id);
                told.push(format!("It would be {other}."));
            }
            told
        }
    }
}
