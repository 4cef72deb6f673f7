//! Booking at the desk, end to end: what the screen says is what the API has.

use anyhow::Result;
use treadwell_api::v1::{AppointmentState, GetClientRequest, ListDeclarationsRequest, LocalDate};
use treadwell_tests::{clinic_day, terminal::Terminal};

use crate::clinic::{Clinic, MORNING, SMALL};

/// Questions of either rule set.
pub(crate) const QUESTIONS: usize = 11;

/// Types an existing client's name on Book and chooses them.
pub(crate) fn who(console: &mut Terminal, name: &str) {
    console.keys("b").sees("name or phone");
    console.keys(name).until(name, |screen| {
        // Found, not only typed: the row below the field.
        screen.contents().matches(name).count() > 2
    });
    console.keys("<enter>").sees("no service chosen");
}

/// Chooses the service, with the list of services open.
pub(crate) fn what(console: &mut Terminal, service: &str) {
    console.sees("Reflex foot massage 45");
    console.go("<down>", service).keys("<enter>");
    console.sees("from (empty: now)");
}

/// Answers every question with no, and records that.
pub(crate) fn all_no(console: &mut Terminal) {
    console.sees("<not asked>");
    console.keys(&"n".repeat(QUESTIONS)).misses("<not asked>");
    console.keys("<ctrl-r>").sees("ready: Enter books");
    console.stands_on("Enter: book");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_booked_with_all_questions_asked() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let client_id = clinic_day::client(&clinic.owner, "Nora Field").await?;
    let mut console = clinic.console(SMALL);
    who(&mut console, "Nora Field");
    what(&mut console, "Ashiatsu 60");
    console.sees("earliest");
    console.keys("<enter>");
    console.sees("[?] HELD until 09:0").sees("min)");
    console
        .sees("11 questions not asked")
        .sees("5 Confirm    blocked");
    assert!(
        clinic.appointments().await?.is_empty(),
        "a hold is no booking"
    );
    all_no(&mut console);
    console.keys("<enter>").sees("Booked: Nora Field");

    let visit = clinic.appointment_of("Nora Field").await?;
    assert_eq!(visit.client_id, client_id);
    assert_eq!(visit.service_id, "ashiatsu-60");
    assert_eq!(visit.state(), AppointmentState::Booked);
    assert!(
        ["h1", "h2", "h4", "d1", "d2"].contains(&visit.room_id.as_str()),
        "a room with bars: {visit:?}"
    );
    let asked = ListDeclarationsRequest {
        client_id,
        ..ListDeclarationsRequest::default()
    };
    let declarations = clinic.owner.list_declarations(asked).await?.declarations;
    let answers = declarations.first().map_or(0, |it| it.answers.len());
    assert_eq!(answers, QUESTIONS);
    // The board has it too, without being asked.
    console.sees("HALIFAX").sees("[LIVE");
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_in_who_is_new_gets_the_first_free_place() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    let mut console = clinic.console(SMALL);
    console.keys("W").sees("walk-in");
    console.go("<down>", "Therapeutic massage 60");
    // The place is held before anybody knows who it is for.
    console
        .keys("<enter>")
        .sees("[?] HELD until")
        .sees("name or phone");
    console.keys("Vera Walk").sees("a new client: Vera Walk");
    console
        .keys("<enter>")
        .sees("New client")
        .sees("born (YYYY-MM-DD)");
    console.keys("<tab>902-555-0144<tab>1990-01-31<tab>");
    console.sees("1990-01-31");
    console.keys("<enter>");
    console.sees("Vera Walk added");
    all_no(&mut console);
    console.keys("<enter>").sees("Booked: Vera Walk");

    let visit = clinic.appointment_of("Vera Walk").await?;
    let from = clinic_day::start(0, 0).seconds;
    let start = visit.start.unwrap_or_default().seconds;
    assert!(
        (from..from + 900).contains(&start),
        "as soon as it is possible: {visit:?}"
    );
    assert!(
        !["h1", "h2", "h4", "d1", "d2"].contains(&visit.room_id.as_str()),
        "no bar room for work without bars: {visit:?}"
    );
    let client = GetClientRequest {
        client_id: visit.client_id,
        ..GetClientRequest::default()
    };
    let client = clinic
        .owner
        .get_client(client)
        .await?
        .client
        .unwrap_or_default();
    assert_eq!(client.phone, "902-555-0144");
    let born = LocalDate {
        year: 1990,
        month: 1,
        day: 31,
    };
    assert_eq!(client.born, Some(born));
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_shows_what_becomes_of_each_before_it_is_booked() -> Result<()> {
    let clinic = Clinic::open(MORNING).await?;
    clinic_day::client(&clinic.owner, "Nora Field").await?;
    let mut console = clinic.console(SMALL);
    who(&mut console, "Nora Field");
    what(&mut console, "Ashiatsu 60");
    console.sees("earliest");
    console.keys("<enter>").sees("[?] HELD until 09:0");
    all_no(&mut console);
    // Round to how it repeats.
    console.keys(&"<tab>".repeat(7)).keys("1d 20");
    console.sees("and every day, 20 times");
    console
        .keys("<enter>")
        .stands_on("see what becomes of each");
    console.keys("<enter>").sees("Book a series");
    console.sees("of 20 can not be had").sees("is closed");
    assert!(clinic.appointments().await?.is_empty(), "only tried out");
    console.keys("y").sees("of 20; the first is Nora Field");

    let booked = clinic.appointments().await?;
    let sundays = 3;
    assert!(
        booked.len() <= 20 - sundays && booked.len() > 10,
        "{booked:?}"
    );
    for visit in &booked {
        let place = visit.series.as_ref();
        assert_eq!(place.map(|place| place.of), Some(20), "{visit:?}");
    }
    console.keys("q").ends();
    console.is_restored();
    Ok(())
}
