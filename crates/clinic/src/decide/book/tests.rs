mod arrivals;
mod moves;

use jiff::civil::date;

use crate::command::{Book, BookSource, Command, OpenOutage, Put, PutShift, RecordDeclaration};
use crate::decide::desk::{
    DAY, Desk, book, book_from, cell, declaration, shift, span, step, wish, with,
};
use crate::fixture::{self, room_id, service_id, site_id, therapist_id};
use crate::id::RoomId;
use crate::model::{Fault, Occupant, OutageTarget, Outcome, Policy, TravelGap, When, Wish};
use crate::refusal::{Refusal, SlotRefusal};

fn why(refusal: Refusal) -> SlotRefusal {
    match refusal {
        Refusal::Slot(slot) => *slot,
        other => panic!("{other:?}"),
    }
}

fn reasons(refusal: &SlotRefusal) -> Vec<&'static str> {
    refusal.faults.iter().map(Fault::reason).collect()
}

#[test]
fn a_slot_occupies_each_for_its_own_time() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let slot = &desk.appointment(id).slot;
    assert_eq!(slot.planned, span((10, 0), (11, 0)));
    assert_eq!(slot.occupies.client, span((10, 0), (11, 0)));
    assert_eq!(slot.occupies.therapist, span((10, 0), (11, 10)));
    assert_eq!(slot.occupies.room, span((10, 0), (11, 15)));
    assert_eq!(desk.appointment(id).price_cents, 11_000);
}

#[test]
fn neighbours_touch_and_do_not_overlap() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let by = Occupant::Appointment(first);
    let other = desk.new_client("Other");
    let room = RoomId::parse("h3").unwrap();
    let cases = [
        // The room is in turnover until 11:15, the therapist resets until 11:05.
        ((11, 10), "h3", "ann", Fault::RoomTaken { room, by }),
        ((9, 0), "h3", "ann", Fault::RoomTaken { room, by }),
        (
            (11, 0),
            "h5",
            "cas",
            Fault::TherapistTaken {
                therapist: therapist_id("cas"),
                by,
            },
        ),
    ];
    for ((hour, minute), room, who, fault) in cases {
        let wish = with(wish("massage-60", hour, minute), room, who);
        let refusal = why(desk.refused(&book(other, wish)));
        assert_eq!(refusal.faults, [fault]);
        assert_eq!(refusal.clashes(), [by]);
    }
    desk.book(other, with(wish("massage-60", 11, 15), "h3", "ann"));
    let third = desk.new_client("Third");
    desk.book(third, with(wish("massage-60", 11, 5), "h5", "cas"));
}

#[test]
fn a_client_is_at_one_place_at_a_time() {
    let (mut desk, clients) = Desk::open();
    let first = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let by = Occupant::Appointment(first);
    let clash = with(wish("foot-30", 10, 55), "h6", "ann");
    let refusal = why(desk.refused(&book(clients.clear, clash)));
    assert_eq!(refusal.faults, [Fault::ClientTaken { by }]);
    desk.book(clients.clear, with(wish("foot-30", 11, 0), "h6", "ann"));
}

#[test]
fn every_rule_can_refuse() {
    let (mut desk, clients) = Desk::open();
    let cases = [
        (
            with(wish("massage-60", 8, 30), "h3", "cas"),
            vec!["SITE_CLOSED", "OFF_SHIFT"],
        ),
        (
            with(wish("massage-60", 20, 5), "h3", "cas"),
            vec!["SITE_CLOSED", "OFF_SHIFT"],
        ),
        (
            with(wish("ashiatsu-60", 10, 0), "h3", "ann"),
            vec!["ROOM_LACKS_EQUIPMENT"],
        ),
        (
            with(wish("ashiatsu-60", 10, 0), "h5", "ann"),
            vec!["ROOM_LACKS_EQUIPMENT"],
        ),
        (
            with(wish("ashiatsu-60", 10, 0), "h1", "cas"),
            vec!["NO_CREDENTIAL"],
        ),
    ];
    for (wish, expected) in cases {
        let refusal = why(desk.refused(&book(clients.clear, wish.clone())));
        assert_eq!(reasons(&refusal), expected, "{wish:?}");
    }
}

#[test]
fn the_turnover_may_pass_closing_the_session_may_not() {
    let (mut desk, clients) = Desk::open();
    desk.book(clients.clear, with(wish("massage-60", 20, 0), "h3", "cas"));
    let other = desk.new_client("Other");
    let late = with(wish("massage-60", 20, 5), "h5", "ann");
    assert_eq!(desk.refused(&book(other, late)).reason(), "SITE_CLOSED");
}

