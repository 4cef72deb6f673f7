//! `update`: the only place where the model changes. An event goes in, effects come out; nothing waits.

mod answer;
mod input;
pub(crate) use input::{apply, request};
#[cfg(test)]
mod tests;

use std::time::Duration;

use treadwell_api::v1;

use super::{
    ahead,
    call::Call,
    dialogs::{
        self, Dialog,
        ask::{Ask, Yes},
    },
    event::{Effect, Event, LinkChange, Purpose},
    keys::Command,
    locked,
    model::{Filter, Link, Model},
    screens::{self, Screen, board, book, client, connection, day, free_rooms, repair},
    time, view,
};

/// Takes note of an event, and then of the keys that have waited for it.
pub(crate) fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    if let Event::Key(key) = &event
        && model.lock.is_none()
        && !key.is_release()
        && ahead::queued(model, *key)
    {
        return Vec::new();
    }
    let mut effects = take(model, event);
    while let Some(key) = ahead::next(model) {
        effects.extend(take(model, Event::Key(key)));
    }
    effects
}

fn take(model: &mut Model, event: Event) -> Vec<Effect> {
    if matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Paste(_)) {
        model.heard = model.clock.elapsed;
    }
    let had_dialog = model.dialog.is_some();
    let list = screens::list(model);
    let mut effects = match event {
        Event::Key(key) => input::on_key(model, key),
        Event::Mouse(mouse) => input::on_mouse(model, mouse),
        Event::Paste(text) => input::on_paste(model, &text),
        Event::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.dirty = true;
            Vec::new()
        }
        Event::Tick(elapsed) => tick(model, elapsed),
        Event::Link(change) => link(model, change),
        Event::Changed(revision) => changed(model, revision),
        Event::ReferenceChanged => reference_data(model),
        Event::Exported(purpose, done) => {
            dialogs::export::done(model, purpose, done);
            Vec::new()
        }
        Event::WentOn(done) => {
            match done {
                Ok(said) => model.say(said),
                Err(failure) => model.say_failed(&failure),
            }
            Vec::new()
        }
        Event::RulesRead(read) => dialogs::rules::read(model, read),
        Event::Came(came) => locked::came(model, came),
        Event::Answer(ticket, answer) => answer::answer(model, ticket, answer),
    };
    if screens::list(model) != list {
        // A filter belongs to the list that it was typed for.
        model.filter = Filter::default();
    }
    let opened = !had_dialog && model.dialog.as_ref().is_some_and(dialogs::acts);
    if opened {
        model.ahead.forget();
    }
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
    locked::tick(model);
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
    let Some(now) = model.clock.now() else {
        return locked::locks_at(model);
    };
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
    [Some(minute), age, hold, locked::locks_at(model)]
        .into_iter()
        .flatten()
        .min()
}

/// The link has changed. When it is back everything shown is read again; when the server refuses it nothing is shown any more.
pub(crate) fn link(model: &mut Model, change: LinkChange) -> Vec<Effect> {
    let elapsed = model.clock.elapsed;
    let before = (model.link.label(elapsed), model.link.is_live());
    let heard = model.link.heard();
    let goes_on = change == LinkChange::SessionOver;
    model.link = match (change, heard) {
        (LinkChange::Live, _) => Link::Live(elapsed),
        (LinkChange::Lost(problem), Some(heard)) => Link::Stale(heard, problem),
        (LinkChange::Lost(problem), None) => Link::Connecting(Some(problem)),
        (LinkChange::Connecting(problem), _) => Link::Connecting(problem),
        (LinkChange::Refused(problem), _) => Link::Refused(problem),
        (LinkChange::SessionOver, _) => Link::Refused("the session is over.".to_owned()),
    };
    if before.0 != model.link.label(elapsed) {
        model.dirty = true;
    }
    if model.link.is_live() && !before.1 {
        let mut effects = first_calls(model);
        effects.extend(book::ask_again(model));
        return effects;
    }
    if !model.link.is_refused() {
        return Vec::new();
    }
    if heard.is_some() || model.me.is_some() {
        return locked::shut_out(model, goes_on);
    }
    // Nobody was let in, and nothing is shown.
    let refused = locked::sentence(&model.link.words(elapsed));
    let switch = model.keymap.key_of(Command::SwitchPerson);
    model.warn(format!("{refused} Press {switch} and paste another one."));
    Vec::new()
}

/// The clinic has changed. What is shown may be older than the newest answer: it is asked for again unless it reflects
/// the change itself.
fn changed(model: &mut Model, revision: u64) -> Vec<Effect> {
    model.revision = model.revision.max(revision);
    if screens::revision(model) >= revision {
        return Vec::new();
    }
    screens::refresh(model)
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
        Command::Waitlist => screens::open(model, Screen::Waitlist),
        Command::Roster => screens::open(model, Screen::Roster),
        Command::Reports => screens::reports::open(model),
        Command::Repair => repair::open(model),
        Command::Stock => screens::open(model, Screen::Stock),
        Command::Alerts => screens::open(model, Screen::Alerts),
        Command::Staff => screens::open(model, Screen::Staff),
        Command::HygieneLog => dialogs::hygiene::open_log(model),
        Command::Exchange => dialogs::exchange::open(model),
        Command::Rules => dialogs::health::open_rules(model),
        Command::EditRules => dialogs::rules::open_edit(model, None),
        Command::IntakeForm => dialogs::rules::open_save(model, None),
        Command::Connection => screens::open(model, Screen::Connection),
        Command::SwitchPerson => connection::switch_person(model),
        Command::Lock => locked::lock(model),
        Command::Undo => model.write_preview(),
        Command::Help => dialogs::open(model, Dialog::Help(0)),
        Command::Palette => dialogs::palette::open(model),
        Command::Back => back(model),
        Command::Filter => filter(model),
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

fn filter(model: &mut Model) -> Vec<Effect> {
    if screens::list(model).is_some() {
        model.filter.open = true;
        model.dirty = true;
    } else {
        model.warn("Nothing is listed here that could be filtered.");
    }
    Vec::new()
}

/// Esc: the filter goes first, then the screen.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.filter.is_set() {
        screens::refilter(model, |filter| *filter = Filter::default());
        return Vec::new();
    }
    match model.screen {
        Screen::Board => board::on(model, Command::Back),
        _ => screens::open(model, Screen::Board),
    }
}

/// Leaving asks only when a place would be lost.
fn quit(model: &mut Model) -> Vec<Effect> {
    if model.book.hold.is_none() {
        return vec![Effect::Quit];
    }
    let lines = vec![format!(
        "A place is held for {}, and not booked yet.",
        book::draft_words(model)
    )];
    dialogs::ask::open(model, Ask::new("Leave the console", lines, Yes::Quit))
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
        let call = Call::from(v1::UndoLastOperationRequest { write: None });
        let effects = self.write(Purpose::UndoPreview, call.dry());
        if !effects.is_empty() {
            self.pending = Some((Command::Undo, String::new()));
        }
        effects
    }
}
