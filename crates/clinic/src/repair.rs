//! Repair: which appointments a disruption hits, and the best new places for all of them together.
//!
//! A [`plan`] is made on a snapshot in which the disruption is supposed to be there. Whatever is hit may get any
//! place that the search would propose for it; nobody else is asked for anything, but for another room or
//! therapist at the same time where that helps one who is hit. Of all such plans the one with the least [`Cost`]
//! is looked for, by branch and bound with a bounded number of steps and a bounded amount of work, both of them
//! counted and not timed, so that the answer depends on nothing but the clinic.
//!
//! What keeps site, start and service is a *swap*: all swaps are applied at once. The other new places have to be
//! agreed on with the client first: each is held beside the present place, so that each client may decline
//! without harm to the others. A repair keeps to the day; only who has no place on it is looked for one on the
//! days that follow.

use std::cell::Cell as Counter;
use std::collections::BTreeMap;
use std::ops::Add;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::clinic::Clinic;
use crate::id::{AppointmentId, HoldId, KeyId, OutageId, RoomId, SiteId, TherapistId};
use crate::limits;
use crate::model::{Appointment, Fault, Hold, Occupant, OutageTarget, RecordId, Sites, Slot};
use crate::refusal::Refusal;
use crate::rules;
use crate::time::{Cell, Interval, Minutes};

mod day;
mod hits;
mod solve;
#[cfg(test)]
mod tests;

use day::Day;
use hits::Hit;

/// What happens, or may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// An outage that is recorded.
    Outage(OutageId),
    /// A room, or its bars, would be out of service.
    Out {
        /// The room.
        room: RoomId,
        /// What of it.
        target: OutageTarget,
        /// From when on.
        from: Cell,
        /// Until when; `None` means all later dates.
        until: Option<Cell>,
    },
    /// A therapist would not be there.
    Absent {
        /// Who.
        therapist: TherapistId,
        /// When.
        time: Interval,
    },
    /// A session that is going on would end later.
    Overrun {
        /// Which.
        appointment: AppointmentId,
        /// How much later.
        by: Minutes,
    },
    /// Nothing new: whatever has become unsound at a site, for whatever reason.
    Unsound {
        /// The site.
        site: SiteId,
        /// When it starts.
        time: Interval,
    },
}

/// What a repair costs, compared from the first figure to the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// How many have no new place.
    pub unplaced: u32,
    /// How many get work of another kind.
    pub modality: u32,
    /// How many have to go to another site.
    pub site: u32,
    /// How many get another therapist.
    pub therapist: u32,
    /// By how many minutes sessions move, in all.
    pub minutes: u32,
    /// How many others change the room or the therapist.
    pub others: u32,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            unplaced: self.unplaced + more.unplaced,
            modality: self.modality + more.modality,
            site: self.site + more.site,
            therapist: self.therapist + more.therapist,
            minutes: self.minutes + more.minutes,
            others: self.others + more.others,
        }
    }
}

/// What mends a disruption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The appointments that are hit and those that change for them, by start and id.
    pub mends: Vec<Mend>,
    /// What it costs.
    pub cost: Cost,
    /// Whether no plan costs less, each day taken by itself; else it is the best that was found in time.
    pub proven: bool,
    /// Whether more are hit than one plan mends.
    pub more: bool,
}

/// What becomes of one appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// The appointment, as it is now.
    pub appointment: Arc<Appointment>,
    /// What stands against it where it is; nothing for one that changes for another.
    pub faults: Vec<Fault>,
    /// Its new place, if it has one.
    pub to: Option<Slot>,
}

impl Mend {
    /// Whether it changes at once, without asking the client: it keeps site, start and service.
    pub fn is_swap(&self) -> bool {
        let is_swap = |to| is_swap(&self.appointment.slot, to);
        self.to.as_ref().is_some_and(is_swap)
    }
}

/// Whether a new place is another room or therapist at the same time, and nothing else.
pub fn is_swap(from: &Slot, to: &Slot) -> bool {
    from.service == to.service && from.site == to.site && from.start() == to.start()
}

/// The best repair of all that is hit at the sites within reach, and what it costs. Refused when something is named
/// that does not exist or that the disruption can not happen to.
pub fn plan(
    clinic: &Clinic,
    disruptions: &[Disruption],
    reach: &Sites,
    now: Timestamp,
) -> Result<Plan, Refusal> {
    let (plan, _) = plan_within(clinic, disruptions, reach, now, limits::REPAIR_WORK)?;
    Ok(plan)
}

