//! A brute-force clinic: it looks at every cell of every record, and knows no
//! masks, no indexes and no rule of the crate.

use super::world::{World, services};
use super::*;
use crate::fixture::*;
use crate::model::{Closure, Equipment, OutageTarget, Room, RuleSet, Service, Site, Therapist};
use crate::rank::Scarcity;
use crate::screening::evaluate;

/// One question to the oracle: may this start be, with these?
pub(super) struct Ask<'a> {
    pub(super) world: &'a World,
    pub(super) site: &'a Site,
    pub(super) service: &'a Service,
    pub(super) client: Option<ClientId>,
    pub(super) except: Option<Occupant>,
}

fn cells(start: Cell, minutes: u16) -> impl Iterator<Item = Cell> {
    (0..u32::from(minutes) / 5).map(move |n| start.plus_cells(n))
}

impl Ask<'_> {
    fn is_open(&self, cell: Cell) -> bool {
        let local = self.site.zone.local(cell.timestamp());
        let closed =
            |closure: &Closure| closure.first <= local.date() && local.date() <= closure.last;
        !self.site.closures.iter().any(closed)
            && self
                .site
                .hours
                .on(local.date().weekday())
                .iter()
                .any(|hours| {
                    let midnight = jiff::civil::Time::midnight();
                    hours.opens <= local.time()
                        && (local.time() < hours.closes || hours.closes == midnight)
                })
    }

    fn is_out(&self, room: &Room, target: OutageTarget, cell: Cell) -> bool {
        self.world.outages.iter().any(|it| {
            it.room == room.id
                && it.target == target
                && it.from <= cell
                && it.until.is_none_or(|until| cell < until)
        })
    }

    fn is_sound(&self, room: &Room, cell: Cell) -> bool {
        let day = self.site.zone.local(cell.timestamp()).date();
        let good = room
            .inspection
            .is_some_and(|it| it.passed <= day && day < it.lapses());
        good && !self.is_out(room, OutageTarget::Bars, cell)
    }

    fn others(&self) -> impl Iterator<Item = (&Slot, Option<ClientId>)> {
        let all = self
            .world
            .occupants()
            .filter(|(by, ..)| Some(*by) != self.except);
        all.map(|(_, slot, client)| (slot, client))
    }

    fn room_free(&self, room: &Room, cell: Cell) -> bool {
        let taken = self
            .others()
            .any(|(slot, _)| slot.room == room.id && slot.occupies.room.contains(cell));
        !taken && !self.is_out(room, OutageTarget::Room, cell)
    }

    fn room_serves(&self, room: &Room, start: Cell) -> bool {
        let length = self.service.minutes.get();
        let turnover = self.service.turnover.get().max(room.turnover.get());
        let has = |kind| room.equipment.has(kind);
        let bars = has(Equipment::ParallelBars)
            && cells(start, length).all(|cell| self.is_sound(room, cell));
        let equipped = if self.service.id == ashiatsu().id {
            has(Equipment::Table) && bars
        } else {
            has(Equipment::Table) || (self.service.id == foot().id && has(Equipment::FootChair))
        };
        !room.retired
            && room.site == self.site.id
            && equipped
            && cells(start, length + turnover).all(|cell| self.room_free(room, cell))
    }

    fn on_shift(&self, therapist: &Therapist, cell: Cell) -> bool {
        self.world.shifts.iter().any(|shift| {
            shift.therapist == therapist.id
                && shift.site == self.site.id
                && shift.time.contains(cell)
                && !shift.breaks.iter().any(|pause| pause.contains(cell))
        })
    }

    /// Whether no other work, with the way from and to other sites, takes the cell.
    fn unbusy(&self, therapist: &Therapist, cell: Cell) -> bool {
        let gap = u32::from(self.world.gap) / 5;
        !self
            .others()
            .filter(|(slot, _)| slot.therapist == therapist.id)
            .any(|(slot, _)| {
                let reach = if slot.site == self.site.id { 0 } else { gap };
                let taken = slot.occupies.therapist;
                taken.start().minus_cells(reach) <= cell && cell < taken.end().plus_cells(reach)
            })
    }

    fn therapist_serves(&self, therapist: &Therapist, start: Cell) -> bool {
        let length = self.service.minutes.get();
        let day = self.site.zone.local(start.timestamp()).date();
        let entitled = self.service.id != ashiatsu().id
            || therapist
                .credentials
                .iter()
                .any(|it| it.expires.is_none_or(|last| day <= last));
        !therapist.retired
            && therapist.sites.contains(&self.site.id)
            && entitled
            && cells(start, length).all(|cell| self.on_shift(therapist, cell))
            && cells(start, length + self.service.reset.get())
                .all(|cell| self.unbusy(therapist, cell))
    }

    fn common(&self, start: Cell) -> bool {
        let length = self.service.minutes.get();
        let client_free = cells(start, length).all(|cell| {
            let theirs = |client: Option<ClientId>| client.is_some() && client == self.client;
            !self
                .others()
                .any(|(slot, client)| theirs(client) && slot.occupies.client.contains(cell))
        });
        client_free && self.screened(start) && cells(start, length).all(|cell| self.is_open(cell))
    }

    fn screened(&self, start: Cell) -> bool {
        let Some(client) = self.client.filter(|_| self.service.modality.is_barefoot()) else {
            return true;
        };
        let declaration = self.world.declaration();
        let declaration = Some(&declaration).filter(|it| it.client == client);
        let zone = &self.site.zone;
        let screening = evaluate(
            &RuleSet::barefoot(),
            declaration,
            zone,
            12,
            start.timestamp(),
        );
        !screening.outcome.refuses_barefoot()
    }

    /// The rooms of the site that are free from `at` on for so long: each with
    /// whether it has sound bars, and until when it is free if that is before the site closes.
    pub(super) fn free_rooms(
        &self,
        at: Cell,
        minutes: u16,
        bars: bool,
    ) -> Vec<(RoomId, bool, Option<Cell>)> {
        if !cells(at, minutes).all(|cell| self.is_open(cell)) {
            return Vec::new();
        }
        let rooms = self
            .world
            .rooms
            .iter()
            .filter(|it| it.site == self.site.id && !it.retired);
        rooms
            .filter(|room| cells(at, minutes).all(|cell| self.room_free(room, cell)))
            .map(|room| {
                let sound = room.equipment.has(Equipment::ParallelBars)
                    && cells(at, minutes).all(|cell| self.is_sound(room, cell));
                let open = cells(at, u16::MAX).take_while(|&cell| self.is_open(cell));
                let until = open.into_iter().find(|&cell| !self.room_free(room, cell));
                (room.id, sound, until)
            })
            .filter(|&(_, sound, _)| sound || !bars)
            .collect()
    }

    /// How many short gaps a use of `from..until` leaves in what is free.
    fn short_gaps(free: impl Fn(Cell) -> bool, from: Cell, until: Cell) -> u32 {
        // The shortest service is the foot massage: 30 and 15 minutes.
        let shortest = 9;
        let before = (1..=60).take_while(|&n| free(from.minus_cells(n))).count();
        let after = (0..60).take_while(|&n| free(until.plus_cells(n))).count();
        [before, after]
            .into_iter()
            .map(|gap| u32::from(0 < gap && gap < shortest))
            .sum()
    }

    pub(super) fn rank(
        &self,
        room: &Room,
        therapist: &Therapist,
        start: Cell,
    ) -> impl Ord + use<> + std::fmt::Debug {
        let length = self.service.minutes.get();
        let has = |kind| room.equipment.has(kind);
        let sound = cells(start, length).all(|cell| self.is_sound(room, cell));
        let scarcity = if has(Equipment::ParallelBars) && sound {
            Scarcity::Bars
        } else if has(Equipment::Rope) && sound {
            Scarcity::Rope
        } else if has(Equipment::Table) {
            Scarcity::Plain
        } else {
            Scarcity::Chair
        };
        let turnover = self.service.turnover.get().max(room.turnover.get());
        let room_until = start.plus(minutes(length + turnover));
        let rooms_gaps = Self::short_gaps(
            |cell| self.is_open(cell) && self.room_free(room, cell),
            start,
            room_until,
        );
        let until = start.plus(minutes(length)).plus(self.service.reset);
        let free = |cell| self.on_shift(therapist, cell) && self.unbusy(therapist, cell);
        let gaps = Self::short_gaps(free, start, until);
        (start, scarcity, rooms_gaps, room.id, gaps, therapist.id)
    }
}

