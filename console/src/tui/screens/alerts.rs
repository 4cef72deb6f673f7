//! Alerts: what needs somebody soon, beyond what the board shows, each with what to do.

use ratatui::layout::Rect;
use treadwell_api::v1::{self, AlertKind};

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target},
    screens::{self, Screen, offset, rows, scroll, step, stock},
    search::Sieve,
    theme::Role,
};

/// Each alert takes two lines.
const LINES: usize = 2;

/// The alerts and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What needs somebody, once loaded.
    alerts: Option<Vec<v1::Alert>>,
    /// The row in focus.
    at: usize,
}

/// Asks for the alerts.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Alerts, v1::ListAlertsRequest::default())
}

/// They have arrived.
pub(crate) fn loaded(model: &mut Model, alerts: Vec<v1::Alert>) {
    model.alerts.alerts = Some(alerts);
    let last = shown(model).len().saturating_sub(1);
    model.alerts.at = model.alerts.at.min(last);
}

fn shown(model: &Model) -> Vec<&v1::Alert> {
    let all: Vec<&v1::Alert> = model.alerts.alerts.iter().flatten().collect();
    let text = |alert: &v1::Alert| format!("{} {}", model.site_name(&alert.site_id), alert.text);
    let sieve = Sieve::new(
        model.filter.input.value(),
        all.iter().map(|alert| text(alert)),
    );
    all.into_iter()
        .filter(|alert| sieve.passes(&text(alert)))
        .collect()
}

/// Does a command of the screen: Enter goes where the alert is dealt with.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let shown = shown(model);
    let count = shown.len();
    let focus = shown.get(model.alerts.at).map(|alert| (*alert).clone());
    let (Command::Enter, Some(alert)) = (command, focus) else {
        step(&mut model.alerts.at, count, command);
        return Vec::new();
    };
    match alert.kind() {
        AlertKind::StockLow => stock::open_at(model, &alert.site_id, &alert.subject_id),
        AlertKind::TurnoverLate => {
            model.turnover.room_id = alert.subject_id;
            screens::open(model, Screen::Turnover)
        }
        AlertKind::InspectionDue => dialogs::stock::open_inspection(model, alert.subject_id),
        AlertKind::CredentialExpiring | AlertKind::Unspecified => {
            dialogs::message(model, "Alert", vec![alert.text, alert.action]);
            Vec::new()
        }
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let same = model.alerts.at == row;
    model.alerts.at = row;
    same
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let shown = shown(model);
    if shown.is_empty() {
        let text = if model.alerts.alerts.is_some() {
            "Nothing needs anybody soon."
        } else {
            "Asking."
        };
        pen.text(area, area.x + 1, area.y, text, Role::Text);
        return;
    }
    let fit = rows(area.height.saturating_sub(1)) / LINES;
    let first = scroll(model.alerts.at, fit);
    for (at, alert) in shown.iter().enumerate().skip(first).take(fit) {
        let y = area.y + offset((at - first) * LINES);
        let mark = if alert.overdue { '!' } else { '-' };
        let text = format!("{mark} {}  {}", model.site_name(&alert.site_id), alert.text);
        pen.row(area, y, &text, at == model.alerts.at, Target::Row(0, at));
        pen.text(area, area.x + 5, y + 1, &alert.action, Role::Dim);
    }
    let hint = "! is due already. Enter goes where it is dealt with.";
    pen.text(area, area.x + 1, area.bottom() - 1, hint, Role::Dim);
}
