//! What becomes free, and who is offered it.

use super::*;
use crate::command::CommandKind::{self, CloseOutage, OfferFreed, Rejudge};
use crate::command::{Move, MoveTo, NewPlace, PutAbsence, PutShift};
use crate::decide::desk::{shift, span};
use crate::model::{Closure, Site};
use crate::time::Interval;

fn contact(of: WaitlistId) -> Command {
    Command::RecordContact(entry(of))
}

#[test]
fn a_declined_place_passes_to_the_next_in_the_same_commit() {
    let (mut desk, Clients { clear, silent }) = Desk::open();
    let cancelled = desk.full();
    let next = second(&mut desk);
    let first = desk.waits(clear, wanted("ashiatsu-60"));
    // Not screened: nothing is offered that could not be booked.
    let unscreened = desk.waits(silent, wanted("ashiatsu-60"));
    let last = desk.waits(next, wanted("ashiatsu-60"));
    desk.done(&cancel(cancelled));
    desk.done(&offer_at(first, 10, 15));
    let passed = desk.done(&decline(first, true));
    assert_eq!(
        passed.reply.records[..2],
        [
            RecordId::WaitlistEntry(first),
            RecordId::WaitlistEntry(last)
        ]
    );
    assert_eq!(desk.entry(unscreened).state, WaitState::Waiting);
    let slot = &desk.entry(last).offer().unwrap().slot;
    assert_eq!((slot.room, slot.start()), (room_id("h1"), cell(10, 15)));
    // Nobody is left whom it could be passed on to.
    let passed = desk.done(&decline(last, true));
    assert_eq!(passed.reply.records, [RecordId::WaitlistEntry(last)]);
    assert_eq!(desk.clinic.holds().count(), 0);
}

#[test]
fn the_server_offers_what_becomes_free_to_the_first_whom_it_fits() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let cancelled = desk.full();
    let next = second(&mut desk);
    let afternoon = desk.waits(
        clear,
        Wanted {
            windows: today(13, 21),
            ..wanted("ashiatsu-60")
        },
    );
    let morning = desk.waits(next, wanted("ashiatsu-60"));
    let commits = desk.commits.len();
    desk.done(&cancel(cancelled));
    assert_eq!(desk.commits.len(), commits + 2, "one more commit");
    assert_eq!(desk.commits[commits + 1].by, crate::command::Actor::SYSTEM);
    assert_eq!(desk.entry(afternoon).state, WaitState::Waiting);
    let offer = desk.entry(morning).offer().unwrap();
    assert_eq!(offer.slot.start(), cell(10, 15));
    assert_eq!(offer.expires_at, desk.now + 10.minutes());

    // The offer lapses; nobody else wants the place, and nobody gets it twice.
    desk.now += 10.minutes();
    desk.done(&Command::Expire);
    assert_eq!(desk.entry(morning).state, WaitState::Waiting);
    assert_eq!(desk.clinic.holds().count(), 0);
}

#[test]
fn an_offer_that_lapses_is_passed_on_by_the_server() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let cancelled = desk.full();
    let next = second(&mut desk);
    let first = desk.waits(clear, wanted("ashiatsu-60"));
    let second = desk.waits(next, wanted("ashiatsu-60"));
    desk.done(&cancel(cancelled));
    let slot = desk.entry(first).offer().unwrap().slot.clone();
    desk.now += 10.minutes();
    desk.done(&Command::Expire);
    assert_eq!(desk.entry(first).state, WaitState::Waiting);
    assert_eq!(desk.entry(second).offer().unwrap().slot, slot);
}

#[test]
fn a_room_that_serves_again_is_offered_once_what_is_booked_in_it_is_judged_again() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let bars_out = |room: &str| {
        Command::OpenOutage(OpenOutage {
            room: room_id(room),
            target: OutageTarget::Bars,
            from: None,
            until: None,
            reason: "a crack".to_owned(),
        })
    };
    desk.done(&bars_out("h2"));
    let opened = desk.done(&bars_out("h1")).reply.records[0];
    let RecordId::Outage(outage) = opened else {
        panic!("{opened}");
    };
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");
    let commits = desk.commits.len();
    let close = |outage: OutageId| Command::CloseOutage { outage, etag: None };
    desk.done(&close(outage));
    let kinds: Vec<_> = desk.commits[commits..].iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [CloseOutage, Rejudge, OfferFreed]);
    let slot = &desk.entry(id).offer().unwrap().slot;
    assert_eq!((slot.room, slot.start()), (room_id("h1"), cell(9, 0)));
}