pub(super) type Triple = (Cell, RoomId, TherapistId);

/// Every triple that may be, in order.
pub(super) fn brute_force(world: &World, query: &Query) -> Vec<Triple> {
    let mut found = Vec::new();
    for site in world
        .sites
        .iter()
        .filter(|site| query.sites.contains(&site.id))
    {
        let services = services();
        let service = services
            .iter()
            .find(|it| it.id == query.service)
            .expect("one of them");
        let ask = Ask {
            world,
            site,
            service,
            client: query.client,
            except: query.except,
        };
        for n in query.from.number()..query.until.number() {
            let start = Cell::new(n).expect("in range");
            let midnight = site
                .zone
                .start_of(site.zone.local(start.timestamp()).date());
            let since = start.timestamp().duration_since(midnight).as_secs();
            let grid = query.grid.expect("the tests name one").get();
            if since % (i64::from(grid) * 60) != 0 || !ask.common(start) {
                continue;
            }
            let rooms = world
                .rooms
                .iter()
                .filter(|it| query.room.is_none_or(|id| id == it.id));
            let rooms: Vec<_> = rooms.filter(|it| ask.room_serves(it, start)).collect();
            let named = |it: &&Therapist| query.therapist.is_none_or(|id| id == it.id);
            let by: Vec<_> = world
                .therapists
                .iter()
                .filter(named)
                .filter(|it| !rooms.is_empty() && ask.therapist_serves(it, start))
                .collect();
            found.extend(
                rooms
                    .iter()
                    .flat_map(|room| by.iter().map(|by| (start, room.id, by.id))),
            );
        }
    }
    found.sort_unstable();
    found
}
