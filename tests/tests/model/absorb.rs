//! What an accepted command does to the oracle. Ids, and whom and what the clinic chose, are read from its decision; everything
//! else is worked out here.

mod catalog;

use jiff::{Timestamp, ToSpan};
use treadwell_clinic::command::{
    Book, BookSource, EarlierAnswers, Move, MoveTo, RecordDeclaration,
};
use treadwell_clinic::id::{AppointmentId, RoomId, TherapistId};
use treadwell_clinic::model::{
    CancelReason, Change, Modality, Phase, Record, RecordId, Slot, Wish,
};
use treadwell_clinic::{Actor, Command, Decision};

use super::expect::{Case, at, longer, moved};
use super::oracle::{
    Booked, Declared, Held, Minute, Oracle, Out, Place, Shift, Taker, Turning, minute, stamp,
};
use super::run::Operations;

/// An accepted command.
pub(crate) struct Absorb<'a> {
    pub(crate) oracle: &'a mut Oracle,
    pub(crate) operations: &'a Operations,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
    pub(crate) decision: &'a Decision,
}

pub(crate) fn created(decision: &Decision, is: impl Fn(&Record) -> bool) -> &Record {
    let mut after = decision.changes.iter().filter_map(Change::after);
    after
        .find(|record| is(record))
        .expect("the command creates such a record")
}

