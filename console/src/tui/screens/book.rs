//! Book: who, what, when, the screening questions, and the confirmation, on one screen.
//!
//! The draft is kept until it is booked or thrown away: through Esc, a lost link and a restart of the server. A place is
//! held from the moment it is chosen, before the client has to be known.

mod draft;
mod flow;
mod outcome;
mod screening;
mod view;

use jiff::Timestamp;
use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    dialogs::{
        self,
        ask::{Ask, Yes},
    },
    event::{Effect, Purpose},
    keys::{Command, Place},
    model::Model,
    pen::Target,
    screens::{self, Screen, step},
    time,
};

pub(crate) use draft::{Draft, Stop, list};
pub(crate) use flow::{client_made, found, held, hold_ends, proposed, released};
pub(crate) use outcome::{booked, explain, explained, refused};
pub(crate) use screening::{declared, screened};
pub(crate) use view::{draw, proposal_words};

/// Says what is being booked.
pub(crate) fn trail(model: &Model) -> String {
    if model.book.walk_in {
        "walk-in".to_owned()
    } else {
        String::new()
    }
}

/// Where the keys go.
pub(crate) fn place(model: &Model) -> Place {
    if model.book.stop == Stop::Questions {
        Place::Questions
    } else {
        Place::Book
    }
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.book.stop {
        Stop::Who => Some(&mut model.book.finder.input),
        Stop::From => Some(&mut model.book.from),
        Stop::Questions => model.book.questions.field(),
        _ => None,
    }
}

/// The text in the field with the focus has changed.
pub(crate) fn typed(model: &mut Model) -> Vec<Effect> {
    match model.book.stop {
        Stop::Who => {
            let request = model.book.finder.search();
            screens::finder::ask(model, Purpose::BookFind, request)
        }
        Stop::From => flow::search(model),
        _ => Vec::new(),
    }
}

/// Opens the screen with the draft as it was left.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    screens::open(model, Screen::Book)
}

/// Opens the screen for a walk-in: the first free place is held as soon as the service is chosen.
pub(crate) fn open_walk_in(model: &mut Model) -> Vec<Effect> {
    let draft = &mut model.book;
    draft.walk_in = true;
    draft.from = Input::default();
    if draft.stop == Stop::Who && draft.client.is_none() {
        draft.stop = Stop::What;
    }
    screens::open(model, Screen::Book)
}

/// Opens the screen for a room, at a time if one is given.
pub(crate) fn open_in_room(
    model: &mut Model,
    room_id: String,
    at: Option<Timestamp>,
) -> Vec<Effect> {
    let room = model.catalog.rooms.iter().find(|room| room.id == room_id);
    let live = model.live_room(&room_id).map(|room| room.site_id.clone());
    model.book.site = room.map(|room| room.site_id.clone()).or(live);
    model.book.room = Some(room_id);
    model.book.therapist = None;
    begin_at(model, at)
}

/// Opens the screen for a therapist at a time.
pub(crate) fn open_with_therapist(
    model: &mut Model,
    therapist_id: String,
    at: Timestamp,
) -> Vec<Effect> {
    model.book.therapist = Some(therapist_id);
    model.book.room = None;
    begin_at(model, Some(at))
}

/// Opens the screen for a client.
pub(crate) fn open_for(model: &mut Model, client: v1::Client) -> Vec<Effect> {
    let mut effects = screens::open(model, Screen::Book);
    effects.extend(flow::choose_client(model, client));
    effects
}

fn begin_at(model: &mut Model, at: Option<Timestamp>) -> Vec<Effect> {
    if let Some(at) = at {
        let zone = model
            .book
            .site
            .as_ref()
            .map_or_else(|| model.home_zone(), |site| model.zone(site));
        let local = zone.to_datetime(at);
        model.book.from = Input::new(format!(
            "{} {:02}:{:02}",
            local.date(),
            local.hour(),
            local.minute()
        ));
    }
    model.book.walk_in = false;
    let mut effects = flow::let_go(model);
    effects.extend(screens::open(model, Screen::Book));
    effects
}

