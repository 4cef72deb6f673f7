//! What the desk and the owner do, as whole commands against a whole server.

use super::demo::{Demo, objects, refused, say, text};

#[tokio::test]
async fn which_bar_rooms_are_free_and_until_when() {
    let demo = Demo::start().await;
    let rooms = demo
        .json("rooms --bars --site halifax --at \"tomorrow 15:00\" --for 75m")
        .await;
    assert!(!rooms.is_empty());
    for room in &rooms {
        assert_eq!(text(room, "site_id"), "halifax");
        assert_eq!(room["bars"], true);
        assert_eq!(text(room, "at"), "2026-10-15T15:00:00-03:00");
        assert!(
            ["h1", "h2", "h4"].contains(&text(room, "room_id")),
            "{room}"
        );
    }
    // Closed on Sundays: nothing is free, which is an answer.
    let sunday = demo.desk("rooms --at \"sun 12:00\"").await;
    assert_eq!((sunday.code, sunday.complaint.as_str()), (3, ""));
    assert!(sunday.answer.starts_with("No room is free"), "{sunday:?}");
    let board = demo.desk("board").await;
    for state in [
        "VACANT",
        "HELD",
        "IN SESSION",
        "OVER",
        "TURNOVER",
        "OUT",
        "bar-out",
        "NEEDS YOU",
    ] {
        assert!(board.answer.contains(state), "{state} in {}", board.answer);
    }
}

#[tokio::test]
async fn an_appointment_is_booked_confirmed_moved_cancelled_and_taken_back() {
    let demo = Demo::start().await;
    let free = demo
        .json("availability ashiatsu-60 --client \"Greta Holm\" --site halifax --limit 1")
        .await
        .remove(0);
    let start = text(&free, "start");
    let book = format!(
        "book ashiatsu-60 --client \"Greta Holm\" --at {start} --site halifax --request-id one"
    );
    let book = book.as_str();
    let first = demo.json(book).await.remove(0);
    let id = text(&first, "id").to_owned();
    assert_eq!(text(&first, "state"), "booked");
    assert_eq!(text(&first, "client_name"), "Greta Holm");
    let again = demo.json(book).await.remove(0);
    assert_eq!(text(&again, "id"), id, "the same request acts once");
    let other = book.replace("ashiatsu-60", "hands-on-60");
    let reused = demo.desk(&format!("{other} --json")).await;
    assert_eq!(refused(&reused), ("REQUEST_ID_REUSED".to_owned(), 5));

    let confirmed = demo.json(&format!("confirm {id}")).await.remove(0);
    assert_eq!(text(&confirmed, "state"), "confirmed");
    let free = demo
        .json("availability ashiatsu-60 --client \"Greta Holm\" --site halifax --from \"next fri\" --limit 1")
        .await
        .remove(0);
    let to = text(&free, "start");
    let moved = demo.json(&format!("move {id} --to {to}")).await.remove(0);
    assert_eq!(text(&moved, "start"), to);
    let why =
        format!("availability ashiatsu-60 --client \"Greta Holm\" --site halifax --why-not {to}");
    let taken = demo.desk(&why).await;
    assert_eq!(taken.code, 3, "she is there herself: {taken:?}");
    let own = demo.json(&format!("{why} --moving {id}")).await.remove(0);
    assert_eq!(own["available"], true, "{own}");

    let unasked = demo.desk(&format!("cancel {id}")).await;
    assert_eq!(unasked.code, 2, "nobody is there to answer: {unasked:?}");
    assert!(unasked.complaint.contains("Greta Holm") && unasked.complaint.contains("--yes"));
    let tried = demo.desk(&format!("cancel {id} --dry-run")).await;
    assert!(
        tried
            .answer
            .starts_with("Dry run, nothing was changed: Cancelled."),
        "{tried:?}"
    );
    let still = demo.json(&format!("appointments {id}")).await.remove(0);
    assert_eq!(text(&still, "state"), "confirmed");
    let gone = demo
        .json(&format!("cancel {id} --reason weather --yes"))
        .await
        .remove(0);
    assert_eq!(text(&gone, "state"), "cancelled");
    assert_eq!(text(&gone["cancelled"], "reason"), "weather");
    let undone = demo.json("undo").await.remove(0);
    assert_eq!(text(&undone["appointments"][0], "state"), "confirmed");
    let taken_back = text(&undone, "undone");
    assert!(
        taken_back.starts_with("cancellation of Greta Holm, "),
        "{taken_back}"
    );
}