impl Absorb<'_> {
    pub(crate) fn absorb(&mut self, command: &Command) {
        match command {
            Command::Book(book) => self.book(book),
            Command::Hold(wish) => self.hold(wish),
            Command::ReleaseHold { hold } => {
                self.oracle.holds.remove(hold);
            }
            Command::Move(to) => self.move_to(to),
            Command::Confirm(step) => self.phase(step.appointment, Phase::Confirmed),
            Command::NoShow(step) => self.phase(step.appointment, Phase::NoShow),
            Command::CheckIn(step) => self.phase(step.appointment, Phase::Arrived),
            Command::Reconfirm(step) => {
                let client = self.booked(step.appointment).client;
                let declared = self.oracle.declarations[&client].id;
                self.booked(step.appointment).reconfirmed = Some(declared);
                self.phase(step.appointment, Phase::Arrived);
            }
            Command::Start(step) => self.phase(step.appointment, Phase::InSession),
            Command::Cancel(cancel) => {
                let id = cancel.step.appointment;
                let notice = i64::from(self.oracle.policy.cancel_notice_hours) * 60;
                let deadline = stamp(self.oracle.appointments[&id].place.start - notice);
                self.booked(id).late = deadline < self.now;
                self.phase(id, Phase::Cancelled);
                assert_ne!(cancel.reason, CancelReason::Undone);
            }
            Command::Extend { step, by } => {
                let longer = longer(&self.oracle.appointments[&step.appointment].place, *by);
                self.booked(step.appointment).place = longer;
            }
            Command::Finish { step, .. } => self.finish(step.appointment),
            Command::CompleteTurnover { room } => self.tick(*room, |_| true),
            Command::CompleteItems { room, items } => {
                self.tick(*room, |item| items.contains(&item));
            }
            Command::BookSeries(book) => self.book_series(book),
            Command::ImportAppointments(import) => self.import(import),
            Command::MoveSeries(to) => self.move_series(to),
            Command::CancelSeries(cancel) => self.cancel_series(cancel),
            Command::ReviewScreening(review) => self.review(review),
            Command::Undo => self.undo(),
            Command::PutOnWaitlist(_)
            | Command::UpdateWaitlistEntry(_)
            | Command::WithdrawWaitlistEntry(_)
            | Command::MakeOffer(_)
            | Command::RecordContact(_)
            | Command::AcceptOffer { .. }
            | Command::DeclineOffer { .. }
            | Command::OfferFreed(_) => self.waitlist(command),
            Command::ApplyRepair(repair) => self.repair(repair),
            Command::PutStockItem(_)
            | Command::MoveStock(_)
            | Command::TakeStock(_)
            | Command::RecordInspection(_)
            | Command::RecordOwnItems(_) => self.upkeep(command),
            other => self.catalog(other),
        }
    }

    pub(crate) fn booked(&mut self, id: AppointmentId) -> &mut Booked {
        self.oracle
            .appointments
            .get_mut(&id)
            .expect("the step was accepted")
    }

    fn phase(&mut self, id: AppointmentId, phase: Phase) {
        self.booked(id).phase = phase;
    }

    /// The place of a wish with the clinic's choice, which has to be one that the oracle allows.
    pub(crate) fn chosen(
        &self,
        wish: &Wish,
        slot: &Slot,
        screened: bool,
        except: Option<Taker>,
    ) -> Place {
        let pair = (slot.room, slot.therapist);
        let start = at(wish.start);
        let pairs = self.oracle.pairs(wish, start, screened, except);
        assert!(
            pairs.contains(&pair),
            "{wish:?} was given {pair:?}, but only {pairs:?} are sound"
        );
        self.spares_bars(wish, slot, &pairs);
        self.oracle
            .place(
                wish.service,
                &wish.extensions,
                slot.room,
                slot.therapist,
                start,
            )
            .expect("checked")
    }

    /// Never a room with bars for work that needs none while a plain one is free.
    fn spares_bars(&self, wish: &Wish, slot: &Slot, pairs: &[(RoomId, TherapistId)]) {
        let barefoot = matches!(
            self.oracle.services[&wish.service].modality,
            Modality::Barefoot | Modality::Combination
        );
        let sound = |room: &RoomId| {
            let bars = treadwell_clinic::model::Equipment::ParallelBars;
            self.oracle.rooms[room].equipment.has(bars)
                && self
                    .oracle
                    .is_sound(*room, (at(slot.planned.start()), at(slot.planned.end())))
        };
        if !barefoot && wish.room.is_none() && sound(&slot.room) {
            assert!(
                pairs.iter().all(|(room, _)| sound(room)),
                "a bar room was taken for {wish:?} although one without was free"
            );
        }
    }

    fn slot_of(&self, id: RecordId) -> &Slot {
        let is = |record: &Record| record.id() == id;
        match created(self.decision, is) {
            Record::Appointment(it) => &it.slot,
            Record::Hold(it) => &it.slot,
            other => panic!("{other:?} has no slot"),
        }
    }

    pub(crate) fn book(&mut self, book: &Book) {
        let record = created(self.decision, |record| {
            matches!(record, Record::Appointment(_))
        });
        let Record::Appointment(new) = record else {
            unreachable!("it was asked for")
        };
        let (id, slot) = (new.id, &new.slot);
        let (client, place) = match &book.source {
            BookSource::Wish(wish) => (wish.client, self.chosen(wish, slot, true, None)),
            BookSource::Hold { hold, client } => {
                let held = self.oracle.holds.remove(hold).expect("it was accepted");
                (client.or(held.client), held.place)
            }
        };
        let phase = if book.walk_in {
            Phase::Arrived
        } else {
            Phase::Booked
        };
        let client = client.expect("nobody is booked without a client");
        let booked = Booked {
            client,
            place,
            phase,
            review: None,
            reconfirmed: None,
            late: false,
            series: None,
        };
        self.oracle.appointments.insert(id, booked);
    }

    fn hold(&mut self, wish: &Wish) {
        let record = created(self.decision, |record| matches!(record, Record::Hold(_)));
        let Record::Hold(new) = record else {
            unreachable!("it was asked for")
        };
        let place = self.chosen(wish, &new.slot, false, None);
        let lasting = i64::from(self.oracle.policy.hold_minutes);
        let held = Held {
            client: wish.client,
            place,
            moves: None,
            expires: self.now + lasting.minutes(),
            by: self.actor.key,
        };
        self.oracle.holds.insert(new.id, held);
    }

    fn move_to(&mut self, to: &Move) {
        let id = to.step.appointment;
        let before = self.oracle.appointments[&id].clone();
        let place = match &to.to {
            MoveTo::Hold(hold) => {
                self.oracle
                    .holds
                    .remove(hold)
                    .expect("it was accepted")
                    .place
            }
            MoveTo::Place(to) => {
                let wish = moved(&before, to);
                let start = wish.start;
                let own = Some(Taker::Appointment(id));
                let pair = self.pair_after_move(id, &before.place, at(start));
                let pairs = self.oracle.pairs(&wish, at(start), true, own);
                assert!(pairs.contains(&pair), "{wish:?} was moved to {pair:?}");
                // Whoever can stay stays.
                let stays = (before.place.room, before.place.therapist);
                if wish.room.is_none()
                    && wish.therapist.is_none()
                    && pairs.contains(&stays)
                    && wish.site == before.place.site
                {
                    assert_eq!(stays, pair, "the move could have kept both");
                }
                self.oracle
                    .place(wish.service, &wish.extensions, pair.0, pair.1, at(start))
                    .expect("checked")
            }
        };
        let case = Case {
            oracle: self.oracle,
            operations: self.operations,
            actor: self.actor,
            now: self.now,
        };
        let is_early = !case.arriving(place.start).is_empty();
        let booked = self.booked(id);
        if booked.phase == Phase::Arrived && is_early {
            booked.phase = Phase::Booked;
            booked.reconfirmed = None;
        }
        booked.place = place;
    }

    /// The room and the therapist after a move to a start; the present ones when nothing changed.
    fn pair_after_move(
        &self,
        id: AppointmentId,
        before: &Place,
        start: Minute,
    ) -> (RoomId, TherapistId) {
        let id = RecordId::Appointment(id);
        if self.decision.changes.iter().any(|change| change.id() == id) {
            let slot = self.slot_of(id);
            return (slot.room, slot.therapist);
        }
        assert_eq!(start, before.start, "a move that changed nothing");
        (before.room, before.therapist)
    }

    fn finish(&mut self, id: AppointmentId) {
        // The next full cell: what began is not given away.
        let cell = self.now.as_second().div_euclid(300)
            + i64::from(self.now.as_second().rem_euclid(300) != 0);
        let finished: Minute = cell * 5;
        let service = self.oracle.services[&self.oracle.appointments[&id].place.service].clone();
        let in_room = &self.oracle.rooms[&self.oracle.appointments[&id].place.room].checklist;
        let items = service.checklist.iter().chain(in_room);
        let all: std::collections::BTreeSet<_> = items.map(|item| item.id).collect();
        let booked = self.booked(id);
        let reset = booked.place.therapist_until - booked.place.end;
        let first = booked.place.start + 5;
        let place = &mut booked.place;
        place.client_until = place.client_until.min(finished.max(first));
        place.therapist_until = place.therapist_until.min((finished + reset).max(first));
        if all.is_empty() {
            // There is nothing to be done in the room.
            place.room_until = place.room_until.min(finished.max(first));
        }
        booked.phase = Phase::Completed;
        let (room, site) = (booked.place.room, booked.place.site);
        let consumed = &service.consumes;
        self.oracle.upkeep.consume(site, consumed, self.decision);
        if all.is_empty() {
            return;
        }
        let turning = Turning {
            appointment: id,
            open: all.clone(),
            all,
        };
        self.oracle.turnovers.insert(room, turning);
    }

    fn tick(&mut self, room: RoomId, is_done: impl Fn(treadwell_clinic::id::ItemId) -> bool) {
        let turning = self
            .oracle
            .turnovers
            .get_mut(&room)
            .expect("it was accepted");
        turning.open.retain(|item| !is_done(*item));
        if !turning.open.is_empty() {
            return;
        }
        let turning = self.oracle.turnovers.remove(&room).expect("it is there");
        self.made_ready(turning.appointment);
        let freed = minute(self.now).div_euclid(5) * 5 + 5;
        let place = &mut self.booked(turning.appointment).place;
        place.room_until = place.room_until.min(freed.max(place.start + 5));
    }

    fn review(&mut self, review: &treadwell_clinic::command::ReviewScreening) {
        let id = review.step.appointment;
        let booked = &self.oracle.appointments[&id];
        let declaration = self.oracle.declarations.get(&booked.client).map(|it| it.id);
        let rules = &self.oracle.rule_sets[&self.oracle.services[&booked.place.service]
            .rule_set
            .to_string()];
        let version = rules.version;
        self.booked(id).review = Some((review.decision, declaration, version));
    }

    fn declare(&mut self, new: &RecordDeclaration) {
        let record = created(self.decision, |record| {
            matches!(record, Record::Declaration(_))
        });
        let Record::Declaration(stored) = record else {
            unreachable!("it was asked for")
        };
        let asked = new.asked_at.unwrap_or(self.now);
        let earlier = self.oracle.declarations.remove(&new.client);
        let mut answers = match new.earlier {
            EarlierAnswers::Keep => earlier.map(|it| it.answers).unwrap_or_default(),
            EarlierAnswers::Drop => std::collections::BTreeMap::new(),
        };
        answers.extend(
            new.answers
                .iter()
                .map(|&(of, answer)| (of, (answer, asked))),
        );
        self.oracle.declarations.insert(
            new.client,
            Declared {
                id: stored.id,
                answers,
            },
        );
    }

    fn catalog(&mut self, command: &Command) {
        match command {
            Command::RecordDeclaration(new) => self.declare(new),
            Command::AttestFootCare(entry) => {
                let today = self.now.to_zoned(self.oracle.zone.clone()).date();
                self.oracle
                    .ready
                    .insert((entry.therapist, today), entry.polish_free);
            }
            Command::OpenOutage(open) => {
                let record = created(self.decision, |record| matches!(record, Record::Outage(_)));
                let RecordId::Outage(id) = record.id() else {
                    unreachable!("it was asked for")
                };
                let present = minute(self.now).div_euclid(5) * 5;
                let out = Out {
                    room: open.room,
                    target: open.target,
                    from: open.from.map_or(present, at),
                    until: open.until.map(at),
                    closed: false,
                };
                self.oracle.outages.insert(id, out);
            }
            Command::CloseOutage { outage, .. } => {
                let present = minute(self.now).div_euclid(5) * 5;
                let out = self
                    .oracle
                    .outages
                    .get_mut(outage)
                    .expect("it was accepted");
                out.until = Some(out.from.max(present));
                out.closed = true;
            }
            Command::PutShifts(puts) => self.put_shifts(puts),
            Command::PutTemplate(_)
            | Command::RemoveTemplate { .. }
            | Command::PutAbsence(_)
            | Command::RemoveAbsence { .. }
            | Command::RollRoster => self.roster(command),
            Command::RemoveShift { shift, .. } => {
                self.oracle.except(*shift);
                self.oracle.shifts.remove(shift);
            }
            Command::CreateClient(_) => {
                let record = created(self.decision, |record| matches!(record, Record::Client(_)));
                let RecordId::Client(id) = record.id() else {
                    unreachable!("it was asked for")
                };
                self.oracle.clients.insert(id);
            }
            Command::PutRoom(put) => {
                self.put_room(&put.resource);
            }
            Command::PutTherapist(put) => {
                self.oracle
                    .therapists
                    .insert(put.resource.id, put.resource.clone());
            }
            Command::PutRuleSet(put) => self.put_rules(&put.resource),
            Command::ImportCatalog(catalog) => {
                for room in &catalog.rooms {
                    self.put_room(room);
                }
                for therapist in &catalog.therapists {
                    self.oracle
                        .therapists
                        .insert(therapist.id, therapist.clone());
                }
                for rules in &catalog.rule_sets {
                    self.put_rules(rules);
                }
            }
            // The generator puts sites, services and policy as they are; clients' names and keys are not modelled here.
            _ => {}
        }
    }

    fn put_shifts(&mut self, puts: &[treadwell_clinic::command::PutShift]) {
        let fresh = self
            .decision
            .changes
            .iter()
            .filter(|change| change.before().is_none());
        let mut fresh = fresh.filter_map(|change| match change.id() {
            RecordId::Shift(id) => Some(id),
            _ => None,
        });
        for put in puts {
            let id = put
                .shift
                .unwrap_or_else(|| fresh.next().expect("a shift for each"));
            self.oracle.except(id);
            let shift = Shift {
                therapist: put.therapist,
                site: put.site,
                from: at(put.time.start()),
                until: at(put.time.end()),
                breaks: put
                    .breaks
                    .iter()
                    .map(|it| (at(it.start()), at(it.end())))
                    .collect(),
                template: None,
            };
            self.oracle.shifts.insert(id, shift);
        }
    }

    fn undo(&mut self) {
        let last = self
            .operations
            .last(self.actor.key)
            .expect("it was accepted");
        for ((id, before), (_, after)) in last.before.iter().zip(&last.after) {
            self.oracle.take_back(last.kind, id, before, after);
        }
    }
}
