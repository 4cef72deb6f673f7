//! The waitlist, told again: who waits for what, and what is offered to them.
//!
//! An offer is a hold, and the oracle keeps it among its holds: no double booking follows from that alone.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use treadwell_clinic::CommandKind;
use treadwell_clinic::command::{Book, BookSource, OfferedPlace};
use treadwell_clinic::id::{ClientId, HoldId, SiteId, TherapistId, WaitlistId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Freed, Record, WaitState, WaitlistEntry, WaitlistPhase, Wanted, WantedTherapist, Wish,
};
use treadwell_clinic::{Actor, Command, Decision};

use super::absorb::Absorb;
use super::expect::at;
use super::generate::cell;
use super::oracle::{Booked, Held, Minute, Oracle, Place, minute};

/// Somebody on the waitlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) client: ClientId,
    pub(crate) wanted: Wanted,
    pub(crate) phase: WaitlistPhase,
    /// What is offered: the hold, when and where, and whether the client was told.
    pub(crate) offer: Option<(HoldId, At, bool)>,
    /// What they did not take.
    pub(crate) passed: Vec<At>,
}

/// Where, with whom, and from when until when.
type At = (SiteId, TherapistId, Minute, Minute);

fn place_of(place: &Place) -> At {
    (place.site, place.therapist, place.start, place.end)
}

impl Waits {
    /// The clinic's entry in the oracle's words.
    pub(crate) fn of(entry: &WaitlistEntry) -> Self {
        let offer = match &entry.state {
            WaitState::Offered(offer) => {
                let slot = &offer.slot;
                let (start, end) = (at(slot.planned.start()), at(slot.planned.end()));
                let place = (slot.site, slot.therapist, start, end);
                Some((offer.hold, place, offer.contact.is_some()))
            }
            _ => None,
        };
        let passed = entry.passed.iter().map(|it| {
            let (start, end) = (at(it.time.start()), at(it.time.end()));
            (it.site, it.therapist, start, end)
        });
        Self {
            client: entry.client,
            wanted: entry.wanted.clone(),
            phase: entry.phase(),
            offer,
            passed: passed.collect(),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.phase, WaitlistPhase::Waiting | WaitlistPhase::Offered)
    }

    /// Whether a time at a site, with somebody, was passed over.
    fn has_passed(&self, place: At) -> bool {
        let anyone = self.wanted.therapist == WantedTherapist::Anyone;
        self.passed.iter().any(|it| {
            it.0 == place.0 && it.2 < place.3 && place.2 < it.3 && (anyone || it.1 == place.1)
        })
    }

    fn pass(&mut self, place: At) {
        self.passed.push(place);
        let forgotten = self.passed.len().saturating_sub(limits::WAITLIST_PASSED);
        self.passed.drain(..forgotten);
    }

    /// The wish for one place.
    pub(crate) fn wish(&self, at: &OfferedPlace) -> Wish {
        Wish {
            client: Some(self.client),
            service: self.wanted.service,
            extensions: self.wanted.extensions.clone(),
            site: at.site,
            start: at.start,
            room: at.room,
            therapist: at.therapist.or(self.wanted.therapist.only()),
        }
    }
}

impl Oracle {
    /// How long what somebody waits for lasts.
    fn lasts(&self, wanted: &Wanted) -> Minute {
        let service = &self.services[&wanted.service];
        let more = service.extensions.iter();
        let more = more.filter(|it| wanted.extensions.contains(&it.id));
        let more: u16 = more.map(|it| it.minutes.get()).sum();
        i64::from(service.minutes.get() + more)
    }

    /// Whether a session from `start` on lies within a window.
    pub(crate) fn in_time(&self, wanted: &Wanted, start: Minute) -> bool {
        let end = start + self.lasts(wanted);
        let day = self.date(start);
        wanted.windows.is_empty()
            || wanted.windows.iter().any(|window| {
                let clock = |time| {
                    let local = day.to_datetime(time).to_zoned(self.zone.clone());
                    minute(local.expect("in range").timestamp())
                };
                window.first.is_none_or(|first| first <= day)
                    && window.last.is_none_or(|last| day <= last)
                    && window.days.has(day.weekday())
                    && clock(window.from) <= start
                    && end <= clock(window.until)
            })
    }

