//! Rule sets and files: an edit from a file, with what it would do before it is done, and the questions into a file.

use std::path::{Path, PathBuf};

use treadwell_api::v1;

use super::{
    Dialog,
    ask::{self, Ask},
    drafts,
    form::{self, Form, Kind, text},
};
use crate::{
    rules,
    tui::{
        call::Call,
        event::{Effect, Export, Paper, Purpose},
        failure::Failure,
        keys::Command,
        model::Model,
        screens::{self, Screen},
        visit, words,
    },
};

/// How many of the appointments are named whose outcome an edit changes.
const NAMED: usize = 5;

/// Opens an edit.
pub(crate) fn open_edit(model: &mut Model) -> Vec<Effect> {
    if !model.runs() {
        model.warn("Only an owner or a manager edits the screening rules.");
        return Vec::new();
    }
    let save = model.keymap.key_of(Command::IntakeForm);
    let lines = vec![
        format!(
            "{save} writes the rules as they are into a file; change that in an editor, and name it here."
        ),
        "What it changes and whom that affects is shown before it is done.".to_owned(),
    ];
    let file = first_rule_set(model).map_or_else(String::new, |id| format!("{id}.toml"));
    let fields = vec![text("file", &file), text("why", "")];
    form::open(
        model,
        Form::new("New version of rules", lines, fields, Kind::Rules),
    )
}

fn first_rule_set(model: &Model) -> Option<&str> {
    let set = model.catalog.rule_sets.first();
    set.map(|set| set.id.as_str())
}

/// The file that the form names, to be read.
pub(super) fn file(form: &Form) -> Result<Effect, String> {
    match form.text(0) {
        "" => Err("A file is needed.".to_owned()),
        file => Ok(Effect::ReadRules(PathBuf::from(file))),
    }
}

/// The file was read, or could not be: the server says what it would do.
pub(crate) fn read(model: &mut Model, read: Result<v1::RuleSet, Failure>) -> Vec<Effect> {
    model.dirty = true;
    // A form that was left does not want to know any more.
    let waits = match &model.dialog {
        Some(Dialog::Form(form)) => form.sent == Some(Purpose::RulesPreview),
        _ => false,
    };
    if !waits {
        return Vec::new();
    }
    let sent = read
        .map_err(|failure| failure.all_lines().join("\n"))
        .and_then(|set| ask_what_it_does(model, set));
    match (sent, &mut model.dialog) {
        (Ok(effects), _) => effects,
        (Err(problem), Some(Dialog::Form(form))) => {
            form.stay(problem);
            Vec::new()
        }
        (Err(_), _) => Vec::new(),
    }
}

fn ask_what_it_does(model: &mut Model, mut set: v1::RuleSet) -> Result<Vec<Effect>, String> {
    if model.catalog.rule_sets.iter().all(|it| it.id != set.id) {
        return Err(format!("There is no rule set {:?}.", set.id));
    }
    if set.etag.is_empty() {
        return Err(format!("No: {}.", rules::NO_ETAG));
    }
    let reason = match &model.dialog {
        Some(Dialog::Form(form)) => form.text(1).to_owned(),
        _ => String::new(),
    };
    let call = v1::PutRuleSetRequest {
        write: Some(v1::WriteOptions {
            etag: std::mem::take(&mut set.etag),
            reason,
            ..v1::WriteOptions::default()
        }),
        rule_set: Some(set),
    };
    model.send(Purpose::RulesPreview, Call::from(call).dry())
}

/// What an edit would do is known: really?
pub(crate) fn previewed(
    model: &mut Model,
    asked: Call,
    answer: &v1::PutRuleSetResponse,
) -> Vec<Effect> {
    let set = answer.rule_set.clone().unwrap_or_default();
    let preview = answer.preview.clone().unwrap_or_default();
    let known = model.catalog.rule_sets.iter().find(|it| it.id == set.id);
    let same = known.is_some_and(|it| it.rules == set.rules);
    if let Some(Dialog::Form(form)) = &mut model.dialog
        && same
        && form.sent == Some(Purpose::RulesPreview)
    {
        form.stay("The file says what the rules say already.".to_owned());
        return Vec::new();
    }
    let Some(topic) = drafts::set_aside(model, Purpose::RulesPreview) else {
        return Vec::new();
    };
    let mut lines = vec![format!("{} would be version {}.", set.name, set.version)];
    lines.extend(rules::changes(&preview));
    lines.push(unsound(answer.flagged_count, "would become"));
    lines.extend(rules::affected(&preview));
    for change in preview.changes.iter().take(NAMED) {
        let (Some(of), Some(after)) = (&change.appointment, &change.after) else {
            continue;
        };
        let booked = visit::words(model, of);
        lines.push(format!("- {booked}: {}", words::screening(after)));
    }
    if preview.changes.len() > NAMED {
        lines.push("and more: `treadwell rules edit FILE --dry-run` names them".to_owned());
    }
    let mut ask = Ask::send("New version of rules", lines, Purpose::Act, asked.meant());
    ask.form = Some(topic);
    ask::open(model, ask)
}

