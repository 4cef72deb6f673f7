//! Series, told again: each appointment of one is judged by itself, for its own day and beside all that keeps its place.

use std::collections::BTreeSet;

use treadwell_clinic::Command;
use treadwell_clinic::command::{
    BookSeries, BookSource, Cancel, CancelSeries, MoveSeries, NewPlace, OnImpossible, SeriesScope,
};
use treadwell_clinic::id::{AppointmentId, ClientId};
use treadwell_clinic::model::{Appointment, Change, Phase, Record, RecordId, Wish};

use super::absorb::Absorb;
use super::expect::{Case, Expected, at, moved};
use super::generate::cell;
use super::oracle::{Booked, Minute, Oracle, Taker, minute, stamp};

/// What stands against all of a series, and not only against one of it.
const WHOLE: [&str; 10] = [
    "INVALID",
    "SITE_NOT_ALLOWED",
    "NOT_FOUND",
    "ROOM_OF_ANOTHER_SITE",
    "THERAPIST_OF_ANOTHER_SITE",
    "NOT_AN_EXTENSION",
    "HOLD_OF_ANOTHER_KEY",
    "HOLD_OF_ANOTHER_CLIENT",
    "HOLD_OF_ANOTHER_APPOINTMENT",
    "HOLD_EXPIRED",
];

pub(crate) const AHEAD: [Phase; 3] = [Phase::Booked, Phase::Confirmed, Phase::Arrived];

/// Two sessions whose starts lie so far apart, in minutes, have nothing to do with each other.
const APART: Minute = 6 * 60;

impl Expected {
    fn whole(&self) -> Option<BTreeSet<&'static str>> {
        let reasons = match self {
            Self::Refused(all) | Self::RefusedForOneOf(all) => all,
            Self::Accepted | Self::Unforeseen => return None,
        };
        let whole: BTreeSet<_> = reasons
            .iter()
            .copied()
            .filter(|reason| WHOLE.contains(reason))
            .collect();
        (!whole.is_empty()).then_some(whole)
    }

    fn names(&self, reason: &str) -> bool {
        match self {
            Self::Refused(all) | Self::RefusedForOneOf(all) => all.contains(reason),
            Self::Accepted | Self::Unforeseen => false,
        }
    }
}

impl Oracle {
    /// Minutes of the local calendar, as if no clock were ever changed.
    fn civil(&self, at: Minute) -> Minute {
        let local = stamp(at).to_zoned(self.zone.clone());
        let days = local.date().since(jiff::civil::Date::ZERO).expect("days");
        Minute::from(days.get_days()) * 1440
            + Minute::from(local.hour()) * 60
            + Minute::from(local.minute())
    }

    /// The minute at which the local clock shows that.
    fn shown(&self, civil: Minute) -> Minute {
        let days = i32::try_from(civil.div_euclid(1440)).expect("in range");
        let date = jiff::civil::Date::ZERO + jiff::Span::new().days(days);
        let clock = i8::try_from(civil.rem_euclid(1440) / 60).expect("an hour");
        let past = i8::try_from(civil.rem_euclid(60)).expect("a minute");
        let local = date.at(clock, past, 0, 0).to_zoned(self.zone.clone());
        minute(local.expect("in range").timestamp())
    }

    /// The same time of the local clock, so many days later.
    pub(crate) fn days_later(&self, start: Minute, days: Minute) -> Minute {
        self.shown(self.civil(start) + days * 1440)
    }
}

/// What a series asks for: the client, and the wish of each.
struct Asked {
    client: Option<ClientId>,
    wishes: Vec<Wish>,
}

/// What becomes of the members of a series that are to move.
struct Plan {
    /// Those that can be moved, and what for.
    moving: Vec<(AppointmentId, Wish)>,
    /// Those that can not, with their numbers and why.
    stuck: Vec<(u16, AppointmentId, Expected)>,
    /// Those that could not if all of them left their places.
    at_first: Vec<(u16, Expected)>,
    /// Some would meet each other, so that it depends on the rooms and therapists that are chosen.
    mixed: bool,
    /// The oracle with none of those that move.
    without: Oracle,
}

