use std::sync::Arc;

use jiff::civil::{Date, date};

use crate::clinic::{Clinic, Commit};
use crate::command::{
    Actor, Cancel, Command, CommandKind, Context, Move, MoveTo, NewPlace, Put, PutShift, Rejudge,
    Scope,
};
use crate::decide::decide;
use crate::decide::desk::{self, Desk};
use crate::fixture::{self, Records, appointment, client, massage, room_id, site_id, therapist_id};
use crate::id::{AppointmentId, ClientId, Ids};
use crate::limits::REJUDGED_PER_COMMIT;
use crate::model::{CancelReason, Change, Fault, Policy, Room, Slot, Wish};
use crate::time::next_day;

const FIRST: Date = date(2026, 11, 23);

/// A clinic with more appointments ahead than one commit judges, none of which has a shift.
fn crowded() -> Clinic {
    let mut records = Records::small(date(2026, 1, 1)).with(client(3));
    let small = records.clinic();
    let room = small.room(room_id("h3")).unwrap();
    let mut number = 0;
    let mut day = FIRST;
    while number < 1_100 {
        for hour in (9..20).step_by(2) {
            number += 1;
            let start = fixture::cell(day, hour, 0);
            let slot = Slot::plan(&massage(), &[], room, therapist_id("cas"), start).unwrap();
            records = records.with(appointment(number, 3, slot));
        }
        day = next_day(day);
    }
    records.clinic()
}

/// Decides what a rejudging asks for until nothing is left; the commits and how many were flagged.
fn run(clinic: &mut Clinic, scope: Scope) -> Vec<u32> {
    let mut flagged = Vec::new();
    let mut next = vec![Command::Rejudge(Rejudge { scope, after: None })];
    while let Some(command) = next.pop() {
        let context = Context {
            now: fixture::local(FIRST, 8, 0),
            actor: Actor::system(),
            ids: Ids::new(clinic.revision() + 1),
        };
        let decision = decide(clinic, &command, &context).unwrap();
        assert!(decision.changes.len() <= REJUDGED_PER_COMMIT);
        clinic.apply(&Commit {
            revision: clinic.revision() + 1,
            at: context.now,
            by: Actor::SYSTEM,
            kind: command.kind(),
            changes: decision.changes.into(),
        });
        flagged.push(decision.reply.flagged);
        next = decision.follow_up;
    }
    flagged
}

#[test]
fn a_bounded_number_is_judged_in_each_commit() {
    let scopes = [
        Scope::Room(room_id("h3")),
        Scope::Therapist(therapist_id("cas")),
        Scope::Client(ClientId::new(3)),
        Scope::Site(site_id("halifax")),
        Scope::All,
    ];
    for scope in scopes {
        let mut clinic = crowded();
        let total = u32::try_from(clinic.appointments().count()).unwrap();
        assert_eq!(
            run(&mut clinic, scope),
            [500, 500, total - 1_000],
            "{scope:?}"
        );
        assert!(clinic.appointments().all(|a| !a.flags.is_empty()));
        assert_eq!(
            run(&mut clinic, scope),
            [0, 0, 0],
            "what is flagged stays as it is"
        );
    }
}

#[test]
fn what_is_out_of_scope_or_over_is_left_alone() {
    let mut clinic = crowded();
    assert_eq!(run(&mut clinic, Scope::Room(room_id("h1"))), [0]);
    assert_eq!(run(&mut clinic, Scope::Client(ClientId::new(1))), [0]);
    assert_eq!(run(&mut clinic, Scope::Therapist(therapist_id("ann"))), [0]);
}

/// Puts a room of another kind in the place of h3, as a commit of its own.
fn replace_room(clinic: &mut Clinic, change: impl FnOnce(&mut Room)) {
    let before = Arc::clone(clinic.room(room_id("h3")).unwrap());
    let mut after = Room::clone(&before);
    change(&mut after);
    clinic.apply(&Commit {
        revision: clinic.revision() + 1,
        at: fixture::local(FIRST, 8, 0),
        by: Actor::SYSTEM,
        kind: CommandKind::PutRoom,
        changes: vec![Change::update(before, after)].into(),
    });
}

fn reasons(clinic: &Clinic) -> Vec<&'static str> {
    let first = clinic.appointments().next().unwrap();
    first.flags.iter().map(Fault::reason).collect()
}

