//! What the oracle says of a command: every reason that stands against it.

mod catalog;
pub(crate) mod repair;
mod steps;
mod waitlist;

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use treadwell_clinic::command::{
    AttestFootCare, Book, BookSource, Cancel, CreateKey, Move, MoveTo, NewPlace, OpenOutage,
    PutShift, RecordDeclaration, ReviewScreening, Step,
};
use treadwell_clinic::id::{AppointmentId, ClientId, HoldId, RoomId};
use treadwell_clinic::model::{
    CancelReason, Modality, OutageTarget, Phase, ReviewDecision, Role, Room, Wish,
};
use treadwell_clinic::time::{Cell, Minutes};
use treadwell_clinic::{Actor, Command, CommandKind};

use super::generate::cell;
use super::oracle::{Booked, Held, Minute, Oracle, Place, Taker, Verdict, minute};
use super::run::Operations;

/// What the oracle expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Nothing stands against it.
    Accepted,
    /// Refused, and every reason that stands against it: the clinic has to give the one of the highest precedence.
    Refused(BTreeSet<&'static str>),
    /// Refused for one of these: the clinic may explain itself by whichever room and therapist came nearest.
    RefusedForOneOf(BTreeSet<&'static str>),
    /// It depends on choices that are the clinic's. What it has chosen is checked.
    Unforeseen,
}

pub(crate) type Reasons = Vec<&'static str>;

/// A command in its circumstances.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) oracle: &'a Oracle,
    pub(crate) operations: &'a Operations,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
}

pub(crate) fn at(cell: Cell) -> Minute {
    i64::from(cell.number()) * 5
}

impl From<Reasons> for Expected {
    fn from(reasons: Reasons) -> Self {
        if reasons.is_empty() {
            Self::Accepted
        } else {
            Self::Refused(reasons.into_iter().collect())
        }
    }
}

