//! What a draft asks of the server, and what becomes of it with each answer.

use treadwell_api::v1;

use super::{
    Draft, Stop, outcome, places_shown,
    screening::{screen, set_screening},
};
use crate::{
    tui::{
        event::{Effect, Purpose},
        failure::Failure,
        model::Model,
        screens::{self, Screen},
        time,
    },
    when,
};

/// Proposals that are asked for.
const MOST_PLACES: i32 = 40;

/// Therapists who could do the chosen service; all before one is chosen.
pub(super) fn therapists(model: &Model) -> impl Iterator<Item = &v1::Therapist> {
    let needed = model
        .book
        .service
        .as_ref()
        .and_then(|id| model.service(id))
        .map_or(&[][..], |service| &service.credential_ids);
    model.therapists.iter().filter(move |therapist| {
        let holds = |id: &String| {
            therapist
                .credentials
                .iter()
                .any(|credential| credential.id == *id)
        };
        !therapist.retired && needed.iter().all(holds)
    })
}

/// A client is chosen: what was judged for another one is void.
pub(super) fn choose_client(model: &mut Model, client: v1::Client) -> Vec<Effect> {
    let other = model
        .book
        .client
        .as_ref()
        .is_some_and(|before| before.id != client.id);
    let draft = &mut model.book;
    draft.finder.clear();
    draft.similar = 0;
    (draft.screening, draft.screened) = (None, None);
    draft.questions.recorded();
    draft.client = Some(client);
    draft.stop = next_stop(draft);
    model.dirty = true;
    let mut effects = if other { let_go(model) } else { Vec::new() };
    effects.extend(screen(model));
    if model.book.hold.is_none() && model.book.service.is_some() {
        effects.extend(search(model));
    }
    effects
}

/// A service is chosen.
pub(super) fn choose_service(model: &mut Model, id: String) -> Vec<Effect> {
    if model.book.service.as_ref() != Some(&id) {
        model.book.extensions.clear();
        model.book.service = Some(id);
        let fits = |chosen: &String| therapists(model).any(|therapist| therapist.id == *chosen);
        if !model.book.therapist.as_ref().is_none_or(fits) {
            model.book.therapist = None;
        }
    }
    model.book.stop = Stop::Places;
    changed_service(model)
}

/// An extension is added, or taken back.
pub(super) fn toggle_extension(model: &mut Model, id: String) -> Vec<Effect> {
    let chosen = &mut model.book.extensions;
    if chosen.contains(&id) {
        chosen.retain(|other| *other != id);
    } else {
        chosen.push(id);
    }
    changed_service(model)
}

fn changed_service(model: &mut Model) -> Vec<Effect> {
    let mut effects = let_go(model);
    model.book.places = None;
    (model.book.screening, model.book.screened) = (None, None);
    effects.extend(search(model));
    effects.extend(screen(model));
    effects
}

/// Where to go on: the first thing that is still missing.
pub(super) fn next_stop(draft: &Draft) -> Stop {
    if draft.service.is_none() {
        Stop::What
    } else if draft.hold.is_none() {
        Stop::Places
    } else if draft.client.is_none() {
        Stop::Who
    } else if draft.questions.rows.is_empty() {
        Stop::Confirm
    } else {
        Stop::Questions
    }
}

/// Asks what can be booked. While a hold is being given back it would stand in the way of what is found: then after that.
pub(super) fn search(model: &mut Model) -> Vec<Effect> {
    let Some(service_id) = model.book.service.clone() else {
        return Vec::new();
    };
    if model.calls.is_under_way(Purpose::Release) {
        return Vec::new();
    }
    let zone = model
        .book
        .site
        .as_ref()
        .map_or_else(|| model.home_zone(), |site| model.zone(site));
    let now = time::zoned(model.now(), &zone);
    let typed = model.book.from.value().trim().to_owned();
    let text = if typed.is_empty() {
        "now"
    } else {
        typed.as_str()
    };
    let from = match when::from(text, &now) {
        Ok(from) => from,
        Err(problem) => {
            model.book.from_problem = Some(problem.to_string());
            return Vec::new();
        }
    };
    let draft = &mut model.book;
    draft.from_problem = None;
    let call = v1::SearchAvailabilityRequest {
        site_ids: draft.site.iter().cloned().collect(),
        service_id,
        extension_ids: draft.extensions.clone(),
        from: (text != "now").then(|| time::wire(from)),
        client_id: draft
            .client
            .as_ref()
            .map(|client| client.id.clone())
            .unwrap_or_default(),
        therapist_id: draft.therapist.clone().unwrap_or_default(),
        room_id: draft.room.clone().unwrap_or_default(),
        grid_minutes: if draft.walk_in {
            time::WALK_IN_GRID_MINUTES
        } else {
            0
        },
        limit: MOST_PLACES,
        ..v1::SearchAvailabilityRequest::default()
    };
    model.ask(Purpose::Proposals, call)
}

