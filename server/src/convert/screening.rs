//! What screening says, as far as the caller may know it.
//!
//! Everybody who books gets the outcome, the first eligible date, the questions that are open and
//! what may be booked instead; why stays with those who treat or manage.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::{ConditionId, ServiceId};
use treadwell_clinic::model::{Effect, Eligible, Outcome, OutcomeKind, Reason, Screening, Verdict};
use treadwell_clinic::screening::Alternative;
use treadwell_clinic::time::Zone;

use super::values;
use crate::access::View;

/// The API's word for an outcome.
pub const fn show_outcome(outcome: OutcomeKind) -> v1::ScreeningOutcome {
    match outcome {
        OutcomeKind::Clear => v1::ScreeningOutcome::Clear,
        OutcomeKind::NeedsReview => v1::ScreeningOutcome::NeedsReview,
        OutcomeKind::Incomplete => v1::ScreeningOutcome::Incomplete,
        OutcomeKind::ExcludedUntil => v1::ScreeningOutcome::ExcludedUntil,
        OutcomeKind::Excluded => v1::ScreeningOutcome::Excluded,
    }
}

/// Shows that nothing stands against the work. By which rules is left out: they may have changed since,
/// and an appointment that they leave as it was is not told again.
pub fn clear() -> v1::Screening {
    v1::Screening {
        outcome: v1::ScreeningOutcome::Clear.into(),
        ..v1::Screening::default()
    }
}

/// Shows a screening of `service`, if it was for one, in the site's `zone`.
pub fn show(
    screening: &Screening,
    service: Option<ServiceId>,
    clinic: &Clinic,
    zone: &Zone,
    view: &View,
) -> v1::Screening {
    let mut shown = v1::Screening {
        outcome: show_outcome(screening.outcome.kind()).into(),
        rule_set_id: screening.rule_set.as_str().to_owned(),
        rule_set_version: i32::try_from(screening.version).unwrap_or(i32::MAX),
        ..v1::Screening::default()
    };
    shown.unanswered = questions(screening, clinic);
    if screening.outcome == Outcome::Clear {
        return shown;
    }
    if let Outcome::ExcludedUntil(eligible) = screening.outcome {
        let at = eligible.instant(zone);
        shown.eligible_at = Some(values::instant(at));
        shown.eligible_on = Some(values::date(zone.local(at).date()));
    }
    shown.alternative_service_ids = alternatives(screening, service, clinic);
    if view.health() {
        // Cautions are told apart from what screening says.
        let reasons = screening.reasons.iter();
        let reasons = reasons.filter(|reason| reason.verdict != Verdict::Caution);
        shown.reasons = reasons.map(|reason| show_reason(reason, zone)).collect();
    }
    shown
}

/// What the therapist is to mind, for those who may know it. Apart from [`show`], because a watch does not tell it: it
/// changes with declarations and rules and not with what it is shown beside.
pub fn cautions(screening: &Screening, view: &View) -> Vec<v1::Caution> {
    if !view.health() {
        return Vec::new();
    }
    let reasons = screening.reasons.iter();
    let cautions = reasons.filter(|reason| reason.verdict == Verdict::Caution);
    cautions
        .map(|reason| v1::Caution {
            condition_id: reason.condition.to_string(),
            text: text_of(reason.condition, reason.verdict),
        })
        .collect()
}

/// Shows one reason, to those who may know about health.
pub fn show_reason(reason: &Reason, zone: &Zone) -> v1::ScreeningReason {
    v1::ScreeningReason {
        condition_id: reason.condition.to_string(),
        outcome: outcome_of(reason.verdict).into(),
        text: text_of(reason.condition, reason.verdict),
        until: match reason.verdict {
            Verdict::ExcludedUntil(eligible) => Some(values::instant(eligible.instant(zone))),
            _ => None,
        },
    }
}

fn questions(screening: &Screening, clinic: &Clinic) -> Vec<v1::Question> {
    let rules = clinic.rule_set(screening.rule_set);
    screening
        .unanswered()
        .into_iter()
        .map(|condition| {
            let rule =
                rules.and_then(|set| set.rules.iter().find(|rule| rule.condition == condition));
            v1::Question {
                condition_id: condition.to_string(),
                text: rule.map(|rule| rule.question.clone()).unwrap_or_default(),
                asks_when: rule.is_some_and(|rule| match rule.effect {
                    Effect::Exclude(window) => window.is_dated(),
                    Effect::Review | Effect::Caution => false,
                }),
            }
        })
        .collect()
}

/// What may be booked instead. Only barefoot work is refused; without a service that is what the rules judge.
fn alternatives(screening: &Screening, service: Option<ServiceId>, clinic: &Clinic) -> Vec<String> {
    let mut judged = clinic.services().filter(|it| match service {
        Some(id) => it.id == id,
        None => it.rule_set == screening.rule_set,
    });
    let mut ids = Vec::new();
    if !judged.any(|it| it.modality.is_barefoot()) {
        return ids;
    }
    for alternative in screening.outcome.alternatives() {
        match alternative {
            Alternative::SameWork(_) => ids.extend(service.map(|id| id.to_string())),
            Alternative::OtherWork => ids.extend(
                clinic
                    .services()
                    .filter(|other| !other.retired && !other.modality.is_barefoot())
                    .map(|other| other.id.to_string()),
            ),
        }
    }
    ids
}

fn outcome_of(verdict: Verdict) -> v1::ScreeningOutcome {
    match verdict {
        Verdict::Caution => v1::ScreeningOutcome::Clear,
        Verdict::NeedsReview => v1::ScreeningOutcome::NeedsReview,
        Verdict::NotAsked | Verdict::Outdated => v1::ScreeningOutcome::Incomplete,
        Verdict::ExcludedUntil(_) => v1::ScreeningOutcome::ExcludedUntil,
        Verdict::DateUnknown | Verdict::Excluded => v1::ScreeningOutcome::Excluded,
    }
}

fn text_of(condition: ConditionId, verdict: Verdict) -> String {
    let condition = condition.as_str().replace('-', " ");
    match verdict {
        Verdict::Caution => format!("{condition}: mind it"),
        Verdict::NeedsReview => format!("{condition}: a therapist decides"),
        Verdict::NotAsked => format!("{condition}: not asked"),
        Verdict::Outdated => format!("{condition}: asked too long ago"),
        Verdict::ExcludedUntil(Eligible::Date(date)) => {
            format!("{condition}: excluded until {date}")
        }
        Verdict::ExcludedUntil(Eligible::Instant(instant)) => {
            format!("{condition}: excluded until {instant}")
        }
        Verdict::DateUnknown => format!("{condition}: excluded until its date is known"),
        Verdict::Excluded => format!("{condition}: excluded"),
    }
}
