//! What keeps a session from starting. What the rules say of a slot is held
//! against the brute-force clinic in `availability`.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::fixture::*;
use crate::id::{AppointmentId, ConditionId, ItemId, KeyId, RuleSetId};
use crate::model::{
    Appointment, Blocker, FootCare, OutageTarget, Review, ReviewDecision, State, Turnover,
    TurnoverItem, When,
};

const DAY: Date = date(2027, 1, 4);

fn at(hour: i8, minute: i8) -> Timestamp {
    local(DAY, hour, minute)
}

/// Client 2 with ann in h1 from noon on, arrived.
fn arrived(service: &Service) -> Appointment {
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = Slot::plan(service, &[], &h1, therapist_id("ann"), cell(DAY, 12, 0));
    let state = State::Arrived {
        arrived: at(11, 20),
    };
    Appointment {
        state,
        ..appointment(7, 2, slot.expect("fits"))
    }
}

fn attested(polish_free: bool) -> FootCare {
    FootCare {
        therapist: therapist_id("ann"),
        date: DAY,
        care: crate::model::Care::default(),
        polish_free,
        by: KeyId::new(1),
        at: at(8, 0),
    }
}

fn ready(service: &Service) -> (Records, Appointment) {
    let appointment = arrived(service);
    (
        Records::small(DAY)
            .with(attested(true))
            .with(appointment.clone()),
        appointment,
    )
}

fn reasons(records: &Records, appointment: &Appointment, now: Timestamp) -> Vec<&'static str> {
    let blockers = blockers(&records.clinic(), appointment, now);
    blockers.iter().map(Blocker::reason).collect()
}

#[test]
fn a_session_starts_from_half_an_hour_before_its_time() {
    let (records, appointment) = ready(&ashiatsu());
    let early = at(11, 30) - SignedDuration::from_secs(1);
    assert_eq!(reasons(&records, &appointment, early), ["TOO_EARLY"]);
    assert_eq!(reasons(&records, &appointment, at(11, 30)), [] as [&str; 0]);
    assert_eq!(
        reasons(&records, &appointment, at(12, 40)),
        [] as [&str; 0],
        "late, but here"
    );
}

#[test]
fn the_therapists_feet_are_attested_on_the_day() {
    let (records, appointment) = ready(&ashiatsu());
    let polished = records.clone().with(attested(false));
    assert_eq!(
        reasons(&polished, &appointment, at(12, 0)),
        ["FOOT_CARE_NOT_ATTESTED"]
    );
    let yesterday = FootCare {
        date: date(2027, 1, 3),
        ..attested(true)
    };
    let stale = Records::small(DAY)
        .with(yesterday)
        .with(appointment.clone());
    assert_eq!(
        reasons(&stale, &appointment, at(12, 0)),
        ["FOOT_CARE_NOT_ATTESTED"]
    );
    let hands = arrived(&massage());
    let stale = stale.with(hands.clone());
    assert_eq!(
        reasons(&stale, &hands, at(12, 0)),
        [] as [&str; 0],
        "hands need none"
    );
}

#[test]
fn the_room_and_the_therapist_have_to_be_free_in_fact() {
    let (records, appointment) = ready(&ashiatsu());
    let before = |n: u64, room: &str, who: &str| {
        let room = self::room(room, "halifax", &BAR_ROOM);
        let slot = Slot::plan(&massage(), &[], &room, therapist_id(who), cell(DAY, 10, 30));
        let state = State::InSession {
            arrived: at(10, 0),
            started: at(10, 30),
        };
        Appointment {
            state,
            ..crate::fixture::appointment(n, 3, slot.expect("fits"))
        }
    };
    let over = records.clone().with(before(8, "h1", "bea"));
    assert_eq!(reasons(&over, &appointment, at(12, 0)), ["ROOM_IN_SESSION"]);
    let busy = records.clone().with(before(8, "h2", "ann"));
    assert_eq!(
        reasons(&busy, &appointment, at(12, 0)),
        ["THERAPIST_IN_SESSION"]
    );
    let item = |slug, done| TurnoverItem {
        id: ItemId::parse(slug).expect("a slug"),
        text: String::new(),
        done,
    };
    let done = crate::model::Done {
        by: KeyId::new(1),
        at: at(11, 0),
    };
    let turnover = Turnover {
        room: room_id("h1"),
        site: site_id("halifax"),
        appointment: AppointmentId::new(8),
        since: at(11, 0),
        due: at(11, 15),
        items: vec![item("towels", Some(done)), item("mats", None)],
    };
    let left = vec![ItemId::parse("mats").expect("a slug")];
    assert_eq!(
        blockers(&records.with(turnover).clinic(), &appointment, at(12, 0)),
        [Blocker::RoomInTurnover {
            appointment: AppointmentId::new(8),
            left
        }]
    );
}

