//! The Staff screen.

use treadwell_api::v1;

use super::{Desk, client, open};
use crate::tui::screens::Screen;

#[tokio::test]
async fn what_expires_is_renewed_and_what_was_learned_is_entered() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit_as(&demo, &demo.owner, (100, 30)).await;
    desk.keys("!/registration<enter>").await;
    desk.sees("Roy: Registration is valid through 2026-11-30");
    desk.keys("<enter>").await;
    assert_eq!(desk.model.screen, Screen::Staff);
    desk.keys("/<ctrl-u><enter>").await;
    desk.sees("Registration: M-1055 until 2026-11-30");
    desk.sees("12h00 of 20h00 since 2024-10-15");
    desk.sees("until 2027-05-31");
    desk.keys("r").await;
    desk.sees("ashiatsu until 2027-05-31");
    desk.keys("<tab>2026-11-30<enter><enter>").await;
    desk.sees("later than 2026-11-30");
    desk.keys("<up><ctrl-u>2027-11-30<enter><enter>").await;
    desk.sees("Renewed.");
    desk.sees("Registration: M-1055 until 2027-11-30");
    desk.keys("aAnatomy of the neck<tab><tab><right><tab>1.2<enter><enter><enter><enter><enter><right><enter><enter><enter>")
        .await;
    desk.sees("How long? Hours, such as 1.5.");
    desk.keys(
        "<up><up><up><up><up><up><up><ctrl-u>1.25<enter><enter><enter><enter><enter><enter><enter><enter>",
    )
    .await;
    desk.sees("In the training log: Anatomy of the neck.");
    desk.sees("13h15 of 20h00");
    desk.keys("<enter>").await;
    desk.sees("2026-10-14 1h15 workshop: Anatomy of the neck (education)");
    desk.sees("Pace and pressure from the bars");

    // It is corrected, and all that is not touched stays.
    desk.keys("<esc>e<enter>").await;
    desk.sees("Edit training");
    desk.model.size = (80, 24);
    insta::assert_snapshot!("edit_training_80x24", desk.screen());
    desk.model.size = (100, 30);
    desk.keys("<tab><tab><tab><ctrl-u>2.5<enter><enter><enter>nerves")
        .await;
    desk.keys(&"<enter>".repeat(6)).await;
    desk.sees("In the training log: Anatomy of the neck.");
    desk.sees("14h30 of 20h00");
    desk.keys("<enter>").await;
    desk.sees("2026-10-14 2h30 workshop: Anatomy of the neck (education)");
    // And removed, after a question.
    desk.keys("<enter>").await;
    desk.sees("nerves");
    desk.keys(&"<tab>".repeat(11)).await;
    desk.keys("<right><enter>").await;
    desk.sees("Remove it from the training log of all of them?");
    desk.keys("y").await;
    desk.sees("Removed from the training log.");
    desk.sees("12h00 of 20h00");
    demo.handle.stop().await;
}

#[tokio::test]
async fn the_desk_sees_who_may_do_what_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("P/tremblay<enter>").await;
    desk.sees("Tremblay, Wed 14 Oct");
    desk.sees("NO: no ashiatsu");
    let picture = desk.screen();
    assert!(!picture.contains("Education"), "{picture}");
    assert!(!picture.contains("Add training"), "{picture}");
    desk.keys("a").await;
    desk.sees("Only owners and managers may do that.");
    desk.keys("e").await;
    desk.sees("Only owners and managers may do that.");
    // Enter shows all that the desk may see, and asks for nothing else.
    desk.keys("<enter>").await;
    desk.sees("Enter or Esc closes.");
    desk.sees("NO: no ashiatsu");
    let picture = desk.screen();
    assert!(!picture.contains("may not do that"), "{picture}");
    demo.handle.stop().await;
}

#[tokio::test]
async fn therapists_see_what_they_learned_themselves_and_the_footer_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let request = v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: "Roy".to_owned(),
            role: v1::Role::Therapist.into(),
            therapist_id: "roy".to_owned(),
            ..v1::Key::default()
        }),
    };
    let made = client(&demo, &demo.owner).create_key(request).await;
    let secret = made.expect("a key").secret;
    let mut desk = Desk::sit_as(&demo, &secret, (80, 24)).await;
    desk.keys("P/roy<enter>").await;
    desk.sees("Enter training");
    desk.keys("<enter>").await;
    desk.sees("Training of Roy");
    desk.keys("<esc>/<ctrl-u>tremblay<enter>").await;
    desk.sees("Enter open");
    desk.keys("<enter>").await;
    desk.sees("NO: no ashiatsu");
    demo.handle.stop().await;
}
