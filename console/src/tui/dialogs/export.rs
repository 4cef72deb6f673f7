//! All that is held about a client, into a file.

use std::path::PathBuf;

use treadwell_api::v1;

use super::{
    drafts,
    form::{self, Form, Kind, text},
};
use crate::tui::{
    event::{Effect, Export, Purpose},
    failure::Failure,
    model::Model,
    screens,
};

/// Opens the question why, and where to.
pub(crate) fn open(model: &mut Model, client: &v1::Client) -> Vec<Effect> {
    if !model.runs() {
        let only = "Only an owner or a manager takes a client's record out.";
        model.warn(screens::hand_over(model, only));
        return Vec::new();
    }
    let lines = vec![
        format!("All that is held about {}, health data too.", client.name),
        "The file is readable by you alone. The export is noted in the audit log.".to_owned(),
    ];
    let file = format!("{}.json", client.id);
    let fields = vec![text("why", ""), text("file", &file)];
    let kind = Kind::Export(client.id.clone());
    form::open(model, Form::new("Record to a file", lines, fields, kind))
}

/// What the form asks for, or what is wrong with it.
pub(super) fn effect(form: &Form, client_id: &str) -> Result<Effect, String> {
    let (reason, file) = (form.text(0), form.text(1));
    if reason.is_empty() {
        return Err("Why? The audit log says so; no health data.".to_owned());
    }
    if file.is_empty() {
        return Err("A file is needed.".to_owned());
    }
    let request = v1::ExportClientRecordRequest {
        client_id: client_id.to_owned(),
        reason: reason.to_owned(),
    };
    let what = Box::new(Export::Record(request));
    Ok(Effect::Export(Purpose::Export, what, PathBuf::from(file)))
}

/// What this was for is written into a file, or it is not.
pub(crate) fn done(model: &mut Model, purpose: Purpose, done: Result<String, Failure>) {
    model.dirty = true;
    match done {
        Ok(said) => {
            drafts::done(model, purpose);
            model.say(said);
        }
        Err(failure) => {
            if !drafts::refused(model, purpose, &failure) {
                model.say_failed(&failure);
            }
        }
    }
}
