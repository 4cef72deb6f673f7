//! Rule sets edited from files, by managers who do not know of each other, against a whole server.

use std::{fs, path::Path};

use super::demo::{Demo, objects, refused, text};
use crate::cli::Outcome;

/// The barefoot rules as a file.
async fn shown(demo: &Demo) -> String {
    demo.owner("rules show barefoot --toml").await.answer
}

/// Without the rule about a condition.
fn without(file: &str, condition: &str) -> String {
    let rules = file.split("\n[[rule_set.rule]]\n");
    let kept: Vec<_> = rules
        .filter(|it| !it.contains(&format!("\"{condition}\"")))
        .collect();
    kept.join("\n[[rule_set.rule]]\n")
}

fn with(file: &str, condition: &str, yes_means: &str) -> String {
    format!(
        "{file}\n[[rule_set.rule]]\ncondition = \"{condition}\"\nquestion = \"Is it so?\"\nyes_means = \"{yes_means}\"\n"
    )
}

/// Edits by this text, with these arguments.
async fn edit(demo: &Demo, folder: &Path, text: &str, more: &str) -> Outcome {
    let file = folder.join("rules.toml");
    fs::write(&file, text).expect("it can be written");
    demo.owner(&format!("rules edit {} {more}", file.display()))
        .await
}

#[tokio::test]
async fn an_older_copy_does_not_drop_what_another_manager_added() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (mine, theirs) = (shown(&demo).await, shown(&demo).await);
    let theirs = edit(
        &demo,
        folder.path(),
        &with(&theirs, "recent-surgery", "6 weeks"),
        "--yes",
    )
    .await;
    assert!(
        theirs
            .answer
            .contains("  Added: recent-surgery (excluded for 6 weeks)"),
        "{theirs:?}"
    );
    assert!(
        theirs.answer.contains("barefoot is version 2 now."),
        "{theirs:?}"
    );
    let older = with(&mine, "recent-meal", "caution");
    for more in ["--yes", "--dry-run", "--yes --request-id older"] {
        let late = edit(&demo, folder.path(), &older, more).await;
        assert_eq!(
            (late.code, late.answer.as_str()),
            (5, ""),
            "{more}: {late:?}"
        );
        for said in [
            "it is version 2 now",
            "treadwell rules show barefoot --toml",
            "treadwell rules history barefoot",
        ] {
            assert!(late.complaint.contains(said), "{said} in {late:?}");
        }
    }
    let late = edit(&demo, folder.path(), &older, "--yes --json").await;
    assert_eq!(refused(&late), ("STALE_ETAG".to_owned(), 5));
    // Taken over into what there is now, it goes through.
    let both = with(&shown(&demo).await, "recent-meal", "caution");
    let both = edit(&demo, folder.path(), &both, "--yes").await;
    assert!(
        both.answer.contains("barefoot is version 3 now."),
        "{both:?}"
    );
    assert!(shown(&demo).await.contains("recent-surgery"));
}

