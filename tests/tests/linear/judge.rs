//! Judges a history: whose is what, is each room's day linearizable, and do the revisions tell the same.
//!
//! The search for an order is [`WGLChecker`]'s, which is not ours and knows nothing of revisions. The second check needs no
//! search: the revisions of the answers are an order, and it only has to agree with the times and with what was shown.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant},
};

use todc_utils::{Action, History, WGLChecker};

use crate::{
    calls::parts,
    history::{Answer, Part, Record},
    names::{Names, Said},
    spec::{Act, Operation, RoomDay, State, within},
};

/// What a search may remember, in bytes, about.
const MEMORY: usize = 1 << 30;
/// How much of a history is told of when it is wrong.
const TOLD: usize = 16;

/// What is found of a history.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What can not be, whatever the order: one operation done twice, something that nobody made.
    pub(crate) odd: Vec<String>,
    /// Parts for which no order is possible, or none was found within the limit.
    pub(crate) not_linear: Vec<String>,
    /// What speaks against the order of the revisions.
    pub(crate) out_of_order: Vec<String>,
    /// How many parts were judged for themselves.
    pub(crate) parts: usize,
    /// The longest history of a part, in operations.
    pub(crate) longest: usize,
    /// The longest check of a part.
    pub(crate) slowest: Duration,
    /// The most steps that a check of a part took.
    pub(crate) steps: u64,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.odd.is_empty() && self.not_linear.is_empty() && self.out_of_order.is_empty()
    }
}

/// Judges a history, ordered by the time of the calls.
pub(crate) fn judge(records: &[Record]) -> Verdict {
    let mut names = Names::default();
    for record in records {
        names.learn(record);
    }
    let mut days: BTreeMap<Part, Vec<Timed>> = BTreeMap::new();
    let mut acts: Vec<Vec<Said>> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let found = names.acts(record).unwrap_or_else(|odd| {
            names.odd.push(format!("{odd}: {record:?}"));
            Vec::new()
        });
        for said in &found {
            days.entry(said.part).or_default().push(Timed {
                invoked: record.invoked,
                answered: record.answered,
                operation: Operation {
                    index,
                    act: said.act.clone(),
                    certain: true,
                },
            });
        }
        acts.push(found);
    }
    let mut verdict = Verdict {
        odd: names.odd,
        out_of_order: order(records, &acts),
        parts: days.len(),
        ..Verdict::default()
    };
    for (part, day) in &days {
        let begun = Instant::now();
        let found = search(day);
        verdict.slowest = verdict.slowest.max(begun.elapsed());
        verdict.longest = verdict.longest.max(day.len());
        match found {
            Found::Order { steps } => verdict.steps = verdict.steps.max(steps),
            Found::None => verdict.not_linear.push(explain(*part, day, records)),
            Found::Undecided { limit } => verdict.not_linear.push(format!(
                "{part:?}: {} operations could not be decided within {limit} steps",
                day.len()
            )),
        }
    }
    verdict
}

/// An operation of a part with its times.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) invoked: Duration,
    /// Not looked at for one that has no answer.
    pub(crate) answered: Duration,
    pub(crate) operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is an order.
    Order { steps: u64 },
    /// There is none.
    None,
    /// The limit was reached.
    Undecided { limit: u64 },
}

/// Looks for an order of a part's operations.
pub(crate) fn search(day: &[Timed]) -> Found {
    // Each step may remember a mark for each call and answer, and a state.
    let limit = MEMORY / (2 * day.len() + 400);
    search_within(day, limit as u64)
}

