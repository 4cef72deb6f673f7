//! Client: find one, see their page and what screening says, take down a declaration.

mod view;
mod visits;

use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::{Command, Place},
    model::Model,
    pen::Target,
    screens::{
        self, Screen, find,
        finder::Finder,
        questions::{self, BadDate, Questions},
        step,
    },
    visit, words,
};

pub(crate) use view::draw;
pub(crate) use visits::visits;
use visits::visits_shown;

/// List numbers for clicks.
mod lists {
    pub(crate) const FOUND: usize = 0;
    pub(crate) const QUESTIONS: usize = 1;
    pub(crate) const VISITS: usize = 2;
}

/// The parts of the screen, in the order in which Tab goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Find,
    Questions,
    Visits,
}

/// The client that is shown, and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Finding another one.
    pub(crate) finder: Finder,
    /// The client, once read.
    shown: Option<v1::GetClientResponse>,
    /// The client that is asked for, or shown.
    id: String,
    /// Their appointments from yesterday on, by start.
    coming: Vec<v1::Appointment>,
    /// Those before, by start.
    past: Vec<v1::Appointment>,
    /// Those before are asked for already: once, when the client is opened.
    asked_past: bool,
    /// The revision that those to come reflect.
    revision: u64,
    /// The questions and the answers to record.
    questions: Questions,
    /// The newest stored declaration, for roles that see it.
    stored: Option<v1::Declaration>,
    /// Until when their records are kept, for roles that answer for them.
    retention: Option<v1::Retention>,
    part: Part,
    visit_at: usize,
}

/// Says who is shown.
pub(crate) fn trail(model: &Model) -> String {
    let client = model
        .client
        .shown
        .as_ref()
        .and_then(|shown| shown.client.as_ref());
    client.map(|client| client.name.clone()).unwrap_or_default()
}

/// Where the keys go.
pub(crate) fn place(model: &Model) -> Place {
    if model.client.part == Part::Questions {
        Place::Questions
    } else {
        Place::Client
    }
}

/// A "yes" has the focus whose date is still empty.
pub(crate) fn awaits_date(model: &Model) -> bool {
    model.client.part == Part::Questions && model.client.questions.awaits_date()
}

/// The list in focus, if the filter narrows it.
pub(crate) fn list(model: &Model) -> Option<usize> {
    (model.client.part == Part::Visits).then_some(lists::VISITS)
}

/// The revision that the client and their appointments reflect; 0 before they are loaded.
pub(crate) fn revision(model: &Model) -> u64 {
    let shown = model.client.shown.as_ref();
    shown.map_or(0, |shown| shown.revision.min(model.client.revision))
}

/// What has the focus: an appointment.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    let shown = visits_shown(model);
    let visit = shown.get(model.client.visit_at);
    visit
        .filter(|_| model.client.part == Part::Visits)
        .map(|visit| visit.id.clone())
}

/// Puts the focus on the appointment with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.client.visit_at;
    let found = find(&mut at, &visits_shown(model), id, |visit| visit.id.clone());
    model.client.visit_at = at;
    found
}

/// The text field with the focus.
pub(crate) fn field(model: &mut Model) -> Option<&mut Input> {
    match model.client.part {
        Part::Find => Some(&mut model.client.finder.input),
        Part::Questions => model.client.questions.field(),
        Part::Visits => None,
    }
}

/// The text in the field with the focus has changed.
pub(crate) fn typed(model: &mut Model) -> Vec<Effect> {
    if model.client.part != Part::Find {
        return Vec::new();
    }
    screens::finder::ask(model, Purpose::ClientFind)
}

/// Opens the screen to find somebody.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    model.client.part = Part::Find;
    model.client.finder = Finder::default();
    screens::open(model, Screen::Client)
}

/// Shows a client.
pub(crate) fn show(model: &mut Model, id: String) -> Vec<Effect> {
    if model.client.id != id {
        model.client = State {
            id,
            part: Part::Visits,
            ..State::default()
        };
    }
    model.client.part = Part::Visits;
    screens::open(model, Screen::Client)
}

