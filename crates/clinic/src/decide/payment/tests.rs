use crate::command::{Cancel, Command, Pay, Put};
use crate::decide::desk::{DAY, Desk, limited_to, step, wish};
use crate::fixture::site_id;
use crate::id::AppointmentId;
use crate::model::{CancelReason, Direction, PayMethod, PaymentPart, Policy, RecordId, Role};
use crate::money::{account, day_totals};
use crate::refusal::{MoneyRefusal, Refusal};

pub(in crate::decide) fn pay(appointment: AppointmentId, parts: &[(PayMethod, u32)]) -> Pay {
    Pay {
        step: step(appointment),
        parts: parts
            .iter()
            .map(|&(method, cents)| PaymentPart { method, cents })
            .collect(),
        note: String::new(),
    }
}

fn back(appointment: AppointmentId, cents: u32) -> Command {
    Command::Refund(Pay {
        note: "too much".to_owned(),
        ..pay(appointment, &[(PayMethod::Cash, cents)])
    })
}

fn due(desk: &Desk, id: AppointmentId) -> i64 {
    account(&desk.clinic, desk.appointment(id)).due_cents()
}

/// Ashiatsu for 110.00, and 15.40 of tax.
fn booked() -> (Desk, AppointmentId) {
    let (mut desk, clients) = Desk::open();
    let id = desk.book(clients.clear, wish("massage-60", 10, 0));
    (desk, id)
}

#[test]
fn a_payment_is_split_and_never_more_than_is_due() {
    let (mut desk, id) = booked();
    assert_eq!(due(&desk, id), 12_540);
    let split = [(PayMethod::Cash, 2_540), (PayMethod::Insurance, 9_000)];
    let done = desk.done(&Command::TakePayment(pay(id, &split)));
    assert_eq!(done.reply.records.len(), 2);
    assert_eq!(due(&desk, id), 1_000);
    let more = Command::TakePayment(pay(id, &[(PayMethod::Card, 500), (PayMethod::Gift, 501)]));
    let due_cents = 1_000;
    let refusal = Refusal::Money(MoneyRefusal::MoreThanDue { due_cents });
    assert_eq!(desk.refused(&more), refusal);
    desk.done(&Command::TakePayment(pay(
        id,
        &[(PayMethod::ETransfer, 1_000)],
    )));
    assert_eq!(due(&desk, id), 0);
}

#[test]
fn never_more_is_paid_back_than_was_paid() {
    let (mut desk, id) = booked();
    let paid_cents = 0;
    let refusal = Refusal::Money(MoneyRefusal::MoreThanPaid { paid_cents });
    assert_eq!(desk.refused(&back(id, 1)), refusal);
    desk.done(&Command::TakePayment(pay(id, &[(PayMethod::Card, 5_000)])));
    desk.done(&back(id, 3_000));
    let paid_cents = 2_000;
    let refusal = Refusal::Money(MoneyRefusal::MoreThanPaid { paid_cents });
    assert_eq!(desk.refused(&back(id, 2_001)), refusal);
    desk.done(&back(id, 2_000));
    assert_eq!(due(&desk, id), 12_540);
}

#[test]
fn what_is_recorded_says_how_much_how_and_why() {
    let (mut desk, id) = booked();
    let other = [(PayMethod::Other, 100)];
    let without_reason = Command::Refund(pay(id, &[(PayMethod::Cash, 1)]));
    let nothing = Command::TakePayment(pay(id, &[]));
    let no_cents = Command::TakePayment(pay(id, &[(PayMethod::Cash, 0)]));
    let eleven = Command::TakePayment(pay(id, &[(PayMethod::Cash, 1); 11]));
    let unexplained = Command::TakePayment(pay(id, &other));
    for wrong in [without_reason, nothing, no_cents, eleven, unexplained] {
        assert_eq!(desk.refused(&wrong).reason(), "INVALID", "{wrong:?}");
    }
    let explained = Pay {
        note: "barter".to_owned(),
        ..pay(id, &other)
    };
    let done = desk.done(&Command::TakePayment(explained));
    let [RecordId::Payment(payment)] = done.reply.records[..] else {
        panic!("{done:?}");
    };
    let payment = desk.clinic.payment(payment).unwrap();
    let by = (payment.by, payment.at, payment.note.as_str());
    assert_eq!(by, (desk.actor.key, desk.now, "barter"));
}

