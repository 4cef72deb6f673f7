//! Histories of which it is known what they are: the judge has to say the same, and its search what trying every order says.

use std::{ops::Range, time::Duration};

use treadwell_tests::seed::{Random, seed};

use crate::{
    history::{Answer, Call, Look, No, Number, Part, Record, Shown},
    judge::{Found, Timed, Verdict, judge, search, search_within},
    spec::{AHEAD, Act, Operation, Phase, State, Thing},
};

const HERE: Part = Part { room: 0, day: 0 };
const NEXT_DOOR: Part = Part { room: 1, day: 0 };

fn record(number: Number, part: Part, call: Call, times: Range<u64>, answer: Answer) -> Record {
    Record {
        number,
        worker: 0,
        part,
        call,
        invoked: Duration::from_millis(times.start),
        answered: Duration::from_millis(times.end),
        answer,
    }
}

/// What operation `made` booked, as the change with this revision left it.
fn shown(made: Number, part: Part, minute: u32, state: Look, revision: u64) -> Shown {
    Shown {
        id: format!("apt-{made}"),
        note: Some(made),
        part,
        minute,
        state,
        etag: revision.to_string(),
    }
}

fn done(revision: u64, shown: Vec<Shown>) -> Answer {
    Answer::Done { revision, shown }
}

fn book_in(part: Part, number: Number, minute: u32, times: Range<u64>, revision: u64) -> Record {
    let booked = shown(number, part, minute, Look::Booked, revision);
    let call = Call::Book { minute };
    record(number, part, call, times, done(revision, vec![booked]))
}

fn book(number: Number, minute: u32, times: Range<u64>, revision: u64) -> Record {
    book_in(HERE, number, minute, times, revision)
}

/// Confirms what operation `of` booked at minute 0, if its etag is still that one.
fn confirm(number: Number, of: Number, etag: &str, times: Range<u64>, revision: u64) -> Record {
    let call = Call::Confirm {
        id: format!("apt-{of}"),
        etag: etag.to_owned(),
    };
    let confirmed = shown(of, HERE, 0, Look::Confirmed, revision);
    record(number, HERE, call, times, done(revision, vec![confirmed]))
}

fn list(number: Number, times: Range<u64>, revision: u64, things: Vec<Shown>) -> Record {
    record(number, HERE, Call::List, times, done(revision, things))
}

fn refused(number: Number, minute: u32, times: Range<u64>, by: &[&str]) -> Record {
    let by = by.iter().map(|&id| id.to_owned()).collect();
    let answer = Answer::Refused(No::Taken { by });
    record(number, HERE, Call::Book { minute }, times, answer)
}

/// Asserts that no order fits one part of a history, and that it is known whose everything is.
fn has_no_order(records: &[Record]) -> Verdict {
    let verdict = judge(records);
    assert!(verdict.odd.is_empty(), "{verdict:?}");
    assert_eq!(verdict.not_linear.len(), 1, "{verdict:?}");
    verdict
}

fn is_good(records: &[Record]) {
    let verdict = judge(records);
    assert!(verdict.is_good(), "{verdict:?}");
}

#[test]
fn a_history_of_one_after_the_other_has_an_order() {
    is_good(&[
        book(0, 0, 0..10, 5),
        refused(1, 60, 20..30, &["apt-0"]),
        book(2, 75, 40..50, 6),
        confirm(3, 0, "5", 60..70, 7),
        list(
            4,
            80..90,
            7,
            vec![
                shown(2, HERE, 75, Look::Booked, 6),
                shown(0, HERE, 0, Look::Confirmed, 7),
            ],
        ),
    ]);
}

#[test]
fn what_is_asked_at_once_may_come_in_any_order() {
    let there = vec![shown(0, HERE, 0, Look::Booked, 5)];
    is_good(&[
        book(0, 0, 0..100, 5),
        list(1, 10..20, 4, vec![]),
        refused(2, 0, 25..28, &["apt-0"]),
        list(3, 30..40, 5, there),
    ]);
}

#[test]
fn a_double_booking_is_found() {
    // At once or not: both were told that they have the room.
    has_no_order(&[book(0, 0, 0..10, 5), book(1, 30, 20..30, 6)]);
    has_no_order(&[book(0, 0, 0..100, 5), book(1, 30, 20..30, 6)]);
}