impl Case<'_> {
    pub(crate) fn expect(&self, command: &Command) -> Expected {
        match command {
            Command::Book(book) => self.book(book),
            Command::Hold(wish) => self.hold(wish),
            Command::Move(to) => self.move_to(to),
            Command::ReleaseHold { hold } => self
                .held(*hold)
                .map(|_| ())
                .err()
                .unwrap_or_default()
                .into(),
            Command::Confirm(step) => self.step(*step, &[Phase::Booked]).into(),
            Command::Cancel(cancel) => self.cancel(cancel).into(),
            Command::BookSeries(book) => self.book_series(book),
            Command::ImportAppointments(import) => self.import(import),
            Command::MoveSeries(to) => self.move_series(to),
            Command::CancelSeries(cancel) => self.cancel_series(cancel),
            Command::NoShow(step) => self.no_show(*step).into(),
            Command::CheckIn(step) => self.check_in(*step).into(),
            Command::Reconfirm(step) => self.reconfirm(*step).into(),
            Command::Start(step) => self.start(*step).into(),
            Command::Extend { step, by } => self.extend(*step, *by),
            Command::Finish { step, .. } => self.step(*step, &[Phase::InSession]).into(),
            Command::CompleteTurnover { room } => self.turnover(*room, None).into(),
            Command::CompleteItems { room, items } => self.turnover(*room, Some(items)).into(),
            Command::RecordDeclaration(new) => self.declare(new).into(),
            Command::ReviewScreening(review) => self.review(review).into(),
            Command::AttestFootCare(entry) => self.attest(entry).into(),
            Command::OpenOutage(open) => self.open_outage(open).into(),
            Command::CloseOutage { outage, etag } => self.close_outage(*outage, *etag).into(),
            Command::PutShifts(puts) => self.put_shift(&puts[0]).into(),
            Command::RemoveShift { shift, etag } => self.known_shift(*shift, *etag).into(),
            Command::PutTemplate(put) => self.put_week(put).into(),
            Command::RemoveTemplate { template, etag } => self.known_week(*template, *etag).into(),
            Command::PutAbsence(put) => self.put_off(put).into(),
            Command::RemoveAbsence { absence, etag } => self.known_off(*absence, *etag).into(),
            Command::RollRoster => Expected::Accepted,
            Command::CreateKey(create) => self.create_key(create).into(),
            Command::PutStockItem(_)
            | Command::MoveStock(_)
            | Command::TakeStock(_)
            | Command::RecordInspection(_)
            | Command::RecordOwnItems(_) => self.upkeep(command).into(),
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
            other => self.catalog(other).into(),
        }
    }

    pub(crate) fn invalid(unless: bool) -> Reasons {
        if unless { Vec::new() } else { vec!["INVALID"] }
    }

    /// Where the actor may act.
    pub(crate) fn reach(&self, site: treadwell_clinic::id::SiteId) -> Reasons {
        if self.actor.sites.allow(site) {
            Vec::new()
        } else {
            vec!["SITE_NOT_ALLOWED"]
        }
    }

    /// Where the actor may find records by their ids: one out of reach is as one that does not exist.
    pub(crate) fn finds(&self, site: treadwell_clinic::id::SiteId) -> Reasons {
        if self.actor.sites.allow(site) {
            Vec::new()
        } else {
            vec!["NOT_FOUND"]
        }
    }

    /// What is wrong with what a wish names; nothing about places.
    fn names(&self, wish: &Wish) -> Reasons {
        let mut reasons = self.reach(wish.site);
        let unique: BTreeSet<_> = wish.extensions.iter().collect();
        reasons.extend(Self::invalid(unique.len() == wish.extensions.len()));
        let oracle = self.oracle;
        let known = oracle.sites.contains_key(&wish.site)
            && oracle.services.contains_key(&wish.service)
            && wish.client.is_none_or(|id| oracle.clients.contains(&id))
            && wish.room.is_none_or(|id| oracle.rooms.contains_key(&id))
            && wish
                .therapist
                .is_none_or(|id| oracle.therapists.contains_key(&id));
        if !known {
            reasons.push("NOT_FOUND");
            return reasons;
        }
        if wish
            .room
            .is_some_and(|id| oracle.rooms[&id].site != wish.site)
        {
            reasons.push("ROOM_OF_ANOTHER_SITE");
        }
        if wish
            .therapist
            .is_some_and(|id| !oracle.therapists[&id].sites.contains(&wish.site))
        {
            reasons.push("THERAPIST_OF_ANOTHER_SITE");
        }
        let service = &oracle.services[&wish.service];
        if wish
            .extensions
            .iter()
            .any(|id| service.extensions.iter().all(|it| it.id != *id))
        {
            reasons.push("NOT_AN_EXTENSION");
        }
        reasons.extend(self.time(at(wish.start)));
        reasons
    }

    fn time(&self, start: Minute) -> Reasons {
        if start < minute(self.now).div_euclid(5) * 5 {
            vec!["PAST"]
        } else if start >= self.oracle.horizon(self.now) {
            vec!["TOO_FAR_AHEAD"]
        } else {
            Vec::new()
        }
    }

    /// Whether a wish can be placed, and if not the reasons of every pair that it may have.
    pub(crate) fn placed(&self, wish: &Wish, screened: bool, except: Option<Taker>) -> Expected {
        let reasons = self.names(wish);
        if !reasons.is_empty() {
            return reasons.into();
        }
        let oracle = self.oracle;
        if !oracle
            .pairs(wish, at(wish.start), screened, except)
            .is_empty()
        {
            return Expected::Accepted;
        }
        let rooms = oracle.rooms.values().filter(|it| it.site == wish.site);
        let mut all = BTreeSet::new();
        let mut pairs = 0;
        for room in rooms.filter(|it| wish.room.is_none_or(|id| id == it.id)) {
            for therapist in oracle
                .therapists
                .values()
                .filter(|it| it.sites.contains(&wish.site))
            {
                if wish.therapist.is_some_and(|id| id != therapist.id) {
                    continue;
                }
                pairs += 1;
                let place = oracle.place(
                    wish.service,
                    &wish.extensions,
                    room.id,
                    therapist.id,
                    at(wish.start),
                );
                let place = place.expect("the extensions were checked");
                all.extend(oracle.against(&place, wish.client, screened, except));
            }
        }
        match pairs {
            0 => {
                // What stands against it in any room and with anyone comes first.
                let common = ["SITE_CLOSED", "CLIENT_TAKEN", "NOBODY_OFFERS"].into_iter();
                let service = oracle.services[&wish.service].id;
                let client = wish.client.filter(|_| screened);
                let screening =
                    client.and_then(|client| oracle.excludes(client, service, at(wish.start)));
                Expected::RefusedForOneOf(common.chain(screening).collect())
            }
            1 => Expected::Refused(all),
            _ => Expected::RefusedForOneOf(all),
        }
    }

    fn book(&self, book: &Book) -> Expected {
        let note = Self::invalid(book.note.len() <= 500);
        if !note.is_empty() {
            return note.into();
        }
        let (place, start) = match &book.source {
            BookSource::Wish(wish) if wish.client.is_none() => return vec!["INVALID"].into(),
            BookSource::Wish(wish) => (self.placed(wish, true, None), at(wish.start)),
            BookSource::Hold { hold, client } => match self.held(*hold) {
                Err(reasons) => return reasons.into(),
                Ok(held) => (
                    self.taking_hold(*hold, held, *client, None),
                    held.place.start,
                ),
            },
        };
        if book.walk_in && place == Expected::Accepted {
            // Who has got a place still has to be there for it.
            return self.arriving(start).into();
        }
        place
    }

    pub(crate) fn held(&self, id: HoldId) -> Result<&Held, Reasons> {
        let held = self
            .oracle
            .holds
            .get(&id)
            .ok_or_else(|| vec!["NOT_FOUND"])?;
        let mut against = self.finds(held.place.site);
        if self.actor.role == Role::Integration && held.by != self.actor.key {
            against.push("HOLD_OF_ANOTHER_KEY");
        }
        if against.is_empty() {
            Ok(held)
        } else {
            Err(against)
        }
    }

    pub(crate) fn taking_hold(
        &self,
        id: HoldId,
        held: &Held,
        client: Option<ClientId>,
        moved: Option<(AppointmentId, &Booked)>,
    ) -> Expected {
        let Some(client) = client.or(held.client) else {
            return vec!["INVALID"].into();
        };
        if !self.oracle.clients.contains(&client) {
            return vec!["NOT_FOUND"].into();
        }
        let mut reasons = Vec::new();
        if held.client.is_some_and(|other| other != client) {
            reasons.push("HOLD_OF_ANOTHER_CLIENT");
        }
        let for_another = |id| moved.is_none_or(|(moved, _)| moved != id);
        if held.moves.is_some_and(for_another) {
            reasons.push("HOLD_OF_ANOTHER_APPOINTMENT");
        }
        if let (Some((_, booked)), None) = (moved, held.moves) {
            let same = booked.place.service == held.place.service
                && booked.place.extensions == held.place.extensions;
            if !same {
                reasons.push("HOLD_OF_ANOTHER_SERVICE");
            }
        }
        if held.expires <= self.now {
            // It holds no more, and its place is not judged.
            reasons.push("HOLD_EXPIRED");
            return reasons.into();
        }
        // It was not past when it was made. Once the session would be over there is nothing to take.
        if held.place.end <= minute(self.now).div_euclid(5) * 5 {
            reasons.push("PAST");
        }
        // What is moved leaves its place: the oracle without it.
        let mut without = self.oracle.clone();
        if let Some((moved, _)) = moved {
            without.appointments.remove(&moved);
        }
        reasons.extend(without.against(&held.place, Some(client), true, Some(Taker::Hold(id))));
        reasons.into()
    }

    fn hold(&self, wish: &Wish) -> Expected {
        let holds = self.oracle.holds.values();
        let mine = holds.filter(|it| it.by == self.actor.key && it.moves.is_none());
        let mine = mine.count();
        let too_many = mine >= usize::from(self.oracle.policy.holds_per_key);
        if !too_many {
            return self.placed(wish, false, None);
        }
        let mut reasons = self.names(wish);
        reasons.push("TOO_MANY_HOLDS");
        reasons.into()
    }

    fn move_to(&self, to: &Move) -> Expected {
        let reasons = self.step(to.step, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]);
        if !reasons.is_empty() {
            return reasons.into();
        }
        let id = to.step.appointment;
        let booked = &self.oracle.appointments[&id];
        match &to.to {
            &MoveTo::Hold(hold) => match self.held(hold) {
                Err(reasons) => reasons.into(),
                Ok(held) => self.taking_hold(hold, held, Some(booked.client), Some((id, booked))),
            },
            MoveTo::Place(to) => {
                let wish = moved(booked, to);
                self.placed(&wish, true, Some(Taker::Appointment(id)))
            }
        }
    }
}
fn has_bars(room: &Room) -> bool {
    room.equipment
        .has(treadwell_clinic::model::Equipment::ParallelBars)
}

/// The place of a session that is made longer.
pub(crate) fn longer(place: &Place, by: Minutes) -> Place {
    let by = i64::from(by.get());
    Place {
        end: place.end + by,
        client_until: place.client_until + by,
        therapist_until: place.therapist_until + by,
        room_until: place.room_until + by,
        ..place.clone()
    }
}

/// What is asked for when an appointment moves.
pub(crate) fn moved(booked: &Booked, to: &NewPlace) -> Wish {
    let now = &booked.place;
    Wish {
        client: Some(booked.client),
        service: now.service,
        extensions: to
            .extensions
            .clone()
            .unwrap_or_else(|| now.extensions.clone()),
        site: to.site.unwrap_or(now.site),
        start: to.start.unwrap_or_else(|| cell(now.start)),
        room: to.room,
        therapist: to.therapist,
    }
}
