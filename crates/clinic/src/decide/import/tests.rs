use proptest::prelude::*;

use crate::command::{
    AppointmentLine, Cancel, ClientLine, ClientNamed, Command, Import, NewClient,
};
use crate::decide::desk::{Clients, Desk, actor, book, limited_to, step, wish, with};
use crate::id::ClientId;
use crate::limits;
use crate::model::{CancelReason, Record, RecordId, Role, State, Wish};
use crate::refusal::{BadLine, LineFault, Refusal};

fn person(line: u32, external: &str, name: &str, phone: &str) -> ClientLine {
    ClientLine {
        line,
        external: external.to_owned(),
        client: NewClient {
            name: name.to_owned(),
            phone: phone.to_owned(),
            ..NewClient::default()
        },
    }
}

fn people(lines: Vec<ClientLine>, skip_existing: bool) -> Command {
    Command::ImportClients(Box::new(Import {
        lines,
        skip_existing,
    }))
}

fn visit(line: u32, external: &str, client: ClientNamed, wish: Wish) -> AppointmentLine {
    AppointmentLine {
        line,
        external: external.to_owned(),
        client,
        wish,
        confirmed: false,
        note: String::new(),
    }
}

fn external(id: &str, name: &str) -> ClientNamed {
    ClientNamed::External {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

fn visits(lines: Vec<AppointmentLine>, skip_existing: bool) -> Command {
    Command::ImportAppointments(Box::new(Import {
        lines,
        skip_existing,
    }))
}

/// Lines, each with why it is refused.
fn told(refusal: Refusal) -> Vec<(u32, &'static str)> {
    let Refusal::Import(bad) = refusal else {
        panic!("{refusal:?}")
    };
    bad.iter()
        .map(|bad| (bad.line, bad.fault.reason()))
        .collect()
}

fn clients(desk: &Desk) -> usize {
    desk.clinic.clients().count()
}

#[test]
fn clients_are_added_once_however_often_their_file_comes() {
    let (mut desk, _) = Desk::open();
    let before = clients(&desk);
    let file = vec![
        person(2, "j-1", "Ann Bell", "902 555 0101"),
        person(3, "j-2", "Ben Cole", ""),
    ];
    let first = desk.done(&people(file.clone(), false));
    assert_eq!(clients(&desk), before + 2);
    let again = desk.done(&people(file, false));
    assert_eq!(again.changes, []);
    assert_eq!(again.reply.records, first.reply.records, "one a line");
    assert_eq!(clients(&desk), before + 2);
}

#[test]
fn every_line_that_is_wrong_is_told_of_and_nothing_is_added() {
    let (mut desk, _) = Desk::open();
    desk.done(&people(
        vec![person(1, "", "Ann Bell", "902 555 0101")],
        false,
    ));
    let file = vec![
        person(2, "", "Dora East", "902 555 0104"),
        person(3, "", "ann bell", "(902) 555-0101"),
        person(4, "", "", "\u{7}"),
        person(5, "", "Dora East", "902-555-0104"),
        person(6, "same", "Eve", ""),
        person(7, "same", "Finn", ""),
    ];
    let refusal = desk.refused(&people(file.clone(), false));
    assert_eq!(
        told(refusal),
        [
            (3, "ALREADY_EXISTS"),
            (4, "INVALID"),
            (5, "LINE_REPEATED"),
            (7, "LINE_REPEATED")
        ]
    );
    // What exists can be passed over; what the file says twice can not.
    let refusal = desk.refused(&people(file, true));
    let still: Vec<_> = told(refusal).into_iter().map(|(line, _)| line).collect();
    assert_eq!(still, [4, 5, 7]);
    let Refusal::Import(bad) = desk.refused(&people(vec![person(9, "", "", "\u{7}")], false))
    else {
        unreachable!("a line is refused")
    };
    let LineFault::Refused(why) = &bad[0].fault else {
        panic!("{bad:?}")
    };
    let Refusal::Invalid(violations) = &**why else {
        panic!("{why:?}")
    };
    assert_eq!(
        violations.len(),
        2,
        "everything that is wrong with the line"
    );
}

#[test]
fn a_client_who_is_there_gets_the_external_id_of_the_line_that_is_passed_over() {
    let (mut desk, _) = Desk::open();
    let ann = person(2, "", "Ann Bell", "902 555 0101");
    let made = desk.done(&people(vec![ann], false)).reply.records;
    let named = person(2, "j-1", "Ann Bell", "902 555 0101");
    let done = desk.done(&people(vec![named], true));
    assert_eq!(done.reply.records, made);
    let known = desk.clinic.client_of_external("j-1").expect("named now");
    assert_eq!(made, [RecordId::Client(known.id)]);
}

#[test]
fn a_file_has_a_bounded_number_of_lines() {
    let (mut desk, _) = Desk::open();
    let file = |lines: usize| {
        let line = |n: usize| {
            let n = u32::try_from(n).expect("small");
            person(n, &format!("x-{n}"), &format!("Client {n}"), "")
        };
        people((1..=lines).map(line).collect(), false)
    };
    assert_eq!(desk.refused(&file(0)).reason(), "INVALID");
    assert_eq!(
        desk.refused(&file(limits::IMPORT_LINES + 1)).reason(),
        "INVALID"
    );
    desk.done(&file(limits::IMPORT_LINES));
}

#[test]
fn appointments_are_booked_by_the_rules_of_booking_and_once() {
    let (mut desk, Clients { silent, clear }) = Desk::open();
    desk.done(&people(
        vec![person(2, "j-1", "Ann Bell", "902 555 0101")],
        false,
    ));
    let ann = desk.clinic.client_of_external("j-1").expect("imported").id;
    let in_h3 = |hour| with(wish("massage-60", hour, 0), "h3", "cas");
    let mut first = visit(2, "a-1", external("j-1", ""), in_h3(10));
    first.confirmed = true;
    let called = ClientNamed::NameAndPhone {
        name: "ANN BELL".to_owned(),
        phone: "9025550101".to_owned(),
    };
    let file = vec![
        first,
        visit(3, "a-2", called, in_h3(12)),
        visit(4, "", ClientNamed::Id(clear), wish("ashiatsu-60", 15, 0)),
    ];
    let done = desk.done(&visits(file.clone(), false));
    let [
        RecordId::Appointment(one),
        RecordId::Appointment(two),
        RecordId::Appointment(_),
    ] = done.reply.records[..]
    else {
        panic!("{:?}", done.reply)
    };
    assert_eq!(desk.appointment(one).state, State::Confirmed);
    assert_eq!(desk.appointment(two).state, State::Booked);
    assert_eq!(desk.appointment(two).client, ann);
    // Two are known by their external ids, the third only as what is booked.
    assert_eq!(
        told(desk.refused(&visits(file.clone(), false))),
        [(4, "ALREADY_EXISTS")]
    );
    let again = desk.done(&visits(file, true));
    assert_eq!(
        (again.changes, again.reply.records),
        (vec![], done.reply.records)
    );
    let other = vec![
        visit(2, "", ClientNamed::Id(silent), in_h3(10)),
        visit(3, "", ClientNamed::Id(silent), wish("ashiatsu-60", 17, 0)),
        visit(4, "", external("j-9", ""), in_h3(14)),
        visit(5, "", ClientNamed::Id(ClientId::new(9)), in_h3(14)),
        visit(6, "", ClientNamed::Id(clear), wish("massage-60", 7, 0)),
        visit(7, "", ClientNamed::Id(silent), wish("massage-60", 18, 0)),
        visit(8, "", ClientNamed::Id(silent), wish("massage-60", 18, 30)),
        visit(9, "", ClientNamed::Id(silent), wish("massage-60", 18, 0)),
    ];
    let Refusal::Import(bad) = desk.refused(&visits(other, false)) else {
        unreachable!("lines are refused")
    };
    let reasons: Vec<_> = bad
        .iter()
        .map(|bad| (bad.line, bad.fault.reason()))
        .collect();
    assert_eq!(
        reasons,
        [
            (2, "ROOM_TAKEN"),
            (3, "SCREENING_INCOMPLETE"),
            (4, "NO_SUCH_CLIENT"),
            (5, "NO_SUCH_CLIENT"),
            (6, "PAST"),
            (8, "CLIENT_TAKEN"),
            (9, "LINE_REPEATED"),
        ]
    );
    let clashes = |line| {
        let bad = bad.iter().find(|bad: &&BadLine| bad.line == line);
        bad.expect("it is refused").clashes.clone()
    };
    assert_eq!(
        (clashes(2), clashes(8)),
        (vec![], vec![7]),
        "lines of this file"
    );
}

#[test]
fn the_clinics_own_ids_count_for_its_own_people_alone() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = clear.to_string();
    // Its own file, which has nothing new.
    let own = desk.done(&people(vec![person(2, &id, "Clear", "")], true));
    assert_eq!(
        (own.changes, own.reply.records),
        (vec![], vec![RecordId::Client(clear)])
    );
    // Another clinic's client has the same id there, and is somebody else.
    let other = desk.done(&people(vec![person(2, &id, "Somebody Else", "")], false));
    assert_eq!(other.changes.len(), 1);
    let else_one = desk.clinic.client_of_external(&id).expect("imported").id;
    assert_ne!(else_one, clear);
    // From then on the name says who of the two is meant.
    let booked = |desk: &mut Desk, name: &str, hour| {
        let line = visit(2, "", external(&id, name), wish("massage-60", hour, 0));
        let done = desk.done(&visits(vec![line], false));
        match done.changes[0].after() {
            Some(Record::Appointment(made)) => (made.client, made.id),
            other => panic!("{other:?}"),
        }
    };
    let (client, own) = booked(&mut desk, "Clear", 10);
    assert_eq!(client, clear);
    assert_eq!(booked(&mut desk, "somebody else", 12).0, else_one);
    // What has changed here since the file was written makes nobody and nothing new.
    let other_phone = person(2, &id, "Clear", "902 555 0199");
    assert_eq!(desk.done(&people(vec![other_phone], false)).changes, []);
    desk.done(&Command::Cancel(Cancel {
        step: step(own),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    }));
    let line = visit(
        2,
        &own.to_string(),
        external(&id, "Clear"),
        wish("massage-60", 10, 0),
    );
    assert_eq!(desk.done(&visits(vec![line], false)).changes, []);
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let file = |name: &str| {
        let client = external(&clear.to_string(), name);
        visits(vec![visit(2, "", client, wish("massage-60", 10, 0))], false)
    };
    for name in ["", "Somebody Else"] {
        assert_eq!(told(desk.refused(&file(name))), [(2, "NO_SUCH_CLIENT")]);
    }
    desk.done(&file("clear"));
}

#[test]
fn two_clients_of_one_name_and_phone_are_not_told_apart() {
    let (mut desk, _) = Desk::open();
    for _ in 0..2 {
        desk.done(&Command::CreateClient(
            person(1, "", "Ann Bell", "902 555 0101").client,
        ));
    }
    let called = |phone: &str| ClientNamed::NameAndPhone {
        name: "Ann Bell".to_owned(),
        phone: phone.to_owned(),
    };
    let file = vec![
        visit(2, "", called("902 555 0101"), wish("massage-60", 10, 0)),
        visit(3, "", called("-"), wish("massage-60", 10, 0)),
    ];
    let reasons = told(desk.refused(&visits(file, false)));
    assert_eq!(reasons, [(2, "SEVERAL_CLIENTS"), (3, "NO_SUCH_CLIENT")]);
}

#[test]
fn an_import_is_undone_whole_and_can_then_be_done_again() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let file = || {
        let line = |n: u32, hour| {
            let external = format!("a-{n}");
            visit(
                n,
                &external,
                ClientNamed::Id(clear),
                wish("massage-60", hour, 0),
            )
        };
        visits(vec![line(2, 10), line(3, 12)], false)
    };
    desk.done(&file());
    desk.done(&Command::Undo);
    let undone = desk.clinic.appointments().filter(
        |it| matches!(&it.state, State::Cancelled(how) if how.reason == CancelReason::Undone),
    );
    assert_eq!(undone.count(), 2);
    let again = desk.done(&file());
    assert_eq!(again.changes.len(), 2, "as if they had never been");
    // One that is off since was imported all the same.
    let RecordId::Appointment(first) = again.reply.records[0] else {
        panic!("{:?}", again.reply)
    };
    desk.at(10, 0).done(&Command::NoShow(step(first)));
    desk.at(8, 0);
    assert_eq!(desk.done(&file()).changes, []);
}

