//! The walk through the days of one site.

use jiff::Timestamp;

use super::{Answer, Proposal, Purpose, Query};
use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{ClientId, RoomId, TherapistId};
use crate::limits;
use crate::model::{Occupancies, RecordId, Room, Screening, Site, Slot, Therapist};
use crate::rank::{self, Favour, Scarcity, Why};
use crate::refusal::Refusal;
use crate::rules::{
    self, ClientRule, Demand, Except, Frame, RoomDay, RoomRule, SiteRule, TherapistDay,
    TherapistRule, span,
};
use crate::time::{Cell, Interval, Minutes, Zone};

/// One site, with everything settled that does not change from day to day.
pub(crate) struct Walk<'a> {
    pub(crate) clinic: &'a Clinic,
    pub(crate) query: &'a Query,
    pub(crate) site: &'a Site,
    pub(crate) demand: Demand<'a>,
    pub(crate) except: Except<'a>,
    pub(crate) client: Option<ClientRule<'a>>,
    hours: SiteRule<'a>,
    rooms: Vec<RoomRule<'a>>,
    therapists: Vec<TherapistRule<'a>>,
    /// The masks of the present day, in the order of the rules.
    room_days: Vec<RoomDay>,
    therapist_days: Vec<TherapistDay>,
    /// The grid of starts, which is the same in every frame.
    grid: Mask,
    favourite: Option<(TherapistId, Favour)>,
    /// In cells.
    shortest: u32,
}

/// What one day of a site has for a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// Where it may start, in some room and with some therapist.
    pub(crate) starts: Mask,
    /// The rooms, by id: where each allows the session to start, and where it has sound overhead support then.
    pub(crate) rooms: Vec<(RoomId, Mask, Mask)>,
    /// The therapists, by id: where each allows the session to start.
    pub(crate) therapists: Vec<(TherapistId, Mask)>,
}

/// Who is best for one start.
struct Best<'w, 'a> {
    room: (&'w RoomRule<'a>, &'w RoomDay),
    therapist: &'w TherapistRule<'a>,
    why: Why,
}

/// The cells of a frame that lie on a grid of so many minutes from the local hour. A
/// day begins with an hour, and but for the day on which a clock changes by a part of
/// an hour every other hour follows from that.
pub(crate) fn grid(grid: Minutes) -> Mask {
    Mask::hourly(limits::TRAVEL.cells(), grid.cells() as usize)
}

impl<'a> Walk<'a> {
    /// The walk through one site for a query.
    pub(crate) fn new(
        clinic: &'a Clinic,
        query: &'a Query,
        site: crate::id::SiteId,
    ) -> Result<Self, Refusal> {
        let missing = |what| Refusal::NotFound { what };
        let site = clinic
            .site(site)
            .ok_or_else(|| missing(RecordId::Site(site)))?;
        let service = clinic
            .service(query.service)
            .ok_or_else(|| missing(RecordId::Service(query.service)))?;
        let demand = Demand::of_service(service, &query.extensions).map_err(|extension| {
            Refusal::NotAnExtension {
                service: service.id,
                extension,
            }
        })?;
        let except = Except::new(clinic, query.except);
        let client = query.client.map(|client| {
            let rule = ClientRule::new(clinic, &demand, client, &site.zone, except);
            if query.purpose == Purpose::Hold {
                rule.unscreened()
            } else {
                rule
            }
        });
        let mut walk = Self {
            clinic,
            query,
            site,
            demand,
            except,
            client,
            hours: SiteRule::new(&demand, site),
            rooms: Vec::new(),
            therapists: Vec::new(),
            room_days: Vec::new(),
            therapist_days: Vec::new(),
            grid: grid(query.grid.unwrap_or(clinic.policy().grid)),
            favourite: None,
            shortest: 0,
        };
        if !service.retired {
            walk.settle();
        }
        Ok(walk)
    }

    fn settle(&mut self) {
        // Whoever can never serve is left out before anything else of them is looked up.
        self.rooms = self
            .rooms_asked()
            .filter(|room| RoomRule::can_serve(&self.demand, room))
            .map(|room| self.room_rule(room))
            .collect();
        self.therapists = self
            .therapists_asked()
            .filter(|therapist| TherapistRule::can_serve(&self.demand, therapist))
            .map(|therapist| self.therapist_rule(therapist))
            .collect();
        if self.query.answer == Answer::BestPerStart {
            let asked = self.query.therapist.or(self.query.prefer);
            self.favourite = rank::favourite(self.clinic, self.query.client, asked);
            self.shortest = rank::shortest_use(self.clinic);
        }
    }