    /// Whether somebody who waits could be given some pair of room and therapist at a start.
    pub(crate) fn could_have(&self, waits: &Waits, place: &OfferedPlace) -> bool {
        let wish = waits.wish(place);
        let start = at(place.start);
        let end = start + self.lasts(&waits.wanted);
        let only = waits.wanted.therapist.only();
        waits.wanted.sites.contains(&place.site)
            && only.is_none_or(|only| place.therapist.is_none_or(|named| named == only))
            && self.in_time(&waits.wanted, start)
            && self
                .pairs(&wish, start, true, None)
                .iter()
                .any(|(_, by)| !waits.has_passed((place.site, *by, start, end)))
    }

    /// Whether any start on the grid of the dates of the windows fits somebody who waits.
    pub(crate) fn could_have_something(
        &self,
        waits: &Waits,
        actor: &Actor,
        now: Timestamp,
    ) -> bool {
        let first = minute(now).div_euclid(5) * 5;
        let dates: BTreeSet<_> = waits
            .wanted
            .windows
            .iter()
            .filter_map(|it| it.first)
            .collect();
        dates.iter().any(|&date| {
            let midnight = minute(self.midnight(date));
            let starts = (0..24 * 60).step_by(15).map(|after| midnight + after);
            let starts = starts.filter(|&start| first <= start && start < self.horizon(now));
            starts.into_iter().any(|start| {
                let sites = waits.wanted.sites.iter();
                sites.filter(|&&site| actor.sites.allow(site)).any(|&site| {
                    let place = OfferedPlace {
                        site,
                        start: cell(start),
                        room: None,
                        therapist: None,
                    };
                    self.in_time(&waits.wanted, start) && self.could_have(waits, &place)
                })
            })
        })
    }

    /// Offers whose holds are gone have come to nothing, or to a booking.
    pub(crate) fn follow(&mut self, kind: CommandKind) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for waits in waiting.values_mut() {
            let Some((hold, place, _)) = waits.offer else {
                continue;
            };
            if self.holds.contains_key(&hold) {
                continue;
            }
            waits.offer = None;
            let taken = |it: &Booked| it.client == waits.client && place_of(&it.place) == place;
            if kind == CommandKind::Undo {
                waits.phase = WaitlistPhase::Waiting;
            } else if self
                .appointments
                .values()
                .any(|it| it.occupies() && taken(it))
            {
                waits.phase = WaitlistPhase::Booked;
            } else {
                waits.phase = WaitlistPhase::Waiting;
                waits.pass(place);
            }
        }
        self.waiting = waiting;
    }
}

/// What an offer carried is not forgotten when its client was told or it ended: the next offer carries it, or it is
/// offered now, but for what somebody took meanwhile.
pub(crate) fn goes_on(decision: &Decision, now: Timestamp) {
    let offer = |record: Option<&Record>| match record {
        Some(Record::WaitlistEntry(entry)) => entry.offer().cloned(),
        _ => None,
    };
    let rests = decision.changes.iter().flat_map(|change| {
        let after = offer(change.after()).map_or_else(Vec::new, |it| it.rest);
        let before = offer(change.before()).map_or_else(Vec::new, |it| it.rest);
        if after.is_empty() { before } else { Vec::new() }
    });
    let rests: Vec<_> = rests.collect();
    let carried = decision.changes.iter().filter_map(|it| offer(it.after()));
    let offered = decision.follow_up.iter().filter_map(|next| match next {
        Command::OfferFreed(next) => Some(next.places.clone()),
        _ => None,
    });
    let known: Vec<Freed> = carried.map(|it| it.rest).chain(offered).flatten().collect();
    let slots = decision.changes.iter().filter_map(|change| {
        match change.after().filter(|_| change.before().is_none()) {
            Some(Record::Appointment(it)) => Some(&it.slot),
            Some(Record::Hold(it)) => Some(&it.slot),
            _ => None,
        }
    });
    let slots: Vec<_> = slots.collect();
    for rest in rests {
        let is_over = at(rest.time.end()) <= minute(now);
        let is_cut = slots.iter().any(|slot| {
            let in_room = rest.room == Some(slot.room) && slot.occupies.room.overlaps(rest.time);
            let with = rest.therapist == Some(slot.therapist);
            in_room || with && slot.occupies.therapist.overlaps(rest.time)
        });
        assert!(
            is_over || is_cut || known.contains(&rest),
            "{rest:?} is forgotten: {decision:?}"
        );
    }
}