#[tokio::test]
async fn a_file_that_does_not_say_what_it_was_made_from_needs_to_be_meant() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = shown(&demo).await;
    let bare = file.split_inclusive('\n');
    let bare: String = bare.filter(|it| !it.starts_with("etag")).collect();
    let refused = edit(&demo, folder.path(), &bare, "--yes").await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.complaint.contains("--replace"), "{refused:?}");
    let weaker = without(&bare, "tuberculosis").replace("\"9 months\"", "\"caution\"");
    let tried = edit(&demo, folder.path(), &weaker, "--replace --dry-run").await;
    let removed = "! Removed: tuberculosis (excluded, any history)";
    assert!(tried.answer.starts_with(removed), "{tried:?}");
    let weakened = "! Weaker or stricter, by when it was: breast-implants (excluded for 9 months -> the therapist minds it)";
    assert!(tried.answer.contains(weakened), "{tried:?}");
    let made =
        objects(&edit(&demo, folder.path(), &weaker, "--replace --yes --json").await).remove(0);
    let changes = made["rule_changes"].as_array().expect("a list");
    assert_eq!(text(&changes[0], "condition_id"), "tuberculosis");
    assert_eq!(
        (&changes[0]["weaker"], &changes[0]["after"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(text(&changes[1]["after"], "yes_means"), "caution");
    // What was can be had back, from a file that says what it takes the place of.
    let first = demo
        .owner("rules show barefoot --version 1 --toml")
        .await
        .answer;
    let back = edit(&demo, folder.path(), &first, "--yes").await;
    assert!(
        back.answer.contains("  Added: tuberculosis") && back.answer.contains("version 3"),
        "{back:?}"
    );
    // A new one is made from nothing.
    let new = bare.replace("id = \"barefoot\"", "id = \"rope\"");
    let new = edit(&demo, folder.path(), &new, "--yes").await;
    assert!(new.answer.contains("rope is version 1 now."), "{new:?}");
}

#[tokio::test]
async fn the_same_edit_sent_again_is_made_once() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = with(&shown(&demo).await, "recent-meal", "caution");
    let first = edit(&demo, folder.path(), &file, "--yes --request-id meal").await;
    assert_eq!(first.code, 0, "{first:?}");
    for more in [
        "--yes --request-id meal",
        "--request-id meal",
        "--replace --yes --request-id meal",
    ] {
        let again = edit(&demo, folder.path(), &file, more).await;
        assert_eq!(again.code, 0, "{more}: {again:?}");
        assert!(
            again.answer.contains("barefoot is version 2 now."),
            "{again:?}"
        );
    }
    let history = objects(&demo.owner("rules history barefoot --json").await);
    assert_eq!(history.len(), 2);
    // What was not looked at is not told as nothing.
    let fields = ["judged_count", "counts", "changes", "rule_changes"];
    let again = edit(
        &demo,
        folder.path(),
        &file,
        "--yes --json --request-id meal",
    )
    .await;
    let again = objects(&again).remove(0);
    for field in fields {
        assert!(again[field].is_null(), "{field}: {again}");
    }
    let next = with(&shown(&demo).await, "recent-surgery", "6 weeks");
    let next = objects(&edit(&demo, folder.path(), &next, "--yes --json").await).remove(0);
    for field in fields {
        assert!(!next[field].is_null(), "{field}: {next}");
    }
    // Nor is what another edit would do.
    let again = "--replace --yes --json --request-id meal";
    let again = objects(&edit(&demo, folder.path(), &file, again).await).remove(0);
    assert_eq!(again["version"], 2);
    assert!(again["rule_changes"].is_null(), "{again}");
}

#[tokio::test]
async fn a_new_rule_set_is_made_once_by_the_same_request() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = shown(&demo).await.replace("\"barefoot\"", "\"rope\"");
    let new: String = { file.split_inclusive('\n') }
        .filter(|it| !it.starts_with("etag"))
        .collect();
    let first = edit(&demo, folder.path(), &new, "--yes --request-id rope").await;
    assert!(first.answer.contains("rope is version 1 now."), "{first:?}");
    let again = edit(&demo, folder.path(), &new, "--yes --request-id rope").await;
    assert!(again.answer.contains("rope is version 1 now."), "{again:?}");
    // Also after somebody has edited it since.
    let edited = demo.owner("rules show rope --toml").await.answer;
    let edited = without(&edited, "tuberculosis");
    let edited = edit(&demo, folder.path(), &edited, "--yes").await;
    assert!(edited.answer.contains("rope is version 2"), "{edited:?}");
    let again = edit(&demo, folder.path(), &new, "--yes --request-id rope").await;
    assert!(again.answer.contains("rope is version 1 now."), "{again:?}");
    assert_eq!(
        objects(&demo.owner("rules history rope --json").await).len(),
        2
    );
    // By another request it would be another edit, of nobody knows what.
    for more in [
        "--yes",
        "--yes --request-id other",
        "--dry-run --request-id rope",
    ] {
        let refused = edit(&demo, folder.path(), &new, more).await;
        assert_eq!(refused.code, 2, "{more}: {refused:?}");
        assert!(refused.complaint.contains("--replace"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_file_that_was_edited_with_is_edited_on() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.toml");
    let first = with(&shown(&demo).await, "recent-meal", "caution");
    let tried = edit(&demo, folder.path(), &first, "--dry-run").await;
    assert_eq!(tried.code, 0, "{tried:?}");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), first);
    let made = edit(&demo, folder.path(), &first, "--yes").await;
    assert!(
        made.answer.contains("the next edit can be made from it"),
        "{made:?}"
    );
    let file = fs::read_to_string(&path).expect("it is there");
    let next = with(&file, "recent-surgery", "6 weeks");
    let next = edit(&demo, folder.path(), &next, "--yes").await;
    assert!(
        next.answer.contains("barefoot is version 3 now."),
        "{next:?}"
    );
}
