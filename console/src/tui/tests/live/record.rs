//! A client's record, from their page.

use super::{Desk, open};

#[tokio::test]
async fn an_owner_sees_how_long_a_record_is_kept_and_takes_it_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let path = folder.path().join("jude.json");
    let mut desk = Desk::sit_as(&demo, &demo.owner, (120, 40)).await;
    desk.keys("cjude<enter>").await;
    desk.sees("Records are kept until 20");
    desk.keys("F").await;
    desk.sees("All that is held about Jude Conrad");
    desk.keys("<enter><enter>").await;
    desk.sees("Why? The audit log says so");
    desk.keys("<up>he asked<down>").await;
    desk.types(path.to_str().expect("a path")).await;
    desk.keys("<enter>").await;
    desk.sees("Only you can read ");
    let record = std::fs::read_to_string(&path).expect("it is written");
    assert!(record.contains("\"Jude Conrad\"") && record.contains("\"he asked\""));
    demo.handle.stop().await;
}

#[tokio::test]
async fn the_desk_takes_no_record_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("cjude<enter>F").await;
    desk.sees("Only an owner or a manager");
    assert!(!desk.screen().contains("Records are kept"));
    demo.handle.stop().await;
}
