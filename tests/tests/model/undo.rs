//! Taking back, in the oracle: what an operation changed, and what it was before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use treadwell_clinic::id::{KeyId, ShiftId};
use treadwell_clinic::model::{Phase, RecordId, WeekTemplate};
use treadwell_clinic::{CommandKind, Commit};

use super::expect::{Case, Expected};
use super::oracle::{Booked, Held, Oracle, Out, Shift, Taker, Turning};
use super::roster::Off;
use super::run::Operations;
use super::upkeep::Hygiene;
use super::waitlist::Waits;

/// One thing of the oracle's, as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Appointment(Option<Booked>),
    Hold(Option<Held>),
    Shift(Option<Shift>),
    Week(Option<WeekTemplate>),
    Off(Option<Off>),
    Outage(Option<Out>),
    Turnover(Option<Turning>),
    FootCare(Option<bool>),
    Waits(Option<Waits>),
    Hygiene(Option<Hygiene>),
    /// Not modelled: its contents play no part in any rule.
    Other,
}

/// What a key did last.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) kind: CommandKind,
    pub(crate) at: Timestamp,
    pub(crate) before: Vec<(RecordId, Thing)>,
    pub(crate) after: Vec<(RecordId, Thing)>,
    /// The version of each record that it changed, before it and afterwards.
    pub(crate) versions: BTreeMap<RecordId, (Option<u64>, Option<u64>)>,
}

/// A key that the run made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownKey {
    pub(crate) owner: bool,
    pub(crate) revoked: bool,
}

impl Oracle {
    pub(crate) fn thing(&self, id: &RecordId) -> Thing {
        match id {
            RecordId::Appointment(id) => Thing::Appointment(self.appointments.get(id).cloned()),
            RecordId::Hold(id) => Thing::Hold(self.holds.get(id).cloned()),
            RecordId::Shift(id) => Thing::Shift(self.shifts.get(id).cloned()),
            RecordId::WeekTemplate(id) => Thing::Week(self.weeks.get(id).cloned()),
            RecordId::Absence(id) => Thing::Off(self.off.get(id).cloned()),
            RecordId::Outage(id) => Thing::Outage(self.outages.get(id).cloned()),
            RecordId::Turnover(id) => Thing::Turnover(self.turnovers.get(id).cloned()),
            RecordId::FootCare(who, day) => Thing::FootCare(self.ready.get(&(*who, *day)).copied()),
            RecordId::WaitlistEntry(id) => Thing::Waits(self.waiting.get(id).cloned()),
            RecordId::Hygiene(id) => Thing::Hygiene(self.hygiene.get(id).cloned()),
            _ => Thing::Other,
        }
    }

    /// One thing goes back to what it was before an operation of `kind`.
    pub(crate) fn take_back(
        &mut self,
        kind: CommandKind,
        id: &RecordId,
        before: &Thing,
        after: &Thing,
    ) {
        match (id, before) {
            (RecordId::Appointment(id), Thing::Appointment(None)) => {
                // Others have seen the booking: it stays, cancelled.
                let booked = self.appointments.get_mut(id).expect("it was booked");
                booked.phase = Phase::Cancelled;
                booked.late = false;
            }
            // A hold that was used or given up by the way does not come back; one that was made longer gets its old end.
            (RecordId::Hold(_), Thing::Hold(Some(_)))
                if !matches!(kind, CommandKind::ReleaseHold | CommandKind::RecordContact) => {}
            (RecordId::Appointment(id), Thing::Appointment(was)) => {
                put(&mut self.appointments, *id, was.as_ref());
            }
            (RecordId::Hold(id), Thing::Hold(was)) => put(&mut self.holds, *id, was.as_ref()),
            (RecordId::Shift(id), Thing::Shift(was)) => put(&mut self.shifts, *id, was.as_ref()),
            (RecordId::WeekTemplate(id), Thing::Week(was)) => {
                put(&mut self.weeks, *id, was.as_ref());
            }
            (RecordId::Absence(id), Thing::Off(was)) => put(&mut self.off, *id, was.as_ref()),
            (RecordId::Outage(id), Thing::Outage(was)) => put(&mut self.outages, *id, was.as_ref()),
            (RecordId::Turnover(id), Thing::Turnover(was)) => {
                put(&mut self.turnovers, *id, was.as_ref());
            }
            (RecordId::WaitlistEntry(id), Thing::Waits(was)) => {
                put(&mut self.waiting, *id, was.as_ref());
            }
            (RecordId::FootCare(who, day), Thing::FootCare(was)) => {
                put(&mut self.ready, (*who, *day), was.as_ref());
            }
            (RecordId::Hygiene(id), Thing::Hygiene(before)) => {
                let Thing::Hygiene(Some(after)) = after else {
                    panic!("{after:?}: hygiene is only added")
                };
                let now = self.hygiene.get(id);
                let left = now.map(|now| now.without(before.as_ref(), after));
                if let Some(left) = left {
                    put(&mut self.hygiene, *id, left.as_ref());
                }
            }
            (RecordId::StockMovement(id), _) => self.upkeep.take_back(*id),
            _ => {}
        }
    }
}

fn put<K: Ord, V: Clone>(map: &mut BTreeMap<K, V>, key: K, value: Option<&V>) {
    match value {
        Some(value) => map.insert(key, value.clone()),
        None => map.remove(&key),
    };
}

impl Operations {
    pub(crate) fn last(&self, key: KeyId) -> Option<&Last> {
        self.last.get(&key)
    }