#[test]
fn a_key_imports_only_where_it_may_act() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let file = visits(
        vec![visit(
            2,
            "a",
            ClientNamed::Id(clear),
            wish("massage-60", 10, 0),
        )],
        false,
    );
    desk.act_as(limited_to(7, Role::FrontDesk, "dartmouth"));
    assert_eq!(told(desk.refused(&file)), [(2, "SITE_NOT_ALLOWED")]);
    desk.act_as(actor(1, Role::Owner)).done(&file);
    // Nor is it told of what is known elsewhere: a line of another site is told the same, whatever else is wrong with it.
    desk.act_as(limited_to(7, Role::FrontDesk, "dartmouth"));
    assert_eq!(told(desk.refused(&file)), [(2, "SITE_NOT_ALLOWED")]);
    let of_nobody = |id| visit(2, id, external("nobody", ""), wish("massage-60", 10, 0));
    for id in ["a", "never imported"] {
        let file = visits(vec![of_nobody(id)], false);
        assert_eq!(told(desk.refused(&file)), [(2, "SITE_NOT_ALLOWED")]);
    }
}

/// A line at random: which client, which service, when, and which room and therapist if any.
type Random = (usize, usize, i8, i8, usize);

fn asked((who, service, hour, quarter, place): Random, clients: [ClientId; 3]) -> (ClientId, Wish) {
    let service = ["massage-60", "ashiatsu-60", "foot-30"][service];
    let wish = wish(service, hour, quarter * 15);
    let wish = match place {
        0 => with(wish, "h3", "cas"),
        1 => with(wish, "h1", "ann"),
        2 => with(wish, "d1", "bea"),
        _ => wish,
    };
    (clients[who], wish)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What an import says of each line is what booking one line after the other would have said, those that are refused
    /// being left out; and if it says no to none, it gives the same places.
    #[test]
    fn an_import_judges_as_bookings_one_after_the_other_do(
        lines in prop::collection::vec((0..3_usize, 0..3_usize, 7..20_i8, 0..4_i8, 0..8_usize), 1..14)
    ) {
        let open = || {
            let (mut desk, Clients { silent, clear }) = Desk::open();
            let third = desk.new_client("Third");
            desk.declare(third, None);
            (desk, [silent, clear, third])
        };
        let (mut one_by_one, clients) = open();
        let (mut file, mut expected, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for (line, random) in (2..).zip(lines) {
            let (client, wish) = asked(random, clients);
            let what = (client, wish.service, wish.start);
            let answer = one_by_one.ask(&book(client, wish.clone()));
            match answer {
                // The same once more is told as that, not as a clash with itself.
                Err(_) if seen.contains(&what) => expected.push((line, "LINE_REPEATED")),
                Err(refusal) => expected.push((line, refusal.reason())),
                Ok(_) => seen.push(what),
            }
            file.push(visit(line, "", ClientNamed::Id(client), wish));
        }
        let (mut desk, _) = open();
        match desk.ask(&visits(file, false)) {
            Ok(_) => {
                prop_assert_eq!(expected, vec![]);
                let slots = |desk: &Desk| -> Vec<_> {
                    desk.clinic.appointments().map(|it| (it.client, it.slot.clone())).collect()
                };
                prop_assert_eq!(slots(&desk), slots(&one_by_one));
            }
            Err(refusal) => {
                prop_assert_eq!(told(refusal), expected);
                prop_assert_eq!(desk.clinic.appointments().count(), 0, "all or nothing");
            }
        }
    }
}