#[test]
fn a_new_shift_is_offered_to_who_waits_for_its_therapist() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    // At Dartmouth nobody has a shift.
    let there = Wanted {
        sites: vec![site_id("dartmouth")],
        windows: today(9, 21)
            .into_iter()
            .map(|window| WaitlistWindow {
                first: DAY.tomorrow().ok(),
                last: DAY.tomorrow().ok(),
                ..window
            })
            .collect(),
        ..wanted("ashiatsu-60")
    };
    let id = desk.waits(clear, there);
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");
    let day = 24 * 12;
    let time = |from, until| {
        let cell = |hour| cell(hour, 0).plus_cells(day);
        Interval::new(cell(from), cell(until)).unwrap()
    };
    let shift = |from, until| PutShift {
        time: time(from, until),
        ..shift("bea", "dartmouth", (9, 0), (10, 0))
    };
    // Half an hour is no place; what makes it longer does.
    let short = PutShift {
        time: Interval::new(time(14, 15).start(), time(14, 15).start().plus_cells(6)).unwrap(),
        ..shift(14, 15)
    };
    let made = desk.done(&Command::PutShifts(vec![short])).reply.records[0];
    assert_eq!(desk.entry(id).state, WaitState::Waiting);
    let RecordId::Shift(made) = made else {
        panic!("{made}");
    };
    desk.done(&Command::PutShifts(vec![PutShift {
        shift: Some(made),
        ..shift(14, 17)
    }]));
    let slot = &desk.entry(id).offer().unwrap().slot;
    assert_eq!(slot.therapist, therapist_id("bea"));
    assert!(time(14, 17).covers(slot.planned), "{slot:?}");
}

#[test]
fn of_a_new_shift_each_hears_of_a_part_of_their_own_as_long_as_there_is_any() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let there = Wanted {
        sites: vec![site_id("dartmouth")],
        ..wanted("ashiatsu-60")
    };
    let mut waiting = vec![desk.waits(clear, there.clone())];
    for _ in 0..3 {
        let client = second(&mut desk);
        waiting.push(desk.waits(client, there.clone()));
    }
    // Somebody in between who does not want to come there.
    let client = second(&mut desk);
    let elsewhere = desk.waits(client, wanted("massage-60"));
    let commits = desk.commits.len();
    // Bea's day at Halifax is over in time for the way.
    let day = span((0, 0), (23, 0));
    let shorter = desk.clinic.shifts_of(therapist_id("bea"), day).next();
    let shorter = PutShift {
        shift: shorter.map(|it| it.id),
        ..shift("bea", "halifax", (9, 0), (12, 0))
    };
    let new = shift("bea", "dartmouth", (13, 0), (16, 45));
    desk.done(&Command::PutShifts(vec![shorter, new]));
    // One of them to call at a time: nobody's time runs out while another is called.
    let d1 = room_id("d1");
    let starts = [(13, 0), (14, 15), (15, 30)].map(|(hour, minute)| (d1, cell(hour, minute)));
    for (told, &(room, start)) in starts.iter().enumerate() {
        let open: Vec<_> = waiting
            .iter()
            .filter_map(|id| desk.entry(*id).offer())
            .collect();
        let uncontacted = open.iter().filter(|offer| offer.contact.is_none()).count();
        assert_eq!((open.len(), uncontacted), (told + 1, 1));
        let slot = &desk.entry(waiting[told]).offer().unwrap().slot;
        assert_eq!(
            (slot.room, slot.start()),
            (room, start),
            "the longest waiting first"
        );
        desk.done(&contact(waiting[told]));
    }
    assert_eq!(desk.entry(waiting[3]).state, WaitState::Waiting);
    assert_eq!(desk.entry(elsewhere).state, WaitState::Waiting);
    let made = &desk.commits[commits..];
    assert!(
        made.iter()
            .all(|it| it.kind != OfferFreed || it.changes.len() <= 2)
    );
}

