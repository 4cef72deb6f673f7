//! One run: commands, the clinic and the oracle side by side, and what is checked after each.

mod check;
mod touched;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::availability::{Answer, Purpose, Query};
use treadwell_clinic::command::{
    ApplyRepair, Book, BookSource, NewClient, Put, PutShift, RepairMove,
};
use treadwell_clinic::id::{Ids, KeyId};
use treadwell_clinic::model::{
    Appointment, Change, Fault, Record, RecordId, Role, Sites, Slot, WeekTemplate, Wish,
};
use treadwell_clinic::repair::{self, Disruption};
use treadwell_clinic::time::{Cell, Interval, Minutes};
use treadwell_clinic::{
    Actor, Clinic, Command, CommandKind, Commit, Context, Decision, Refusal, availability, decide,
};
use treadwell_tests::seed::Random;

use super::absorb::Absorb;
use super::expect::{Case, Expected, at};
use super::generate::{Generator, actors};
use super::oracle::{Booked, Held, Oracle, Place};
use super::undo::{KnownKey, Last, Thing};
use super::waitlist::goes_on;
use super::world;
use touched::Touched;

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: BTreeMap<&'static str, u64>,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) reasons: BTreeMap<&'static str, u64>,
    pub(crate) proposals: u64,
    pub(crate) alternatives: u64,
    pub(crate) repaired: u64,
    pub(crate) reloads: u64,
    pub(crate) replays: u64,
}

impl Counts {
    /// How many commands of somebody's were accepted. What the clinic does by itself is never refused, and does not count.
    pub(crate) fn accepted(&self) -> u64 {
        let own = [CommandKind::Expire, CommandKind::Rejudge].map(CommandKind::as_str);
        let asked = self
            .accepted
            .iter()
            .filter(|(kind, _)| !own.contains(*kind));
        asked.map(|(_, times)| times).sum()
    }

    /// How often a kind of command was accepted and refused.
    pub(crate) fn of(&self, kind: CommandKind) -> (u64, u64) {
        let times = |map: &BTreeMap<&str, u64>| map.get(kind.as_str()).copied().unwrap_or(0);
        (times(&self.accepted), times(&self.refused))
    }

    /// How many commands of somebody's there were.
    pub(crate) fn commands(&self) -> u64 {
        self.accepted() + self.refused.values().sum::<u64>()
    }
}

/// Who did what, for undo.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operations {
    pub(crate) last: BTreeMap<KeyId, Last>,
    pub(crate) versions: BTreeMap<RecordId, u64>,
    pub(crate) keys: BTreeMap<KeyId, KnownKey>,
}

/// A clinic and its oracle.
pub(crate) struct Run {
    clinic: Clinic,
    oracle: Oracle,
    operations: Operations,
    generator: Generator,
    now: Timestamp,
    steps: u64,
    touched: Touched,
    commits: Vec<Commit>,
}

impl Run {
    /// A clinic at work: catalog, keys, clients, a fortnight of shifts.
    pub(crate) fn new(random: Random, counts: &mut Counts) -> Self {
        // The way between the sites takes longer than the shifts leave time for, since a policy that came after them.
        let mut catalog = world::catalog();
        if let Some(policy) = &mut catalog.policy {
            policy.travel = Minutes::new(30).expect("a multiple of 5");
        }
        let first = world::FIRST_DAY.at(8, 30, 0, 0);
        let zone = TimeZone::get("America/Halifax").expect("bundled");
        let mut run = Self {
            clinic: Clinic::default(),
            oracle: Oracle::new(&catalog),
            operations: Operations::default(),
            generator: Generator::new(random),
            now: first.to_zoned(zone).expect("in range").timestamp(),
            steps: 0,
            touched: Touched::default(),
            commits: Vec::new(),
        };
        let system = Actor::system();
        run.decided(&Command::ImportCatalog(Box::new(catalog)), &system, counts);
        run.owner(counts);
        for _ in 0..14 {
            let name = "Somebody".to_owned();
            run.decided(
                &Command::CreateClient(NewClient {
                    name,
                    ..NewClient::default()
                }),
                &system,
                counts,
            );
        }
        for day in 0..world::DAYS {
            let shifts = run.shifts_of(day);
            run.decided(&Command::PutShifts(shifts), &system, counts);
        }
        run.oracle.policy = world::policy();
        let policy = Put {
            resource: world::policy(),
            etag: None,
        };
        run.decided(&Command::PutPolicy(policy), &system, counts);
        run
    }

    fn owner(&mut self, counts: &mut Counts) {
        let create = treadwell_clinic::command::CreateKey {
            hash: treadwell_clinic::model::KeyHash([7; 32]),
            name: "Owner".to_owned(),
            role: Role::Owner,
            sites: Sites::All,
            therapist: None,
            expires: None,
        };
        self.decided(&Command::CreateKey(create), &Actor::system(), counts);
    }