impl Case<'_> {
    pub(crate) fn book_series(&self, book: &BookSeries) -> Expected {
        if !(2..=52).contains(&book.times) || !(1..=366).contains(&book.every_days) {
            return vec!["INVALID"].into();
        }
        let each = match self.each(book) {
            Ok(each) => each,
            Err(whole) => return whole,
        };
        if let Some(whole) = each.iter().find_map(Expected::whole) {
            return Expected::RefusedForOneOf(whole);
        }
        let possible = each.iter().filter(|it| **it == Expected::Accepted).count();
        let fails = possible == 0 || book.on_impossible == OnImpossible::FailAll;
        let impossible = each.into_iter().find(|it| *it != Expected::Accepted);
        match impossible.filter(|_| fails) {
            Some(first) => first,
            None => Expected::Accepted,
        }
    }

    /// What is expected of each of a series to book; or of all of them.
    fn each(&self, book: &BookSeries) -> Result<Vec<Expected>, Expected> {
        let asked = self.asked(book)?;
        let mut each = Vec::new();
        for wish in &asked.wishes {
            let held = match book.first {
                BookSource::Hold { hold, client } if each.is_empty() => {
                    let held = self.held(hold).map_err(Expected::from)?;
                    Some(self.taking_hold(hold, held, client, None))
                }
                _ => None,
            };
            each.push(held.unwrap_or_else(|| self.placed(wish, true, None)));
        }
        Ok(each)
    }

    fn asked(&self, book: &BookSeries) -> Result<Asked, Expected> {
        let first = match &book.first {
            BookSource::Wish(wish) if wish.client.is_none() => return Err(vec!["INVALID"].into()),
            BookSource::Wish(wish) => wish.clone(),
            BookSource::Hold { hold, client } => {
                let held = self.held(*hold).map_err(Expected::from)?;
                let place = &held.place;
                let taken = self.taking_hold(*hold, held, *client, None);
                if let Some(whole) = taken.whole() {
                    return Err(Expected::Refused(whole));
                }
                Wish {
                    client: client.or(held.client),
                    service: place.service,
                    extensions: place.extensions.clone(),
                    site: place.site,
                    start: cell(place.start),
                    room: None,
                    therapist: None,
                }
            }
        };
        let start = at(first.start);
        let wishes = (0..Minute::from(book.times)).map(|number| {
            let days = number * Minute::from(book.every_days);
            Wish {
                start: cell(self.oracle.days_later(start, days)),
                ..first.clone()
            }
        });
        Ok(Asked {
            client: first.client,
            wishes: wishes.collect(),
        })
    }

    /// The appointment that is named, and the others of its series that a scope is about.
    fn members(&self, named: AppointmentId, scope: SeriesScope) -> Vec<AppointmentId> {
        let appointments = &self.oracle.appointments;
        let Some((series, number)) = appointments[&named].series else {
            return vec![named];
        };
        let present = minute(self.now).div_euclid(5) * 5;
        let others = appointments.iter().filter(|(id, it)| {
            let theirs = it.series.filter(|(theirs, _)| *theirs == series);
            let in_scope =
                theirs.is_some_and(|(_, theirs)| scope == SeriesScope::All || number < theirs);
            let waits = matches!(it.phase, Phase::Booked | Phase::Confirmed);
            **id == named || (in_scope && waits && present <= it.place.start)
        });
        others.map(|(id, _)| *id).collect()
    }

    /// Whether the actor may act wherever a member is.
    fn reaches_all(&self, members: &[AppointmentId]) -> bool {
        let site = |id| self.oracle.appointments[id].place.site;
        members.iter().all(|id| self.actor.sites.allow(site(id)))
    }

    pub(crate) fn move_series(&self, asked: &MoveSeries) -> Expected {
        let reasons = self.step(asked.step, &AHEAD);
        if !reasons.is_empty() {
            return reasons.into();
        }
        if !self.reaches_all(&self.members(asked.step.appointment, asked.scope)) {
            return vec!["SITE_NOT_ALLOWED"].into();
        }
        let plan = match self.plan(asked) {
            Ok(plan) => plan,
            Err(whole) => return Expected::RefusedForOneOf(whole),
        };
        if plan.mixed {
            return Expected::Unforeseen;
        }
        if asked.on_impossible == OnImpossible::FailAll {
            let first = plan.at_first.into_iter().min_by_key(|(number, _)| *number);
            return first.map_or(Expected::Accepted, |(_, why)| why);
        }
        if !plan.moving.is_empty() {
            return Expected::Accepted;
        }
        let first = plan.stuck.into_iter().min_by_key(|(number, ..)| *number);
        first.map_or(Expected::Accepted, |(.., why)| why)
    }

    /// Where each member goes, and which can not: those keep their places, which the others have to leave them.
    fn plan(&self, asked: &MoveSeries) -> Result<Plan, BTreeSet<&'static str>> {
        let named = asked.step.appointment;
        let appointments = &self.oracle.appointments;
        let site_known = asked
            .to
            .site
            .is_none_or(|id| self.oracle.sites.contains_key(&id));
        let from = self.oracle.civil(appointments[&named].place.start);
        let by = asked
            .to
            .start
            .map(|start| self.oracle.civil(at(start)) - from);
        let members = self.members(named, asked.scope);
        let mut moving: Vec<(AppointmentId, Wish)> = Vec::new();
        for id in members {
            let booked = &appointments[&id];
            let start = match by {
                Some(by) if id != named => {
                    let civil = self.oracle.civil(booked.place.start) + by;
                    Some(cell(self.oracle.shown(civil)))
                }
                _ => asked.to.start,
            };
            let to = NewPlace {
                start,
                ..asked.to.clone()
            };
            moving.push((id, moved(booked, &to)));
        }
        let mut whole = BTreeSet::new();
        for (_, wish) in &moving {
            let expected = self.placed(wish, true, None);
            whole.extend(expected.whole().into_iter().flatten());
        }
        if !whole.is_empty() {
            return Err(whole);
        }
        assert!(site_known, "an unknown site stands against all");
        let starts: Vec<_> = moving.iter().map(|(_, wish)| at(wish.start)).collect();
        let mixed = starts.iter().enumerate().any(|(n, one)| {
            let mut later = starts[n + 1..].iter();
            later.any(|other| (one - other).abs() < APART)
        });
        let number = |id| appointments[&id].series.map_or(1, |(_, number)| number);
        let mut plan = Plan {
            moving,
            stuck: Vec::new(),
            at_first: Vec::new(),
            mixed,
            without: self.oracle.clone(),
        };
        loop {
            plan.without = self.oracle.clone();
            for (id, _) in &plan.moving {
                plan.without.appointments.remove(id);
            }
            let case = Case {
                oracle: &plan.without,
                ..*self
            };
            let judged: Vec<_> = plan
                .moving
                .iter()
                .map(|(id, wish)| (*id, case.placed(wish, true, Some(Taker::Appointment(*id)))))
                .filter(|(_, expected)| *expected != Expected::Accepted)
                .collect();
            if plan.stuck.is_empty() {
                plan.at_first = judged
                    .iter()
                    .map(|(id, why)| (number(*id), why.clone()))
                    .collect();
            }
            if judged.is_empty() {
                return Ok(plan);
            }
            plan.moving
                .retain(|(id, _)| judged.iter().all(|(stuck, _)| stuck != id));
            let stuck = judged.into_iter().map(|(id, why)| (number(id), id, why));
            plan.stuck.extend(stuck);
        }
    }

    pub(crate) fn cancel_series(&self, asked: &CancelSeries) -> Expected {
        let reasons = self.cancel(&asked.cancel);
        if !reasons.is_empty() {
            return reasons.into();
        }
        let members = self.members(asked.cancel.step.appointment, asked.scope);
        if self.reaches_all(&members) {
            Expected::Accepted
        } else {
            vec!["SITE_NOT_ALLOWED"].into()
        }
    }
}

