use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::fixture::*;
use crate::id::{AppointmentId, KeyId, WaitlistId};
use crate::model::{
    Appointment, CancelReason, Cancellation, Outage, OutageTarget, Passed, PassedOver, Room,
    RoomReady, Service, Session, Slot, State, WaitState, WaitlistEntry, Wanted, WantedTherapist,
};

mod entitlements;
mod oracle;
mod stock;

/// A Wednesday.
const DAY: Date = date(2026, 10, 14);
/// The Monday before it.
const MONDAY: Date = date(2026, 10, 12);

fn week() -> Range {
    Range::new(MONDAY, date(2026, 10, 18), Period::Week).unwrap()
}

fn slot(service: &Service, room: &Room, therapist: &str, day: Date, hour: i8) -> Slot {
    let start = cell(day, hour, 0);
    Slot::plan(service, &[], room, therapist_id(therapist), start).unwrap()
}

fn table() -> Room {
    room("h3", "halifax", &[crate::model::Equipment::Table])
}

/// An hour's massage in h3 of client 2, who has no conditions, in a state.
fn massaged(number: u64, day: Date, hour: i8, state: State) -> Appointment {
    Appointment {
        state,
        ..appointment(number, 2, slot(&massage(), &table(), "cas", day, hour))
    }
}

fn cancelled(reason: CancelReason, late: bool) -> State {
    State::Cancelled(Box::new(Cancellation {
        at: local(DAY, 9, 0),
        by: KeyId::new(1),
        reason,
        note: "".into(),
        late,
    }))
}

/// A session that began on time and took an hour; its room was ready after so many seconds.
fn completed(started: Timestamp, ready: Option<(i64, bool)>) -> State {
    let finished = started + SignedDuration::from_mins(60);
    State::Completed(Box::new(Session {
        arrived: started,
        started,
        finished,
        stopped: None,
        ready: ready.map(|(seconds, late)| RoomReady {
            at: finished + SignedDuration::from_secs(seconds),
            late,
        }),
    }))
}

fn the_site(clinic: &Clinic) -> &Site {
    clinic.site(site_id("halifax")).unwrap()
}

/// The figures of a report of one row.
fn only<F: Copy>(rows: &[Row<F>]) -> F {
    let [row] = rows else {
        panic!("{} rows", rows.len());
    };
    assert_eq!((row.site, row.period), (site_id("halifax"), MONDAY));
    row.figures
}

#[test]
fn dates_are_gathered_into_days_iso_weeks_and_months() {
    let starts = |first, last, by| -> Vec<Date> {
        let range = Range::new(first, last, by).unwrap();
        let starts: Vec<Date> = range.periods().collect();
        assert_eq!(starts.len(), range.count());
        starts
    };
    let (first, last) = (date(2026, 12, 31), date(2027, 1, 4));
    let days = [31, 1, 2, 3, 4].map(|day| {
        date(
            if day == 31 { 2026 } else { 2027 },
            if day == 31 { 12 } else { 1 },
            day,
        )
    });
    assert_eq!(starts(first, last, Period::Day), days);
    let mondays = [date(2026, 12, 28), date(2027, 1, 4)];
    assert_eq!(starts(first, last, Period::Week), mondays);
    let months = [date(2026, 12, 1), date(2027, 1, 1)];
    assert_eq!(starts(first, last, Period::Month), months);
    assert_eq!(starts(first, first, Period::Month), [date(2026, 12, 1)]);
}

#[test]
fn a_range_has_a_date_and_at_most_five_years() {
    let first = date(2026, 1, 1);
    let long = first.saturating_add((i32::from(limits::REPORT_DAYS) - 1).days());
    assert!(Range::new(first, long, Period::Week).is_some());
    assert_eq!(Range::new(first, next_day(long), Period::Week), None);
    assert_eq!(Range::new(next_day(first), first, Period::Week), None);
}

