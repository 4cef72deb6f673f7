use jiff::civil::{date, time};

use super::*;

fn halifax() -> Zone {
    Zone::named("America/Halifax").expect("bundled")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

#[test]
fn a_cell_is_five_minutes_of_utc() {
    let cell = Cell::exactly(at("2027-01-04T13:05:00Z")).expect("on the grid");
    assert_eq!(cell.timestamp(), at("2027-01-04T13:05:00Z"));
    assert_eq!(Cell::containing(at("2027-01-04T13:09:59.999Z")), cell);
    assert_eq!(Cell::at_or_after(at("2027-01-04T13:00:00.001Z")), cell);
    assert_eq!(Cell::at_or_after(at("2027-01-04T13:05:00Z")), cell);
    for off in [
        "2027-01-04T13:05:01Z",
        "2027-01-04T13:05:00.5Z",
        "2027-01-04T13:06:00Z",
    ] {
        assert_eq!(Cell::exactly(at(off)), None, "{off}");
    }
}

#[test]
fn cells_stay_in_their_range() {
    assert_eq!(Cell::MAX.timestamp(), at("2200-01-01T00:00:00Z"));
    assert_eq!(Cell::new(Cell::MAX.number() + 1), None);
    assert_eq!(Cell::exactly(at("2200-01-01T00:05:00Z")), None);
    assert_eq!(Cell::exactly(at("1969-12-31T23:55:00Z")), None);
    assert_eq!(Cell::containing(at("9000-01-01T00:00:00Z")), Cell::MAX);
    assert_eq!(Cell::containing(at("1969-12-31T23:59:59Z")), Cell::MIN);
    assert_eq!(Cell::MAX.plus_cells(1), Cell::MAX);
    assert_eq!(Cell::MIN.minus_cells(1), Cell::MIN);
}

#[test]
fn minutes_are_multiples_of_five() {
    assert_eq!(Minutes::new(75).map(Minutes::cells), Some(15));
    assert_eq!(Minutes::new(0), Some(Minutes::ZERO));
    assert_eq!(Minutes::new(7), None);
}

#[test]
fn intervals_are_half_open_and_never_empty() {
    let cell = |n| Cell::new(n).expect("small");
    let interval = |a, b| Interval::new(cell(a), cell(b)).expect("not empty");
    assert_eq!(Interval::new(cell(4), cell(4)), None);
    assert_eq!(Interval::new(cell(5), cell(4)), None);
    assert_eq!(Interval::lasting(cell(4), Minutes::ZERO), None);
    assert!(!interval(0, 4).overlaps(interval(4, 8)));
    assert!(interval(0, 5).overlaps(interval(4, 8)));
    assert!(interval(0, 5).covers(interval(0, 5)));
    assert!(!interval(0, 5).covers(interval(0, 6)));
    assert_eq!(
        interval(0, 5).intersection(interval(4, 8)),
        Some(interval(4, 5))
    );
    assert_eq!(interval(0, 4).intersection(interval(4, 8)), None);
}

#[test]
fn days_have_23_24_or_25_hours() {
    let zone = halifax();
    for (day, hours) in [
        (date(2027, 3, 13), 24),
        (date(2027, 3, 14), 23),
        (date(2027, 11, 7), 25),
    ] {
        let cells = zone.day(day).expect("in range");
        assert_eq!(cells.cells(), hours * 12, "{day}");
        assert_eq!(zone.date(cells.start()), day);
        assert_eq!(zone.date(cells.end()), next_day(day));
        assert_eq!(zone.date(cells.end().minus_cells(1)), day);
    }
}

#[test]
fn a_skipped_time_is_later_and_a_repeated_one_the_first() {
    let zone = halifax();
    assert_eq!(
        zone.instant(date(2027, 3, 14), time(2, 30, 0, 0)),
        at("2027-03-14T06:30:00Z")
    );
    assert_eq!(
        zone.time(
            zone.cell(date(2027, 3, 14), time(2, 30, 0, 0))
                .expect("on grid")
        ),
        time(3, 30, 0, 0)
    );
    assert_eq!(
        zone.instant(date(2027, 11, 7), time(1, 30, 0, 0)),
        at("2027-11-07T04:30:00Z")
    );
}

#[test]
fn a_range_until_midnight_ends_with_the_day() {
    let zone = halifax();
    let evening = zone
        .between(date(2027, 1, 4), time(18, 0, 0, 0), Time::midnight())
        .expect("six hours");
    assert_eq!(evening.minutes(), 360);
    assert_eq!(evening.end().timestamp(), at("2027-01-05T04:00:00Z"));
    // 02:00-03:00 does not exist when the clock jumps over it.
    assert_eq!(
        zone.between(date(2027, 3, 14), time(2, 0, 0, 0), time(3, 0, 0, 0)),
        None
    );
}

#[test]
fn months_clip_at_the_end() {
    assert_eq!(months_after(date(2026, 8, 31), 6), date(2027, 2, 28));
    assert_eq!(months_after(date(2027, 8, 31), 6), date(2028, 2, 29));
    assert_eq!(months_after(date(2028, 2, 29), 12), date(2029, 2, 28));
    assert_eq!(months_after(date(2027, 1, 15), 9), date(2027, 10, 15));
    assert_eq!(weeks_after(date(2028, 2, 22), 6), date(2028, 4, 4));
}

#[test]
fn unknown_zones_are_refused() {
    assert_eq!(Zone::named("America/Atlantis"), None);
    assert_eq!(halifax().name(), "America/Halifax");
}

#[test]
fn the_horizon_is_the_end_of_a_local_date() {
    let zone = halifax();
    // 02:00 UTC on the 7th is still the evening of the 6th.
    let now = at("2027-11-07T02:00:00Z");
    assert_eq!(
        horizon(&zone, now, 0).timestamp(),
        at("2027-11-07T02:55:00Z")
    );
    assert_eq!(
        horizon(&zone, now, 1).timestamp(),
        at("2027-11-08T03:55:00Z"),
        "a day of 25 hours"
    );
}
