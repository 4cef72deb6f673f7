use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::{Phase, Role};

use super::support::{World, because, date, request, why};

/// A completed appointment at Halifax.
fn completed(world: &World) -> String {
    let published = world.server.engine().snapshot();
    let mut all = published.clinic.appointments();
    let done =
        all.find(|it| it.state.phase() == Phase::Completed && it.slot.site.as_str() == "halifax");
    done.unwrap().id.to_string()
}

fn parts(parts: &[(v1::PaymentMethod, i64)]) -> Vec<v1::PaymentPart> {
    let part = |&(method, cents): &(v1::PaymentMethod, i64)| v1::PaymentPart {
        method: method.into(),
        cents,
    };
    parts.iter().map(part).collect()
}

fn issue(appointment_id: &str, write: Option<v1::WriteOptions>) -> v1::IssueReceiptRequest {
    v1::IssueReceiptRequest {
        write,
        appointment_id: appointment_id.to_owned(),
    }
}

#[tokio::test]
async fn an_appointment_is_paid_receipted_copied_and_voided() {
    let world = World::new().await;
    let mut till = world.api(Role::FrontDesk).await.receipt;
    let id = completed(&world);
    let ask = v1::GetAccountRequest {
        appointment_id: id.clone(),
    };
    let account = till.get_account(ask.clone()).await.unwrap().into_inner();
    let account = account.account.unwrap();
    assert!(account.completed && account.tax_basis_points == 1_400);
    assert_eq!(account.due_cents, account.total_cents);
    let due = account.due_cents;

    let unpaid = till.issue_receipt(issue(&id, None)).await;
    assert_eq!(why(unpaid), because(Code::FailedPrecondition, "NOT_PAID"));
    let mut pay = v1::TakePaymentRequest {
        write: request("pay"),
        appointment_id: id.clone(),
        parts: parts(&[
            (v1::PaymentMethod::Insurance, due - 1_000),
            (v1::PaymentMethod::Cash, 1_001),
        ]),
        note: String::new(),
    };
    let more = till.take_payment(pay.clone()).await;
    assert_eq!(
        why(more),
        because(Code::FailedPrecondition, "MORE_THAN_DUE")
    );
    pay.parts[1].cents = 1_000;
    for _ in 0..2 {
        let paid = till.take_payment(pay.clone()).await.unwrap().into_inner();
        let account = paid.account.unwrap();
        assert_eq!((account.due_cents, account.payments.len()), (0, 2));
    }

    let dry = v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    };
    for write in [Some(dry), request("issue"), request("issue")] {
        let issued = till.issue_receipt(issue(&id, write)).await.unwrap();
        let receipt = issued.into_inner().receipt.unwrap();
        assert_eq!((receipt.number, receipt.total_cents), (1, due));
        assert!(!receipt.registration_number.is_empty());
        assert_eq!(receipt.business_name, "Treadwell Barefoot Massage");
    }
    let again = v1::ReissueReceiptRequest {
        write: None,
        number: 1,
    };
    let copy = till.reissue_receipt(again).await.unwrap().into_inner();
    assert_eq!(copy.receipt.unwrap().duplicates, 1);
    let refund = v1::RefundPaymentRequest {
        write: None,
        appointment_id: id.clone(),
        parts: parts(&[(v1::PaymentMethod::Cash, 1)]),
        note: "kindness".to_owned(),
    };
    let stands = till.refund_payment(refund.clone()).await;
    let stands_why = because(Code::FailedPrecondition, "RECEIPT_STANDS");
    assert_eq!(why(stands), stands_why);
    let void = v1::VoidReceiptRequest {
        write: None,
        number: 1,
        void_reason: "wrong".to_owned(),
    };
    let voided = till.void_receipt(void.clone()).await.unwrap().into_inner();
    assert_eq!(voided.receipt.unwrap().voided.unwrap().reason, "wrong");
    let twice = till.void_receipt(void).await;
    assert_eq!(
        why(twice),
        because(Code::FailedPrecondition, "RECEIPT_VOID")
    );
    till.refund_payment(refund).await.unwrap();
    let one = v1::TakePaymentRequest {
        parts: parts(&[(v1::PaymentMethod::Cash, 1)]),
        write: None,
        ..pay
    };
    till.take_payment(one).await.unwrap();
    let next = till.issue_receipt(issue(&id, None)).await.unwrap();
    assert_eq!(next.into_inner().receipt.unwrap().number, 2);

    let all = v1::ListReceiptsRequest {
        page_size: 1,
        ..v1::ListReceiptsRequest::default()
    };
    let first = till.list_receipts(all.clone()).await.unwrap().into_inner();
    let rest = v1::ListReceiptsRequest {
        page_token: first.next_page_token,
        ..all
    };
    let second = till.list_receipts(rest).await.unwrap().into_inner();
    let numbers: Vec<_> = [first.receipts, second.receipts]
        .concat()
        .iter()
        .map(|receipt| receipt.number)
        .collect();
    assert_eq!(numbers, [1, 2]);
    let totals = v1::GetDayTotalsRequest {
        date: date(2026, 10, 14),
        site_ids: vec!["halifax".to_owned()],
    };
    let totals = till.get_day_totals(totals).await.unwrap().into_inner();
    let left: i64 = totals
        .lines
        .iter()
        .map(|line| line.paid_cents - line.refunded_cents)
        .sum();
    assert_eq!((left, totals.receipt_count), (due, 2));
    world.server.stop().await;
}