#[test]
fn after_its_time_a_session_takes_nobody_elses_place() {
    let (records, appointment) = ready(&ashiatsu());
    let next = |room: &str, who: &str| {
        let room = self::room(room, "halifax", &BAR_ROOM);
        let slot = Slot::plan(&massage(), &[], &room, therapist_id(who), cell(DAY, 13, 30));
        let next = crate::fixture::appointment(8, 3, slot.expect("fits"));
        records.clone().with(next)
    };
    let none = [] as [&str; 0];
    let same_room = next("h1", "bea");
    assert_eq!(reasons(&same_room, &appointment, at(13, 25)), none);
    assert_eq!(
        reasons(&same_room, &appointment, at(13, 30)),
        ["ROOM_TAKEN"]
    );
    assert_eq!(
        reasons(&same_room, &appointment, at(14, 50)),
        none,
        "over again"
    );
    let same_therapist = next("h2", "ann");
    assert_eq!(reasons(&same_therapist, &appointment, at(13, 25)), none);
    assert_eq!(
        reasons(&same_therapist, &appointment, at(13, 30)),
        ["THERAPIST_TAKEN"]
    );
}

#[test]
fn bars_room_and_credential_are_judged_now() {
    let (records, appointment) = ready(&ashiatsu());
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let from = |target, hour, minute| outage(1, &h1, target, cell(DAY, hour, minute), None);
    let out = records.clone().with(from(OutageTarget::Bars, 12, 55));
    assert_eq!(reasons(&out, &appointment, at(12, 0)), ["BARS_UNSOUND"]);
    assert_eq!(
        reasons(&out, &appointment, at(11, 55)),
        [] as [&str; 0],
        "over by then"
    );
    let out = records.clone().with(from(OutageTarget::Room, 11, 0));
    assert_eq!(reasons(&out, &appointment, at(12, 0)), ["ROOM_OUT"]);
    let mut ann = certified("ann", &["halifax"]);
    ann.credentials[0].expires = Some(date(2027, 1, 3));
    assert_eq!(
        reasons(&records.with(ann), &appointment, at(12, 0)),
        ["NO_CREDENTIAL"]
    );
}

#[test]
fn exclusion_and_open_questions_stop_barefoot_work() {
    let (records, appointment) = ready(&ashiatsu());
    let lasik = Some((
        "eye-procedure",
        When::Instant(local(date(2027, 1, 1), 12, 1)),
    ));
    let excluded = records.clone().with(declaration(2, 2, at(8, 0), lasik));
    assert_eq!(
        reasons(&excluded, &appointment, at(12, 0)),
        ["SCREENING_EXCLUDED_UNTIL"]
    );
    // Judged at the actual minute.
    assert_eq!(reasons(&excluded, &appointment, at(12, 1)), [] as [&str; 0]);
    let unasked = Appointment {
        client: ClientId::new(1),
        ..appointment
    };
    assert_eq!(
        reasons(&records, &unasked, at(12, 0)),
        ["SCREENING_INCOMPLETE"]
    );
}

#[test]
fn other_work_waits_for_a_review_made_on_this_declaration() {
    let (records, appointment) = ready(&massage());
    let lasik = Some(("eye-procedure", When::Unknown));
    let yes = declaration(2, 2, at(8, 0), lasik);
    let records = records.with(yes.clone());
    assert_eq!(
        reasons(&records, &appointment, at(12, 0)),
        ["REVIEW_NEEDED"]
    );
    let review = Review {
        decision: ReviewDecision::Proceed,
        note: String::new(),
        by: KeyId::new(1),
        at: at(11, 30),
        declaration: Some(yes.id),
        rule_set: RuleSetId::parse("general").expect("a slug"),
        version: 1,
        reasons: vec![crate::model::Reason {
            condition: ConditionId::parse("eye-procedure").expect("a slug"),
            verdict: crate::model::Verdict::NeedsReview,
        }],
    };
    let with = |review| Appointment {
        review: Some(Box::new(review)),
        ..appointment.clone()
    };
    let decided = |review| reasons(&records, &with(review), at(12, 0));
    assert_eq!(decided(review.clone()), [] as [&str; 0]);
    let modify = Review {
        decision: ReviewDecision::Modify,
        ..review.clone()
    };
    assert_eq!(decided(modify), [] as [&str; 0]);
    let decline = Review {
        decision: ReviewDecision::Decline,
        ..review.clone()
    };
    assert_eq!(decided(decline), ["REVIEW_DECLINED"]);
    assert_eq!(
        decided(Review {
            declaration: None,
            ..review.clone()
        }),
        ["REVIEW_NEEDED"]
    );
    assert_eq!(
        decided(Review {
            version: 2,
            ..review.clone()
        }),
        ["REVIEW_NEEDED"]
    );
    assert_eq!(
        decided(Review {
            reasons: Vec::new(),
            ..review
        }),
        ["REVIEW_NEEDED"],
        "something else was decided on"
    );
    let unasked = Appointment {
        client: ClientId::new(1),
        ..appointment.clone()
    };
    assert_eq!(reasons(&records, &unasked, at(12, 0)), ["REVIEW_NEEDED"]);
}