#[test]
fn a_lost_acknowledged_booking_is_found() {
    let lost = [book(0, 0, 0..10, 5), list(1, 20..30, 5, vec![])];
    let verdict = has_no_order(&lost);
    assert_eq!(verdict.out_of_order.len(), 1, "{verdict:?}");
    // Somebody else gets the place of it.
    has_no_order(&[book(0, 0, 0..10, 5), book(1, 0, 20..30, 5)]);
}

#[test]
fn a_stale_read_is_found() {
    let stale = vec![shown(0, HERE, 0, Look::Booked, 5)];
    let verdict = has_no_order(&[
        book(0, 0, 0..10, 5),
        confirm(1, 0, "", 20..30, 6),
        list(2, 40..50, 5, stale),
    ]);
    // It says itself that it is of an older revision than what was answered before it was asked.
    assert_eq!(verdict.out_of_order.len(), 1, "{verdict:?}");
}

#[test]
fn a_booking_that_was_seen_and_then_was_not_is_found() {
    let there = vec![shown(0, HERE, 0, Look::Booked, 5)];
    let verdict = has_no_order(&[
        book(0, 0, 0..100, 5),
        list(1, 10..20, 5, there),
        list(2, 30..40, 5, vec![]),
    ]);
    assert!(
        verdict.not_linear[0].contains("first 2 answers"),
        "{verdict:?}"
    );
}

#[test]
fn two_changes_of_one_version_are_found() {
    has_no_order(&[
        book(0, 0, 0..10, 5),
        confirm(1, 0, "5", 20..90, 6),
        record(
            2,
            HERE,
            Call::Move {
                id: "apt-0".to_owned(),
                etag: "5".to_owned(),
                minute: 300,
            },
            30..80,
            done(7, vec![shown(0, HERE, 300, Look::Confirmed, 7)]),
        ),
    ]);
}

#[test]
fn a_move_that_changes_nothing_is_one_to_where_it_is() {
    // That nothing was changed is seen by the etag, which is the old one.
    let to = |minute| {
        let call = Call::Move {
            id: "apt-0".to_owned(),
            etag: "5".to_owned(),
            minute,
        };
        let there = shown(0, HERE, 0, Look::Booked, 5);
        record(1, HERE, call, 20..30, done(6, vec![there]))
    };
    is_good(&[book(0, 0, 0..10, 5), to(0)]);
    has_no_order(&[book(0, 0, 0..10, 5), to(300)]);
}

#[test]
fn a_refusal_without_its_reason_is_found() {
    has_no_order(&[refused(0, 0, 0..10, &[])]);
    has_no_order(&[book(0, 0, 0..10, 5), refused(1, 75, 20..30, &["apt-0"])]);
    // Somebody is in the way, and somebody else is named.
    has_no_order(&[
        book(0, 0, 0..10, 5),
        book(1, 300, 20..30, 6),
        refused(2, 0, 40..50, &["apt-1"]),
    ]);
}

#[test]
fn an_operation_done_twice_is_found() {
    let mut twice = shown(0, HERE, 300, Look::Booked, 6);
    twice.id = "apt-again".to_owned();
    let both = vec![shown(0, HERE, 0, Look::Booked, 5), twice];
    let verdict = judge(&[book(0, 0, 0..10, 5), list(1, 20..30, 6, both)]);
    assert!(verdict.odd[0].contains("done twice"), "{verdict:?}");
}

#[test]
fn a_read_across_rooms_that_is_torn_is_found_by_its_revision() {
    // Each room alone could be so; both together can not, because the first booking was over before the second began.
    let sheet = vec![shown(1, NEXT_DOOR, 0, Look::Booked, 6)];
    let verdict = judge(&[
        record(2, HERE, Call::DaySheet, 0..100, done(6, sheet)),
        book(0, 0, 10..20, 5),
        book_in(NEXT_DOOR, 1, 0, 30..40, 6),
    ]);
    assert!(verdict.not_linear.is_empty(), "{verdict:?}");
    assert_eq!(verdict.out_of_order.len(), 1, "{verdict:?}");
}

