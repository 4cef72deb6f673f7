//! Training, renewals and who may do what from the command line, against a whole server.

use super::demo::{Demo, objects, refused, text};

#[tokio::test]
async fn a_training_is_entered_corrected_and_removed() {
    let demo = Demo::start().await;
    let all = objects(&demo.owner("training --json").await);
    assert_eq!(all.len(), 4);
    let put = "training put \"Safe pressure\" --of chen --of haddad --hours 1.5 --subject techniques --education";
    let tried = demo.owner(&format!("{put} --dry-run")).await;
    assert!(tried.answer.starts_with("Dry run"), "{tried:?}");
    let entered = objects(&demo.owner(&format!("{put} --json")).await).remove(0);
    assert_eq!(
        (text(&entered, "kind"), text(&entered, "last")),
        ("session", "2026-10-14")
    );
    assert_eq!(entered["minutes"], 90);
    let id = text(&entered, "id");
    let correct =
        format!("training put --id {id} --hours 2.25 --kind workshop --no-education --json");
    let corrected = objects(&demo.owner(&correct).await).remove(0);
    assert_eq!(corrected["minutes"], 135);
    assert_eq!(corrected["education"], false);
    assert_eq!(corrected["therapist_ids"], entered["therapist_ids"]);
    assert_eq!(text(&corrected, "title"), "Safe pressure");
    let table = demo.owner("training --of haddad --since 2026-10-01").await;
    assert!(table.answer.contains("2h15"), "{table:?}");
    assert!(table.answer.contains("Chen, Haddad"), "{table:?}");
    let unsaid = demo.owner(&format!("training remove {id}")).await;
    assert!(unsaid.complaint.contains("--yes"), "{unsaid:?}");
    // Sent again under its name it is done once, also when the entry is read anew before.
    let named = format!("{correct} --note \"with a skeleton\" --request-id correct");
    let first = demo.owner(&named).await;
    assert_eq!(objects(&first).len(), 1);
    assert_eq!(demo.owner(&named).await, first);
    let remove = format!("training remove {id} --yes --request-id remove");
    let removed = demo.owner(&remove).await;
    assert_eq!(removed.code, 0, "{removed:?}");
    let again = demo.owner(&remove).await;
    assert_eq!(again.code, 0, "{again:?}");
    let unnamed = demo.owner(&format!("training remove {id} --yes")).await;
    assert_eq!(unnamed.code, 2, "{unnamed:?}");
    assert_eq!(objects(&demo.owner("training --json").await).len(), 4);
    let of_the_desk = demo.desk("training --json").await;
    assert_eq!(refused(&of_the_desk).1, 7);
    let odd = demo
        .owner("training put X --of chen --hours 2.25 --to 2026-10-15 --json")
        .await;
    assert_eq!(refused(&odd).0, "FIELDS_INVALID");
}

#[tokio::test]
async fn a_renewal_changes_who_may_do_what_until_when() {
    let demo = Demo::start().await;
    let may = async |on: &str| {
        let asked = format!("report entitlements --site halifax{on}");
        let lines = demo.json(&asked).await;
        let mut lines = lines.into_iter();
        let wanted = |it: &serde_json::Value| {
            text(it, "therapist_id") == "okafor" && text(it, "service_id") == "ashiatsu-60"
        };
        lines.find(wanted).expect("it is offered")
    };
    let now = may("").await;
    assert_eq!(text(&now, "valid_through"), "2027-03-31");
    assert!(now["education_minutes"].is_null(), "{now}");
    let later = may(" --on 2027-04-01").await;
    assert_eq!(later["may"], false);
    assert_eq!(text(&later["lacking"][0], "expired"), "2027-03-31");
    let renew = "therapists renew okafor ashiatsu --until 2028-03-31 --number A-300 --json";
    let renewed = objects(&demo.owner(renew).await).remove(0);
    assert_eq!(text(&renewed["credentials"][0], "number"), "A-300");
    assert_eq!(may(" --on 2027-04-01").await["may"], true);
    let again = demo
        .owner("therapists renew okafor --registration --until 2027-01-01 --json")
        .await;
    assert_eq!(refused(&again).0, "FIELDS_INVALID");
    let table = demo.owner("report entitlements").await;
    assert!(
        table.answer.contains("M-1055 until 2026-11-30"),
        "{table:?}"
    );
    assert!(
        table.answer.contains("27h00 of 20h00 since 2024-10-15"),
        "{table:?}"
    );
    assert!(table.answer.contains("no ashiatsu"), "{table:?}");
    let csv = demo.owner("report entitlements --format csv").await.answer;
    assert!(
        csv.contains(
            "okafor,halifax,2026-10-14,ashiatsu-60,true,2028-03-31,,valid,2027-06-30,360,1200\r\n"
        ),
        "{csv}"
    );
    for odd in [
        "attendance --on 2026-10-14",
        "entitlements --by month",
        "entitlements --from 2026-10-01",
    ] {
        let odd = demo.owner(&format!("report {odd}")).await;
        assert_eq!(odd.code, 2, "{odd:?}");
        assert!(odd.complaint.contains("--on"), "{odd:?}");
    }
}
