//! The Reports screen.

use std::collections::BTreeSet;

use super::{Desk, client, open};
use crate::tui::{
    event::{Event, LinkChange},
    screens::Screen,
    update::update,
};

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
    desk.sees("Only owners and managers see this report. F4 hands the desk over.");
    desk.keys("n").await;
    desk.sees("Turnover times of Dartmouth");
    desk.sees("longest");
    desk.keys("nn").await;
    desk.sees("Stock use of Dartmouth");
    // Mats are washed and not used up: twelve figures on, lotion is.
    desk.keys(&"<down>".repeat(12)).await;
    desk.sees("Lotion (ml): used");
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
    desk.sees("rooms: used");
    desk.sees(" bar rooms ");
    desk.sees("####");
    // What happens meanwhile does not have it counted again; that is asked for.
    let later = Event::Changed(desk.model.revision + 1);
    assert_eq!(update(&mut desk.model, later).len(), 0);
    desk.keys("<enter>").await;
    desk.sees("rooms: used");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_report_that_the_desk_may_not_see_is_there_for_whom_it_is_handed_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("Gn").await;
    desk.sees("Screening of Halifax");
    desk.sees("Only owners and managers see this report.");
    desk.keys("<f4>").await;
    desk.types(&demo.owner).await;
    desk.keys("<enter>").await;
    desk.client = client(&demo, &demo.owner);
    desk.event(Event::Link(LinkChange::Live)).await;
    desk.keys("Gnn").await;
    desk.sees("Screening of Halifax");
    desk.sees("####");
    demo.handle.stop().await;
}

#[tokio::test]
async fn every_figure_of_the_stock_is_seen_to_be_of_its_item() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::sit(&demo, size).await;
        desk.keys("Gnnnn").await;
        desk.sees("Stock use of Halifax");
        let mut all = BTreeSet::new();
        loop {
            let screen = desk.screen();
            let (shown, focus) = figures(&screen);
            let count = shown.len();
            let told_apart: BTreeSet<_> = shown.into_iter().collect();
            assert_eq!(told_apart.len(), count, "{screen}");
            // The chart is of the figure that the list says has the focus.
            assert!(
                screen.contains(&format!("{}: {}", focus.0, focus.1)),
                "{screen}"
            );
            all.extend(told_apart);
            let before = screen;
            desk.keys("<down>").await;
            if desk.screen() == before {
                break;
            }
        }
        let items: BTreeSet<_> = all.iter().map(|(of, _)| of).collect();
        assert_eq!(all.len(), 12 * items.len(), "{all:?}");
        assert!(items.len() > 3, "{items:?}");
    }
    demo.handle.stop().await;
}

type Named = (String, String);

/// What and of what the figures are that the list shows, and the one in focus.
fn figures(screen: &str) -> (Vec<Named>, Named) {
    let list: Vec<String> = screen
        .lines()
        .skip_while(|line| !line.starts_with("  figure"))
        .skip(1)
        .map(|line| line.chars().take(38).collect::<String>())
        .take_while(|line| !line.trim().is_empty() && !line.starts_with('-'))
        .collect();
    let (mut of, mut shown, mut focus) = (String::new(), Vec::new(), None);
    for line in list {
        let words = line.trim_start_matches('>').trim();
        match words.rsplit_once("  ") {
            Some((label, _)) => {
                assert!(!of.is_empty(), "{label} is of nothing:\n{screen}");
                let named = (of.clone(), label.trim().to_owned());
                if line.starts_with('>') {
                    focus = Some(named.clone());
                }
                shown.push(named);
            }
            None => words.clone_into(&mut of),
        }
    }
    (shown, focus.expect("a figure has the focus"))
}
