//! Stock and hygiene in the oracle: levels as plain sums, inspections as a plain list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use treadwell_clinic::command::{
    Catalog, MoveStock, OpeningStock, PutStockItem, RecordInspection, RecordOwnItems, StockMove,
    TakeStock,
};
use treadwell_clinic::id::{
    AppointmentId, InspectionId, KeyId, MovementId, OutageId, RoomId, SiteId, StockItemId,
    TherapistId,
};
use treadwell_clinic::model::{
    Change, Consumption, Equipment, Finding, Inspection, OutageTarget, OwnItem, Phase, Record,
    StockKind,
};
use treadwell_clinic::{Clinic, Command, Decision};

use super::absorb::Absorb;
use super::expect::Case;
use super::oracle::{Oracle, Out, minute};
use super::world;

/// The most of an item that a site keeps.
const MOST: i64 = 1_000_000;

type Key = (SiteId, StockItemId);
type Reasons = Vec<&'static str>;

/// What the oracle knows of stock and inspections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upkeep {
    pub(crate) kept: BTreeMap<Key, Kept>,
    moved: BTreeMap<MovementId, (Key, i64)>,
    pub(crate) failed: Vec<(InspectionId, RoomId, Date, OutageId)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    kind: StockKind,
    unit: String,
    pub(crate) level: i64,
}

pub(crate) fn item(id: &str) -> StockItemId {
    StockItemId::parse(id).expect("a slug")
}

/// What the world keeps: lotion and towels at both sites, oil in another unit at each.
pub(crate) fn stock() -> Vec<OpeningStock> {
    use StockKind::{Consumable, Washable};
    let of = |site, id, unit: &str, kind, level| OpeningStock {
        item: PutStockItem {
            site: world::site(site),
            item: item(id),
            name: id.to_owned(),
            unit: unit.to_owned(),
            kind,
            par: 10,
            retired: false,
            etag: None,
        },
        level,
    };
    vec![
        of("halifax", "lotion", "ml", Consumable, 400),
        of("dartmouth", "lotion", "ml", Consumable, 90),
        of("halifax", "towels", "towel", Washable, 20),
        of("halifax", "oil", "ml", Consumable, 50),
        of("dartmouth", "oil", "l", Consumable, 0),
    ]
}

/// What every service of the world consumes.
pub(crate) fn consumes() -> Vec<Consumption> {
    [("lotion", 30), ("towels", 2), ("candles", 1)]
        .map(|(id, quantity)| Consumption {
            item: item(id),
            quantity,
        })
        .to_vec()
}

impl Upkeep {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let kept = catalog.stock.iter().map(|opening| {
            let put = &opening.item;
            let kept = Kept {
                kind: put.kind,
                unit: put.unit.clone(),
                level: i64::from(opening.level),
            };
            ((put.site, put.item), kept)
        });
        Self {
            kept: kept.collect(),
            ..Self::default()
        }
    }

    /// A movement is taken back by another one.
    pub(crate) fn take_back(&mut self, id: MovementId) {
        if let Some(&(key, change)) = self.moved.get(&id) {
            self.add(key, -change);
        }
    }

    /// What stands against taking a movement back.
    pub(crate) fn against_taking_back(&self, id: MovementId) -> Option<&'static str> {
        let &(key, change) = self.moved.get(&id)?;
        let level = self.kept[&key].level - change;
        match level {
            ..0 => Some("STOCK_SHORT"),
            0..=MOST => None,
            _ => Some("STOCK_FULL"),
        }
    }

    fn add(&mut self, key: Key, change: i64) {
        let kept = self.kept.get_mut(&key).expect("it was accepted");
        kept.level += change;
        assert!((0..=MOST).contains(&kept.level), "{key:?}: {kept:?}");
    }

    /// Changes a level as the oracle has it, and remembers the clinic's movement, which has to say the same.
    fn move_by(&mut self, key: Key, change: i64, decision: &Decision) {
        let movements = decision.changes.iter().filter_map(Change::after);
        let mut movements = movements.filter_map(|record| match record {
            Record::StockMovement(it) if (it.site, it.item) == key => Some(it),
            _ => None,
        });
        let movement = movements.next().expect("each level has its movement");
        assert_eq!(i64::from(movement.change), change, "{movement:?}");
        self.moved.insert(movement.id, (key, change));
        self.add(key, change);
    }

    /// A session is over.
    pub(crate) fn consume(&mut self, site: SiteId, of: &[Consumption], decision: &Decision) {
        for listed in of {
            let key = (site, listed.item);
            let Some(kept) = self.kept.get(&key) else {
                continue;
            };
            if kept.kind == StockKind::Consumable {
                let taken = kept.level.min(i64::from(listed.quantity));
                self.move_by(key, -taken, decision);
            }
        }
    }

    /// Levels are the oracle's, and the sums of the clinic's movements.
    pub(crate) fn agrees(&self, clinic: &Clinic) {
        for (&(site, item), kept) in &self.kept {
            let found = clinic.stock_item(site, item).expect("it is kept");
            assert_eq!(i64::from(found.level), kept.level, "{item} at {site}");
            let changes = clinic
                .movements_of(site, item, None)
                .map(|it| i64::from(it.change));
            assert_eq!(changes.sum::<i64>(), kept.level, "{item} at {site}");
        }
    }
}

