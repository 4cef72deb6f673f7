use crate::command::{Command, Put, VoidReceipt};
use crate::decide::desk::{DAY, Desk, actor, limited_to, step, wish, with};
use crate::decide::payment::tests::pay;
use crate::fixture::{site_id, therapist_id};
use crate::id::AppointmentId;
use crate::model::{Business, PayMethod, Receipt, ReceiptNumber, RecordId, Registration, Role};
use crate::money::{account, day_totals};
use crate::refusal::{MoneyRefusal, Refusal};

pub(in crate::decide) fn number(number: u32) -> ReceiptNumber {
    ReceiptNumber::new(number).unwrap()
}

pub(in crate::decide) fn issue(id: AppointmentId) -> Command {
    Command::IssueReceipt(step(id))
}

pub(in crate::decide) fn void(receipt: u32) -> Command {
    Command::VoidReceipt(VoidReceipt {
        receipt: number(receipt),
        reason: "wrong client".to_owned(),
        etag: None,
    })
}

pub(in crate::decide) fn reissue(receipt: u32) -> Command {
    Command::ReissueReceipt {
        receipt: number(receipt),
        etag: None,
    }
}

fn receipt(desk: &Desk, receipt: u32) -> &Receipt {
    desk.clinic.receipt(number(receipt)).expect("it was issued")
}

/// A desk whose business and therapist can stand on a receipt.
pub(in crate::decide) fn open() -> (Desk, crate::id::ClientId) {
    let (mut desk, clients) = Desk::open();
    let business = Business {
        name: "Sole & Co".to_owned(),
        tax_number: "12345 6789 RT0001".to_owned(),
        ..Business::default()
    };
    desk.done(&Command::PutBusiness(Put {
        resource: business,
        etag: None,
    }));
    let mut halifax = crate::model::Site::clone(desk.clinic.site(site_id("halifax")).unwrap());
    halifax.address = "1 Shore Road".to_owned();
    desk.done(&Command::PutSite(Put {
        resource: halifax,
        etag: None,
    }));
    let ann = desk.clinic.therapist(therapist_id("ann")).unwrap();
    let mut ann = crate::model::Therapist::clone(ann);
    ann.registration = Some(Registration {
        association: "MTANS".to_owned(),
        number: "M-1".to_owned(),
        expires: None,
    });
    desk.done(&Command::PutTherapist(Put {
        resource: ann,
        etag: None,
    }));
    (desk, clients.clear)
}

/// A session of an hour by hand with ann that begins at an hour and is over by the next.
pub(in crate::decide) fn session(
    desk: &mut Desk,
    client: crate::id::ClientId,
    hour: i8,
) -> AppointmentId {
    let id = desk.book(client, with(wish("massage-60", hour, 0), "h3", "ann"));
    desk.at(hour, 0).done(&Command::CheckIn(step(id)));
    let review = crate::command::ReviewScreening {
        step: step(id),
        decision: crate::model::ReviewDecision::Proceed,
        note: String::new(),
    };
    if !desk.appointment(id).flags.is_empty() {
        desk.done(&Command::ReviewScreening(review));
    }
    desk.done(&Command::Start(step(id)));
    desk.at(hour, 55).done(&Command::Finish {
        step: step(id),
        stopped: None,
    });
    let room = desk.appointment(id).slot.room;
    desk.done(&Command::CompleteTurnover { room });
    id
}

pub(in crate::decide) fn pay_all(desk: &mut Desk, id: AppointmentId) {
    let due = account(&desk.clinic, desk.appointment(id)).due_cents();
    let cents = u32::try_from(due).unwrap();
    desk.done(&Command::TakePayment(pay(id, &[(PayMethod::Card, cents)])));
}

#[test]
fn a_receipt_needs_a_completed_and_paid_appointment() {
    let (mut desk, client) = open();
    let ahead = desk.book(client, wish("massage-60", 20, 0));
    let not_completed = Refusal::Money(MoneyRefusal::NotCompleted);
    assert_eq!(desk.refused(&issue(ahead)), not_completed);
    let id = session(&mut desk, client, 10);
    let due_cents = 12_540;
    let not_paid = Refusal::Money(MoneyRefusal::NotPaid { due_cents });
    assert_eq!(desk.refused(&issue(id)), not_paid);
    pay_all(&mut desk, id);
    desk.act_as(limited_to(2, Role::FrontDesk, "dartmouth"));
    assert_eq!(desk.refused(&issue(id)).reason(), "NOT_FOUND");
    desk.act_as(actor(1, Role::Owner));
    let done = desk.done(&issue(id));
    assert_eq!(done.reply.records, [RecordId::Receipt(number(1))]);
    let said = &receipt(&desk, 1).content;
    assert_eq!((said.net_cents(), said.tax_cents()), (11_000, 1_540));
    assert_eq!((said.treated_on, said.minutes), (DAY, 60));
    assert_eq!(said.client_name, "Clear");
    assert_eq!(said.registration.number, "M-1");
    assert_eq!(said.payments[0].cents, 12_540);
}

