//! One date to be repaired: who can move, and what there is for each.

use std::cell::{Cell as Flag, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::hits::Hit;
use super::{Cost, Mend, Planner};
use crate::availability::{self, Answer, Choices, Purpose, Query, Walk};
use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{ClientId, ExtensionId, RoomId, ServiceId, SiteId, TherapistId};
use crate::limits;
use crate::model::{Appointment, Fault, Modality, RecordId, Slot};
use crate::rank::Scarcity;
use crate::rules::Frame;
use crate::time::{CELL_MINUTES, Cell, Interval, Minutes};

/// How many places of one cost are considered for one appointment; those that displace the fewest come first.
const PLACES: usize = 240;

/// What it takes to find out when one could have some work at a site, in comparisons of two places.
const WALK: u64 = 2_000;
/// What it takes to find a place, in the same.
const FIND: u64 = 100;

/// A date, with everybody who may move on it taken out of the calendar.
pub(super) struct Day<'a> {
    planner: &'a Planner<'a>,
    base: Clinic,
    date: Date,
    /// Whether it is the date on which they are booked.
    own: bool,
    /// Those that are hit first.
    pub(super) movables: Vec<Movable>,
    /// How many of them are hit.
    pub(super) hits: usize,
    by_room: BTreeMap<RoomId, Vec<usize>>,
    by_therapist: BTreeMap<TherapistId, Vec<usize>>,
    by_client: BTreeMap<ClientId, Vec<usize>>,
    /// Whether a class had more places than are considered.
    cut: Flag<bool>,
}

/// An appointment that can move.
pub(super) struct Movable {
    pub(super) appointment: Arc<Appointment>,
    faults: Vec<Fault>,
    menu: OnceCell<Menu>,
}

/// All that there is for one appointment, what costs least first.
#[derive(Default)]
struct Menu {
    works: Vec<Work>,
    classes: Vec<Class>,
}

/// A service at a site.
struct Work {
    service: ServiceId,
    extensions: Vec<ExtensionId>,
    frame: Frame,
    choices: Choices,
}

/// Places of equal cost.
pub(super) struct Class {
    pub(super) cost: Cost,
    spots: Vec<Spot>,
    places: OnceCell<Vec<Place>>,
}

impl Class {
    const fn new(cost: Cost, spots: Vec<Spot>) -> Self {
        Self {
            cost,
            spots,
            places: OnceCell::new(),
        }
    }
}

/// A start, with the own therapist or with others.
struct Spot {
    work: usize,
    bit: u32,
    own_therapist: bool,
}

/// A place for one appointment.
pub(super) struct Place {
    pub(super) slot: Slot,
    /// Whether it is another room or therapist at the same time.
    pub(super) swap: bool,
    /// Whose present places it takes.
    pub(super) displaces: Vec<usize>,
}

impl<'a> Day<'a> {
    /// The date with those that are hit, and with the others of their sites if it is their `own` date.
    pub(super) fn new(
        world: &Clinic,
        date: Date,
        hits: Vec<Hit>,
        own: bool,
        planner: &'a Planner<'a>,
    ) -> Self {
        let mut day = Self {
            planner,
            base: world.clone(),
            date,
            own,
            hits: hits.len(),
            movables: Vec::new(),
            by_room: BTreeMap::new(),
            by_therapist: BTreeMap::new(),
            by_client: BTreeMap::new(),
            cut: Flag::new(false),
        };
        let sites: BTreeSet<_> = hits.iter().map(|hit| hit.appointment.slot.site).collect();
        let ids: BTreeSet<_> = hits.iter().map(|hit| hit.appointment.id).collect();
        for Hit {
            appointment,
            faults,
        } in hits
        {
            day.add(appointment, faults);
        }
        for site in sites.into_iter().filter(|_| own) {
            for other in day.others(world, site) {
                if !ids.contains(&other.id) {
                    day.add(other, Vec::new());
                }
            }
        }
        day
    }

