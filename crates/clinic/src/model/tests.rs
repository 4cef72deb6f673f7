use jiff::Timestamp;

use super::*;
use crate::id::KeyId;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn cancellation() -> Cancellation {
    Cancellation {
        at: AT,
        by: KeyId::new(1),
        reason: CancelReason::Weather,
        note: "".into(),
        late: false,
    }
}

fn every_state() -> Vec<State> {
    let arrived = State::Booked.check_in(AT).unwrap();
    let session = arrived.start(AT).unwrap();
    vec![
        State::Booked,
        State::Confirmed,
        arrived,
        session.clone(),
        session.finish(AT, None).unwrap(),
        State::Booked.cancel(cancellation()).unwrap(),
        State::Booked.no_show(AT).unwrap(),
    ]
}

/// What a step leads to: the state's method, and the phase afterwards.
type Take = fn(&State) -> Result<State, WrongPhase>;

#[test]
fn the_life_cycle_has_exactly_these_steps() {
    use Phase::{Arrived, Booked, Cancelled, Completed, Confirmed, InSession, NoShow};
    let steps: [(Verb, Take, &[Phase], Phase); 6] = [
        (Verb::Confirm, |s| s.confirm(), &[Booked], Confirmed),
        (
            Verb::CheckIn,
            |s| s.check_in(AT),
            &[Booked, Confirmed],
            Arrived,
        ),
        (Verb::Start, |s| s.start(AT), &[Arrived], InSession),
        (
            Verb::Finish,
            |s| s.finish(AT, None),
            &[InSession],
            Completed,
        ),
        (
            Verb::Cancel,
            |s| s.cancel(cancellation()),
            &[Booked, Confirmed, Arrived],
            Cancelled,
        ),
        (
            Verb::NoShow,
            |s| s.no_show(AT),
            &[Booked, Confirmed],
            NoShow,
        ),
    ];
    for (verb, take, from, to) in steps {
        for state in every_state() {
            let phase = state.phase();
            let expected = if from.contains(&phase) {
                Ok(to)
            } else {
                Err(WrongPhase { phase, verb })
            };
            assert_eq!(
                take(&state).map(|s| s.phase()),
                expected,
                "{verb:?} from {phase:?}"
            );
            assert_eq!(state.allows(verb).is_ok(), expected.is_ok());
        }
    }
}

#[test]
fn a_change_is_about_one_record() {
    let site = |id: &str| {
        Record::from(RuleSet {
            id: id.parse().unwrap(),
            version: 1,
            rules: Vec::new(),
        })
    };
    assert_eq!(Change::new(None, None), None);
    assert_eq!(Change::new(Some(site("a")), Some(site("b"))), None);
    let change = Change::new(Some(site("a")), Some(site("a"))).unwrap();
    assert_eq!(change.id(), RecordId::RuleSet("a".parse().unwrap()));
}

#[test]
fn a_shift_works_outside_its_breaks() {
    let cell = |n| crate::time::Cell::new(n).unwrap();
    let span = |a, b| crate::time::Interval::new(cell(a), cell(b)).unwrap();
    let mut shift = Shift {
        id: crate::id::ShiftId::new(1),
        therapist: "t".parse().unwrap(),
        site: "s".parse().unwrap(),
        time: span(10, 50),
        breaks: vec![span(10, 12), span(20, 25), span(49, 50)],
        template: None,
    };
    assert_eq!(
        shift.working().collect::<Vec<_>>(),
        [span(12, 20), span(25, 49)]
    );
    shift.breaks.clear();
    assert_eq!(shift.working().collect::<Vec<_>>(), [span(10, 50)]);
}

#[test]
fn equipment_is_a_set() {
    let room = EquipmentSet::of([Equipment::Table, Equipment::Rope]);
    assert!(room.includes(EquipmentSet::of([Equipment::Table])));
    assert!(!room.includes(EquipmentSet::of([
        Equipment::Table,
        Equipment::ParallelBars
    ])));
    assert_eq!(
        room.iter().collect::<Vec<_>>(),
        [Equipment::Table, Equipment::Rope]
    );
}

#[test]
fn the_shipped_exclusions_are_the_published_ones() {
    let windows: Vec<_> = RuleSet::barefoot()
        .rules
        .into_iter()
        .map(|rule| (rule.condition.to_string(), rule.effect))
        .collect();
    let exclude = |name: &str, window| (name.to_owned(), Effect::Exclude(window));
    assert_eq!(
        windows,
        [
            exclude("breast-implants", Window::Months(9)),
            exclude("joint-surgery", Window::Weeks(6)),
            exclude("eye-procedure", Window::Hours(72)),
            exclude("tuberculosis", Window::Ever),
            exclude("thrombosis", Window::Ever),
            exclude("kidney-disorder", Window::WhilePresent),
            exclude("fracture", Window::Months(6)),
            exclude("phlebitis", Window::WhilePresent),
            exclude("cellulitis", Window::WhilePresent),
            exclude("spondylolisthesis", Window::WhilePresent),
            exclude("osteoporosis", Window::WhilePresent),
        ]
    );
}

#[test]
fn the_shipped_figures_are_those_of_the_clinic() {
    let policy = Policy::default();
    assert_eq!((policy.grid.get(), policy.hold_minutes), (15, 5));
    assert_eq!((policy.travel.get(), policy.cancel_notice_hours), (30, 24));
    assert_eq!((policy.declaration_months, policy.undo_minutes), (12, 10));
    assert_eq!(policy.waitlist_offer_minutes, 30);
    assert!(!policy.waitlist_auto_offer);
}