impl Absorb<'_> {
    fn case(&self) -> Case<'_> {
        Case {
            oracle: self.oracle,
            operations: self.operations,
            actor: self.actor,
            now: self.now,
        }
    }

    /// The appointments after the command, of those that it changed.
    fn changed(&self) -> Vec<std::sync::Arc<Appointment>> {
        let after = self.decision.changes.iter().filter_map(Change::after);
        after
            .filter_map(|record| match record {
                Record::Appointment(it) => Some(std::sync::Arc::clone(it)),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn book_series(&mut self, book: &BookSeries) {
        let case = self.case();
        let each = case.each(book).expect("it was accepted");
        let asked = case.asked(book).expect("it was accepted");
        let booked = self.changed();
        let numbers: Vec<u16> = booked
            .iter()
            .map(|it| it.series.expect("it is of a series").number)
            .collect();
        let possible: Vec<u16> = (1..)
            .zip(&each)
            .filter(|(_, expected)| **expected == Expected::Accepted)
            .map(|(number, _)| number)
            .collect();
        assert_eq!(numbers, possible, "each that can be had, and no other");
        self.left_out(|number| each[usize::from(number) - 1].clone());
        let mut places = Vec::new();
        for one in &booked {
            let number = usize::from(one.series.expect("checked").number) - 1;
            let wish = &asked.wishes[number];
            let place = match book.first {
                BookSource::Hold { hold, .. } if number == 0 => {
                    self.oracle.holds[&hold].place.clone()
                }
                BookSource::Hold { hold, .. } => {
                    let held = &self.oracle.holds[&hold].place;
                    let pairs = self.oracle.pairs(wish, at(wish.start), true, None);
                    let pair = (one.slot.room, one.slot.therapist);
                    assert!(pairs.contains(&pair), "{wish:?} was given {pair:?}");
                    let kept = (held.room, held.therapist);
                    assert!(
                        !pairs.contains(&kept) || pair == kept,
                        "it could be as the first"
                    );
                    let (room, therapist) = pair;
                    let start = at(wish.start);
                    let place =
                        self.oracle
                            .place(wish.service, &wish.extensions, room, therapist, start);
                    place.expect("it was accepted")
                }
                BookSource::Wish(_) => self.chosen(wish, &one.slot, true, None),
            };
            places.push(place);
        }
        if let BookSource::Hold { hold, .. } = book.first {
            self.oracle.holds.remove(&hold);
        }
        for (one, place) in booked.iter().zip(places) {
            let series = one.series.expect("checked");
            assert_eq!(series.of, book.times);
            let booked = Booked {
                client: asked.client.expect("nobody is booked without a client"),
                place,
                phase: Phase::Booked,
                review: None,
                reconfirmed: None,
                late: false,
                series: Some((series.id, series.number)),
            };
            self.oracle.appointments.insert(one.id, booked);
        }
    }

    /// What the command left out is what the oracle expects, and for a reason that it knows.
    fn left_out(&self, why: impl Fn(u16) -> Expected) {
        for one in &self.decision.reply.impossible {
            let (number, reason) = (one.number, one.why.reason());
            let expected = why(number);
            assert!(
                expected.names(reason),
                "{number}: {reason}, not {expected:?}"
            );
        }
    }

    pub(crate) fn move_series(&mut self, asked: &MoveSeries) {
        let plan = self.case().plan(asked).expect("it was accepted");
        let changed = self.changed();
        let after = |id| changed.iter().find(|it| it.id == id);
        let left = self.decision.reply.impossible.iter();
        let left: BTreeSet<_> = left.filter_map(|it| it.appointment).collect();
        if !plan.mixed {
            let stuck: BTreeSet<_> = plan.stuck.iter().map(|(_, id, _)| *id).collect();
            assert_eq!(left, stuck, "each that can be moved, and no other");
            self.left_out(|number| {
                let stuck = plan.stuck.iter().find(|(its, ..)| *its == number);
                stuck.map_or(Expected::Accepted, |(.., why)| why.clone())
            });
        }
        let mut moved = Vec::new();
        for (id, wish) in &plan.moving {
            let before = &self.oracle.appointments[id].place;
            let now = after(*id).map_or((before.room, before.therapist), |it| {
                (it.slot.room, it.slot.therapist)
            });
            let pairs =
                plan.without
                    .pairs(wish, at(wish.start), true, Some(Taker::Appointment(*id)));
            let stays = (before.room, before.therapist);
            let stays_put = after(*id).is_none() && (plan.mixed || at(wish.start) == before.start);
            if !plan.mixed {
                assert!(pairs.contains(&now), "{wish:?} was moved to {now:?}");
                let free = wish.room.is_none() && wish.therapist.is_none();
                if free && wish.site == before.site && pairs.contains(&stays) {
                    assert_eq!(stays, now, "the move could have kept both");
                }
            }
            if plan.mixed && (left.contains(id) || stays_put) {
                continue;
            }
            let (room, therapist) = now;
            let start = at(wish.start);
            let place = self
                .oracle
                .place(wish.service, &wish.extensions, room, therapist, start);
            moved.push((*id, place.expect("it was accepted")));
        }
        for (id, place) in moved {
            let is_early = !self.case().arriving(place.start).is_empty();
            let booked = self.oracle.appointments.get_mut(&id).expect("it is there");
            if booked.phase == Phase::Arrived && is_early {
                booked.phase = Phase::Booked;
                booked.reconfirmed = None;
            }
            booked.place = place;
        }
    }

    pub(crate) fn cancel_series(&mut self, asked: &CancelSeries) {
        let members = self
            .case()
            .members(asked.cancel.step.appointment, asked.scope);
        let told: BTreeSet<_> = self.decision.reply.records.iter().copied().collect();
        let expected: BTreeSet<_> = members
            .iter()
            .map(|id| RecordId::Appointment(*id))
            .collect();
        assert_eq!(told, expected, "those that are cancelled");
        for appointment in members {
            let cancel = Cancel {
                step: treadwell_clinic::command::Step {
                    appointment,
                    etag: None,
                },
                ..asked.cancel.clone()
            };
            self.absorb(&Command::Cancel(cancel));
        }
    }
}
