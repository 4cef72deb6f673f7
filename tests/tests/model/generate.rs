//! Random commands: mostly plausible ones, so that many are accepted, and enough of each kind of mistake that every refusal
//! is met often.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::command::{
    AttestFootCare, Book, BookSource, Cancel, Catalog, CreateKey, EarlierAnswers, Move, MoveTo,
    NewClient, OpenOutage, Patch, Put, PutShift, RecordDeclaration, ReviewScreening, Step,
    UpdateClient,
};
use treadwell_clinic::id::{
    AppointmentId, ClientId, HoldId, KeyId, OutageId, RoomId, ShiftId, SiteId, TherapistId,
};
use treadwell_clinic::model::{
    Answer, CancelReason, KeyHash, OutageTarget, Phase, ReviewDecision, Role, Sites, When, Wish,
};
use treadwell_clinic::time::{Cell, Interval, Minutes};
use treadwell_clinic::{Actor, Command};
use treadwell_tests::seed::Random;

use super::oracle::{Minute, Oracle, minute};
use super::world;

/// Makes commands that suit the state of things, or do not.
pub struct Generator {
    pub random: Random,
    created_keys: Vec<KeyId>,
}

/// Who acts in the run: an owner, a desk that sees one site, two therapists.
pub fn actors() -> [Actor; 4] {
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
    ]
}

fn cell(at: Minute) -> Cell {
    Cell::new(u32::try_from(at.div_euclid(5)).expect("after the epoch")).expect("in range")
}

fn minutes(n: u32) -> Minutes {
    Minutes::new(u16::try_from(n).expect("small")).expect("a multiple of 5")
}

impl Generator {
    pub fn new(random: Random) -> Self {
        Self {
            random,
            created_keys: Vec::new(),
        }
    }

    /// Notes a key that may be revoked later.
    pub fn note_key(&mut self, key: KeyId) {
        self.created_keys.push(key);
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.random.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, of: impl IntoIterator<Item = T>) -> Option<T> {
        let all: Vec<T> = of.into_iter().collect();
        (!all.is_empty()).then(|| *self.random.choose(&all))
    }

    fn site(&mut self) -> SiteId {
        match self.random.below(60) {
            0 => world::site("truro"),
            1..=34 => world::site("halifax"),
            _ => world::site("dartmouth"),
        }
    }

    fn room_at(&mut self, oracle: &Oracle, site: SiteId) -> RoomId {
        if self.one_in(60) {
            return world::room("h9");
        }
        let elsewhere = self.one_in(40);
        let rooms = oracle.rooms.values().filter(|it| elsewhere || it.site == site).map(|it| it.id);
        self.pick(rooms).unwrap_or_else(|| world::room("h1"))
    }

    fn therapist_at(&mut self, oracle: &Oracle, site: SiteId) -> TherapistId {
        if self.one_in(60) {
            return world::therapist("zoe");
        }
        let elsewhere = self.one_in(40);
        let able = oracle.therapists.values().filter(|it| elsewhere || it.sites.contains(&site));
        self.pick(able.map(|it| it.id)).unwrap_or_else(|| world::therapist("ada"))
    }

    fn client(&mut self, oracle: &Oracle) -> ClientId {
        if self.one_in(80) {
            return world::NOBODY;
        }
        self.pick(oracle.clients.iter().copied()).unwrap_or(world::NOBODY)
    }