    /// The rooms of the site that are asked for, by id.
    pub(crate) fn rooms_asked(&self) -> impl Iterator<Item = &'a Room> + use<'a> {
        let only = self.query.room;
        let rooms = self.clinic.rooms_at(self.site.id).map(|room| &**room);
        rooms.filter(move |room| only.is_none_or(|id| id == room.id))
    }

    /// The therapists of the site who are asked for, by id.
    pub(crate) fn therapists_asked(&self) -> impl Iterator<Item = &'a Therapist> + use<'a> {
        let only = self.query.therapist;
        let therapists = self
            .clinic
            .therapists_at(self.site.id)
            .map(|therapist| &**therapist);
        therapists.filter(move |therapist| only.is_none_or(|id| id == therapist.id))
    }

    /// A room's part in the judgement.
    pub(crate) fn room_rule(&self, room: &'a Room) -> RoomRule<'a> {
        RoomRule::new(
            self.clinic,
            &self.demand,
            room,
            &self.site.zone,
            self.except,
        )
    }

    /// A therapist's part in the judgement.
    pub(crate) fn therapist_rule(&self, therapist: &'a Therapist) -> TherapistRule<'a> {
        TherapistRule::new(self.clinic, &self.demand, therapist, self.site, self.except)
    }

    /// The site's part in the judgement.
    pub(crate) fn hours(&self) -> &SiteRule<'a> {
        &self.hours
    }

    /// The site's zone.
    pub(super) fn zone(&self) -> &'a Zone {
        &self.site.zone
    }

    /// From now on, proposals start on this grid.
    pub(super) fn use_grid(&mut self, grid: Minutes) {
        self.grid = self::grid(grid);
    }

    /// What screening says of a client at the site.
    pub(super) fn screen(&self, client: ClientId, at: Timestamp) -> Screening {
        rules::screen(self.clinic, client, self.demand.service, self.site, at)
    }

    /// Adds up to `limit` proposals that start in `from..until`, in order.
    pub(crate) fn collect(
        &mut self,
        from: Cell,
        until: Cell,
        limit: usize,
        found: &mut Vec<Proposal>,
    ) {
        let goal = found.len().saturating_add(limit);
        if self.rooms.is_empty() || self.therapists.is_empty() {
            return;
        }
        let mut frame = Frame::around(self.zone(), from);
        while let Some(day) = frame.filter(|day| day.day.start() < until && found.len() < goal) {
            let starts = Interval::new(from.max(day.day.start()), until)
                .map_or(Mask::NONE, |window| self.judge(&day, window));
            match self.query.answer {
                Answer::BestPerStart => self.add_best(&day, starts, goal, found),
                Answer::EveryCombination => self.add_every(&day, starts, goal, found),
            }
            frame = day.next(self.zone());
        }
    }

    /// What a day has, for starts in `window`.
    pub(crate) fn choices(&mut self, frame: &Frame, window: Interval) -> Choices {
        let starts = self.judge(frame, window);
        if starts.is_empty() {
            return Choices::default();
        }
        let rooms = self.rooms.iter().zip(&self.room_days);
        let therapists = self.therapists.iter().zip(&self.therapist_days);
        Choices {
            starts,
            rooms: rooms
                .map(|(rule, day)| (rule.room.id, day.starts, day.sound))
                .collect(),
            therapists: therapists
                .map(|(rule, day)| (rule.therapist.id, day.starts))
                .collect(),
        }
    }

    /// Makes the masks of a day. Answers where a session can start in some room
    /// and with some therapist.
    fn judge(&mut self, frame: &Frame, window: Interval) -> Mask {
        let open = self.hours.open(frame);
        let mut common = self.hours.starts_of(frame, open) & frame.mask(window) & self.grid;
        if let Some(client) = self.client.as_ref().filter(|_| !common.is_empty()) {
            common = common & client.starts(frame);
        }
        self.room_days.clear();
        self.therapist_days.clear();
        let mut any = Mask::NONE;
        if !common.is_empty() {
            for rule in &self.rooms {
                let day = rule.day(frame);
                any = any | day.starts;
                self.room_days.push(RoomDay {
                    free: day.free & open,
                    ..day
                });
            }
        }
        common = common & any;
        any = Mask::NONE;
        if !common.is_empty() {
            for rule in &self.therapists {
                let day = rule.day(frame);
                any = any | day.starts;
                self.therapist_days.push(day);
            }
        }
        common & any
    }