#[test]
fn a_till_is_at_its_site_and_a_payment_is_not_undone() {
    let (mut desk, id) = booked();
    desk.done(&Command::TakePayment(pay(id, &[(PayMethod::Cash, 1)])));
    assert_eq!(desk.refused(&Command::Undo).reason(), "NOT_UNDOABLE");
    desk.act_as(limited_to(2, Role::FrontDesk, "dartmouth"));
    let take = Command::TakePayment(pay(id, &[(PayMethod::Cash, 1)]));
    assert_eq!(desk.refused(&take).reason(), "NOT_FOUND");
    assert_eq!(desk.refused(&back(id, 1)).reason(), "NOT_FOUND");
}

#[test]
fn an_account_holds_a_hundred_payments() {
    let (mut desk, id) = booked();
    for _ in 0..10 {
        desk.done(&Command::TakePayment(pay(id, &[(PayMethod::Cash, 1); 10])));
    }
    let take = Command::TakePayment(pay(id, &[(PayMethod::Cash, 1)]));
    assert_eq!(desk.refused(&take).reason(), "INVALID");
}

#[test]
fn a_fee_is_what_the_policy_says_when_it_happens() {
    // Fees of the policy, the reason, and what is charged for it with tax.
    let cases = [
        (0, CancelReason::ClientRequest, 0),
        (5_000, CancelReason::ClientRequest, 5_700),
        (5_000, CancelReason::Illness, 0),
        (5_000, CancelReason::TherapistAbsent, 0),
    ];
    for (late_cancel_fee_cents, reason, charged) in cases {
        let (mut desk, id) = booked();
        let policy = Policy {
            late_cancel_fee_cents,
            ..Policy::default()
        };
        let etag = None;
        let put = |resource| Command::PutPolicy(Put { resource, etag });
        desk.done(&put(policy));
        desk.done(&Command::Cancel(Cancel {
            step: step(id),
            reason,
            note: String::new(),
        }));
        desk.done(&put(Policy::default()));
        assert_eq!(due(&desk, id), charged, "{reason:?}");
    }
}

#[test]
fn a_fee_for_not_coming_goes_when_that_is_undone() {
    let (mut desk, id) = booked();
    let policy = Policy {
        no_show_fee_cents: 4_000,
        ..Policy::default()
    };
    desk.done(&Command::PutPolicy(Put {
        resource: policy,
        etag: None,
    }));
    desk.at(10, 5).done(&Command::NoShow(step(id)));
    assert_eq!(due(&desk, id), 4_560);
    desk.done(&Command::Undo);
    assert_eq!(due(&desk, id), 12_540);
}

#[test]
fn a_days_totals_are_by_site_therapist_and_method() {
    let (mut desk, id) = booked();
    let parts = [(PayMethod::Cash, 2_000), (PayMethod::Card, 3_000)];
    desk.done(&Command::TakePayment(pay(id, &parts)));
    desk.done(&back(id, 500));
    let sites = [site_id("dartmouth"), site_id("halifax")];
    let totals = day_totals(&desk.clinic, DAY, &sites);
    let therapist = desk.appointment(id).slot.therapist;
    let lines: Vec<_> = totals
        .lines
        .iter()
        .map(|line| {
            (
                line.site,
                line.therapist,
                line.method,
                line.sums.net_cents(),
            )
        })
        .collect();
    let halifax = site_id("halifax");
    assert_eq!(
        lines,
        [
            (halifax, therapist, PayMethod::Cash, 1_500),
            (halifax, therapist, PayMethod::Card, 3_000),
        ]
    );
    let all = totals.all();
    assert_eq!(
        (all.paid_cents, all.refunded_cents, all.count),
        (5_000, 500, 3)
    );
    let other_days = [DAY.yesterday().unwrap(), DAY.tomorrow().unwrap()];
    for day in other_days {
        assert_eq!(day_totals(&desk.clinic, day, &sites).lines, []);
    }
    assert_eq!(day_totals(&desk.clinic, DAY, &sites[..1]).lines, []);
    let kinds: Vec<_> = desk.clinic.payments_of(id).map(|it| it.direction).collect();
    let paid = Direction::Paid;
    assert_eq!(kinds, [paid, paid, Direction::Refunded]);
}
