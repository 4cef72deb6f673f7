use jiff::civil::{Date, date};

use crate::clinic::Clinic;
use crate::command::{
    Cancel, Command, Patch, Pay, PutOnWaitlist, PutShift, SaveNotes, UpdateClient, VoidReceipt,
    WaitlistStep,
};
use crate::decide::desk::{Desk, actor, limited_to, step, wish, with};
use crate::decide::payment::tests::pay;
use crate::decide::receipt::tests::{issue, number, open, pay_all, reissue, session};
use crate::fixture::{cell, local, service_id, site_id, therapist_id};
use crate::id::{AppointmentId, ClientId};
use crate::model::{
    CancelReason, Kind, Notes, PayMethod, Phase, RecordId, Role, Wanted, WantedTherapist, Wish,
};
use crate::money::day_totals;
use crate::refusal::{ErasureRefusal, Open, Refusal};
use crate::time::Interval;

/// What somebody wrote about the client, wherever anything can be written.
const CANARY: &str = "Zebra";

/// A day on which what was on file on [`crate::decide::desk::DAY`] need not be kept any more.
const LATER: Date = date(2037, 1, 4);

fn erase(client: ClientId) -> Command {
    let give_up = false;
    Command::EraseClient { client, give_up }
}

fn canary(desk: &mut Desk, client: ClientId) {
    let text = || Patch::Set(CANARY.to_owned());
    desk.done(&Command::UpdateClient(UpdateClient {
        client,
        name: text(),
        phone: text(),
        email: Patch::Set(format!("{CANARY}@example.org")),
        born: Patch::Set(Some(date(1980, 1, 1))),
        preferred: Patch::Set(Some(therapist_id("ann"))),
        note: text(),
        etag: None,
    }));
}

fn write_notes(desk: &mut Desk, id: AppointmentId) {
    let notes = Notes {
        feedback: CANARY.to_owned(),
        ..Notes::default()
    };
    let step = step(id);
    desk.done(&Command::SaveNotes(Box::new(SaveNotes { step, notes })));
}

/// A desk long after a client was there: two sessions, one of them receipted, a receipt made void, a cancelled
/// appointment, a wish withdrawn. The canary is in every text.
fn long_after() -> (Desk, ClientId) {
    let (mut desk, client) = open();
    canary(&mut desk, client);
    let first = session(&mut desk, client, 10);
    write_notes(&mut desk, first);
    desk.done(&Command::IssueAftercare { appointment: first });
    let by_slip = Pay {
        note: CANARY.to_owned(),
        ..pay(first, &[(PayMethod::Other, 1_000)])
    };
    desk.done(&Command::TakePayment(by_slip));
    pay_all(&mut desk, first);
    desk.done(&issue(first));
    desk.done(&Command::VoidReceipt(VoidReceipt {
        receipt: number(1),
        reason: CANARY.to_owned(),
        etag: None,
    }));
    desk.done(&issue(first));
    let dropped = desk.book(client, with(wish("massage-60", 18, 0), "h3", "ann"));
    desk.done(&Command::Cancel(Cancel {
        step: step(dropped),
        reason: CancelReason::Other,
        note: CANARY.to_owned(),
    }));
    let entry = wait(&mut desk, client);
    desk.done(&Command::WithdrawWaitlistEntry(WaitlistStep {
        entry,
        etag: None,
    }));
    desk.now = local(LATER, 12, 0);
    (desk, client)
}