pub(crate) fn search_within(day: &[Timed], limit: u64) -> Found {
    // At the same time a call comes before an answer: then they are concurrent, which forbids less.
    let mut events: Vec<(Duration, bool, usize)> = Vec::new();
    for (process, timed) in day.iter().enumerate() {
        events.push((timed.invoked, false, process));
        if timed.operation.certain {
            events.push((timed.answered, true, process));
        }
    }
    events.sort_unstable();
    let mut actions: Vec<(usize, Action<Operation>)> = events
        .into_iter()
        .map(|(_, is_answer, process)| {
            let operation = day[process].operation.clone();
            let action = if is_answer {
                Action::Response(operation)
            } else {
                Action::Call(operation)
            };
            (process, action)
        })
        .collect();
    let end = Operation {
        index: usize::MAX,
        act: Act::End,
        certain: true,
    };
    actions.push((day.len(), Action::Call(end.clone())));
    actions.push((day.len(), Action::Response(end)));
    for (process, timed) in day.iter().enumerate() {
        if !timed.operation.certain {
            actions.push((process, Action::Response(timed.operation.clone())));
        }
    }
    let history = History::from_actions(actions);
    match within(limit, || WGLChecker::<RoomDay>::is_linearizable(history)) {
        Some((true, steps)) => Found::Order { steps },
        Some((false, _)) => Found::None,
        None => Found::Undecided { limit },
    }
}

/// Finds the shortest beginning of a history for which there is no order, and tells of its end.
fn explain(part: Part, day: &[Timed], records: &[Record]) -> String {
    let mut ends: Vec<&Timed> = day.iter().collect();
    ends.sort_by_key(|timed| timed.answered);
    let beginning = |count: usize| -> Vec<Timed> {
        let until = ends[count - 1].answered;
        let begun = day.iter().filter(|timed| timed.invoked <= until);
        begun
            .map(|timed| Timed {
                operation: Operation {
                    certain: timed.answered <= until,
                    ..timed.operation.clone()
                },
                ..timed.clone()
            })
            .collect()
    };
    // A beginning of a history that has an order has one.
    let (mut good, mut bad) = (0, ends.len());
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        match search(&beginning(middle)) {
            Found::Order { .. } => good = middle,
            Found::None | Found::Undecided { .. } => bad = middle,
        }
    }
    let mut text = format!("{part:?}: no order fits the first {bad} answers; the last of them:");
    for timed in &ends[bad.saturating_sub(TOLD)..bad] {
        let record = &records[timed.operation.index];
        let _ = write!(
            text,
            "\n  {:?} to {:?} worker {} operation {}: {:?} {:?}",
            timed.invoked,
            timed.answered,
            record.worker,
            record.number,
            record.call,
            timed.operation.act
        );
    }
    text
}

/// Whether the revisions of the answers are an order that agrees with time and with what was shown.
fn order(records: &[Record], acts: &[Vec<Said>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut told: Vec<(u64, bool, usize)> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        if let Answer::Done { revision, .. } = record.answer {
            told.push((revision, !record.call.is_change(), index));
        }
    }
    told.sort_unstable();
    let twice = told
        .windows(2)
        .filter(|two| two[0].0 == two[1].0 && !two[1].1);
    wrong.extend(twice.map(|two| {
        let (a, b) = (&records[two[0].2], &records[two[1].2]);
        format!("two changes have one revision: {a:?}, {b:?}")
    }));

    let mut days: BTreeMap<Part, State> = parts().map(|part| (part, State::default())).collect();
    for &(revision, _, index) in &told {
        for Said { part, act, .. } in acts[index].iter().filter(|said| said.is_of_revision) {
            let day = days.entry(*part).or_default();
            match day.after(act) {
                Some(next) => *day = next,
                None => wrong.push(format!(
                    "at revision {revision} {part:?} was {day:?}, which does not fit {act:?} of {:?}",
                    records[index]
                )),
            }
        }
    }

    let mut by_answer = told.clone();
    by_answer.sort_by_key(|&(.., index)| records[index].answered);
    let mut by_call = told;
    by_call.sort_by_key(|&(.., index)| records[index].invoked);
    let mut before = by_answer.iter().peekable();
    let mut newest: Option<(u64, usize)> = None;
    for (revision, is_read, index) in by_call {
        let over = |it: &&(u64, bool, usize)| records[it.2].answered < records[index].invoked;
        while let Some(&(revision, _, index)) = before.next_if(over) {
            newest = newest.max(Some((revision, index)));
        }
        if let Some((known, by)) = newest
            && (revision < known || revision == known && !is_read)
        {
            wrong.push(format!(
                "{:?} was over before {:?} began",
                records[by], records[index]
            ));
        }
    }
    wrong
}
