//! Forms that were left, or sent and not answered yet: what was typed in them is not lost.

use std::collections::BTreeMap;

use super::{
    Dialog,
    form::{Form, Topic, Value},
};
use crate::tui::{event::Purpose, failure::Failure, model::Model, screens};

/// The last form of each topic that has not done its work.
#[derive(Debug, Default)]
pub(crate) struct Drafts(BTreeMap<Topic, Form>);

impl Drafts {
    /// Keeps a form that is closed.
    pub(super) fn keep(&mut self, form: Form) {
        self.0.insert(form.kind.topic(), form);
    }

    /// Fills a new form with what was typed in the one before, if that was about the same.
    pub(super) fn fill(&mut self, form: &mut Form) {
        let topic = form.kind.topic();
        let Some(before) = self.0.remove(&topic) else {
            return;
        };
        if before.about != form.about {
            return;
        }
        let fields = form.fields.iter_mut().zip(before.fields);
        for (field, before) in fields.filter(|(field, _)| field.kept) {
            match (&mut field.value, before.value) {
                (Value::Text(now), Value::Text(typed)) => *now = typed,
                (Value::Choice(options, at), Value::Choice(known, chosen)) if *options == known => {
                    *at = chosen;
                }
                _ => {}
            }
        }
    }

    /// The change that a kept form asked for is on its way.
    pub(super) fn sent(&mut self, topic: Topic, purpose: Purpose) {
        if let Some(form) = self.0.get_mut(&topic) {
            form.sent = Some(purpose);
        }
    }

    fn take_sent(&mut self, purpose: Purpose) -> Option<Form> {
        let sent = self.0.values().find(|form| form.sent == Some(purpose))?;
        let topic = sent.kind.topic();
        self.0.remove(&topic)
    }
}

/// The open form has its answer, and a question takes its place: it is kept for it. None when it was left meanwhile.
pub(super) fn set_aside(model: &mut Model, purpose: Purpose) -> Option<Topic> {
    match model.dialog.take() {
        Some(Dialog::Form(mut form)) if form.sent == Some(purpose) => {
            form.sent = None;
            let topic = form.kind.topic();
            model.drafts.keep(form);
            Some(topic)
        }
        other => {
            model.dialog = other;
            None
        }
    }
}

/// What a form asked for is done: it closes.
pub(crate) fn done(model: &mut Model, purpose: Purpose) {
    if matches!(&model.dialog, Some(Dialog::Form(form)) if form.sent == Some(purpose)) {
        model.dialog = None;
    }
    model.drafts.take_sent(purpose);
}

/// What a form asked for was refused: the form stays, or is opened again, and says why. False when no form asked, or
/// another dialog is open; the form is kept then.
pub(crate) fn refused(model: &mut Model, purpose: Purpose, failure: &Failure) -> bool {
    let problem = screens::book::refusal_lines(model, failure).join("\n");
    if let Some(Dialog::Form(form)) = &mut model.dialog
        && form.sent == Some(purpose)
    {
        form.stay(problem);
        return true;
    }
    let Some(mut form) = model.drafts.take_sent(purpose) else {
        return false;
    };
    form.stay(problem);
    if model.dialog.is_some() {
        model.drafts.keep(form);
        return false;
    }
    model.dialog = Some(Dialog::Form(form));
    model.dirty = true;
    true
}

/// A kept form is opened again because its change could not be sent.
pub(super) fn reopen(model: &mut Model, topic: Topic, problem: String) {
    if let Some(mut form) = model.drafts.0.remove(&topic) {
        form.stay(problem);
        model.dialog = Some(Dialog::Form(form));
        model.dirty = true;
    }
}