/// Proposals have arrived.
pub(crate) fn proposed(model: &mut Model, places: v1::SearchAvailabilityResponse) -> Vec<Effect> {
    let first = places.proposals.first().cloned();
    model.book.behind = model.calls.is_under_way(Purpose::Proposals);
    if model.book.stop == Stop::Places {
        screens::relist(model, Screen::Book, |model| {
            model.book.places = Some(places);
        });
    } else {
        model.book.places = Some(places);
        model.book.place_at = 0;
    }
    let draft = &model.book;
    let chosen = draft.wanted.is_some() || draft.instead.is_some();
    let takes = draft.walk_in && draft.hold.is_none() && !chosen && !draft.behind;
    match first {
        Some(first) if takes => hold(model, first),
        _ => Vec::new(),
    }
}

/// Enter on a proposal: hold it; when it is held already, go on.
pub(super) fn hold_focused(model: &mut Model) -> Vec<Effect> {
    if model.book.behind {
        model.warn("The places for what you typed are still asked for; press again.");
        return if model.calls.is_under_way(Purpose::Proposals) {
            Vec::new()
        } else {
            search(model)
        };
    }
    let place = places_shown(model)
        .get(model.book.place_at)
        .map(|place| (*place).clone());
    let Some(place) = place else {
        return Vec::new();
    };
    let held = model.book.hold.as_ref();
    if held.is_some_and(|hold| is_at(hold, &place)) {
        model.book.stop = next_stop(&model.book);
        return Vec::new();
    }
    hold(model, place)
}

fn is_at(hold: &v1::Hold, place: &v1::Proposal) -> bool {
    hold.start == place.start
        && hold.room_id == place.room_id
        && hold.therapist_id == place.therapist_id
}

/// Whether a hold is what the draft wants by now.
fn fits(draft: &Draft, hold: &v1::Hold) -> bool {
    let client = draft.client.as_ref();
    draft
        .wanted
        .as_ref()
        .is_some_and(|place| is_at(hold, place))
        && draft.service.as_ref() == Some(&hold.service_id)
        && draft.extensions == hold.extension_ids
        && (hold.client_id.is_empty() || client.is_some_and(|client| client.id == hold.client_id))
}

/// Holds a place. One that is held already is given back first: it may be in the way of the new one.
fn hold(model: &mut Model, place: v1::Proposal) -> Vec<Effect> {
    let Some(service_id) = model.book.service.clone() else {
        return Vec::new();
    };
    if outcome::is_open(model) {
        outcome::say_open(model);
        return Vec::new();
    }
    (model.book.wanted, model.book.instead) = (Some(place.clone()), None);
    if model.book.hold.is_some() {
        return release(model);
    }
    if model.calls.is_under_way(Purpose::Hold) || model.calls.is_under_way(Purpose::Release) {
        // Its answer will not fit any more; this place is next.
        return Vec::new();
    }
    let call = v1::CreateHoldRequest {
        write: None,
        hold: Some(v1::Hold {
            client_id: model
                .book
                .client
                .as_ref()
                .map(|client| client.id.clone())
                .unwrap_or_default(),
            service_id,
            extension_ids: model.book.extensions.clone(),
            site_id: place.site_id,
            room_id: place.room_id,
            therapist_id: place.therapist_id,
            start: place.start,
            ..v1::Hold::default()
        }),
    };
    let effects = model.write(Purpose::Hold, call);
    if effects.is_empty() {
        model.book.wanted = None;
    }
    effects
}