/// `3 future appointments would become unsound: flagged, not cancelled.`
fn unsound(count: i32, verb: &str) -> String {
    let count = words::count(usize::try_from(count).unwrap_or(0), "future appointment");
    format!("{count} {verb} unsound: flagged, not cancelled.")
}

/// A refusal of an edit, with what to do where the rules are not those any more from which the file was made.
pub(crate) fn explained(model: &Model, asked: &v1::PutRuleSetRequest, failure: Failure) -> Failure {
    if failure.reason != "STALE_ETAG" {
        return failure;
    }
    let id = asked.rule_set.as_ref().map_or("", |set| &set.id);
    let known = model.catalog.rule_sets.iter().find(|it| it.id == id);
    let [message, advice] = rules::outdated(id, known.map_or(0, |it| it.version));
    Failure {
        message,
        lines: vec![advice],
        ..failure
    }
}

/// The edit is made: what to say about it.
pub(crate) fn done(model: &mut Model, answer: &v1::PutRuleSetResponse) -> Vec<Effect> {
    let set = answer.rule_set.clone().unwrap_or_default();
    let mut text = format!("{} is version {} now.", set.name, set.version);
    if answer.flagged_count > 0 {
        text.push(' ');
        text.push_str(&unsound(answer.flagged_count, "became"));
    }
    model.say(text);
    let mut effects = model.ask(Purpose::Catalog, v1::GetCatalogRequest {});
    effects.extend(screens::refresh(model));
    effects
}

/// Opens the question which questions go into which file; on a client's page with their name on the form.
pub(crate) fn open_save(model: &mut Model) -> Vec<Effect> {
    let client = Some(model.screen == Screen::Client)
        .filter(|here| *here)
        .and_then(|_| screens::client::shown(model).cloned());
    let whom = client.as_ref().map(|client| &client.name);
    let lines = vec![
        match whom {
            Some(name) => format!("The questions, with the name of {name}; no answers."),
            None => "The questions for anybody, without a name.".to_owned(),
        },
        "The file is readable by you alone.".to_owned(),
    ];
    let id = first_rule_set(model).unwrap_or_default().to_owned();
    let client_id = client.map(|client| client.id).unwrap_or_default();
    let name = [&client_id[..], &id].into_iter().find(|it| !it.is_empty());
    let file = name.map_or_else(String::new, |name| format!("{name}.html"));
    let fields = vec![text("rule set", &id), text("file", &file)];
    let kind = Kind::Questions(client_id);
    let mut form = Form::new("Questions into a file", lines, fields, kind);
    form.hints = vec![
        format!("one of these: {}", ids(model)),
        "ends in .html for a page to print, .txt for plain text, .toml for the rules to edit"
            .to_owned(),
    ];
    form::open(model, form)
}

fn ids(model: &Model) -> String {
    let sets = model.catalog.rule_sets.iter();
    sets.map(|set| set.id.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the form asks for, or what is wrong with it.
pub(super) fn save(model: &Model, form: &Form, client_id: &str) -> Result<Effect, String> {
    let (id, file) = (form.text(0), form.text(1));
    let mut sets = model.catalog.rule_sets.iter();
    let set = sets
        .find(|set| set.id == id)
        .ok_or_else(|| format!("There is no rule set {id:?}. One of these: {}.", ids(model)))?;
    let asked = v1::GetIntakeFormRequest {
        rule_set_id: set.id.clone(),
        client_id: client_id.to_owned(),
        ..v1::GetIntakeFormRequest::default()
    };
    let ending = Path::new(file).extension().and_then(|it| it.to_str());
    let what = match ending {
        Some("html") => Export::Form(asked, Paper::Page),
        Some("txt") => Export::Form(asked, Paper::Text),
        Some("toml") => Export::Text(rules::write(set)),
        _ => return Err("The name of the file ends in .html, .txt or .toml.".to_owned()),
    };
    Ok(Effect::Export(Box::new(what), PathBuf::from(file)))
}