#[tokio::test]
async fn money_is_for_the_desk_and_prices_for_programs() {
    let world = World::new().await;
    let id = completed(&world);
    let account = v1::GetAccountRequest {
        appointment_id: id.clone(),
    };
    let denied = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    for role in [Role::Therapist, Role::Integration, Role::Wallboard] {
        let mut till = world.api(role).await.receipt;
        assert_eq!(why(till.get_account(account.clone()).await), denied);
        assert_eq!(why(till.issue_receipt(issue(&id, None)).await), denied);
        let prices = till.list_prices(v1::ListPricesRequest {}).await;
        assert_eq!(prices.is_ok(), role == Role::Integration, "{role:?}");
        let put = v1::PutPriceListRequest::default();
        assert_eq!(why(till.put_price_list(put).await), denied);
    }
    world.server.stop().await;
}

#[tokio::test]
async fn prices_and_taxes_are_put_and_read() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await.receipt;
    let business = owner.get_business(v1::GetBusinessRequest {}).await.unwrap();
    let mut business = business.into_inner().business.unwrap();
    let rates: Vec<_> = business.rates.iter().map(|it| it.basis_points).collect();
    assert_eq!(rates, [1_500, 1_400]);
    business.rates.push(v1::TaxRate {
        from: date(2027, 1, 1),
        basis_points: 10_001,
    });
    let mut put = v1::PutBusinessRequest {
        write: None,
        business: Some(business),
    };
    let wrong = owner.put_business(put.clone()).await;
    assert_eq!(why(wrong), because(Code::InvalidArgument, "FIELDS_INVALID"));
    put.business.as_mut().unwrap().rates[2].basis_points = 1_300;
    let put = owner.put_business(put).await.unwrap().into_inner();
    assert_eq!(put.business.unwrap().rates.len(), 3);

    let lists = owner.list_prices(v1::ListPricesRequest {}).await.unwrap();
    let lists = lists.into_inner().price_lists;
    assert_eq!(lists[0].prices[0].cents, 11_000);
    let stale = v1::PutPriceListRequest {
        write: super::support::etag("7"),
        price_list: Some(lists[0].clone()),
    };
    let stale = owner.put_price_list(stale).await;
    assert_eq!(why(stale), because(Code::Aborted, "STALE_ETAG"));
    world.server.stop().await;
}

#[tokio::test]
async fn an_account_at_another_site_is_not_there() {
    let world = World::new().await;
    let id = completed(&world);
    let create = v1::CreateKeyRequest {
        write: None,
        key: Some(v1::Key {
            name: "Dartmouth desk".to_owned(),
            role: v1::Role::FrontDesk.into(),
            site_ids: vec!["dartmouth".to_owned()],
            ..v1::Key::default()
        }),
    };
    let made = world.api(Role::Owner).await.access.create_key(create).await;
    let secret = made.unwrap().into_inner().secret;
    let mut till = world.api_with(Some(&secret)).await.receipt;
    let account = v1::GetAccountRequest {
        appointment_id: id.clone(),
    };
    let not_found = because(Code::NotFound, "NOT_FOUND");
    assert_eq!(why(till.get_account(account).await), not_found);
    let pay = v1::TakePaymentRequest {
        appointment_id: id,
        parts: parts(&[(v1::PaymentMethod::Cash, 1)]),
        ..v1::TakePaymentRequest::default()
    };
    assert_eq!(why(till.take_payment(pay).await), not_found);
    world.server.stop().await;
}