    fn shifts_of(&self, day: u32) -> Vec<PutShift> {
        let date = world::FIRST_DAY + i64::from(day).days();
        let shift = |who: &str, site: &str, from: (i8, i8), until: (i8, i8)| {
            let cell = |(hour, minute)| {
                let local = date
                    .at(hour, minute, 0, 0)
                    .to_zoned(self.oracle.zone.clone());
                Cell::exactly(local.expect("in range").timestamp()).expect("on the grid")
            };
            PutShift {
                shift: None,
                therapist: world::therapist(who),
                site: world::site(site),
                time: Interval::new(cell(from), cell(until)).expect("not empty"),
                breaks: Vec::new(),
                etag: None,
            }
        };
        vec![
            shift("ada", "halifax", (9, 0), (13, 0)),
            shift("ada", "dartmouth", (13, 30), (18, 0)),
            shift("ben", "halifax", (9, 0), (18, 0)),
            shift("cho", "halifax", (9, 0), (11, 0)),
            shift("cho", "dartmouth", (11, 30), (13, 0)),
            shift("cho", "halifax", (13, 30), (15, 0)),
            shift("cho", "dartmouth", (15, 30), (18, 0)),
            shift("dev", "halifax", (10, 0), (18, 0)),
            shift("eve", "dartmouth", (9, 0), (17, 0)),
        ]
    }

    /// One random command, judged by both.
    pub(crate) fn step(&mut self, counts: &mut Counts) {
        self.pass_time(counts);
        let actors = actors();
        let actor = match self.generator.random.below(10) {
            0..=4 => &actors[0],
            5 | 6 => &actors[1],
            7 => &actors[2],
            8 => &actors[3],
            _ => &actors[4],
        };
        let command = if self.generator.random.below(300) == 0 {
            self.generator.import()
        } else {
            self.generator.command(&self.oracle, self.now)
        };
        self.decided(&command, actor, counts);
        self.touched();
        self.steps += 1;
        if self.steps.is_multiple_of(25) {
            self.whole(counts);
        }
        if self.steps.is_multiple_of(20) {
            self.offers(counts);
        }
        if self.steps.is_multiple_of(50) {
            self.repairs(counts);
        }
    }

    /// Whether the run's last day is over.
    pub(crate) fn is_over(&self) -> bool {
        self.oracle.date(super::oracle::minute(self.now)) >= Generator::last_day()
    }

    fn pass_time(&mut self, counts: &mut Counts) {
        let local = self.now.to_zoned(self.oracle.zone.clone());
        if local.hour() >= 19 {
            let tomorrow = local.date().tomorrow().expect("in range").at(8, 30, 0, 0);
            self.now = tomorrow
                .to_zoned(self.oracle.zone.clone())
                .expect("in range")
                .timestamp();
        } else {
            let waits = self.generator.random.below(2) == 0;
            let seconds = if waits {
                i64::from(self.generator.random.below(480))
            } else {
                0
            };
            self.now += seconds.seconds();
        }
        let days_come = self.oracle.to_roll(self.now).next().is_some();
        assert_eq!(
            days_come,
            self.clinic.templates_to_roll(self.now).next().is_some()
        );
        if days_come {
            self.decided(&Command::RollRoster, &Actor::system(), counts);
        }
        // The server expires before each command; once in a while it has not yet.
        let ticks = self.generator.random.below(4) != 0;
        if ticks
            && self
                .oracle
                .holds
                .values()
                .any(|held| held.expires <= self.now)
        {
            self.decided(&Command::Expire, &Actor::system(), counts);
        }
    }

    fn context(&self, actor: &Actor) -> Context {
        Context {
            now: self.now,
            actor: actor.clone(),
            ids: Ids::new(self.clinic.revision() + 1),
        }
    }

    fn decided(&mut self, command: &Command, actor: &Actor, counts: &mut Counts) {
        let kind = command.kind();
        let case = Case {
            oracle: &self.oracle,
            operations: &self.operations,
            actor,
            now: self.now,
        };
        let expected = case.expect(command);
        let actual = decide(&self.clinic, command, &self.context(actor));
        if self.steps.is_multiple_of(10) {
            let again = decide(&self.clinic, command, &self.context(actor));
            assert_eq!(
                actual, again,
                "the same command in the same context gives the same decision"
            );
        }
        self.agree(&expected, &actual, command, actor);
        match actual {
            Err(refusal) => {
                self.options(command, &refusal, counts);
                *counts.refused.entry(kind.as_str()).or_default() += 1;
                *counts.reasons.entry(refusal.reason()).or_default() += 1;
            }
            Ok(decision) => {
                *counts.accepted.entry(kind.as_str()).or_default() += 1;
                self.accept(command, actor, &decision);
                for next in decision.follow_up {
                    self.decided(&next, &Actor::system(), counts);
                }
            }
        }
    }

