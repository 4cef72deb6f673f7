//! The server is killed while somebody books: the screen says so, the draft stays, and goes on when the server is back.

use anyhow::Result;
use treadwell_api::v1::AppointmentState;
use treadwell_tests::clinic_day;

use crate::{
    book::{what, who},
    clinic::{Clinic, MORNING, SMALL},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_survives_a_killed_server() -> Result<()> {
    let mut clinic = Clinic::open(MORNING).await?;
    clinic_day::client(&clinic.owner, "Nora Field").await?;
    let mut console = clinic.console(SMALL);
    who(&mut console, "Nora Field");
    what(&mut console, "Ashiatsu 60");
    console.sees("earliest");
    console.keys("<enter>");
    console.sees("[?] HELD until 09:0").sees("(5 min)");
    console.keys("nnnn").sees("7 questions not asked");

    clinic.kill()?;
    console.sees("[STALE");
    // What was chosen and answered is there, and more can be answered; but nothing is sent.
    console.sees("Nora Field").sees("[?] HELD");
    console.keys("nnnnnnn").sees("not recorded yet");
    console.keys("<ctrl-r>").sees("Nothing was confirmed");

    // Two minutes and a half later by the clinic's clock: the hold's countdown has gone on.
    clinic.start("2026-10-13T12:02:30Z").await?;
    console.sees("[LIVE").sees("(3 min)");
    assert!(clinic.appointments().await?.is_empty());
    console.keys("<ctrl-r>").sees("ready: Enter books");
    console.keys("<enter>").sees("Booked: Nora Field");
    let visit = clinic.appointment_of("Nora Field").await?;
    assert_eq!(visit.state(), AppointmentState::Booked);

    // Without a server it can be left as well.
    clinic.kill()?;
    console.sees("[STALE");
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}