#[test]
fn a_therapist_needs_time_between_the_sites() {
    let default = Policy::default();
    let pair = TravelGap {
        a: site_id("dartmouth"),
        b: site_id("halifax"),
        minutes: fixture::minutes(45),
    };
    let between = Policy {
        travel_between: vec![pair],
        ..Policy::default()
    };
    // Until 12:40 with the reset, and then on the way: half an hour, or as long as this pair of sites asks for.
    for (policy, gap, (opens, too_early, possible)) in
        [(default, 30, (0, 5, 10)), (between, 45, (15, 20, 25))]
    {
        let (mut desk, clients) = Desk::open();
        desk.done(&Command::PutPolicy(Put {
            resource: policy,
            etag: None,
        }));
        let bea = desk
            .clinic
            .shifts_of(therapist_id("bea"), span((0, 0), (23, 0)))
            .next()
            .unwrap()
            .id;
        let halifax = PutShift {
            shift: Some(bea),
            ..shift("bea", "halifax", (9, 0), (12, 30))
        };
        let dartmouth = shift("bea", "dartmouth", (13, opens), (21, 0));
        desk.done(&Command::PutShifts(vec![halifax, dartmouth]));
        let first = desk.book(
            clients.clear,
            with(wish("ashiatsu-60", 11, 30), "h1", "bea"),
        );
        let at_dartmouth = |minute| Wish {
            site: site_id("dartmouth"),
            ..with(wish("ashiatsu-60", 13, minute), "d1", "bea")
        };
        let other = desk.new_client("Other");
        desk.declare(other, None);
        let refusal = why(desk.refused(&book(other, at_dartmouth(too_early))));
        assert_eq!(
            refusal.faults,
            [Fault::Travel {
                therapist: therapist_id("bea"),
                by: Occupant::Appointment(first),
                gap: fixture::minutes(gap),
            }]
        );
        desk.book(other, at_dartmouth(possible));
    }
}

#[test]
fn exclusion_refuses_barefoot_work_and_offers_other_work() {
    let (mut desk, clients) = Desk::open();
    let surgery = When::Date(date(2026, 3, 24));
    desk.declare(clients.silent, Some(("breast-implants", surgery)));
    let refusal = why(desk.refused(&book(clients.silent, wish("ashiatsu-60", 10, 0))));
    assert_eq!(refusal.reason(), "SCREENING_EXCLUDED_UNTIL");
    let others: Vec<_> = refusal.other_services.iter().map(|it| it.service).collect();
    assert_eq!(others, [service_id("foot-30"), service_id("massage-60")]);
    // Nine months later, on the day itself, the client is eligible; there is no shift yet.
    let eligible = Wish {
        start: fixture::cell(date(2026, 12, 24), 10, 0),
        ..wish("ashiatsu-60", 10, 0)
    };
    assert_eq!(
        desk.refused(&book(clients.silent, eligible.clone()))
            .reason(),
        "OFF_SHIFT"
    );
    let december = PutShift {
        time: crate::time::Interval::new(eligible.start, eligible.start.plus_cells(24)).unwrap(),
        ..shift("ann", "halifax", (9, 0), (10, 0))
    };
    desk.done(&Command::PutShifts(vec![december]));
    desk.book(clients.silent, eligible);
}

#[test]
fn what_was_not_asked_refuses_barefoot_work_but_not_a_hold() {
    let (mut desk, clients) = Desk::open();
    let wanted = Wish {
        client: Some(clients.silent),
        ..with(wish("ashiatsu-60", 10, 0), "h1", "ann")
    };
    let refusal = why(desk.refused(&book(clients.silent, wanted.clone())));
    let Some(Fault::Screening(screening)) = refusal.faults.first() else {
        panic!("{refusal:?}");
    };
    assert!(
        matches!(&screening.outcome, Outcome::Incomplete { unanswered } if unanswered.len() == 11)
    );

    let hold = desk.hold(wanted);
    let from_hold = book_from(BookSource::Hold { hold, client: None });
    assert_eq!(desk.refused(&from_hold).reason(), "SCREENING_INCOMPLETE");
    desk.declare(clients.silent, None);
    let decision = desk.done(&from_hold);
    assert_eq!(decision.changes.len(), 2, "the booking consumes the hold");
    assert_eq!(desk.clinic.holds().count(), 0);
}

#[test]
fn other_work_is_booked_subject_to_review() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.silent, wish("massage-60", 10, 0));
    assert_eq!(desk.flags(id), ["SCREENING_INCOMPLETE"]);
    let clear = desk.book(clients.clear, wish("massage-60", 10, 0));
    assert_eq!(desk.flags(clear), [""; 0]);
}

#[test]
fn a_refusal_names_alternatives_that_can_be_booked() {
    let (mut desk, clients) = Desk::open();
    for name in ["One", "Two"] {
        let client = desk.new_client(name);
        desk.declare(client, None);
        desk.book(client, wish("ashiatsu-60", 10, 0));
    }
    let refusal = why(desk.refused(&book(clients.clear, wish("ashiatsu-60", 10, 0))));
    assert_eq!(refusal.alternatives.len(), 3);
    for slot in refusal.alternatives {
        let wish = Wish {
            client: Some(clients.clear),
            service: slot.service,
            extensions: slot.extensions.to_vec(),
            site: slot.site,
            start: slot.start(),
            room: Some(slot.room),
            therapist: Some(slot.therapist),
        };
        let mut desk = Desk {
            clinic: desk.clinic.clone(),
            actor: desk.actor.clone(),
            commits: desk.commits.clone(),
            ..desk
        };
        let id = desk.book(clients.clear, wish);
        assert_eq!(desk.appointment(id).slot, slot);
    }
}

