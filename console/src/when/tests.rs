use jiff::civil::date;

use super::*;

/// Wednesday 14 October 2026, 14:07 in Halifax (UTC-3).
fn now() -> Zoned {
    at("2026-10-14T14:07:00-03:00[America/Halifax]")
}

fn at(text: &str) -> Zoned {
    text.parse().expect("a zoned time")
}

/// The local time of what is typed, or the day.
fn read(text: &str) -> String {
    match parse(text, &now()) {
        Ok(When::Day(day)) => day.to_string(),
        Ok(When::Moment(moment)) => moment
            .to_zoned(now().time_zone().clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn what_people_type_is_understood() {
    for (text, expected) in [
        // Days.
        ("today", "2026-10-14"),
        ("Tomorrow", "2026-10-15"),
        ("yesterday", "2026-10-13"),
        ("wed", "2026-10-14"),
        ("next wed", "2026-10-21"),
        ("fri", "2026-10-16"),
        ("Friday", "2026-10-16"),
        ("tue", "2026-10-20"),
        ("next tues", "2026-10-20"),
        ("+2w", "2026-10-28"),
        ("+3d", "2026-10-17"),
        ("-1d", "2026-10-13"),
        ("2026-11-02", "2026-11-02"),
        ("14 oct", "2026-10-14"),
        ("oct 13", "2027-10-13"),
        ("1st of november", "error"),
        ("1st nov", "2026-11-01"),
        ("Nov 1, 2027", "2027-11-01"),
        ("29 feb", "2028-02-29"),
        // Moments.
        ("15:00", "2026-10-14 15:00"),
        ("9:05", "2026-10-14 09:05"),
        ("3pm", "2026-10-14 15:00"),
        ("3:30 pm", "2026-10-14 15:30"),
        ("12am", "2026-10-14 00:00"),
        ("12pm", "2026-10-14 12:00"),
        ("1500", "2026-10-14 15:00"),
        ("0930", "2026-10-14 09:30"),
        ("noon", "2026-10-14 12:00"),
        ("tomorrow 2pm", "2026-10-15 14:00"),
        ("2pm tomorrow", "2026-10-15 14:00"),
        ("fri at 14:00", "2026-10-16 14:00"),
        ("next fri 9am", "2026-10-16 09:00"),
        ("+2w 10:00", "2026-10-28 10:00"),
        ("2026-10-14 14:00", "2026-10-14 14:00"),
        ("2026-10-14T14:00", "2026-10-14 14:00"),
        ("oct 20 at 3 pm", "2026-10-20 15:00"),
        ("oct 20 2027 noon", "2027-10-20 12:00"),
        ("2026-10-14T14:00:00-03:00", "2026-10-14 14:00"),
        ("2026-10-14T17:00:00Z", "2026-10-14 14:00"),
        // Relative to now: on the 5-minute grid; now is the cell that runs.
        ("now", "2026-10-14 14:05"),
        ("+3m", "2026-10-14 14:10"),
        ("+90m", "2026-10-14 15:40"),
        ("+2h", "2026-10-14 16:10"),
    ] {
        let got = read(text);
        if expected == "error" {
            assert!(got.starts_with("error"), "{text:?} was read as {got}");
        } else {
            assert_eq!(got, expected, "{text:?}");
        }
    }
}

#[test]
fn what_means_nothing_or_too_much_is_refused() {
    for text in [
        "",
        "   ",
        "soon",
        "25:00",
        "14:60",
        "13pm",
        "0am",
        "14",
        "2026-02-30",
        "feb 30",
        "+2",
        "+w",
        "+2x",
        "next",
        "next 3pm",
        "now tomorrow",
        "tomorrow now",
        "+2h tomorrow",
        "tomorrow +2h",
        "today tomorrow",
        "3pm 4pm",
        "1e3m",
        "+999999999w",
        "+999999w",
        "oct oct",
        "2026-10-14T14:00:30",
        "2026-10-14t",
    ] {
        assert!(
            parse(text, &now()).is_err(),
            "{text:?} was read as {}",
            read(text)
        );
    }
    let twice = parse("fri sat", &now()).expect_err("two days");
    assert_eq!(twice.to_string(), "\"fri sat\" names the day twice");
}

#[test]
fn a_moment_needs_a_time_and_a_day_has_none() {
    assert_eq!(
        moment("fri", &now()).expect_err("a day").to_string(),
        "\"fri\" is a day; say the time too, for example \"fri 14:00\""
    );
    assert!(moment("fri 10:00", &now()).is_ok());
    assert!(matches!(
        day("fri 10:00", &now()),
        Err(WhenError::NoDay { .. })
    ));
    assert_eq!(day("fri", &now()), Ok(date(2026, 10, 16)));
}

#[test]
fn a_span_begins_no_earlier_than_now_and_includes_its_last_day() {
    let zone = now().time_zone().clone();
    let local = |at: Timestamp| at.to_zoned(zone.clone()).datetime().to_string();
    assert_eq!(from("today", &now()), Ok(now().timestamp()));
    assert_eq!(
        from("fri", &now()).map(local),
        Ok("2026-10-16T00:00:00".to_owned())
    );
    assert_eq!(
        until("fri", &now()).map(local),
        Ok("2026-10-17T00:00:00".to_owned())
    );
    assert_eq!(
        until("fri 18:00", &now()).map(local),
        Ok("2026-10-16T18:00:00".to_owned())
    );
}

#[test]
fn a_time_that_the_clocks_skip_is_refused_with_the_next_one() {
    let now = at("2027-03-13T12:00:00-04:00[America/Halifax]");
    let error = moment("tomorrow 2:30", &now).expect_err("the clocks go from 2:00 to 3:00");
    assert_eq!(
        error.to_string(),
        "2027-03-14 02:30 does not exist in America/Halifax: the clocks go forward then; try 2027-03-14 03:30"
    );
    assert!(moment("tomorrow 1:55", &now).is_ok());
    let at_three = moment("tomorrow 3:00", &now).expect("the first minute of summer time");
    assert_eq!(at_three.to_string(), "2027-03-14T06:00:00Z");
}

#[test]
fn a_time_that_happens_twice_is_refused_with_both() {
    let now = at("2026-10-31T12:00:00-03:00[America/Halifax]");
    let error = moment("tomorrow 1:30am", &now).expect_err("the clocks go back at 2:00");
    let WhenError::Fold { first, second, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(first, "2026-11-01T01:30:00-03:00");
    assert_eq!(second, "2026-11-01T01:30:00-04:00");
    // Both proposals can be typed as they are, and they are an hour apart.
    let (first, second) = (
        moment(first, &now).expect("typed"),
        moment(second, &now).expect("typed"),
    );
    assert_eq!(second.duration_since(first).as_secs(), 3600);
}

#[test]
fn days_are_days_across_a_change_of_the_clocks() {
    let now = at("2026-10-31T12:00:00-03:00[America/Halifax]");
    let start = from("sun", &now).expect("a day");
    let end = until("sun", &now).expect("a day");
    assert_eq!(end.duration_since(start).as_hours(), 25);
    // Relative minutes are elapsed time, relative days are calendar days.
    let night = at("2026-11-01T00:30:00-03:00[America/Halifax]");
    assert_eq!(
        moment("+2h", &night).map(|at| at.to_string()),
        Ok("2026-11-01T05:30:00Z".to_owned())
    );
    assert_eq!(day("+1d", &night), Ok(date(2026, 11, 2)));
}

#[test]
fn the_day_is_the_sites_not_the_machines() {
    // 23:30 in Halifax is the next day in UTC.
    let late = at("2026-10-14T23:30:00-03:00[America/Halifax]");
    assert_eq!(day("today", &late), Ok(date(2026, 10, 14)));
    assert_eq!(day("tomorrow", &late), Ok(date(2026, 10, 15)));
}

#[test]
fn lengths_are_minutes() {
    for (text, expected) in [
        ("75m", 75),
        ("75", 75),
        ("75 min", 75),
        ("1h", 60),
        ("1h15", 75),
        ("1h15m", 75),
        ("1H 15 Min", 75),
        ("1:15", 75),
        ("0:05", 5),
        ("24h", 1440),
    ] {
        assert_eq!(minutes(text), Ok(expected), "{text:?}");
    }
    for text in [
        "",
        "0",
        "m",
        "h",
        "1h60",
        "1:5",
        "25h",
        "-5",
        "+5",
        "1.5h",
        "99999999999h",
        "5 days",
    ] {
        assert!(minutes(text).is_err(), "{text:?}");
    }
}

#[test]
fn what_repeats_is_said_in_days_or_weeks() {
    for (text, days) in [
        ("2w", Some(14)),
        ("10d", Some(10)),
        ("week", Some(7)),
        ("2 weeks", Some(14)),
        ("w", Some(7)),
        ("2", None),
        ("2m", None),
        ("", None),
        ("99999999999w", None),
    ] {
        assert_eq!(super::every(text), days, "{text}");
    }
    for (text, repeat) in [
        ("2w 6", Some((14, 6))),
        ("2w x6", Some((14, 6))),
        ("1d x 10", Some((1, 10))),
        ("every 2 weeks, 6 times", Some((14, 6))),
        ("2w", None),
        ("6", None),
        ("2w six", None),
    ] {
        assert_eq!(super::repeat(text), repeat, "{text}");
    }
}