/// What the oracle expects.
impl Case<'_> {
    pub(crate) fn upkeep(&self, command: &Command) -> Reasons {
        match command {
            Command::PutStockItem(put) => self.put_item(put),
            Command::MoveStock(movement) => self.move_stock(movement),
            Command::TakeStock(count) => self.take_stock(count),
            Command::RecordInspection(new) => self.inspect(new),
            Command::RecordOwnItems(done) => self.own(done),
            other => panic!("{:?} is not about upkeep", other.kind()),
        }
    }

    fn reaches(&self, site: SiteId) -> bool {
        self.actor.sites.allow(site)
    }

    fn put_item(&self, put: &PutStockItem) -> Reasons {
        let mut reasons = Vec::new();
        if put.name.is_empty() {
            reasons.push("INVALID");
        }
        if !self.reaches(put.site) {
            reasons.push("SITE_NOT_ALLOWED");
        }
        if !self.oracle.sites.contains_key(&put.site) {
            reasons.push("NOT_FOUND");
        }
        reasons
    }

    fn move_stock(&self, movement: &MoveStock) -> Reasons {
        let kept = &self.oracle.upkeep.kept;
        let mut reasons = Vec::new();
        let key = (movement.site, movement.item);
        let to = match movement.how {
            StockMove::Transfer { to } => Some(to),
            _ => None,
        };
        if movement.quantity == 0 || to == Some(movement.site) {
            reasons.push("INVALID");
        }
        let sites = [Some(movement.site), to];
        if !sites.into_iter().flatten().all(|site| self.reaches(site)) {
            reasons.push("SITE_NOT_ALLOWED");
        }
        let there = to.map(|to| kept.get(&(to, movement.item)));
        let (Some(here), true) = (kept.get(&key), there != Some(None)) else {
            reasons.push("NOT_FOUND");
            return reasons;
        };
        if movement.how == StockMove::Use && here.kind == StockKind::Washable {
            reasons.push("NOT_CONSUMED");
        }
        if there.flatten().is_some_and(|there| there.unit != here.unit) {
            reasons.push("OTHER_UNIT");
        }
        let quantity = i64::from(movement.quantity);
        let coming = if movement.how == StockMove::Receive {
            Some(here)
        } else {
            if here.level < quantity {
                reasons.push("STOCK_SHORT");
            }
            there.flatten()
        };
        if coming.is_some_and(|coming| coming.level + quantity > MOST) {
            reasons.push("STOCK_FULL");
        }
        reasons
    }

    fn take_stock(&self, count: &TakeStock) -> Reasons {
        let mut reasons = Vec::new();
        if count.counts.is_empty() {
            reasons.push("INVALID");
        }
        if !self.reaches(count.site) {
            reasons.push("SITE_NOT_ALLOWED");
        }
        let kept = &self.oracle.upkeep.kept;
        let is_kept = |&(item, _): &(StockItemId, u32)| kept.contains_key(&(count.site, item));
        if !count.counts.iter().all(is_kept) {
            reasons.push("NOT_FOUND");
        }
        reasons
    }

    fn inspect(&self, new: &RecordInspection) -> Reasons {
        let mut reasons = Vec::new();
        if new.inspector.is_empty() {
            reasons.push("INVALID");
        }
        let Some(room) = self.oracle.rooms.get(&new.room) else {
            reasons.push("NOT_FOUND");
            return reasons;
        };
        if !self.reaches(room.site) {
            reasons.push("SITE_NOT_ALLOWED");
        }
        if self.now.to_zoned(self.oracle.zone.clone()).date() < new.date {
            reasons.push("TOO_FAR_AHEAD");
        }
        let overhead = [Equipment::ParallelBars, Equipment::Rope];
        if !overhead.iter().any(|&kind| room.equipment.has(kind)) {
            reasons.push("NOTHING_OVERHEAD");
        }
        reasons
    }

    fn own(&self, done: &RecordOwnItems) -> Reasons {
        use OwnItem::{SockettesBackOn, SockettesOn, WashedAfter};
        let Some(booked) = self.oracle.appointments.get(&done.appointment) else {
            return vec!["NOT_FOUND"];
        };
        if !self.reaches(booked.place.site) {
            return vec!["NOT_FOUND"];
        }
        let mut reasons = Vec::new();
        let service = &self.oracle.services[&booked.place.service];
        let sockettes = |item: &OwnItem| matches!(item, SockettesOn | SockettesBackOn);
        if !service.modality.is_barefoot() && done.items.iter().any(sockettes) {
            reasons.push("INVALID");
        }
        let stage = match booked.phase {
            Phase::Arrived => 1,
            Phase::InSession => 2,
            Phase::Completed => 3,
            _ => 0,
        };
        let needs = |item: &OwnItem| match item {
            WashedAfter => 3,
            SockettesBackOn => 2,
            _ => 1,
        };
        if done.items.iter().any(|item| stage < needs(item)) {
            reasons.push("HYGIENE_TOO_EARLY");
        }
        reasons
    }
}

