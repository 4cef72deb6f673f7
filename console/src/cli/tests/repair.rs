//! Repairs on the command line, against a whole server.

use super::demo::{Demo, text};

/// Jude Conrad has ashiatsu in H1 on the 27th at 10:00.
async fn with_jude() -> (Demo, serde_json::Value) {
    let demo = Demo::start().await;
    let book = "book ashiatsu-60 --client \"Jude Conrad\" --at \"2026-10-27 10:00\" --site halifax --room H1";
    let booked = demo.json(book).await.remove(0);
    (demo, booked)
}

#[tokio::test]
async fn a_room_goes_out_and_its_clients_go_elsewhere() {
    let (demo, _) = with_jude().await;
    let plan = "repair --room H1 --bars --from \"2026-10-27 9:00\" --until \"2026-10-27 18:00\"";
    let planned = demo.json(plan).await;
    let (cost, repairs) = planned.split_last().expect("the cost comes last");
    assert_eq!(
        (&cost["unplaced"], &cost["best"]),
        (&0.into(), &true.into())
    );
    let of_jude =
        |it: &&serde_json::Value| text(&it["appointment"], "client_name") == "Jude Conrad";
    let his = repairs.iter().find(of_jude).expect("he is hit");
    assert_eq!(text(his, "how"), "at_once");
    let words = demo.desk(plan).await;
    assert!(words.answer.contains("at once"), "{words:?}");
    assert!(words.answer.contains("Jude Conrad"), "{words:?}");
    let applied = demo.desk(&format!("{plan} --apply")).await;
    assert!(
        applied.answer.contains("Applied: 1 moved, 0 to be called"),
        "{applied:?}"
    );
    let nothing = demo.desk(plan).await;
    assert!(nothing.answer.contains("Nothing is hit."), "{nothing:?}");
    assert!(!nothing.answer.contains("of one day"), "{nothing:?}");
    // Bars are out for three days; today they hit nobody.
    let today = demo.desk("repair --site dartmouth").await;
    assert!(
        today.answer.contains("--on asks about another"),
        "{today:?}"
    );
}

#[tokio::test]
async fn a_client_is_called_and_declines_and_another_time_agrees() {
    let (demo, booked) = with_jude().await;
    let therapist = text(&booked, "therapist_id");
    let plan = format!(
        "repair --therapist {therapist} --from \"2026-10-27 9:00\" --until \"2026-10-27 11:00\""
    );
    let dry = demo.desk(&format!("{plan} --apply --dry-run")).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(
        demo.desk("repair calls")
            .await
            .answer
            .contains("Nobody is to be called.")
    );
    let planned = demo.json(&plan).await;
    let of_jude =
        |it: &&serde_json::Value| text(&it["appointment"], "client_name") == "Jude Conrad";
    let his = planned[..planned.len() - 1]
        .iter()
        .find(of_jude)
        .expect("he is hit");
    // He keeps his therapist, and comes at another time.
    assert_eq!(text(his, "how"), "call", "{his}");
    demo.desk(&format!("{plan} --apply")).await;
    let calls = demo.json("repair calls").await;
    assert_eq!(text(&calls[0]["appointment"], "client_name"), "Jude Conrad");
    let declined = demo.json("repair decline Jude").await.remove(0);
    assert_eq!(text(&declined, "start"), text(&his["appointment"], "start"));
    demo.desk(&format!("{plan} --apply")).await;
    let moved = demo.json("repair accept Jude").await.remove(0);
    assert_eq!(text(&moved, "start"), text(&his["to"], "start"));
    let nobody = demo.desk("repair accept Jude").await;
    assert_eq!(nobody.code, 2, "{nobody:?}");
}