    fn agree(
        &self,
        expected: &Expected,
        actual: &Result<Decision, Refusal>,
        command: &Command,
        actor: &Actor,
    ) {
        let agrees = match (expected, actual) {
            (Expected::Accepted, Ok(_)) | (Expected::Unforeseen, _) => true,
            (Expected::Refused(all), Err(refusal)) => first(all) == Some(refusal.reason()),
            (Expected::RefusedForOneOf(any), Err(refusal)) => any.contains(refusal.reason()),
            _ => false,
        };
        assert!(
            agrees,
            "{command:?}\nby {actor:?}\nat {} ({})\noracle: {expected:?}\nclinic: {actual:?}\nlast: {:?}",
            self.now,
            self.now.to_zoned(self.oracle.zone.clone()),
            self.operations
                .last(actor.key)
                .map(|last| (last.kind, &last.before, &last.after)),
        );
    }

    fn accept(&mut self, command: &Command, actor: &Actor, decision: &Decision) {
        let ids: Vec<RecordId> = decision.changes.iter().map(Change::id).collect();
        let things = |oracle: &Oracle| {
            ids.iter()
                .map(|id| (*id, oracle.thing(id)))
                .collect::<Vec<_>>()
        };
        let before = things(&self.oracle);
        if *command == Command::Expire {
            let now = self.now;
            self.oracle.holds.retain(|_, held| held.expires > now);
        } else {
            let (oracle, operations) = (&mut self.oracle, &self.operations);
            Absorb {
                oracle,
                operations,
                actor,
                now: self.now,
                decision,
            }
            .absorb(command);
        }
        self.oracle.end_calls(&before);
        self.oracle.follow(command.kind());
        if *command != Command::Expire && self.oracle.policy.waitlist_auto_offer {
            goes_on(decision, self.now);
        }
        let commit = Commit {
            revision: self.clinic.revision() + 1,
            at: self.now,
            by: actor.key,
            kind: command.kind(),
            changes: decision.changes.clone().into(),
        };
        // The server keeps a commit that changes nothing, too, if its request has an id.
        if commit.changes.is_empty() && self.steps.is_multiple_of(2) {
            return;
        }
        self.clinic.apply(&commit);
        if !commit.changes.is_empty() {
            self.note(&commit, before, things(&self.oracle));
        }
        for change in commit.changes.iter() {
            let id = change.id();
            assert_eq!(self.clinic.get(&id).as_ref(), change.after());
            self.compare(&id);
            self.touched.note(change);
        }
        self.commits.push(commit);
    }

    /// Keeps what undo needs.
    fn note(
        &mut self,
        commit: &Commit,
        before: Vec<(RecordId, Thing)>,
        after: Vec<(RecordId, Thing)>,
    ) {
        let mut versions = BTreeMap::new();
        for ((change, (_, before)), (_, after)) in commit.changes.iter().zip(&before).zip(&after) {
            let id = change.id();
            let known = self.operations.version(&id);
            let next = change
                .after()
                .and_then(|_| self.operations.next_version(commit, &id, before, after));
            versions.insert(id, (known, next));
            match next {
                Some(next) => self.operations.versions.insert(id, next),
                None => self.operations.versions.remove(&id),
            };
            if let (RecordId::Key(key), Some(Record::Key(record))) = (id, change.after()) {
                let known = KnownKey {
                    owner: record.role == Role::Owner,
                    revoked: record.revoked.is_some(),
                };
                self.operations.keys.insert(key, known);
                self.generator.note_key(key, known.owner);
            }
        }
        if !commit.kind.is_operation() {
            return;
        }
        let last = Last {
            kind: commit.kind,
            at: commit.at,
            before,
            after,
            versions,
        };
        self.operations.last.insert(commit.by, last);
    }
}
/// The reason of the highest precedence.
fn first(all: &std::collections::BTreeSet<&'static str>) -> Option<&'static str> {
    let rank = |reason: &&str| Refusal::REASONS.iter().position(|known| known == reason);
    all.iter()
        .copied()
        .min_by_key(|reason| rank(reason).expect("a declared reason"))
}

fn booked(appointment: &Appointment) -> Booked {
    use treadwell_clinic::model::State;
    Booked {
        client: appointment.client,
        place: place(&appointment.slot),
        phase: appointment.state.phase(),
        review: appointment
            .review
            .as_ref()
            .map(|it| (it.decision, it.declaration, it.version)),
        reconfirmed: appointment.reconfirmed.map(|it| it.declaration),
        late: matches!(&appointment.state, State::Cancelled(it) if it.late),
        series: appointment.series.map(|it| (it.id, it.number)),
    }
}

fn place(slot: &Slot) -> Place {
    Place {
        service: slot.service,
        extensions: slot.extensions.to_vec(),
        site: slot.site,
        room: slot.room,
        therapist: slot.therapist,
        start: at(slot.planned.start()),
        end: at(slot.planned.end()),
        client_until: at(slot.occupies.client.end()),
        therapist_until: at(slot.occupies.therapist.end()),
        room_until: at(slot.occupies.room.end()),
    }
}
