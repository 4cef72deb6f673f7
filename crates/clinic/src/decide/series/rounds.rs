//! How a series is moved: in rounds. Whoever has no place in a round keeps the old one, and the others are looked at
//! again beside it.
//!
//! A round looks only at those for whom something may be different than in the round before: a series has up to
//! [`crate::limits::SERIES`] members, and each of them may have its own round.

use std::sync::Arc;

use super::{Stuck, Why};
use crate::clinic::Clinic;
use crate::command::{NewPlace, OnImpossible};
use crate::decide::{Work, book};
use crate::explain::NoPlace;
use crate::model::{Appointment, RecordId, Slot, Wish};
use crate::refusal::{Refusal, WhyNot};
use crate::time::{CELL_MINUTES, Cell};

/// What lies further than this from a start has nothing to do with it: places are ranked by what else there is on their
/// date, and what clashes is nearer. Two days, in cells.
const NEAR: u32 = 2 * 24 * 60 / CELL_MINUTES as u32;

/// One that is to move.
pub(super) struct Moving<'a> {
    before: &'a Arc<Appointment>,
    to: NewPlace,
    /// What it got in the latest round.
    after: Option<Appointment>,
}

impl<'a> Moving<'a> {
    pub(super) const fn new(before: &'a Arc<Appointment>, to: NewPlace) -> Self {
        Self {
            before,
            to,
            after: None,
        }
    }

    /// When it is to begin.
    fn start(&self) -> Cell {
        self.to.start.unwrap_or(self.before.slot.start())
    }
}

/// What came of it.
pub(super) struct Rounds<'a> {
    /// The clinic with those that move in their new places.
    pub(super) tip: Clinic,
    /// Each that moves, before and after.
    pub(super) moved: Vec<(&'a Arc<Appointment>, Appointment)>,
    /// Those that can not.
    pub(super) stuck: Vec<Stuck>,
}

/// Looks for the place of one: what it asks for, and what there is.
pub(super) type Look<'l> = &'l mut dyn FnMut(
    &Work<'_>,
    &Appointment,
    &NewPlace,
) -> Result<(Wish, Result<Slot, NoPlace>), Refusal>;

/// Moves all that can be moved at once. When all fail with one, a single round tells which do.
pub(super) fn go<'a>(
    work: &Work<'_>,
    mut moving: Vec<Moving<'a>>,
    on_impossible: OnImpossible,
    look: Look<'_>,
) -> Result<Rounds<'a>, Refusal> {
    let (mut stuck, mut changed) = (Vec::new(), Vec::new());
    loop {
        let (tip, left) = round(work, &mut moving, &mut changed, look)?;
        let is_last = left.is_empty() || on_impossible == OnImpossible::FailAll;
        moving.retain(|one| one.after.is_some());
        stuck.extend(left);
        if is_last {
            let moved = moving.into_iter();
            let moved = moved.filter_map(|one| Some((one.before, one.after?)));
            return Ok(Rounds {
                tip,
                moved: moved.collect(),
                stuck,
            });
        }
    }
}

/// One round: the clinic with those that can be moved in their new places and the others in none, and the latter.
/// `changed` says where it differs from the round before, and then where the next one will.
fn round(
    work: &Work<'_>,
    moving: &mut [Moving<'_>],
    changed: &mut Vec<Cell>,
    look: Look<'_>,
) -> Result<(Clinic, Vec<Stuck>), Refusal> {
    let mut tip = work.clinic.clone();
    for one in &*moving {
        tip.leave_out(&RecordId::Appointment(one.before.id));
    }
    let (mut left, mut kept) = (Vec::new(), Vec::new());
    for one in moving {
        let start = one.start();
        let is_near = |at: &Cell| at.since(start).max(start.since(*at)) <= NEAR;
        if let Some(after) = one.after.as_ref().filter(|_| !changed.iter().any(is_near)) {
            tip.suppose(after.clone());
            continue;
        }
        let judged = work.on(&tip);
        let found = match look(&judged, one.before, &one.to) {
            Ok((wish, found)) => found.map_err(|none| Why::NoPlace(Box::new((wish, none)))),
            Err(refusal) => Err(Why::Said(WhyNot::of(refusal)?)),
        };
        let after = match found {
            Ok(slot) => {
                let after = book::moved(&judged, one.before, slot);
                tip.suppose(after.clone());
                Some(after)
            }
            Err(why) => {
                kept.push(one.before.slot.start());
                left.push(Stuck {
                    number: one.before.series.map_or(1, |place| place.number),
                    appointment: Some(one.before.id),
                    site: one.to.site.unwrap_or(one.before.slot.site),
                    start,
                    why,
                });
                None
            }
        };
        if one.after.is_some() && one.after != after {
            changed.push(start);
        }
        one.after = after;
    }
    // Next time these are where they were.
    *changed = kept;
    Ok((tip, left))
}

#[cfg(test)]
mod tests;