/// What was done around one session: what its therapist did, by whom and when it was recorded, and whether the room's
/// checklist is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hygiene {
    therapist: TherapistId,
    own: BTreeMap<OwnItem, (KeyId, Timestamp)>,
    ready: bool,
}

impl Hygiene {
    pub(crate) fn of(hygiene: &treadwell_clinic::model::Hygiene) -> Self {
        let own = hygiene.own.iter();
        Self {
            therapist: hygiene.therapist,
            own: own.map(|it| (it.item, (it.done.by, it.done.at))).collect(),
            ready: hygiene.turnover.is_some(),
        }
    }

    /// What is left when that goes which an operation added.
    pub(crate) fn without(&self, before: Option<&Self>, after: &Self) -> Option<Self> {
        let mut left = self.clone();
        left.own.retain(|item, stamp| {
            let stood = before.is_some_and(|it| it.own.get(item) == Some(stamp));
            stood || after.own.get(item) != Some(stamp)
        });
        if after.ready && before.is_none_or(|it| !it.ready) {
            left.ready = false;
        }
        (left.ready || !left.own.is_empty()).then_some(left)
    }
}

impl Absorb<'_> {
    /// What is recorded of a session, to add to.
    fn hygiene(&mut self, id: AppointmentId) -> &mut Hygiene {
        let therapist = self.oracle.appointments[&id].place.therapist;
        let blank = Hygiene {
            therapist,
            own: BTreeMap::new(),
            ready: false,
        };
        let hygiene = self.oracle.hygiene.entry(id).or_insert(blank);
        if hygiene.therapist != therapist {
            hygiene.therapist = therapist;
            hygiene.own.clear();
        }
        hygiene
    }

    /// The room's checklist after a session is done.
    pub(crate) fn made_ready(&mut self, id: AppointmentId) {
        self.hygiene(id).ready = true;
    }

    pub(crate) fn upkeep(&mut self, command: &Command) {
        let stamp = (self.actor.key, self.now);
        if let Command::RecordOwnItems(done) = command {
            let own = &mut self.hygiene(done.appointment).own;
            for &item in &done.items {
                own.entry(item).or_insert(stamp);
            }
            return;
        }
        absorb(self.oracle, command, self.decision, self.now);
    }
}