#[test]
fn hours_are_offered_booked_turned_over_idle_or_beyond() {
    let [h1, h2] = ["h1", "h2"].map(|slug| room(slug, "halifax", &BAR_ROOM));
    let under_bars = slot(&ashiatsu(), &h1, "ann", DAY, 10);
    let not_kept = Appointment {
        state: State::NoShow {
            at: local(DAY, 16, 0),
        },
        ..appointment(2, 2, slot(&ashiatsu(), &h2, "bea", DAY, 15))
    };
    let repair = outage(
        1,
        &table(),
        OutageTarget::Room,
        cell(DAY, 12, 0),
        Some(cell(DAY, 13, 0)),
    );
    let loose = outage(2, &h2, OutageTarget::Bars, cell(DAY, 0, 0), None);
    let clinic = Records::small(DAY)
        .with(appointment(1, 1, under_bars))
        .with(not_kept)
        // Its turnover passes closing.
        .with(massaged(3, DAY, 20, State::Booked))
        .with(repair)
        .with(loose)
        .clinic();
    let one_day = Range::new(DAY, DAY, Period::Week).unwrap();
    let found = only(&utilization(&clinic, the_site(&clinic), &one_day));
    let rooms = Use {
        offered: 5 * 720 - 60,
        booked: 120,
        turnover: 30,
        idle: 5 * 720 - 60 - 75 - 60,
        beyond: 15,
    };
    assert_eq!(found.rooms, rooms);
    let bar_rooms = Use {
        offered: 720,
        booked: 60,
        turnover: 15,
        idle: 645,
        beyond: 0,
    };
    assert_eq!(found.bar_rooms, bar_rooms);
    let therapists = Use {
        offered: 3 * 720,
        booked: 120,
        turnover: 15,
        idle: 3 * 720 - 70 - 60,
        beyond: 5,
    };
    assert_eq!(found.therapists, therapists);
}

#[test]
fn a_day_has_as_many_hours_as_the_clocks_say() {
    for (day, hours) in [(date(2027, 3, 14), 23), (date(2027, 11, 7), 25), (DAY, 24)] {
        let open = Site {
            hours: crate::model::WeekHours::daily(opening(0, 24)),
            ..site("halifax")
        };
        let clinic = Records::new().with(open).with(table()).clinic();
        let range = Range::new(day, day, Period::Day).unwrap();
        let rows = utilization(&clinic, the_site(&clinic), &range);
        let [row] = rows.as_slice() else {
            panic!("{rows:?}")
        };
        assert_eq!(row.figures.rooms.offered, hours * 60, "{day}");
    }
}

#[test]
fn every_appointment_came_to_something_but_one_that_was_undone() {
    let clinic = Records::small(DAY)
        .with(massaged(1, DAY, 9, completed(local(DAY, 9, 0), None)))
        .with(massaged(2, DAY, 10, State::Booked))
        .with(massaged(
            3,
            DAY,
            11,
            State::NoShow {
                at: local(DAY, 12, 0),
            },
        ))
        .with(massaged(
            4,
            DAY,
            12,
            cancelled(CancelReason::Illness, false),
        ))
        .with(massaged(
            5,
            DAY,
            13,
            cancelled(CancelReason::ClientRequest, true),
        ))
        .with(massaged(6, DAY, 14, cancelled(CancelReason::Undone, false)))
        // The last hour of the week, and the first of the next.
        .with(massaged(7, date(2026, 10, 18), 23, State::Confirmed))
        .with(massaged(8, date(2026, 10, 19), 0, State::Booked))
        .clinic();
    let expected = Attendance {
        appointments: 6,
        completed: 1,
        open: 2,
        no_shows: 1,
        cancelled: 1,
        cancelled_late: 1,
        lost_minutes: 120,
    };
    assert_eq!(
        only(&attendance(&clinic, the_site(&clinic), &week())),
        expected
    );
}