#[tokio::test]
async fn a_hold_is_listed_given_back_or_booked() {
    let demo = Demo::start().await;
    let free = demo
        .json("availability hands-on-60 --site dartmouth --from tomorrow --limit 1")
        .await
        .remove(0);
    let start = text(&free, "start").to_owned();
    let hold = demo
        .json(&format!("hold hands-on-60 --site dartmouth --at {start}"))
        .await
        .remove(0);
    let id = text(&hold, "id").to_owned();
    assert_eq!(text(&hold, "start"), start);
    let listed = demo.json("hold --list --site dartmouth").await;
    assert!(
        listed.iter().any(|hold| text(hold, "id") == id),
        "{listed:?}"
    );
    demo.json(&format!("hold --release {id}")).await;
    let listed = demo.json("hold --list --site dartmouth").await;
    assert!(
        listed.iter().all(|hold| text(hold, "id") != id),
        "{listed:?}"
    );

    let hold = demo
        .json(&format!("hold hands-on-60 --site dartmouth --at {start}"))
        .await
        .remove(0);
    let id = text(&hold, "id").to_owned();
    let booked = demo
        .json(&format!("book --client \"Hugh Mosher\" --hold {id}"))
        .await
        .remove(0);
    assert_eq!(text(&booked, "room_id"), text(&hold, "room_id"));
    let used = demo
        .desk(&format!("book --client \"Ines Comeau\" --hold {id} --json"))
        .await;
    assert_eq!(refused(&used), ("HOLD_GONE".to_owned(), 5));
}

#[tokio::test]
async fn a_visit_runs_from_check_in_to_a_ready_room() {
    let demo = Demo::start().await;
    // H4 is over: while its checklist is open nobody else can start there.
    let blocked = demo.desk("start H4 --json").await;
    assert_eq!(refused(&blocked), ("SESSION_RUNNING".to_owned(), 5));
    let finished = demo.json("finish H4").await.remove(0);
    assert_eq!(text(&finished["appointment"], "state"), "completed");
    assert_eq!(finished["turnover"]["done"], false);
    let unready = demo.desk("start H4").await;
    assert_eq!(unready.code, 5);
    assert!(
        unready.complaint.contains("treadwell turnover"),
        "{unready:?}"
    );
    let shown = demo.desk("turnover H4 --show").await;
    assert!(shown.answer.contains("[ ] floor-mats"), "{shown:?}");
    let ticked = demo.json("turnover H4 floor-mats").await.remove(0);
    assert_eq!(ticked["done"], false);
    let ready = demo.json("turnover H4").await.remove(0);
    assert_eq!(ready["done"], true);
    assert!(
        demo.desk("turnover H4 --show")
            .await
            .answer
            .contains("not in turnover")
    );

    // The first place for a walk-in is now, and not the next one of the policy's grid.
    let first = "book reflex-foot-30 --client \"Umar Sadiq\" --first --walk-in --dry-run";
    let first = demo.json(first).await.remove(0);
    assert!(text(&first, "start").contains("T14:05"), "{first}");
    // Somebody walks in; H3 and a therapist are free.
    let walk_in = "book reflex-foot-30 --client \"Umar Sadiq\" --at now --walk-in --site halifax --room h3 --therapist haddad";
    let arrived = demo.json(walk_in).await.remove(0);
    assert_eq!(text(&arrived, "state"), "arrived");
    // They declared their health some days ago.
    let unasked = demo.desk("start H3 --json").await;
    assert_eq!(refused(&unasked).0, "NOT_RECONFIRMED");
    let asked = demo.json("checkin H3 --unchanged").await.remove(0);
    assert_eq!(asked["blocking"].as_array().map(Vec::len), Some(0));
    let started = demo.json("start H3").await.remove(0);
    assert_eq!(text(&started, "state"), "in_session");
    assert_eq!(text(&started, "id"), text(&arrived, "id"));
    let longer = demo.json("extend H3 --by 5m").await.remove(0);
    assert!(text(&longer, "end") > text(&started, "end"));
    let stopped = demo.desk("finish H3 --early \"a telephone call\"").await;
    assert!(stopped.answer.starts_with("Finished."), "{stopped:?}");
    assert!(
        stopped.answer.contains("Room H3 is in turnover: 0 of"),
        "{stopped:?}"
    );
}

