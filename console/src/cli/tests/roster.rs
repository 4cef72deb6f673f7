//! The roster, as whole commands against a whole server.

use super::demo::{Demo, objects, text};

#[tokio::test]
async fn a_week_is_set_changed_and_removed() {
    let demo = Demo::start().await;
    let put = "roster template put roy \"sat 10-16/12-12:30\" --site dartmouth";
    let tried = demo
        .owner(&format!("{put} --from 2027-01-02 --every 2 --dry-run"))
        .await;
    assert!(tried.answer.starts_with("Dry run"), "{tried:?}");
    let none = demo.owner("roster template --json").await;
    assert!(objects(&none).is_empty(), "{none:?}");
    let made = demo
        .owner(&format!(
            "{put} --from 2027-01-02 --until 2027-12-31 --every 2 --json"
        ))
        .await;
    let made = objects(&made).remove(0);
    assert_eq!(made["shifts"][0], "sat 10:00-16:00/12:00-12:30");
    let id = text(&made, "id").to_owned();
    // What is not named stays as it was.
    let changed = demo
        .owner(&format!(
            "roster template put roy \"sat 9-13\" --site dartmouth --id {id} --json"
        ))
        .await;
    let changed = objects(&changed).remove(0);
    assert_eq!(text(&changed, "first"), "2027-01-02");
    assert_eq!(text(&changed, "last"), "2027-12-31");
    assert_eq!(changed["every_weeks"], 2);
    let january = demo
        .json("roster 2027-01-01 --days 31 --therapist roy --site dartmouth")
        .await;
    let starts: Vec<_> = january.iter().map(|it| text(it, "start")).collect();
    assert_eq!(
        starts,
        [
            "2027-01-02T09:00:00-04:00",
            "2027-01-16T09:00:00-04:00",
            "2027-01-30T09:00:00-04:00"
        ]
    );
    let of_the_desk = demo
        .desk(&format!("roster template remove {id} --yes"))
        .await;
    assert_eq!(of_the_desk.code, 7, "{of_the_desk:?}");
    let gone = demo
        .owner(&format!("roster template remove {id} --yes"))
        .await;
    assert_eq!(gone.code, 0, "{gone:?}");
    let none = demo
        .json("roster 2027-01-01 --days 31 --site dartmouth")
        .await;
    assert!(none.is_empty(), "{none:?}");
    let unknown = demo
        .owner(&format!(
            "roster template put roy \"sat 9-13\" --site dartmouth --id {id}"
        ))
        .await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
}

#[tokio::test]
async fn whom_time_off_and_a_closed_day_hit_is_told() {
    let demo = Demo::start().await;
    let tried = demo
        .owner("roster off put chen 2026-10-15 2026-10-16 --reason vacation --dry-run")
        .await;
    assert!(
        tried.answer.contains("appointments to be moved:"),
        "{tried:?}"
    );
    let put = demo
        .owner("roster off put chen 2026-10-15 2026-10-16 --reason vacation --json")
        .await;
    let off = objects(&put).remove(0);
    assert_eq!(text(&off, "start"), "2026-10-15T00:00:00-03:00");
    assert_eq!(text(&off, "end"), "2026-10-17T00:00:00-03:00");
    let seen = demo.json("roster off").await.remove(0);
    assert!(seen.get("reason").is_none(), "{seen}");
    let removed = demo
        .owner(&format!("roster off remove {}", text(&off, "id")))
        .await;
    assert_eq!(removed.code, 0, "{removed:?}");
    let closed = demo
        .owner("roster close halifax 2026-10-16 --reason \"burst pipe\"")
        .await;
    assert!(closed.answer.contains("burst pipe"), "{closed:?}");
    assert!(closed.answer.contains("to be moved:"), "{closed:?}");
    let not_so = demo.owner("roster close halifax 2026-10-15 --open").await;
    assert_eq!(not_so.code, 2, "{not_so:?}");
    let opened = demo.owner("roster close halifax 2026-10-16 --open").await;
    assert!(!opened.answer.contains("burst pipe"), "{opened:?}");
}

#[tokio::test]
async fn a_single_shift_is_added_and_removed() {
    let demo = Demo::start().await;
    let put = demo
        .owner("roster shift put roy \"2026-10-18 10:00\" 14:00 --site dartmouth --break 12:00-12:30 --json")
        .await;
    let shift = objects(&put).remove(0);
    assert_eq!(text(&shift, "end"), "2026-10-18T14:00:00-03:00");
    let clash = demo
        .owner("roster shift put roy \"2026-10-18 13:00\" 15:00 --site dartmouth")
        .await;
    assert!(clash.code != 0, "{clash:?}");
    let gone = demo
        .owner(&format!("roster shift remove {}", text(&shift, "id")))
        .await;
    assert_eq!(gone.code, 0, "{gone:?}");
    let sunday = demo
        .json("roster 2026-10-18 --days 1 --site dartmouth")
        .await;
    assert!(sunday.is_empty(), "{sunday:?}");
}
