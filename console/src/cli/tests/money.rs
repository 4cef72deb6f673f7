//! Money at the desk, as whole commands against a whole server.

use super::demo::{Demo, refused, text};

#[tokio::test]
async fn a_session_is_paid_receipted_copied_and_counted() {
    let demo = Demo::start().await;
    let finished = demo.json("finish h4 --yes").await.remove(0);
    let id = text(&finished["appointment"], "id").to_owned();

    let account = demo.json(&format!("pay {id}")).await.remove(0);
    let due = account["due_cents"].as_i64().expect("a number");
    assert!(due > 0 && account["total_cents"] == due, "{account}");
    let unpaid = demo.desk(&format!("receipt issue {id} --json")).await;
    assert_eq!(refused(&unpaid).0, "NOT_PAID");
    let nonsense = demo.desk(&format!("pay {id} shells=3")).await;
    assert_eq!(nonsense.code, 2, "{nonsense:?}");
    assert!(nonsense.complaint.contains("card, cash"), "{nonsense:?}");

    let split = demo.json(&format!("pay {id} cash=20 card")).await.remove(0);
    assert_eq!(split["due_cents"], 0);
    assert_eq!(split["payments"].as_array().expect("two").len(), 2);
    let said = demo.desk(&format!("pay {id}")).await.answer;
    assert!(said.contains("due 0.00."), "{said}");

    let tried = demo.desk(&format!("receipt issue {id} --dry-run")).await;
    assert!(tried.answer.starts_with("Dry run"), "{tried:?}");
    let issued = demo.desk(&format!("receipt issue {id}")).await.answer;
    assert!(issued.contains("RECEIPT 1 "), "{issued}");
    assert!(
        issued.contains("cash") && issued.contains("HST 14 %"),
        "{issued}"
    );
    let shown = demo.desk("receipt show 1").await.answer;
    assert_eq!(shown, issued);
    let copy = demo.desk("receipt reissue 1").await.answer;
    assert!(copy.contains("\nDUPLICATE 1\n"), "{copy}");
    let stands = demo
        .desk(&format!("refund {id} cash=1 --note kind --json"))
        .await;
    assert_eq!(refused(&stands).0, "RECEIPT_STANDS");
    let void = demo.desk("receipt void 1 --reason wrong").await.answer;
    assert!(void.contains("\nVOID: wrong\n"), "{void}");
    let back = demo
        .json(&format!("refund {id} cash=5 --note kind"))
        .await
        .remove(0);
    assert_eq!(back["due_cents"], 500);

    let listed = demo.json("receipt list").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(text(&listed[0], "void_reason"), "wrong");
    let totals = demo.json("totals").await;
    let left = |method: &str| {
        let line = totals.iter().find(|line| text(line, "method") == method);
        let line = line.expect("it was used");
        line["paid_cents"].as_i64().unwrap_or(0) - line["refunded_cents"].as_i64().unwrap_or(0)
    };
    assert_eq!((left("cash"), left("card")), (1_500, due - 2_000));
    let words = demo.desk("totals").await.answer;
    assert!(words.contains("Receipts issued: 1"), "{words}");
}

#[tokio::test]
async fn the_owner_sets_prices_and_taxes() {
    let demo = Demo::start().await;
    let set = "prices ashiatsu-60 --from 2027-05-01 --price 120";
    assert_eq!(demo.desk(set).await.code, 7, "not for the desk");
    let said = demo.owner(set).await;
    assert!(said.answer.starts_with("Prices are set."), "{said:?}");
    let prices = demo.json("prices ashiatsu-60").await;
    let cents: Vec<_> = prices.iter().map(|it| it["cents"].as_i64()).collect();
    assert_eq!(cents, [Some(10_500), Some(11_000), Some(12_000)]);
    let removed = demo
        .owner("prices ashiatsu-60 --from 2027-05-01 --remove")
        .await;
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(demo.json("prices ashiatsu-60").await.len(), 2);

    let set = demo
        .owner("taxes --from 2027-01-01 --percent 13.5 --json")
        .await;
    assert!(set.answer.contains("1350"), "{set:?}");
    let taxes = demo.json("taxes").await.remove(0);
    assert_eq!(taxes["rates"].as_array().expect("a list").len(), 3);
    assert_eq!(text(&taxes, "tax_name"), "HST");
}

#[tokio::test]
async fn what_is_set_is_answered_as_it_was_when_it_is_sent_again() {
    let demo = Demo::start().await;
    for set in [
        "taxes --from 2027-01-01 --percent 13.5 --request-id rate",
        "taxes --from 2027-01-01 --remove --request-id no-rate",
        "prices ashiatsu-60 --from 2027-05-01 --price 120 --request-id price",
        "prices ashiatsu-60 --from 2027-05-01 --remove --request-id no-price",
    ] {
        let first = demo.owner(set).await;
        assert!(first.answer.contains(" are set."), "{first:?}");
        assert_eq!(demo.owner(set).await, first, "{set}");
    }
}

#[tokio::test]
async fn a_payment_under_a_name_says_how_much() {
    let demo = Demo::start().await;
    let finished = demo.json("finish h4 --yes").await.remove(0);
    let id = text(&finished["appointment"], "id").to_owned();
    let rest = demo
        .desk(&format!("pay {id} cash --request-id pay-1"))
        .await;
    assert_eq!(rest.code, 2, "{rest:?}");
    assert!(rest.complaint.contains("cash=85.50"), "{rest:?}");
    let pay = format!("pay {id} cash=20 --request-id pay-1");
    let first = demo.desk(&pay).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(demo.desk(&pay).await, first);
    let back = format!("refund {id} cash --note kind --request-id back-1");
    assert_eq!(demo.desk(&back).await.code, 2);
}