    /// Which version of a record there is: the number of the commit in which somebody changed it last. What the clinic judges
    /// by itself is no new version, and what is taken back brings the old one back.
    pub(crate) fn version(&self, what: &RecordId) -> Option<u64> {
        self.versions.get(what).copied()
    }

    /// The version that a commit leaves a record at which it changes and does not remove.
    pub(crate) fn next_version(
        &self,
        commit: &Commit,
        what: &RecordId,
        before: &Thing,
        after: &Thing,
    ) -> Option<u64> {
        let known = self.version(what);
        match (what, commit.kind) {
            (RecordId::Appointment(_), CommandKind::Rejudge) => known,
            (RecordId::Appointment(_), CommandKind::Move | CommandKind::MoveSeries)
                if before == after =>
            {
                known
            }
            (RecordId::Appointment(_), CommandKind::Undo) => {
                let undone = &self.last[&commit.by].versions[what];
                undone.0.or(Some(commit.revision))
            }
            _ => Some(commit.revision),
        }
    }

    /// What the oracle expects when nothing has changed since: the old state has to be possible again.
    pub(crate) fn taking_back(case: &Case<'_>, last: &Last) -> Expected {
        let mut reasons = Vec::new();
        // All of it goes back at once: some may have swapped their places.
        let mut then = case.oracle.clone();
        for ((id, before), (_, after)) in last.before.iter().zip(&last.after) {
            match (id, before, after) {
                (RecordId::Appointment(_), Thing::Appointment(Some(_)), _)
                | (RecordId::Hold(_), _, Thing::Hold(Some(_))) => {
                    then.take_back(last.kind, id, before, after);
                }
                _ => {}
            }
        }
        for ((id, before), (_, after)) in last.before.iter().zip(&last.after) {
            match (id, before, after) {
                (
                    RecordId::Appointment(id),
                    Thing::Appointment(Some(before)),
                    Thing::Appointment(Some(after)),
                ) => {
                    reasons.extend(against_restoring(case, &then, *id, before, after));
                }
                (RecordId::Hold(_), Thing::Hold(Some(hold)), Thing::Hold(None))
                    if last.kind == CommandKind::ReleaseHold =>
                {
                    if hold.expires <= case.now {
                        reasons.push("HOLD_EXPIRED");
                    }
                    if let Some(moved) = hold.moves {
                        let ahead = [Phase::Booked, Phase::Confirmed, Phase::Arrived];
                        let is_ahead = ahead.contains(&case.oracle.appointments[&moved].phase);
                        let mut calls = case.oracle.holds.values();
                        if !is_ahead || calls.any(|it| it.moves == Some(moved)) {
                            reasons.push("UNDO_CHANGED");
                        }
                    }
                    let own = hold.moves.map(Taker::Appointment);
                    reasons.extend(case.oracle.against(&hold.place, hold.client, false, own));
                }
                (RecordId::Turnover(room), Thing::Turnover(Some(_)), Thing::Turnover(None)) => {
                    let mut all = case.oracle.appointments.values();
                    if all.any(|it| it.phase == Phase::InSession && it.place.room == *room) {
                        reasons.push("UNDO_CHANGED");
                    }
                }
                (RecordId::StockMovement(id), ..) => {
                    reasons.extend(case.oracle.upkeep.against_taking_back(*id));
                }
                (RecordId::Shift(_), Thing::Shift(Some(shift)), _) => {
                    let goes_back = |id: ShiftId| {
                        let mut before = last.before.iter();
                        before.any(|(it, _)| *it == RecordId::Shift(id))
                    };
                    reasons.extend(case.oracle.in_the_way(shift, goes_back));
                }
                (RecordId::Absence(own), Thing::Off(Some(off)), _) => {
                    reasons.extend(case.off_twice(Some(*own), off));
                }
                _ => {}
            }
        }
        if reasons.is_empty() {
            Expected::Accepted
        } else {
            Expected::RefusedForOneOf(reasons.into_iter().collect())
        }
    }
}

fn against_restoring(
    case: &Case<'_>,
    then: &Oracle,
    id: treadwell_clinic::id::AppointmentId,
    before: &Booked,
    after: &Booked,
) -> Vec<&'static str> {
    let oracle = case.oracle;
    let mut reasons = Vec::new();
    if before.occupies() {
        reasons = then.against(
            &before.place,
            Some(before.client),
            true,
            Some(Taker::Appointment(id)),
        );
        let (old, new) = (&before.place, &after.place);
        let kept = after.occupies()
            && (old.start, old.end, old.room, old.therapist)
                == (new.start, new.end, new.room, new.therapist);
        let ahead = matches!(
            before.phase,
            Phase::Booked | Phase::Confirmed | Phase::Arrived
        );
        if kept || !ahead {
            let clash = [
                "ROOM_TAKEN",
                "THERAPIST_TAKEN",
                "TRAVEL_GAP",
                "CLIENT_TAKEN",
            ];
            reasons.retain(|reason| clash.contains(reason));
        }
    }
    if before.phase == Phase::InSession && after.phase != Phase::InSession {
        let running = |it: &&Booked| it.phase == Phase::InSession;
        let mut sessions = oracle.appointments.values().filter(running);
        if sessions
            .clone()
            .any(|it| it.place.room == before.place.room)
        {
            reasons.push("ROOM_IN_SESSION");
        }
        if sessions.any(|it| it.place.therapist == before.place.therapist) {
            reasons.push("THERAPIST_IN_SESSION");
        }
    }
    reasons
}
