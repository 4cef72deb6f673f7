//! The waitlist on the command line, against a whole server.

use super::demo::{Demo, refused, text};

#[tokio::test]
async fn somebody_waits_is_offered_a_place_and_takes_it() {
    let demo = Demo::start().await;
    let listed = demo.json("waitlist").await;
    let positions: Vec<_> = listed
        .iter()
        .map(|line| line["position"].as_i64())
        .collect();
    assert_eq!(positions, (1..=5).map(Some).collect::<Vec<_>>());
    assert!(text(&listed[0], "reason").starts_with("First: waits since "));
    let excluded = listed
        .iter()
        .find(|line| text(line, "client_name") == "Otto Brandt");
    assert!(excluded.expect("he waits").get("place").is_none());

    let add =
        "waitlist add \"Jude Conrad\" ashiatsu-60 --site halifax --window \"2026-10-27 9-12\"";
    let added = demo.json(add).await.remove(0);
    assert_eq!(text(&added, "state"), "waiting");
    assert_eq!(added["windows"][0], "2026-10-27 09:00-12:00");
    let id = text(&added, "id");
    // As the console says it.
    let said = demo.desk("waitlist").await;
    let wish = "Ashiatsu 60, Halifax; 2026-10-27 09:00-12:00";
    assert!(said.answer.contains(wish), "{said:?}");
    let places = demo.json("waitlist suggest Jude").await;
    let start = text(&places[0], "start");
    assert!(start.starts_with("2026-10-27T"), "{start}");
    let by_slot = demo
        .json(&format!("waitlist suggest --at {start} --site halifax"))
        .await;
    let his = by_slot.iter().find(|line| text(line, "id") == id);
    assert_eq!(
        text(&his.expect("he is among them")["place"], "start"),
        start
    );

    let offered = demo.json("waitlist offer \"Jude Conrad\"").await.remove(0);
    assert_eq!(text(&offered, "state"), "offered");
    assert_eq!(text(&offered["offer"], "start"), start);
    let told = demo.desk(&format!("waitlist contact {id}")).await;
    assert!(told.answer.contains("answers until 14:"), "{told:?}");
    let booked = demo.json(&format!("waitlist accept {id}")).await.remove(0);
    assert_eq!(text(&booked, "client_name"), "Jude Conrad");
    assert_eq!(text(&booked, "start"), start);
    let again = demo.desk(&format!("waitlist accept {id} --json")).await;
    assert_eq!(refused(&again), ("WRONG_STATE".to_owned(), 5));
}

#[tokio::test]
async fn an_offer_is_declined_passed_on_and_withdrawn() {
    let demo = Demo::start().await;
    for who in ["Jude Conrad", "Iris Melanson"] {
        let add = format!(
            "waitlist add \"{who}\" ashiatsu-60 --site halifax --window \"2026-10-27 9-10\""
        );
        demo.json(&add).await;
    }
    demo.json("waitlist offer Jude").await;
    let declined = demo.json("waitlist decline Jude --pass-on").await;
    assert_eq!(text(&declined[0], "state"), "waiting");
    assert_eq!(text(&declined[1], "state"), "offered");
    let nothing = demo.desk("waitlist offer Jude --json").await;
    assert_eq!(refused(&nothing), ("NOTHING_FITS".to_owned(), 3));
    let withdrawn = demo.json("waitlist withdraw Iris").await.remove(0);
    assert_eq!(text(&withdrawn, "state"), "withdrawn");
    let unknown = demo.desk("waitlist withdraw Nobody").await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
    let no_window = demo
        .desk("waitlist add \"Jude Conrad\" ashiatsu-60 --window someday")
        .await;
    assert_eq!(no_window.code, 2, "{no_window:?}");
}
