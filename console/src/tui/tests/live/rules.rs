//! Rule sets and forms in files.

use std::{fs, path::Path};

use super::{Desk, open};

/// Writes the questions of a rule set into a file.
async fn save(desk: &mut Desk, rule_set: &str, path: &Path) {
    desk.keys("I").await;
    desk.types(rule_set).await;
    desk.keys("<enter>").await;
    desk.types(path.to_str().expect("a path")).await;
    desk.keys("<enter>").await;
}

/// Names the file of an edit, and why.
async fn edit(desk: &mut Desk, path: &Path, why: &str) {
    desk.keys("V").await;
    desk.types(path.to_str().expect("a path")).await;
    desk.keys("<enter>").await;
    desk.types(why).await;
    desk.keys("<enter>").await;
}

#[tokio::test]
async fn a_manager_edits_the_rules_from_a_file_and_sees_before_what_that_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let path = folder.path().join("barefoot.toml");
    let mut desk = Desk::sit_as(&demo, &demo.owner, (80, 24)).await;
    save(&mut desk, "barefoot", &path).await;
    desk.sees("which is readable by you alone.");
    desk.keys("I").await;
    desk.types("barefoot").await;
    desk.keys("<enter>").await;
    desk.types("Cargo.toml").await;
    desk.keys("<enter>").await;
    desk.sees("/Cargo.toml is there already.");
    desk.keys("<esc>").await;
    let file = fs::read_to_string(&path).expect("it is written");

    // As it is it changes nothing, and what is no rule set is told.
    edit(&mut desk, &path, "").await;
    desk.sees("The file says what the rules say already.");
    fs::write(&path, file.replace("\"9 months\"", "\"a while\"")).expect("it is written");
    desk.keys("<enter>").await;
    desk.sees("rule 1 (breast-implants): yes_means is \"a while\"");
    let edited = file
        .replace("\"9 months\"", "\"caution\"")
        .replace("\"tuberculosis\"", "\"recent-meal\"");
    fs::write(&path, &edited).expect("it is written");
    desk.keys("<enter>").await;
    desk.sees("Barefoot would be version 2.");
    desk.sees("would become unsound: flagged, not cancelled.");
    desk.sees("appointments to come would be judged again;");
    desk.sees("! Removed: tuberculosis (excluded, any history)");
    desk.sees("! Weaker or stricter, by when it was: breast-implants");
    desk.sees("Down: more");
    insta::assert_snapshot!("rules_preview_80x24", desk.screen());
    desk.model.size = (120, 40);
    insta::assert_snapshot!("rules_preview_120x40", desk.screen());
    desk.model.size = (80, 24);
    desk.keys("<end>").await;
    desk.sees("and more: `treadwell rules edit FILE --dry-run` names them");
    assert!(!desk.screen().contains("would be version 2"), "it is above");
    desk.keys("y").await;
    desk.sees("Barefoot is version 2 now.");
    desk.keys("Q<enter>").await;
    desk.sees("minds it)");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_file_goes_on_from_its_own_edit_and_one_of_before_is_told_how_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let path = folder.path().join("barefoot.toml");
    let mut desk = Desk::sit_as(&demo, &demo.owner, (80, 24)).await;
    save(&mut desk, "barefoot", &path).await;
    let file = fs::read_to_string(&path).expect("it is written");
    let edited = file.replace("\"9 months\"", "\"caution\"");
    fs::write(&path, &edited).expect("it is written");
    edit(&mut desk, &path, "").await;
    desk.keys("y").await;
    desk.sees("Barefoot is version 2 now.");
    desk.sees("says so too, to be edited on");
    let again = fs::read_to_string(&path).expect("it is there");
    assert_ne!(again, edited, "another etag");
    let again = again.replace("\"6 weeks\"", "\"8 weeks\"");
    fs::write(&path, &again).expect("it is written");
    desk.keys("V<enter>").await;
    desk.types("as the college says").await;
    desk.keys("<enter>").await;
    desk.sees("Barefoot would be version 3.");
    desk.keys("y").await;
    desk.sees("Barefoot is version 3 now.");

    // Somebody who has a file of version 1 still is told, and loses nothing.
    fs::write(&path, file.replace("\"6 weeks\"", "\"8 weeks\"")).expect("it is written");
    edit(&mut desk, &path, "as I say").await;
    desk.sees("barefoot has been edited since the file was made from it");
    let set = desk
        .model
        .catalog
        .rule_sets
        .iter()
        .find(|it| it.id == "barefoot");
    let etag = set.map(|set| set.etag.clone()).expect("it is known");
    desk.sees(&format!("etag = \"{etag}\""));
    desk.sees("Else I writes the rules as they are into another file");
    // Whoever is sure writes that line, as an editor that knew nothing of the edit before made them lose it.
    let mine = again.lines().map(|line| {
        if line.starts_with("etag") {
            return format!("etag = \"{etag}\"\n");
        }
        format!("{}\n", line.replace("\"8 weeks\"", "\"7 weeks\""))
    });
    fs::write(&path, mine.collect::<String>()).expect("it is written");
    desk.keys("<enter>").await;
    desk.sees("Barefoot would be version 4.");
    demo.handle.stop().await;
}

#[tokio::test]
async fn the_desk_writes_a_form_with_the_name_of_the_client_and_edits_no_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("V").await;
    desk.sees("Only an owner or a manager edits the screening rules.");
    desk.keys("cjude<enter>I").await;
    desk.sees("with the name of Jude Conrad; no answers");
    insta::assert_snapshot!(
        "questions_into_a_file",
        desk.screen().replace(&client_id(&desk), "CLIENT")
    );
    let page = folder.path().join("jude.HTML");
    desk.types("nothing").await;
    desk.keys("<enter>").await;
    desk.types(page.to_str().expect("a path")).await;
    desk.keys("<enter>").await;
    desk.sees("One of these: barefoot, general.");
    desk.keys("<up>").await;
    desk.types("general").await;
    desk.keys("<enter><enter>").await;
    desk.sees("which is readable by you alone.");
    let page = fs::read_to_string(page).expect("it is written");
    assert!(
        page.starts_with("<!doctype html>") && page.contains("Jude Conrad"),
        "{page}"
    );
    desk.keys("g").await;
    let blank = folder.path().join("blank.txt");
    save(&mut desk, "barefoot", &blank).await;
    let blank = fs::read_to_string(blank).expect("it is written");
    assert!(
        blank.contains("tuberculosis") && !blank.contains("Jude"),
        "{blank}"
    );
    demo.handle.stop().await;
}

fn client_id(desk: &Desk) -> String {
    let client = crate::tui::screens::client::shown(&desk.model);
    client.expect("a client").id.clone()
}
