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
            4 => Command::UpdateWaitlistEntry(UpdateWaitlistEntry {
                entry: self.waits(oracle, Waiting),
                service: Patch::Keep,
                extensions: Patch::Keep,
                sites: Patch::Keep,
                windows: Patch::Set(vec![self.window(oracle, now)]),
                therapist: Patch::Keep,
                note: Patch::Keep,
            }),
            5 | 6 => Command::WithdrawWaitlistEntry(self.waits(oracle, Waiting)),
            7..=11 => {
                let entry = self.waits(oracle, Waiting);
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

    fn put_on_waitlist(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let wish = self.wish(oracle, now);
        let therapist = self.therapist_at(oracle, wish.site);
        let both = ["halifax", "dartmouth"].map(world::site);
        Command::PutOnWaitlist(PutOnWaitlist {
            client: wish.client.unwrap_or(world::NOBODY),
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
        let named = !self.one_in(3);
        let waits: &Waits = oracle.waiting.get(&entry).filter(|_| named)?;
        let wish = self.wish(oracle, now);
        let window = &waits.wanted.windows[0];
        let date = window.first.expect("it is of one date");
        let opens = date.to_datetime(window.from).to_zoned(oracle.zone.clone());
        let opens = minute(opens.expect("in range").timestamp());
        let within = opens + 15 * i64::from(self.random.below(8));
        let passed = waits.passed.last().map(|it| it.2);
        let start = match passed.filter(|_| self.one_in(2)) {
            Some(start) => cell(start),
            None if self.one_in(8) => wish.start,
            None => cell(within),
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
