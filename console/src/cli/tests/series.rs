//! Series and extensions on the command line, against a whole server.

use super::demo::{Demo, refused, text};

#[tokio::test]
async fn a_series_is_tried_booked_moved_and_cancelled() {
    let demo = Demo::start().await;
    let book = "book hands-on-60 --client \"Jude Conrad\" --at \"2026-10-27 14:00\" --site halifax --every 2w --times 6";
    // Therapists have shifts for some weeks only.
    let all = demo.desk(&format!("{book} --json")).await;
    assert_eq!(refused(&all), ("OFF_SHIFT".to_owned(), 3));
    let skip = format!("{book} --skip-impossible");
    let tried = demo.json(&format!("{skip} --dry-run")).await;
    assert_eq!(tried.len(), 6);
    let numbers: Vec<_> = tried.iter().map(|it| it["number"].as_i64()).collect();
    assert_eq!(numbers, (1..=6).map(Some).collect::<Vec<_>>());
    let left: Vec<_> = tried
        .iter()
        .filter(|it| it.get("reason").is_some())
        .collect();
    assert!(!left.is_empty() && left.len() < 5, "{tried:?}");
    assert_eq!(text(left[0], "reason"), "OFF_SHIFT");
    let said = demo.desk(&skip).await;
    let had = 6 - left.len();
    assert!(
        said.answer.starts_with(&format!("Booked {had} of 6.")),
        "{said:?}"
    );
    let mine = demo.json("appointments --client Jude").await;
    let mine: Vec<_> = mine
        .iter()
        .filter(|it| it.get("series").is_some())
        .collect();
    assert_eq!(mine.len(), had);
    assert_eq!(mine[0]["series"]["number"], 1);
    assert_eq!(mine[0]["series"]["of"], 6);
    let series = text(&mine[0]["series"], "id");
    let listed = demo.json(&format!("appointments --series {series}")).await;
    assert_eq!(listed.len(), had);

    let first = text(&listed[0], "id");
    let moved = demo
        .json(&format!(
            "move {first} --to \"2026-10-27 15:30\" --scope all"
        ))
        .await;
    assert_eq!(moved.len(), had);
    for one in &moved {
        assert!(text(one, "start").contains("T15:30:00-0"), "{one}");
    }
    let undone = demo.desk("undo").await;
    let others = had - 1;
    let words = format!("and {others} more");
    assert!(undone.answer.contains(&words), "{undone:?}");
    let again = demo.json(&format!("appointments --series {series}")).await;
    assert!(
        text(&again[1], "start").contains("T14:00:00-0"),
        "{again:?}"
    );

    let second = text(&again[1], "id");
    let cancelled = demo
        .json(&format!("cancel {second} --scope following --yes"))
        .await;
    assert_eq!(cancelled.len(), others);
    let left = demo.json(&format!("appointments {first}")).await;
    assert_eq!(text(&left[0], "state"), "booked");
}

#[tokio::test]
async fn an_extension_is_added_to_what_is_booked_and_taken_away() {
    let demo = Demo::start().await;
    let book = "book reflex-foot-30 --client \"Jude Conrad\" --at \"2026-10-27 14:00\" --site halifax --with calf-release";
    let booked = demo.json(book).await.remove(0);
    let id = text(&booked, "id");
    assert!(text(&booked, "end").contains("T14:45:00"), "{booked}");
    let price = booked["price_cents"].as_i64().unwrap_or_default();
    let both = demo
        .json(&format!(
            "move {id} --with calf-release --with leg-and-thigh"
        ))
        .await
        .remove(0);
    assert!(text(&both, "end").contains("T15:00:00"), "{both}");
    assert!(both["price_cents"].as_i64() > Some(price), "{both}");
    let plain = demo.json(&format!("move {id} --with none")).await.remove(0);
    assert!(text(&plain, "end").contains("T14:30:00"), "{plain}");
    assert!(plain.get("extension_ids").is_none(), "{plain}");
    // Ashiatsu has no extensions, and a combination no room without bars.
    let no_bars = demo
        .desk("book combination-90 --client \"Jude Conrad\" --at \"2026-10-27 14:00\" --site halifax --room h3 --json")
        .await;
    assert_eq!(refused(&no_bars).0, "ROOM_UNSUITABLE");
}
