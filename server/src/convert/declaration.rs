//! Declarations: answers about health.

use treadwell_api::v1;
use treadwell_api::v1::event_time::Precision;
use treadwell_clinic::id::ConditionId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Answer, Declaration, When};
use treadwell_clinic::screening::{ceases, changes};
use treadwell_clinic::time::Zone;

use super::fields::Fields;
use super::values;
use crate::access::HealthRead;

/// An answer to record.
pub type Given = (ConditionId, Answer);

/// Reads the field `answers`. What was not asked stands for itself in a declaration that replaces the
/// earlier one; it can not complete one.
pub fn read_answers(
    answers: &[v1::Answer],
    replace: bool,
    f: &mut Fields<'_>,
) -> Option<Vec<Given>> {
    f.count("answers", answers.len(), 1..=limits::RULES)?;
    let mut read: Vec<Given> = Vec::with_capacity(answers.len());
    let mut good = true;
    for (at, answer) in answers.iter().enumerate() {
        let mut f = f.item("answers", at);
        let condition = f.id("condition_id", &answer.condition_id);
        let given = read_answer(answer, replace, &mut f);
        let (Some(condition), Some(given)) = (condition, given) else {
            good = false;
            continue;
        };
        if read.iter().any(|&(other, _)| other == condition) {
            f.wrong::<()>("condition_id", "is there twice");
            good = false;
        }
        read.extend(given.map(|answer| (condition, answer)));
    }
    good.then_some(read)
}

/// Reads one answer: `Some(None)` when the question was not asked.
#[expect(
    clippy::option_option,
    reason = "as with every reader, none of it when it is wrong"
)]
fn read_answer(answer: &v1::Answer, replace: bool, f: &mut Fields<'_>) -> Option<Option<Answer>> {
    let kind = f.choice("kind", answer.kind, |kind: v1::AnswerKind| match kind {
        v1::AnswerKind::Unspecified => None,
        other => Some(other),
    })?;
    match (kind, &answer.when) {
        (v1::AnswerKind::Yes, when) => Some(Some(Answer::Yes(read_when(
            when.as_ref(),
            &mut f.inside("when"),
        )?))),
        (_, Some(_)) => f.wrong("when", "only beside a yes"),
        (v1::AnswerKind::No, None) => Some(Some(Answer::No)),
        (_, None) if replace => Some(None),
        (_, None) => f.wrong(
            "kind",
            "yes or no: to take an answer back, replace the declaration",
        ),
    }
}

fn read_when(when: Option<&v1::EventTime>, f: &mut Fields<'_>) -> Option<When> {
    match when.and_then(|when| when.precision.as_ref()) {
        None => Some(When::Unknown),
        Some(Precision::Instant(instant)) => f.instant("instant", Some(instant)).map(When::Instant),
        Some(Precision::Date(date)) => f.date("date", Some(date)).map(When::Date),
        Some(Precision::Month(month)) => {
            if month.day != 0 {
                return f.wrong("month.day", "0: only the month is known");
            }
            let first = v1::LocalDate { day: 1, ..*month };
            let first = f.date("month", Some(&first))?;
            Some(When::Month {
                year: first.year(),
                month: first.month(),
            })
        }
    }
}

/// Shows that there is a declaration, without what it says: a watch is not audited.
pub fn show(declaration: &Declaration) -> v1::Declaration {
    v1::Declaration {
        ceases_on: None,
        changes: Vec::new(),
        id: declaration.id.to_string(),
        client_id: declaration.client.to_string(),
        recorded_at: Some(values::instant(declaration.at)),
        recorded_by: declaration.by.to_string(),
        answers: Vec::new(),
    }
}

/// Shows a declaration whole, which only a read that is in the audit trail may.
pub fn show_whole(declaration: &Declaration, _read: &HealthRead) -> v1::Declaration {
    let answers = declaration.answers.iter().map(|answered| v1::Answer {
        asked_at: Some(values::instant(answered.asked_at)),
        ..show_answer(answered.condition, answered.answer)
    });
    v1::Declaration {
        answers: answers.collect(),
        ..show(declaration)
    }
}

/// Shows a declaration whole, with when it ceases to be good, and how it differs from the one before it.
pub fn show_in_history(
    declaration: &Declaration,
    before: Option<&Declaration>,
    zone: Option<&Zone>,
    validity_months: u16,
    read: &HealthRead,
) -> v1::Declaration {
    let ceases = zone.and_then(|zone| ceases(declaration, None, zone, validity_months));
    let answer = |condition, answer: Option<Answer>| answer.map(|it| show_answer(condition, it));
    v1::Declaration {
        ceases_on: ceases.map(values::date),
        changes: changes(before, declaration)
            .into_iter()
            .map(|change| v1::AnswerChange {
                condition_id: change.condition.to_string(),
                before: answer(change.condition, change.before),
                after: answer(change.condition, change.after),
            })
            .collect(),
        ..show_whole(declaration, read)
    }
}

fn show_answer(condition: ConditionId, answer: Answer) -> v1::Answer {
    let (kind, when) = match answer {
        Answer::No => (v1::AnswerKind::No, None),
        Answer::Yes(when) => (v1::AnswerKind::Yes, show_when(when)),
    };
    v1::Answer {
        condition_id: condition.to_string(),
        kind: kind.into(),
        when,
        asked_at: None,
    }
}

fn show_when(when: When) -> Option<v1::EventTime> {
    let precision = match when {
        When::Unknown => return None,
        When::Month { year, month } => Precision::Month(v1::LocalDate {
            year: year.into(),
            month: month.into(),
            day: 0,
        }),
        When::Date(date) => Precision::Date(values::date(date)),
        When::Instant(instant) => Precision::Instant(values::instant(instant)),
    };
    Some(v1::EventTime {
        precision: Some(precision),
    })
}
