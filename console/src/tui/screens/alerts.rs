//! Alerts: what needs somebody soon, beyond what the board shows, each with what to do.

use ratatui::layout::Rect;
use treadwell_api::v1::{self, AlertKind};

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target},
    screens::{self, Screen, find, offset, rows, scroll, step, stock},
    search::sift,
    theme::Role,
};

/// Each alert takes two lines.
const LINES: usize = 2;

/// The alerts and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// What needs somebody, once loaded.
    alerts: Option<Vec<v1::Alert>>,
    /// The revision that they reflect.
    pub(crate) revision: u64,
    /// The row in focus.
    at: usize,
}

/// Asks for the alerts.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Alerts, v1::ListAlertsRequest::default())
}

/// They have arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::ListAlertsResponse) {
    screens::relist(model, Screen::Alerts, |model| {
        model.alerts.revision = answer.revision;
        model.alerts.alerts = Some(answer.alerts);
    });
}

fn alert_id(alert: &v1::Alert) -> String {
    format!("{} {} {}", alert.kind, alert.site_id, alert.subject_id)
}

/// The alert in focus.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    shown(model)
        .get(model.alerts.at)
        .map(|alert| alert_id(alert))
}

/// Puts the focus on the alert with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.alerts.at;
    let found = find(&mut at, &shown(model), id, |alert| alert_id(alert));
    model.alerts.at = at;
    found
}

/// The alerts as far as the filter lets them through.
fn shown(model: &Model) -> Vec<&v1::Alert> {
    let all: Vec<&v1::Alert> = model.alerts.alerts.iter().flatten().collect();
    let text = |alert: &v1::Alert| format!("{} {}", model.site_name(&alert.site_id), alert.text);
    sift(model.filter.input.value(), all, |alert| text(alert))
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
        AlertKind::TurnoverLate => screens::turnover::open(model, &alert.subject_id),
        AlertKind::InspectionDue => dialogs::hygiene::open_inspection(model, alert.subject_id),
        AlertKind::CredentialExpiring | AlertKind::RegistrationExpiring => {
            screens::staff::open_at(model, &alert.subject_id)
        }
        AlertKind::Unspecified => {
            dialogs::message(model, "Alert", vec![alert.text, alert.action]);
            Vec::new()
        }
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.alerts.at, target)
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let shown = shown(model);
    if shown.is_empty() {
        let text = if model.alerts.alerts.is_some() {
            "Nothing needs anybody soon.".to_owned()
        } else {
            screens::asking(model, Purpose::Alerts)
        };
        screens::say(pen, area, &text);
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
