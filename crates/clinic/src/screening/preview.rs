//! What an edit of a rule set changes for what is booked already.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::clinic::Clinic;
use crate::id::{AppointmentId, ConditionId, RuleSetId};
use crate::limits;
use crate::model::{Appointment, Effect, OutcomeKind, Rule, RuleSet, Screening};
use crate::rules;
use crate::time::{Cell, Interval};

/// Whom an edit of a rule set affects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// How many appointments are still to come that the rule set judges.
    pub judged: u32,
    /// Those whose outcome changes, by site and start; the first [`limits::PREVIEWED`].
    pub changes: Vec<OutcomeChange>,
    /// How many change from which outcome to which.
    pub counts: BTreeMap<(OutcomeKind, OutcomeKind), u32>,
    /// How many decisions of therapists the new version takes the ground from.
    pub voided: u32,
    /// Conditions that the rules ask about and did not, in their order.
    pub newly_asked: Vec<ConditionId>,
    /// How many clients have a declaration that lacks an answer to something newly asked without which it is incomplete.
    pub incomplete_clients: u32,
}

/// An appointment whose outcome changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeChange {
    /// Which.
    pub appointment: AppointmentId,
    /// By the rules as they are.
    pub before: Screening,
    /// By the rules as they would be.
    pub after: Screening,
}

/// What becomes of the appointments from `now` on if the rule set of `before` becomes the one of `after`.
pub fn preview(before: &Clinic, after: &Clinic, id: RuleSetId, now: Timestamp) -> Preview {
    let mut preview = Preview::default();
    let Some(rules) = after.rule_set(id) else {
        return preview;
    };
    let old = before.rule_set(id).map(AsRef::as_ref);
    asks_more(&mut preview, before, old, rules);
    if old == Some(rules) {
        return preview;
    }
    for appointment in ahead(before, id, now) {
        preview.judged += 1;
        let (Some(was), Some(is)) = (
            rules::screening_of(before, appointment),
            rules::screening_of(after, appointment),
        ) else {
            continue;
        };
        let decided = appointment.review_of(&was).is_some();
        preview.voided += u32::from(decided && appointment.review_of(&is).is_none());
        let kinds = (was.outcome.kind(), is.outcome.kind());
        let same_questions = kinds == (OutcomeKind::Incomplete, OutcomeKind::Incomplete);
        if same_questions || was.outcome == is.outcome {
            continue;
        }
        *preview.counts.entry(kinds).or_default() += 1;
        if preview.changes.len() < limits::PREVIEWED {
            preview.changes.push(OutcomeChange {
                appointment: appointment.id,
                before: was,
                after: is,
            });
        }
    }
    preview
}

/// Notes what is newly asked, and whose declaration lacks it.
fn asks_more(preview: &mut Preview, clinic: &Clinic, old: Option<&RuleSet>, rules: &RuleSet) {
    let asked: BTreeSet<_> = old
        .iter()
        .flat_map(|old| &old.rules)
        .map(|rule| rule.condition)
        .collect();
    let new = |rule: &&Rule| !asked.contains(&rule.condition);
    let newly = rules.rules.iter().filter(new);
    preview.newly_asked = newly.clone().map(|rule| rule.condition).collect();
    let needed: Vec<_> = newly
        .filter(|rule| rule.effect != Effect::Caution)
        .map(|rule| rule.condition)
        .collect();
    let lacks = clinic.clients().filter(|client| {
        let declaration = clinic.declaration_of(client.id);
        declaration.is_some_and(|it| needed.iter().any(|&asked| it.answer(asked).is_none()))
    });
    preview.incomplete_clients = u32::try_from(lacks.count()).unwrap_or(u32::MAX);
}

/// The appointments from `now` on that a rule set judges.
fn ahead(clinic: &Clinic, id: RuleSetId, now: Timestamp) -> impl Iterator<Item = &Appointment> {
    let future = Interval::new(Cell::containing(now), Cell::MAX).into_iter();
    let all = future.flat_map(move |future| {
        let sites = clinic.sites().map(|site| site.id);
        sites.flat_map(move |site| clinic.appointments_at(site, future))
    });
    let judged = move |it: &&Appointment| {
        let service = clinic.service(it.slot.service);
        it.is_ahead() && service.is_some_and(|service| service.rule_set == id)
    };
    all.map(AsRef::as_ref).filter(judged)
}