#[test]
fn a_screening_counts_as_it_was_at_the_start() {
    let broken = declaration(
        2,
        2,
        local(DAY, 12, 0),
        Some(("thrombosis", crate::model::When::Unknown)),
    );
    let barefoot = |number, hour: i8, state| Appointment {
        state,
        ..appointment(
            number,
            2,
            slot(
                &ashiatsu(),
                &room("h1", "halifax", &BAR_ROOM),
                "ann",
                DAY,
                hour,
            ),
        )
    };
    let unknown = |number, client| {
        appointment(
            number,
            client,
            slot(
                &ashiatsu(),
                &room("h2", "halifax", &BAR_ROOM),
                "bea",
                DAY,
                15,
            ),
        )
    };
    let clinic = Records::small(DAY)
        .with(broken)
        .with(barefoot(1, 10, completed(local(DAY, 10, 0), None)))
        .with(barefoot(2, 17, State::Booked))
        .with(barefoot(3, 11, cancelled(CancelReason::Screening, false)))
        // Client 1 was never asked.
        .with(unknown(4, 1))
        // What excludes from barefoot work, a therapist looks at otherwise.
        .with(massaged(5, DAY, 19, State::Booked))
        .clinic();
    let found = only(&screening_outcomes(&clinic, the_site(&clinic), &week()));
    let expected = ScreeningOutcomes {
        appointments: 5,
        clear: 2,
        needs_review: 1,
        incomplete: 1,
        excluded: 1,
        cancelled: 1,
        ..ScreeningOutcomes::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn turnovers_count_when_their_checklist_is_done() {
    let clinic = Records::small(DAY)
        .with(massaged(
            1,
            DAY,
            9,
            completed(local(DAY, 9, 0), Some((400, false))),
        ))
        .with(massaged(
            2,
            DAY,
            11,
            completed(local(DAY, 11, 0), Some((1_000, true))),
        ))
        .with(massaged(3, DAY, 13, completed(local(DAY, 13, 0), None)))
        .clinic();
    let expected = TurnoverTimes {
        turnovers: 2,
        late: 1,
        seconds: 1_400,
        longest_seconds: 1_000,
    };
    assert_eq!(
        only(&turnover_times(&clinic, the_site(&clinic), &week())),
        expected
    );
}

fn waits(number: u64, sites: &[&str], since: Timestamp, state: WaitState) -> WaitlistEntry {
    WaitlistEntry {
        id: WaitlistId::new(number),
        client: crate::id::ClientId::new(2),
        wanted: Wanted {
            service: massage().id,
            extensions: Vec::new(),
            sites: sites.iter().map(|site| site_id(site)).collect(),
            windows: Vec::new(),
            therapist: WantedTherapist::Anyone,
            note: String::new(),
        },
        since,
        by: KeyId::new(1),
        state,
        passed: Vec::new(),
    }
}

#[test]
fn an_entry_counts_where_its_client_would_come_and_by_what_became_of_it() {
    let booked = |number, minutes| WaitState::Booked {
        appointment: AppointmentId::new(number),
        at: local(DAY, 9, 0) + SignedDuration::from_mins(minutes),
    };
    let since = local(DAY, 9, 0);
    let elsewhere = room("d3", "dartmouth", &[crate::model::Equipment::Table]);
    let withdrawn = WaitState::Withdrawn {
        at: local(DAY, 10, 0),
        by: KeyId::new(1),
    };
    let passed = |site: &str, how| Passed {
        site: site_id(site),
        therapist: therapist_id("cas"),
        time: Interval::new(cell(DAY, 9, 0), cell(DAY, 10, 0)).unwrap(),
        how,
        at: since,
    };
    let both = ["halifax", "dartmouth"];
    let choosy = WaitlistEntry {
        passed: vec![
            passed("halifax", PassedOver::Declined),
            passed("dartmouth", PassedOver::Declined),
            passed("halifax", PassedOver::Lapsed),
        ],
        ..waits(4, &both, since, WaitState::Waiting)
    };
    let clinic = Records::small(DAY)
        .with(site("dartmouth"))
        .with(massaged(1, DAY, 9, State::Booked))
        .with(appointment(
            2,
            2,
            slot(&massage(), &elsewhere, "ann", DAY, 12),
        ))
        .with(waits(1, &both, since, booked(1, 90)))
        .with(waits(2, &both, since, booked(2, 40)))
        .with(waits(3, &["halifax"], since, withdrawn))
        .with(choosy)
        .with(waits(5, &["dartmouth"], since, WaitState::Waiting))
        .with(waits(
            6,
            &["halifax"],
            local(date(2026, 10, 19), 0, 0),
            WaitState::Waiting,
        ))
        .clinic();
    let expected = WaitlistConversion {
        entries: 4,
        booked: 1,
        booked_elsewhere: 1,
        withdrawn: 1,
        waiting: 1,
        waited_minutes: 90,
        declined: 1,
        lapsed: 1,
        released: 0,
    };
    assert_eq!(
        only(&waitlist_conversion(&clinic, the_site(&clinic), &week())),
        expected
    );
}