/// Opens a client's page at the questions.
pub(crate) fn ask(model: &mut Model, id: String) -> Vec<Effect> {
    let effects = show(model, id);
    model.client.part = Part::Questions;
    effects
}

/// The client that is shown.
pub(crate) fn shown(model: &Model) -> Option<&v1::Client> {
    model
        .client
        .shown
        .as_ref()
        .filter(|_| model.screen == Screen::Client)?
        .client
        .as_ref()
}

/// The appointment in focus.
pub(crate) fn focus_visit(model: &Model) -> Option<visit::Focus> {
    let found = visits_shown(model).get(model.client.visit_at).copied();
    found
        .filter(|_| model.client.part == Part::Visits)
        .map(|visit| visit::Focus {
            id: visit.id.clone(),
            state: visit.state(),
        })
}

/// Asks for the client's page anew.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = screens::finder::refresh(model, Purpose::ClientFind);
    let id = model.client.id.clone();
    if id.is_empty() {
        return effects;
    }
    let client = v1::GetClientRequest {
        client_id: id.clone(),
        at: None,
    };
    effects.extend(model.ask(Purpose::Client, client));
    let coming = visits::coming(model);
    effects.extend(model.ask(Purpose::Visits, coming));
    if model.runs() {
        let retention = v1::ListRetentionRequest {
            client_id: id.clone(),
            ..v1::ListRetentionRequest::default()
        };
        effects.extend(model.ask(Purpose::Retention, retention));
    }
    if model.sees_answers() {
        let declarations = v1::ListDeclarationsRequest {
            client_id: id,
            page_size: 1,
            page_token: String::new(),
        };
        effects.extend(model.ask(Purpose::Declarations, declarations));
    }
    effects
}

/// Who fits what is typed is not known yet.
pub(crate) fn awaits_clients(model: &Model) -> bool {
    model.client.part == Part::Find
        && model.client.finder.is_behind()
        && model.calls.is_under_way(Purpose::ClientFind)
}

/// The client has arrived; every condition of every rule set can be asked.
pub(crate) fn loaded(model: &mut Model, answer: v1::GetClientResponse) {
    if answer
        .client
        .as_ref()
        .is_none_or(|client| client.id != model.client.id)
    {
        return;
    }
    let mut seen = std::collections::BTreeSet::new();
    let rule_sets = &model.catalog.rule_sets;
    // Rule sets that ask for a date come first: where two ask the same question, the one with the date is asked.
    let mut all: Vec<v1::Question> = rule_sets.iter().flat_map(questions::of_rule_set).collect();
    all.sort_by_key(|question| !question.asks_when);
    let order: Vec<&str> = rule_sets
        .iter()
        .flat_map(|set| &set.rules)
        .map(|rule| rule.condition_id.as_str())
        .collect();
    all.retain(|question| seen.insert(question.condition_id.clone()));
    all.sort_by_key(|question| order.iter().position(|id| *id == question.condition_id));
    model.client.questions.ask(all.into_iter());
    model.client.shown = Some(answer);
    note_stored(model);
}

/// Until when their records are kept has arrived.
pub(crate) fn retention(model: &mut Model, found: Vec<v1::Retention>) {
    let client_id = &model.client.id;
    model.client.retention = found.into_iter().find(|it| it.client_id == *client_id);
}

/// Their stored answers have arrived.
pub(crate) fn declarations(model: &mut Model, declarations: Vec<v1::Declaration>) {
    let newest = declarations.into_iter().next();
    model.client.stored = newest.filter(|declaration| declaration.client_id == model.client.id);
    note_stored(model);
}

fn note_stored(model: &mut Model) {
    let zone = model.home_zone();
    if let Some(stored) = model.client.stored.clone() {
        model.client.questions.note_stored(&stored, &zone);
    }
}

/// Answers are recorded.
pub(crate) fn declared(model: &mut Model, answer: &v1::RecordDeclarationResponse) -> Vec<Effect> {
    model.client.questions.recorded();
    let flagged = usize::try_from(answer.flagged_count).unwrap_or(0);
    if flagged > 0 {
        model.warn(format!(
            "Recorded. {} of this client need a look now.",
            words::count(flagged, "appointment")
        ));
    } else {
        model.say("Answers recorded.");
    }
    model.client.part = Part::Visits;
    refresh(model)
}

