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
        event::{Effect, Export, GoOn, Paper, Purpose},
        failure::Failure,
        keys::Command,
        model::Model,
        screens::{self, Screen},
        visit, words,
    },
};

/// How many of the appointments are named whose outcome an edit changes.
const NAMED: usize = 5;

/// What an edit was read from.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// The file, as it was typed.
    path: PathBuf,
    /// What it said, without its etag.
    set: v1::RuleSet,
}

/// Opens an edit of this rule set; without one of the first.
pub(crate) fn open_edit(model: &mut Model, id: Option<&str>) -> Vec<Effect> {
    if !model.runs() {
        let only = "Only an owner or a manager edits the screening rules.";
        model.warn(screens::hand_over(model, only));
        return Vec::new();
    }
    let save = model.keymap.key_of(Command::IntakeForm);
    let lines = vec![
        format!(
            "{save} writes the rules as they are into a file; change that in an editor, and name it here."
        ),
        "What it changes and whom that affects is shown before it is done.".to_owned(),
    ];
    let id = or_first(model, id);
    let source = model.rules_from.as_ref().filter(|it| it.set.id == id);
    let file = match source {
        Some(source) => source.path.display().to_string(),
        None if id.is_empty() => String::new(),
        None => format!("{id}.toml"),
    };
    let fields = vec![text("file", &file), text("why", "")];
    let mut form = Form::new("New version of rules", lines, fields, Kind::Rules);
    form.about = id;
    form::open(model, form)
}

/// This rule set; without one the first that there is.
fn or_first(model: &Model, id: Option<&str>) -> String {
    let first = model.catalog.rule_sets.first();
    let id = id.or(first.map(|set| set.id.as_str()));
    id.unwrap_or_default().to_owned()
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
    let Some(Dialog::Form(form)) = &model.dialog else {
        return Ok(Vec::new());
    };
    let (path, reason) = (PathBuf::from(form.text(0)), form.text(1).to_owned());
    let etag = std::mem::take(&mut set.etag);
    let from = set.clone();
    model.rules_from = Some(Source { path, set: from });
    let call = v1::PutRuleSetRequest {
        write: Some(v1::WriteOptions {
            etag,
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
    // Whom it hits comes first: of the rules there may be more than the screen has lines.
    let mut lines = vec![
        format!("{} would be version {}.", set.name, set.version),
        unsound(answer.flagged_count, "would become"),
    ];
    lines.extend(rules::affected(&preview));
    lines.extend(rules::changes(&preview));
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
    let key = |command| model.keymap.key_of(command);
    let close = super::close_key(model);
    let mut lines = vec![format!(
        "{close} closes this; {} says then by whom they were edited.",
        key(Command::Rules)
    )];
    // The console may not have heard of that edit yet.
    let sent = asked.write.as_ref().map_or("", |write| &write.etag);
    if let Some(known) = known.filter(|known| known.etag != sent) {
        lines.push(format!(
            "If that was you, with this file: write {} into it.",
            rules::etag_line(&known.etag)
        ));
    }
    lines.push(format!(
        "Else {} writes the rules as they are into another file: take your change over into that.",
        key(Command::IntakeForm)
    ));
    Failure {
        message: rules::outdated(id, known.map_or(0, |it| it.version)),
        lines,
        ..failure
    }
}

/// The edit is made: what to say about it, once the file that it was made from goes on from it.
pub(crate) fn done(
    model: &mut Model,
    asked: &v1::PutRuleSetRequest,
    answer: &v1::PutRuleSetResponse,
) -> Vec<Effect> {
    let set = answer.rule_set.clone().unwrap_or_default();
    let mut text = format!("{} is version {} now.", set.name, set.version);
    if answer.flagged_count > 0 {
        text.push(' ');
        text.push_str(&unsound(answer.flagged_count, "became"));
    }
    // Another file may have been read since.
    let source = model.rules_from.as_ref();
    let source = source.filter(|it| asked.rule_set.as_ref() == Some(&it.set));
    let mut effects = Vec::new();
    if let Some(source) = source {
        let write = asked.write.clone().unwrap_or_default();
        effects.push(Effect::GoOn(Box::new(GoOn {
            path: source.path.clone(),
            rule_set_id: set.id,
            was: write.etag,
            now: set.etag,
            said: text,
        })));
    } else {
        model.say(text);
    }
    effects.extend(model.ask(Purpose::Catalog, v1::GetCatalogRequest {}));
    effects.extend(screens::refresh(model));
    effects
}

/// Opens the question which questions go into which file, those of this rule set or of the first; on a client's page with
/// their name on the form.
pub(crate) fn open_save(model: &mut Model, id: Option<&str>) -> Vec<Effect> {
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
    let id = or_first(model, id);
    let client_id = client.map(|client| client.id).unwrap_or_default();
    let name = [&client_id[..], &id].into_iter().find(|it| !it.is_empty());
    let file = name.map_or_else(String::new, |name| format!("{name}.html"));
    let fields = vec![text("rule set", &id), text("file", &file)];
    let about = format!("{client_id} {id}");
    let kind = Kind::Questions(client_id);
    let mut form = Form::new("Questions into a file", lines, fields, kind);
    form.about = about;
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
    let ending = ending.map(str::to_ascii_lowercase);
    let what = match ending.as_deref() {
        Some("html") => Export::Form(asked, Paper::Page),
        Some("txt") => Export::Form(asked, Paper::Text),
        Some("toml") => Export::Text(rules::write(set)),
        _ => return Err("The name of the file ends in .html, .txt or .toml.".to_owned()),
    };
    let file = PathBuf::from(file);
    Ok(Effect::Export(Purpose::Questions, Box::new(what), file))
}
