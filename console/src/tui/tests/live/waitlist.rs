//! The Waitlist screen.

use treadwell_api::v1::AttentionKind;

use super::{Desk, open};
use crate::tui::screens::{Screen, board};

#[tokio::test]
async fn a_place_is_offered_told_of_and_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    desk.keys("w").await;
    assert_eq!(desk.model.screen, Screen::Waitlist);
    desk.sees("1 Umar Sadiq");
    desk.sees("First: waits since");
    desk.sees("wed,thu,fri 14:00-20:00");
    desk.keys("p").await;
    desk.sees("Nothing is offered to Umar Sadiq yet");
    desk.keys("<enter>").await;
    desk.sees("call by 14:");
    desk.keys("p").await;
    desk.sees("answers by 14:");
    desk.keys("a").await;
    desk.sees("Booked: Umar Sadiq");
    // Screening stands against who is first now: Enter says so, and offers nothing.
    desk.sees("1 Otto Brandt");
    desk.keys("<home><enter>").await;
    desk.sees("Otto Brandt: First: waits since");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_declined_offer_asks_and_passes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("w<enter>n").await;
    desk.sees("Offer declined");
    desk.sees("Umar Sadiq: ");
    desk.keys("n").await;
    desk.sees("call by 14:");
    desk.keys("n").await;
    desk.keys("y").await;
    desk.sees("Declined.");
    desk.keys("<end>X").await;
    desk.sees("Take them off the waitlist?");
    desk.keys("y").await;
    desk.sees("Off the waitlist.");
    demo.handle.stop().await;
}

#[tokio::test]
async fn enter_on_the_board_makes_the_offer() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    let needs = board::needs(&desk.model);
    let fits = |kind: AttentionKind| kind == AttentionKind::WaitlistFits;
    let need = needs.iter().position(|need| fits(need.kind()));
    desk.model.board.need = need.expect("somebody could have a place today");
    desk.model.board.in_needs = true;
    desk.sees("Waitlist: ");
    desk.keys("<enter>").await;
    desk.sees("Call them, then press p.");
    let needs = board::needs(&desk.model);
    assert!(
        needs
            .iter()
            .any(|need| need.kind() == AttentionKind::OfferOpen)
    );
    demo.handle.stop().await;
}

#[tokio::test]
async fn somebody_is_found_and_put_on_the_waitlist() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    desk.keys("w<ctrl-n>").await;
    desk.sees("Find who waits, then press A.");
    desk.keys("jude<enter>A").await;
    desk.sees("Jude Conrad waits for a place.");
    // Every field down to the last is left as it is, and the service is needed.
    desk.keys("<enter><enter><enter><enter><enter><enter><enter>")
        .await;
    desk.sees("There is no service");
    desk.keys("<up><up><up><up><up><up>ashiatsu-60<down><down>halifax<down>fri 9-")
        .await;
    desk.keys("<down><down><down><enter>").await;
    desk.sees("is no window");
    desk.keys("<up><up><up>12<down><down><down><enter>").await;
    desk.sees("On the waitlist: ");
    desk.keys("w").await;
    desk.sees("Jude Conrad");
    desk.keys("<end>").await;
    desk.sees("Ashiatsu 60, Halifax; fri 09:00-12:00");
    demo.handle.stop().await;
}
