//! Clients, what they declare about their health, and what a therapist makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Work;
use super::appointment;
use super::check::Checks;
use crate::clinic::Clinic;
use crate::command::{
    EarlierAnswers, NewClient, RecordDeclaration, ReviewScreening, Scope, UpdateClient,
};
use crate::id::{ClientId, ConditionId, DeclarationId, TherapistId};
use crate::limits;
use crate::model::{
    Answer, Answered, Appointment, Client, Declaration, Outcome, RecordId, Review, ReviewDecision,
    Role, Screening, Verb, When,
};
use crate::refusal::Refusal;
use crate::{retention, rules};

#[cfg(test)]
mod tests;

pub(super) fn create(work: &mut Work<'_>, new: &NewClient) -> Result<(), Refusal> {
    let client = made(work, new)?;
    work.create(client);
    Ok(())
}

/// A new client, not yet part of the clinic.
pub(super) fn made(work: &mut Work<'_>, new: &NewClient) -> Result<Client, Refusal> {
    let client = Client {
        id: ClientId::new(work.fresh()?),
        name: new.name.clone(),
        phone: new.phone.clone(),
        email: new.email.clone(),
        born: new.born,
        preferred: new.preferred,
        note: new.note.clone(),
        external: String::new(),
        since: Some(work.now()),
    };
    check(work, &client)?;
    Ok(client)
}

pub(super) fn update(work: &mut Work<'_>, update: &UpdateClient) -> Result<(), Refusal> {
    let what = RecordId::Client(update.client);
    let before = work
        .clinic
        .client(update.client)
        .ok_or(Refusal::NotFound { what })?;
    let mut after = Client::clone(before);
    update.name.clone().onto(&mut after.name);
    update.phone.clone().onto(&mut after.phone);
    update.email.clone().onto(&mut after.email);
    update.born.onto(&mut after.born);
    update.preferred.onto(&mut after.preferred);
    update.note.clone().onto(&mut after.note);
    date(work, &mut after);
    check(work, &after)?;
    work.fresh_enough(what, update.etag)?;
    work.update(Arc::clone(before), after);
    Ok(())
}

/// Dates the record of a client who came before that was noted and of whom nothing else on file is dated: it is kept as long
/// as if they came today. Whoever is on file by anything older keeps that date, and no change to their record keeps it longer.
pub(super) fn date(work: &Work<'_>, client: &mut Client) {
    if retention::of(work.clinic, client.id).kept_until.is_none() {
        client.since = Some(work.now());
    }
}

fn check(work: &Work<'_>, client: &Client) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.name("name", &client.name);
    checks.line("phone", &client.phone, limits::PHONE_CHARS);
    checks.line("email", &client.email, limits::EMAIL_CHARS);
    let address = client.email.is_empty() || client.email.contains('@');
    checks.expect(address, "email", "an address with an @");
    // The latest local date anywhere: nobody is born after it.
    let tomorrow = crate::time::next_day(jiff::tz::TimeZone::UTC.to_datetime(work.now()).date());
    let past = client.born.is_none_or(|born| born <= tomorrow);
    checks.expect(past, "born", "not in the future");
    checks.text("note", &client.note, limits::NOTE_CHARS);
    checks.finish()?;
    preferred_exists(work, client.preferred)
}

fn preferred_exists(work: &Work<'_>, preferred: Option<TherapistId>) -> Result<(), Refusal> {
    match preferred {
        Some(id) if work.clinic.therapist(id).is_none() => Err(Refusal::NotFound {
            what: RecordId::Therapist(id),
        }),
        _ => Ok(()),
    }
}

pub(super) fn record_declaration(
    work: &mut Work<'_>,
    new: &RecordDeclaration,
) -> Result<(), Refusal> {
    let asked_at = new.asked_at.unwrap_or(work.now());
    let mut checks = Checks::default();
    let known = known_conditions(work.clinic);
    checks.at_most("answers", new.answers.len(), limits::RULES);
    checks.unique(
        "answers",
        new.answers.iter().map(|(condition, _)| condition),
    );
    checks.each("answers", &new.answers, |checks, (condition, answer)| {
        let is_known = known.contains(condition);
        checks.expect(is_known, "condition", "a condition of some rule set");
        if let Answer::Yes(When::Month { month, .. }) = answer {
            checks.between("month", *month, 1, 12);
        }
    });
    checks.expect(asked_at <= work.now(), "asked_at", "not in the future");
    checks.finish()?;
    let what = RecordId::Client(new.client);
    work.clinic
        .client(new.client)
        .ok_or(Refusal::NotFound { what })?;

    let earlier = match new.earlier {
        EarlierAnswers::Keep => work.clinic.declaration_of(new.client),
        EarlierAnswers::Drop => None,
    };
    let mut answers: BTreeMap<ConditionId, Answered> = earlier
        .into_iter()
        .flat_map(|declaration| &declaration.answers)
        .map(|answered| (answered.condition, *answered))
        .collect();
    answers.extend(new.answers.iter().map(|&(condition, answer)| {
        let answered = Answered {
            condition,
            answer,
            asked_at,
        };
        (condition, answered)
    }));
    let declaration = Declaration {
        id: DeclarationId::new(work.fresh()?),
        client: new.client,
        at: work.now(),
        by: work.context.actor.key,
        answers: answers.into_values().collect(),
    };
    work.create(declaration);
    work.rejudge(Scope::Client(new.client));
    Ok(())
}

fn known_conditions(clinic: &Clinic) -> BTreeSet<ConditionId> {
    clinic
        .rule_sets()
        .flat_map(|rule_set| &rule_set.rules)
        .map(|rule| rule.condition)
        .collect()
}

pub(super) fn review_screening(
    work: &mut Work<'_>,
    review: &ReviewScreening,
) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.text("note", &review.note, limits::NOTE_CHARS);
    let described = review.decision != ReviewDecision::Modify || !review.note.is_empty();
    checks.expect(described, "note", "how the session is modified");
    checks.finish()?;
    let before = appointment::find(work, review.step, Verb::Review)?;
    let actor = &work.context.actor;
    if actor.role != Role::Therapist && actor.therapist.is_none() {
        return Err(Refusal::NotATherapist);
    }
    let screening = rules::screening_of(work.clinic, before)
        .filter(|screening| asks_for_review(work.clinic, before, screening))
        .ok_or(Refusal::NothingToReview)?;
    let mut after = Appointment {
        review: Some(Box::new(Review {
            decision: review.decision,
            note: review.note.clone(),
            by: actor.key,
            at: work.now(),
            declaration: screening.declaration,
            rule_set: screening.rule_set,
            version: screening.version,
            reasons: screening.reasons,
        })),
        ..Appointment::clone(before)
    };
    after.flags = rules::flags(work.clinic, &after);
    work.update(Arc::clone(before), after);
    Ok(())
}

/// Whether a therapist may decide on a screening: an exclusion from barefoot work is not theirs to lift,
/// and nobody decides on questions that were not asked.
fn asks_for_review(clinic: &Clinic, appointment: &Appointment, screening: &Screening) -> bool {
    let barefoot = clinic
        .service(appointment.slot.service)
        .is_some_and(|service| service.modality.is_barefoot());
    match screening.outcome {
        Outcome::Clear => false,
        Outcome::NeedsReview => true,
        Outcome::Incomplete { .. } | Outcome::ExcludedUntil(_) | Outcome::Excluded => !barefoot,
    }
}