#[tokio::test]
async fn rooms_go_out_and_come_back() {
    let demo = Demo::start().await;
    let tried = demo.desk("out h3 --reason crack --dry-run").await;
    assert!(
        tried.answer.contains("appointments to be moved:\n  "),
        "{tried:?}"
    );
    let unsaid = demo.desk("out h3").await;
    assert_eq!(unsaid.code, 2);
    let out = demo
        .json("out h1 --bars --reason \"loose bolt\" --until fri")
        .await
        .remove(0);
    assert_eq!(out["support_only"], true);
    assert_eq!(text(&out, "end"), "2026-10-17T00:00:00-03:00");
    let listed = demo.desk("out --site halifax").await;
    assert!(listed.answer.contains("loose bolt"), "{listed:?}");
    let back = demo.desk("out h1 --bars --end").await;
    assert!(
        back.answer.starts_with("The bars are back in service."),
        "{back:?}"
    );
    let again = demo.desk("out h1 --bars --end").await;
    assert_eq!(again.code, 2, "{again:?}");
}

#[tokio::test]
async fn clients_are_added_screened_and_found() {
    let demo = Demo::start().await;
    let added = demo
        .json("clients add \"Una Ferris\" --phone 902-555-0199 --born 1980-03-02")
        .await
        .remove(0);
    let id = text(&added, "id").to_owned();
    let set = demo
        .json(&format!(
            "clients set {id} --phone 902-555-0198 --prefers chen"
        ))
        .await
        .remove(0);
    assert_eq!(
        (text(&set, "name"), text(&set, "phone")),
        ("Una Ferris", "902-555-0198")
    );
    assert_eq!(text(&demo.json("clients 555-0198").await[0], "id"), id);
    let open = demo
        .json("screen \"una fer\" --service ashiatsu-60")
        .await
        .remove(0);
    assert_eq!(text(&open, "outcome"), "incomplete");
    let questions: Vec<String> = open["unanswered"]
        .as_array()
        .expect("questions")
        .iter()
        .map(|question| format!("--answer {}=no", text(question, "condition_id")))
        .collect();
    assert_eq!(questions.len(), 11, "every condition of the exclusions");
    let declared = demo
        .json(&format!("screen {id} {}", questions.join(" ")))
        .await
        .remove(0);
    assert_eq!(declared["flagged_count"], 0);
    let clear = demo
        .json(&format!("screen {id} --service ashiatsu-60"))
        .await
        .remove(0);
    assert_eq!(text(&clear, "outcome"), "clear");
    // What stands against treatment is for those who treat or manage; the desk is told the outcome.
    let screen = "screen \"Maren Solberg\" --service ashiatsu-60";
    let desk = demo.desk(screen).await;
    assert!(
        desk.answer.contains("EXCLUDED until 2 Dec 2026") && !desk.answer.contains("because"),
        "{desk:?}"
    );
    let owner = demo.owner(screen).await;
    assert!(owner.answer.contains("because"), "{owner:?}");
}

#[tokio::test]
async fn the_owner_makes_keys_and_checks_the_server() {
    let demo = Demo::start().await;
    let made = objects(
        &demo
            .owner("keys create \"Side desk\" --role front-desk --site halifax --json")
            .await,
    )
    .remove(0);
    let (id, secret) = (
        text(&made, "id").to_owned(),
        text(&made, "secret").to_owned(),
    );
    let address = demo.address.clone();
    let status = say(&address, &secret, "status").await;
    assert!(status.answer.contains("You are Side desk"), "{status:?}");
    assert!(status.answer.contains("reaches halifax"), "{status:?}");
    let listed = demo.owner("keys").await;
    assert!(
        listed.answer.contains("Side desk") && !listed.answer.contains(&secret),
        "{listed:?}"
    );
    demo.owner(&format!("keys revoke {id} --yes")).await;
    assert_eq!(say(&address, &secret, "status").await.code, 7);
    let verified = demo.owner("verify").await;
    assert!(
        verified.code == 0 && verified.answer.starts_with("Sound: "),
        "{verified:?}"
    );
    let exported = demo.owner("export --toml").await;
    assert!(exported.answer.contains("[[site]]"), "{exported:?}");
    let attested = demo.owner("therapists attest tremblay --soak").await;
    assert_eq!(attested.code, 0, "{attested:?}");
    let paper = demo.desk("day --print").await;
    assert!(
        paper.answer.contains('\u{c}') && paper.answer.contains("Walk-ins and changes"),
        "{paper:?}"
    );
}
