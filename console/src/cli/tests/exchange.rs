//! Calendars, exports and imports, as whole commands against a whole server.

use std::{fs, path::Path};

use serde_json::Value;

use super::demo::{Demo, objects, refused, say, text};
use crate::cli::Outcome;

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// A line of a summary.
fn numbers(outcome: &Outcome) -> [i64; 4] {
    let last = outcome.answer.lines().last().expect("a summary");
    let last: Value = serde_json::from_str(last).expect("an object");
    ["imported", "existing", "refused", "left_out"]
        .map(|name| last[name].as_i64().expect("a number"))
}

/// Line, column and reason of each problem.
fn problems(outcome: &Outcome) -> Vec<(i64, String, String)> {
    let mut all = Vec::new();
    for line in outcome.answer.lines() {
        let object: Value = serde_json::from_str(line).expect("an object a line");
        for problem in object["problems"].as_array().into_iter().flatten() {
            let of = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
            all.push((
                object["line"].as_i64().expect("a line"),
                of("column"),
                of("reason"),
            ));
        }
    }
    all
}

#[tokio::test]
async fn calendars_are_printed_written_and_written_all_at_once() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let printed = demo.desk("calendar room h1").await;
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.answer.starts_with("BEGIN:VCALENDAR\r\n"));
    assert!(printed.answer.ends_with("END:VCALENDAR\r\n"));
    let file = path(folder.path(), "h1.ics");
    let wrote = demo.json(&format!("calendar room h1 --out {file}")).await;
    assert_eq!(text(&wrote[0], "file"), file);
    // Only when each was made differs.
    let stable = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("DTSTAMP"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let written = fs::read_to_string(&file).expect("it is there");
    assert_eq!(stable(&written), stable(&printed.answer));
    let narrow = demo
        .desk("calendar room h1 --from 2026-10-14 --to 2026-10-14")
        .await;
    let events = |text: &str| text.matches("BEGIN:VEVENT").count();
    assert!((1..events(&written)).contains(&events(&narrow.answer)));

    let all = path(folder.path(), "");
    let wrote = demo.json(&format!("calendar all --out {all}")).await;
    assert!(wrote.len() >= 18, "eight therapists and ten rooms");
    for name in ["room-d1.ics", "therapist-chen.ics"] {
        let text = fs::read_to_string(folder.path().join(name)).expect("it is there");
        assert!(events(&text) > 0, "{name}");
    }
    let nowhere = demo.desk("calendar all --out /no/such/folder").await;
    assert_eq!(nowhere.code, 2, "{nowhere:?}");
    assert_eq!(demo.desk("calendar therapist nobody").await.code, 2);
}

#[tokio::test]
async fn clients_go_out_and_come_in_elsewhere_as_they_were() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    for add in [
        "clients add \"=Hyper, Link\" --phone \"+1 902 555 0142\" --note \"@six -5\"",
        "clients add \"Zoë \u{1f9b6} O'Brien\" --phone 902-555-0143 --born 1980-02-29",
    ] {
        assert_eq!(demo.desk(add).await.code, 0);
    }
    for (format, name) in [("csv", "clients.csv"), ("json", "clients.json")] {
        let file = path(folder.path(), name);
        let done = demo
            .desk(&format!("export clients --format {format} --out {file}"))
            .await;
        assert!(done.answer.contains(" clients in "), "{done:?}");
        let written = fs::read_to_string(&file).expect("it is there");
        let printed = demo
            .desk(&format!("export clients --format {format}"))
            .await;
        assert_eq!(written, printed.answer);
        if format == "csv" {
            assert!(
                written.contains("\"'=Hyper, Link\",'+1 902 555 0142,"),
                "{written}"
            );
        }
        // The same clinic has them all.
        let here = demo
            .desk(&format!(
                "import clients {file} --skip-existing --dry-run --json"
            ))
            .await;
        let known = numbers(&here);
        assert_eq!((here.code, known[0], known[2]), (0, 0, 0), "{here:?}");
        // Another one has none of these two.
        let other = Demo::start().await;
        let strange: Vec<&str> = written
            .lines()
            .filter(|line| {
                line.starts_with("id,") || line.contains("Hyper") || line.contains("Brien")
            })
            .collect();
        let strange = strange.join("\r\n");
        let part = path(folder.path(), &format!("part.{format}"));
        fs::write(&part, strange).expect("it can be written");
        let came = other.desk(&format!("import clients {part} --json")).await;
        assert_eq!(numbers(&came), [2, 0, 0, 0], "{came:?}");
        let again = other.desk(&format!("import clients {part} --json")).await;
        assert_eq!(numbers(&again), [0, 2, 0, 0], "{again:?}");
        let there = &other.json("clients Hyper").await[0];
        assert_eq!(text(there, "name"), "=Hyper, Link");
        assert_eq!(text(there, "phone"), "+1 902 555 0142");
        assert_eq!(text(there, "note"), "@six -5");
        let there = &other.json("clients Brien").await[0];
        assert_eq!(text(there, "name"), "Zoë \u{1f9b6} O'Brien");
        assert_eq!(text(there, "born"), "1980-02-29");
    }
}

