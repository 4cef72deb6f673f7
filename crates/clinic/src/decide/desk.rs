//! A desk for tests: a small clinic set up by commands, a clock to turn, and a key to act with.
//!
//! Every command that is accepted is applied, what follows from it is decided too, and then the clinic
//! has to equal the one that its records make.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::{Decision, decide};
use crate::clinic::{Clinic, Commit};
use crate::command::{
    Actor, Book, BookSource, Catalog, Command, Context, EarlierAnswers, NewClient, PutShift,
    RecordDeclaration, Step,
};
use crate::fixture::{
    self, BAR_ROOM, ashiatsu, certified, foot, local, massage, minutes, room, service_id, site,
    site_id, therapist, therapist_id,
};
use crate::id::{AppointmentId, ClientId, ConditionId, HoldId, Ids, ItemId, KeyId};
use crate::model::{
    Answer, Appointment, ChecklistItem, Equipment, Extension, RecordId, Role, RuleSet, Service,
    Sites, When, Wish,
};
use crate::refusal::Refusal;
use crate::time::{Cell, Interval};

/// The day on which the tests play, a Monday. The desk opens at 8:00.
pub(super) const DAY: Date = date(2026, 11, 23);

pub(super) struct Desk {
    pub(super) clinic: Clinic,
    pub(super) now: Timestamp,
    pub(super) actor: Actor,
    pub(super) commits: Vec<Commit>,
}

/// Client 1 has declared nothing, client 2 has nothing to declare.
pub(super) struct Clients {
    pub(super) silent: ClientId,
    pub(super) clear: ClientId,
}

impl Desk {
    /// Halifax (h1, h2 with bars, h3 a table, h5 a rope, h6 a chair) and Dartmouth (d1 with bars); ann
    /// and bea certified, bea at both sites, cas not; everybody at Halifax from 9 to 21 on [`DAY`].
    pub(super) fn open() -> (Self, Clients) {
        let mut desk = Self {
            clinic: Clinic::default(),
            now: local(DAY, 8, 0),
            actor: actor(1, Role::Owner),
            commits: Vec::new(),
        };
        desk.done(&Command::ImportCatalog(Box::new(catalog())));
        let shifts = ["ann", "bea", "cas"].map(|who| shift(who, "halifax", (9, 0), (21, 0)));
        desk.done(&Command::PutShifts(shifts.to_vec()));
        let silent = desk.new_client("Silent");
        let clear = desk.new_client("Clear");
        desk.declare(clear, None);
        (desk, Clients { silent, clear })
    }

    /// Decides a command and, if it is accepted, applies it and what follows from it.
    pub(super) fn ask(&mut self, command: &Command) -> Result<Decision, Refusal> {
        let decision = decide(&self.clinic, command, &self.context())?;
        self.commit(command, &decision, self.actor.key);
        let mut next: VecDeque<_> = decision.follow_up.clone().into();
        while let Some(command) = next.pop_front() {
            let context = Context {
                actor: Actor::system(),
                ..self.context()
            };
            let decision = decide(&self.clinic, &command, &context)?;
            self.commit(&command, &decision, Actor::SYSTEM);
            for command in decision.follow_up.into_iter().rev() {
                next.push_front(command);
            }
        }
        self.equals_its_records();
        Ok(decision)
    }

    /// Asks for something that has to be accepted.
    #[track_caller]
    pub(super) fn done(&mut self, command: &Command) -> Decision {
        match self.ask(command) {
            Ok(decision) => decision,
            Err(refusal) => panic!("{:?} is refused: {refusal:?}", command.kind()),
        }
    }

    /// Asks for something that has to be refused; nothing changes then.
    #[track_caller]
    pub(super) fn refused(&mut self, command: &Command) -> Refusal {
        let before = self.clinic.clone();
        let refusal = match self.ask(command) {
            Ok(decision) => panic!("{:?} is accepted: {decision:?}", command.kind()),
            Err(refusal) => refusal,
        };
        assert_eq!(before, self.clinic);
        assert!(Refusal::REASONS.contains(&refusal.reason()), "{refusal:?}");
        refusal
    }

    pub(super) fn context(&self) -> Context {
        Context {
            now: self.now,
            actor: self.actor.clone(),
            ids: Ids::new(self.clinic.revision() + 1),
        }
    }

    fn commit(&mut self, command: &Command, decision: &Decision, by: KeyId) {
        let commit = Commit {
            revision: self.clinic.revision() + 1,
            at: self.now,
            by,
            kind: command.kind(),
            changes: decision.changes.clone().into(),
        };
        let ids: BTreeSet<_> = commit
            .changes
            .iter()
            .map(crate::model::Change::id)
            .collect();
        assert_eq!(ids.len(), commit.changes.len(), "each record changes once");
        for change in commit.changes.iter() {
            assert_eq!(change.before(), self.clinic.get(&change.id()).as_ref());
        }
        self.clinic.apply(&commit);
        self.commits.push(commit);
    }

    /// Holds that the indexes are those of the records.
    pub(super) fn equals_its_records(&self) {
        let mut again = Clinic::from_records(self.clinic.records(), self.clinic.revision());
        for commit in &self.commits {
            again.recall(commit);
        }
        assert!(again == self.clinic, "the records make another clinic");
    }

    pub(super) fn at(&mut self, hour: i8, minute: i8) -> &mut Self {
        self.now = local(DAY, hour, minute);
        self
    }

