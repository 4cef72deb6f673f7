//! Random commands: mostly plausible ones, so that many are accepted, and enough of each kind of mistake that every refusal
//! is met often.

mod catalog;
mod day;
mod repair;
mod roster;
mod series;
mod upkeep;
mod waitlist;

use jiff::civil::{Date, Time, date};
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::command::{
    AttestFootCare, Book, BookSource, Cancel, Catalog, CreateKey, EarlierAnswers, Move, MoveTo,
    NewClient, NewPlace, OpenOutage, Patch, Put, PutShift, RecordDeclaration, ReviewScreening,
    Step, UpdateClient,
};
use treadwell_clinic::id::{
    AppointmentId, ClientId, ExtensionId, HoldId, KeyId, OutageId, RoomId, ShiftId, SiteId,
    TherapistId,
};
use treadwell_clinic::model::{
    Answer, CancelReason, Care, KeyHash, OutageTarget, Phase, ReviewDecision, Role, Sites, When,
    Wish,
};
use treadwell_clinic::time::{Cell, Interval, Minutes};
use treadwell_clinic::{Actor, Command};
use treadwell_tests::seed::Random;

use super::oracle::{Minute, Oracle, minute};
use super::world;

/// Makes commands that suit the state of things, or do not.
pub(crate) struct Generator {
    pub(crate) random: Random,
    keys: Vec<KeyId>,
    owners: Vec<KeyId>,
}

/// Who acts in the run: an owner, a desk that sees one site, two therapists, a program.
pub(crate) fn actors() -> [Actor; 5] {
    let actor = |number, role, sites, therapist: Option<&str>| Actor {
        key: KeyId::new(number),
        name: "somebody".into(),
        role,
        sites,
        therapist: therapist.map(world::therapist),
    };
    let halifax = Sites::Only([world::site("halifax")].into());
    [
        actor(1, Role::Owner, Sites::All, None),
        actor(2, Role::FrontDesk, halifax, None),
        actor(3, Role::Therapist, Sites::All, Some("ada")),
        actor(4, Role::Therapist, Sites::All, Some("ben")),
        actor(5, Role::Integration, Sites::All, None),
    ]
}

pub(crate) fn cell(at: Minute) -> Cell {
    Cell::new(u32::try_from(at.div_euclid(5)).expect("after the epoch")).expect("in range")
}

fn minutes(n: u32) -> Minutes {
    Minutes::new(u16::try_from(n).expect("small")).expect("a multiple of 5")
}

/// Named where no appointment is in the phase that is looked for.
const NO_APPOINTMENT: AppointmentId = AppointmentId::new(6);

/// Whether it is a step in the life of [`NO_APPOINTMENT`].
fn is_of_nothing(command: &Command) -> bool {
    match command {
        Command::Confirm(step)
        | Command::NoShow(step)
        | Command::CheckIn(step)
        | Command::Reconfirm(step)
        | Command::Start(step)
        | Command::Extend { step, .. }
        | Command::Finish { step, .. } => step.appointment == NO_APPOINTMENT,
        Command::ReviewScreening(review) => review.step.appointment == NO_APPOINTMENT,
        Command::Cancel(cancel) => cancel.step.appointment == NO_APPOINTMENT,
        Command::Move(to) => to.step.appointment == NO_APPOINTMENT,
        Command::MoveSeries(to) => to.step.appointment == NO_APPOINTMENT,
        Command::CancelSeries(it) => it.cancel.step.appointment == NO_APPOINTMENT,
        _ => false,
    }
}

impl Generator {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            keys: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// Notes a key that may be revoked later.
    pub(crate) fn note_key(&mut self, key: KeyId, is_owners: bool) {
        let keys = if is_owners {
            &mut self.owners
        } else {
            &mut self.keys
        };
        keys.push(key);
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.random.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, of: impl IntoIterator<Item = T>) -> Option<T> {
        let all: Vec<T> = of.into_iter().collect();
        (!all.is_empty()).then(|| self.random.choose(&all).clone())
    }