    fn add_every(&self, frame: &Frame, starts: Mask, goal: usize, found: &mut Vec<Proposal>) {
        for bit in starts.bits() {
            for (room, day) in self.free_rooms(bit) {
                for (therapist, _) in self.free_therapists(bit) {
                    if found.len() == goal {
                        return;
                    }
                    found.extend(self.propose(frame, bit, (room, day), therapist, None));
                }
            }
        }
    }

    fn add_best(&self, frame: &Frame, starts: Mask, goal: usize, found: &mut Vec<Proposal>) {
        for bit in starts.bits() {
            if found.len() == goal {
                return;
            }
            if let Some(Best {
                room,
                therapist,
                why,
            }) = self.best(bit)
            {
                found.extend(self.propose(frame, bit, room, therapist, Some(why)));
            }
        }
    }

    /// The rooms that allow a start, by id.
    fn free_rooms(&self, bit: u32) -> impl Iterator<Item = (&RoomRule<'a>, &RoomDay)> {
        let rooms = self.rooms.iter().zip(&self.room_days);
        rooms.filter(move |(_, day)| day.starts.has(bit))
    }

    /// The therapists who allow a start, by id.
    fn free_therapists(
        &self,
        bit: u32,
    ) -> impl Iterator<Item = (&TherapistRule<'a>, &TherapistDay)> {
        let therapists = self.therapists.iter().zip(&self.therapist_days);
        therapists.filter(move |(_, day)| day.starts.has(bit))
    }

    /// The best room and therapist for a start; of equals the first by id.
    fn best(&self, bit: u32) -> Option<Best<'_, 'a>> {
        let mut scarcest = Scarcity::Chair;
        let rooms = self.free_rooms(bit).map(|(rule, day)| {
            let scarcity = Scarcity::of(rule.room, day.sound.has(bit));
            scarcest = scarcest.max(scarcity);
            let gaps = rank::short_gaps(&day.free, bit, bit + rule.cells, self.shortest);
            ((scarcity, gaps), (rule, day))
        });
        let ((scarcity, room_gaps), room) = rooms.min_by_key(|&(rank, _)| rank)?;
        let therapists = self.free_therapists(bit).map(|(rule, day)| {
            let other = self.favourite.is_none_or(|(id, _)| id != rule.therapist.id);
            let gaps = rank::short_gaps(&day.free, bit, bit + rule.cells, self.shortest);
            ((other, gaps), rule)
        });
        let ((other, gaps), therapist) = therapists.min_by_key(|&(rank, _)| rank)?;
        let why = Why {
            earliest: false,
            favour: self.favourite.filter(|_| !other).map(|(_, favour)| favour),
            scarcity,
            spares: scarcest > scarcity,
            short_gaps: room_gaps + gaps,
        };
        Some(Best {
            room,
            therapist,
            why,
        })
    }

    fn propose(
        &self,
        frame: &Frame,
        bit: u32,
        (room, day): (&RoomRule<'_>, &RoomDay),
        therapist: &TherapistRule<'_>,
        why: Option<Why>,
    ) -> Option<Proposal> {
        let planned = span(frame.cell(bit), self.demand.session)?;
        let slot = Slot {
            service: self.query.service,
            extensions: self.query.extensions.as_slice().into(),
            site: self.site.id,
            room: room.room.id,
            therapist: therapist.therapist.id,
            planned,
            occupies: Occupancies {
                client: planned,
                therapist: span(planned.start(), therapist.cells)?,
                room: span(planned.start(), room.cells)?,
            },
        };
        Some(Proposal {
            slot,
            bars: room.room.has_bars() && day.sound.has(bit),
            credential: self.demand.service.credentials.first().copied(),
            why,
        })
    }

    /// The order of proposals from several sites.
    pub(crate) fn order(
        proposal: &Proposal,
    ) -> (Cell, Option<(bool, Scarcity, u32)>, RoomId, TherapistId) {
        let rank = |why: Why| (why.favour.is_none(), why.scarcity, why.short_gaps);
        let slot = &proposal.slot;
        (
            slot.start(),
            proposal.why.map(rank),
            slot.room,
            slot.therapist,
        )
    }
}
