//! Notes on a session and aftercare, as whole commands against a whole server.

use super::demo::{Demo, objects, refused, say, text};

#[tokio::test]
async fn notes_are_written_signed_and_added_to() {
    let demo = Demo::start().await;
    // Chen's session in H1 goes on.
    let key = demo
        .owner("keys create \"Mei Chen\" --role therapist --therapist chen --json")
        .await;
    let secret = text(&objects(&key)[0], "secret").to_owned();
    let chen = async |line: &str| say(&demo.address, &secret, line).await;
    let first = chen(
        "session note h1 --pressure calves=2-4 --technique Compression --feedback \"Good\" --json",
    );
    let first = objects(&first.await).remove(0);
    let id = text(&first, "appointment_id").to_owned();
    assert_eq!(first["pressure"][0]["ended"], 4);
    // What is not named stays.
    let more = chen("session note h1 --zone heel --tender \"ball: left\" --json").await;
    let more = objects(&more).remove(0);
    assert_eq!(text(&more, "feedback"), "Good");
    assert_eq!(more["tender"][0], "ball: left");
    let wrong = chen("session note h1 --area tail").await;
    assert_eq!(wrong.code, 2);
    assert!(wrong.complaint.contains("lower-back"), "{wrong:?}");
    let anew = objects(&chen("session note h1 --replace --area feet --json").await).remove(0);
    assert_eq!(text(&anew, "feedback"), "");

    for line in [
        "session show h1 --json".to_owned(),
        format!("session history {} --json", text(&first, "client_id")),
        format!("session sign {id} --yes --json"),
    ] {
        let denied = demo.desk(&line).await;
        assert_eq!(
            refused(&denied),
            ("ROLE_NOT_ALLOWED".to_owned(), 7),
            "{line}"
        );
    }
    let finished = demo.desk("finish h1 --early \"had to go\" --yes").await;
    assert_eq!(finished.code, 0, "{finished:?}");
    let unasked = chen("session sign h1").await;
    assert_eq!(unasked.code, 2, "nobody is there to answer: {unasked:?}");
    let signed = chen("session sign h1 --yes").await;
    assert!(signed.answer.contains("Signed by Mei Chen"), "{signed:?}");
    let again = chen("session note h1 --area neck --json").await;
    assert_eq!(refused(&again).0, "RECORD_SIGNED");
    let added = chen(&format!("session addendum {id} \"The neck too.\"")).await;
    assert!(added.answer.contains("The neck too."), "{added:?}");
    let shown = chen(&format!("session history {}", text(&first, "client_id"))).await;
    assert!(shown.answer.contains("Areas      Feet") && shown.answer.contains("The neck too."));
}

#[tokio::test]
async fn the_desk_shows_prints_and_records_aftercare() {
    let demo = Demo::start().await;
    let early = demo.desk("aftercare h1 --json").await;
    assert_eq!(refused(&early).0, "WRONG_STATE");
    // The session in H2 was over shortly before; its room is in turnover.
    let sheet = demo.desk("aftercare h2").await;
    assert!(sheet.answer.contains("heavy lifting"), "{sheet:?}");
    assert!(sheet.answer.contains("until Thu 1"), "{sheet:?}");
    assert!(
        sheet.answer.contains("Not given to the client yet."),
        "{sheet:?}"
    );
    let page = demo.desk("aftercare h2 --print --issue").await;
    assert!(page.answer.contains("AFTER YOUR SESSION"), "{page:?}");
    assert!(page.answer.lines().all(|line| line.chars().count() <= 80));
    let given = demo.json("aftercare h2").await.remove(0);
    assert_eq!(given["issued"].as_array().expect("a list").len(), 1);
}
