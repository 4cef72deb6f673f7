//! Whose is what: from ids and etags, as the server gives them, to the operations that made them; and what an answer says
//! then, in the words of the specification.

use std::collections::HashMap;

use crate::{
    calls::parts,
    history::{Answer, Call, Look, No, Number, Part, Record, Shown},
    spec::{AHEAD, ANY, Act, OPEN, Phase, Thing},
};

/// What an answer says of a part.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) part: Part,
    pub(crate) act: Act,
    /// It is of the revision of the answer.
    pub(crate) is_of_revision: bool,
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
pub(crate) struct Names {
    made: HashMap<String, Number>,
    id: HashMap<Number, String>,
    version: HashMap<(String, String), Number>,
    /// What can not be, whatever the order.
    pub(crate) odd: Vec<String>,
}

impl Names {
    pub(crate) fn learn(&mut self, record: &Record) {
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
    pub(crate) fn acts(&self, record: &Record) -> Result<Vec<Said>, String> {
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
