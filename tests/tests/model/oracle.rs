//! A second, naive telling of the clinic's rules: plain lists, searched from end to end, in minutes since the epoch.
//!
//! It shares the catalog's plain data with the clinic and nothing else: no masks, no indexes, no judge, no screening. Where it
//! and the clinic disagree about a command, one of them misreads the rules in `docs/rules`.

mod screening;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::command::Catalog;
use treadwell_clinic::id::{
    AbsenceId, AppointmentId, ClientId, ConditionId, DeclarationId, ExtensionId, HoldId, ItemId,
    KeyId, OutageId, RoomId, SeriesId, ServiceId, ShiftId, SiteId, TemplateId, TherapistId,
    WaitlistId,
};
use treadwell_clinic::model::{
    Answer, Equipment, EquipmentSet, Modality, OutageTarget, Phase, Policy, RecordId,
    ReviewDecision, Room, RuleSet, Service, Site, Therapist, WeekTemplate, When, Window,
};

use super::roster::Off;
use super::undo::Thing;
use super::waitlist::Waits;

/// Minutes since the epoch.
pub(crate) type Minute = i64;

/// All that the oracle knows.
#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) zone: TimeZone,
    pub(crate) policy: Policy,
    pub(crate) sites: BTreeMap<SiteId, Site>,
    pub(crate) rooms: BTreeMap<RoomId, Room>,
    pub(crate) services: BTreeMap<ServiceId, Service>,
    pub(crate) therapists: BTreeMap<TherapistId, Therapist>,
    pub(crate) rule_sets: BTreeMap<String, RuleSet>,
    pub(crate) shifts: BTreeMap<ShiftId, Shift>,
    pub(crate) weeks: BTreeMap<TemplateId, WeekTemplate>,
    pub(crate) off: BTreeMap<AbsenceId, Off>,
    pub(crate) clients: BTreeSet<ClientId>,
    pub(crate) declarations: BTreeMap<ClientId, Declared>,
    pub(crate) appointments: BTreeMap<AppointmentId, Booked>,
    pub(crate) holds: BTreeMap<HoldId, Held>,
    pub(crate) waiting: BTreeMap<WaitlistId, Waits>,
    pub(crate) outages: BTreeMap<OutageId, Out>,
    pub(crate) turnovers: BTreeMap<RoomId, Turning>,
    /// Who attested feet free of polish on which day.
    pub(crate) ready: BTreeMap<(TherapistId, Date), bool>,
    /// What was done around sessions.
    pub(crate) hygiene: BTreeMap<AppointmentId, super::upkeep::Hygiene>,
    /// Stock and inspections.
    pub(crate) upkeep: super::upkeep::Upkeep,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) therapist: TherapistId,
    pub(crate) site: SiteId,
    pub(crate) from: Minute,
    pub(crate) until: Minute,
    pub(crate) breaks: Vec<(Minute, Minute)>,
    pub(crate) template: Option<TemplateId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) id: DeclarationId,
    pub(crate) answers: BTreeMap<ConditionId, (Answer, Timestamp)>,
}

/// A place in the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) service: ServiceId,
    pub(crate) extensions: Vec<ExtensionId>,
    pub(crate) site: SiteId,
    pub(crate) room: RoomId,
    pub(crate) therapist: TherapistId,
    pub(crate) start: Minute,
    pub(crate) end: Minute,
    pub(crate) client_until: Minute,
    pub(crate) therapist_until: Minute,
    pub(crate) room_until: Minute,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Booked {
    pub(crate) client: ClientId,
    pub(crate) place: Place,
    pub(crate) phase: Phase,
    /// Decision, the declaration that it was made on, and the version of the rules.
    pub(crate) review: Option<(ReviewDecision, Option<DeclarationId>, u32)>,
    /// The declaration since which nothing has changed, as the client said on arriving.
    pub(crate) reconfirmed: Option<DeclarationId>,
    pub(crate) late: bool,
    /// The series that it was booked in, and its number there.
    pub(crate) series: Option<(SeriesId, u16)>,
}