/// Asks for what can change while the screen is shown: the places, as long as none is held.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    if model.book.hold.is_some() || model.book.service.is_none() {
        return Vec::new();
    }
    flow::search(model)
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    match command {
        Command::NextPane | Command::PreviousPane => {
            model.book.stop = model.book.stop.beside(command == Command::NextPane);
            return Vec::new();
        }
        Command::Why => {
            let suggested = model.book.from.value().to_owned();
            return dialogs::form::open_why(model, &suggested);
        }
        Command::NewDraft => return ask_discard(model),
        Command::SaveAnswers => return screening::declare(model),
        _ => {}
    }
    match model.book.stop {
        Stop::Who => on_who(model, command),
        Stop::What => on_what(model, command),
        Stop::From => on_from(model, command),
        Stop::Site | Stop::Therapist => on_choice(model, command),
        Stop::Places => on_places(model, command),
        Stop::Questions => on_questions(model, command),
        Stop::Confirm if command == Command::Enter => outcome::confirm(model),
        Stop::Confirm if command == Command::Up => {
            model.book.stop = Stop::Questions;
            Vec::new()
        }
        Stop::Confirm => Vec::new(),
    }
}

fn on_who(model: &mut Model, command: Command) -> Vec<Effect> {
    let waits = model.calls.is_under_way(Purpose::BookFind);
    let finder = &mut model.book.finder;
    if command == Command::Enter && waits {
        finder.eager = true;
        return Vec::new();
    }
    if command != Command::Enter {
        finder.step(command);
        return Vec::new();
    }
    if finder.input.value().trim().is_empty() && model.book.client.is_some() {
        model.book.stop = Stop::What;
        return Vec::new();
    }
    if let Some(client) = finder.chosen().cloned() {
        return flow::choose_client(model, client);
    }
    let known = finder.input.value().trim().to_owned();
    dialogs::form::open_client(model, None, &known)
}

/// A row of the What part.
enum What<'a> {
    Service(&'a v1::Service),
    Extension(&'a v1::Extension),
}

/// The services, with the extensions of the chosen one below it.
fn what_rows(model: &Model) -> Vec<What<'_>> {
    let mut rows = Vec::new();
    for service in model
        .catalog
        .services
        .iter()
        .filter(|service| !service.retired)
    {
        rows.push(What::Service(service));
        if model.book.service.as_ref() == Some(&service.id) {
            rows.extend(service.extensions.iter().map(What::Extension));
        }
    }
    rows
}

fn on_what(model: &mut Model, command: Command) -> Vec<Effect> {
    let rows = what_rows(model);
    let count = rows.len();
    let at = model.book.what_at.min(count.saturating_sub(1));
    match (command, rows.get(at)) {
        (Command::Enter, Some(What::Service(service))) => {
            let id = service.id.clone();
            flow::choose_service(model, id)
        }
        (Command::Enter | Command::Tick, Some(What::Extension(extension))) => {
            let id = extension.id.clone();
            flow::toggle_extension(model, id)
        }
        _ => {
            model.book.what_at = at;
            step(&mut model.book.what_at, count, command);
            Vec::new()
        }
    }
}

fn on_from(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Enter | Command::Down => model.book.stop = Stop::Places,
        Command::Up => model.book.stop = Stop::What,
        _ => {}
    }
    Vec::new()
}