#[tokio::test]
async fn every_line_that_is_wrong_is_told_by_its_column_and_nothing_comes_in() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = path(folder.path(), "patients.csv");
    let head = "\u{feff}Patient GUID;First Name;Last Name;Mobile Phone;Birth Date;Email;Health Card Number\r\n";
    let lines = "\
g-1;Ann;Bell;902 555 0191;1980-03-02;ann@example.org;1\r
g-2;;;902 555 0192;03/02/1980;;2\r
g-3;Cid;Dorn;;;no address;3\r
g-1;Eve;Fox;;;;4\r
";
    fs::write(&file, format!("{head}{lines}")).expect("it can be written");
    let asked = format!("import clients {file} --json");
    let before = demo.json("clients").await.len();
    for dry in [" --dry-run", ""] {
        let told = demo.desk(&format!("{asked}{dry}")).await;
        assert_eq!(told.code, 5, "{told:?}");
        let expected = [
            (3, "name", "FIELDS_INVALID"),
            (3, "Birth Date", "FIELDS_INVALID"),
            (4, "Email", "FIELDS_INVALID"),
            (5, "", "LINE_REPEATED"),
        ];
        let expected =
            expected.map(|(line, column, reason)| (line, column.to_owned(), reason.to_owned()));
        assert_eq!(problems(&told), expected);
        assert_eq!(numbers(&told), [0, 0, 3, 0]);
        assert!(
            told.answer
                .contains("\"unknown_columns\":[\"Health Card Number\"]"),
            "{told:?}"
        );
    }
    assert_eq!(demo.json("clients").await.len(), before, "nothing came in");
    let said = demo.desk(&format!("import clients {file}")).await;
    assert!(
        said.answer
            .contains("Not taken, these columns: Health Card Number."),
        "{said:?}"
    );
    assert!(
        said.answer
            .contains("Nothing was imported: 3 lines can not be."),
        "{said:?}"
    );

    let many: Vec<String> = (0..501)
        .map(|n| format!("g-{n};Ann;Nr {n};;;;\r\n"))
        .collect();
    let many = many.concat();
    fs::write(&file, format!("{head}{many}")).expect("it can be written");
    let refused = demo.desk(&format!("import clients {file}")).await;
    assert_eq!(refused.code, 2);
    assert!(refused.complaint.contains("--lines 2-501"), "{refused:?}");
    let part = demo
        .desk(&format!("import clients {file} --lines 2-501 --json"))
        .await;
    assert_eq!(numbers(&part), [500, 0, 0, 0]);
    let rest = demo
        .desk(&format!("import clients {file} --lines 502-600 --json"))
        .await;
    assert_eq!(numbers(&rest), [1, 0, 0, 0]);
    fs::write(&file, b"name\nRen\xe9\n").expect("it can be written");
    let latin = demo.desk(&format!("import clients {file}")).await;
    assert!(latin.complaint.contains("CSV UTF-8"), "{latin:?}");
}