/// Bea's afternoon at Dartmouth becomes free, for which so many wait.
fn an_afternoon(desk: &mut Desk, clear: ClientId, waiting: usize) -> Vec<WaitlistId> {
    let there = Wanted {
        sites: vec![site_id("dartmouth")],
        ..wanted("ashiatsu-60")
    };
    let mut queue = vec![desk.waits(clear, there.clone())];
    while queue.len() < waiting {
        let client = second(desk);
        queue.push(desk.waits(client, there.clone()));
    }
    let day = span((0, 0), (23, 0));
    let shorter = desk.clinic.shifts_of(therapist_id("bea"), day).next();
    let shorter = PutShift {
        shift: shorter.map(|it| it.id),
        ..shift("bea", "halifax", (9, 0), (12, 0))
    };
    let new = shift("bea", "dartmouth", (13, 0), (16, 45));
    desk.done(&Command::PutShifts(vec![shorter, new]));
    queue
}

#[test]
fn who_is_not_called_in_time_is_passed_over_alone() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let queue = an_afternoon(&mut desk, clear, 3);
    let starts = |desk: &Desk| {
        let start = |id: &WaitlistId| Some(desk.entry(*id).offer()?.slot.start());
        queue.iter().map(start).collect::<Vec<_>>()
    };
    assert_eq!(starts(&desk), [Some(cell(13, 0)), None, None]);
    desk.now += 10.minutes();
    desk.done(&Command::Expire);
    assert_eq!(starts(&desk), [None, Some(cell(13, 0)), None]);
    let passed = |desk: &Desk| {
        let passed = |id: &WaitlistId| desk.entry(*id).passed.len();
        queue.iter().map(passed).collect::<Vec<_>>()
    };
    assert_eq!(passed(&desk), [1, 0, 0]);
    // Nobody seems to call: the place goes on, and nothing else of the day.
    assert!(desk.entry(queue[1]).offer().unwrap().rest.is_empty());
    desk.done(&contact(queue[1]));
    assert_eq!(starts(&desk), [None, Some(cell(13, 0)), None]);
}

#[test]
fn what_an_undo_gives_back_is_offered_once() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let queue = an_afternoon(&mut desk, clear, 3);
    let uncontacted = |desk: &Desk| {
        let open = queue.iter().filter_map(|id| desk.entry(*id).offer());
        open.filter(|offer| offer.contact.is_none()).count()
    };
    // That somebody was told is taken back: who comes next has the rest already.
    desk.done(&contact(queue[0]));
    assert_eq!(uncontacted(&desk), 1);
    desk.done(&Command::Undo);
    assert!(desk.entry(queue[0]).offer().unwrap().rest.is_empty());
    assert!(!desk.entry(queue[1]).offer().unwrap().rest.is_empty());
    // So is that it was passed on: the rest is not lost with the offer that carried it.
    desk.done(&decline(queue[1], true));
    let last = |desk: &Desk| {
        let open = queue.iter().filter_map(|id| desk.entry(*id).offer());
        open.filter(|offer| cell(15, 0) < offer.slot.start())
            .count()
    };
    assert_eq!(
        (
            last(&desk),
            desk.entry(queue[2]).offer().unwrap().rest.len()
        ),
        (0, 1)
    );
    desk.done(&Command::Undo);
    assert_eq!(last(&desk), 1);
}

#[test]
fn an_offer_that_is_passed_on_takes_the_rest_with_it() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let queue = an_afternoon(&mut desk, clear, 3);
    let rest = desk.entry(queue[0]).offer().unwrap().rest.clone();
    assert!(!rest.is_empty());
    let passed = desk.done(&decline(queue[0], true));
    assert_eq!(passed.follow_up, [], "the next offer carries it");
    let offer = desk.entry(queue[1]).offer().unwrap();
    assert_eq!((offer.slot.start(), &offer.rest), (cell(13, 0), &rest));
    assert_eq!(desk.clinic.holds().count(), 1);
    // Accepted without a call on record: it goes on all the same.
    desk.done(&accept(queue[1]));
    let offer = desk.entry(queue[0]).offer().unwrap();
    assert_eq!(offer.slot.start(), cell(14, 15));
    // Where the policy has changed meanwhile, the clinic makes no more offers by itself.
    desk.policy(Policy::default());
    desk.done(&contact(queue[0]));
    assert_eq!(desk.entry(queue[2]).state, WaitState::Waiting);
}

