//! How Client is drawn.

use ratatui::layout::Rect;
use treadwell_api::v1;

use super::{Part, lists, visits_shown};
use crate::tui::{
    event::Purpose,
    keys::Command,
    model::Model,
    pen::{Pen, Target, pad},
    screens::{finder::client_line, offset, rows, scroll},
    theme::Role,
    time, words,
};

/// Reasons that are listed for a rule set; the appointments need room too.
const MOST_REASONS: usize = 5;

/// Draws Client.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let state = &model.client;
    let finding = state.part == Part::Find;
    let list_rows = if finding {
        offset(state.finder.rows().min(8))
    } else {
        0
    };
    let is_asking = model.calls.is_under_way(Purpose::ClientFind);
    let finder = Rect::new(area.x, area.y, area.width, 1 + list_rows);
    let Some(client) = state.shown.as_ref().and_then(|shown| shown.client.as_ref()) else {
        state
            .finder
            .draw(pen, area, (finding, lists::FOUND), is_asking);
        return;
    };
    let mut y = finder.bottom();
    pen.rule(area, y);
    pen.text(area, area.x + 1, y + 1, &client_line(client), Role::Title);
    y += 2;
    let particulars = particulars(model, client);
    if !particulars.is_empty() {
        pen.text(area, area.x + 1, y, &particulars, Role::Text);
        y += 1;
    }
    if let Some(kept) = &state.retention {
        pen.text(area, area.x + 1, y, &retention(model, kept), Role::Dim);
        y += 1;
    }
    for screening in state.shown.iter().flat_map(|shown| &shown.screenings) {
        y = draw_screening(model, pen, area, y, screening);
    }
    let rest = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
    draw_parts(model, pen, rest);
    // Last, so that the cursor stays in the field when it has the focus.
    state
        .finder
        .draw(pen, finder, (finding, lists::FOUND), is_asking);
}

/// Until when the records are kept, and what can be done with them.
fn retention(model: &Model, kept: &v1::Retention) -> String {
    let until = kept.kept_until.as_ref().and_then(time::date_of);
    let until = until.map_or_else(
        || "Records are kept: nothing on file has a date".to_owned(),
        |until| format!("Records are kept until {until}"),
    );
    if kept.ended && model.role() == v1::Role::Owner {
        return format!("{until}. Erase: treadwell clients erase {}", kept.client_id);
    }
    let key = model.keymap.key_of(Command::ExportClient);
    format!("{until} ({key}: record to a file)")
}

fn particulars(model: &Model, client: &v1::Client) -> String {
    let mut parts = Vec::new();
    if !client.preferred_therapist_id.is_empty() {
        parts.push(format!(
            "prefers {}",
            model.therapist_name(&client.preferred_therapist_id)
        ));
    }
    if !client.note.is_empty() {
        parts.push(format!("note: {}", client.note));
    }
    parts.join("; ")
}

fn draw_screening(
    model: &Model,
    pen: &mut Pen,
    area: Rect,
    y: u16,
    screening: &v1::Screening,
) -> u16 {
    let rule_set = model
        .catalog
        .rule_sets
        .iter()
        .find(|set| set.id == screening.rule_set_id);
    let name = rule_set.map_or(screening.rule_set_id.as_str(), |set| set.name.as_str());
    let x = pen.text(
        area,
        area.x + 1,
        y,
        &format!("Screening today, {name}: "),
        Role::Text,
    );
    pen.text(
        area,
        x,
        y,
        &words::screening(screening),
        words::screening_role(screening.outcome()),
    );
    let mut y = y + 1;
    if let Some(date) = &screening.ceases_on {
        let text = format!("answers are good until {}", time::birthday(date));
        pen.text(area, area.x + 3, y, &text, Role::Dim);
        y += 1;
    }
    for caution in screening.cautions.iter().take(MOST_REASONS) {
        let text = format!("- for the therapist: {}", caution.text);
        pen.text(area, area.x + 3, y, &text, Role::Text);
        y += 1;
    }
    // What was not asked is listed below, to be asked.
    let spoke = screening
        .reasons
        .iter()
        .filter(|reason| reason.outcome() != v1::ScreeningOutcome::Incomplete);
    for reason in spoke.take(MOST_REASONS) {
        pen.text(
            area,
            area.x + 3,
            y,
            &format!("- {}", reason.text),
            Role::Text,
        );
        y += 1;
    }
    y
}

fn draw_parts(model: &Model, pen: &mut Pen, area: Rect) {
    let state = &model.client;
    if area.height < 4 {
        return;
    }
    pen.rule(area, area.y);
    let asking = state.part == Part::Questions;
    let space = area.height - 2;
    let question_rows = if asking {
        offset(state.questions.rows.len() + 3).min(space.saturating_sub(2))
    } else {
        0
    };
    let open = words::count(state.questions.rows.len(), "question");
    let title = if asking {
        format!("DECLARATION ({open})")
    } else {
        let key = if state.part == Part::Find {
            "Tab"
        } else {
            "Shift-Tab"
        };
        format!("DECLARATION ({open}; {key}: ask and record)")
    };
    pen.text(area, area.x + 1, area.y + 1, &title, Role::Title);
    let questions = Rect::new(area.x, area.y + 2, area.width, question_rows);
    state
        .questions
        .draw(pen, questions, asking, lists::QUESTIONS);
    let top = questions.bottom();
    if top >= area.bottom() {
        return;
    }
    let shown = visits_shown(model);
    pen.text(
        area,
        area.x + 1,
        top,
        &format!("APPOINTMENTS ({})", shown.len()),
        Role::Title,
    );
    let fit = rows(area.bottom().saturating_sub(top + 1));
    let first = scroll(state.visit_at, fit);
    for (line, (row, visit)) in shown
        .into_iter()
        .enumerate()
        .skip(first)
        .take(fit)
        .enumerate()
    {
        let focus = state.part == Part::Visits && row == state.visit_at;
        pen.row(
            area,
            top + 1 + offset(line),
            &visit_line(model, visit),
            focus,
            Target::Row(lists::VISITS, row),
        );
    }
}

pub(super) fn visit_line(model: &Model, visit: &v1::Appointment) -> String {
    let zone = model.zone(&visit.site_id);
    let start = visit
        .start
        .as_ref()
        .map(|start| time::dated(time::instant(start), model.now(), &zone))
        .unwrap_or_default();
    let flag = visit
        .flags
        .first()
        .map(|flag| format!("  ^ {}", flag.text))
        .unwrap_or_default();
    format!(
        "{} {} {} {} {}{flag}",
        pad(&start, 16),
        pad(words::appointment_state(visit.state()), 10),
        pad(&model.room_name(&visit.room_id), 5),
        pad(&model.therapist_name(&visit.therapist_id), 8),
        model.service_name(&visit.service_id)
    )
}