#[tokio::test]
async fn appointments_of_another_product_are_booked_by_the_rules() {
    let demo = Demo::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let clients = path(folder.path(), "clients.csv");
    fs::write(
        &clients,
        "id,name,phone\r\np-1,Ann Bell,902 555 0191\r\np-2,Ben Cole,902 555 0192\r\n",
    )
    .expect("written");
    assert_eq!(
        demo.desk(&format!("import clients {clients}")).await.code,
        0
    );
    let file = path(folder.path(), "appointments.csv");
    let head = "Appointment ID,Patient ID,Patient Name,Patient Phone,Treatment,Location,Room,Start At,Status\r\n";
    let wrong = "\
a-1,p-1,,,hands-on-60,Halifax,H3,2026-10-27 14:00,booked\r
a-2,,Ben Cole,902-555-0192,hands-on-60,Halifax,H3,2026-10-27 14:30,confirmed\r
a-3,p-9,,,hands-on-60,Halifax,,2026-10-27 16:00,booked\r
a-4,p-1,,,Unknown,Halifax,,2026-10-28 10:00,booked\r
a-5,p-2,,,ashiatsu-60,Halifax,,2026-10-28 10:00,booked\r
a-6,p-2,,,hands-on-60,Halifax,,2026-10-01 10:00,completed\r
";
    fs::write(&file, format!("{head}{wrong}")).expect("written");
    let told = demo
        .desk(&format!("import appointments {file} --coming --json"))
        .await;
    assert_eq!(told.code, 5, "{told:?}");
    let expected = [
        (3, "", "ROOM_TAKEN"),
        (4, "", "NO_SUCH_CLIENT"),
        (5, "Treatment", "FIELDS_INVALID"),
        (6, "", "SCREENING_INCOMPLETE"),
    ];
    let expected =
        expected.map(|(line, column, reason)| (line, column.to_owned(), reason.to_owned()));
    assert_eq!(problems(&told), expected);
    assert_eq!(numbers(&told), [0, 0, 4, 1]);
    assert!(told.answer.contains("See line 2."), "{told:?}");

    let good = "\
a-1,p-1,,,hands-on-60,Halifax,H3,2026-10-27 14:00,booked\r
a-2,,Ben Cole,902-555-0192,hands-on-60,Halifax,H3,2026-10-27 16:00,confirmed\r
";
    fs::write(&file, format!("{head}{good}")).expect("written");
    let tried = demo
        .desk(&format!("import appointments {file} --dry-run"))
        .await;
    assert!(
        tried
            .answer
            .contains("Dry run, nothing was changed: Imported 2 appointments"),
        "{tried:?}"
    );
    let done = demo
        .desk(&format!("import appointments {file} --json"))
        .await;
    assert_eq!(numbers(&done), [2, 0, 0, 0], "{done:?}");
    let again = demo
        .desk(&format!("import appointments {file} --json"))
        .await;
    assert_eq!(numbers(&again), [0, 2, 0, 0]);
    let booked = demo
        .json("appointments --client \"Ben Cole\" --from today --until +4w")
        .await;
    assert_eq!(text(&booked[0], "state"), "confirmed");
    assert!(text(&booked[0], "start").starts_with("2026-10-27T16:00:00"));

    let exported = demo
        .desk("export appointments --format json --from 2026-10-27 --to 2026-10-27")
        .await;
    let ours: Vec<Value> = objects(&exported);
    let ours: Vec<_> = ours
        .iter()
        .filter(|it| it.get("external_id").is_some())
        .collect();
    assert_eq!(ours.len(), 2);
    assert_eq!(text(ours[0], "external_id"), "a-1");
    assert!(
        exported
            .answer
            .lines()
            .all(|line| !line.contains("screening") && !line.contains("cancel"))
    );
    // The clinic has all of its own, and knows its people by its own ids.
    let own = path(folder.path(), "own.csv");
    assert_eq!(
        demo.desk(&format!("export appointments --out {own}"))
            .await
            .code,
        0
    );
    let again = demo
        .desk(&format!(
            "import appointments {own} --coming --skip-existing --dry-run --json"
        ))
        .await;
    let [imported, existing, refused_lines, left_out] = numbers(&again);
    assert_eq!((imported, refused_lines), (0, 0), "{again:?}");
    assert!(existing > 2 && left_out > 2, "{again:?}");
    let nobody = say(&demo.address, "tw_nonsense", "export clients --json").await;
    assert_eq!(refused(&nobody).1, 7);
}