fn wait(desk: &mut Desk, client: ClientId) -> crate::id::WaitlistId {
    let wanted = Wanted {
        service: service_id("massage-60"),
        extensions: Vec::new(),
        sites: vec![site_id("halifax")],
        windows: Vec::new(),
        therapist: WantedTherapist::Anyone,
        note: CANARY.to_owned(),
    };
    let put = Command::PutOnWaitlist(PutOnWaitlist { client, wanted });
    match desk.done(&put).reply.records[..] {
        [RecordId::WaitlistEntry(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

fn texts(clinic: &Clinic) -> String {
    let texts: Vec<_> = clinic
        .records()
        .map(|(record, _)| format!("{record:?}"))
        .collect();
    texts.join("\n")
}

#[test]
fn what_was_a_clients_goes_and_what_the_books_need_stays_as_nobodys() {
    let (mut desk, client) = long_after();
    let other = desk.new_client("Other");
    desk.declare(other, None);
    let theirs = desk.clinic.records_of(client);
    let others = desk.clinic.records_of(other);
    let sites = [site_id("halifax")];
    let totals = |desk: &Desk| day_totals(&desk.clinic, crate::decide::desk::DAY, &sites);
    let (before, taken) = (texts(&desk.clinic), totals(&desk));
    assert!(before.contains(CANARY));
    let room = crate::fixture::room_id("h3");
    let always = Interval::new(crate::time::Cell::MIN, crate::time::Cell::MAX).unwrap();
    let agenda = |desk: &Desk| desk.clinic.room_agenda(room, always).collect::<Vec<_>>();
    let occupied = agenda(&desk);

    let done = desk.done(&erase(client));
    assert_eq!(done.reply.records, [RecordId::Client(client)]);
    assert_eq!(done.changes.len(), theirs.len(), "no record is passed over");
    let left = texts(&desk.clinic);
    assert!(!left.contains(CANARY), "{left}");
    assert!(!left.contains(&format!("{client:?}")), "{left}");
    assert!(desk.clinic.records_of(client).is_empty());
    assert_eq!(desk.clinic.records_of(other), others);
    assert_eq!(totals(&desk), taken, "the day brought in what it did");
    assert_eq!(agenda(&desk), occupied);
    let kept: Vec<Kind> = done
        .changes
        .iter()
        .filter_map(|change| change.after().map(|after| after.id().kind()))
        .collect();
    let bookkeeping = [Kind::Appointment, Kind::Payment, Kind::Receipt];
    assert!(
        kept.iter().all(|kind| bookkeeping.contains(kind)),
        "{kept:?}"
    );
    for (number, receipt) in (1..).zip(desk.clinic.receipts()) {
        assert_eq!(receipt.number.get(), number, "no number is missing");
        assert_eq!(receipt.content.client_name, "erased");
        assert_eq!(receipt.content.net_cents(), 11_000);
        assert!(receipt.client.is_erased());
    }
    assert_eq!(desk.clinic.receipts().count(), 2);
    let phases: Vec<Phase> = desk
        .clinic
        .appointments()
        .map(|it| it.state.phase())
        .collect();
    assert_eq!(phases, [Phase::Completed, Phase::Cancelled]);

    let mut again = Clinic::default();
    desk.commits.iter().for_each(|commit| again.apply(commit));
    assert!(again == desk.clinic, "the commits give the same clinic");
}

#[test]
fn nobody_is_erased_before_the_time_is_over() {
    let (mut desk, client) = long_after();
    let kept = |until| Refusal::Erasure(ErasureRefusal::Kept { until });
    let until = date(2036, 11, 23);
    for (today, hour) in [(crate::decide::desk::DAY, 23), (until, 0), (until, 23)] {
        desk.now = local(today, hour, 55);
        assert_eq!(desk.refused(&erase(client)), kept(Some(until)));
    }
    desk.now = local(date(2036, 11, 24), 0, 0);
    desk.done(&erase(client));
}

#[test]
fn whoever_never_came_is_kept_from_when_they_came_on_file() {
    let (mut desk, _) = open();
    let adult = desk.new_client("Somebody");
    let unknown = desk.new_client("Of no age");
    desk.done(&born(adult, Some(date(1980, 1, 1))));
    let kept = |until| Refusal::Erasure(ErasureRefusal::Kept { until: Some(until) });
    // Ten years, and for one who may have been born on that day eighteen more.
    for (client, until) in [(adult, date(2036, 11, 23)), (unknown, date(2054, 11, 23))] {
        desk.now = local(until, 23, 55);
        assert_eq!(desk.refused(&erase(client)), kept(until));
        desk.now = local(crate::time::next_day(until), 0, 0);
        desk.done(&erase(client));
    }
}

#[test]
fn whoever_came_before_that_was_noted_counts_from_the_next_change() {
    let (mut desk, _) = open();
    let mut old = crate::fixture::client(77);
    old.born = Some(date(1980, 1, 1));
    let stored = desk.clinic.records();
    let records = stored.chain([(old.clone().into(), 1)]);
    desk.clinic = Clinic::from_records(records.collect::<Vec<_>>(), desk.clinic.revision());
    desk.commits.clear();
    let never = Refusal::Erasure(ErasureRefusal::Kept { until: None });
    assert_eq!(desk.refused(&erase(old.id)), never);
    desk.done(&born(old.id, old.born));
    let until = Some(date(2036, 11, 23));
    let kept = Refusal::Erasure(ErasureRefusal::Kept { until });
    assert_eq!(desk.refused(&erase(old.id)), kept);
}

#[test]
fn a_sum_that_nobody_pays_any_more_is_given_up_or_named() {
    let (mut desk, client) = open();
    canary(&mut desk, client);
    let unpaid = session(&mut desk, client, 10);
    desk.now = local(LATER, 12, 0);
    let Refusal::Erasure(ErasureRefusal::Unsettled(open)) = desk.refused(&erase(client)) else {
        panic!("it is open business");
    };
    assert!(matches!(open[..], [Open::Balance { appointment, .. }] if appointment == unpaid));
    let entry = wait(&mut desk, client);
    let given_up = Command::EraseClient {
        client,
        give_up: true,
    };
    // What is more than a sum has to be seen to all the same.
    let waits = Refusal::Erasure(ErasureRefusal::Unsettled(vec![Open::Waiting(entry)]));
    assert_eq!(desk.refused(&given_up), waits);
    let step = WaitlistStep { entry, etag: None };
    desk.done(&Command::WithdrawWaitlistEntry(step));
    desk.done(&given_up);
    assert!(desk.clinic.records_of(client).is_empty());
}

fn born(client: ClientId, born: Option<Date>) -> Command {
    Command::UpdateClient(UpdateClient {
        client,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Set(born),
        preferred: Patch::Keep,
        note: Patch::Keep,
        etag: None,
    })
}

#[test]
fn nobody_is_erased_with_whom_something_is_open() {
    let (mut desk, client) = long_after();
    let shifts = ["ann", "cas"].map(|who| PutShift {
        shift: None,
        therapist: therapist_id(who),
        site: site_id("halifax"),
        time: Interval::new(cell(LATER, 9, 0), cell(LATER, 21, 0)).unwrap(),
        breaks: Vec::new(),
        etag: None,
    });
    desk.done(&Command::PutShifts(shifts.to_vec()));
    let at = |hour| Wish {
        client: Some(client),
        start: cell(LATER, hour, 0),
        ..with(wish("massage-60", hour, 0), "h3", "ann")
    };
    let hold = desk.hold(at(16));
    let entry = wait(&mut desk, client);
    let booked = desk.book(client, at(18));
    let Refusal::Erasure(ErasureRefusal::Unsettled(open)) = desk.refused(&erase(client)) else {
        panic!("it is open business");
    };
    let expected = [
        Open::Waiting(entry),
        Open::Hold(hold),
        Open::Appointment(booked),
    ];
    assert_eq!(open, expected);
    desk.done(&Command::ReleaseHold { hold });
    desk.done(&Command::WithdrawWaitlistEntry(WaitlistStep {
        entry,
        etag: None,
    }));
    desk.done(&Command::TakePayment(pay(
        booked,
        &[(PayMethod::Cash, 500)],
    )));
    desk.done(&Command::Cancel(Cancel {
        step: step(booked),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    }));
    let owed = Open::Balance {
        appointment: booked,
        due_cents: -500,
    };
    let unsettled = Refusal::Erasure(ErasureRefusal::Unsettled(vec![owed]));
    assert_eq!(desk.refused(&erase(client)), unsettled);
    let back = Pay {
        note: "cancelled".to_owned(),
        ..pay(booked, &[(PayMethod::Cash, 500)])
    };
    desk.done(&Command::Refund(back));
    desk.done(&erase(client));
}

#[test]
fn a_key_of_one_site_erases_nobody() {
    let (mut desk, client) = long_after();
    desk.act_as(limited_to(1, Role::Owner, "halifax"));
    assert_eq!(desk.refused(&erase(client)).reason(), "SITE_NOT_ALLOWED");
    desk.act_as(actor(1, Role::Owner));
    desk.done(&erase(client));
    assert_eq!(desk.refused(&erase(client)).reason(), "NOT_FOUND");
    assert_eq!(desk.refused(&erase(ClientId::ERASED)).reason(), "NOT_FOUND");
}

#[test]
fn undo_brings_nobody_back() {
    let (mut desk, client) = long_after();
    desk.act_as(actor(8, Role::FrontDesk));
    desk.done(&Command::UpdateClient(UpdateClient {
        client,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Set(format!("{CANARY} again")),
        etag: None,
    }));
    desk.act_as(actor(9, Role::FrontDesk));
    let entry = wait(&mut desk, client);
    let step = WaitlistStep { entry, etag: None };
    desk.done(&Command::WithdrawWaitlistEntry(step));
    desk.act_as(actor(1, Role::Owner));
    desk.done(&erase(client));
    assert_eq!(desk.refused(&Command::Undo).reason(), "NOT_UNDOABLE");
    let erased = Refusal::Erasure(ErasureRefusal::Erased);
    for key in [8, 9] {
        desk.act_as(actor(key, Role::FrontDesk));
        assert_eq!(desk.refused(&Command::Undo), erased);
        let last = desk.clinic.last_operation(desk.actor.key).unwrap();
        assert!(last.changes.is_empty(), "it holds nothing of the client");
    }
}

#[test]
fn what_is_left_does_not_change_any_more() {
    let (mut desk, client) = long_after();
    let first = desk.clinic.appointments_of(client).next().unwrap().id;
    desk.done(&erase(client));
    assert_eq!(desk.clinic.appointments_of(ClientId::ERASED).count(), 0);
    let erased = Refusal::Erasure(ErasureRefusal::Erased);
    let notes = Command::SaveNotes(Box::new(SaveNotes {
        step: step(first),
        notes: Notes::default(),
    }));
    let back = Command::Refund(Pay {
        note: "late".to_owned(),
        ..pay(first, &[(PayMethod::Cash, 1)])
    });
    for command in [notes, back, issue(first), reissue(2)] {
        assert_eq!(desk.refused(&command), erased, "{:?}", command.kind());
    }
}
