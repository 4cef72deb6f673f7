//! What is checked: single records after each command, and everything once in a while.

use super::*;
use crate::oracle::{Shift, Taker, stamp};
use crate::roster::Off;
use crate::upkeep::Hygiene;
use crate::waitlist::Waits;

impl Run {
    /// One record of the clinic is what the oracle says.
    pub(crate) fn compare(&self, id: &RecordId) {
        let seen = match id {
            RecordId::Appointment(id) => {
                Thing::Appointment(self.clinic.appointment(*id).map(|it| booked(it)))
            }
            RecordId::Hold(id) => Thing::Hold(self.clinic.hold(*id).map(|it| Held {
                client: it.client,
                place: place(&it.slot),
                moves: it.moves,
                expires: it.expires_at,
                by: it.made_by,
            })),
            RecordId::Shift(id) => Thing::Shift(self.clinic.shift(*id).map(|it| Shift::of(it))),
            RecordId::WeekTemplate(id) => {
                Thing::Week(self.clinic.template(*id).map(|it| WeekTemplate::clone(it)))
            }
            RecordId::Absence(id) => Thing::Off(self.clinic.absence(*id).map(|it| Off::of(it))),
            RecordId::WaitlistEntry(id) => {
                Thing::Waits(self.clinic.waitlist_entry(*id).map(|it| Waits::of(it)))
            }
            RecordId::Hygiene(id) => {
                Thing::Hygiene(self.clinic.hygiene_of(*id).map(|it| Hygiene::of(it)))
            }
            RecordId::Turnover(room) => {
                let open = self
                    .clinic
                    .turnover_in(*room)
                    .map(|it| it.open_items().collect());
                let known = self.oracle.turnovers.get(room).map(|it| it.open.clone());
                assert_eq!(open, known, "the checklist of {room}");
                return;
            }
            _ => return,
        };
        assert_eq!(seen, self.oracle.thing(id), "{id:?} at {}", self.now);
    }

    /// Everything at once: records, flags, no double booking, and the clinic made again from its records.
    pub(crate) fn whole(&self, counts: &mut Counts) {
        assert_eq!(
            self.clinic.appointments().count(),
            self.oracle.appointments.len()
        );
        assert_eq!(self.clinic.holds().count(), self.oracle.holds.len());
        for appointment in self.clinic.appointments() {
            self.compare(&RecordId::Appointment(appointment.id));
            self.flags(appointment);
        }
        for hold in self.clinic.holds() {
            self.compare(&RecordId::Hold(hold.id));
        }
        assert_eq!(self.clinic.shifts().count(), self.oracle.shifts.len());
        assert_eq!(self.clinic.absences().count(), self.oracle.off.len());
        for id in self.oracle.hygiene.keys() {
            self.compare(&RecordId::Hygiene(*id));
        }
        self.no_double_booking();
        let mut again = Clinic::from_records(self.clinic.records(), self.clinic.revision());
        for commit in &self.commits {
            again.recall(commit);
        }
        assert!(again == self.clinic, "the records make another clinic");
        self.oracle.upkeep.agrees(&self.clinic);
        counts.reloads += 1;
    }

    /// The commits, replayed from nothing, make the clinic.
    pub(crate) fn replay(&self, counts: &mut Counts) {
        let mut again = Clinic::default();
        for commit in &self.commits {
            again.apply(commit);
        }
        assert!(again == self.clinic, "the commits make another clinic");
        counts.replays += 1;
    }

    /// What a refusal offers instead is as good as it says.
    pub(crate) fn options(&self, command: &Command, refusal: &Refusal, counts: &mut Counts) {
        match (command, refusal) {
            (
                Command::Book(Book {
                    source: BookSource::Wish(wish),
                    ..
                }),
                Refusal::Slot(slot),
            ) if self.steps.is_multiple_of(4) => {
                for place in &slot.alternatives {
                    self.can_be_booked(wish.client, place);
                    counts.alternatives += 1;
                }
            }
            (Command::Extend { step, by }, Refusal::CannotExtend { latest, .. }) => {
                let case = Case {
                    oracle: &self.oracle,
                    operations: &self.operations,
                    actor: &Actor::system(),
                    now: self.now,
                };
                let known = case.latest_end(step.appointment, *by);
                assert_eq!(at(*latest), known, "{refusal:?}");
            }
            _ => {}
        }
    }

    /// A place can be booked as it is. As the server does it, what has expired is removed before that is decided.
    fn can_be_booked(&self, client: Option<treadwell_clinic::id::ClientId>, slot: &Slot) {
        let wish = Wish {
            client,
            service: slot.service,
            extensions: slot.extensions.to_vec(),
            site: slot.site,
            start: slot.start(),
            room: Some(slot.room),
            therapist: Some(slot.therapist),
        };
        let book = Command::Book(Book {
            source: BookSource::Wish(wish),
            walk_in: false,
            note: String::new(),
        });
        let clinic = self.clinic.without_expired(self.now);
        let decision = decide(&clinic, &book, &self.context(&Actor::system()));
        assert!(decision.is_ok(), "{slot:?} was offered, but {decision:?}");
    }

