//! How the roster is drawn: a row for each therapist, a column for each day, and what there is of the day in focus.

use ratatui::layout::Rect;
use treadwell_api::v1;

use super::{WEEK, closure_on, date, off_on, shifts_on, therapists, who, zone};
use crate::{
    hours,
    tui::{
        dialogs,
        event::Purpose,
        model::Model,
        pen::{Pen, Target, pad},
        screens::{self, offset, rows, scroll},
        theme::Role,
        time,
    },
};

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    const DETAIL: u16 = 6;
    const NAME: usize = 14;
    let all = therapists(model);
    let column = (rows(area.width).saturating_sub(NAME + 1)) / WEEK;
    let mut head = format!(" {}", pad("", NAME - 1));
    for day in 0..WEEK {
        let name = date(model, day).strftime("%a %-d").to_string();
        let closed = closure_on(model, day).is_some();
        let name = if closed { format!("{name} X") } else { name };
        head.push_str(&pad(&name, column));
    }
    pen.text(area, area.x, area.y, &head, Role::Dim);
    if model.roster.shifts.is_none() {
        let below = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        let text = screens::asking(model, Purpose::RosterShifts);
        screens::say(pen, below, &text);
        return;
    }
    let fit = rows(area.height.saturating_sub(DETAIL + 1));
    let first = scroll(model.roster.row, fit);
    for (row, therapist) in all.iter().enumerate().skip(first).take(fit) {
        let mut text = format!(" {}", pad(&therapist.name, NAME - 2));
        let focus = row == model.roster.row;
        for day in 0..WEEK {
            let mark = if focus && day == super::day(model) {
                ">"
            } else {
                " "
            };
            text.push_str(&pad(
                &format!("{mark}{}", cell(model, &therapist.id, day)),
                column,
            ));
        }
        let y = area.y + 1 + offset(row - first);
        pen.row(area, y, &text, focus, Target::Row(0, row));
    }
    draw_detail(model, pen, area, area.bottom().saturating_sub(DETAIL));
}

/// A day in a word: hours, `off`, or both.
fn cell(model: &Model, who: &str, day: usize) -> String {
    let zone = zone(model);
    let shifts = shifts_on(model, who, day);
    let off = off_on(model, who, day);
    let short = |shift: &v1::Shift| {
        let all = hours::clocks(shift.start.as_ref(), shift.end.as_ref(), &zone);
        all.replace(":00", "").replace("-0", "-")
    };
    let hours = match shifts[..] {
        [] => String::new(),
        [shift] => short(shift).trim_start_matches('0').to_owned(),
        [shift, ..] => format!(
            "{}+{}",
            short(shift).trim_start_matches('0'),
            shifts.len() - 1
        ),
    };
    match (off.is_some(), hours.is_empty()) {
        (true, true) => "off".to_owned(),
        (true, false) => format!("{hours}*"),
        (false, true) => "-".to_owned(),
        (false, false) => hours,
    }
}

/// What there is of the day in focus.
fn draw_detail(model: &Model, pen: &mut Pen, area: Rect, mut y: u16) {
    pen.rule(area, y);
    let Some(who) = who(model) else {
        return;
    };
    let (day, zone) = (super::day(model), zone(model));
    let mut lines = vec![format!(
        "{}, {}",
        model.therapist_name(&who),
        time::day(date(model, day))
    )];
    if let Some(closure) = closure_on(model, day) {
        lines.push(format!("X The site is closed: {}", closure.reason));
    }
    if let Some(off) = off_on(model, &who, day) {
        lines.push(format!("* {}", dialogs::hours::off_words(model, off)));
    }
    let shifts = shifts_on(model, &who, day);
    for (at, shift) in shifts.iter().enumerate() {
        let mark = if at == model.roster.nth { ">" } else { " " };
        let mut text = format!(
            "{mark} {}",
            hours::clocks(shift.start.as_ref(), shift.end.as_ref(), &zone)
        );
        for pause in &shift.breaks {
            let pause = hours::clocks(pause.start.as_ref(), pause.end.as_ref(), &zone);
            text = format!("{text}, break {pause}");
        }
        if !shift.template_id.is_empty() {
            text.push_str(", from the week");
        }
        lines.push(text);
    }
    if shifts.is_empty() {
        lines.push("No shift here.".to_owned());
    }
    for line in lines {
        y += 1;
        if y < area.bottom() {
            pen.text(area, area.x + 1, y, &line, Role::Text);
        }
    }
}
