//! What an edit of a rule set changes for what is booked already.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::clinic::Clinic;
use crate::id::{AppointmentId, ConditionId, RuleSetId};
use crate::limits;
use crate::model::{Appointment, Effect, OutcomeKind, Rule, RuleSet, Screening, Window};
use crate::rules;
use crate::time::{Cell, Interval};

/// What an edit of a rule set does to the rules, and whom that affects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The rules that it changes: those that go in their order, then the others in theirs.
    pub rules: Vec<RuleChange>,
    /// How many appointments are still to come that the rule set judges.
    pub judged: u32,
    /// Those whose outcome changes, by site and start; the first [`limits::PREVIEWED`].
    pub changes: Vec<OutcomeChange>,
    /// How many change from which outcome to which.
    pub counts: BTreeMap<(OutcomeKind, OutcomeKind), u32>,
    /// How many decisions of therapists the new version takes the ground from.
    pub voided: u32,
    /// Conditions without whose answer a declaration is incomplete and was not, in the order of the rules. A caution is not
    /// among them: nobody has to be asked about it.
    pub newly_asked: Vec<ConditionId>,
    /// How many clients have a declaration that lacks an answer to something newly asked.
    pub incomplete_clients: u32,
}

/// What an edit does to the rule about one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// The condition.
    pub condition: ConditionId,
    /// The rule as it is; none when there is none.
    pub before: Option<Rule>,
    /// The rule as it would be; none when it goes.
    pub after: Option<Rule>,
    /// Of somebody less would be said or asked than is. Beside [`Self::stricter`] where that depends on when it was: a review
    /// at any time is more than a time of exclusion that is over, and less than one that is not.
    pub weaker: bool,
    /// Of somebody more would be said or asked than is.
    pub stricter: bool,
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
    preview.rules = rule_changes(old, rules);
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

/// What becomes of each rule that does not stay as it is.
pub(super) fn rule_changes(old: Option<&RuleSet>, new: &RuleSet) -> Vec<RuleChange> {
    let old = old.map_or(&[][..], |old| &old.rules[..]);
    let among =
        |rules: &[Rule], condition| rules.iter().find(|it| it.condition == condition).cloned();
    let gone = old
        .iter()
        .filter(|rule| among(&new.rules, rule.condition).is_none());
    let gone = gone.map(|rule| change(Some(rule.clone()), None));
    let stay = new
        .rules
        .iter()
        .map(|rule| change(among(old, rule.condition), Some(rule.clone())));
    gone.chain(stay).flatten().collect()
}

fn change(before: Option<Rule>, after: Option<Rule>) -> Option<RuleChange> {
    let condition = before.as_ref().or(after.as_ref())?.condition;
    let effect = |rule: &Option<Rule>| rule.as_ref().map(|rule| rule.effect);
    let (was, is) = (effect(&before), effect(&after));
    (before != after).then(|| RuleChange {
        condition,
        weaker: is_ever_less(is, was),
        stricter: is_ever_less(was, is),
        before,
        after,
    })
}

/// Whether there is somebody of whom a rule says or asks less than another one does. In doubt there is.
fn is_ever_less(rule: Option<Effect>, than: Option<Effect>) -> bool {
    match (rule, than) {
        (_, None)
        | (Some(Effect::Exclude(Window::Ever)), _)
        | (Some(Effect::Review), Some(Effect::Caution)) => false,
        (Some(Effect::Exclude(one)), Some(Effect::Exclude(other))) => is_ever_shorter(one, other),
        (rule, than) => rule != than,
    }
}

/// Whether a window can be over while another one is not.
fn is_ever_shorter(window: Window, than: Window) -> bool {
    use Window::{Hours, Months, Weeks};
    /// By so much, in hours, the months of the calendar are longer or shorter than the average says; 72 hours of a bare
    /// date begin when it ends.
    const GIVE: u32 = 4 * 24;
    let hours = |window| match window {
        Window::Ever | Window::WhilePresent => None,
        Months(n) => Some(u32::from(n) * 1461 / 2),
        Weeks(n) => Some(u32::from(n) * 7 * 24),
        Hours(n) => Some(n.into()),
    };
    match (window, than) {
        (Months(one), Months(other)) | (Weeks(one), Weeks(other)) | (Hours(one), Hours(other)) => {
            one < other
        }
        (one, other) => match (hours(one), hours(other)) {
            (Some(one), Some(other)) => one < other + GIVE,
            // What is present may have been so for longer than any time; what is not ends at once.
            _ => one != other,
        },
    }
}

/// Notes what is newly asked, and whose declaration lacks it.
fn asks_more(preview: &mut Preview, clinic: &Clinic, old: Option<&RuleSet>, rules: &RuleSet) {
    let asked: BTreeSet<_> = needed(old.map_or(&[], |old| &old.rules[..])).collect();
    preview.newly_asked = needed(&rules.rules)
        .filter(|condition| !asked.contains(condition))
        .collect();
    let newly = &preview.newly_asked;
    let lacks = clinic.clients().filter(|client| {
        let declaration = clinic.declaration_of(client.id);
        declaration.is_some_and(|it| newly.iter().any(|&asked| it.answer(asked).is_none()))
    });
    preview.incomplete_clients = u32::try_from(lacks.count()).unwrap_or(u32::MAX);
}

/// The conditions that a declaration has to answer. A caution leaves it complete without.
fn needed(rules: &[Rule]) -> impl Iterator<Item = ConditionId> {
    let needed = rules.iter().filter(|rule| rule.effect != Effect::Caution);
    needed.map(|rule| rule.condition)
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
