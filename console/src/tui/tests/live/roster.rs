//! The Roster screen.

use super::{Desk, open};
use crate::tui::screens::Screen;

#[tokio::test]
async fn whom_time_off_hits_is_shown_before_it_is_entered() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit_as(&demo, &demo.owner, (120, 40)).await;
    desk.keys("H").await;
    assert_eq!(desk.model.screen, Screen::Roster);
    desk.sees("Halifax  < Mon 12 Oct - Sun 18 Oct >");
    desk.keys("/chen<enter>").await;
    desk.sees("Chen, Wed 14 Oct");
    desk.sees("> 08:00-16:00, break 11:30-12:00");
    desk.keys("O<tab>").await;
    desk.sees("the last day of it");
    desk.keys("<ctrl-u>fri<tab>tooth<enter>").await;
    desk.sees("would have to be moved; they are flagged, not cancelled:");
    desk.sees("is off Wed 14 Oct 14:");
    desk.keys("<esc>").await;
    desk.sees("> 08:00-16:00, break 11:30-12:00");
    // What was typed is still there.
    desk.keys("O").await;
    desk.sees("tooth");
    desk.keys("<tab><tab><enter>y").await;
    desk.sees("Time off is entered.");
    desk.sees("to be moved; see NEEDS YOU.");
    desk.sees(": tooth");
    desk.sees("8-16*");
    desk.keys("O").await;
    desk.sees("End it?");
    desk.keys("y").await;
    desk.sees("The time off is ended.");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_shift_is_changed_added_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit_as(&demo, &demo.owner, (80, 24)).await;
    desk.keys("H/chen<enter>").await;
    desk.keys("><right><right><enter>").await;
    desk.sees("[08:00-16:00/11:30-12:00");
    desk.keys("<ctrl-u>noon<enter>").await;
    desk.sees("is not hours; try");
    desk.keys("<ctrl-u>9-12<enter>").await;
    desk.sees("09:00-12:00, Halifax.");
    desk.keys("y").await;
    desk.sees("The shift is set.");
    desk.sees("> 09:00-12:00");
    desk.keys("a13-17:30<enter>").await;
    desk.sees("It hits no appointment.");
    desk.keys("y").await;
    desk.sees("9-12+1");
    desk.keys("<right>").await;
    desk.sees("> 13:00-17:30");
    desk.keys("X").await;
    desk.sees("Remove this shift.");
    desk.keys("y").await;
    desk.sees("The shift is removed.");
    // Two at once are refused in the form.
    desk.keys("a11-13<enter>").await;
    desk.sees("another shift at that time");
    demo.handle.stop().await;
}

#[tokio::test]
async fn the_desk_reads_the_roster_and_does_not_change_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("H").await;
    desk.sees("Halifax  < Mon 12 Oct - Sun 18 Oct >");
    desk.keys("L").await;
    desk.sees("Dartmouth  < Mon 12 Oct - Sun 18 Oct >");
    desk.keys("T/roy<enter>X").await;
    desk.sees("the role of this key may not do that");
    demo.handle.stop().await;
}
