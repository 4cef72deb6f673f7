//! What one room's day is, one operation after the other: the specification that histories are judged by.
//!
//! It shares nothing with the server. It knows of appointments that are booked or confirmed and of holds, that none of them
//! may share the room, and that each change of an appointment makes a version of it, by which a later change can ask that
//! nothing has happened in between. Operations are named by their [`Number`]; ids and etags never come here.

use std::cell::Cell;

use todc_utils::Specification;

use crate::history::Number;

/// How long the room is taken, turnover included.
const ROOM_MINUTES: u32 = 75;

/// What is in the room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Thing {
    /// The operation that made it.
    pub(crate) made: Number,
    pub(crate) minute: u32,
    pub(crate) phase: Phase,
    /// The operation that changed it last.
    pub(crate) version: Number,
}

impl Thing {
    fn is_in_the_way(&self, minute: u32) -> bool {
        self.minute.abs_diff(minute) < ROOM_MINUTES
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    Held,
    Booked,
    Confirmed,
}

/// An operation with what it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Booked or held a free place.
    Take(Thing),
    /// Booked what was held.
    TakeHeld {
        hold: Number,
        booked: Thing,
    },
    Release {
        hold: Number,
    },
    /// Changed an appointment into this. With `read` nothing had changed since that version.
    Change {
        read: Option<Number>,
        from: &'static [Phase],
        into: Thing,
    },
    Cancel {
        made: Number,
        read: Option<Number>,
    },
    /// Moved an appointment to where it already was, which changed nothing.
    Stay {
        made: Number,
        read: Option<Number>,
        minute: u32,
    },
    /// Was refused, because the place is taken, by these among others. What is moved is not in its own way.
    InTheWay {
        minute: u32,
        taken_by: Vec<Number>,
        moved: Option<Number>,
    },
    /// Was refused, or saw, that it is not there any more, or not in these phases.
    NotIn {
        made: Number,
        phases: &'static [Phase],
    },
    /// Was refused, because it was changed after that version.
    Changed {
        made: Number,
        read: Number,
    },
    /// Saw one.
    See(Thing),
    /// Saw all, in order; appointments alone, or holds too.
    SeeAll {
        things: Vec<Thing>,
        holds: bool,
    },
    /// All that was answered is over.
    End,
}

/// Where an appointment may be confirmed, moved and cancelled from.
pub(crate) const OPEN: &[Phase] = &[Phase::Booked];
pub(crate) const AHEAD: &[Phase] = &[Phase::Booked, Phase::Confirmed];
pub(crate) const ANY: &[Phase] = &[Phase::Held, Phase::Booked, Phase::Confirmed];

/// An operation, and whether it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Its place in the history, for reports.
    pub(crate) index: usize,
    pub(crate) act: Act,
    /// It is known to have happened. Otherwise it happened before the end, or never.
    pub(crate) certain: bool,
}

/// A room's day: what is in the room, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    things: Vec<Thing>,
    ended: bool,
}

impl State {
    /// The state after an operation; none when it could not be answered so.
    pub(crate) fn after(&self, act: &Act) -> Option<Self> {
        let mut next = self.clone();
        match act {
            Act::Take(thing) => {
                let clear = !self.things.iter().any(|it| it.is_in_the_way(thing.minute));
                (clear && self.find(thing.made).is_none()).then_some(())?;
                next.put(thing.clone());
            }
            Act::TakeHeld { hold, booked } => {
                let held = next.take(*hold, &[Phase::Held])?;
                (held.minute == booked.minute && self.find(booked.made).is_none()).then_some(())?;
                next.put(booked.clone());
            }
            Act::Release { hold } => {
                next.take(*hold, &[Phase::Held])?;
            }
            Act::Change { read, from, into } => {
                let before = next.take(into.made, from)?;
                is_unchanged(&before, *read)?;
                let clear = !next.things.iter().any(|it| it.is_in_the_way(into.minute));
                clear.then_some(())?;
                // Confirming lets it stay where it is, moving keeps it confirmed or not.
                let as_asked = if *from == OPEN {
                    (into.phase, into.minute) == (Phase::Confirmed, before.minute)
                } else {
                    into.phase == before.phase
                };
                as_asked.then_some(())?;
                next.put(into.clone());
            }
            Act::Cancel { made, read } => {
                let before = next.take(*made, AHEAD)?;
                is_unchanged(&before, *read)?;
            }
            Act::Stay { made, read, minute } => {
                let thing = self.find(*made)?;
                is_unchanged(thing, *read)?;
                let there = thing.minute == *minute && AHEAD.contains(&thing.phase);
                there.then_some(())?;
            }
            Act::InTheWay {
                minute,
                taken_by,
                moved,
            } => {
                let others = self.things.iter().filter(|it| Some(it.made) != *moved);
                let in_the_way = others.filter(|it| it.is_in_the_way(*minute));
                let in_the_way: Vec<Number> = in_the_way.map(|it| it.made).collect();
                let named = taken_by.iter().all(|by| in_the_way.contains(by));
                (named && !taken_by.is_empty()).then_some(())?;
            }
            Act::NotIn { made, phases } => {
                let there = self
                    .find(*made)
                    .is_some_and(|it| phases.contains(&it.phase));
                (!there).then_some(())?;
            }
            Act::Changed { made, read } => {
                let same = self.find(*made).is_some_and(|it| it.version == *read);
                (!same).then_some(())?;
            }
            Act::See(thing) => (self.find(thing.made) == Some(thing)).then_some(())?,
            Act::SeeAll { things, holds } => {
                let shown = self.things.iter();
                let shown = shown.filter(|it| *holds || it.phase != Phase::Held);
                shown.eq(things).then_some(())?;
            }
            Act::End => next.ended = true,
        }
        Some(next)
    }

    fn find(&self, made: Number) -> Option<&Thing> {
        self.things.iter().find(|it| it.made == made)
    }

    fn put(&mut self, thing: Thing) {
        let at = self.things.partition_point(|it| it.made < thing.made);
        self.things.insert(at, thing);
    }

    fn take(&mut self, made: Number, phases: &[Phase]) -> Option<Thing> {
        let is_it = |it: &Thing| it.made == made && phases.contains(&it.phase);
        let at = self.things.iter().position(is_it)?;
        Some(self.things.remove(at))
    }
}

fn is_unchanged(thing: &Thing, read: Option<Number>) -> Option<()> {
    read.is_none_or(|read| read == thing.version).then_some(())
}

thread_local! {
    /// How often the search of this thread may still apply an operation.
    static BUDGET: Cell<u64> = const { Cell::new(0) };
}

/// Runs a search that may apply so many operations; gives what it found and what it used, or nothing when that was not enough.
///
/// The search ends early by itself when nothing can be applied any more.
pub(crate) fn within<T>(budget: u64, search: impl FnOnce() -> T) -> Option<(T, u64)> {
    BUDGET.set(budget);
    let found = search();
    let left = BUDGET.get();
    (left > 0).then_some((found, budget - left))
}

/// [`State`] as the checker wants it.
#[derive(Debug)]
pub(crate) struct RoomDay;

impl Specification for RoomDay {
    type State = State;
    type Operation = Operation;

    fn init() -> State {
        State::default()
    }

    fn apply(operation: &Operation, state: &State) -> (bool, State) {
        let left = BUDGET.get().saturating_sub(1);
        BUDGET.set(left);
        if left == 0 {
            return (false, state.clone());
        }
        if state.ended && !operation.certain {
            return (true, state.clone());
        }
        match state.after(&operation.act) {
            Some(next) => (true, next),
            None => (false, state.clone()),
        }
    }
}