    /// A start: mostly soon, on the quarter hour, in opening hours; sometimes odd, past or far away.
    fn start(&mut self, oracle: &Oracle, now: Timestamp) -> Cell {
        let odd = self.random.below(60);
        let today = now.to_zoned(oracle.zone.clone()).date();
        let days = match odd {
            0 => -1,
            1 => 20,
            2..=20 => 0,
            _ => i64::from(self.random.below(5)),
        };
        let day = today + days.days();
        let hour = 9 + i64::from(self.random.below(9));
        let mut at = minute(oracle.midnight(day)) + hour * 60 + 15 * i64::from(self.random.below(4));
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

    fn wish(&mut self, oracle: &Oracle, now: Timestamp) -> Wish {
        let site = self.site();
        let name = *self.random.choose(&world::SERVICES);
        let service = if self.one_in(100) { world::service("sauna") } else { world::service(name) };
        let extension = world::extension("calf-release");
        let extensions = match self.random.below(40) {
            0 => vec![world::extension("hot-stones")],
            1 => vec![extension, extension],
            2..=11 if name == "foot-30" => vec![extension],
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
            _ => self.pick(ids).unwrap_or(AppointmentId::new(6)),
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

    fn answers(&mut self, now: Timestamp) -> Vec<(treadwell_clinic::id::ConditionId, Answer)> {
        let mut answers = Vec::new();
        let healthy = !self.one_in(4);
        let complete = !self.one_in(6);
        for (name, _) in world::CONDITIONS {
            if !complete && self.one_in(3) {
                continue;
            }
            let answer = if healthy || !self.one_in(4) { Answer::No } else { Answer::Yes(self.when(now)) };
            answers.push((world::condition(name), answer));
        }
        answers
    }

    fn when(&mut self, now: Timestamp) -> When {
        let days = i64::from(self.random.below(330)) - 10;
        let at = now - (days * 24).hours();
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        match self.random.below(6) {
            0 => When::Unknown,
            1 => When::Month {
                year: day.year(),
                month: day.month(),
            },
            2 => When::Instant(at),
            _ => When::Date(day),
        }
    }

    /// The next command. Time is `now`; the mix follows what a clinic does.
    pub fn command(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        use Phase::{Arrived, Booked, Confirmed, InSession};
        match self.random.below(1000) {
            0..=199 => self.book(oracle, now),
            200..=269 => Command::Hold(self.hold_wish(oracle, now)),
            270..=289 => Command::ReleaseHold { hold: self.hold(oracle) },
            290..=339 => Command::Confirm(self.step(oracle, &[Booked])),
            340..=399 => self.move_to(oracle, now),
            400..=449 => self.cancel(oracle),
            450..=469 => Command::NoShow(self.step_near(oracle, now, &[Booked, Confirmed])),
            470..=559 => Command::CheckIn(self.step_near(oracle, now, &[Booked, Confirmed])),
            560..=639 => Command::Start(self.step_near(oracle, now, &[Arrived])),
            640..=659 => Command::Extend {
                step: self.step(oracle, &[InSession]),
                by: minutes(5 * self.random.below(10)),
            },
            660..=719 => Command::Finish {
                step: self.step(oracle, &[InSession]),
                stopped: self.one_in(5).then(|| "unwell".to_owned()),
            },
            720..=759 => self.turnover(oracle),
            760..=779 => self.declare(oracle, now),
            780..=819 => self.review(oracle, now),
            820..=849 => self.attest(oracle),
            850..=869 => self.outage(oracle, now),
            870..=879 => Command::CloseOutage {
                outage: self.pick(oracle.outages.keys().copied()).unwrap_or(OutageId::new(1)),
                etag: self.one_in(30).then_some(1),
            },
            880..=909 => self.shift(oracle, now),
            910..=917 => self.catalog(),
            918..=929 => self.people(oracle),
            930..=939 => self.key(),
            _ => Command::Undo,
        }
    }

    fn book(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let note = if self.one_in(60) { "x".repeat(501) } else { String::new() };
        let source = match self.random.below(10) {
            0 | 1 => BookSource::Hold {
                hold: self.hold(oracle),
                client: (!self.one_in(3)).then(|| self.client(oracle)),
            },
            2 => BookSource::WalkIn(Wish {
                start: Cell::containing(now),
                ..self.wish(oracle, now)
            }),
            _ => BookSource::Wish(self.wish(oracle, now)),
        };
        Command::Book(Book { source, note })
    }

    fn hold_wish(&mut self, oracle: &Oracle, now: Timestamp) -> Wish {
        let wish = self.wish(oracle, now);
        Wish {
            client: if self.one_in(2) { None } else { wish.client },
            ..wish
        }
    }

    fn hold(&mut self, oracle: &Oracle) -> HoldId {
        self.pick(oracle.holds.keys().copied()).unwrap_or(HoldId::new(1))
    }

    fn move_to(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let step = self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]);
        let site = self.site();
        let to = if self.one_in(4) {
            MoveTo::Hold(self.hold(oracle))
        } else {
            let other_site = self.one_in(5);
            MoveTo::Place {
                start: self.start(oracle, now),
                site: other_site.then_some(site),
                room: self.one_in(4).then(|| self.room_at(oracle, site)),
                therapist: self.one_in(4).then(|| self.therapist_at(oracle, site)),
            }
        };
        Command::Move(Move { step, to })
    }

    fn cancel(&mut self, oracle: &Oracle) -> Command {
        let reasons = [CancelReason::ClientRequest, CancelReason::Weather, CancelReason::Undone];
        let at = if self.one_in(30) { 2 } else { self.random.below(2) as usize };
        Command::Cancel(Cancel {
            step: self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived]),
            reason: reasons[at],
            note: String::new(),
        })
    }

    fn turnover(&mut self, oracle: &Oracle) -> Command {
        let open = self.pick(oracle.turnovers.keys().copied());
        let room = open.filter(|_| !self.one_in(8)).unwrap_or_else(|| self.room_at(oracle, world::site("halifax")));
        if self.one_in(2) {
            return Command::CompleteTurnover { room };
        }
        let names = ["stools", "mats", "pumps", "linen", "lava-lamp"];
        let most = if self.one_in(8) { 5 } else { 4 };
        let count = self.random.below(3);
        let items = (0..count).map(|_| world::item(names[self.random.below(most) as usize])).collect();
        Command::CompleteItems { room, items }
    }

    fn declare(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let asked_at = match self.random.below(10) {
            0 => Some(now - (24 * 400).hours()),
            1 => Some(now + 1.hours()),
            _ => None,
        };
        Command::RecordDeclaration(RecordDeclaration {
            client: self.client(oracle),
            answers: self.answers(now),
            earlier: if self.one_in(3) { EarlierAnswers::Keep } else { EarlierAnswers::Drop },
            asked_at,
        })
    }

    fn review(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let decision = match self.random.below(5) {
            0 => ReviewDecision::Decline,
            1 => ReviewDecision::Modify,
            _ => ReviewDecision::Proceed,
        };
        let step = if self.one_in(2) {
            self.step_near(oracle, now, &[Phase::Arrived])
        } else {
            self.step(oracle, &[Phase::Booked, Phase::Confirmed, Phase::Arrived])
        };
        Command::ReviewScreening(ReviewScreening {
            step,
            decision,
            note: if self.one_in(8) { String::new() } else { "lighter".to_owned() },
        })
    }

    fn attest(&mut self, oracle: &Oracle) -> Command {
        let site = self.site();
        Command::AttestFootCare(AttestFootCare {
            therapist: self.therapist_at(oracle, site),
            site,
            soak: true,
            scrub: true,
            pedicure: false,
            polish_free: !self.one_in(8),
        })
    }

    fn outage(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        let site = self.site();
        let from = (!self.one_in(3)).then(|| self.start(oracle, now));
        let length = 5 * self.random.below(60);
        let base = from.unwrap_or(Cell::containing(now));
        Command::OpenOutage(OpenOutage {
            room: self.room_at(oracle, site),
            target: if self.one_in(2) { OutageTarget::Bars } else { OutageTarget::Room },
            from,
            until: (!self.one_in(12)).then(|| base.plus(minutes(length))),
            reason: if self.one_in(20) { String::new() } else { "loose bracket".to_owned() },
        })
    }

    fn shift(&mut self, oracle: &Oracle, now: Timestamp) -> Command {
        if self.one_in(3) {
            let shift = self.pick(oracle.shifts.keys().copied()).unwrap_or(ShiftId::new(1));
            return Command::RemoveShift {
                shift,
                etag: self.one_in(20).then_some(1),
            };
        }
        let site = self.site();
        let day = now.to_zoned(oracle.zone.clone()).date() + (i64::from(self.random.below(6)) - 1).days();
        let base = minute(oracle.midnight(day));
        let from = base + 60 * (9 + i64::from(self.random.below(6)));
        let length = if self.one_in(30) { 25 * 60 } else { 60 * (2 + i64::from(self.random.below(6))) };
        let time = Interval::new(cell(from), cell(from + length)).expect("not empty");
        let pause = Interval::new(cell(from + 60), cell(from + 75)).expect("not empty");
        Command::PutShifts(vec![PutShift {
            shift: if self.one_in(4) { self.pick(oracle.shifts.keys().copied()) } else { None },
            therapist: self.therapist_at(oracle, site),
            site,
            time,
            breaks: if self.one_in(2) { vec![pause] } else { Vec::new() },
            etag: self.one_in(30).then_some(1),
        }])
    }

    /// Changes of the catalog that make things sound and unsound.
    fn catalog(&mut self) -> Command {
        let etag = self.one_in(10).then_some(0);
        match self.random.below(6) {
            0 => {
                let id = *self.random.choose(&world::ROOMS);
                let mut room = world::room_of(id, if self.one_in(3) { 9 } else { 12 });
                room.retired = self.one_in(6);
                if self.one_in(8) {
                    room.site = world::site("dartmouth");
                }
                Command::PutRoom(Put { resource: room, etag })
            }
            1 => {
                let id = *self.random.choose(&world::THERAPISTS);
                let expires = self.one_in(2).then_some(date(2026, 10, 29));
                let mut therapist = world::therapist_of(id, expires);
                therapist.retired = self.one_in(8);
                Command::PutTherapist(Put { resource: therapist, etag })
            }
            2 => Command::PutRuleSet(Put {
                resource: world::barefoot_rules(self.random.below(2)),
                etag,
            }),
            3 => Command::PutPolicy(Put {
                resource: world::policy(),
                etag,
            }),
            4 => {
                let sites = world::catalog().sites;
                Command::PutSite(Put {
                    resource: self.random.choose(&sites).clone(),
                    etag,
                })
            }
            _ => {
                let services = world::catalog().services;
                let resource = self.random.choose(&services).clone();
                Command::PutService(Put { resource, etag })
            }
        }
    }

    fn people(&mut self, oracle: &Oracle) -> Command {
        if self.one_in(2) && oracle.clients.len() < 25 {
            return Command::CreateClient(NewClient {
                name: if self.one_in(6) { String::new() } else { "Somebody".to_owned() },
                preferred: self.one_in(20).then(|| world::therapist("zoe")),
                ..NewClient::default()
            });
        }
        Command::UpdateClient(UpdateClient {
            client: self.client(oracle),
            name: Patch::Keep,
            phone: Patch::Set("902 555 0100".to_owned()),
            email: Patch::Keep,
            born: Patch::Keep,
            preferred: Patch::Keep,
            note: if self.one_in(10) { Patch::Set("x".repeat(501)) } else { Patch::Keep },
            etag: self.one_in(20).then_some(1),
        })
    }

    fn key(&mut self) -> Command {
        if self.one_in(2) {
            let number = self.random.next_u64();
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            return Command::CreateKey(CreateKey {
                hash: KeyHash(hash),
                name: if self.one_in(8) { String::new() } else { "Kiosk".to_owned() },
                role: if self.one_in(4) { Role::Owner } else { Role::Wallboard },
                sites: Sites::All,
                therapist: None,
                expires: None,
            });
        }
        let key = match self.random.below(6) {
            0 => Some(KeyId::new(1)),
            1 => None,
            _ => self.pick(self.created_keys.clone()),
        };
        Command::RevokeKey {
            key: key.unwrap_or(KeyId::new(999_999)),
        }
    }

    /// The catalog again, whole or with a mistake in it.
    pub fn import(&mut self) -> Command {
        let mut catalog = world::catalog();
        if self.one_in(2) {
            catalog.rooms[0].site = world::site("truro");
        }
        Command::ImportCatalog(Box::new(Catalog {
            policy: None,
            sites: Vec::new(),
            ..catalog
        }))
    }

    /// A local date of the run, as a bound for moving time on.
    pub fn last_day() -> Date {
        world::FIRST_DAY + i64::from(world::DAYS).days()
    }
}
