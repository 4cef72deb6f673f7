//! The walk through the days of one site.

use jiff::Timestamp;

use super::{Answer, Proposal, Purpose, Query};
use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{ClientId, RoomId, TherapistId};
use crate::model::{Occupancies, RecordId, Screening, Site, Slot};
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
    rooms: Vec<(RoomRule<'a>, RoomDay)>,
    therapists: Vec<(TherapistRule<'a>, TherapistDay)>,
    /// In cells.
    grid: u32,
    favourite: Option<(TherapistId, Favour)>,
    /// In cells.
    shortest: u32,
}

/// Who is best for one start.
struct Best {
    room: usize,
    therapist: usize,
    why: Why,
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
            grid: query.grid.unwrap_or(clinic.policy().grid).cells(),
            favourite: None,
            shortest: 0,
        };
        if !service.retired {
            walk.settle();
        }
        Ok(walk)
    }

    fn settle(&mut self) {
        let none = RoomDay {
            free: Mask::NONE,
            sound: Mask::NONE,
            starts: Mask::NONE,
        };
        self.rooms = self
            .room_rules()
            .filter(|rule| self.query.room.is_none_or(|id| id == rule.room.id) && rule.can_serve())
            .map(|rule| (rule, none))
            .collect();
        let none = TherapistDay {
            free: Mask::NONE,
            starts: Mask::NONE,
        };
        self.therapists = self
            .therapist_rules()
            .filter(|rule| {
                self.query
                    .therapist
                    .is_none_or(|id| id == rule.therapist.id)
                    && rule.can_serve()
            })
            .map(|rule| (rule, none))
            .collect();
        if self.query.answer == Answer::BestPerStart {
            let asked = self.query.therapist.or(self.query.prefer);
            self.favourite = rank::favourite(self.clinic, self.query.client, asked);
            self.shortest = rank::shortest_use(self.clinic);
        }
    }

    /// Every room of the site, by id.
    pub(crate) fn room_rules(&self) -> impl Iterator<Item = RoomRule<'a>> + use<'a> {
        let (clinic, demand, site, except) = (self.clinic, self.demand, self.site, self.except);
        clinic
            .rooms_at(site.id)
            .map(move |room| RoomRule::new(clinic, &demand, room, &site.zone, except))
    }

    /// Every therapist of the site, by id.
    pub(crate) fn therapist_rules(&self) -> impl Iterator<Item = TherapistRule<'a>> + use<'a> {
        let (clinic, demand, site, except) = (self.clinic, self.demand, self.site, self.except);
        clinic
            .therapists_at(site.id)
            .map(move |therapist| TherapistRule::new(clinic, &demand, therapist, site, except))
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
        self.grid = grid.cells();
    }

    /// What screening says of a client at the site.
    pub(super) fn screen(&self, client: ClientId, at: Timestamp) -> Screening {
        rules::screen(self.clinic, client, self.demand.service, self.site, at)
    }

    /// Adds up to `limit` proposals that start in `from..until`, in order.
    pub(super) fn collect(
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

    /// Makes the masks of a day. Answers where a session can start in some room
    /// and with some therapist.
    fn judge(&mut self, frame: &Frame, window: Interval) -> Mask {
        let origin = frame.day.start();
        let mut common = self.hours.starts(frame)
            & frame.mask(window)
            & Mask::every(frame.base, origin, self.grid);
        if let Some(client) = self.client.as_ref().filter(|_| !common.is_empty()) {
            common = common & client.starts(frame);
        }
        let mut any = Mask::NONE;
        if !common.is_empty() {
            for (rule, day) in &mut self.rooms {
                *day = rule.day(frame);
                any = any | day.starts;
            }
        }
        common = common & any;
        any = Mask::NONE;
        if !common.is_empty() {
            for (rule, day) in &mut self.therapists {
                *day = rule.day(frame);
                any = any | day.starts;
            }
        }
        common & any
    }

    fn add_every(&self, frame: &Frame, starts: Mask, goal: usize, found: &mut Vec<Proposal>) {
        for bit in starts.bits() {
            for (room, day) in self.rooms.iter().filter(|(_, day)| day.starts.has(bit)) {
                for (therapist, _) in self
                    .therapists
                    .iter()
                    .filter(|(_, day)| day.starts.has(bit))
                {
                    if found.len() == goal {
                        return;
                    }
                    found.extend(self.propose(frame, bit, (room, day), therapist, None));
                }
            }
        }
    }

    fn add_best(&self, frame: &Frame, starts: Mask, goal: usize, found: &mut Vec<Proposal>) {
        let open = self.hours.open(frame);
        for bit in starts.bits() {
            if found.len() == goal {
                return;
            }
            if let Some(best) = self.best(bit, open) {
                let (room, day) = &self.rooms[best.room];
                let (therapist, _) = &self.therapists[best.therapist];
                found.extend(self.propose(frame, bit, (room, day), therapist, Some(best.why)));
            }
        }
    }

    /// The best room and therapist for a start. Both lists are by id, and of equals
    /// the first is taken.
    fn best(&self, bit: u32, open: Mask) -> Option<Best> {
        let mut scarcest = Scarcity::Chair;
        let mut room: Option<(Scarcity, u32, usize)> = None;
        for (index, (rule, day)) in self.rooms.iter().enumerate() {
            if day.starts.has(bit) {
                let scarcity = Scarcity::of(rule.room, day.sound.has(bit));
                scarcest = scarcest.max(scarcity);
                let free = day.free & open;
                let gaps = rank::short_gaps(&free, bit, bit + rule.cells, self.shortest);
                let candidate = (scarcity, gaps, index);
                room = Some(room.map_or(candidate, |best| best.min(candidate)));
            }
        }
        let mut therapist: Option<(bool, u32, usize)> = None;
        for (index, (rule, day)) in self.therapists.iter().enumerate() {
            if day.starts.has(bit) {
                let other = self.favourite.is_none_or(|(id, _)| id != rule.therapist.id);
                let gaps = rank::short_gaps(&day.free, bit, bit + rule.cells, self.shortest);
                let candidate = (other, gaps, index);
                therapist = Some(therapist.map_or(candidate, |best| best.min(candidate)));
            }
        }
        let ((scarcity, room_gaps, room), (other, gaps, therapist)) = (room?, therapist?);
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
    pub(super) fn order(
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
