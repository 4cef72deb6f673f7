//! `update`: the only place where the model changes. An event goes in, effects come out; nothing waits.

mod answer;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use treadwell_api::v1;
use tui_input::{Input, InputRequest};

use super::{
    dialogs::{
        self, Dialog,
        ask::{Ask, Yes},
    },
    event::{Effect, Event, LinkChange, Purpose},
    keys::Command,
    model::{Link, Model, SMALLEST},
    pen::Target,
    screens::{self, Screen, board, book, client, connection, day, free_rooms},
    time, view,
};

/// Takes note of an event.
pub(crate) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let had_dialog = model.dialog.is_some();
    let mut effects = match event {
        Event::Key(key) => on_key(model, key),
        Event::Mouse(mouse) => on_mouse(model, mouse),
        Event::Paste(text) => on_paste(model, &text),
        Event::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.dirty = true;
            Vec::new()
        }
        Event::Tick(elapsed) => tick(model, elapsed),
        Event::Link(change) => link(model, change),
        Event::Changed(revision) => changed(model, revision),
        Event::ReferenceChanged => reference_data(model),
        Event::Answer(ticket, answer) => answer::answer(model, ticket, answer),
    };
    let opened = !had_dialog && model.dialog.as_ref().is_some_and(dialogs::acts);
    if opened
        && !effects
            .iter()
            .any(|effect| matches!(effect, Effect::DropTypeahead))
    {
        effects.push(Effect::DropTypeahead);
    }
    effects
}

/// What the first screen needs.
pub(crate) fn first_calls(model: &mut Model) -> Vec<Effect> {
    let mut effects = model.ask(Purpose::WhoAmI, v1::WhoAmIRequest {});
    effects.extend(reference_data(model));
    effects.extend(model.ask(Purpose::Board, v1::GetBoardRequest::default()));
    if model.screen != Screen::Board {
        effects.extend(screens::refresh(model));
    }
    effects
}

/// What changes rarely.
fn reference_data(model: &mut Model) -> Vec<Effect> {
    const MOST_THERAPISTS: i32 = 500;
    let mut effects = model.ask(Purpose::Catalog, v1::GetCatalogRequest {});
    let therapists = v1::ListTherapistsRequest {
        page_size: MOST_THERAPISTS,
        ..v1::ListTherapistsRequest::default()
    };
    effects.extend(model.ask(Purpose::Therapists, therapists));
    effects
}

fn tick(model: &mut Model, elapsed: Duration) -> Vec<Effect> {
    let before = (model.clock.minute(), model.link.label(model.clock.elapsed));
    model.clock.elapsed = elapsed;
    let lapsed = model
        .book
        .hold
        .as_ref()
        .and_then(|hold| hold.expires_at.as_ref())
        .is_some_and(|end| time::instant(end) <= model.now());
    if lapsed {
        book::hold_ends(model);
    }
    let after = (model.clock.minute(), model.link.label(elapsed));
    if before != after {
        model.dirty = true;
    }
    if before.0 != after.0 && model.link.is_live() {
        screens::refresh(model)
    } else {
        Vec::new()
    }
}

/// When the next tick changes something that is shown, on the model's own clock.
pub(crate) fn next_tick(model: &Model) -> Option<Duration> {
    const STEPS: [u64; 3] = [10, 30, 60];
    let now = model.clock.now()?;
    let elapsed = model.clock.elapsed;
    let into = Duration::from_secs(now.as_second().rem_euclid(60).unsigned_abs())
        + Duration::from_nanos(now.subsec_nanosecond().unsigned_abs().into());
    let minute = elapsed + Duration::from_mins(1).saturating_sub(into);
    let age = match &model.link {
        Link::Stale(heard, _) => STEPS
            .iter()
            .map(|step| *heard + Duration::from_secs(*step))
            .find(|at| *at > elapsed),
        _ => None,
    };
    let hold = model
        .book
        .hold
        .as_ref()
        .and_then(|hold| hold.expires_at.as_ref())
        .map(time::instant);
    let hold = hold
        .and_then(|end| Duration::try_from(end.duration_since(now)).ok())
        .map(|left| elapsed + left);
    [Some(minute), age, hold].into_iter().flatten().min()
}