/// Left and Right go through "any" and what there is.
fn on_choice(model: &mut Model, command: Command) -> Vec<Effect> {
    let forward = match command {
        Command::Left => false,
        Command::Right | Command::Tick => true,
        Command::Down | Command::Enter => {
            model.book.stop = Stop::Places;
            return Vec::new();
        }
        Command::Up => {
            model.book.stop = Stop::What;
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    if model.book.stop == Stop::Site {
        let ids = model.site_ids();
        model.book.site = turn(model.book.site.as_ref(), &ids, forward);
        model.book.room = None;
    } else {
        let ids: Vec<String> = flow::therapists(model)
            .map(|therapist| therapist.id.clone())
            .collect();
        model.book.therapist = turn(model.book.therapist.as_ref(), &ids, forward);
    }
    let mut effects = flow::let_go(model);
    effects.extend(flow::search(model));
    effects
}

fn turn(now: Option<&String>, all: &[String], forward: bool) -> Option<String> {
    let len = all.len() + 1;
    let at = now
        .and_then(|now| all.iter().position(|id| id == now))
        .map_or(0, |at| at + 1);
    let next = if forward { at + 1 } else { at + len - 1 } % len;
    next.checked_sub(1).and_then(|next| all.get(next)).cloned()
}

fn on_places(model: &mut Model, command: Command) -> Vec<Effect> {
    let count = model
        .book
        .places
        .as_ref()
        .map_or(0, |places| places.proposals.len());
    match command {
        Command::Enter => flow::hold_focused(model),
        Command::Up if model.book.place_at == 0 => {
            model.book.stop = Stop::From;
            Vec::new()
        }
        _ => {
            step(&mut model.book.place_at, count, command);
            Vec::new()
        }
    }
}

fn on_questions(model: &mut Model, command: Command) -> Vec<Effect> {
    let questions = &mut model.book.questions;
    if command != Command::Enter {
        questions.on(command);
        return Vec::new();
    }
    if questions.at + 1 < questions.rows.len() {
        questions.at += 1;
        return Vec::new();
    }
    if questions.has_answers() {
        return screening::declare(model);
    }
    model.book.stop = Stop::Confirm;
    Vec::new()
}

/// What stands against booking, in words; empty when Enter will book.
pub(crate) fn blocked(model: &Model) -> Vec<String> {
    outcome::blocked(model)
}

/// The draft is worth a question before it goes.
fn is_begun(draft: &Draft) -> bool {
    draft.client.is_some()
        || draft.service.is_some()
        || draft.hold.is_some()
        || !draft.finder.input.value().is_empty()
}

fn ask_discard(model: &mut Model) -> Vec<Effect> {
    if !is_begun(&model.book) {
        return discard(model);
    }
    let who = model
        .book
        .client
        .as_ref()
        .map_or("a client not named yet", |client| client.name.as_str());
    let when = model
        .book
        .hold
        .as_ref()
        .and_then(|hold| hold.start.as_ref());
    let zone = model
        .book
        .hold
        .as_ref()
        .map_or_else(|| model.home_zone(), |hold| model.zone(&hold.site_id));
    let when = when.map_or_else(
        || "no time chosen".to_owned(),
        |start| time::day_and_clock(time::instant(start), &zone),
    );
    let lines = vec![
        format!("The draft for {who}, {when}."),
        "Its hold is given back.".to_owned(),
    ];
    dialogs::ask::open(
        model,
        Ask {
            title: "Throw the draft away".to_owned(),
            lines,
            yes: Yes::NewDraft,
        },
    )
}

/// Throws the draft away and gives its hold back.
pub(crate) fn discard(model: &mut Model) -> Vec<Effect> {
    let effects = flow::let_go(model);
    model.book = Draft::default();
    model.dirty = true;
    effects
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(which, row) = target else {
        return false;
    };
    let draft = &mut model.book;
    let (stop, at) = match which {
        list::STOPS => {
            if let Some(stop) = Stop::ALL.get(row) {
                draft.stop = *stop;
            }
            return false;
        }
        list::WHO => (Stop::Who, &mut draft.finder.at),
        list::WHAT => (Stop::What, &mut draft.what_at),
        list::PLACES => (Stop::Places, &mut draft.place_at),
        _ => (Stop::Questions, &mut draft.questions.at),
    };
    let same = draft.stop == stop && *at == row;
    *at = row;
    draft.stop = stop;
    same
}
