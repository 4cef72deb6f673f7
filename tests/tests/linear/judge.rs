//! Judges a history: whose is what, is each room's day linearizable, and do the revisions tell the same.
//!
//! The search for an order is [`WGLChecker`]'s, which is not ours and knows nothing of revisions. The second check needs no
//! search: the revisions of the answers are an order, and it only has to agree with the times and with what was shown.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    time::{Duration, Instant},
};

use todc_utils::{Action, History, WGLChecker};

use crate::{
    calls::parts,
    history::{Answer, Call, Look, No, Number, Part, Record, Shown},
    spec::{AHEAD, ANY, Act, OPEN, Operation, Phase, RoomDay, State, Thing, within},
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

/// What an answer says of a part.
#[derive(Debug)]
struct Said {
    part: Part,
    act: Act,
    /// It is of the revision of the answer.
    is_of_revision: bool,
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

/// Whether a move changed nothing, because it was to where the appointment is. Of a change, the etag is the revision.
fn stayed(record: &Record, it: &Shown) -> bool {
    let Answer::Done { revision, .. } = record.answer else {
        return false;
    };
    matches!(record.call, Call::Move { .. }) && it.etag != revision.to_string()
}

/// Which operation made what the server calls by an id, and which made the version that it calls by an etag.
#[derive(Debug, Default)]
struct Names {
    made: HashMap<String, Number>,
    id: HashMap<Number, String>,
    version: HashMap<(String, String), Number>,
    odd: Vec<String>,
}

impl Names {
    fn learn(&mut self, record: &Record) {
        let Answer::Done { shown, .. } = &record.answer else {
            return;
        };
        for it in shown {
            let maker = match record.call {
                Call::Hold { .. } => Some(record.number),
                _ => it.note,
            };
            if let Some(maker) = maker {
                self.name(&it.id, maker);
            }
            if record.call.is_change() && !stayed(record, it) {
                let version = (it.id.clone(), it.etag.clone());
                let by = *self.version.entry(version).or_insert(record.number);
                if by != record.number {
                    let odd = format!("{by} and {} made one version of {it:?}", record.number);
                    self.odd.push(odd);
                }
            }
        }
    }

    fn name(&mut self, id: &str, maker: Number) {
        let by = *self.made.entry(id.to_owned()).or_insert(maker);
        if by != maker {
            self.odd.push(format!("{by} and {maker} both made {id}"));
        }
        let known = self.id.entry(maker).or_insert_with(|| id.to_owned());
        if known != id {
            let odd = format!("operation {maker} was done twice: it made {known} and {id}");
            self.odd.push(odd);
        }
    }

    fn made(&self, id: &str) -> Result<Number, String> {
        let made = self.made.get(id).copied();
        made.ok_or_else(|| format!("nobody made {id}"))
    }

    /// The version that a change was asked for of, if it named one.
    fn read(&self, id: &str, etag: &str) -> Result<Option<Number>, String> {
        if etag.is_empty() {
            return Ok(None);
        }
        let version = self.version.get(&(id.to_owned(), etag.to_owned())).copied();
        let unknown = || format!("nobody made version {etag} of {id}");
        version.ok_or_else(unknown).map(Some)
    }

    /// What is shown; none when it is cancelled.
    fn thing(&self, it: &Shown) -> Result<Option<Thing>, String> {
        let phase = match it.state {
            Look::Held => Phase::Held,
            Look::Booked => Phase::Booked,
            Look::Confirmed => Phase::Confirmed,
            Look::Cancelled => return Ok(None),
        };
        Ok(Some(Thing {
            made: self.made(&it.id)?,
            minute: it.minute,
            phase,
            version: self.read(&it.id, &it.etag)?.ok_or("it has no etag")?,
        }))
    }

    /// The thing that a change gave back, which has to be the operation's own, in its part, and at the minute if one was asked for.
    fn own(&self, record: &Record, shown: &[Shown], minute: Option<u32>) -> Result<Thing, String> {
        let [it] = shown else {
            return Err("one thing is the answer of a change".to_owned());
        };
        if it.part != record.part || minute.is_some_and(|minute| minute != it.minute) {
            return Err("it is not where it was asked for".to_owned());
        }
        let thing = self.thing(it)?.ok_or("it is cancelled")?;
        if thing.version != record.number {
            return Err(format!("its version is of operation {}", thing.version));
        }
        Ok(thing)
    }

    /// What an operation with its answer says of each part.
    fn acts(&self, record: &Record) -> Result<Vec<Said>, String> {
        let said = |act, is_of_revision| Said {
            part: record.part,
            act,
            is_of_revision,
        };
        let act = match (&record.answer, &record.call) {
            (Answer::Done { shown, .. }, Call::DaySheet) => return self.sheet(record, shown),
            (Answer::Done { shown, .. }, Call::Move { id, etag, minute }) => match &shown[..] {
                // It shows what is there when it is answered, which may have been changed since.
                [it] if stayed(record, it) => {
                    let stay = Act::Stay {
                        made: self.made(id)?,
                        read: self.read(id, etag)?,
                        minute: *minute,
                    };
                    return Ok(vec![said(stay, true), said(self.seen(it)?, false)]);
                }
                _ => self.done(record, &record.call, shown)?,
            },
            (Answer::Done { shown, .. }, call) => self.done(record, call, shown)?,
            (Answer::Refused(no), call) => self.refused(call, no)?,
        };
        Ok(vec![said(act, true)])
    }

    fn done(&self, record: &Record, call: &Call, shown: &[Shown]) -> Result<Act, String> {
        Ok(match call {
            Call::Book { minute } | Call::Hold { minute } => {
                Act::Take(self.own(record, shown, Some(*minute))?)
            }
            Call::BookHeld { hold } => Act::TakeHeld {
                hold: self.made(hold)?,
                booked: self.own(record, shown, None)?,
            },
            Call::Release { hold } => Act::Release {
                hold: self.made(hold)?,
            },
            Call::Confirm { id, etag } => Act::Change {
                read: self.read(id, etag)?,
                from: OPEN,
                into: self.own(record, shown, None)?,
            },
            Call::Move { id, etag, minute } => Act::Change {
                read: self.read(id, etag)?,
                from: AHEAD,
                into: self.own(record, shown, Some(*minute))?,
            },
            Call::Cancel { id, etag } => {
                if !shown.iter().all(|it| it.state == Look::Cancelled) {
                    return Err("it is not cancelled".to_owned());
                }
                Act::Cancel {
                    made: self.made(id)?,
                    read: self.read(id, etag)?,
                }
            }
            Call::Get { id } => match shown {
                [it] if it.id == *id => self.seen(it)?,
                _ => return Err("one appointment was asked for".to_owned()),
            },
            Call::List | Call::DaySheet => self.all(record.part, shown, false)?,
        })
    }

    fn seen(&self, it: &Shown) -> Result<Act, String> {
        Ok(match self.thing(it)? {
            Some(thing) => Act::See(thing),
            None => Act::NotIn {
                made: self.made(&it.id)?,
                phases: ANY,
            },
        })
    }

    /// A day sheet shows the day of every room.
    fn sheet(&self, record: &Record, shown: &[Shown]) -> Result<Vec<Said>, String> {
        let day = parts().filter(|part| part.day == record.part.day);
        let said = |part| {
            Ok(Said {
                part,
                act: self.all(part, shown, true)?,
                is_of_revision: true,
            })
        };
        day.map(said).collect()
    }

    fn all(&self, part: Part, shown: &[Shown], holds: bool) -> Result<Act, String> {
        let here = shown.iter().filter(|it| it.part == part);
        let things = here.filter_map(|it| self.thing(it).transpose());
        let mut things: Vec<Thing> = things.collect::<Result<_, _>>()?;
        things.sort_unstable();
        Ok(Act::SeeAll { things, holds })
    }

    fn refused(&self, call: &Call, no: &No) -> Result<Act, String> {
        Ok(match (no, call) {
            (No::Taken { by }, Call::Book { minute } | Call::Hold { minute }) => {
                self.in_the_way(by, *minute, None)?
            }
            (No::Taken { by }, Call::Move { id, minute, .. }) => {
                self.in_the_way(by, *minute, Some(self.made(id)?))?
            }
            (No::HoldGone, Call::BookHeld { hold } | Call::Release { hold }) => Act::NotIn {
                made: self.made(hold)?,
                phases: &[Phase::Held],
            },
            (No::WrongState, Call::Confirm { id, .. }) => Act::NotIn {
                made: self.made(id)?,
                phases: OPEN,
            },
            (No::WrongState, Call::Cancel { id, .. } | Call::Move { id, .. }) => Act::NotIn {
                made: self.made(id)?,
                phases: AHEAD,
            },
            (
                No::Stale,
                Call::Confirm { id, etag }
                | Call::Cancel { id, etag }
                | Call::Move { id, etag, .. },
            ) => Act::Changed {
                made: self.made(id)?,
                read: self.read(id, etag)?.ok_or("no version was named")?,
            },
            _ => return Err("it can not be refused so".to_owned()),
        })
    }

    fn in_the_way(&self, by: &[String], minute: u32, moved: Option<Number>) -> Result<Act, String> {
        let taken_by = by.iter().map(|id| self.made(id));
        let taken_by: Vec<Number> = taken_by.collect::<Result<_, _>>()?;
        Ok(Act::InTheWay {
            minute,
            taken_by,
            moved,
        })
    }
}