    fn site(&mut self) -> SiteId {
        match self.random.below(60) {
            0 => world::site("yarmouth"),
            1 | 2 => world::site("truro"),
            3..=34 => world::site("halifax"),
            _ => world::site("dartmouth"),
        }
    }

    fn room_at(&mut self, oracle: &Oracle, site: SiteId) -> RoomId {
        if self.one_in(60) {
            return world::room("h9");
        }
        let elsewhere = self.one_in(40);
        let rooms = oracle
            .rooms
            .values()
            .filter(|it| elsewhere || it.site == site)
            .map(|it| it.id);
        self.pick(rooms).unwrap_or_else(|| world::room("h1"))
    }

    fn therapist_at(&mut self, oracle: &Oracle, site: SiteId) -> TherapistId {
        if self.one_in(60) {
            return world::therapist("zoe");
        }
        let elsewhere = self.one_in(40);
        let able = oracle
            .therapists
            .values()
            .filter(|it| elsewhere || it.sites.contains(&site));
        self.pick(able.map(|it| it.id))
            .unwrap_or_else(|| world::therapist("ada"))
    }

    fn client(&mut self, oracle: &Oracle) -> ClientId {
        if self.one_in(80) {
            return world::NOBODY;
        }
        self.pick(oracle.clients.iter().copied())
            .unwrap_or(world::NOBODY)
    }

    /// A start: mostly soon, on the quarter hour, in opening hours; sometimes odd, past or far away.
    fn start(&mut self, oracle: &Oracle, now: Timestamp) -> Cell {
        let odd = self.random.below(60);
        let today = now.to_zoned(oracle.zone.clone()).date();
        let days = match odd {
            0 => -1,
            1 => 20,
            2..=20 => 0,
            _ => i64::from(self.random.below(3)),
        };
        let day = today + days.days();
        let hour = 9 + i64::from(self.random.below(9));
        let mut at =
            minute(oracle.midnight(day)) + hour * 60 + 15 * i64::from(self.random.below(4));
        if odd == 3 {
            at += 5;
        }
        if days == 0 && odd > 6 {
            // Today: now or a little later.
            at = minute(now).div_euclid(15) * 15 + 15 * i64::from(self.random.below(6));
        }
        if odd == 5 {
            at += 7 * 60;
        }
        cell(at)
    }

    /// Extensions that may be wrong.
    fn extensions(&mut self) -> Vec<ExtensionId> {
        let extension = world::extension("calf-release");
        match self.random.below(8) {
            0 => vec![world::extension("hot-stones")],
            1 => vec![extension, extension],
            2..=5 => vec![extension],
            _ => Vec::new(),
        }
    }

    pub(crate) fn wish(&mut self, oracle: &Oracle, now: Timestamp) -> Wish {
        let site = self.site();
        let name = *self.random.choose(&world::SERVICES);
        let service = if self.one_in(100) {
            world::service("sauna")
        } else {
            world::service(name)
        };
        let extensions = match self.random.below(40) {
            0 | 1 => self.extensions(),
            2..=11 if name == "foot-30" => vec![world::extension("calf-release")],
            _ => Vec::new(),
        };
        Wish {
            client: Some(self.client(oracle)),
            service,
            extensions,
            site,
            start: self.start(oracle, now),
            room: self.one_in(3).then(|| self.room_at(oracle, site)),
            therapist: self.one_in(3).then(|| self.therapist_at(oracle, site)),
        }
    }

    fn step(&mut self, oracle: &Oracle, phases: &[Phase]) -> Step {
        let wanted = if self.one_in(12) { None } else { Some(phases) };
        let ids = oracle
            .appointments
            .iter()
            .filter(|(_, it)| wanted.is_none_or(|phases| phases.contains(&it.phase)))
            .map(|(id, _)| *id);
        let appointment = match self.random.below(60) {
            0 => AppointmentId::new(5),
            _ => self.pick(ids).unwrap_or(NO_APPOINTMENT),
        };
        Step {
            appointment,
            etag: self.one_in(50).then_some(1),
        }
    }

