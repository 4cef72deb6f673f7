//! The Repair screen.

use super::{Desk, open};
use crate::tui::screens::Screen;

#[tokio::test]
async fn what_an_outage_hits_is_mended_and_who_is_called_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    desk.keys("M").await;
    assert_eq!(desk.model.screen, Screen::Repair);
    desk.sees("What is unsound today at Halifax");
    let plan = desk.model.repair.plan.clone().expect("it has come");
    assert!(
        !plan.repairs.is_empty(),
        "the story has a bar room out: {plan:?}"
    );
    desk.sees("Cost: ");
    desk.keys("<enter>").await;
    desk.sees("Apply the repair");
    desk.keys("y").await;
    let calls = desk.model.repair.calls.clone();
    let moved = plan.repairs.iter().filter(|it| it.at_once).count();
    let asked = plan.repairs.iter().filter(|it| it.r#move.is_some()).count() - moved;
    assert_eq!(calls.len(), asked);
    demo.handle.stop().await;
}
