use super::*;
use crate::cli::{
    report::Form,
    tests::fixture::{appointment, at, date, names},
};

fn day() -> v1::GetDaySheetResponse {
    let arrived = v1::Appointment {
        arrived_at: at("13:40"),
        state: v1::AppointmentState::Arrived.into(),
        note: "parking at the back".to_owned(),
        ..appointment("apt-1", "h1", "Joan Moss", "13:45", "14:45")
    };
    let flagged = v1::Appointment {
        flags: vec![v1::Flag {
            kind: v1::FlagKind::BarsNotSound.into(),
            text: "the bars of H1 are out then".to_owned(),
        }],
        ..appointment(
            "apt-2",
            "h1",
            "Aurélie Longlastname-Withhyphen",
            "15:00",
            "16:00",
        )
    };
    let cancelled = v1::Appointment {
        state: v1::AppointmentState::Cancelled.into(),
        ..appointment("apt-3", "h3", "Bo Gone", "16:00", "17:00")
    };
    v1::GetDaySheetResponse {
        revision: 41,
        date: date(2026, 10, 14),
        day_start: at("00:00"),
        day_end: at("+1 00:00"),
        opens_at: at("08:00"),
        closes_at: at("20:00"),
        appointments: vec![arrived, flagged, cancelled],
        holds: vec![v1::Hold {
            id: "hold-1".to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            room_id: "h3".to_owned(),
            therapist_id: "okafor".to_owned(),
            start: at("17:00"),
            end: at("18:00"),
            expires_at: at("14:11"),
            ..v1::Hold::default()
        }],
        outages: vec![v1::Outage {
            room_id: "h1".to_owned(),
            support_only: true,
            start: at("15:00"),
            end: at("+1 12:00"),
            reason: "loose bolt".to_owned(),
            ..v1::Outage::default()
        }],
        free_bar_rooms: vec![1, 1, 1, 0, 0, 0, 1, 1],
        free_bar_rooms_from: at("13:00"),
        ..v1::GetDaySheetResponse::default()
    }
}

fn sheet<'a>(day: &'a v1::GetDaySheetResponse, names: &'a Names) -> Sheet<'a> {
    Sheet {
        site_id: "halifax",
        zone: names.zone_of("halifax"),
        day,
        names,
    }
}

#[test]
fn the_day_is_a_table_with_what_matters_beside_it() {
    let (day, names) = (day(), names());
    let mut report = Report::default();
    text(&mut report, &sheet(&day, &names));
    insta::assert_snapshot!("day", report.render(Form::Text));
    insta::assert_snapshot!("day_plain", report.render(Form::Plain));
}

#[test]
fn the_paper_has_a_place_to_tick_and_fits_its_width() {
    let (day, names) = (day(), names());
    let paper = paper::print(&sheet(&day, &names));
    insta::assert_snapshot!("paper", paper);
    for line in paper.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 78, "{line}");
    }
    assert!(
        !paper.contains("Bo Gone"),
        "a cancelled client does not come"
    );
}

#[test]
fn the_paper_says_when_bars_are_out() {
    let names = names();
    let heading = |outage: Option<v1::Outage>| {
        let day = v1::GetDaySheetResponse {
            outages: outage.into_iter().collect(),
            ..day()
        };
        let paper = paper::print(&sheet(&day, &names));
        let mut lines = paper.lines().map(str::to_owned);
        lines
            .find(|line| line.starts_with("H1"))
            .expect("it is there")
    };
    let out = |start, end| {
        Some(v1::Outage {
            room_id: "h1".to_owned(),
            support_only: true,
            start,
            end,
            ..v1::Outage::default()
        })
    };
    assert_eq!(heading(None), "H1  BAR");
    assert_eq!(heading(out(at("07:00"), None)), "H1  bar-out all day");
    assert_eq!(
        heading(out(at("07:00"), at("12:00"))),
        "H1  BAR, bar-out until 12:00"
    );
    assert_eq!(
        heading(out(at("15:00"), None)),
        "H1  BAR, bar-out from 15:00"
    );
    assert_eq!(
        heading(out(at("12:00"), at("13:30"))),
        "H1  BAR, bar-out 12:00-13:30"
    );
    let mut lapsed = self::names();
    for room in &mut lapsed.catalog.rooms {
        room.inspection = None;
    }
    assert!(paper::print(&sheet(&day(), &lapsed)).contains("H1  bar-out all day"));
}

#[test]
fn a_closed_day_says_so() {
    let day = v1::GetDaySheetResponse {
        date: date(2026, 10, 18),
        ..v1::GetDaySheetResponse::default()
    };
    let names = names();
    let mut report = Report::default();
    text(&mut report, &sheet(&day, &names));
    assert_eq!(
        report.render(Form::Text),
        "HALIFAX  Sun 18 Oct 2026, closed\nNothing is booked.\n\n"
    );
}
