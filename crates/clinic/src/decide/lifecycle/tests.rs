use jiff::civil::date;

use crate::attention::{Matter, attention};
use crate::command::{
    Cancel, Command, EarlierAnswers, OpenOutage, Put, PutShift, RecordDeclaration,
};
use crate::decide::Decision;
use crate::decide::desk::{DAY, Desk, cell, declaration, shift, step, wish, with};
use crate::fixture::{self, local, opening, room_id, site, site_id};
use crate::id::{AppointmentId, ClientId};
use crate::model::{
    Blocker, CancelReason, OutageTarget, Phase, Policy, RecordId, Site, State, Verb, WeekHours,
    Wish, WrongPhase,
};
use crate::refusal::Refusal;
use crate::time::Interval;

fn cancel(id: AppointmentId, reason: CancelReason, note: &str) -> Command {
    Command::Cancel(Cancel {
        step: step(id),
        reason,
        note: note.to_owned(),
    })
}

#[test]
fn each_step_has_its_states() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    let wrong = |phase, verb| Refusal::WrongPhase {
        what: RecordId::Appointment(id),
        wrong: WrongPhase { phase, verb },
    };
    let start = Command::Start(step(id));
    assert_eq!(desk.refused(&start), wrong(Phase::Booked, Verb::Start));
    desk.done(&Command::Confirm(step(id)));
    let again = Command::Confirm(step(id));
    assert_eq!(desk.refused(&again), wrong(Phase::Confirmed, Verb::Confirm));
    desk.at(9, 55).done(&Command::CheckIn(step(id)));
    let no_show = Command::NoShow(step(id));
    assert_eq!(desk.refused(&no_show), wrong(Phase::Arrived, Verb::NoShow));
    desk.done(&start);
    let late = cancel(id, CancelReason::Illness, "");
    assert_eq!(desk.refused(&late), wrong(Phase::InSession, Verb::Cancel));
}

#[test]
fn a_cancellation_is_late_inside_the_notice() {
    let tomorrow = date(2026, 11, 24);
    for (minute, late) in [(0, false), (1, true)] {
        let (mut desk, clients) = Desk::open();
        desk.now = local(date(2026, 11, 22), 10, minute);
        let id = desk.book(clients.clear, wish("massage-60", 10, 0));
        desk.done(&cancel(id, CancelReason::ClientRequest, ""));
        let State::Cancelled(cancellation) = &desk.appointment(id).state else {
            panic!("{:?}", desk.appointment(id).state);
        };
        assert_eq!(cancellation.late, late, "{minute} min after, {tomorrow}");
        assert!(
            desk.clinic
                .room_agenda(
                    desk.appointment(id).slot.room,
                    desk.appointment(id).slot.planned
                )
                .next()
                .is_none()
        );
    }
}

#[test]
fn a_cancellation_says_why() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    for (reason, note) in [(CancelReason::Other, ""), (CancelReason::Undone, "x")] {
        assert_eq!(desk.refused(&cancel(id, reason, note)).reason(), "INVALID");
    }
    desk.done(&cancel(id, CancelReason::Other, "moved away"));
}

#[test]
fn nobody_is_a_no_show_before_the_time() {
    let (mut desk, clients) = Desk::open();
    let policy = Policy {
        no_show_after_minutes: 10,
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource: policy,
        etag: None,
    }));
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    let from = local(DAY, 10, 10);
    desk.at(10, 9);
    let no_show = Command::NoShow(step(id));
    assert_eq!(desk.refused(&no_show), Refusal::NoShowTooEarly { from });
    desk.at(10, 10).done(&no_show);
    assert!(!desk.appointment(id).occupies());
}

#[test]
fn clients_check_in_on_the_day() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    let check_in = Command::CheckIn(step(id));
    desk.now = local(date(2026, 11, 22), 23, 59);
    assert_eq!(
        desk.refused(&check_in),
        Refusal::TooFarAhead {
            at: cell(10, 0),
            latest: cell(3, 55)
        }
    );
    desk.now = local(date(2026, 11, 24), 0, 0);
    assert_eq!(desk.refused(&check_in).reason(), "PAST");
    desk.now = local(DAY, 0, 0);
    let decision = desk.done(&check_in);
    assert_eq!(
        decision.reply.blockers,
        [Blocker::TooEarly {
            earliest: cell(9, 30)
        }]
    );
}

#[test]
fn midnight_turns_nobody_away() {
    let (mut desk, clients) = Desk::open();
    let resource = Site {
        hours: WeekHours::daily(opening(0, 24)),
        ..site("halifax")
    };
    desk.done(&Command::PutSite(Put {
        resource,
        etag: None,
    }));
    let midnight = fixture::cell(date(2026, 11, 24), 0, 0);
    let night = Interval::new(midnight.minus_cells(36), midnight.plus_cells(24)).unwrap();
    desk.done(&Command::PutShifts(vec![PutShift {
        time: night,
        ..shift("cas", "halifax", (9, 0), (21, 0))
    }]));
    let start = |start| Wish {
        start,
        ..wish("massage-60", 10, 0)
    };
    let (other, third) = (desk.new_client("Other"), desk.new_client("Third"));
    let evening = desk.book(third, with(start(cell(20, 0)), "h5", "ann"));
    let before = desk.book(clients.clear, start(midnight.minus_cells(3)));
    let after = desk.book(other, start(midnight.plus_cells(12)));
    desk.now = local(DAY, 23, 30);
    desk.done(&Command::CheckIn(step(after)));
    desk.now = local(date(2026, 11, 24), 0, 5);
    let halifax = desk.clinic.site(site_id("halifax")).unwrap();
    let late = attention(&desk.clinic, halifax, desk.now);
    assert!(
        late.iter().any(|item| matches!(
            item.matter,
            Matter::LateArrival { appointment, .. } if appointment == before
        )),
        "{late:?}"
    );
    desk.done(&Command::CheckIn(step(before)));
    desk.done(&Command::Start(step(before)));

    // Whoever was due more than four hours ago is of yesterday.
    let gone = Command::CheckIn(step(evening));
    assert_eq!(desk.refused(&gone).reason(), "PAST");
}

