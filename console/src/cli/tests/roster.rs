//! The roster, as whole commands against a whole server.

use super::demo::{Demo, objects, refused, text};

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
async fn the_removal_of_a_week_is_asked_about_once_with_whom_it_hits() {
    let demo = Demo::start().await;
    let put = "roster template put roy \"sat 10-16\" --site dartmouth --from 2026-12-05 --json";
    let made = objects(&demo.owner(put).await).remove(0);
    let id = text(&made, "id").to_owned();
    let remove = format!("roster template remove {id}");
    let asked = demo.owner(&remove).await;
    let question = format!("Remove {id} and its shifts?");
    assert_eq!(asked.code, 2, "nobody is there to answer: {asked:?}");
    assert!(asked.complaint.contains(&question), "{asked:?}");
    let book = "book hands-on-60 --client \"Greta Holm\" --at 2026-12-05T11:00:00-04:00 --site dartmouth --therapist roy";
    let booked = demo.json(book).await.remove(0);
    let asked = demo.owner(&remove).await;
    for words in ["1 appointment to be moved:", text(&booked, "id"), &question] {
        assert!(asked.complaint.contains(words), "{words} in {asked:?}");
    }
    assert_eq!(asked.complaint.matches('?').count(), 1, "{asked:?}");
    let tried = demo.owner(&format!("{remove} --dry-run")).await;
    assert!(
        tried.answer.contains("1 appointment to be moved:"),
        "{tried:?}"
    );
    let gone = demo.owner(&format!("{remove} --yes")).await;
    assert_eq!(gone.code, 0, "{gone:?}");
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
    // Nobody is there to answer; nothing is done unasked.
    let unasked = demo
        .owner("roster off put chen 2026-10-15 2026-10-16 --reason vacation")
        .await;
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(
        unasked.complaint.contains("appointments to be moved:")
            && unasked.complaint.contains("--yes"),
        "{unasked:?}"
    );
    assert!(demo.json("roster off").await.is_empty());
    let put = demo
        .owner("roster off put chen 2026-10-15 2026-10-16 --reason vacation --yes --json")
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
    assert_eq!(closed.code, 2, "{closed:?}");
    let closed = demo
        .owner("roster close halifax 2026-10-16 --reason \"burst pipe\" --yes")
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
    // A shift that somebody is booked in goes only when that is said.
    let thursday = demo
        .json("roster 2026-10-15 --days 1 --therapist chen")
        .await;
    let busy = format!("roster shift remove {}", text(&thursday[0], "id"));
    let unasked = demo.owner(&busy).await;
    assert!(unasked.complaint.contains("--yes"), "{unasked:?}");
    let still = demo
        .json("roster 2026-10-15 --days 1 --therapist chen")
        .await;
    assert_eq!(still, thursday);
    let gone = demo.owner(&format!("{busy} --yes")).await;
    assert!(gone.answer.contains("to be moved:"), "{gone:?}");
}

#[tokio::test]
async fn a_day_that_is_left_out_of_a_week_is_named() {
    let demo = Demo::start().await;
    let there = "roster shift put leblanc \"2027-01-06 8:00\" 9:00 --site dartmouth --json";
    let there = objects(&demo.owner(there).await).remove(0);
    let week = "roster template put leblanc \"wed 9:15-12\" --site halifax --from 2027-01-04";
    let put = demo.owner(week).await;
    assert_eq!(put.code, 0, "{put:?}");
    let said = format!(
        "! 2027-01-06 is left out: 30 min away is another shift (Dartmouth, {}).",
        text(&there, "id")
    );
    assert!(put.answer.contains(&said), "{put:?}");
}

#[tokio::test]
async fn a_closure_that_is_sent_again_is_answered_as_it_was() {
    let demo = Demo::start().await;
    let close = "roster close halifax 2026-12-24 2026-12-26 --reason holidays --json";
    let before = objects(&demo.owner("roster close halifax --json").await);
    let first = demo.owner(&format!("{close} --request-id close-1")).await;
    assert_eq!(objects(&first).len(), before.len() + 1);
    let again = demo.owner(&format!("{close} --request-id close-1")).await;
    assert_eq!(again, first);
    // Nor is it doubled by who asks anew.
    let anew = demo.owner(&format!("{close} --request-id close-2")).await;
    assert_eq!(anew, first);
    let open = "roster close halifax 2026-12-24 2026-12-26 --open --json";
    let first = demo.owner(&format!("{open} --request-id open-1")).await;
    assert_eq!(objects(&first), before);
    let again = demo.owner(&format!("{open} --request-id open-1")).await;
    assert_eq!(again, first);
    for none in [open.to_owned(), format!("{open} --request-id open-2")] {
        let none = demo.owner(&none).await;
        assert_eq!(none.code, 2, "{none:?}");
        assert!(
            none.complaint.contains("no closure of exactly these days"),
            "{none:?}"
        );
    }
}

#[tokio::test]
async fn a_shift_that_is_sent_again_is_not_in_its_own_way() {
    let demo = Demo::start().await;
    let put = "roster shift put roy \"2026-10-18 10:00\" 14:00 --site dartmouth --json";
    let named = format!("{put} --request-id put-1");
    let first = demo.owner(&named).await;
    let id = text(&objects(&first)[0], "id").to_owned();
    assert_eq!(demo.owner(&named).await, first);
    for clash in [put.to_owned(), format!("{put} --request-id put-2")] {
        assert_eq!(
            refused(&demo.owner(&clash).await).0,
            "SHIFT_CLASH",
            "{clash}"
        );
    }
    let remove = format!("roster shift remove {id} --json");
    let named = format!("{remove} --request-id remove-1");
    let first = demo.owner(&named).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(demo.owner(&named).await, first);
    for gone in [remove.clone(), format!("{remove} --request-id remove-2")] {
        assert_eq!(refused(&demo.owner(&gone).await).0, "NOT_FOUND", "{gone}");
    }
}
