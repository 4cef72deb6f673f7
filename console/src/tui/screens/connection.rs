//! Connection and keys: the link, the server, who is signed in, and handing the desk to another person.

use ratatui::layout::{Position, Rect};
use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    event::{Effect, Purpose},
    keys::Command,
    locked,
    model::{Link, Model},
    pen::{FieldLook, Pen, wrap},
    screens::{self, Screen, offset, rows},
    theme::Role,
    time, words,
};

/// The key field.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The other person's key, as pasted; shown as stars.
    key: Input,
    /// The field has the focus.
    signing_in: bool,
}

/// Opens the screen with the key field in focus.
pub(crate) fn switch_person(model: &mut Model) -> Vec<Effect> {
    model.connection.signing_in = true;
    model.connection.key = Input::default();
    screens::open(model, Screen::Connection)
}

/// The key field, when it has the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    model
        .connection
        .signing_in
        .then_some(&mut model.connection.key)
}

/// Asks who the key names and how the server is.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = model.ask(Purpose::WhoAmI, v1::WhoAmIRequest {});
    effects.extend(model.ask(Purpose::Status, v1::GetStatusRequest {}));
    effects
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    match command {
        Command::Enter if model.connection.signing_in => sign_in(model),
        Command::Enter | Command::NextPane | Command::PreviousPane => {
            model.connection.signing_in = !model.connection.signing_in;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Leaving the screen forgets what was pasted.
pub(crate) fn left(model: &mut Model) {
    model.connection = State::default();
}

fn sign_in(model: &mut Model) -> Vec<Effect> {
    let key = model.connection.key.value().trim().to_owned();
    if !key.starts_with(locked::KEY) {
        model.warn(format!(
            "That is not a key: a key begins with tw_. Paste it whole. {} locks the console: there a name and a passphrase open it too.",
            model.keymap.key_of(Command::Lock)
        ));
        return Vec::new();
    }
    locked::hand_over(model, key)
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let zone = model.home_zone();
    let mut lines = vec![
        format!("Link      {}", model.link.label(model.clock.elapsed)),
        format!("          {}", link_words(model)),
        format!("Server    {}", model.server),
        format!("Revision  {}", model.revision),
    ];
    if let Some(status) = &model.status {
        let writable = if status.writable {
            "takes changes".to_owned()
        } else {
            format!("takes no changes: {}", status.not_writable_reason)
        };
        lines.push(format!("          version {}, {writable}", status.version));
        if status.injected_clock {
            lines.push("          its clock is set for a demo or a test".to_owned());
        }
        if let Some(started) = &status.started_at {
            lines.push(format!(
                "          runs since {}",
                time::day_and_clock(time::instant(started), &zone)
            ));
        }
    }
    lines.push(String::new());
    match &model.me {
        Some(me) => {
            let sites = if me.site_ids.is_empty() {
                "all sites".to_owned()
            } else {
                me.site_ids.join(", ")
            };
            lines.push(format!(
                "You are   {} ({}, {sites})",
                me.name,
                words::role(me.role())
            ));
        }
        None => lines.push("You are   not known to the server yet".to_owned()),
    }
    for (line, text) in lines.iter().enumerate() {
        pen.text(area, area.x + 1, area.y + offset(line), text, Role::Text);
    }
    let y = area.y + offset(lines.len()) + 1;
    let hint = format!(
        "Hand the desk to another person ({}): they paste their own key and press {}.",
        model.keymap.key_of(Command::SwitchPerson),
        model.keymap.key_of(Command::Enter)
    );
    pen.text(area, area.x + 1, y, &hint, Role::Dim);
    let look = FieldLook {
        masked: true,
        ..FieldLook::new(model.connection.signing_in, 46)
    };
    if pen.shows_focus(true) {
        pen.cursor = Some(Position::new(area.x, y + 1));
    }
    pen.field(area, y + 1, "key ", &model.connection.key, look);
    draw_warnings(model, pen, area, y + 3);
}

/// What has to be seen to, for those whom the server tells it. It comes last, so that it pushes nothing else away.
fn draw_warnings(model: &Model, pen: &mut Pen, area: Rect, top: u16) {
    let columns = usize::from(area.width.saturating_sub(2));
    let warnings = model.status.iter().flat_map(|status| &status.warnings);
    let mut lines: Vec<String> = warnings
        .flat_map(|warning| wrap(&format!("! {warning}"), columns))
        .collect();
    let fit = rows(area.bottom().saturating_sub(top));
    if lines.len() > fit {
        lines.truncate(fit.saturating_sub(1));
        lines.push("There is more: `treadwell status` tells all.".to_owned());
    }
    for (line, text) in lines.iter().enumerate() {
        pen.text(area, area.x + 1, top + offset(line), text, Role::Warning);
    }
}

fn link_words(model: &Model) -> String {
    match &model.link {
        Link::Live(_) => "Changes arrive as they happen.".to_owned(),
        other => other.words(model.clock.elapsed),
    }
}
