//! Ways into Book. A booking that is under way, with a place held, gives way only after a question.

use jiff::Timestamp;
use treadwell_api::v1;
use tui_input::Input;

use super::{Draft, Stop, flow};
use crate::tui::{
    dialogs::ask::{self, Ask, Yes},
    event::Effect,
    model::Model,
    screens::{self, Screen, board},
    time,
};

/// What a new booking begins with.
#[derive(Debug, Clone)]
pub(crate) enum Begin {
    /// Nothing: the draft is thrown away.
    Anew,
    /// The first free place here, for somebody who stands at the desk.
    WalkIn,
    /// A client. What was chosen for another one stays, but for the place.
    For(Box<v1::Client>),
    /// A place. Who and what stay.
    At(At),
}

/// Where to look for a place.
#[derive(Debug, Clone, Default)]
pub(crate) struct At {
    site: Option<String>,
    room: Option<String>,
    therapist: Option<String>,
    from: Option<Timestamp>,
}

/// Opens the screen with the draft as it was left.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    screens::open(model, Screen::Book)
}

/// Opens the screen for a walk-in: the first free place is held as soon as the service is chosen.
pub(crate) fn open_walk_in(model: &mut Model) -> Vec<Effect> {
    if model.book.walk_in {
        return open(model);
    }
    ask_if_held(model, Begin::WalkIn)
}

/// Opens the screen for a room, at a time if one is given.
pub(crate) fn open_in_room(
    model: &mut Model,
    room_id: String,
    from: Option<Timestamp>,
) -> Vec<Effect> {
    let room = model.catalog.rooms.iter().find(|room| room.id == room_id);
    let live = model.live_room(&room_id).map(|room| room.site_id.clone());
    let at = At {
        site: room.map(|room| room.site_id.clone()).or(live),
        room: Some(room_id),
        from,
        ..At::default()
    };
    ask_if_held(model, Begin::At(at))
}

/// Opens the screen for a therapist at a site and time.
pub(crate) fn open_with_therapist(
    model: &mut Model,
    therapist_id: String,
    site_id: String,
    from: Timestamp,
) -> Vec<Effect> {
    let at = At {
        site: Some(site_id),
        therapist: Some(therapist_id),
        from: Some(from),
        ..At::default()
    };
    ask_if_held(model, Begin::At(at))
}

/// Opens the screen for a client.
pub(crate) fn open_for(model: &mut Model, client: v1::Client) -> Vec<Effect> {
    let begun = model.book.client.as_ref();
    let other = begun.is_some_and(|begun| begun.id != client.id);
    let what = Begin::For(Box::new(client));
    if other {
        ask_if_held(model, what)
    } else {
        begin(model, what)
    }
}

/// Whether a place is held, or asked for.
fn has_place(model: &Model) -> bool {
    let draft = &model.book;
    draft.hold.is_some() || draft.wanted.is_some() || draft.instead.is_some()
}

/// A place that is held, or asked for, is not given back without a question.
fn ask_if_held(model: &mut Model, what: Begin) -> Vec<Effect> {
    if has_place(model) {
        ask(model, what)
    } else {
        begin(model, what)
    }
}

/// Asks before a draft that is worth it gives way.
pub(super) fn ask(model: &mut Model, what: Begin) -> Vec<Effect> {
    let draft = &model.book;
    let begun = draft.client.is_some()
        || draft.service.is_some()
        || draft.hold.is_some()
        || !draft.finder.input.value().is_empty();
    if !begun {
        return begin(model, what);
    }
    let title = if matches!(what, Begin::Anew) {
        "Throw the draft away"
    } else {
        "Another booking"
    };
    let mut lines = vec![format!("The draft for {}.", draft_words(model))];
    if draft.hold.is_some() {
        lines.push("Its hold is given back.".to_owned());
    }
    ask::open(model, Ask::new(title, lines, Yes::Begin(what)))
}

/// `Anna Lee, Wed 14 Oct 14:30`.
pub(crate) fn draft_words(model: &Model) -> String {
    let draft = &model.book;
    let who = draft
        .client
        .as_ref()
        .map_or("a client not named yet", |client| client.name.as_str());
    let when = draft.hold.as_ref().and_then(|hold| {
        let start = time::instant(hold.start.as_ref()?);
        Some(time::day_and_clock(start, &model.zone(&hold.site_id)))
    });
    format!("{who}, {}", when.as_deref().unwrap_or("no time chosen"))
}

/// Begins; what is in the way of it is thrown away.
pub(crate) fn begin(model: &mut Model, what: Begin) -> Vec<Effect> {
    let mut effects = Vec::new();
    match what {
        Begin::Anew => {
            effects.extend(discard(model));
            return effects;
        }
        Begin::WalkIn => {
            if has_place(model) {
                effects.extend(discard(model));
            }
            walk_in(model);
        }
        Begin::For(client) => {
            effects.extend(screens::open(model, Screen::Book));
            effects.extend(flow::choose_client(model, *client));
            return effects;
        }
        Begin::At(at) => {
            effects.extend(flow::let_go(model));
            go_to(model, at);
        }
    }
    effects.extend(screens::open(model, Screen::Book));
    effects
}

fn walk_in(model: &mut Model) {
    let site = desk_site(model);
    let draft = &mut model.book;
    draft.walk_in = true;
    (draft.from, draft.from_problem) = (Input::default(), None);
    (draft.site, draft.room, draft.therapist) = (site, None, None);
    draft.places = None;
    if draft.stop == Stop::Who && draft.client.is_none() {
        draft.stop = Stop::What;
    }
}

/// Where the desk is, and so whoever walks in: the configured site, otherwise the one that the board is on.
fn desk_site(model: &Model) -> Option<String> {
    let home = model.home_site.clone();
    home.filter(|home| model.site_ids().contains(home))
        .or_else(|| board::focus_site(model))
}

fn go_to(model: &mut Model, at: At) {
    let zone = at
        .site
        .as_ref()
        .map_or_else(|| model.home_zone(), |site| model.zone(site));
    let from = at.from.map(|from| {
        let local = zone.to_datetime(from);
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    });
    let draft = &mut model.book;
    draft.from = Input::new(from.unwrap_or_default());
    draft.from_problem = None;
    (draft.site, draft.room, draft.therapist) = (at.site, at.room, at.therapist);
    draft.walk_in = false;
    draft.places = None;
}

/// Throws the draft away and gives its hold back.
fn discard(model: &mut Model) -> Vec<Effect> {
    let effects = flow::let_go(model);
    model.book = Draft::default();
    model.dirty = true;
    effects
}
