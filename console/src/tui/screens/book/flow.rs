//! What a draft asks of the server, and what becomes of it with each answer.

use jiff::Timestamp;
use treadwell_api::v1::{self, ScreeningOutcome};

use super::{Draft, Stop};
use crate::{
    tui::{
        dialogs,
        event::{Effect, Purpose},
        failure::Failure,
        model::Model,
        screens::{self, Screen, questions::BadDate},
        time, visit, words,
    },
    when,
};

/// Proposals that are asked for.
const MOST_PLACES: i32 = 40;

/// Therapists who could do the chosen service; all before one is chosen.
pub(super) fn therapists(model: &Model) -> impl Iterator<Item = &v1::Therapist> {
    let needed = model.book.service.as_ref().and_then(|id| model.service(id)).map_or(&[][..], |service| &service.credential_ids);
    model.therapists.iter().filter(move |therapist| {
        let holds = |id: &String| therapist.credentials.iter().any(|credential| credential.id == *id);
        !therapist.retired && needed.iter().all(holds)
    })
}

/// A client is chosen: what was judged for another one is void.
pub(super) fn choose_client(model: &mut Model, client: v1::Client) -> Vec<Effect> {
    let other = model.book.client.as_ref().is_some_and(|before| before.id != client.id);
    let draft = &mut model.book;
    draft.finder.input.reset();
    draft.finder.found.clear();
    draft.finder.at = 0;
    draft.similar.clear();
    draft.screening = None;
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
    model.book.screening = None;
    effects.extend(search(model));
    effects.extend(screen(model));
    effects
}

/// Where to go on: the first thing that is still missing.
fn next_stop(draft: &Draft) -> Stop {
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

/// Asks what can be booked.
pub(super) fn search(model: &mut Model) -> Vec<Effect> {
    let Some(service_id) = model.book.service.clone() else {
        return Vec::new();
    };
    let zone = model.book.site.as_ref().map_or_else(|| model.home_zone(), |site| model.zone(site));
    let now = time::zoned(model.now(), &zone);
    let typed = model.book.from.value().trim().to_owned();
    let text = if typed.is_empty() { "now" } else { typed.as_str() };
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
        client_id: draft.client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
        therapist_id: draft.therapist.clone().unwrap_or_default(),
        room_id: draft.room.clone().unwrap_or_default(),
        // A walk-in takes the place now, not at the next round quarter.
        grid_minutes: if draft.walk_in { 5 } else { 0 },
        limit: MOST_PLACES,
        ..v1::SearchAvailabilityRequest::default()
    };
    model.ask(Purpose::Proposals, call)
}

/// Proposals have arrived.
pub(crate) fn proposed(model: &mut Model, places: v1::SearchAvailabilityResponse) -> Vec<Effect> {
    let draft = &mut model.book;
    let before = draft.places.as_ref().and_then(|places| places.proposals.get(draft.place_at)).cloned();
    let again = before.and_then(|before| places.proposals.iter().position(|place| same_place(place, &before)));
    draft.place_at = again.unwrap_or(0);
    let first = places.proposals.first().cloned();
    draft.places = Some(places);
    match first {
        Some(first) if draft.walk_in && draft.hold.is_none() && draft.wanted.is_none() => hold(model, first),
        _ => Vec::new(),
    }
}

fn same_place(one: &v1::Proposal, other: &v1::Proposal) -> bool {
    one.start == other.start && one.room_id == other.room_id && one.therapist_id == other.therapist_id
}

/// Enter on a proposal: hold it; when it is held already, go on.
pub(super) fn hold_focused(model: &mut Model) -> Vec<Effect> {
    let place = model.book.places.as_ref().and_then(|places| places.proposals.get(model.book.place_at)).cloned();
    let Some(place) = place else {
        return Vec::new();
    };
    let held = model.book.hold.as_ref();
    if held.is_some_and(|hold| hold.start == place.start && hold.room_id == place.room_id && hold.therapist_id == place.therapist_id) {
        model.book.stop = next_stop(&model.book);
        return Vec::new();
    }
    hold(model, place)
}