/// What an accepted command does to stock and inspections.
fn absorb(oracle: &mut Oracle, command: &Command, decision: &Decision, now: Timestamp) {
    match command {
        Command::PutStockItem(put) => {
            let kept = oracle.upkeep.kept.entry((put.site, put.item));
            let kept = kept.or_insert_with(|| Kept {
                kind: put.kind,
                unit: put.unit.clone(),
                level: 0,
            });
            kept.kind = put.kind;
            kept.unit.clone_from(&put.unit);
        }
        Command::MoveStock(movement) => {
            let key = (movement.site, movement.item);
            let quantity = i64::from(movement.quantity);
            let upkeep = &mut oracle.upkeep;
            match movement.how {
                StockMove::Receive => upkeep.move_by(key, quantity, decision),
                StockMove::Use | StockMove::Waste => upkeep.move_by(key, -quantity, decision),
                StockMove::Transfer { to } => {
                    upkeep.move_by(key, -quantity, decision);
                    upkeep.move_by((to, movement.item), quantity, decision);
                }
            }
        }
        Command::TakeStock(count) => {
            for &(item, level) in &count.counts {
                let key = (count.site, item);
                let change = i64::from(level) - oracle.upkeep.kept[&key].level;
                oracle.upkeep.move_by(key, change, decision);
            }
        }
        Command::RecordInspection(new) => inspected(oracle, new, decision, now),
        _ => {}
    }
}

fn inspected(oracle: &mut Oracle, new: &RecordInspection, decision: &Decision, now: Timestamp) {
    let present = minute(now).div_euclid(5) * 5;
    let after = decision.changes.iter().filter_map(Change::after);
    let record = after.clone().find_map(|record| match record {
        Record::SupportInspection(record) => Some(record),
        _ => None,
    });
    let record = record.expect("it is recorded");
    let room = oracle.rooms.get_mut(&new.room).expect("it was accepted");
    let latest = room.inspection.is_none_or(|it| it.passed <= new.date);
    let failed = |of: &Upkeep, last: Date| -> Vec<OutageId> {
        let here = of
            .failed
            .iter()
            .filter(|(_, room, date, _)| *room == new.room && *date <= last);
        here.map(|&(.., outage)| outage).collect()
    };
    let is_open =
        |oracle: &Oracle, id: &OutageId| oracle.outages.get(id).is_some_and(|out| !out.closed);
    match (new.passed, record.finding) {
        (Some(months), Finding::Passed { .. }) => {
            if !latest {
                return;
            }
            room.inspection = Some(Inspection {
                passed: new.date,
                months,
            });
            for id in failed(&oracle.upkeep, new.date) {
                if is_open(oracle, &id) {
                    let out = oracle.outages.get_mut(&id).expect("it is open");
                    out.until = Some(out.from.max(present));
                    out.closed = true;
                }
            }
        }
        (None, Finding::Failed { outage }) => {
            assert_eq!(outage.is_some(), latest, "{record:?}");
            let Some(outage) = outage else {
                return;
            };
            let earlier = failed(&oracle.upkeep, Date::MAX);
            let open = earlier.iter().any(|id| is_open(oracle, id));
            assert_eq!(open, earlier.contains(&outage), "{record:?}");
            oracle.outages.entry(outage).or_insert(Out {
                room: new.room,
                target: OutageTarget::Bars,
                from: present,
                until: None,
                closed: false,
            });
            let known = (record.id, new.room, new.date, outage);
            oracle.upkeep.failed.push(known);
        }
        (asked, found) => panic!("{asked:?} became {found:?}"),
    }
}
