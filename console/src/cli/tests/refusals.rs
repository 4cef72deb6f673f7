//! What is refused, and what is printed as JSON, against a whole server.

use super::demo::{Demo, objects, refused, say};
use crate::cli::Outcome;

#[tokio::test]
async fn refusals_say_why_with_the_right_exit_code() {
    let demo = Demo::start().await;
    let excluded = demo
        .desk(
            "book ashiatsu-60 --client \"Maren Solberg\" --at \"fri 10:00\" --site halifax --json",
        )
        .await;
    assert_eq!(
        refused(&excluded),
        ("SCREENING_EXCLUDED_UNTIL".to_owned(), 4)
    );
    let incomplete = demo
        .desk("book ashiatsu-60 --client \"Pia Novak\" --at \"fri 10:00\" --site halifax")
        .await;
    assert_eq!(incomplete.code, 4);
    assert!(
        incomplete.complaint.contains("treadwell screen"),
        "{incomplete:?}"
    );
    // H2 has another client at 15:00.
    let taken = "book hands-on-60 --client \"Jonas Weil\" --at 15:00 --room h2 --site halifax";
    let outcome = demo.desk(&format!("{taken} --json")).await;
    assert_eq!(refused(&outcome), ("ROOM_TAKEN".to_owned(), 5));
    let words = demo.desk(taken).await;
    assert!(words.complaint.contains("In the way: apt-"), "{words:?}");
    assert!(
        words.complaint.contains("Could be booked instead:"),
        "{words:?}"
    );
    assert!(words.complaint.contains(", Halifax, room H"), "{words:?}");
    let sunday = demo
        .desk("book hands-on-60 --client \"Jonas Weil\" --at \"sun 12:00\" --site halifax --json")
        .await;
    assert_eq!(refused(&sunday), ("SITE_CLOSED".to_owned(), 3));
    let past = demo
        .desk("book hands-on-60 --client \"Jonas Weil\" --at 9:00 --site halifax --json")
        .await;
    assert_eq!(refused(&past), ("IN_THE_PAST".to_owned(), 1));
    for (line, says) in [
        ("clients show nobody-at-all", "no client has"),
        ("clients show on", "more than one client"),
        (
            "rooms --site paris",
            "There are: dartmouth (Dartmouth), halifax (Halifax).",
        ),
        ("rooms --at soon", "is not a time"),
        (
            "book hands-on-60 --client \"Jonas Weil\" --at 15:00",
            "name the site with --site",
        ),
        ("confirm apt-nosuch", ""),
        ("finish h3", "no session runs in room H3"),
    ] {
        let outcome = demo.desk(line).await;
        assert_eq!(outcome.code, 2, "{line}: {outcome:?}");
        assert!(outcome.complaint.contains(says), "{line}: {outcome:?}");
    }
    let verify = demo.desk("verify --json").await;
    assert_eq!(refused(&verify), ("ROLE_NOT_ALLOWED".to_owned(), 7));
    let address = demo.address.clone();
    let stranger = say(&address, "tw_nobody", "board --json").await;
    assert_eq!(refused(&stranger), ("KEY_INVALID".to_owned(), 7));
    demo.running.handle.stop().await;
    let silence = say(&address, "tw_nobody", "board").await;
    assert_eq!(silence.code, 6, "{silence:?}");
    assert!(
        silence.complaint.contains(&address) && silence.complaint.contains("treadwell serve"),
        "{silence:?}"
    );
}

#[tokio::test]
async fn every_command_answers_in_json_as_documented() {
    let demo = Demo::start().await;
    for line in [
        "board",
        "rooms",
        "day",
        "appointments",
        "appointments --flagged",
        "availability ashiatsu-60",
        "availability ashiatsu-60 --site halifax --why-not 14:30",
        "hold --list",
        "turnover",
        "out",
        "clients",
        "clients show \"Maren Solberg\"",
        "therapists",
        "screen \"Maren Solberg\"",
        "keys",
        "status",
        "verify",
        "audit --since 2026-01-01",
        "audit verify",
        "audit annotate chg-1 \"as it should be\"",
        "access table",
        "export --toml",
    ] {
        let outcome = demo.owner(&format!("{line} --json")).await;
        // Why a place can not be had is an answer that exits with 3.
        assert!([0, 3].contains(&outcome.code), "{line}: {outcome:?}");
        let answered = Outcome { code: 0, ..outcome };
        assert!(!objects(&answered).is_empty(), "{line}: {answered:?}");
    }
}
