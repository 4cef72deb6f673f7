//! What the console may write to a terminal: little, and nothing when nothing has changed. Slow lines are real.

use anyhow::Result;
use treadwell_api::v1::{
    AttestFootCareRequest, CheckInRequest, ConfirmAppointmentRequest, FinishSessionRequest,
    OpenOutageRequest, Outage, StartSessionRequest, TickTurnoverRequest,
};
use treadwell_tests::{
    clinic_day::{self, hands_on, named},
    terminal::{Terminal, frames},
};

use crate::clinic::{Clinic, MORNING, SMALL};

/// Bytes of the first paint at 80x24, from nothing to the whole board.
const FIRST_PAINT: usize = 12 * 1024;
/// Bytes for one event at 80x24.
const ONE_EVENT: usize = 250;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_paint_is_small() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let console = clinic.console(SMALL);
    let painted = console.written();
    assert!(painted <= FIRST_PAINT, "{painted} bytes");
    assert!(painted > 1000, "{painted} bytes are no board");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_for_what_is_not_shown() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let console = clinic.console(SMALL);
    console.sees("Front desk");
    let mark = console.written();
    // Each rings the doorbell, and the board is read anew; but it is the same.
    for number in 0..6 {
        clinic_day::client(&clinic.owner, &format!("Unseen {number}")).await?;
    }
    let soak = AttestFootCareRequest {
        write: named("soak"),
        therapist_id: "chen".to_owned(),
        ..AttestFootCareRequest::default()
    };
    clinic.owner.attest_foot_care(soak).await?;
    // This is seen; what was written until then is for this alone.
    out(&clinic, "h6").await?;
    console.sees("[x] OUT");
    let written = console.written_after(mark);
    assert_eq!(
        frames(&written),
        1,
        "{} bytes: {}",
        written.len(),
        written.escape_ascii()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_few_bytes() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let client_id = clinic.healthy_client("Omar Reid").await?;
    let request = hands_on("visit", &client_id, "dartmouth", 0, 0);
    let booked = clinic.owner.book_appointment(request).await?;
    let appointment_id = booked.appointment.unwrap_or_default().id;
    let console = clinic.console(SMALL);
    console.sees("Front desk").sees("[?] HELD");

    let mark = console.written();
    let confirm = ConfirmAppointmentRequest {
        write: named("confirm"),
        appointment_id: appointment_id.clone(),
    };
    clinic.owner.confirm_appointment(confirm).await?;
    let check_in = CheckInRequest {
        write: named("check in"),
        appointment_id: appointment_id.clone(),
        nothing_changed: false,
    };
    clinic.owner.check_in(check_in).await?;
    let start = StartSessionRequest {
        write: named("start"),
        appointment_id: appointment_id.clone(),
    };
    clinic.owner.start_session(start).await?;
    is_little(&console, mark, 3, "[#] IN SESSION");

    let mark = console.written();
    let finish = FinishSessionRequest {
        write: named("finish"),
        appointment_id,
        ..FinishSessionRequest::default()
    };
    clinic.owner.finish_session(finish).await?;
    is_little(&console, mark, 1, "0/5");

    let mark = console.written();
    let tick = TickTurnoverRequest {
        write: named("tick"),
        room_id: "d3".to_owned(),
        item_ids: vec!["floor-mats".to_owned()],
    };
    clinic.owner.tick_turnover(tick).await?;
    is_little(&console, mark, 1, "1/5");
    Ok(())
}

/// Waits for the text, and asserts that so many events, which one frame may show together, took few bytes each.
#[track_caller]
fn is_little(console: &Terminal, mark: usize, events: usize, text: &str) {
    console.sees(text);
    let written = console.written_after(mark);
    let each = written.len() / frames(&written).max(events);
    assert!(
        each <= ONE_EVENT,
        "{text}: {each} bytes an event: {}",
        written.escape_ascii()
    );
}

async fn out(clinic: &Clinic, room_id: &str) -> Result<()> {
    let outage = Outage {
        room_id: room_id.to_owned(),
        start: Some(clinic_day::start(0, 0)),
        reason: "the chair is repaired".to_owned(),
        ..Outage::default()
    };
    let request = OpenOutageRequest {
        write: named("outage"),
        outage: Some(outage),
    };
    clinic.owner.open_outage(request).await?;
    Ok(())
}
