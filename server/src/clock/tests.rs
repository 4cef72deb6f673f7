use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

const fn after(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_wall_clock_that_keeps_up_is_believed() {
    let mut guard = Guard::new(at(0), after(0));
    assert_eq!(guard.observe(at(60), after(60)), Ok(at(60)));
    // Corrected by a minute either way: within the tolerance.
    assert_eq!(guard.observe(at(180), after(120)), Ok(at(180)));
    assert_eq!(guard.observe(at(130), after(130)), Ok(at(130)));
}

#[test]
fn corrections_add_up_and_are_judged_one_by_one() {
    let mut guard = Guard::new(at(0), after(0));
    for step in 1..=10 {
        let wall = at(i64::try_from(step).unwrap() * 100);
        assert_eq!(guard.observe(wall, after(step)), Ok(wall));
    }
}

#[test]
fn the_tolerance_is_two_minutes_exactly() {
    for direction in [-1, 1] {
        let mut guard = Guard::new(at(0), after(0));
        assert_eq!(
            guard.observe(at(direction * 120), after(0)),
            Ok(at(direction * 120))
        );
        let mut guard = Guard::new(at(0), after(0));
        assert_eq!(
            guard.observe(at(direction * 121), after(0)),
            Err(Jumped {
                wall: at(direction * 121),
                expected: at(0)
            })
        );
    }
}

#[test]
fn after_a_jump_the_expected_time_goes_on_until_the_clock_is_back() {
    let mut guard = Guard::new(at(0), after(0));
    assert!(guard.observe(at(3_600), after(10)).is_err());
    let still = guard.observe(at(3_610), after(20)).unwrap_err();
    assert_eq!(still.expected, at(20));
    assert_eq!(guard.observe(at(31), after(30)), Ok(at(31)));
}

#[test]
fn an_injected_clock_stands_runs_and_never_goes_back() {
    let clock = Injected::standing(at(0));
    assert_eq!(clock.read(), Ok(at(0)));
    clock.advance(after(90));
    assert_eq!(clock.now(), at(90));
    clock.advance_to(at(10));
    assert_eq!(clock.now(), at(90));
    clock.resume(at(100));
    assert_eq!(clock.now(), at(100));
    clock.run();
    assert!(clock.now() >= at(100));
}

#[test]
fn a_machine_behind_its_journal_is_not_believed_until_accepted() {
    let clock = System::new();
    let newest = clock.now() + SignedDuration::from_hours(1);
    clock.resume(newest);
    let jumped = clock.read().unwrap_err();
    assert!(jumped.expected >= newest);
    let accepted = clock.accept();
    assert!(accepted < newest);
    assert!(clock.read().is_ok());
}

#[test]
fn a_machine_far_ahead_of_its_journal_is_not_believed_until_accepted() {
    let clock = System::new();
    let wall = clock.now();
    clock.resume(wall - AWAY + SignedDuration::from_mins(1));
    assert!(clock.read().is_ok(), "the clinic was closed");
    let newest = wall - AWAY - SignedDuration::from_mins(1);
    clock.resume(newest);
    let jumped = clock.read().unwrap_err();
    assert!(jumped.wall >= wall);
    let since = jumped.expected.duration_since(newest);
    assert!(!since.is_negative() && since < SignedDuration::from_mins(1));
    assert_eq!(clock.now().duration_since(newest).as_hours(), 0);
    assert!(clock.accept() >= wall);
    assert!(clock.read().is_ok());
}