    /// An appointment that is still to come is flagged if and only if something stands against it.
    pub(crate) fn flags(&self, appointment: &Appointment) {
        let known = &self.oracle.appointments[&appointment.id];
        let unsound = appointment.is_ahead() && {
            let own = Some(Taker::Appointment(appointment.id));
            let case = Case {
                oracle: &self.oracle,
                operations: &self.operations,
                actor: &Actor::system(),
                now: self.now,
            };
            let start = stamp(known.place.start);
            let open = self.oracle.screen(known.client, known.place.service, start)
                != crate::oracle::Verdict::Clear;
            let decided = matches!(
                case.review_of(known),
                Some(
                    treadwell_clinic::model::ReviewDecision::Proceed
                        | treadwell_clinic::model::ReviewDecision::Modify
                )
            );
            !self
                .oracle
                .against(&known.place, Some(known.client), true, own)
                .is_empty()
                || (open && !decided)
        };
        let future = appointment.slot.start() >= Cell::containing(self.now);
        if future {
            assert_eq!(
                !appointment.flags.is_empty(),
                unsound,
                "{appointment:?}\nknown as {known:?}\nagainst: {:?}",
                self.oracle.against(
                    &known.place,
                    Some(known.client),
                    true,
                    Some(Taker::Appointment(appointment.id))
                )
            );
        }
        let clash = appointment
            .flags
            .iter()
            .any(|fault| Fault::clash(fault).is_some());
        assert!(!clash, "two things were given one place: {appointment:?}");
    }

    pub(crate) fn no_double_booking(&self) {
        let booked = self.oracle.appointments.iter();
        let booked = booked.filter(|(_, it)| it.occupies());
        let mut all: Vec<(Option<_>, &Place, Taker)> = booked
            .map(|(id, it)| (Some(it.client), &it.place, Taker::Appointment(*id)))
            .collect();
        let held = self.oracle.holds.iter();
        all.extend(held.map(|(id, it)| (it.client, &it.place, Taker::Hold(*id))));
        all.sort_by_key(|(_, place, _)| place.start);
        for (n, (client, a, one)) in all.iter().enumerate() {
            for (other, b, two) in &all[n + 1..] {
                if b.start >= a.room_until.max(a.therapist_until) {
                    break;
                }
                if self.oracle.are_one_party(*one, *two) {
                    continue;
                }
                assert!(
                    a.room != b.room || b.start >= a.room_until,
                    "{a:?} and {b:?} share a room"
                );
                let apart = a.therapist != b.therapist || b.start >= a.therapist_until;
                assert!(apart, "{a:?} and {b:?} share a therapist");
                let same = client.is_some() && client == other && b.start < a.client_until;
                assert!(!same, "{a:?} and {b:?} share a client");
            }
        }
    }

    /// What is planned for a room that goes out of service can be done as it is.
    pub(crate) fn repairs(&mut self, counts: &mut Counts) {
        let rooms: Vec<_> = self.oracle.rooms.keys().copied().collect();
        let from = Cell::containing(self.now);
        let out = Disruption::Out {
            room: *self.generator.random.choose(&rooms),
            target: treadwell_clinic::model::OutageTarget::Room,
            from,
            until: Some(from.plus_cells(2 * 288)),
        };
        let plan = repair::plan(&self.clinic, &[out], &Sites::All, self.now);
        let moves = plan.expect("the room exists").mends.into_iter();
        let moves: Vec<_> = moves
            .filter_map(|mend| {
                let to = mend.to?;
                let step = treadwell_clinic::command::Step {
                    appointment: mend.appointment.id,
                    etag: None,
                };
                Some(RepairMove {
                    step,
                    service: Some(to.service),
                    site: to.site,
                    start: to.start(),
                    room: to.room,
                    therapist: to.therapist,
                })
            })
            .collect();
        if moves.is_empty() {
            return;
        }
        counts.repaired += u64::try_from(moves.len()).unwrap_or(0);
        let command = Command::ApplyRepair(ApplyRepair { moves });
        let clinic = self.clinic.without_expired(self.now);
        let decision = decide(&clinic, &command, &self.context(&Actor::system()));
        assert!(
            decision.is_ok(),
            "{command:?} was planned, but {decision:?}"
        );
    }

    /// What search offers can be booked.
    pub(crate) fn offers(&mut self, counts: &mut Counts) {
        let name = *self.generator.random.choose(&world::SERVICES);
        let clients: Vec<_> = self.oracle.clients.iter().copied().collect();
        let client = Some(*self.generator.random.choose(&clients));
        let from = Cell::containing(self.now);
        let every = self.generator.random.below(2) == 0;
        let query = Query {
            sites: vec![world::site(if self.generator.random.below(2) == 0 {
                "halifax"
            } else {
                "dartmouth"
            })],
            service: world::service(name),
            extensions: Vec::new(),
            client,
            therapist: None,
            prefer: None,
            room: None,
            from,
            until: from.plus_cells(3 * 288),
            grid: None,
            limit: 4,
            answer: if every {
                Answer::EveryCombination
            } else {
                Answer::BestPerStart
            },
            purpose: Purpose::Book,
            except: None,
        };
        let found = availability::search(&self.clinic, &query, self.now).expect("a sound query");
        for proposal in found.proposals {
            self.can_be_booked(client, &proposal.slot);
            counts.proposals += 1;
        }
    }
}