#[test]
fn revisions_against_the_times_are_found() {
    let verdict = judge(&[book(0, 0, 0..10, 6), book(1, 300, 20..30, 5)]);
    assert!(verdict.not_linear.is_empty(), "{verdict:?}");
    assert_eq!(verdict.out_of_order.len(), 1, "{verdict:?}");
    let verdict = judge(&[book(0, 0, 0..10, 5), book(1, 300, 5..30, 5)]);
    assert!(verdict.not_linear.is_empty(), "{verdict:?}");
    assert!(
        verdict.out_of_order[0].contains("one revision"),
        "{verdict:?}"
    );
}

fn timed(index: usize, act: Act, times: Range<u64>, certain: bool) -> Timed {
    Timed {
        invoked: Duration::from_millis(times.start),
        answered: Duration::from_millis(times.end),
        operation: Operation {
            index,
            act,
            certain,
        },
    }
}

fn thing(made: Number, minute: u32) -> Thing {
    Thing {
        made,
        minute,
        phase: Phase::Booked,
        version: made,
    }
}

fn see(things: Vec<Thing>) -> Act {
    Act::SeeAll {
        things,
        holds: true,
    }
}

#[test]
fn what_has_no_answer_happened_at_some_time_or_never() {
    let unknown = || timed(0, Act::Take(thing(0, 0)), 0..0, false);
    let empty = |at| timed(1, see(vec![]), at..at + 5, true);
    let there = |at| timed(2, see(vec![thing(0, 0)]), at..at + 5, true);
    for (day, has_order) in [
        (vec![unknown(), empty(10), empty(20)], true),
        (vec![unknown(), empty(10), there(20)], true),
        (vec![unknown(), there(10), empty(20)], false),
        (vec![there(10), unknown_from(20)], false),
    ] {
        let found = search(&day);
        assert_eq!(matches!(found, Found::Order { .. }), has_order, "{day:?}");
    }
}

fn unknown_from(at: u64) -> Timed {
    timed(0, Act::Take(thing(0, 0)), at..at, false)
}

#[test]
fn a_search_that_is_given_up_finds_nothing() {
    let crowd = |n: usize| timed(n, see(vec![]), 0..100, true);
    let day: Vec<Timed> = (0..20).map(crowd).collect();
    assert!(matches!(search(&day), Found::Order { .. }));
    assert_eq!(search_within(&day, 10), Found::Undecided { limit: 10 });
}

/// Whether any order fits, by trying them all.
fn has_any_order(state: &State, left: &[&Timed]) -> bool {
    if left.iter().all(|it| !it.operation.certain) {
        return true;
    }
    (0..left.len()).any(|first| {
        let it = left[first];
        let waits = |other: &&Timed| other.operation.certain && other.answered < it.invoked;
        if left.iter().any(waits) {
            return false;
        }
        let mut rest = left.to_vec();
        rest.remove(first);
        let next = state.after(&it.operation.act);
        next.is_some_and(|next| has_any_order(&next, &rest))
    })
}

#[test]
fn the_search_finds_an_order_if_and_only_if_there_is_one() {
    let seed = seed(14);
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let (mut with, mut without) = (0, 0);
    for _ in 0..4000 {
        let day = any_day(&mut random);
        let expected = has_any_order(&State::default(), &day.iter().collect::<Vec<_>>());
        let found = matches!(search(&day), Found::Order { .. });
        assert_eq!(found, expected, "seed {seed}: {day:?}");
        if expected {
            with += 1;
        } else {
            without += 1;
        }
    }
    assert!(
        with.min(without) > 400,
        "{with} with an order, {without} without"
    );
}

/// Up to six operations on two places, some of them without an answer; most could have been answered so.
fn any_day(random: &mut Random) -> Vec<Timed> {
    let mut day = Vec::new();
    for index in 0..2 + random.below(5) {
        let other = random.below(index + 1);
        // Each is at the place of its number, so that what is shown is often right.
        let it = |made: u32| thing(made, made % 2 * 60);
        let act = match random.below(6) {
            0 | 1 => Act::Take(it(index)),
            2 => Act::Cancel {
                made: other,
                read: None,
            },
            3 => Act::NotIn {
                made: other,
                phases: AHEAD,
            },
            4 => Act::See(it(other)),
            _ => see((random.below(2) == 0)
                .then(|| it(other))
                .into_iter()
                .collect()),
        };
        let begins = u64::from(random.below(40));
        let ends = begins + 1 + u64::from(random.below(20));
        let certain = random.below(5) != 0;
        let number = usize::try_from(index).expect("a small number");
        day.push(timed(number, act, begins..ends, certain));
    }
    day
}