#[test]
fn only_what_was_sound_before_counts_as_flagged() {
    let mut clinic = crowded();
    let scope = Scope::Room(room_id("h3"));
    run(&mut clinic, scope);
    let before = reasons(&clinic);
    // Unsound otherwise, and then as at first.
    for (retired, as_before) in [(true, false), (false, true)] {
        replace_room(&mut clinic, |room| room.retired = retired);
        assert_eq!(run(&mut clinic, scope), [0, 0, 0]);
        assert_eq!(reasons(&clinic) == before, as_before);
    }
}

#[test]
fn more_than_an_open_review_counts_as_flagged() {
    let records = Records::small(FIRST);
    let small = records.clinic();
    let room = small.room(room_id("h3")).unwrap();
    let start = fixture::cell(FIRST, 10, 0);
    let slot = Slot::plan(&massage(), &[], room, therapist_id("cas"), start).unwrap();
    // Client 1 has declared nothing.
    let mut clinic = records.with(appointment(1, 1, slot)).clinic();
    let scope = Scope::Room(room_id("h3"));
    assert_eq!(run(&mut clinic, scope), [1]);
    assert_eq!(reasons(&clinic), ["SCREENING_INCOMPLETE"]);
    replace_room(&mut clinic, |room| room.retired = true);
    assert_eq!(run(&mut clinic, scope), [1]);
    assert_eq!(reasons(&clinic), ["RETIRED", "SCREENING_INCOMPLETE"]);
    replace_room(&mut clinic, |room| room.retired = false);
    assert_eq!(run(&mut clinic, scope), [0]);
}

/// Bea at Halifax until half past eleven and at Dartmouth from noon on: one appointment at each, between which the way is longer
/// than it was when they were booked.
fn too_far_apart() -> (Desk, [AppointmentId; 2]) {
    let (mut desk, clients) = Desk::open();
    let day = desk::span((0, 0), (23, 0));
    let whole = desk.clinic.shifts_of(therapist_id("bea"), day).next();
    let morning = PutShift {
        shift: whole.map(|shift| shift.id),
        ..desk::shift("bea", "halifax", (9, 0), (11, 30))
    };
    let afternoon = desk::shift("bea", "dartmouth", (12, 0), (21, 0));
    desk.done(&Command::PutShifts(vec![morning, afternoon]));
    let other = desk.new_client("Other");
    let here = desk::with(desk::wish("massage-60", 10, 0), "h3", "bea");
    let there = Wish {
        site: site_id("dartmouth"),
        ..desk::with(desk::wish("massage-60", 12, 0), "d1", "bea")
    };
    let ids = [desk.book(clients.clear, here), desk.book(other, there)];
    travel_takes(&mut desk, 60);
    for id in ids {
        assert!(desk.flags(id).contains(&"TRAVEL_GAP"));
    }
    (desk, ids)
}

fn travel_takes(desk: &mut Desk, minutes: u16) {
    let policy = Policy {
        travel: fixture::minutes(minutes),
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource: policy,
        etag: None,
    }));
}

#[test]
fn a_clash_that_is_gone_is_no_longer_flagged() {
    let (desk, [here, there]) = too_far_apart();
    let leave = [
        Command::Cancel(Cancel {
            step: desk::step(here),
            reason: CancelReason::ClientRequest,
            note: String::new(),
        }),
        Command::Move(Move {
            step: desk::step(here),
            to: MoveTo::Place(NewPlace {
                start: Some(desk::cell(9, 30)),
                ..NewPlace::default()
            }),
        }),
    ];
    for command in leave {
        let mut desk = Desk {
            clinic: desk.clinic.clone(),
            now: desk.now,
            actor: desk.actor.clone(),
            commits: desk.commits.clone(),
        };
        desk.done(&command);
        let flags = desk.flags(there);
        assert!(!flags.contains(&"TRAVEL_GAP"), "{command:?}: {flags:?}");
    }
}

#[test]
fn a_hold_that_expires_clashes_no_more() {
    let (mut desk, [here, there]) = too_far_apart();
    travel_takes(&mut desk, 30);
    desk.done(&Command::Cancel(Cancel {
        step: desk::step(here),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    }));
    desk.hold(desk::with(desk::wish("massage-60", 10, 0), "h3", "bea"));
    travel_takes(&mut desk, 60);
    assert!(desk.flags(there).contains(&"TRAVEL_GAP"));
    desk.at(9, 0).done(&Command::Expire);
    assert!(!desk.flags(there).contains(&"TRAVEL_GAP"));
}
