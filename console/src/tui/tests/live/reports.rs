//! The Reports screen.

use super::{Desk, open};
use crate::tui::{event::Event, screens::Screen, update::update};

#[tokio::test]
async fn figures_are_shown_with_their_bars_week_by_week() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("G").await;
    assert_eq!(desk.model.screen, Screen::Reports);
    desk.sees("Attendance of Halifax");
    desk.sees("< 27 Jul - 18 Oct >");
    desk.sees("no shows");
    desk.sees("12 Oct");
    desk.sees("####");
    desk.keys("L").await;
    desk.sees("Attendance of Dartmouth");
    desk.keys("n").await;
    desk.sees("Screening of Dartmouth");
    desk.sees("may not");
    desk.keys("n").await;
    desk.sees("Turnover times of Dartmouth");
    desk.sees("longest");
    desk.keys("nn").await;
    desk.sees("Stock use of Dartmouth");
    desk.sees("Lotion (ml): used");
    // Mats are washed and not used up: twelve figures on, lotion is.
    desk.keys(&"<down>".repeat(12)).await;
    desk.sees("####");
    desk.keys("nnnn").await;
    desk.sees("Turnover times of Dartmouth");
    desk.keys(",<left>").await;
    desk.sees("4 May");
    demo.handle.stop().await;
}

#[tokio::test]
async fn who_runs_the_clinic_sees_how_it_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit_as(&demo, &demo.owner, (120, 40)).await;
    desk.keys("G").await;
    desk.sees("Utilization of Halifax");
    desk.sees("bar rooms: used");
    desk.sees("####");
    // What happens meanwhile does not have it counted again; that is asked for.
    let later = Event::Changed(desk.model.revision + 1);
    assert_eq!(update(&mut desk.model, later).len(), 0);
    desk.keys("<enter>").await;
    desk.sees("bar rooms: used");
    demo.handle.stop().await;
}
