use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use treadwell_clinic::command::Step;
use treadwell_clinic::id::HoldId;
use treadwell_clinic::model::{RecordId, State};
use treadwell_clinic::{Command, CommandKind};

use super::support::*;
use crate::clock::{Clock, Jumped};
use crate::convert::store::commit::read_commit;
use crate::engine::{Committed, Engine, EngineError, Write};

fn hold(committed: &Committed) -> HoldId {
    match committed.reply.records[..] {
        [RecordId::Hold(id)] => id,
        ref other => panic!("expected a hold, got {other:?}"),
    }
}

#[tokio::test]
async fn what_is_due_is_done_before_each_command() {
    let world = World::new().await;
    let held = world.done(Command::Hold(wish(None, at(1)))).await;
    let wanted = book(world.clients()[0], at(1));
    let taken = world.submit(wanted.clone(), Write::default()).await;
    assert!(matches!(taken, Err(EngineError::Refused(_))));

    world.clock.advance(Duration::from_mins(5));
    let booked = world.done(wanted).await;
    assert_eq!(booked.revision, held.revision + 2);
    let commits = world.journal.commits().await;
    let kinds: Vec<_> = commits[commits.len() - 2..]
        .iter()
        .map(|commit| read_commit(&world.journal.keys, commit).unwrap().meta.kind)
        .collect();
    assert_eq!(kinds, [CommandKind::Expire, CommandKind::Book]);
    assert!(booked.clinic().hold(hold(&held)).is_none());
    world.journal.assert_sound().await;
}

#[tokio::test]
async fn holds_expire_when_nobody_asks_for_anything() {
    let world = World::new().await;
    let held = world.done(Command::Hold(wish(None, at(1)))).await;
    world.engine.tick().await;
    assert!(world.engine.snapshot().clinic.hold(hold(&held)).is_some());
    world.clock.advance(Duration::from_mins(5));
    world.engine.tick().await;
    assert!(world.engine.snapshot().clinic.hold(hold(&held)).is_none());
}

#[tokio::test]
async fn what_has_become_late_is_logged_once_and_names_nobody() {
    let logged = Logged::begin();
    let world = World::new().await;
    let booked = world.done(book(world.clients()[0], at(0))).await;
    let appointment = appointment(&booked);
    let step = || Step {
        appointment,
        etag: None,
    };
    world.done(declare(world.clients()[0])).await;
    world.done(Command::CheckIn(step())).await;
    world.done(Command::Start(step())).await;
    let minutes_pass = async |minutes| {
        world.clock.advance(Duration::from_mins(minutes));
        world.engine.tick().await;
    };
    minutes_pass(59).await;
    assert!(logged.with("over its time").is_empty());
    minutes_pass(1).await;
    minutes_pass(5).await;
    let said = logged.with("a session is over its time");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("room=h1") && said[0].contains(&format!("appointment={appointment}")));

    let stopped = None;
    let step = step();
    world.done(Command::Finish { step, stopped }).await;
    minutes_pass(30).await;
    minutes_pass(1).await;
    let said = logged.with("a turnover is overdue");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(logged.with("Lovelace").is_empty());
}

#[tokio::test]
async fn the_answer_says_what_the_judging_flagged() {
    let world = World::new().await;
    let client = world.clients()[0];
    let first = world.done(book(client, at(1))).await;
    world.done(book(client, at(3))).await;

    let changed = world
        .submit(put_therapist(true), request("retire", 1))
        .await
        .unwrap();
    assert_eq!(changed.reply.flagged, 2);
    let appointment = changed.clinic().appointment(appointment(&first)).unwrap();
    assert_eq!(appointment.state, State::Booked);
    assert!(
        !appointment.flags.is_empty(),
        "it is flagged when the answer comes"
    );
    let again = world
        .submit(put_therapist(true), request("retire", 1))
        .await
        .unwrap();
    assert_eq!((again.repeated, again.reply.flagged), (true, 2));
}

