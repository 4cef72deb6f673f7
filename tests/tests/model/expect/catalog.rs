//! The catalog, people, shifts, outages, keys, and undo.

use treadwell_clinic::id::SiteId;
use treadwell_clinic::model::{RecordId, Room, Therapist};

use super::*;

impl Case<'_> {
    pub(crate) fn declare(&self, new: &RecordDeclaration) -> Reasons {
        let mut reasons = Self::invalid(new.asked_at.is_none_or(|at| at <= self.now));
        if !self.oracle.clients.contains(&new.client) {
            reasons.push("NOT_FOUND");
        }
        reasons
    }

    pub(crate) fn attest(&self, entry: &AttestFootCare) -> Reasons {
        let mut reasons = self.reach(entry.site);
        let known = self.oracle.sites.contains_key(&entry.site);
        match self.oracle.therapists.get(&entry.therapist) {
            Some(it) if known && !it.sites.contains(&entry.site) => {
                reasons.push("THERAPIST_OF_ANOTHER_SITE");
            }
            Some(_) if known => {}
            _ => reasons.push("NOT_FOUND"),
        }
        reasons
    }

    pub(crate) fn open_outage(&self, open: &OpenOutage) -> Reasons {
        let present = minute(self.now).div_euclid(5) * 5;
        let from = open.from.map_or(present, at);
        let ordered = open.until.is_none_or(|until| from < at(until));
        let mut reasons = Self::invalid(ordered && !open.reason.is_empty());
        let Some(room) = self.oracle.rooms.get(&open.room) else {
            reasons.push("NOT_FOUND");
            return reasons;
        };
        let reach = self.reach(room.site);
        let may_know = reach.is_empty();
        reasons.extend(reach);
        if may_know && open.target == OutageTarget::Bars && !has_bars(room) {
            reasons.push("INVALID");
        }
        if from < present {
            reasons.push("PAST");
        }
        reasons
    }

    pub(crate) fn close_outage(
        &self,
        id: treadwell_clinic::id::OutageId,
        etag: Option<u64>,
    ) -> Reasons {
        let Some(out) = self.oracle.outages.get(&id) else {
            return vec!["NOT_FOUND"];
        };
        let mut reasons = self.finds(self.oracle.rooms[&out.room].site);
        if etag.is_some() {
            reasons.push("STALE");
        }
        let present = minute(self.now).div_euclid(5) * 5;
        if out.closed || out.until.is_some_and(|until| until <= present) {
            reasons.push("OUTAGE_CLOSED");
        }
        let mut failed = self.oracle.upkeep.failed.iter();
        if failed.any(|&(.., outage)| outage == id) {
            reasons.push("INSPECTION_FAILED");
        }
        reasons
    }

    pub(crate) fn known_shift(
        &self,
        id: treadwell_clinic::id::ShiftId,
        etag: Option<u64>,
    ) -> Reasons {
        let Some(shift) = self.oracle.shifts.get(&id) else {
            return vec!["NOT_FOUND"];
        };
        let mut reasons = self.finds(shift.site);
        if etag.is_some() {
            reasons.push("STALE");
        }
        reasons
    }

    pub(crate) fn put_shift(&self, put: &PutShift) -> Reasons {
        let (from, until) = (at(put.time.start()), at(put.time.end()));
        let inside = put
            .breaks
            .iter()
            .all(|it| from <= at(it.start()) && at(it.end()) <= until);
        let mut reasons = Self::invalid(until - from <= 24 * 60 && inside);
        reasons.extend(self.reach(put.site));
        let known = self.oracle.sites.contains_key(&put.site);
        match self.oracle.therapists.get(&put.therapist) {
            Some(it) if known && !it.sites.contains(&put.site) => {
                reasons.push("THERAPIST_OF_ANOTHER_SITE");
            }
            Some(_) if known => {}
            _ => {
                // Nothing more can be said of a shift of nobody's.
                reasons.push("NOT_FOUND");
                return reasons;
            }
        }
        if let Some(id) = put.shift {
            reasons.extend(self.known_shift(id, put.etag));
        }
        if until - 5 < minute(self.now).div_euclid(5) * 5 {
            reasons.push("PAST");
        }
        let shift = crate::oracle::Shift {
            therapist: put.therapist,
            site: put.site,
            from,
            until,
            breaks: Vec::new(),
            template: None,
        };
        let goes = |id| Some(id) == put.shift;
        reasons.extend(self.oracle.in_the_way(&shift, goes));
        reasons
    }

    pub(crate) fn create_key(&self, create: &CreateKey) -> Reasons {
        let mut reasons = Self::invalid(!create.name.is_empty());
        if !self.actor.sites.allow(crate::world::site("dartmouth")) {
            reasons.push("SITE_NOT_ALLOWED");
        }
        if create.role == Role::Owner && self.actor.role != Role::Owner {
            reasons.push("ONLY_FOR_OWNERS");
        }
        reasons
    }

    /// The catalog, people and keys: what can be wrong with the generator's commands.
    pub(crate) fn catalog(&self, command: &Command) -> Reasons {
        let everywhere = self.actor.sites.allow(crate::world::site("dartmouth"));
        let mut reasons = Vec::new();
        let exists = |etag: Option<u64>| etag.map(|_| "ALREADY_EXISTS");
        // Rule sets, services and the policy belong to every site.
        let shared = || (!everywhere).then_some("SITE_NOT_ALLOWED").into_iter();
        match command {
            Command::PutRoom(put) => {
                reasons.extend(self.reach(put.resource.site));
                let moved = self.oracle.rooms[&put.resource.id].site != put.resource.site;
                reasons.extend(moved.then_some("ROOM_OF_ANOTHER_SITE"));
                reasons.extend(exists(put.etag));
                let other = reasons.is_empty() && self.is_inspected_otherwise(&put.resource);
                reasons.extend(other.then_some("INVALID"));
            }
            Command::PutSite(put) => {
                reasons.extend(self.reach(put.resource.id));
                reasons.extend(exists(put.etag));
            }
            Command::PutTherapist(put) => {
                let reached = |site: &SiteId| self.actor.sites.allow(*site);
                let mut sites = put.resource.sites.iter();
                let may = if self.is_the_same_work(&put.resource) {
                    sites.any(reached)
                } else {
                    sites.all(reached)
                };
                reasons.extend((!may).then_some("SITE_NOT_ALLOWED"));
                reasons.extend(exists(put.etag));
            }
            Command::PutRuleSet(put) => reasons.extend(shared().chain(exists(put.etag))),
            Command::PutService(put) => reasons.extend(shared().chain(exists(put.etag))),
            Command::PutPolicy(put) => {
                // There always is one: whoever read the one before any was put has read an older one.
                let stale = put.etag.map(|_| "STALE");
                reasons.extend(shared().chain(stale));
            }
            Command::ImportCatalog(catalog) => {
                reasons.extend(shared());
                let unknown = catalog
                    .rooms
                    .iter()
                    .any(|it| !self.oracle.sites.contains_key(&it.site));
                reasons.extend(unknown.then_some("NOT_FOUND"));
                let mut rooms = catalog.rooms.iter();
                let other =
                    reasons.is_empty() && rooms.any(|room| self.is_inspected_otherwise(room));
                reasons.extend(other.then_some("INVALID"));
            }
            Command::CreateClient(new) => {
                reasons.extend(Self::invalid(!new.name.is_empty()));
                reasons.extend(new.preferred.map(|_| "NOT_FOUND"));
            }
            Command::UpdateClient(update) => {
                let keeps = update.note == treadwell_clinic::command::Patch::Keep;
                reasons.extend(Self::invalid(keeps));
                if !self.oracle.clients.contains(&update.client) {
                    return vec!["NOT_FOUND"];
                }
                reasons.extend(update.etag.map(|_| "STALE"));
            }
            Command::RevokeKey { key } => match self.operations.keys.get(key) {
                None => reasons.push("NOT_FOUND"),
                Some(known) => {
                    reasons.extend((!everywhere).then_some("SITE_NOT_ALLOWED"));
                    reasons.extend(known.revoked.then_some("KEY_REVOKED"));
                    let owners_only = known.owner && self.actor.role != Role::Owner;
                    reasons.extend(owners_only.then_some("ONLY_FOR_OWNERS"));
                    let owners = self
                        .operations
                        .keys
                        .values()
                        .filter(|it| it.owner && !it.revoked)
                        .count();
                    let last = known.owner && !known.revoked && owners == 1;
                    reasons.extend(last.then_some("LAST_OWNER"));
                }
            },
            _ => {}
        }
        reasons
    }

    pub(crate) fn undo(&self) -> Expected {
        let Some(last) = self.operations.last(self.actor.key) else {
            return vec!["NOTHING_TO_UNDO"].into();
        };
        if last.kind == CommandKind::Undo {
            return vec!["NOTHING_TO_UNDO"].into();
        }
        if !last.kind.is_undoable() {
            return vec!["NOT_UNDOABLE"].into();
        }
        let mut reasons = Vec::new();
        if last.at + 10.minutes() < self.now {
            reasons.push("UNDO_TOO_LATE");
        }
        let left =
            |(what, (_, left)): (_, &(_, Option<u64>))| self.operations.version(what) == *left;
        // Levels and hygiene go back by a change of their own, whatever was added since.
        let by_a_change =
            |what: &RecordId| matches!(what, RecordId::StockItem(..) | RecordId::Hygiene(_));
        let kept = || last.versions.iter().filter(|(what, _)| !by_a_change(what));
        if !kept().all(left) {
            reasons.push("UNDO_CHANGED");
        }
        if reasons.is_empty() {
            return Operations::taking_back(self, last);
        }
        reasons.into()
    }

    /// Whoever reaches one of a therapist's sites may put them there again who can be booked for the same as before.
    fn is_the_same_work(&self, new: &Therapist) -> bool {
        let old = &self.oracle.therapists[&new.id];
        (old.retired, &old.credentials) == (new.retired, &new.credentials)
    }

    /// Another inspection than the room's own is for the log of inspections to say. That is looked at last: before it, the
    /// caller has to know the room as it is.
    fn is_inspected_otherwise(&self, room: &Room) -> bool {
        let own = self.oracle.rooms[&room.id].inspection;
        room.inspection.is_some() && room.inspection != own
    }
}
