//! Reports, as whole commands against a whole server.

use super::demo::{Demo, text};

#[tokio::test]
async fn every_report_comes_as_table_csv_and_json() {
    let demo = Demo::start().await;
    for (kind, column, reads) in [
        ("utilization", "OFFERED", false),
        ("attendance", "NO SHOWS", true),
        ("screening", "NEEDS REVIEW", false),
        ("turnover", "LONGEST", true),
        ("waitlist", "BOOKED ELSEWHERE", true),
        ("stock", "USED IN SESSIONS", true),
    ] {
        let asked = format!("report {kind} --from 2026-10-05 --to 2026-10-18");
        let table = demo.owner(&asked).await.answer;
        assert!(table.contains(column), "{table}");
        let csv = demo
            .owner(&format!("{asked} --site halifax --format csv"))
            .await
            .answer;
        let mut lines = csv.lines();
        assert!(
            lines
                .next()
                .is_some_and(|head| head.starts_with("site_id,period_start,"))
        );
        assert!(
            lines
                .clone()
                .all(|line| line.starts_with("halifax,2026-10-")),
            "{csv}"
        );
        let json = demo
            .owner(&format!("{asked} --site halifax --format json"))
            .await;
        let same = demo.owner(&format!("{asked} --site halifax --json")).await;
        assert_eq!(json.answer, same.answer);
        assert_eq!(json.answer.lines().count(), lines.count());
        let of_the_desk = demo.desk(&asked).await;
        assert_eq!(
            of_the_desk.code,
            if reads { 0 } else { 7 },
            "{of_the_desk:?}"
        );
    }
}

#[tokio::test]
async fn a_cancellation_within_the_notice_is_counted_the_same_day() {
    let demo = Demo::start().await;
    let asked = "report attendance --site halifax --from today --to today --by day";
    let before = demo.json(asked).await.remove(0);
    assert_eq!(text(&before, "report"), "attendance");
    let listed = demo.json("appointments --site halifax").await;
    let ahead = listed.iter().rfind(|it| text(it, "state") == "booked");
    let id = text(ahead.expect("the demo's day is not over"), "id").to_owned();
    demo.json(&format!("cancel {id} --reason client --yes"))
        .await;
    let after = demo.json(asked).await.remove(0);
    let grown = |name: &str| after[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    assert_eq!((grown("appointments"), grown("open")), (0, -1));
    assert_eq!((grown("cancelled"), grown("cancelled_late")), (0, 1));

    let wrong = demo
        .desk("report attendance --from today --to yesterday")
        .await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
}
