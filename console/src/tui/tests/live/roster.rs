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
    desk.keys("<left>a11-13<enter>").await;
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
    assert!(!desk.screen().contains("time Off"), "{}", desk.screen());
    desk.keys("T/roy<enter>X").await;
    desk.sees("Only owners and managers may do that.");
    desk.keys("a").await;
    desk.sees("Only owners and managers may do that.");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_week_and_closed_days_are_set_where_the_roster_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit_as(&demo, &demo.owner, (100, 30)).await;
    desk.keys("H/chen<enter>").await;
    desk.keys(&">".repeat(12)).await;
    desk.sees("Halifax  < Mon 4 Jan - Sun 10 Jan >");
    desk.keys("e").await;
    desk.sees("Chen at Halifax");
    desk.keys("mon-fri 9-12/10-10:15<tab><tab><tab><enter>")
        .await;
    desk.sees("Chen from 2027-01-04: mon 09:00-12:00/10:00-10:15");
    desk.sees("It hits no appointment.");
    desk.keys("y").await;
    desk.sees("The week is set.");
    desk.sees("> 09:00-12:00, break 10:00-10:15");
    desk.keys("e").await;
    desk.sees("change it");
    desk.keys("<left>").await;
    desk.sees("remove it");
    desk.keys("<enter><enter><enter><enter><enter>").await;
    desk.sees("Remove this week and its shifts.");
    desk.keys("y").await;
    desk.sees("The week is removed.");
    desk.keys("x<tab><tab><tab>burst pipe<enter>").await;
    desk.sees("Close Halifax.");
    desk.keys("y").await;
    desk.sees("The closed days are set.");
    desk.keys("x").await;
    desk.sees("open again");
    desk.sees("burst pipe");
    desk.keys("<enter><enter><enter><enter>").await;
    desk.sees("Open again Halifax.");
    desk.keys("y").await;
    desk.sees("The closed days are set.");
    // Something new is kept in stock by a form, too.
    desk.keys("Ka").await;
    desk.keys("Massage oil<tab>massage-oil<tab><tab>ml<tab><tab><ctrl-u>many<enter>")
        .await;
    desk.sees("Par? A whole number.");
    desk.keys("<ctrl-u>100<enter>").await;
    desk.sees("Massage oil is kept at Halifax now.");
    desk.keys("/massage<enter>").await;
    desk.sees("LOW");
    demo.handle.stop().await;
}
