use crate::command::{
    ApplyRepair, BookSeries, BookSource, Cancel, Command, Move, MoveTo, NewPlace, OnImpossible,
    OpenOutage, RepairMove,
};
use crate::decide::desk::{Desk, actor, book, book_from, cell, step, wish, with};
use crate::fixture::{room_id, service_id, site_id, therapist_id};
use crate::id::{AppointmentId, HoldId, OutageId};
use crate::model::{CancelReason, Modality, Occupant, OutageTarget, Phase, RecordId, Role, Sites};
use crate::refusal::Refusal;
use crate::repair::{Disruption, Mend, Plan, plan};
use crate::rules;

/// Takes the bars of a room out of service, for all later dates.
fn out(desk: &mut Desk, room: &str, target: OutageTarget) -> OutageId {
    let open = OpenOutage {
        room: room_id(room),
        target,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    };
    match desk.done(&Command::OpenOutage(open)).reply.records[..] {
        [RecordId::Outage(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

fn plan_for(desk: &Desk, outage: OutageId) -> Plan {
    let disruption = Disruption::Outage(outage);
    plan(&desk.clinic, &[disruption], &Sites::All, desk.now).expect("it exists")
}

/// The command that applies a plan as it is.
fn apply(plan: &Plan) -> Command {
    let moves = plan.mends.iter().filter_map(|mend| {
        let to = mend.to.as_ref()?;
        let service = (to.service != mend.appointment.slot.service).then_some(to.service);
        Some(RepairMove {
            step: step(mend.appointment.id),
            service,
            site: to.site,
            start: to.start(),
            room: to.room,
            therapist: to.therapist,
        })
    });
    Command::ApplyRepair(ApplyRepair {
        moves: moves.collect(),
    })
}

fn call(desk: &Desk, appointment: AppointmentId) -> HoldId {
    desk.clinic.hold_moving(appointment).expect("a call").id
}

fn accept(appointment: AppointmentId, hold: HoldId) -> Command {
    Command::Move(Move {
        step: step(appointment),
        to: MoveTo::Hold(hold),
    })
}

/// Both bar rooms are taken at 10, one by work that needs no bars, and the bars of the other go.
fn two_in_bar_rooms() -> (Desk, AppointmentId, AppointmentId, OutageId) {
    let (mut desk, clients) = Desk::open();
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let barefoot = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let by_hand = desk.book(other, with(wish("massage-60", 10, 0), "h2", "cas"));
    let outage = out(&mut desk, "h1", OutageTarget::Bars);
    (desk, barefoot, by_hand, outage)
}

#[test]
fn plain_work_makes_way_for_barefoot_work_at_the_same_time() {
    let (mut desk, barefoot, by_hand, outage) = two_in_bar_rooms();
    let plan = plan_for(&desk, outage);
    assert!(plan.proven && plan.mends.iter().all(Mend::is_swap));
    assert_eq!((plan.cost.others, plan.cost.minutes), (1, 0));
    desk.done(&apply(&plan));
    assert_eq!(desk.appointment(barefoot).slot.room, room_id("h2"));
    assert_ne!(desk.appointment(by_hand).slot.room, room_id("h2"));
    assert_eq!(desk.flags(barefoot), [""; 0]);
    assert_eq!(desk.clinic.holds().count(), 0);
    // Back in a room without bars it would be unsound.
    assert_eq!(desk.refused(&Command::Undo).reason(), "BARS_UNSOUND");
    desk.act_as(actor(2, Role::Owner));
    desk.done(&Command::CloseOutage { outage, etag: None });
    // Two who swapped rooms go back together.
    desk.act_as(actor(1, Role::Owner)).done(&Command::Undo);
    assert_eq!(desk.appointment(barefoot).slot.room, room_id("h1"));
    assert_eq!(desk.appointment(by_hand).slot.room, room_id("h2"));
    assert_eq!(desk.flags(barefoot), [""; 0]);
    assert_eq!(desk.flags(by_hand), [""; 0]);
}

#[test]
fn a_repair_is_refused_whole_when_anything_no_longer_holds() {
    let (mut desk, _, _, outage) = two_in_bar_rooms();
    let plan = plan_for(&desk, outage);
    let room = |id| {
        let mend = plan.mends.iter().find(|mend| mend.appointment.id == id);
        mend.and_then(|mend| mend.to.as_ref()).map(|to| to.room)
    };
    let by_hand = plan.mends.iter().find(|mend| mend.faults.is_empty());
    let target = room(by_hand.expect("it makes way").appointment.id).expect("a place");
    let third = desk.new_client("Third");
    desk.book(
        third,
        with(wish("massage-60", 10, 0), target.as_str(), "bea"),
    );
    assert_eq!(desk.refused(&apply(&plan)).reason(), "ROOM_TAKEN");
    let Command::ApplyRepair(mut twice) = apply(&plan) else {
        panic!("it is one");
    };
    twice.moves.push(twice.moves[0]);
    assert_eq!(
        desk.refused(&Command::ApplyRepair(twice)).reason(),
        "INVALID"
    );
    let none = Command::ApplyRepair(ApplyRepair { moves: Vec::new() });
    assert_eq!(desk.refused(&none).reason(), "INVALID");
}

/// A foot massage at 10:00 that can only begin later, in its own room and partly in its own time.
fn a_call() -> (Desk, AppointmentId, HoldId) {
    let (mut desk, clients) = Desk::open();
    let moved = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let later = Command::ApplyRepair(ApplyRepair {
        moves: vec![RepairMove {
            step: step(moved),
            service: None,
            site: site_id("halifax"),
            start: cell(10, 15),
            room: room_id("h1"),
            therapist: therapist_id("ann"),
        }],
    });
    desk.done(&later);
    let hold = call(&desk, moved);
    (desk, moved, hold)
}

#[test]
fn a_call_is_held_beside_the_present_place_and_moves_there_when_accepted() {
    let (mut desk, moved, hold) = a_call();
    assert_eq!(desk.flags(moved), [""; 0]);
    let own = Some(Occupant::Appointment(moved));
    let appointment = desk.appointment(moved).clone();
    let faults = rules::judge(
        &desk.clinic,
        &appointment.slot,
        Some(appointment.client),
        own,
    );
    assert_eq!(faults, []);
    // Nobody else gets in, neither where it is nor where it may go.
    let other = desk.new_client("Other");
    for (hour, minute) in [(9, 0), (10, 30), (11, 0)] {
        let taken = book(other, with(wish("massage-60", hour, minute), "h1", "bea"));
        assert_eq!(desk.refused(&taken).reason(), "ROOM_TAKEN");
    }
    desk.done(&accept(moved, hold));
    assert_eq!(desk.appointment(moved).slot.start(), cell(10, 15));
    assert_eq!(desk.clinic.holds().count(), 0);
    let early = book(other, with(wish("massage-60", 9, 0), "h1", "bea"));
    desk.done(&early);
}

#[test]
fn a_declined_call_leaves_everything_as_it_was_and_can_be_taken_back() {
    let (mut desk, moved, hold) = a_call();
    let release = Command::ReleaseHold { hold };
    desk.done(&release);
    assert_eq!(desk.appointment(moved).slot.start(), cell(10, 0));
    desk.done(&Command::Undo);
    assert_eq!(call(&desk, moved), hold);
    desk.done(&release);
    let other = desk.new_client("Other");
    let taken = book(other, with(wish("massage-60", 10, 15), "h1", "bea"));
    assert_eq!(desk.refused(&taken).reason(), "ROOM_TAKEN");
    desk.done(&book(other, with(wish("massage-60", 11, 15), "h1", "bea")));
    assert_eq!(desk.refused(&accept(moved, hold)).reason(), "NOT_FOUND");
}

#[test]
fn a_call_is_for_its_own_appointment_only() {
    let (mut desk, moved, hold) = a_call();
    let client = desk.appointment(moved).client;
    let other = desk.book(client, with(wish("ashiatsu-60", 14, 0), "h2", "ann"));
    let taken = Refusal::HoldOfAnotherAppointment {
        hold,
        appointment: moved,
    };
    assert_eq!(desk.refused(&accept(other, hold)), taken);
    let source = BookSource::Hold { hold, client: None };
    assert_eq!(desk.refused(&book_from(source.clone())), taken);
    let series = Command::BookSeries(Box::new(BookSeries {
        first: source,
        every_days: 7,
        times: 2,
        on_impossible: OnImpossible::Skip,
        note: String::new(),
    }));
    assert_eq!(desk.refused(&series), taken);
    // Whoever works for the clinic goes on with it, a program only with its own.
    desk.act_as(actor(9, Role::Integration));
    let refusal = desk.refused(&accept(moved, hold));
    assert_eq!(refusal.reason(), "HOLD_OF_ANOTHER_KEY");
}

#[test]
fn a_call_ends_with_what_else_becomes_of_its_appointment() {
    let (mut desk, moved, _) = a_call();
    let cancel = Command::Cancel(Cancel {
        step: step(moved),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    });
    desk.done(&cancel);
    assert_eq!(desk.clinic.holds().count(), 0);
    let (mut desk, moved, _) = a_call();
    let elsewhere = Command::Move(Move {
        step: step(moved),
        to: MoveTo::Place(NewPlace {
            start: Some(cell(16, 0)),
            ..NewPlace::default()
        }),
    });
    desk.done(&elsewhere);
    assert_eq!(desk.clinic.holds().count(), 0);
    // A new call takes the place of the last one.
    let (mut desk, moved, first) = a_call();
    let again = Command::ApplyRepair(ApplyRepair {
        moves: vec![RepairMove {
            step: step(moved),
            service: None,
            site: site_id("halifax"),
            start: cell(10, 30),
            room: room_id("h1"),
            therapist: therapist_id("ann"),
        }],
    });
    desk.done(&again);
    assert_ne!(call(&desk, moved), first);
    assert_eq!(desk.clinic.holds().count(), 1);
    desk.done(&Command::Undo);
    assert_eq!(desk.clinic.holds().count(), 0);
    desk.at(10, 0);
}

#[test]
fn other_work_is_agreed_on_and_costs_what_it_costs() {
    let (mut desk, clients) = Desk::open();
    let moved = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let instead = Command::ApplyRepair(ApplyRepair {
        moves: vec![RepairMove {
            step: step(moved),
            service: Some(service_id("foot-30")),
            site: site_id("halifax"),
            start: cell(10, 0),
            room: room_id("h1"),
            therapist: therapist_id("ann"),
        }],
    });
    desk.done(&instead);
    assert_eq!(
        desk.appointment(moved).slot.service,
        service_id("ashiatsu-60")
    );
    let hold = call(&desk, moved);
    desk.done(&accept(moved, hold));
    let after = desk.appointment(moved).clone();
    assert_eq!(after.state.phase(), Phase::Booked);
    let service = desk.clinic.service(after.slot.service).expect("exists");
    assert_eq!(service.modality, Modality::Foot);
    assert_eq!(after.price_cents, service.price_cents);
    assert_eq!(after.slot.planned.minutes(), 30);
}

#[test]
fn a_call_expires_by_itself() {
    let (mut desk, moved, _) = a_call();
    desk.at(9, 0);
    desk.done(&Command::Expire);
    assert!(desk.clinic.hold_moving(moved).is_none());
    assert_eq!(desk.appointment(moved).slot.start(), cell(10, 0));
}

#[test]
fn an_overrun_moves_what_comes_next_by_as_little_as_can_be() {
    let (mut desk, clients) = Desk::open();
    let other = desk.new_client("Other");
    let first = desk.book(clients.clear, with(wish("massage-60", 9, 0), "h3", "cas"));
    let next = desk.book(other, with(wish("massage-60", 10, 15), "h3", "cas"));
    desk.at(9, 0).done(&Command::CheckIn(step(first)));
    desk.done(&Command::Start(step(first)));
    desk.at(9, 50);
    let ask = |by| {
        let disruption = Disruption::Overrun {
            appointment: first,
            by: crate::fixture::minutes(by),
        };
        plan(&desk.clinic, &[disruption], &Sites::All, desk.now)
    };
    // Ten minutes more take the room's time only: another room is as good.
    let plan = ask(10).expect("it goes on");
    let [mend] = &plan.mends[..] else {
        panic!("one is hit: {plan:?}");
    };
    assert_eq!((mend.appointment.id, mend.is_swap()), (next, true));
    // Twenty take the therapist's, too: the same one, ten minutes later.
    let plan = ask(20).expect("it goes on");
    assert_eq!((plan.cost.therapist, plan.cost.minutes), (0, 10));
    let refusal = ask(0).expect_err("nothing more");
    assert_eq!(refusal.reason(), "INVALID");
}

#[test]
fn a_call_is_not_kept_long_after_its_place_has_begun() {
    let (mut desk, clients) = Desk::open();
    let moved = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.at(9, 50);
    desk.done(&Command::ApplyRepair(ApplyRepair {
        moves: vec![RepairMove {
            step: step(moved),
            service: None,
            site: site_id("halifax"),
            start: cell(10, 15),
            room: room_id("h1"),
            therapist: therapist_id("ann"),
        }],
    }));
    let expires = |desk: &Desk| desk.clinic.hold_moving(moved).map(|call| call.expires_at);
    assert_eq!(expires(&desk), Some(cell(10, 15).timestamp()));
}

#[test]
fn who_is_called_already_is_not_planned_anew_while_the_place_is_good() {
    let (mut desk, moved, hold) = a_call();
    let out = |room: &str| Disruption::Out {
        room: room_id(room),
        target: OutageTarget::Room,
        from: cell(10, 0),
        until: Some(cell(10, 15)),
    };
    let ask = |desk: &Desk, room| plan(&desk.clinic, &[out(room)], &Sites::All, desk.now);
    // Out until the held place begins: it is the answer.
    assert!(ask(&desk, "h1").unwrap().mends.is_empty());
    desk.done(&Command::ReleaseHold { hold });
    assert_eq!(ask(&desk, "h1").unwrap().mends.len(), 1);
    assert_eq!(ask(&desk, "h1").unwrap().mends[0].appointment.id, moved);
}
