//! What is asked of the waitlist.

use jiff::civil::time;
use treadwell_clinic::command::{
    MakeOffer, OfferedPlace, PutOnWaitlist, UpdateWaitlistEntry, WaitlistStep,
};
use treadwell_clinic::id::WaitlistId;
use treadwell_clinic::model::{WaitlistPhase, WaitlistWindow, Wanted, WantedTherapist, Weekdays};

use super::*;
use crate::waitlist::Waits;

impl Generator {
    pub(crate) fn waitlist(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        use WaitlistPhase::{Offered, Waiting};
        match self.random.below(20) {
            0..=3 => self.put_on_waitlist(oracle, now),
            4 => {
                let entry = self.waits(oracle, Waiting);
                self.update(oracle, entry, now)
            }
            5 | 6 => Command::WithdrawWaitlistEntry(self.waits(oracle, Waiting)),
            7..=11 => {
                let entry = self.waits_on(oracle);
                let place = self.offered_place(oracle, entry.entry, now);
                Command::MakeOffer(MakeOffer { entry, place })
            }
            12..=14 => Command::RecordContact(self.waits(oracle, Offered)),
            15 | 16 => Command::AcceptOffer {
                entry: self.waits(oracle, Offered),
                note: String::new(),
            },
            _ => Command::DeclineOffer {
                entry: self.waits(oracle, Offered),
                pass_on: self.one_in(2),
            },
        }
    }

    /// Now and then somebody to whom something is offered: what is done then has to come before the offer ends.
    pub(crate) fn offered(&mut self, oracle: &Oracle, now: Timestamp) -> Option<WaitlistId> {
        if self.one_in(3) {
            return None;
        }
        let open = oracle.waiting.iter().filter(|(_, waits)| {
            let hold = waits.offer.and_then(|(hold, ..)| oracle.holds.get(&hold));
            hold.is_some_and(|hold| hold.expires > now)
        });
        self.pick(open.map(|(id, _)| *id))
    }

    /// What may be tried while something is offered.
    pub(crate) fn about_an_offer(
        &mut self,
        oracle: &Oracle,
        entry: WaitlistId,
        now: Timestamp,
    ) -> Command {
        let step = WaitlistStep {
            entry,
            etag: self.one_in(50).then_some(1),
        };
        match self.random.below(12) {
            0..=4 => Command::RecordContact(step),
            5 | 6 => Command::MakeOffer(MakeOffer {
                entry: step,
                place: self.offered_place(oracle, entry, now),
            }),
            7 => self.update(oracle, step, now),
            8 => Command::AcceptOffer {
                entry: step,
                note: String::new(),
            },
            9 => Command::WithdrawWaitlistEntry(step),
            _ => Command::DeclineOffer {
                entry: step,
                pass_on: self.one_in(2),
            },
        }
    }

    fn update(&mut self, oracle: &Oracle, entry: WaitlistStep, now: Timestamp) -> Command {
        Command::UpdateWaitlistEntry(UpdateWaitlistEntry {
            entry,
            service: Patch::Keep,
            extensions: Patch::Keep,
            sites: Patch::Keep,
            windows: Patch::Set(vec![self.window(oracle, now)]),
            therapist: Patch::Keep,
            note: Patch::Keep,
        })
    }

    fn waits(&mut self, oracle: &Oracle, phase: WaitlistPhase) -> WaitlistStep {
        let any = self.one_in(6);
        let ids = oracle.waiting.iter();
        let ids = ids.filter(|(_, it)| any || it.phase == phase);
        let entry = self.pick(ids.map(|(id, _)| *id));
        WaitlistStep {
            entry: entry.unwrap_or(WaitlistId::new(5)),
            etag: self.one_in(50).then_some(1),
        }
    }

    /// Somebody who waits, often one who has not taken what was offered before.
    fn waits_on(&mut self, oracle: &Oracle) -> WaitlistStep {
        let waits = oracle.waiting.iter();
        let waits = waits.filter(|(_, it)| it.phase == WaitlistPhase::Waiting);
        let again = waits.filter(|(_, it)| !it.passed.is_empty());
        match self.pick(again.map(|(id, _)| *id)) {
            Some(entry) if self.one_in(2) => WaitlistStep { entry, etag: None },
            _ => self.waits(oracle, WaitlistPhase::Waiting),
        }
    }

    fn put_on_waitlist(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let wish = self.wish(oracle, now);
        let therapist = self.therapist_at(oracle, wish.site);
        let both = ["halifax", "dartmouth"].map(world::site);
        // Some wait for much: there is a most.
        let waits = oracle.waiting.values().filter(|it| it.is_live());
        let insists = self
            .pick(waits.map(|it| it.client))
            .filter(|_| !self.one_in(3));
        Command::PutOnWaitlist(PutOnWaitlist {
            client: insists.or(wish.client).unwrap_or(world::NOBODY),
            wanted: Wanted {
                service: wish.service,
                extensions: wish.extensions,
                sites: if self.one_in(3) {
                    both.to_vec()
                } else {
                    vec![wish.site]
                },
                windows: vec![self.window(oracle, now)],
                therapist: if self.one_in(4) {
                    WantedTherapist::Only(therapist)
                } else {
                    WantedTherapist::Anyone
                },
                note: String::new(),
            },
        })
    }

    /// Some hours of one of the next days.
    fn window(&mut self, oracle: &Oracle, now: Timestamp) -> WaitlistWindow {
        let start = self.start(oracle, now);
        let date = start.timestamp().to_zoned(oracle.zone.clone()).date();
        let below = |random: &mut Random, n| i8::try_from(random.below(n)).expect("small");
        let from = 8 + below(&mut self.random, 9);
        let until = from + 1 + below(&mut self.random, 4);
        WaitlistWindow {
            first: Some(date),
            last: Some(date),
            days: Weekdays::ALL,
            from: time(from, 0, 0, 0),
            until: time(until, 0, 0, 0),
        }
    }

    /// A place to offer: none that is named, one of the entry's window, one that was passed over, or any.
    fn offered_place(
        &mut self,
        oracle: &Oracle,
        entry: WaitlistId,
        now: Timestamp,
    ) -> Option<OfferedPlace> {
        let waits: &Waits = oracle.waiting.get(&entry)?;
        let again = !self.one_in(3);
        if let Some((site, therapist, start, _)) = waits.passed.last().filter(|_| again) {
            return Some(OfferedPlace {
                site: *site,
                start: cell(*start),
                room: None,
                therapist: Some(*therapist),
            });
        }
        if self.one_in(2) {
            return None;
        }
        let wish = self.wish(oracle, now);
        let window = &waits.wanted.windows[0];
        let date = window.first.expect("it is of one date");
        let opens = date.to_datetime(window.from).to_zoned(oracle.zone.clone());
        let opens = minute(opens.expect("in range").timestamp());
        let within = opens + 15 * i64::from(self.random.below(8));
        let start = if self.one_in(8) {
            wish.start
        } else {
            cell(within)
        };
        let site = match self.pick(waits.wanted.sites.iter().copied()) {
            Some(site) if !self.one_in(12) => site,
            _ => wish.site,
        };
        Some(OfferedPlace {
            site,
            start,
            room: self.one_in(5).then(|| self.room_at(oracle, site)),
            therapist: self.one_in(8).then(|| self.therapist_at(oracle, site)),
        })
    }
}