/// Holds a place. One that is held already is given back first: it may be in the way of the new one.
fn hold(model: &mut Model, place: v1::Proposal) -> Vec<Effect> {
    let Some(service_id) = model.book.service.clone() else {
        return Vec::new();
    };
    model.book.wanted = Some(place.clone());
    if model.book.hold.is_some() {
        return release(model);
    }
    let call = v1::CreateHoldRequest {
        write: None,
        hold: Some(v1::Hold {
            client_id: model.book.client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
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
    model.book.wanted = None;
    model.book.lapsed = false;
    if model.book.hold.is_none() { Vec::new() } else { release(model) }
}

fn release(model: &mut Model) -> Vec<Effect> {
    let Some(hold) = model.book.hold.take() else {
        return Vec::new();
    };
    if !model.link.is_live() {
        // It lapses by itself in a few minutes.
        return Vec::new();
    }
    let call = v1::ReleaseHoldRequest { write: None, hold_id: hold.id };
    model.ask(Purpose::Release, call)
}

/// The old hold is given back; the wanted place is next.
pub(crate) fn released(model: &mut Model) -> Vec<Effect> {
    match model.book.wanted.clone() {
        Some(place) if model.book.hold.is_none() => hold(model, place),
        _ => Vec::new(),
    }
}

/// A place is held, or not.
pub(crate) fn held(model: &mut Model, answer: Result<v1::CreateHoldResponse, Failure>) -> Vec<Effect> {
    model.book.wanted = None;
    match answer {
        Ok(answer) => {
            model.book.hold = answer.hold;
            model.book.lapsed = false;
            if answer.screening.is_some() {
                set_screening(model, answer.screening);
            }
            model.book.stop = next_stop(&model.book);
            screen(model)
        }
        Err(failure) => {
            model.book.walk_in = false;
            model.say_failed(&failure);
            search(model)
        }
    }
}

/// The hold has lapsed.
pub(crate) fn hold_ends(model: &mut Model) {
    if model.book.hold.take().is_some() {
        model.book.lapsed = true;
        model.book.walk_in = false;
        model.warn("The hold has lapsed. Choose the place again on Book.");
    }
}

/// Asks what screening says of client, service and time.
fn screen(model: &mut Model) -> Vec<Effect> {
    let (Some(client), Some(service_id)) = (&model.book.client, &model.book.service) else {
        return Vec::new();
    };
    let hold = model.book.hold.as_ref();
    let site = hold.map(|hold| hold.site_id.clone()).or_else(|| model.book.site.clone());
    let call = v1::ScreenRequest {
        client_id: client.id.clone(),
        service_id: service_id.clone(),
        site_id: site.or_else(|| model.site_ids().first().cloned()).unwrap_or_default(),
        at: hold.and_then(|hold| hold.start),
    };
    model.ask(Purpose::BookScreen, call)
}

/// Screening has answered.
pub(crate) fn screened(model: &mut Model, answer: v1::ScreenResponse) {
    let before = model.book.questions.rows.is_empty();
    set_screening(model, answer.screenings.into_iter().next());
    let draft = &mut model.book;
    let moved_on = matches!(draft.stop, Stop::Questions | Stop::Confirm);
    if moved_on && (before || draft.questions.rows.is_empty()) {
        draft.stop = next_stop(draft);
    }
}

fn set_screening(model: &mut Model, screening: Option<v1::Screening>) {
    let questions = screening.as_ref().map(|screening| screening.unanswered.clone()).unwrap_or_default();
    model.book.questions.ask(questions.into_iter());
    model.book.screening = screening;
}

/// Records the answers given so far.
pub(super) fn declare(model: &mut Model) -> Vec<Effect> {
    let Some(client) = &model.book.client else {
        model.warn("Choose the client first: answers belong to a client.");
        return Vec::new();
    };
    let client_id = client.id.clone();
    match model.book.questions.answers(&model.home_zone()) {
        Ok(answers) if answers.is_empty() => {
            model.warn("Nothing is answered yet; \"not asked\" is never recorded as no.");
            Vec::new()
        }
        Ok(answers) => {
            let call = v1::RecordDeclarationRequest {
                write: None,
                client_id,
                answers,
                replace: false,
            };
            model.write(Purpose::BookDeclare, call)
        }
        Err(BadDate(question)) => {
            model.warn(format!("The date is not readable (2026-03, 2026-03-02 or 2026-03-02 14:30): {question}"));
            Vec::new()
        }
    }
}

/// The answers are recorded: screening is asked again.
pub(crate) fn declared(model: &mut Model, answer: &v1::RecordDeclarationResponse) -> Vec<Effect> {
    model.book.questions.recorded();
    let flagged = usize::try_from(answer.flagged_count).unwrap_or(0);
    if flagged > 0 {
        model.warn(format!("Recorded. {} of this client need a look now.", words::count(flagged, "appointment")));
    } else {
        model.say("Answers recorded.");
    }
    model.book.stop = Stop::Confirm;
    screen(model)
}

/// Clients that fit have arrived.
pub(crate) fn found(model: &mut Model, clients: Vec<v1::Client>) {
    let finder = &mut model.book.finder;
    finder.found = clients;
    finder.at = finder.at.min(finder.found.len());
}

/// A new client was added, from here or from the Client screen.
pub(crate) fn client_made(model: &mut Model, answer: v1::CreateClientResponse) -> Vec<Effect> {
    let Some(client) = answer.client else {
        return Vec::new();
    };
    let name = client.name.clone();
    let mut effects = if model.screen == Screen::Client {
        screens::client::show(model, client.id.clone())
    } else {
        choose_client(model, client)
    };
    model.book.similar.clone_from(&answer.similar_client_ids);
    if answer.similar_client_ids.is_empty() {
        model.say(format!("{name} added."));
    } else {
        model.warn(format!(
            "{name} added. Perhaps here already, with the same phone or birth date: {} (u undoes).",
            answer.similar_client_ids.join(", ")
        ));
    }
    effects.extend(screens::refresh(model));
    effects
}

/// What stands against booking, in words.
pub(super) fn blocked(model: &Model) -> Vec<String> {
    let draft = &model.book;
    let mut against = Vec::new();
    if !model.link.is_live() {
        against.push("There is no connection; the draft is kept.".to_owned());
    }
    if !model.books() {
        against.push(format!("A {} key may not book.", words::role(model.role()).to_lowercase()));
    }
    if draft.client.is_none() {
        against.push("Who: no client is chosen.".to_owned());
    }
    if draft.service.is_none() {
        against.push("What: no service is chosen.".to_owned());
    }
    if draft.hold.is_none() {
        let text = if draft.lapsed { "When: the hold has lapsed; choose the place again." } else { "When: no place is held yet; Enter on one holds it." };
        against.push(text.to_owned());
    }
    if draft.client.is_some() && draft.service.is_some() {
        against.extend(screening_blocks(model));
    }
    against
}

fn screening_blocks(model: &Model) -> Option<String> {
    let draft = &model.book;
    let Some(screening) = &draft.screening else {
        return Some("Questions: screening has not answered yet.".to_owned());
    };
    let alternatives = || {
        let names: Vec<String> = screening.alternative_service_ids.iter().map(|id| model.service_name(id)).collect();
        if names.is_empty() { String::new() } else { format!(" Possible instead: {}.", names.join(", ")) }
    };
    match screening.outcome() {
        ScreeningOutcome::Clear | ScreeningOutcome::NeedsReview => None,
        ScreeningOutcome::Unspecified => Some("Questions: screening has not judged yet.".to_owned()),
        ScreeningOutcome::Incomplete if draft.questions.has_answers() && draft.questions.open() == 0 => {
            Some("Questions: the answers are not recorded yet (Ctrl-R records them).".to_owned())
        }
        ScreeningOutcome::Incomplete => {
            let open = if draft.questions.rows.is_empty() { screening.unanswered.len() } else { draft.questions.open() };
            Some(format!("Questions: {} not asked; \"not asked\" is not a no.", words::count(open, "question")))
        }
        ScreeningOutcome::Excluded | ScreeningOutcome::ExcludedUntil => {
            Some(format!("Screening: {}.{}", words::screening(screening), alternatives()))
        }
    }
}

/// Books, or says why not.
pub(super) fn confirm(model: &mut Model) -> Vec<Effect> {
    let against = blocked(model);
    if let Some(first) = against.first() {
        model.warn(format!("Not booked. {first}"));
        return Vec::new();
    }
    let draft = &model.book;
    let (Some(client), Some(hold)) = (&draft.client, &draft.hold) else {
        return Vec::new();
    };
    let call = v1::BookAppointmentRequest {
        write: None,
        appointment: Some(v1::Appointment {
            client_id: client.id.clone(),
            service_id: hold.service_id.clone(),
            extension_ids: hold.extension_ids.clone(),
            site_id: hold.site_id.clone(),
            room_id: hold.room_id.clone(),
            therapist_id: hold.therapist_id.clone(),
            start: hold.start,
            ..v1::Appointment::default()
        }),
        hold_id: hold.id.clone(),
        ..v1::BookAppointmentRequest::default()
    };
    model.write(Purpose::Book, call)
}

/// It is booked, or not; if not, the draft stays.
pub(crate) fn booked(model: &mut Model, answer: Result<v1::BookAppointmentResponse, Failure>) -> Vec<Effect> {
    match answer {
        Ok(answer) => {
            model.book = Draft::default();
            let words = answer.appointment.as_ref().map(|booked| visit::words(model, booked)).unwrap_or_default();
            let undo = model.keymap.key_of(crate::tui::keys::Command::Undo);
            model.say(format!("Booked: {words}. {undo} undoes."));
            screens::open(model, Screen::Board)
        }
        Err(failure) => {
            if failure.reason.starts_with("HOLD") {
                model.book.hold = None;
                model.book.lapsed = true;
                model.book.stop = Stop::Places;
            }
            refused(model, "Not booked", &failure);
            let mut effects = screen(model);
            if model.book.hold.is_none() {
                effects.extend(search(model));
            }
            effects
        }
    }
}

/// Shows a refusal with the places that could be booked instead.
pub(crate) fn refused(model: &mut Model, title: &str, failure: &Failure) {
    if failure.lines.is_empty() && failure.alternatives.is_empty() {
        model.say_failed(failure);
        return;
    }
    let mut lines = failure.all_lines();
    if !failure.alternatives.is_empty() {
        lines.push(String::new());
        lines.push("Possible instead:".to_owned());
    }
    for place in &failure.alternatives {
        let at: Option<Timestamp> = place.start.parse().ok();
        let at = at.map_or_else(|| place.start.clone(), |at| time::day_and_clock(at, &model.home_zone()));
        lines.push(format!("- {at}, {} with {}", model.room_name(&place.room_id), model.therapist_name(&place.therapist_id)));
    }
    dialogs::message(model, title, lines);
}

/// Asks why a time is not offered.
pub(crate) fn explain(model: &mut Model, at: Timestamp) -> Vec<Effect> {
    let draft = &model.book;
    let Some(service_id) = draft.service.clone() else {
        model.warn("Choose the service first.");
        return Vec::new();
    };
    let call = v1::ExplainSlotRequest {
        site_id: draft.site.clone().or_else(|| model.site_ids().first().cloned()).unwrap_or_default(),
        service_id,
        extension_ids: draft.extensions.clone(),
        start: Some(time::wire(at)),
        client_id: draft.client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
        therapist_id: draft.therapist.clone().unwrap_or_default(),
        room_id: draft.room.clone().unwrap_or_default(),
    };
    model.ask(Purpose::Explain, call)
}

/// The explanation has arrived.
pub(crate) fn explained(model: &mut Model, answer: &v1::ExplainSlotResponse) {
    let mut lines = Vec::new();
    if answer.available {
        lines.push("This time can be booked.".to_owned());
    }
    for obstacle in &answer.obstacles {
        let who = match obstacle.subject_kind.as_str() {
            "room" => format!("{}: ", model.room_name(&obstacle.subject_id)),
            "therapist" => format!("{}: ", model.therapist_name(&obstacle.subject_id)),
            _ => String::new(),
        };
        lines.push(format!("- {who}{}", obstacle.text));
    }
    if !answer.nearest.is_empty() {
        lines.push(String::new());
        lines.push("The nearest that can be booked:".to_owned());
        lines.extend(answer.nearest.iter().map(|place| format!("- {}", super::proposal_words(model, place))));
    }
    dialogs::message(model, "Why not?", lines);
}
