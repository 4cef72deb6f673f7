//! What becomes free, and who is offered it.

use super::*;
use crate::command::CommandKind::{CloseOutage, OfferFreed, Rejudge};

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
fn a_room_that_serves_again_is_offered_and_the_judging_goes_on() {
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
    assert_eq!(kinds, [CloseOutage, OfferFreed, Rejudge]);
    let slot = &desk.entry(id).offer().unwrap().slot;
    assert_eq!((slot.room, slot.start()), (room_id("h1"), cell(9, 0)));
}