#[test]
fn nobody_is_offered_time_that_hardly_touches_what_became_free() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let client = desk.new_client("Somebody");
    desk.declare(client, None);
    let place = with(wish("ashiatsu-60", 12, 0), "h1", "ann");
    let cancelled = desk.book(client, place);
    // An hour after: the place of the session is too early for it, what is behind was free before.
    let late = Wanted {
        windows: today(13, 21),
        ..wanted("ashiatsu-60")
    };
    let late = desk.waits(clear, late);
    desk.done(&cancel(cancelled));
    assert_eq!(desk.entry(late).state, WaitState::Waiting);
}

#[test]
fn a_session_that_moves_by_half_an_hour_frees_half_an_hour() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    desk.waits(clear, wanted("ashiatsu-60"));
    let client = desk.new_client("Somebody");
    desk.declare(client, None);
    let place = with(wish("ashiatsu-60", 12, 0), "h1", "ann");
    let appointment = desk.book(client, place);
    let later = Move {
        step: step(appointment),
        to: MoveTo::Place(NewPlace {
            start: Some(cell(12, 30)),
            ..NewPlace::default()
        }),
    };
    let decision = desk.done(&Command::Move(later));
    let [Command::OfferFreed(offers)] = &decision.follow_up[..] else {
        panic!("{:?}", decision.follow_up);
    };
    let times: Vec<_> = offers.places.iter().map(|place| place.time).collect();
    assert_eq!(times, [span((12, 0), (12, 30))]);
}

#[test]
fn a_cancelled_place_is_one_place() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let cancelled = desk.full();
    let first = desk.waits(clear, wanted("ashiatsu-60"));
    for _ in 0..3 {
        let client = second(&mut desk);
        desk.waits(client, wanted("ashiatsu-60"));
    }
    let decision = desk.done(&cancel(cancelled));
    let [Command::OfferFreed(offers)] = &decision.follow_up[..] else {
        panic!("{:?}", decision.follow_up);
    };
    assert_eq!(offers.places.len(), 1);
    assert!(desk.entry(first).offer().is_some());
    assert_eq!(desk.clinic.holds().count(), 1);
    // The others are not looked at: nothing is left of it.
    assert_eq!(desk.commits.last().unwrap().kind, OfferFreed);
    assert_eq!(
        desk.commits[desk.commits.len() - 2].kind,
        CommandKind::Cancel
    );
}

#[test]
fn time_off_and_closed_days_that_end_are_offered() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.offers_by_itself();
    let away = |therapist: &str| {
        Command::PutAbsence(PutAbsence {
            absence: None,
            therapist: therapist_id(therapist),
            time: span((9, 0), (21, 0)),
            reason: String::new(),
            etag: None,
        })
    };
    desk.done(&away("ann"));
    let RecordId::Absence(absence) = desk.done(&away("bea")).reply.records[0] else {
        panic!("time off was made");
    };
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");
    let back = Command::RemoveAbsence {
        absence,
        etag: None,
    };
    desk.done(&back);
    let slot = desk.entry(id).offer().unwrap().slot.clone();
    assert_eq!(slot.therapist, therapist_id("bea"));
    desk.done(&decline(id, false));

    let halifax = desk.clinic.site(site_id("halifax")).unwrap();
    let open = Site::clone(halifax);
    let mut closed = open.clone();
    closed.closures.push(Closure {
        first: DAY,
        last: DAY,
        reason: "a burst pipe".to_owned(),
    });
    let put = |resource| {
        Command::PutSite(Put {
            resource,
            etag: None,
        })
    };
    desk.done(&put(closed));
    let other = second(&mut desk);
    let late = desk.waits(other, wanted("massage-60"));
    assert_eq!(desk.refused(&offer(late)).reason(), "NOTHING_FITS");
    desk.done(&put(open));
    for waiting in [id, late] {
        let offered = desk.entry(waiting).offer().is_some();
        assert!(offered, "who waits is offered the day that is open again");
    }
}