/// As [`plan`], with so much work at most, but for what is begun when it ends. Tells how much it took.
fn plan_within(
    clinic: &Clinic,
    disruptions: &[Disruption],
    reach: &Sites,
    now: Timestamp,
    work: u64,
) -> Result<(Plan, u64), Refusal> {
    let mut world = clinic.without_expired(now).into_owned();
    let mut hits = hits::of(&mut world, disruptions, reach, now)?;
    // Somebody may be on the phone about a place that is held already: it is planned anew only when it is no good any more.
    hits.retain(|hit| {
        let call = world.hold_moving(hit.appointment.id);
        call.is_none_or(|call| !is_good(&world, call))
    });
    let more = hits.len() > limits::REPAIR_HITS;
    hits.truncate(limits::REPAIR_HITS);
    for hit in &hits {
        let call = world.hold_moving(hit.appointment.id);
        if let Some(call) = call.map(|call| RecordId::Hold(call.id)) {
            world.leave_out(&call);
        }
    }
    let fine = disruptions
        .iter()
        .any(|it| matches!(it, Disruption::Overrun { .. }));
    let mut planner = Planner {
        world,
        reach,
        now,
        fine,
        work,
        spent: Counter::new(0),
        plan: Plan {
            proven: true,
            more,
            ..Plan::default()
        },
    };
    planner.all(hits);
    let spent = planner.spent.get();
    let mut plan = planner.plan;
    plan.mends
        .sort_by_key(|mend| (mend.appointment.slot.start(), mend.appointment.id));
    plan.cost.unplaced = 0;
    for mend in &plan.mends {
        plan.cost.unplaced += u32::from(mend.to.is_none());
    }
    Ok((plan, spent))
}

/// Whether a place that is held for a call could be taken as it is.
fn is_good(world: &Clinic, call: &Hold) -> bool {
    rules::judge(
        world,
        &call.slot,
        call.client,
        Some(Occupant::Hold(call.id)),
    )
    .is_empty()
}

struct Planner<'a> {
    /// The clinic with the disruption, and with what is planned so far.
    world: Clinic,
    reach: &'a Sites,
    now: Timestamp,
    /// Whether any start is good, and not only those on the grid of proposals.
    fine: bool,
    /// How much work may be done.
    work: u64,
    /// How much is.
    spent: Counter<u64>,
    plan: Plan,
}

impl Planner<'_> {
    fn all(&mut self, hits: Vec<Hit>) {
        let mut days: BTreeMap<Date, Vec<Hit>> = BTreeMap::new();
        for hit in hits {
            if let Some(site) = self.world.site(hit.appointment.slot.site) {
                let date = site.zone.date(hit.appointment.slot.start());
                days.entry(date).or_default().push(hit);
            }
        }
        let count = u32::try_from(days.len()).unwrap_or(u32::MAX).max(1);
        let budget = limits::REPAIR_TRIED_PER_DAY.min(limits::REPAIR_TRIED / count);
        let mut left = Vec::new();
        for ((date, hits), after) in days.into_iter().zip((0..count).rev()) {
            // As much for each, and for all that is looked for on other days.
            let rest = self.day(date, hits, true, (budget, after + 2));
            left.push((date, rest));
        }
        for (date, mut hits) in left {
            for ahead in 1..=i64::from(limits::REPAIR_DAYS) {
                if hits.is_empty() {
                    break;
                }
                let Ok(date) = date.checked_add(ahead.days()) else {
                    break;
                };
                if self.work_left() == 0 {
                    self.plan.proven = false;
                    break;
                }
                hits = self.day(date, hits, false, (budget, 4));
            }
            let none = hits.into_iter().map(|hit| Mend {
                appointment: hit.appointment,
                faults: hit.faults,
                to: None,
            });
            self.plan.mends.extend(none);
        }
    }

    /// Notes that some work is done.
    fn spend(&self, work: u64) {
        self.spent.set(self.spent.get().saturating_add(work));
    }

    /// How much work may still be done.
    const fn work_left(&self) -> u64 {
        self.work.saturating_sub(self.spent.get())
    }

    /// Looks for places on one date, and answers for whom there is none. It may take so many steps, and so manieth a
    /// part of the work that is left.
    fn day(
        &mut self,
        date: Date,
        hits: Vec<Hit>,
        own: bool,
        (steps, part): (u32, u32),
    ) -> Vec<Hit> {
        let day = Day::new(&self.world, date, hits, own, self);
        let solved = solve::solve(&day, steps, part);
        let (mends, left) = day.mends(&solved.choices);
        self.plan.proven &= solved.proven;
        self.plan.cost = self.plan.cost + solved.cost;
        for mend in mends {
            self.adopt(&mend);
            self.plan.mends.push(mend);
        }
        left
    }

    /// Goes on as if a mend were applied.
    fn adopt(&mut self, mend: &Mend) {
        let Some(to) = mend.to.clone() else { return };
        let appointment = &mend.appointment;
        if mend.is_swap() {
            self.world.suppose(Appointment {
                slot: to,
                ..Appointment::clone(appointment)
            });
        } else {
            self.world.suppose(Hold {
                // Behind whatever there is.
                id: HoldId::new(u64::MAX - appointment.id.number()),
                client: Some(appointment.client),
                slot: to,
                moves: Some(appointment.id),
                expires_at: Timestamp::MAX,
                made_by: KeyId::new(0),
            });
        }
    }
}