    /// Who is to come at a site on the date, and is not about to be called already.
    fn others(&self, world: &Clinic, site: SiteId) -> Vec<Arc<Appointment>> {
        let day = world.site(site).and_then(|site| site.zone.day(self.date));
        let first = self.first();
        let ahead = |it: &&Arc<Appointment>| {
            it.is_ahead() && first <= it.slot.start() && world.hold_moving(it.id).is_none()
        };
        let all = day
            .into_iter()
            .flat_map(|day| world.appointments_at(site, day));
        all.filter(ahead).cloned().collect()
    }

    fn add(&mut self, appointment: Arc<Appointment>, faults: Vec<Fault>) {
        let number = self.movables.len();
        let slot = &appointment.slot;
        self.by_room.entry(slot.room).or_default().push(number);
        let theirs = self.by_therapist.entry(slot.therapist).or_default();
        theirs.push(number);
        let same_client = self.by_client.entry(appointment.client).or_default();
        same_client.push(number);
        self.base.leave_out(&RecordId::Appointment(appointment.id));
        self.movables.push(Movable {
            appointment,
            faults,
            menu: OnceCell::new(),
        });
    }

    /// The earliest cell in which anything may begin.
    fn first(&self) -> Cell {
        Cell::containing(self.planner.now)
    }

    /// How much work may still be done, on this date and all others.
    pub(super) const fn work_left(&self) -> u64 {
        self.planner.work_left()
    }

    /// Notes that some work is done.
    pub(super) fn spend(&self, work: u64) {
        self.planner.spend(work);
    }

    /// Whether some of the places that there are were left out of what was looked at.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// The places of one who can move, in classes of equal cost, the least first.
    pub(super) fn classes(&self, number: usize) -> &[Class] {
        let menu = self.movables[number].menu.get_or_init(|| self.menu(number));
        &menu.classes
    }

    /// The places of a class: those that displace the fewest first, then the least scarce rooms.
    pub(super) fn places<'d>(&'d self, number: usize, class: &'d Class) -> &'d [Place] {
        class.places.get_or_init(|| self.find_places(number, class))
    }

    /// Whether two places can not both be taken.
    pub(super) fn clash(&self, one: (usize, &Slot), other: (usize, &Slot)) -> bool {
        let (a, b) = (one.1, other.1);
        if a.room == b.room && a.occupies.room.overlaps(b.occupies.room) {
            return true;
        }
        if a.therapist == b.therapist {
            let gap = self.base.policy().travel_gap(a.site, b.site);
            let (mine, theirs) = (a.occupies.therapist, b.occupies.therapist);
            if mine.start() < theirs.end().plus(gap) && theirs.start() < mine.end().plus(gap) {
                return true;
            }
        }
        self.client(one.0) == self.client(other.0) && a.occupies.client.overlaps(b.occupies.client)
    }

    fn client(&self, number: usize) -> ClientId {
        self.movables[number].appointment.client
    }

    fn menu(&self, number: usize) -> Menu {
        let slot = &self.movables[number].appointment.slot;
        let mut menu = Menu::default();
        let mut classes: BTreeMap<Cost, Vec<Spot>> = BTreeMap::new();
        for (service, extensions) in self.works(number) {
            for site in self.sites(number) {
                let Some(work) = self.work(number, service, &extensions, site) else {
                    continue;
                };
                let at = menu.works.len();
                for bit in self.starts(number, &work).bits() {
                    let start = work.frame.cell(bit);
                    let cost = Cost {
                        modality: u32::from(service != slot.service),
                        site: u32::from(site != slot.site),
                        minutes: distance(start, slot.start()) * u32::from(CELL_MINUTES),
                        ..Cost::default()
                    };
                    for own_therapist in [true, false] {
                        let mut free = work.choices.therapists.iter();
                        let therapist = u32::from(!own_therapist);
                        if free.any(|&(id, mask)| {
                            mask.has(bit) && (id == slot.therapist) == own_therapist
                        }) {
                            let spots = classes.entry(Cost { therapist, ..cost }).or_default();
                            spots.push(Spot {
                                work: at,
                                bit,
                                own_therapist,
                            });
                        }
                    }
                }
                menu.works.push(work);
            }
        }
        let classes = classes.into_iter();
        menu.classes
            .extend(classes.map(|(cost, spots)| Class::new(cost, spots)));
        menu
    }