/// Gives the hold back, if there is one, because the draft no longer fits it.
pub(super) fn let_go(model: &mut Model) -> Vec<Effect> {
    (model.book.wanted, model.book.instead) = (None, None);
    model.book.lapsed = false;
    if model.book.hold.is_none() {
        Vec::new()
    } else {
        release(model)
    }
}

fn release(model: &mut Model) -> Vec<Effect> {
    let hold = model.book.hold.take();
    hold.map(|hold| give_back(model, hold.id))
        .unwrap_or_default()
}

fn give_back(model: &mut Model, hold_id: String) -> Vec<Effect> {
    if !model.link.is_live() {
        // It lapses by itself in a few minutes.
        return Vec::new();
    }
    let call = v1::ReleaseHoldRequest {
        write: None,
        hold_id,
    };
    model.ask(Purpose::Release, call)
}

/// The old hold is given back; the wanted place is next, or what can be booked without it.
pub(crate) fn released(model: &mut Model) -> Vec<Effect> {
    if model.book.instead.is_some() {
        return outcome::send_instead(model);
    }
    match model.book.wanted.clone() {
        _ if model.book.hold.is_some() => Vec::new(),
        Some(place) => hold(model, place),
        None => search(model),
    }
}

/// The place that was asked for is held, or not. The draft may have changed meanwhile: then the hold is given back.
pub(crate) fn held(
    model: &mut Model,
    asked: &v1::CreateHoldRequest,
    answer: Result<v1::CreateHoldResponse, Failure>,
) -> Vec<Effect> {
    let asked = asked.hold.clone().unwrap_or_default();
    let wanted = fits(&model.book, &asked);
    match answer {
        Ok(answer) if wanted => {
            model.book.wanted = None;
            model.book.hold = answer.hold;
            model.book.lapsed = false;
            if answer.screening.is_some() {
                set_screening(model, answer.screening);
            }
            model.book.stop = next_stop(&model.book);
            screen(model)
        }
        Ok(answer) => {
            if !model.link.is_live() {
                // It lapses by itself; what waits for it to be given back does so no longer.
                model.book.wanted = None;
                return outcome::send_instead(model);
            }
            let id = answer.hold.map(|hold| hold.id).unwrap_or_default();
            give_back(model, id)
        }
        Err(failure) if wanted => {
            model.book.wanted = None;
            model.book.walk_in = false;
            model.say_failed(&failure);
            search(model)
        }
        Err(_) => released(model),
    }
}

/// The hold has lapsed. While a booking is open it may be used up instead: its answer will tell.
pub(crate) fn hold_ends(model: &mut Model) {
    if !outcome::is_open(model) && model.book.hold.take().is_some() {
        model.book.lapsed = true;
        model.book.walk_in = false;
        model.warn("The hold has lapsed. Choose the place again on Book.");
    }
}

/// A new client was added, from here or from the Client screen.
pub(crate) fn client_made(model: &mut Model, answer: v1::CreateClientResponse) -> Vec<Effect> {
    let Some(client) = answer.client else {
        return Vec::new();
    };
    let similar = answer.similar_client_ids.len();
    model.say(format!("{} added.", client.name));
    if model.screen == Screen::Client {
        if similar > 0 {
            model.warn(format!("{} added, but perhaps here already: {similar} with the same phone, or name and birth date.", client.name));
        }
        return screens::client::show(model, client.id);
    }
    let name = client.name.clone();
    let known = if client.phone.is_empty() {
        client.name.clone()
    } else {
        client.phone.clone()
    };
    let mut effects = choose_client(model, client);
    if similar > 0 {
        // Those who are perhaps the same person are listed, to be chosen instead.
        model.book.similar = similar;
        model.book.stop = Stop::Who;
        model.book.finder.input = known.into();
        effects.extend(screens::finder::ask(model, Purpose::BookFind));
        model.warn(format!("{name} added, but perhaps here already: choose one of these, or Tab goes on with the new one."));
    }
    effects
}