#[tokio::test]
async fn a_judging_that_a_crash_cut_short_is_made_again() {
    let world = World::new().await;
    let booked = world.done(book(world.clients()[0], at(1))).await;
    let before = world.revision();
    world.journal.close_gate();
    let _cut_short = world.begin(put_therapist(true), Write::default()).await;
    world.journal.let_through(1);
    settle().await;
    let durable = world.journal.commits().await;
    let read = read_commit(&world.journal.keys, durable.last().unwrap());
    let meta = read.unwrap().meta;
    assert_eq!((meta.kind, meta.judging), (CommandKind::PutTherapist, true));
    assert_eq!(durable.len() as u64, before + 1);

    world.journal.let_through(100);
    let after = world.again().await;
    let mut bell = after.engine.subscribe();
    let flagged = bell.wait_for(|published| {
        let found = published.clinic.appointment(appointment(&booked));
        found.is_some_and(|appointment| !appointment.flags.is_empty())
    });
    tokio::time::timeout(Duration::from_secs(10), flagged)
        .await
        .unwrap()
        .unwrap();
}

/// A clock that a test makes jump.
#[derive(Debug)]
struct Jumpy(Mutex<Result<Timestamp, Jumped>>);

impl Clock for Jumpy {
    fn read(&self) -> Result<Timestamp, Jumped> {
        *self.0.lock().unwrap()
    }

    fn accept(&self) -> Timestamp {
        let mut now = self.0.lock().unwrap();
        let wall = now.map_or_else(|jumped| jumped.wall, |now| now);
        *now = Ok(wall);
        wall
    }

    fn resume(&self, _: Timestamp) {}

    fn is_injected(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn after_a_jump_nothing_is_written_until_a_person_accepts_it() {
    let clock = Arc::new(Jumpy(Mutex::new(Ok(morning()))));
    let journal = Gate::open();
    let engine = Engine::open(
        Arc::clone(&journal) as _,
        Arc::clone(&journal.keys),
        Arc::clone(&clock) as _,
        options(),
    )
    .await
    .unwrap();
    let submit = |name| {
        let actor = treadwell_clinic::Actor::system();
        engine.submit(actor, new_client(name), Write::default())
    };
    submit("Before").await.unwrap();

    let jumped = Jumped {
        wall: morning() - jiff::SignedDuration::from_hours(3),
        expected: morning(),
    };
    *clock.0.lock().unwrap() = Err(jumped);
    let refused = submit("During").await.unwrap_err();
    assert_eq!(refused, EngineError::Stopped(jumped.to_string()));
    assert_eq!(engine.writable(), Err(jumped.to_string()));
    assert_eq!(engine.now(), jumped.expected);

    assert_eq!(
        engine.accept_clock(&treadwell_clinic::Actor::system()),
        jumped.wall
    );
    // The accepted time holds, although the newest commit is later.
    assert_eq!(submit("After").await.unwrap().at, jumped.wall);
    assert_eq!(engine.writable(), Ok(()));
}

#[tokio::test]
async fn a_clock_that_jumps_while_the_disk_is_full_is_what_stands_against_writing() {
    let clock = Arc::new(Jumpy(Mutex::new(Ok(morning()))));
    let journal = Gate::open();
    let engine = Engine::open(
        Arc::clone(&journal) as _,
        Arc::clone(&journal.keys),
        Arc::clone(&clock) as _,
        options(),
    )
    .await
    .unwrap();
    journal.fill(true);
    let actor = treadwell_clinic::Actor::system();
    let refused = engine.submit(actor, new_client("Too much"), Write::default());
    assert!(matches!(
        refused.await.unwrap_err(),
        EngineError::Stopped(_)
    ));
    assert!(engine.is_held(), "there may be room by now");
    let jumped = Jumped {
        wall: morning() - jiff::SignedDuration::from_hours(3),
        expected: morning(),
    };
    *clock.0.lock().unwrap() = Err(jumped);
    assert!(!engine.is_held(), "room would not help");
    assert_eq!(engine.writable(), Err(jumped.to_string()));
}