    /// What one who can move may get: the same work, and when they are hit the longest work of each other kind that is
    /// not longer.
    fn works(&self, number: usize) -> Vec<(ServiceId, Vec<ExtensionId>)> {
        let slot = &self.movables[number].appointment.slot;
        let mut works = vec![(slot.service, slot.extensions.to_vec())];
        let modality = self.base.service(slot.service).map(|it| it.modality);
        let mut others: BTreeMap<Modality, (Minutes, ServiceId)> = BTreeMap::new();
        if number < self.hits {
            let fits = |minutes: Minutes| minutes.cells() <= slot.planned.cells();
            for service in self.base.services().filter(|it| !it.retired) {
                if Some(service.modality) == modality || !fits(service.minutes) {
                    continue;
                }
                let longest = others
                    .entry(service.modality)
                    .or_insert((service.minutes, service.id));
                if longest.0 < service.minutes {
                    *longest = (service.minutes, service.id);
                }
            }
        }
        works.extend(others.into_values().map(|(_, id)| (id, Vec::new())));
        works
    }

    /// Where one who can move may go: to their own site, and when they are hit to some others.
    fn sites(&self, number: usize) -> Vec<SiteId> {
        let own = self.movables[number].appointment.slot.site;
        let mut sites = vec![own];
        if number < self.hits {
            let all = self.base.sites().map(|site| site.id);
            let others = all.filter(|&site| site != own && self.planner.reach.allow(site));
            sites.extend(others.take(limits::REPAIR_SITES));
        }
        sites
    }

    fn work(
        &self,
        number: usize,
        service: ServiceId,
        extensions: &[ExtensionId],
        site: SiteId,
    ) -> Option<Work> {
        let query = Query {
            sites: vec![site],
            service,
            extensions: extensions.to_vec(),
            client: Some(self.client(number)),
            therapist: None,
            prefer: None,
            room: None,
            from: Cell::MIN,
            until: Cell::MAX,
            grid: Minutes::new(CELL_MINUTES),
            limit: 0,
            answer: Answer::EveryCombination,
            purpose: Purpose::Book,
            except: None,
        };
        self.spend(WALK);
        let mut walk = Walk::new(&self.base, &query, site).ok()?;
        let frame = Frame::on(&walk.site.zone, self.date)?;
        let horizon = availability::horizon(&self.base, &walk.site.zone, self.planner.now);
        let ahead = Interval::new(self.first(), horizon)?;
        let choices = walk.choices(&frame, ahead.intersection(frame.day)?);
        Some(Work {
            service,
            extensions: extensions.to_vec(),
            frame,
            choices,
        })
    }

    /// The starts to consider: those on the grid of proposals, and the present one. Who is not hit keeps theirs.
    fn starts(&self, number: usize, work: &Work) -> Mask {
        let slot = &self.movables[number].appointment.slot;
        let own = Interval::new(slot.start(), slot.start().plus_cells(1))
            .and_then(|start| start.intersection(work.frame.day))
            .map_or(Mask::NONE, |start| work.frame.mask(start));
        let good = if number >= self.hits {
            own
        } else if self.planner.fine {
            Mask::ALL
        } else {
            availability::grid(self.base.policy().grid) | own
        };
        work.choices.starts & good
    }