#[test]
fn check_in_tells_what_stands_against_the_session() {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    desk.done(&Command::OpenOutage(OpenOutage {
        room: room_id("h1"),
        target: OutageTarget::Bars,
        from: None,
        until: None,
        reason: "loose".to_owned(),
    }));
    assert_eq!(desk.flags(id), ["BARS_UNSOUND"]);
    let decision = desk.at(9, 45).done(&Command::CheckIn(step(id)));
    let reasons: Vec<_> = decision
        .reply
        .blockers
        .iter()
        .map(Blocker::reason)
        .collect();
    assert_eq!(reasons, ["FOOT_CARE_NOT_ATTESTED", "BARS_UNSOUND"]);
}

/// A client who declared that day of local time, with "no" to everything, and their massage at 10.
fn declared_on(desk: &mut Desk, day: jiff::civil::Date) -> (ClientId, AppointmentId) {
    let client = desk.new_client("Earlier");
    desk.done(&Command::RecordDeclaration(RecordDeclaration {
        asked_at: Some(local(day, 23, 30)),
        ..declaration(client, None)
    }));
    (client, desk.book(client, wish("massage-60", 10, 0)))
}

fn told(decision: &Decision) -> Vec<&'static str> {
    let blockers = decision.reply.blockers.iter();
    blockers.map(Blocker::reason).collect()
}

#[test]
fn who_declared_earlier_is_asked_whether_anything_has_changed() {
    let (mut desk, _) = Desk::open();
    let since = date(2026, 3, 2);
    let (client, id) = declared_on(&mut desk, since);
    let decision = desk.at(9, 50).done(&Command::CheckIn(step(id)));
    assert_eq!(decision.reply.blockers, [Blocker::NotReconfirmed { since }]);
    let start = Command::Start(step(id));
    assert_eq!(desk.at(10, 0).refused(&start).reason(), "NOT_RECONFIRMED");
    let decision = desk.done(&Command::Reconfirm(step(id)));
    assert_eq!(told(&decision), [""; 0]);
    let said = desk.appointment(id).reconfirmed.expect("it is recorded");
    let declared = desk.clinic.declaration_of(client).expect("declared").id;
    assert_eq!((said.by, said.at), (desk.actor.key, desk.now));
    assert_eq!(said.declaration, declared);
    // Something has changed: one answer. About all the others it is asked again.
    desk.done(&Command::RecordDeclaration(RecordDeclaration {
        answers: declaration(client, None).answers[..1].to_vec(),
        earlier: EarlierAnswers::Keep,
        ..declaration(client, None)
    }));
    assert_eq!(desk.refused(&start).reason(), "NOT_RECONFIRMED");
    desk.done(&Command::Reconfirm(step(id)));
    desk.done(&start);
}

#[test]
fn nobody_is_asked_twice_or_for_nothing() {
    let (mut desk, clients) = Desk::open();
    // All was answered this morning; and nothing was ever answered.
    let today = desk.book(clients.clear, wish("massage-60", 10, 0));
    let never = desk.book(clients.silent, wish("massage-60", 12, 0));
    let (_, earlier) = declared_on(&mut desk, date(2026, 11, 22));
    desk.at(9, 50);
    assert_eq!(told(&desk.done(&Command::CheckIn(step(today)))), [""; 0]);
    assert_eq!(
        desk.refused(&Command::Reconfirm(step(never))),
        Refusal::NothingToReconfirm
    );
    let decision = desk.done(&Command::CheckIn(step(never)));
    assert!(!told(&decision).contains(&"NOT_RECONFIRMED"));
    // Where the policy does not ask, it keeps nobody.
    desk.done(&Command::PutPolicy(Put {
        resource: Policy {
            reconfirm: false,
            ..desk.clinic.policy().clone()
        },
        etag: None,
    }));
    assert_eq!(told(&desk.done(&Command::CheckIn(step(earlier)))), [""; 0]);
}

#[test]
fn saying_so_checks_in_makes_nothing_younger_and_can_be_taken_back() {
    let (mut desk, _) = Desk::open();
    // A year ago to the day: too old at the start, whatever is said.
    let (_, id) = declared_on(&mut desk, date(2025, 11, 23));
    desk.at(9, 50).done(&Command::Reconfirm(step(id)));
    assert_eq!(desk.appointment(id).state.phase(), Phase::Arrived);
    let start = Command::Start(step(id));
    assert_eq!(desk.at(10, 0).refused(&start).reason(), "REVIEW_NEEDED");
    desk.done(&Command::Undo);
    assert_eq!(desk.appointment(id).state.phase(), Phase::Booked);
    assert_eq!(desk.appointment(id).reconfirmed, None);
}
