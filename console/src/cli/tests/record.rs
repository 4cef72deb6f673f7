//! Clients' records on the command line, against a whole server.

use std::fs;

use serde_json::Value;

use super::demo::{Demo, objects, refused, text};

#[tokio::test]
async fn a_record_goes_into_a_file_that_is_not_there_yet() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jude.json");
    let export = format!(
        "client export \"Jude Conrad\" --reason \"he asked\" --out {}",
        path.display()
    );
    let denied = demo.desk(&format!("{export} --json")).await;
    assert_eq!(refused(&denied), ("ROLE_NOT_ALLOWED".to_owned(), 7));
    let told = objects(&demo.owner(&format!("{export} --json")).await).remove(0);
    let record: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("a file")).expect("JSON");
    assert_eq!(record["resources"]["client"][0]["name"], "Jude Conrad");
    assert_eq!(record["reason"], "he asked");
    assert_eq!(record["changes"][0]["verb"], "create_client");
    let by = text(&record["changes"][0], "changed_by");
    assert!(record["names"][by].is_string(), "{record}");
    let resources = record["resources"].as_object().expect("by kind").values();
    let count: usize = resources
        .map(|all| all.as_array().expect("a list").len())
        .sum();
    assert_eq!(told["entry_count"], count);

    let again = demo.owner(&format!("{export} --json")).await;
    assert_eq!(again.code, 2, "{again:?}");
    let page = format!("{export} --html --force");
    let said = demo.owner(&page).await;
    assert_eq!(said.code, 0, "{said:?}");
    let page = fs::read_to_string(&path).expect("a file");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("Jude Conrad"));
}

#[tokio::test]
async fn what_has_to_be_kept_is_told_and_not_erased() {
    let demo = Demo::start().await;
    let kept = objects(&demo.owner("clients retention Jude --json").await).remove(0);
    assert_eq!(text(&kept, "name"), "Jude Conrad");
    assert_eq!(kept["ended"], false);
    let until = text(&kept, "kept_until").to_owned();
    let nobody = demo.owner("clients retention").await;
    assert!(nobody.answer.contains("have to be kept"), "{nobody:?}");
    let all = objects(&demo.owner("clients retention --all --json").await);
    assert!(all.iter().any(|it| it["name"] == "Jude Conrad"));

    let id = text(&kept, "client_id");
    let erase = format!("clients erase {id} --why \"retention is over\" --yes --json");
    let early = demo.owner(&erase).await;
    let (reason, code) = refused(&early);
    assert_eq!((reason.as_str(), code), ("RETENTION_NOT_ENDED", 5));
    assert!(early.complaint.contains(&until), "{early:?}");
    for wrong in [
        "clients erase Jude --why over --yes --json",
        &format!("clients erase {id} --yes --json"),
    ] {
        let outcome = demo.owner(wrong).await;
        assert_eq!(outcome.code, 2, "{wrong}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_erasure_that_is_sent_again_is_answered_as_it_was() {
    let demo = Demo::start().await;
    let added = demo
        .json("clients add \"Old Nob\" --phone 902-555-0177")
        .await;
    let id = text(&added[0], "id").to_owned();
    let demo = demo.years_later().await;
    let erase = format!("clients erase {id} --why \"retention is over\" --yes --json");
    let tried = demo.owner(&format!("{erase} --dry-run")).await;
    assert_eq!(objects(&tried)[0]["erased"], false);
    let named = format!("{erase} --request-id erase-1");
    let first = demo.owner(&named).await;
    assert_eq!(objects(&first)[0]["erased"], true);
    assert_eq!(demo.owner(&named).await, first);
    for gone in [erase.clone(), format!("{erase} --request-id erase-2")] {
        assert_eq!(refused(&demo.owner(&gone).await).0, "NOT_FOUND", "{gone}");
    }
}