    /// A step for an appointment that is about to happen.
    fn step_near(&mut self, oracle: &Oracle, now: Timestamp, phases: &[Phase]) -> Step {
        if self.one_in(6) {
            return self.step(oracle, phases);
        }
        let now = minute(now);
        let near = oracle
            .appointments
            .iter()
            .filter(|(_, it)| phases.contains(&it.phase) && (it.place.start - now).abs() < 60)
            .map(|(id, _)| *id);
        match self.pick(near) {
            Some(appointment) => Step {
                appointment,
                etag: None,
            },
            None => self.step(oracle, phases),
        }
    }

    /// The next command. Time is `now`; the mix follows what a clinic does.
    pub(crate) fn command(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let command = self.any_command(oracle, now);
        // Steps of what is not there are refused alike; more of them would say nothing new.
        if is_of_nothing(&command) && !self.one_in(20) {
            // Declarations that are void again, too, so that starts meet several reasons at once.
            return match self.random.below(2) {
                0 => self.declare(oracle, now),
                _ => self.attest(oracle),
            };
        }
        command
    }

    fn any_command(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        use Phase::{Arrived, Booked, Confirmed, InSession};
        let expired = oracle.holds.values().any(|held| held.expires <= now);
        if !oracle.holds.is_empty() && self.one_in(if expired { 2 } else { 8 }) {
            return self.use_hold(oracle);
        }
        if let Some(entry) = self.offered(oracle, now) {
            return self.about_an_offer(oracle, entry, now);
        }
        if self.one_in(8) {
            return self.waitlist(oracle, now);
        }
        if self.one_in(14) {
            return self.series(oracle, now);
        }
        if self.one_in(150) {
            return self.file(oracle, now);
        }
        if self.one_in(18) {
            return self.upkeep(oracle, now);
        }
        if !oracle.holds.is_empty() && self.one_in(12) {
            return Command::Hold(self.hold_wish(oracle, now));
        }
        match self.random.below(1000) {
            0..=129 => self.book(oracle, now),
            130..=219 => self.crowd(oracle, now),
            220..=299 => Command::Hold(self.hold_wish(oracle, now)),
            300..=314 => Command::ReleaseHold {
                hold: self.hold(oracle),
            },
            315..=349 => Command::Confirm(self.step(oracle, &[Booked])),
            350..=409 => self.move_to(oracle, now),
            410..=439 => self.cancel(oracle),
            440..=459 => Command::NoShow(self.step_near(oracle, now, &[Booked, Confirmed])),
            460..=529 => Command::CheckIn(self.step_near(oracle, now, &[Booked, Confirmed])),
            530..=569 => {
                Command::Reconfirm(self.step_near(oracle, now, &[Booked, Confirmed, Arrived]))
            }
            570..=669 => Command::Start(self.step_near(oracle, now, &[Arrived])),
            670..=694 => Command::Extend {
                step: self.step(oracle, &[InSession]),
                by: minutes(5 * self.random.below(16)),
            },
            695..=729 => Command::Finish {
                step: self.step(oracle, &[InSession]),
                stopped: self.one_in(5).then(|| "unwell".to_owned()),
            },
            730..=759 => self.turnover(oracle),
            760..=789 => self.declare(oracle, now),
            790..=819 => self.review(oracle, now),
            820..=844 => self.attest(oracle),
            845..=859 => self.outage(oracle, now),
            860..=869 => Command::CloseOutage {
                outage: self
                    .pick(oracle.outages.keys().copied())
                    .unwrap_or(OutageId::new(1)),
                etag: self.one_in(30).then_some(1),
            },
            870..=877 => self.shift(oracle, now),
            878..=881 => self.week(oracle, now),
            882..=889 => self.off(oracle, now),
            890..=902 => self.catalog(),
            903..=914 => self.people(oracle),
            915..=934 => self.key(),
            935..=951 => self.repair(oracle, now),
            _ => Command::Undo,
        }
    }