/// The link has changed. When it is back everything shown is read again.
pub(crate) fn link(model: &mut Model, change: LinkChange) -> Vec<Effect> {
    let elapsed = model.clock.elapsed;
    let before = (model.link.label(elapsed), model.link.is_live());
    let heard = model.link.heard();
    model.link = match (change, heard) {
        (LinkChange::Live, _) => Link::Live(elapsed),
        (LinkChange::Lost(problem), Some(heard)) => Link::Stale(heard, problem),
        (LinkChange::Lost(problem), None) => Link::Connecting(Some(problem)),
        (LinkChange::Connecting(problem), _) => Link::Connecting(problem),
        (LinkChange::Refused(problem), _) => Link::Refused(problem),
    };
    if before.0 != model.link.label(elapsed) {
        model.dirty = true;
    }
    if model.link.is_live() && !before.1 {
        return first_calls(model);
    }
    if let Link::Refused(problem) = &model.link {
        let problem = problem.clone();
        model.warn(format!(
            "The server refuses this key: {problem} Press F4 and paste another one."
        ));
    }
    Vec::new()
}

fn changed(model: &mut Model, revision: u64) -> Vec<Effect> {
    if revision <= model.revision {
        return Vec::new();
    }
    model.revision = revision;
    screens::refresh(model)
}

fn too_small(model: &Model) -> bool {
    !model.plain && (model.size.0 < SMALLEST.0 || model.size.1 < SMALLEST.1)
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.is_release() {
        return Vec::new();
    }
    if too_small(model) {
        let ctrl_c =
            key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        return if ctrl_c {
            vec![Effect::Quit]
        } else {
            Vec::new()
        };
    }
    if model.notice.take().is_some() {
        model.dirty = true;
    }
    if model.filter.open {
        return on_filter_key(model, key);
    }
    let place = model
        .dialog
        .as_ref()
        .map_or_else(|| screens::place(model), dialogs::place);
    let typing = field(model).is_some();
    if let Some(command) = model.keymap.command(place, typing, key) {
        return self::command(model, command);
    }
    let digit = match key.code {
        KeyCode::Char(letter) if letter.is_ascii_digit() => Some(letter),
        _ => None,
    };
    if let (Some(digit), Screen::FreeRooms, None, false) =
        (digit, model.screen, &model.dialog, typing)
    {
        model.dirty = true;
        return free_rooms::digit(model, digit);
    }
    if let (KeyCode::Char(letter), Some(Dialog::Menu(_))) = (key.code, &model.dialog) {
        model.dirty = true;
        return dialogs::menu::letter(model, letter).unwrap_or_default();
    }
    match edit(key) {
        Some(request) if typing => apply(model, request),
        _ => Vec::new(),
    }
}

/// The text field with the focus, of the dialog or of the screen.
fn field(model: &mut Model) -> Option<&mut Input> {
    if model.dialog.is_some() {
        return model.dialog.as_mut().and_then(dialogs::field);
    }
    screens::field(model)
}

fn apply(model: &mut Model, request: InputRequest) -> Vec<Effect> {
    /// No field of the API takes more.
    const LONGEST: usize = 500;
    let Some(input) = field(model) else {
        return Vec::new();
    };
    if matches!(request, InputRequest::InsertChar(_)) && input.value().chars().count() >= LONGEST {
        return Vec::new();
    }
    let changed = input.handle(request).is_some_and(|change| change.value);
    model.dirty = true;
    match &mut model.dialog {
        Some(Dialog::Palette(palette)) => {
            palette.at = 0;
            Vec::new()
        }
        None if changed => screens::typed(model),
        _ => Vec::new(),
    }
}

fn edit(key: KeyEvent) -> Option<InputRequest> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char(letter) if !ctrl && !key.modifiers.contains(KeyModifiers::ALT) => {
            InputRequest::InsertChar(letter)
        }
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// While the filter is typed: Enter keeps it, Esc clears it, arrows go through what is left.
fn on_filter_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.dirty = true;
    match key.code {
        KeyCode::Enter => model.filter.open = false,
        KeyCode::Esc => model.filter = super::model::Filter::default(),
        KeyCode::Up => return screens::on(model, Command::Up),
        KeyCode::Down => return screens::on(model, Command::Down),
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            return command(model, Command::Quit);
        }
        _ => {
            if let Some(request) = edit(key) {
                model.filter.input.handle(request);
            }
        }
    }
    board::clamp(model);
    Vec::new()
}

fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.filter.open || too_small(model) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    // A line break would be Enter: what is pasted never presses a key.
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        effects = apply(model, InputRequest::InsertChar(letter));
    }
    effects
}

fn on_mouse(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    let step = match mouse.kind {
        MouseEventKind::ScrollUp => Command::Up,
        MouseEventKind::ScrollDown => Command::Down,
        MouseEventKind::Down(MouseButton::Left) => return on_click(model, mouse),
        _ => return Vec::new(),
    };
    if too_small(model) {
        return Vec::new();
    }
    if model.dialog.is_some() {
        dialogs::on(model, step)
    } else {
        screens::on(model, step)
    }
}