#[test]
fn a_receipt_that_could_not_say_all_is_refused_with_what_is_missing() {
    let (mut desk, clients) = Desk::open();
    let id = session(&mut desk, clients.clear, 10);
    pay_all(&mut desk, id);
    let Refusal::Money(MoneyRefusal::ReceiptIncomplete { missing }) = desk.refused(&issue(id))
    else {
        panic!("it says nothing of what is missing");
    };
    assert_eq!(
        missing,
        [
            "the name of the business",
            "the tax number",
            "the registration of the therapist"
        ]
    );
    let untaxed = Business {
        rates: Vec::new(),
        ..Business::default()
    };
    desk.done(&Command::PutBusiness(Put {
        resource: untaxed,
        etag: None,
    }));
    // Without tax more was paid than is due, which stands against it before.
    let due_cents = -1_540;
    let not_paid = Refusal::Money(MoneyRefusal::NotPaid { due_cents });
    assert_eq!(desk.refused(&issue(id)), not_paid);
}

#[test]
fn numbers_have_no_gap_and_a_void_receipt_keeps_its_own() {
    let (mut desk, client) = open();
    let first = session(&mut desk, client, 9);
    let second = session(&mut desk, client, 11);
    pay_all(&mut desk, first);
    desk.refused(&issue(second));
    desk.done(&issue(first));
    let receipt_1 = number(1);
    let stands = Refusal::Money(MoneyRefusal::ReceiptStands { receipt: receipt_1 });
    assert_eq!(desk.refused(&issue(first)), stands);
    let refund = Command::Refund(crate::command::Pay {
        note: "kindness".to_owned(),
        ..pay(first, &[(PayMethod::Cash, 1)])
    });
    assert_eq!(desk.refused(&refund), stands);
    pay_all(&mut desk, second);
    desk.done(&issue(second));
    desk.done(&void(1));
    let refusal = Refusal::Money(MoneyRefusal::ReceiptVoid { receipt: receipt_1 });
    assert_eq!(desk.refused(&void(1)), refusal);
    assert_eq!(desk.refused(&reissue(1)), refusal);
    desk.done(&issue(first));
    let all: Vec<_> = desk
        .clinic
        .receipts()
        .map(|it| (it.number.get(), it.appointment, it.voided.is_some()))
        .collect();
    assert_eq!(
        all,
        [(1, first, true), (2, second, false), (3, first, false)]
    );
    assert_eq!(desk.refused(&void(4)).reason(), "NOT_FOUND");
    let totals = day_totals(&desk.clinic, DAY, &[site_id("halifax")]);
    assert_eq!(totals.receipts, 3);
}

#[test]
fn what_is_issued_does_not_follow_what_changes() {
    let (mut desk, client) = open();
    let id = session(&mut desk, client, 10);
    pay_all(&mut desk, id);
    desk.done(&issue(id));
    let before = receipt(&desk, 1).content.clone();
    let renamed = Business {
        name: "Other".to_owned(),
        ..Business::clone(desk.clinic.business())
    };
    desk.done(&Command::PutBusiness(Put {
        resource: renamed,
        etag: None,
    }));
    desk.done(&reissue(1));
    desk.done(&reissue(1));
    let after = receipt(&desk, 1);
    assert_eq!((&after.content, after.duplicates), (&before, 2));
}

#[test]
fn the_duration_is_the_booked_one_unless_it_was_stopped() {
    let (mut desk, client) = open();
    let id = desk.book(client, with(wish("massage-60", 10, 0), "h3", "ann"));
    desk.at(10, 0).done(&Command::CheckIn(step(id)));
    desk.done(&Command::Start(step(id)));
    desk.at(10, 20).done(&Command::Finish {
        step: step(id),
        stopped: Some("unwell".to_owned()),
    });
    pay_all(&mut desk, id);
    desk.done(&issue(id));
    assert_eq!(receipt(&desk, 1).content.minutes, 20);
}

#[test]
fn nothing_is_undone_once_it_was_receipted() {
    let (mut desk, client) = open();
    let id = session(&mut desk, client, 10);
    // Another key finishes nothing: the turnover of the first one is what it could undo.
    desk.done(&Command::Undo);
    let room = desk.appointment(id).slot.room;
    desk.act_as(actor(3, Role::Owner));
    desk.done(&Command::CompleteTurnover { room });
    let id = {
        let id = desk.book(client, with(wish("massage-60", 12, 0), "h3", "ann"));
        desk.at(12, 0).done(&Command::CheckIn(step(id)));
        desk.done(&Command::Start(step(id)));
        desk.at(12, 55).done(&Command::Finish {
            step: step(id),
            stopped: None,
        });
        id
    };
    desk.act_as(actor(4, Role::FrontDesk));
    pay_all(&mut desk, id);
    desk.done(&issue(id));
    assert_eq!(desk.refused(&Command::Undo).reason(), "NOT_UNDOABLE");
    desk.done(&void(1));
    desk.act_as(actor(3, Role::Owner));
    let receipt = number(1);
    let refusal = Refusal::Money(MoneyRefusal::UndoAfterReceipt { receipt });
    assert_eq!(desk.refused(&Command::Undo), refusal);
}
