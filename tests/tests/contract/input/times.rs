//! Times that can not be: off the grid, back to front, of no calendar; and numbers out of range.

use anyhow::Result;
use prost::Message;
use prost_types::Timestamp;
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, ExplainSlotRequest, ExtendSessionRequest,
    GetDaySheetRequest, ListAppointmentsRequest, ListClientsRequest, ListFreeRoomsRequest,
    ListRoomsRequest, ListShiftsRequest, LocalDate, OpenOutageRequest, Outage, PutShiftRequest,
    Reason, SearchAvailabilityRequest, Shift,
};
use treadwell_tests::wire::refused;

use super::{Wrong, all_refused, booking, good, s};
use crate::clinic::{Clinic, call, today};

type Instant = Option<Timestamp>;

fn shift(start: Instant, end: Instant) -> PutShiftRequest {
    PutShiftRequest {
        shift: Some(Shift {
            therapist_id: "chen".to_owned(),
            site_id: "halifax".to_owned(),
            start,
            end,
            ..Shift::default()
        }),
        ..PutShiftRequest::default()
    }
}

fn outage(start: Instant, end: Instant) -> OpenOutageRequest {
    OpenOutageRequest {
        outage: Some(Outage {
            room_id: "h3".to_owned(),
            reason: "A leak".to_owned(),
            start,
            end,
            ..Outage::default()
        }),
        ..OpenOutageRequest::default()
    }
}

fn day(year: i32, month: i32, day: i32) -> GetDaySheetRequest {
    GetDaySheetRequest {
        site_id: "halifax".to_owned(),
        date: Some(LocalDate { year, month, day }),
    }
}

fn search(from: Instant, until: Instant, grid: i32, limit: i32) -> SearchAvailabilityRequest {
    SearchAvailabilityRequest {
        service_id: "hands-on-60".to_owned(),
        from,
        until,
        grid_minutes: grid,
        limit,
        ..SearchAvailabilityRequest::default()
    }
}

fn extend(minutes: i32) -> ExtendSessionRequest {
    ExtendSessionRequest {
        appointment_id: "apt-1".to_owned(),
        minutes,
        ..ExtendSessionRequest::default()
    }
}

fn slot(start: Instant) -> ExplainSlotRequest {
    ExplainSlotRequest {
        site_id: s("halifax"),
        service_id: s("hands-on-60"),
        start,
        ..ExplainSlotRequest::default()
    }
}

fn starts(client: &str) -> Vec<Wrong> {
    let at = |start: Instant| -> BookAppointmentRequest {
        booking(Appointment {
            start,
            ..good(client)
        })
    };
    let raw = |seconds, nanos| Some(Timestamp { seconds, nanos });
    wrong! {
        "no start": at(None) => ["appointment.start"];
        "a minute off the grid": at(today(11 * 60 + 1)) => ["appointment.start"];
        "a second off the grid": at(today(660).map(|it| Timestamp { seconds: it.seconds + 1, ..it }))
            => ["appointment.start"];
        "a nanosecond off the grid": at(today(660).map(|it| Timestamp { nanos: 1, ..it })) => ["appointment.start"];
        "negative nanoseconds": at(raw(1_800_000_000, -1)) => ["appointment.start"];
        "before all time": at(raw(i64::MIN, 0)) => ["appointment.start"];
        "after all time": at(raw(i64::MAX, 999_999_999)) => ["appointment.start"];
        "before the epoch": at(raw(-300, 0)) => ["appointment.start"];
    }
}

fn others() -> Vec<Wrong> {
    wrong! {
        "a shift that ends before it starts": shift(today(900), today(600)) => ["shift.end"];
        "a shift without length": shift(today(900), today(900)) => ["shift.end"];
        "a shift of more than a day": shift(today(900), today(900 + 24 * 60 + 5)) => ["shift.end"];
        "an outage that ends before it starts": outage(today(900), today(600)) => ["outage.end"];
        "a day that no calendar has": day(2026, 2, 30) => ["date"];
        "month 13": day(2026, 13, 1) => ["date"];
        "a year far off": day(9999, 1, 1) => ["date"];
        "the largest numbers": day(i32::MAX, i32::MIN, i32::MAX) => ["date"];
        "a window that ends before it starts": search(today(900), today(600), 0, 0) => ["until"];
        "a window of 32 days": search(today(0), today(32 * 24 * 60), 0, 0) => ["until"];
        "an odd grid": search(None, None, 7, 0) => ["grid_minutes"];
        "too many proposals": search(None, None, 0, 201) => ["limit"];
        "a negative number of proposals": search(None, None, 0, -1) => ["limit"];
        "free for less than nothing": ListFreeRoomsRequest { minutes: -5, ..Default::default() } => ["minutes"];
        "an extension by nothing": extend(0) => ["minutes"];
        "an extension by 7 minutes": extend(7) => ["minutes"];
        "appointments until before from":
            ListAppointmentsRequest { from: today(900), until: today(600), ..Default::default() }
            => ["until"];
        "shifts until before from": ListShiftsRequest { from: today(900), until: today(600), ..Default::default() }
            => ["until"];
        "shifts of two years": ListShiftsRequest { from: today(0), until: today(730 * 24 * 60), ..Default::default() }
            => ["until"];
        "a slot off the grid": slot(today(661)) => ["start"];
        "a page of 501": ListRoomsRequest { page_size: 501, ..Default::default() } => ["page_size"];
        "a page of -1": ListClientsRequest { page_size: -1, ..Default::default() } => ["page_size"];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_numbers_that_can_not_be_are_named() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    all_refused(&clinic, starts(&client)).await?;
    all_refused(&clinic, others()).await?;
    let past = booking(Appointment {
        start: today(8 * 60),
        ..good(&client)
    });
    let method = ("AppointmentService/BookAppointment".to_owned(), false);
    let answer = call(&clinic.owner, &method, past.encode_to_vec()).await;
    refused(answer, Reason::InThePast);
    Ok(())
}