impl Absorb<'_> {
    /// What a command of the waitlist does.
    pub(crate) fn waitlist(&mut self, command: &Command) {
        match command {
            Command::PutOnWaitlist(_) => {
                for entry in self.entries() {
                    self.oracle.waiting.insert(entry.id, Waits::of(&entry));
                }
            }
            Command::UpdateWaitlistEntry(update) => {
                let waits = self.waits(update.entry.entry);
                let before = waits.wanted.clone();
                update.windows.clone().onto(&mut waits.wanted.windows);
                if waits.wanted != before {
                    waits.passed.clear();
                }
            }
            Command::WithdrawWaitlistEntry(step) => {
                let waits = self.waits(step.entry);
                waits.phase = WaitlistPhase::Withdrawn;
                if let Some((hold, ..)) = waits.offer.take() {
                    self.oracle.holds.remove(&hold);
                }
            }
            Command::MakeOffer(make) => self.offers(make.place.as_ref()),
            Command::RecordContact(step) => {
                let lasting = i64::from(self.oracle.policy.waitlist_offer_minutes);
                let until = self.now + lasting.minutes();
                let offer = self.waits(step.entry).offer.as_mut();
                let (hold, _, told) = offer.expect("something is offered");
                *told = true;
                let hold = *hold;
                self.oracle
                    .holds
                    .get_mut(&hold)
                    .expect("it is held")
                    .expires = until;
            }
            Command::AcceptOffer { entry, .. } => {
                let waits = self.waits(entry.entry);
                let (hold, ..) = waits.offer.expect("something is offered");
                let source = BookSource::Hold { hold, client: None };
                let note = String::new();
                self.book(&Book {
                    source,
                    note,
                    walk_in: false,
                });
            }
            Command::DeclineOffer { entry, pass_on } => {
                let waits = self.waits(entry.entry);
                let (hold, place, _) = waits.offer.take().expect("something is offered");
                waits.phase = WaitlistPhase::Waiting;
                waits.pass(place);
                let held = self.oracle.holds.remove(&hold).expect("it is held").place;
                let freed = OfferedPlace {
                    site: held.site,
                    start: cell(held.start),
                    room: Some(held.room),
                    therapist: Some(held.therapist),
                };
                if *pass_on {
                    self.is_fair(&freed, None, Some(entry.entry));
                }
                self.offers(None);
            }
            Command::OfferFreed(freed) => {
                let place = freed.places.first().expect("there is something to offer");
                let first = OfferedPlace {
                    site: place.site,
                    start: place.time.start(),
                    room: place.room,
                    therapist: place.therapist,
                };
                self.is_fair(&first, freed.after.map(|(_, id)| id), None);
                self.offers(None);
                // Behind whom was looked at, or once who is offered some of it was told.
                let goes_on = self.decision.follow_up.iter().any(|next| {
                    matches!(next, Command::OfferFreed(next) if next.places.len() == freed.places.len())
                });
                if !goes_on && self.offered_to().is_none() {
                    self.is_given_away(place);
                }
            }
            _ => {}
        }
    }

    fn waits(&mut self, entry: WaitlistId) -> &mut Waits {
        let waits = self.oracle.waiting.get_mut(&entry);
        waits.expect("the step was accepted")
    }

    /// The entries after the command, of those that it changed.
    fn entries(&self) -> Vec<std::sync::Arc<WaitlistEntry>> {
        let after = self.decision.changes.iter().filter_map(|it| it.after());
        after
            .filter_map(|record| match record {
                Record::WaitlistEntry(entry) => Some(std::sync::Arc::clone(entry)),
                _ => None,
            })
            .collect()
    }

    /// The entry to which the command made an offer, if it made one.
    fn offered_to(&self) -> Option<std::sync::Arc<WaitlistEntry>> {
        self.entries().into_iter().find(|it| it.offer().is_some())
    }

    /// What became free is given to nobody while somebody who has waited longer could have it from its very start,
    /// among those who were looked at before, up to `seen`, too.
    fn is_fair(&self, place: &OfferedPlace, seen: Option<WaitlistId>, not: Option<WaitlistId>) {
        if at(place.start) < minute(self.now).div_euclid(5) * 5 {
            return;
        }
        let to = self.offered_to().map(|it| it.id);
        let queue = self.oracle.waiting.iter().filter(|(_, it)| it.is_live());
        let (before, behind): (Vec<_>, Vec<_>) = queue.partition(|(id, _)| Some(**id) <= seen);
        let looked_at = behind.into_iter().take(limits::WAITLIST_JUDGED);
        for (id, waits) in before.into_iter().chain(looked_at) {
            if to.is_some_and(|to| to <= *id) {
                break;
            }
            let waits_on = waits.phase == WaitlistPhase::Waiting && Some(*id) != not;
            assert!(
                !waits_on || !self.oracle.could_have(waits, place),
                "{id} has waited longer than {to:?} and could have {place:?}"
            );
        }
    }

    /// Nothing is left of what became free, from its start on every hour, that somebody who waits could have; of the
    /// place of one session only its start is looked at.
    fn is_given_away(&self, freed: &Freed) {
        let one = freed.room.is_some() && freed.therapist.is_some();
        let from = at(freed.time.start());
        let until = at(freed.time.end()).min(self.oracle.horizon(self.now));
        let on_grid = (from + 14).div_euclid(15) * 15;
        let starts: Vec<_> = if one {
            vec![from]
        } else {
            (on_grid..until).step_by(60).take(12).collect()
        };
        let present = minute(self.now).div_euclid(5) * 5;
        for start in starts.into_iter().filter(|start| present <= *start) {
            let place = OfferedPlace {
                site: freed.site,
                start: cell(start),
                room: freed.room,
                therapist: freed.therapist,
            };
            for (id, waits) in &self.oracle.waiting {
                let used = until.min(start + self.oracle.lasts(&waits.wanted)) - start;
                let is_some = self.oracle.lasts(&waits.wanted) <= 2 * used || used == until - from;
                let waits_on = waits.phase == WaitlistPhase::Waiting && is_some;
                assert!(
                    !waits_on || !self.oracle.could_have(waits, &place),
                    "{id} still waits and could have {place:?}"
                );
            }
        }
    }

    /// The offer that the command made, if it made one: sound, and wished for.
    fn offers(&mut self, asked: Option<&OfferedPlace>) {
        let Some(entry) = self.offered_to() else {
            return;
        };
        let offer = entry.offer().expect("it was found by that");
        let slot = &offer.slot;
        let waits = self.oracle.waiting[&entry.id].clone();
        let place = OfferedPlace {
            site: slot.site,
            start: slot.planned.start(),
            room: asked.and_then(|it| it.room),
            therapist: asked.and_then(|it| it.therapist),
        };
        assert!(
            self.oracle.could_have(&waits, &place),
            "{place:?} is offered to {waits:?}"
        );
        let exact = OfferedPlace {
            room: Some(slot.room),
            therapist: Some(slot.therapist),
            ..place
        };
        let chosen = self.chosen(&waits.wish(&exact), slot, true, None);
        let lasting = i64::from(self.oracle.policy.waitlist_contact_minutes);
        let told = (offer.hold, place_of(&chosen), false);
        let held = Held {
            moves: None,
            client: Some(waits.client),
            place: chosen,
            expires: self.now + lasting.minutes(),
            by: self.actor.key,
        };
        self.oracle.holds.insert(offer.hold, held);
        let waits = self.waits(entry.id);
        waits.phase = WaitlistPhase::Offered;
        waits.offer = Some(told);
    }
}