    fn find_places(&self, number: usize, class: &Class) -> Vec<Place> {
        if self.work_left() == 0 {
            self.cut.set(true);
            return Vec::new();
        }
        let movable = &self.movables[number];
        let menu = movable.menu.get_or_init(|| self.menu(number));
        let present = &movable.appointment.slot;
        let mut places = Vec::new();
        let mut tried = 0;
        for spot in &class.spots {
            let work = &menu.works[spot.work];
            let Some(service) = self.base.service(work.service) else {
                continue;
            };
            let start = work.frame.cell(spot.bit);
            let rooms = work.choices.rooms.iter();
            for &(id, _, sound) in rooms.filter(|(_, starts, _)| starts.has(spot.bit)) {
                let Some(room) = self.base.room(id) else {
                    continue;
                };
                let scarcity = Scarcity::of(room, sound.has(spot.bit));
                for &(therapist, starts) in &work.choices.therapists {
                    let own = therapist == present.therapist;
                    if !starts.has(spot.bit) || own != spot.own_therapist {
                        continue;
                    }
                    tried += 1;
                    let slot = Slot::plan(service, &work.extensions, room, therapist, start);
                    let place = slot.and_then(|slot| self.place(number, slot));
                    places.extend(place.map(|place| (scarcity, id != present.room, place)));
                }
            }
        }
        let order = |(scarcity, moves, place): &(Scarcity, bool, Place)| {
            let slot = &place.slot;
            let ids = (slot.start(), slot.room, slot.therapist);
            (place.displaces.len(), *scarcity, *moves, ids)
        };
        places.sort_by_key(order);
        self.spend(FIND.saturating_mul(tried));
        if places.len() > PLACES {
            self.cut.set(true);
        }
        places.truncate(PLACES);
        places.into_iter().map(|(_, _, place)| place).collect()
    }

    /// A place with those whom it displaces. None when it is the present one, or when the same client is due elsewhere
    /// at that time.
    fn place(&self, number: usize, slot: Slot) -> Option<Place> {
        let present = &self.movables[number].appointment.slot;
        let swap = self.own && super::is_swap(present, &slot);
        if swap && (slot.room, slot.therapist) == (present.room, present.therapist) {
            return None;
        }
        let mut same_client = self
            .by_client
            .get(&self.client(number))
            .into_iter()
            .flatten();
        let elsewhere = |&other: &usize| {
            let there = self.present(other).occupies.client;
            other != number && slot.occupies.client.overlaps(there)
        };
        if same_client.any(elsewhere) {
            return None;
        }
        let in_room = self.by_room.get(&slot.room).into_iter().flatten();
        let theirs = self.by_therapist.get(&slot.therapist).into_iter().flatten();
        let mut displaces: Vec<usize> = in_room
            .chain(theirs)
            .copied()
            .filter(|&other| other != number)
            .filter(|&other| self.clash((number, &slot), (other, self.present(other))))
            .collect();
        displaces.sort_unstable();
        displaces.dedup();
        Some(Place {
            slot,
            swap,
            displaces,
        })
    }

    fn present(&self, number: usize) -> &Slot {
        &self.movables[number].appointment.slot
    }

    /// The mends that are chosen, and those that are hit and have no place.
    pub(super) fn mends(&self, chosen: &[Option<Slot>]) -> (Vec<Mend>, Vec<Hit>) {
        let (mut mends, mut left) = (Vec::new(), Vec::new());
        for ((movable, to), number) in self.movables.iter().zip(chosen).zip(0..) {
            let appointment = Arc::clone(&movable.appointment);
            let faults = movable.faults.clone();
            if to.is_some() {
                mends.push(Mend {
                    appointment,
                    faults,
                    to: to.clone(),
                });
            } else if number < self.hits {
                left.push(Hit {
                    appointment,
                    faults,
                });
            }
        }
        (mends, left)
    }
}

/// How far apart two cells are.
fn distance(one: Cell, other: Cell) -> u32 {
    one.since(other).max(other.since(one))
}
