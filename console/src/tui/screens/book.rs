//! Book: who, what, when, the screening questions, and the confirmation, on one screen.
//!
//! The draft is kept until it is booked or thrown away: through Esc, a lost link and a restart of the server. A place is
//! held from the moment it is chosen, before the client has to be known.

mod begin;
mod draft;
mod flow;
mod outcome;
mod screening;
mod view;

use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::{Command, Place},
    model::Model,
    pen::Target,
    screens::{self, find, step},
    search::Sieve,
};

pub(crate) use begin::{
    Begin, begin, draft_words, open, open_for, open_in_room, open_walk_in, open_with_therapist,
};
pub(crate) use draft::{Draft, Stop, list};
pub(crate) use flow::{client_made, held, hold_ends, proposed, released};
pub(crate) use outcome::{
    ask_again, book_instead, booked, explained, explanation, others_found, refusal_lines, refused,
    site_explained,
};
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
        Place::BookQuestions
    } else {
        Place::Book
    }
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.book.stop {
        Stop::Who => Some(&mut model.book.finder.input),
        Stop::From => Some(&mut model.book.from),
        Stop::Repeat => Some(&mut model.book.repeat),
        Stop::Questions => model.book.questions.field(),
        _ => None,
    }
}

/// The text in the field with the focus has changed.
pub(crate) fn typed(model: &mut Model) -> Vec<Effect> {
    match model.book.stop {
        Stop::Who => screens::finder::ask(model, Purpose::BookFind),
        Stop::From => {
            model.book.behind = true;
            flow::search(model)
        }
        _ => Vec::new(),
    }
}

/// A "yes" has the focus whose date is still empty.
pub(crate) fn awaits_date(model: &Model) -> bool {
    model.book.stop == Stop::Questions && model.book.questions.awaits_date()
}

/// The revision that the places reflect; while one is held there is nothing to ask for.
pub(crate) fn revision(model: &Model) -> u64 {
    let places = model.book.places.as_ref();
    places
        .filter(|_| model.book.hold.is_none())
        .map_or(0, |places| places.revision)
}

/// The list in focus, which the filter narrows: services or places.
pub(crate) fn list(model: &Model) -> Option<usize> {
    match model.book.stop {
        Stop::What => Some(list::WHAT),
        Stop::From | Stop::Site | Stop::Therapist | Stop::Places => Some(list::PLACES),
        Stop::Who | Stop::Repeat | Stop::Questions | Stop::Confirm => None,
    }
}

/// What has the focus: a service, an extension or a place.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    match model.book.stop {
        Stop::What => what_rows(model).get(model.book.what_at).map(What::id),
        Stop::Places => places_shown(model)
            .get(model.book.place_at)
            .map(|place| place_id(place)),
        _ => None,
    }
}

fn place_id(place: &v1::Proposal) -> String {
    let start = place.start.as_ref().map_or(0, |start| start.seconds);
    format!("{start} {} {}", place.room_id, place.therapist_id)
}

/// Puts the focus on what has this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let (mut what, mut place) = (model.book.what_at, model.book.place_at);
    let found = if model.book.stop == Stop::What {
        find(&mut what, &what_rows(model), id, What::id)
    } else {
        find(&mut place, &places_shown(model), id, |place| {
            place_id(place)
        })
    };
    (model.book.what_at, model.book.place_at) = (what, place);
    found
}

/// The places as far as the filter lets them through.
fn places_shown(model: &Model) -> Vec<&v1::Proposal> {
    let all = || {
        let places = model.book.places.iter();
        places.flat_map(|places| &places.proposals)
    };
    let sieve = Sieve::new(
        model.filter.input.value(),
        all().map(|place| proposal_words(model, place)),
    );
    all()
        .filter(|place| sieve.passes(&proposal_words(model, place)))
        .collect()
}

/// Asks for what can change while the screen is shown: the places, as long as none is held; and for what has no answer.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = screens::finder::refresh(model, Purpose::BookFind);
    if model.book.hold.is_none() {
        effects.extend(flow::search(model));
    }
    effects.extend(screening::refresh(model));
    effects
}

/// Who fits what is typed is not known yet.
pub(crate) fn awaits_clients(model: &Model) -> bool {
    model.book.stop == Stop::Who
        && model.book.finder.is_behind()
        && model.calls.is_under_way(Purpose::BookFind)
}

/// There are no places to choose from yet, or those of a search before; the newer ones are on the way.
pub(crate) fn awaits_places(model: &Model) -> bool {
    model.book.stop == Stop::Places
        && (model.book.behind || model.book.places.is_none())
        && model.calls.is_under_way(Purpose::Proposals)
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
        Command::NewDraft => return begin::ask(model, Begin::Anew),
        Command::SaveAnswers => return screening::declare(model),
        _ => {}
    }
    match model.book.stop {
        Stop::Who => on_who(model, command),
        Stop::What => on_what(model, command),
        Stop::From => on_from(model, command),
        Stop::Site | Stop::Therapist => on_choice(model, command),
        Stop::Places => on_places(model, command),
        Stop::Repeat => on_repeat(model, command),
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
    if command != Command::Enter {
        model.book.finder.step(command);
        return Vec::new();
    }
    if let Some(effects) = screens::finder::not_searched(model, Purpose::BookFind) {
        return effects;
    }
    let finder = &model.book.finder;
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

impl What<'_> {
    fn id(&self) -> String {
        match self {
            Self::Service(service) => service.id.clone(),
            Self::Extension(extension) => format!("+ {}", extension.id),
        }
    }
}

/// The services as far as the filter lets them through, with the extensions of the chosen one below it.
fn what_rows(model: &Model) -> Vec<What<'_>> {
    let offered = || {
        let all = model.catalog.services.iter();
        all.filter(|service| !service.retired)
    };
    let sieve = Sieve::new(
        model.filter.input.value(),
        offered().map(|service| service.name.clone()),
    );
    let mut rows = Vec::new();
    for service in offered().filter(|service| sieve.passes(&service.name)) {
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
    if model.book.stop == Stop::Site && model.book.room.is_some() {
        // First other rooms of the same site, then other sites.
        model.book.room = None;
    } else if model.book.stop == Stop::Site {
        let ids = model.site_ids();
        model.book.site = turn(model.book.site.as_ref(), &ids, forward);
    } else {
        let ids: Vec<String> = flow::therapists(model)
            .map(|therapist| therapist.id.clone())
            .collect();
        model.book.therapist = turn(model.book.therapist.as_ref(), &ids, forward);
    }
    model.book.places = None;
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
    let count = places_shown(model).len();
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

fn on_repeat(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Enter | Command::Down => model.book.stop = flow::next_stop(&model.book),
        Command::Up => model.book.stop = Stop::Places,
        _ => {}
    }
    Vec::new()
}

fn on_questions(model: &mut Model, command: Command) -> Vec<Effect> {
    let questions = &mut model.book.questions;
    if command != Command::Enter {
        if let Some(news) = questions.on(command) {
            model.warn(news);
        }
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