    pub(super) fn new_client(&mut self, name: &str) -> ClientId {
        let new = NewClient {
            name: name.to_owned(),
            ..NewClient::default()
        };
        match self.done(&Command::CreateClient(new)).reply.records[..] {
            [RecordId::Client(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// Records a "no" to every question but, with a condition, a "yes" to that.
    pub(super) fn declare(&mut self, client: ClientId, yes: Option<(&str, When)>) {
        self.done(&Command::RecordDeclaration(declaration(client, yes)));
    }

    /// Books for a client who has to get a place.
    #[track_caller]
    pub(super) fn book(&mut self, client: ClientId, wish: Wish) -> AppointmentId {
        let decision = self.done(&book(client, wish));
        match decision.reply.records[..] {
            [RecordId::Appointment(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn hold(&mut self, wish: Wish) -> HoldId {
        match self.done(&Command::Hold(wish)).reply.records[..] {
            [RecordId::Hold(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn appointment(&self, id: AppointmentId) -> &Appointment {
        self.clinic.appointment(id).expect("it was booked")
    }

    /// The reasons of an appointment's flags.
    pub(super) fn flags(&self, id: AppointmentId) -> Vec<&'static str> {
        let flags = &self.appointment(id).flags;
        flags.iter().map(crate::model::Fault::reason).collect()
    }

    pub(super) fn act_as(&mut self, actor: Actor) -> &mut Self {
        self.actor = actor;
        self
    }
}

pub(super) fn actor(key: u64, role: Role) -> Actor {
    Actor {
        key: KeyId::new(key),
        name: "someone".into(),
        role,
        sites: Sites::All,
        therapist: None,
    }
}

/// An actor who may act at one site only.
pub(super) fn limited_to(key: u64, role: Role, site: &str) -> Actor {
    Actor {
        sites: Sites::Only(BTreeSet::from([site_id(site)])),
        ..actor(key, role)
    }
}

pub(super) fn catalog() -> Catalog {
    let checklist = ["towels", "mats"].map(|id| ChecklistItem {
        id: item(id),
        text: format!("Change the {id}"),
    });
    let calf = Extension {
        id: "calf".parse().expect("a slug"),
        name: "Calf release".to_owned(),
        minutes: minutes(15),
        price_cents: 2_000,
    };
    let listed = |service: Service| Service {
        checklist: checklist.to_vec(),
        ..service
    };
    Catalog {
        policy: None,
        business: None,
        price_lists: Vec::new(),
        sites: vec![site("halifax"), site("dartmouth")],
        rooms: vec![
            room("h1", "halifax", &BAR_ROOM),
            room("h2", "halifax", &BAR_ROOM),
            room("h3", "halifax", &[Equipment::Table]),
            room("h5", "halifax", &[Equipment::Table, Equipment::Rope]),
            room("h6", "halifax", &[Equipment::FootChair]),
            room("d1", "dartmouth", &BAR_ROOM),
        ],
        rule_sets: vec![RuleSet::barefoot(), RuleSet::general()],
        services: vec![
            listed(ashiatsu()),
            listed(massage()),
            Service {
                extensions: vec![calf],
                ..listed(foot())
            },
        ],
        therapists: vec![
            certified("ann", &["halifax"]),
            certified("bea", &["halifax", "dartmouth"]),
            therapist("cas", &["halifax"]),
        ],
        stock: Vec::new(),
    }
}

pub(super) fn item(id: &str) -> ItemId {
    ItemId::parse(id).expect("a slug")
}

/// A time of [`DAY`].
pub(super) fn cell(hour: i8, minute: i8) -> Cell {
    fixture::cell(DAY, hour, minute)
}

pub(super) fn span(from: (i8, i8), until: (i8, i8)) -> Interval {
    Interval::new(cell(from.0, from.1), cell(until.0, until.1)).expect("not empty")
}

pub(super) fn shift(who: &str, at: &str, from: (i8, i8), until: (i8, i8)) -> PutShift {
    PutShift {
        shift: None,
        therapist: therapist_id(who),
        site: site_id(at),
        time: span(from, until),
        breaks: Vec::new(),
        etag: None,
    }
}

/// A wish at Halifax on [`DAY`].
pub(super) fn wish(service: &str, hour: i8, minute: i8) -> Wish {
    Wish {
        client: None,
        service: service_id(service),
        extensions: Vec::new(),
        site: site_id("halifax"),
        start: cell(hour, minute),
        room: None,
        therapist: None,
    }
}

/// A wish with a room and a therapist.
pub(super) fn with(wish: Wish, room: &str, therapist: &str) -> Wish {
    Wish {
        room: Some(fixture::room_id(room)),
        therapist: Some(therapist_id(therapist)),
        ..wish
    }
}

pub(super) fn book(client: ClientId, wish: Wish) -> Command {
    let wish = Wish {
        client: Some(client),
        ..wish
    };
    book_from(BookSource::Wish(wish))
}

pub(super) fn book_from(source: BookSource) -> Command {
    Command::Book(Book {
        source,
        walk_in: false,
        note: String::new(),
    })
}

pub(super) fn step(appointment: AppointmentId) -> Step {
    Step {
        appointment,
        etag: None,
    }
}

pub(super) fn declaration(client: ClientId, yes: Option<(&str, When)>) -> RecordDeclaration {
    let answer = |condition: ConditionId| match yes {
        Some((name, when)) if condition.as_str() == name => Answer::Yes(when),
        _ => Answer::No,
    };
    RecordDeclaration {
        client,
        answers: RuleSet::barefoot()
            .rules
            .iter()
            .map(|rule| (rule.condition, answer(rule.condition)))
            .collect(),
        earlier: EarlierAnswers::Drop,
        asked_at: None,
    }
}