impl Booked {
    pub(crate) fn occupies(&self) -> bool {
        !matches!(self.phase, Phase::Cancelled | Phase::NoShow)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) client: Option<ClientId>,
    pub(crate) place: Place,
    /// The appointment that moves there if its client agrees.
    pub(crate) moves: Option<AppointmentId>,
    pub(crate) expires: Timestamp,
    pub(crate) by: KeyId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) room: RoomId,
    pub(crate) target: OutageTarget,
    pub(crate) from: Minute,
    pub(crate) until: Option<Minute>,
    pub(crate) closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turning {
    pub(crate) appointment: AppointmentId,
    pub(crate) open: BTreeSet<ItemId>,
    pub(crate) all: BTreeSet<ItemId>,
}

/// Something that takes a client, a therapist or a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taker {
    Appointment(AppointmentId),
    Hold(HoldId),
}

/// What screening says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Clear,
    Review,
    Incomplete,
    Until,
    Excluded,
}

pub(crate) fn stamp(at: Minute) -> Timestamp {
    Timestamp::from_second(at * 60).expect("in range")
}

pub(crate) fn minute(at: Timestamp) -> Minute {
    at.as_second().div_euclid(60)
}

fn overlap(a: (Minute, Minute), b: (Minute, Minute)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

impl Oracle {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        Self {
            zone: TimeZone::get("America/Halifax").expect("bundled"),
            policy: catalog.policy.clone().expect("the world has one"),
            sites: catalog.sites.iter().map(|it| (it.id, it.clone())).collect(),
            rooms: catalog.rooms.iter().map(|it| (it.id, it.clone())).collect(),
            services: catalog
                .services
                .iter()
                .map(|it| (it.id, it.clone()))
                .collect(),
            therapists: catalog
                .therapists
                .iter()
                .map(|it| (it.id, it.clone()))
                .collect(),
            rule_sets: catalog
                .rule_sets
                .iter()
                .map(|it| (it.id.to_string(), it.clone()))
                .collect(),
            shifts: BTreeMap::new(),
            weeks: BTreeMap::new(),
            off: BTreeMap::new(),
            clients: BTreeSet::new(),
            declarations: BTreeMap::new(),
            appointments: BTreeMap::new(),
            holds: BTreeMap::new(),
            waiting: BTreeMap::new(),
            outages: BTreeMap::new(),
            turnovers: BTreeMap::new(),
            ready: BTreeMap::new(),
            hygiene: BTreeMap::new(),
            upkeep: super::upkeep::Upkeep::new(catalog),
        }
    }

    pub(crate) fn date(&self, at: Minute) -> Date {
        stamp(at).to_zoned(self.zone.clone()).date()
    }

    pub(crate) fn midnight(&self, date: Date) -> Timestamp {
        date.to_zoned(self.zone.clone())
            .expect("in range")
            .timestamp()
    }

    /// The first minute beyond the booking horizon.
    pub(crate) fn horizon(&self, now: Timestamp) -> Minute {
        let last =
            now.to_zoned(self.zone.clone()).date() + i32::from(self.policy.horizon_days).days();
        minute(self.midnight(last.tomorrow().expect("in range")))
    }

    /// The place of a service from `start` on; none when an extension is not the service's.
    pub(crate) fn place(
        &self,
        service: ServiceId,
        extensions: &[ExtensionId],
        room: RoomId,
        therapist: TherapistId,
        start: Minute,
    ) -> Option<Place> {
        let what = &self.services[&service];
        let mut end = start + i64::from(what.minutes.get());
        for wanted in extensions {
            let known = what.extensions.iter().find(|known| known.id == *wanted)?;
            end += i64::from(known.minutes.get());
        }
        let turnover = what.turnover.get().max(self.rooms[&room].turnover.get());
        Some(Place {
            service,
            extensions: extensions.to_vec(),
            site: self.rooms[&room].site,
            room,
            therapist,
            start,
            end,
            client_until: end,
            therapist_until: end + i64::from(what.reset.get()),
            room_until: end + i64::from(turnover),
        })
    }

    /// Whether two takers are an appointment and the hold that would move it: they may overlap.
    pub(crate) fn are_one_party(&self, one: Taker, other: Taker) -> bool {
        match (one, other) {
            (Taker::Appointment(id), Taker::Hold(hold))
            | (Taker::Hold(hold), Taker::Appointment(id)) => {
                self.holds.get(&hold).is_some_and(|it| it.moves == Some(id))
            }
            _ => false,
        }
    }

    /// A call ends when its appointment has got another place or is no longer to come.
    pub(crate) fn end_calls(&mut self, before: &[(RecordId, Thing)]) {
        for (id, was) in before {
            let (RecordId::Appointment(id), Thing::Appointment(Some(was))) = (id, was) else {
                continue;
            };
            let now = &self.appointments[id];
            let ahead = matches!(now.phase, Phase::Booked | Phase::Confirmed | Phase::Arrived);
            if !ahead || now.place != was.place {
                self.holds.retain(|_, held| held.moves != Some(*id));
            }
        }
    }

    /// Everything that keeps its place, but for `except`.
    pub(crate) fn takers(
        &self,
        except: Option<Taker>,
    ) -> impl Iterator<Item = (&Place, Option<ClientId>)> {
        let counts = move |taker| {
            except.is_none_or(|except| except != taker && !self.are_one_party(except, taker))
        };
        let booked = self
            .appointments
            .iter()
            .filter(move |(id, it)| it.occupies() && counts(Taker::Appointment(**id)))
            .map(|(_, it)| (&it.place, Some(it.client)));
        let held = self
            .holds
            .iter()
            .filter(move |(id, _)| counts(Taker::Hold(**id)))
            .map(|(_, it)| (&it.place, it.client));
        booked.chain(held)
    }

    /// Every reason against a place, in order of precedence. With `screened`, the client's screening counts.
    pub(crate) fn against(
        &self,
        place: &Place,
        client: Option<ClientId>,
        screened: bool,
        except: Option<Taker>,
    ) -> Vec<&'static str> {
        let mut reasons = self.against_means(place);
        if let Some(client) = client.filter(|_| screened) {
            reasons.extend(self.excludes(client, place.service, place.start));
        }
        let session = (place.start, place.client_until);
        let (mut room, mut therapist, mut travel, mut same) = (false, false, false, false);
        for (other, whose) in self.takers(except) {
            room |= other.room == place.room
                && overlap(
                    (other.start, other.room_until),
                    (place.start, place.room_until),
                );
            same |= client.is_some()
                && whose == client
                && overlap((other.start, other.client_until), session);
            if other.therapist == place.therapist {
                let mine = (place.start, place.therapist_until);
                let theirs = (other.start, other.therapist_until);
                let gap = if other.site == place.site {
                    0
                } else {
                    i64::from(self.policy.travel.get())
                };
                if overlap(theirs, mine) {
                    therapist = true;
                } else if overlap((theirs.0 - gap, theirs.1 + gap), mine) {
                    travel = true;
                }
            }
        }
        let takes = [
            (room, "ROOM_TAKEN"),
            (therapist, "THERAPIST_TAKEN"),
            (travel, "TRAVEL_GAP"),
            (same, "CLIENT_TAKEN"),
        ];
        reasons.extend(
            takes
                .into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, reason)| reason),
        );
        reasons
    }

    /// What stands against a place whoever comes and whatever else is booked.
    fn against_means(&self, place: &Place) -> Vec<&'static str> {
        let service = &self.services[&place.service];
        let room = &self.rooms[&place.room];
        let therapist = &self.therapists[&place.therapist];
        let session = (place.start, place.end);
        let day = self.date(place.start);
        let mut reasons = Vec::new();
        if service.retired || room.retired || therapist.retired {
            reasons.push("RETIRED");
        }
        let fits = |has: EquipmentSet| {
            service.accepts.iter().any(|set| {
                Equipment::ALL
                    .iter()
                    .all(|&kind| !set.has(kind) || has.has(kind))
            })
        };
        if !fits(room.equipment) {
            reasons.push("ROOM_LACKS_EQUIPMENT");
        }
        let certified = service.credentials.iter().all(|kind| {
            therapist
                .credentials
                .iter()
                .any(|held| held.kind == *kind && held.expires.is_none_or(|last| day <= last))
        });
        if !certified {
            reasons.push("NO_CREDENTIAL");
        }
        if !self.is_open(place.site, session) {
            reasons.push("SITE_CLOSED");
        }
        if !self.is_on_shift(place.therapist, place.site, session) {
            reasons.push("OFF_SHIFT");
        }
        if self.is_out(
            place.room,
            OutageTarget::Room,
            (place.start, place.room_until),
        ) {
            reasons.push("ROOM_OUT");
        }
        let without = room
            .equipment
            .without(Equipment::ParallelBars)
            .without(Equipment::Rope);
        if fits(room.equipment) && !fits(without) && !self.is_sound(place.room, session) {
            reasons.push("BARS_UNSOUND");
        }
        reasons
    }

    /// The session lies inside the hours of the day on which it begins. The world's sites are open every day from 9 to 18.
    fn is_open(&self, site: SiteId, session: (Minute, Minute)) -> bool {
        let day = self.date(session.0);
        let opening = day
            .at(9, 0, 0, 0)
            .to_zoned(self.zone.clone())
            .expect("in range");
        let closing = day
            .at(18, 0, 0, 0)
            .to_zoned(self.zone.clone())
            .expect("in range");
        let closed = self.sites[&site]
            .closures
            .iter()
            .any(|it| it.first <= day && day <= it.last);
        !closed
            && minute(opening.timestamp()) <= session.0
            && session.1 <= minute(closing.timestamp())
    }

    fn is_on_shift(&self, who: TherapistId, site: SiteId, session: (Minute, Minute)) -> bool {
        let works = |at: Minute| {
            self.shifts.values().any(|shift| {
                shift.therapist == who
                    && shift.site == site
                    && (shift.from..shift.until).contains(&at)
                    && !shift
                        .breaks
                        .iter()
                        .any(|pause| (pause.0..pause.1).contains(&at))
            })
        };
        (session.0..session.1)
            .step_by(5)
            .all(|at| works(at) && !self.is_off(who, at))
    }

    fn is_out(&self, room: RoomId, target: OutageTarget, time: (Minute, Minute)) -> bool {
        self.outages.values().any(|out| {
            out.room == room
                && out.target == target
                && overlap((out.from, out.until.unwrap_or(Minute::MAX)), time)
                && out.until != Some(out.from)
        })
    }

    /// Bars (or a rope) are inspected for the whole time and not out.
    pub(crate) fn is_sound(&self, room: RoomId, time: (Minute, Minute)) -> bool {
        let inspected = self.rooms[&room].inspection.is_some_and(|it| {
            let lapses = it.passed + i32::from(it.months).months();
            (time.0..time.1)
                .step_by(5)
                .all(|at| (it.passed..lapses).contains(&self.date(at)))
        });
        inspected && !self.is_out(room, OutageTarget::Bars, time)
    }

    /// Every pair of room and therapist of the site that nothing stands against; and whether there is any pair at all.
    pub(crate) fn pairs(
        &self,
        wish: &treadwell_clinic::model::Wish,
        start: Minute,
        screened: bool,
        except: Option<Taker>,
    ) -> Vec<(RoomId, TherapistId)> {
        let mut pairs = Vec::new();
        for room in self.rooms.values().filter(|it| it.site == wish.site) {
            if wish.room.is_some_and(|id| id != room.id) {
                continue;
            }
            for therapist in self
                .therapists
                .values()
                .filter(|it| it.sites.contains(&wish.site))
            {
                if wish.therapist.is_some_and(|id| id != therapist.id) {
                    continue;
                }
                let place =
                    self.place(wish.service, &wish.extensions, room.id, therapist.id, start);
                let sound = place.is_some_and(|place| {
                    self.against(&place, wish.client, screened, except)
                        .is_empty()
                });
                if sound {
                    pairs.push((room.id, therapist.id));
                }
            }
        }
        pairs
    }
}
