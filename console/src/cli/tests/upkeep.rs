//! Stock and hygiene from the command line, against a whole server.

use super::demo::{Demo, objects, refused, text};

#[tokio::test]
async fn stock_comes_goes_and_is_counted() {
    let demo = Demo::start().await;
    let levels = |found: &[serde_json::Value], item: &str| {
        let found = found.iter().find(|it| text(it, "item_id") == item);
        found.expect("it is kept")["level"]
            .as_i64()
            .expect("a number")
    };
    let before = levels(&demo.json("stock --site halifax").await, "oil");
    let received = demo
        .json("stock receive oil 50 --site halifax")
        .await
        .remove(0);
    assert_eq!(text(&received, "kind"), "receive");
    assert_eq!(received["level"].as_i64(), Some(before + 50));
    let sent = demo
        .json("stock transfer oil 30 --site halifax --to dartmouth --reason \"Dartmouth is low\"")
        .await;
    assert_eq!(text(&sent[1], "kind"), "transfer_in");
    let unsaid = demo.desk("stock waste oil 5 --site halifax --json").await;
    assert_eq!(refused(&unsaid).0, "FIELDS_INVALID");
    let dry = demo
        .desk("stock waste oil 5 --site halifax --reason spilled --dry-run")
        .await;
    assert!(dry.answer.starts_with("Dry run"), "{dry:?}");
    demo.json("stock take oil=12 lotion=4000 --site halifax")
        .await;
    assert_eq!(levels(&demo.json("stock --site halifax").await, "oil"), 12);
    let moved = demo
        .json("stock movements oil --site halifax --limit 3")
        .await;
    let kinds: Vec<_> = moved.iter().map(|it| text(it, "kind")).collect();
    assert_eq!(kinds, ["count", "transfer", "receive"]);
    let low = demo.desk("stock --low --site halifax").await;
    assert!(
        low.answer.contains("Foot oil") && low.answer.contains("LOW"),
        "{low:?}"
    );
    let alerts = demo.desk("stock alerts --site halifax").await;
    assert!(
        alerts.answer.contains("Foot oil: 12 of 400 ml left."),
        "{alerts:?}"
    );
    let par = objects(&demo.owner("stock par oil 10 --site halifax --json").await).remove(0);
    assert_eq!(par["low"], false);
    let undone = demo.json("undo --yes").await;
    assert_eq!(undone.len(), 1);
    // Fifty came and thirty went before the count that is taken back.
    let now = levels(&demo.json("stock --site halifax").await, "oil");
    assert_eq!(now, before + 20);
}

#[tokio::test]
async fn a_days_hygiene_is_told_and_printed() {
    let demo = Demo::start().await;
    let finished = demo.json("finish H4").await.remove(0);
    let id = text(&finished["appointment"], "id").to_owned();
    let asked = demo.json(&format!("hygiene own {id}")).await.remove(0);
    assert_eq!(asked["open"][0], "washed before", "{asked}");
    let own = demo
        .desk(&format!(
            "hygiene own {id} washed-before sockettes-on washed-after"
        ))
        .await;
    assert!(
        own.answer
            .contains("washed before, sockettes on, washed after"),
        "{own:?}"
    );
    demo.desk("turnover H4").await;
    let log = demo.json("hygiene --site halifax").await;
    let session = log.iter().find(|it| it["appointment_id"] == id.as_str());
    let session = session.expect("the session is in the log");
    assert_eq!(session["missing"][0], "sockettes_back_on");
    assert!(session["ready_at"].is_string(), "{session}");
    let paper = demo.desk("hygiene --site halifax --print").await;
    for line in [
        "Hygiene at Halifax, 2026-10-14",
        "[ ] sockettes back on",
        "[x] Change the floor mats",
        "Foot care",
        "Seen by",
    ] {
        assert!(paper.answer.contains(line), "{line} in {}", paper.answer);
    }
    assert!(
        paper.answer.lines().all(|line| line.chars().count() <= 78),
        "{}",
        paper.answer
    );

    let denied = demo
        .desk("hygiene inspect h1 --failed --by Rigging --note loose --json")
        .await;
    assert_eq!(refused(&denied), ("ROLE_NOT_ALLOWED".to_owned(), 7));
    let failed = demo
        .owner("hygiene inspect h1 --failed --by Rigging --note \"loose bolt\"")
        .await;
    assert!(failed.answer.contains("FAILED: loose bolt"), "{failed:?}");
    let passed = demo
        .owner("hygiene inspect h1 --passed 12 --by Rigging --json")
        .await;
    assert_eq!(text(&objects(&passed)[0], "next_due"), "2027-10-14");
    // With what the room was set up with.
    assert_eq!(demo.json("hygiene inspections h1").await.len(), 3);
}

#[tokio::test]
async fn who_is_ready_for_barefoot_work_today() {
    let demo = Demo::start().await;
    let all = demo.json("therapists").await.len();
    let ready = demo.json("therapists --ready").await;
    assert_eq!(
        (ready.len(), all),
        (5, 8),
        "those who work with their hands are not"
    );
    for therapist in &ready {
        assert_eq!(text(therapist, "foot_care_attested_on"), "2026-10-14");
    }
}