    /// A wish beside something that is there already: the same room, therapist or client, a little earlier or later.
    fn crowd(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let soon = minute(now);
        let booked = oracle.appointments.values().filter(|it| it.occupies());
        let places = booked.map(|it| (&it.place, Some(it.client)));
        let places = places.chain(oracle.holds.values().map(|it| (&it.place, it.client)));
        let near = places.filter(|(place, _)| (soon - 30..soon + 3000).contains(&place.start));
        let Some((place, client)) = self.pick(near.map(|(place, client)| (place.clone(), client)))
        else {
            return self.book(oracle, now);
        };
        let other = self.wish(oracle, now);
        let after = 15 * i64::from(self.random.below(12));
        let away = self.one_in(3);
        let elsewhere = oracle
            .sites
            .keys()
            .copied()
            .find(|id| *id != place.site && *id != world::site("truro"));
        let site = elsewhere.filter(|_| away).unwrap_or(place.site);
        let wish = Wish {
            client: if self.one_in(3) {
                client.or(other.client)
            } else {
                other.client
            },
            site,
            start: cell((place.start + after - 75).max(soon)),
            room: (self.one_in(2) && site == place.site).then_some(place.room),
            therapist: (away || self.one_in(2)).then_some(place.therapist),
            ..other
        };
        if self.one_in(4) {
            return Command::Hold(wish);
        }
        Command::Book(Book {
            source: BookSource::Wish(wish),
            walk_in: false,
            note: String::new(),
        })
    }

    fn book(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let note = if self.one_in(60) {
            "x".repeat(501)
        } else {
            String::new()
        };
        let (source, walk_in) = match self.random.below(10) {
            0 | 1 => {
                let hold = self.hold(oracle);
                let client = (!self.one_in(3)).then(|| self.client(oracle));
                (BookSource::Hold { hold, client }, self.one_in(3))
            }
            2 => {
                let start = Cell::containing(now);
                let wish = self.wish(oracle, now);
                (BookSource::Wish(Wish { start, ..wish }), true)
            }
            _ => (BookSource::Wish(self.wish(oracle, now)), self.one_in(20)),
        };
        Command::Book(Book {
            source,
            walk_in,
            note,
        })
    }

    fn hold_wish(&mut self, oracle: &Oracle, now: Timestamp) -> Wish {
        let wish = self.wish(oracle, now);
        Wish {
            client: if self.one_in(2) { None } else { wish.client },
            ..wish
        }
    }

    /// Books from a hold, or moves something to it.
    fn use_hold(&mut self, oracle: &Oracle) -> Command {
        let hold = self.hold(oracle);
        let moves = oracle.holds.get(&hold).and_then(|held| held.moves);
        if !self.one_in(3) {
            let mut step = self.step(oracle, &[Phase::Booked, Phase::Confirmed]);
            if let Some(called) = moves.filter(|_| !self.one_in(4)) {
                step.appointment = called;
            }
            let to = MoveTo::Hold(hold);
            return Command::Move(Move { step, to });
        }
        let client = (!self.one_in(3)).then(|| self.client(oracle));
        let source = BookSource::Hold { hold, client };
        Command::Book(Book {
            source,
            walk_in: self.one_in(3),
            note: String::new(),
        })
    }

    fn hold(&mut self, oracle: &Oracle) -> HoldId {
        self.pick(oracle.holds.keys().copied())
            .unwrap_or(HoldId::new(1))
    }

    fn move_to(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let step = self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]);
        let site = self.site();
        let to = if self.one_in(3) {
            MoveTo::Hold(self.hold(oracle))
        } else {
            let other_site = self.one_in(5);
            MoveTo::Place(NewPlace {
                start: (!self.one_in(6)).then(|| self.start(oracle, now)),
                site: other_site.then_some(site),
                room: self.one_in(4).then(|| self.room_at(oracle, site)),
                therapist: self.one_in(4).then(|| self.therapist_at(oracle, site)),
                extensions: self.one_in(4).then(|| self.extensions()),
            })
        };
        Command::Move(Move { step, to })
    }

    /// A local date of the run, as a bound for moving time on.
    pub(crate) fn last_day() -> Date {
        world::FIRST_DAY + i64::from(world::DAYS).days()
    }
}