#[test]
fn the_clinic_chooses_the_least_scarce_room() {
    let (mut desk, clients) = Desk::open();
    let massage = desk.book(clients.clear, wish("massage-60", 10, 0));
    assert_eq!(desk.appointment(massage).slot.room, room_id("h3"));
    let other = desk.new_client("Other");
    let foot = desk.book(other, wish("foot-30", 10, 0));
    assert_eq!(desk.appointment(foot).slot.room, room_id("h6"));
}

#[test]
fn what_a_wish_names_has_to_fit_together() {
    let (mut desk, clients) = Desk::open();
    let calf = "calf".parse().unwrap();
    let with_calf = Wish {
        extensions: vec![calf],
        ..wish("massage-60", 10, 0)
    };
    assert_eq!(
        desk.refused(&book(clients.clear, with_calf)),
        Refusal::NotAnExtension {
            service: service_id("massage-60"),
            extension: calf
        }
    );
    let twice = Wish {
        extensions: vec![calf, calf],
        ..wish("foot-30", 10, 0)
    };
    assert_eq!(
        desk.refused(&book(clients.clear, twice)).reason(),
        "INVALID"
    );
    assert_eq!(
        desk.refused(&book(
            clients.clear,
            with(wish("ashiatsu-60", 10, 0), "d1", "bea")
        )),
        Refusal::RoomOfAnotherSite {
            room: room_id("d1"),
            site: site_id("dartmouth")
        }
    );
    let at_dartmouth = Wish {
        site: site_id("dartmouth"),
        ..with(wish("massage-60", 10, 0), "d1", "cas")
    };
    assert_eq!(
        desk.refused(&book(clients.clear, at_dartmouth)),
        Refusal::TherapistOfAnotherSite {
            therapist: therapist_id("cas"),
            site: site_id("dartmouth")
        }
    );
    let nameless = book_from(BookSource::Wish(wish("massage-60", 10, 0)));
    assert_eq!(desk.refused(&nameless).reason(), "INVALID");
    let far = Wish {
        start: fixture::cell(date(2027, 12, 29), 10, 0),
        ..wish("massage-60", 10, 0)
    };
    assert_eq!(
        desk.refused(&book(clients.clear, far)).reason(),
        "TOO_FAR_AHEAD"
    );
    let long = Command::Book(Book {
        source: BookSource::Wish(Wish {
            client: Some(clients.clear),
            ..wish("massage-60", 10, 0)
        }),
        walk_in: false,
        note: "x".repeat(501),
    });
    assert_eq!(desk.refused(&long).reason(), "INVALID");
}

#[test]
fn outages_refuse_the_room_or_its_bars() {
    let (mut desk, clients) = Desk::open();
    let open = |room: &str, target| {
        Command::OpenOutage(OpenOutage {
            room: room_id(room),
            target,
            from: Some(cell(10, 30)),
            until: Some(cell(11, 0)),
            reason: "loose".to_owned(),
        })
    };
    desk.done(&open("h1", OutageTarget::Bars));
    desk.done(&open("h3", OutageTarget::Room));
    let barefoot = |hour| with(wish("ashiatsu-60", hour, 0), "h1", "ann");
    assert_eq!(
        desk.refused(&book(clients.clear, barefoot(10))).reason(),
        "BARS_UNSOUND"
    );
    let by_hand = with(wish("massage-60", 10, 0), "h1", "ann");
    let first = desk.book(clients.clear, by_hand);
    desk.at(10, 0).done(&Command::NoShow(step(first)));
    let table = with(wish("massage-60", 10, 0), "h3", "cas");
    let other = desk.new_client("Other");
    assert_eq!(desk.refused(&book(other, table)).reason(), "ROOM_OUT");
    desk.book(clients.clear, barefoot(11));
}

#[test]
fn an_old_declaration_is_incomplete_again() {
    let (mut desk, clients) = Desk::open();
    let asked = |day| RecordDeclaration {
        asked_at: Some(fixture::local(day, 12, 0)),
        ..declaration(clients.silent, None)
    };
    desk.done(&Command::RecordDeclaration(asked(date(2025, 11, 23))));
    let refused = desk.refused(&book(clients.silent, wish("ashiatsu-60", 10, 0)));
    assert_eq!(refused.reason(), "SCREENING_INCOMPLETE");
    desk.done(&Command::RecordDeclaration(asked(date(2025, 11, 24))));
    desk.book(clients.silent, wish("ashiatsu-60", 10, 0));
    assert_eq!(DAY, date(2026, 11, 23));
}