fn on_click(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    let Some(target) = view::target_at(model, mouse.column, mouse.row) else {
        return Vec::new();
    };
    model.dirty = true;
    if let Target::Command(command) = target {
        return self::command(model, command);
    }
    let again = if model.dialog.is_some() {
        dialogs::click(model, target)
    } else {
        screens::click(model, target)
    };
    if again {
        self::command(model, Command::Enter)
    } else {
        Vec::new()
    }
}

/// Does a command, wherever it came from: a key, the palette, a click.
pub(crate) fn command(model: &mut Model, command: Command) -> Vec<Effect> {
    if model.dialog.is_some() {
        return dialogs::on(model, command);
    }
    let leaves = matches!(
        command,
        Command::Back | Command::Board | Command::Book | Command::Day | Command::FreeRooms
    );
    if model.screen == Screen::Connection && leaves {
        connection::left(model);
    }
    match command {
        Command::FreeRooms => free_rooms::open(model),
        Command::Book => match client::shown(model).cloned() {
            Some(client) => book::open_for(model, client),
            None => book::open(model),
        },
        Command::WalkIn => book::open_walk_in(model),
        Command::Day => screens::open(model, Screen::Day),
        Command::Board => screens::open(model, Screen::Board),
        Command::Client => client::open(model),
        Command::Turnovers => screens::open(model, Screen::Turnover),
        Command::Stock => screens::open(model, Screen::Stock),
        Command::Alerts => screens::open(model, Screen::Alerts),
        Command::Connection => screens::open(model, Screen::Connection),
        Command::SwitchPerson => connection::switch_person(model),
        Command::Undo => model.write_preview(),
        Command::Help => dialogs::open(model, Dialog::Help(0)),
        Command::Palette => dialogs::palette::open(model),
        Command::Back => back(model),
        Command::Filter => {
            model.filter.open = true;
            model.dirty = true;
            Vec::new()
        }
        Command::ToggleMouse
        | Command::NextTheme
        | Command::Copy
        | Command::Repaint
        | Command::Suspend
        | Command::Quit => terminal(model, command),
        _ => screens::on(model, command),
    }
}

/// Commands about the terminal itself.
fn terminal(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::ToggleMouse => {
            model.mouse = !model.mouse;
            model.say(if model.mouse {
                "Mouse on."
            } else {
                "Mouse off: the terminal selects text."
            });
            vec![Effect::Mouse(model.mouse)]
        }
        Command::NextTheme => {
            model.theme = model.theme.next();
            model.say(format!("Theme: {}.", model.theme.name()));
            Vec::new()
        }
        Command::Copy => copy(model),
        Command::Suspend => vec![Effect::Suspend],
        Command::Quit => quit(model),
        _ => vec![Effect::Repaint],
    }
}

/// Esc: the filter goes first, then the screen.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.filter.is_set() {
        model.filter = super::model::Filter::default();
        model.dirty = true;
        return Vec::new();
    }
    match model.screen {
        Screen::Board => board::on(model, Command::Back),
        _ => screens::open(model, Screen::Board),
    }
}

/// Leaving asks only when a draft would be lost.
fn quit(model: &mut Model) -> Vec<Effect> {
    let Some(hold) = &model.book.hold else {
        return vec![Effect::Quit];
    };
    let who = model
        .book
        .client
        .as_ref()
        .map_or("a client not named yet", |client| client.name.as_str());
    let zone = model.zone(&hold.site_id);
    let start = hold
        .start
        .as_ref()
        .map(|start| time::day_and_clock(time::instant(start), &zone))
        .unwrap_or_default();
    let lines = vec![format!(
        "A place is held for {who}, {start}, and not booked yet."
    )];
    dialogs::ask::open(
        model,
        Ask {
            title: "Leave the console".to_owned(),
            lines,
            yes: Yes::Quit,
        },
    )
}

/// Copies the line of the focus.
fn copy(model: &mut Model) -> Vec<Effect> {
    let text = match model.screen {
        Screen::Day => day::focus_appointment(model).map(|visit| super::visit::words(model, visit)),
        _ => view::focus_line(model),
    };
    match text {
        Some(text) if !text.is_empty() => {
            model.say(format!("Copied: {text}"));
            vec![Effect::Copy(text)]
        }
        _ => {
            model.warn("There is nothing in focus to copy.");
            Vec::new()
        }
    }
}

impl Model {
    /// Undo asks first, and says what it would take back: the server is asked without changing anything.
    fn write_preview(&mut self) -> Vec<Effect> {
        let call = v1::UndoLastOperationRequest {
            write: Some(v1::WriteOptions {
                validate_only: true,
                ..v1::WriteOptions::default()
            }),
        };
        self.write(Purpose::UndoPreview, call)
    }
}
