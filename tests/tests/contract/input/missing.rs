//! Ids of what is not there.

use anyhow::Result;
use prost::Message;
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, ExtendSessionRequest, GetAppointmentRequest,
    GetClientRequest, GetDaySheetRequest, GetTherapistRequest, ListRoomsRequest,
    MoveAppointmentRequest, OpenOutageRequest, Outage, Reason, RecordDeclarationRequest,
    ReleaseHoldRequest, RemoveShiftRequest, ScreenRequest, SearchAvailabilityRequest,
    StartSessionRequest, TickTurnoverRequest, WatchRequest,
};
use treadwell_tests::wire::refused;

use super::{Wrong, all_refused, booking, good, no, s};
use crate::clinic::{Clinic, call, today};

fn table(client: &str) -> Vec<Wrong> {
    let with = |change: fn(&mut Appointment)| -> BookAppointmentRequest {
        let mut appointment = good(client);
        change(&mut appointment);
        booking(appointment)
    };
    let gone = || s("apt-9zzzzz");
    let slug = || s("nowhere");
    let leak = || Outage {
        room_id: slug(),
        reason: s("A leak"),
        ..Default::default()
    };
    wrong! {
        "a client": with(|it| it.client_id = s("cli-9zzzzz")) => NotFound;
        "a service": with(|it| it.service_id = s("hot-stone")) => NotFound;
        "a site": with(|it| it.site_id = s("sydney")) => NotFound;
        "a room": with(|it| it.room_id = s("h99")) => NotFound;
        "a therapist": with(|it| it.therapist_id = s("nobody")) => NotFound;
        "an appointment": GetAppointmentRequest { appointment_id: gone() } => NotFound;
        "to start": StartSessionRequest { appointment_id: gone(), ..Default::default() } => NotFound;
        "to extend": ExtendSessionRequest { appointment_id: gone(), minutes: 15, ..Default::default() } => NotFound;
        "to move": MoveAppointmentRequest { appointment_id: gone(), start: today(900), ..Default::default() }
            => NotFound;
        "client to read": GetClientRequest { client_id: s("cli-9zzzzz"), at: None } => NotFound;
        "client to screen": ScreenRequest { client_id: s("cli-9zzzzz"), ..Default::default() } => NotFound;
        "declaration of nobody":
            RecordDeclarationRequest { client_id: s("cli-9zzzzz"), answers: vec![no("fracture")], ..Default::default() }
            => NotFound;
        "therapist to read": GetTherapistRequest { therapist_id: slug() } => NotFound;
        "site's sheet": GetDaySheetRequest { site_id: slug(), date: None } => NotFound;
        "site's rooms": ListRoomsRequest { site_ids: vec![slug()], ..Default::default() } => NotFound;
        "shift": RemoveShiftRequest { shift_id: s("shf-9zzzzz"), ..Default::default() } => NotFound;
        "room in turnover": TickTurnoverRequest { room_id: slug(), ..Default::default() } => NotFound;
        "room to take out":
            OpenOutageRequest { outage: Some(leak()), ..Default::default() }
            => NotFound;
        "service to search": SearchAvailabilityRequest { service_id: slug(), ..Default::default() } => NotFound;
        "site to watch": WatchRequest { site_ids: vec![slug()], ..Default::default() } => NotFound;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    for no in all_refused(&clinic, table(&client)).await? {
        assert!(!no.metadata["kind"].is_empty(), "{no:?}");
    }
    // A hold that lapsed is as one that never was.
    let release = ReleaseHoldRequest {
        hold_id: "hold-9zzzzz".to_owned(),
        ..ReleaseHoldRequest::default()
    };
    let method = ("AppointmentService/ReleaseHold".to_owned(), false);
    let answer = call(&clinic.owner, &method, release.encode_to_vec()).await;
    refused(answer, Reason::HoldGone);
    Ok(())
}