/// Their particulars are saved.
pub(crate) fn saved(model: &mut Model) -> Vec<Effect> {
    model.say("Saved.");
    refresh(model)
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    match command {
        Command::NextPane => model.client.part = next(model.client.part),
        Command::PreviousPane => model.client.part = next(next(model.client.part)),
        Command::EditClient => {
            let client = shown(model).cloned();
            return match client {
                Some(client) => dialogs::form::open_client(model, Some(&client), ""),
                None => Vec::new(),
            };
        }
        Command::NewClient => {
            let known = model.client.finder.input.value().trim().to_owned();
            return dialogs::form::open_client(model, None, &known);
        }
        Command::SaveAnswers => return declare(model),
        Command::AddWish | Command::ExportClient => {
            let Some(client) = shown(model).cloned() else {
                model.warn("Find the client first.");
                return Vec::new();
            };
            return match command {
                Command::AddWish => dialogs::wish::open(model, &client),
                _ => dialogs::export::open(model, &client),
            };
        }
        _ if visit::is_command(command) => {
            let focus = focus_visit(model);
            return visit::command(model, focus, command);
        }
        _ => return on_part(model, command),
    }
    Vec::new()
}

fn on_part(model: &mut Model, command: Command) -> Vec<Effect> {
    let state = &mut model.client;
    match (state.part, command) {
        (Part::Find, Command::Enter) => {
            if let Some(effects) = screens::finder::not_searched(model, Purpose::ClientFind) {
                return effects;
            }
            let chosen = model.client.finder.chosen().map(|client| client.id.clone());
            match chosen {
                Some(id) => show(model, id),
                None => on(model, Command::NewClient),
            }
        }
        (Part::Find, _) => {
            state.finder.step(command);
            Vec::new()
        }
        (Part::Questions, Command::Enter)
            if state.questions.at + 1 < state.questions.rows.len() =>
        {
            state.questions.at += 1;
            Vec::new()
        }
        (Part::Questions, Command::Enter) => declare(model),
        (Part::Questions, _) => {
            if let Some(news) = state.questions.on(command) {
                model.warn(news);
            }
            Vec::new()
        }
        (Part::Visits, Command::Enter) => match focus_id(model) {
            Some(id) => dialogs::menu::open_for_visit(model, &id),
            None => Vec::new(),
        },
        (Part::Visits, _) => {
            let count = visits_shown(model).len();
            step(&mut model.client.visit_at, count, command);
            Vec::new()
        }
    }
}

fn next(part: Part) -> Part {
    match part {
        Part::Find => Part::Questions,
        Part::Questions => Part::Visits,
        Part::Visits => Part::Find,
    }
}

fn declare(model: &mut Model) -> Vec<Effect> {
    if model.client.id.is_empty() {
        model.warn("Find the client first.");
        return Vec::new();
    }
    match model.client.questions.answers(&model.home_zone()) {
        Ok(answers) if answers.is_empty() => {
            model.warn("Nothing is answered yet; \"not asked\" is never recorded as no.");
            Vec::new()
        }
        Ok(answers) => {
            let call = v1::RecordDeclarationRequest {
                write: None,
                client_id: model.client.id.clone(),
                answers,
                replace: false,
            };
            model.write(Purpose::ClientDeclare, call)
        }
        Err(BadDate(question)) => {
            model.warn(format!(
                "The date is not readable (2026-03, 2026-03-02 or 2026-03-02 14:30): {question}"
            ));
            Vec::new()
        }
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(which, row) = target else {
        return false;
    };
    let state = &mut model.client;
    let (part, at) = match which {
        lists::FOUND => (Part::Find, &mut state.finder.at),
        lists::QUESTIONS => (Part::Questions, &mut state.questions.at),
        _ => (Part::Visits, &mut state.visit_at),
    };
    let same = state.part == part && *at == row;
    *at = row;
    state.part = part;
    same
}
