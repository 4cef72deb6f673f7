use jiff::ToSpan;
use jiff::civil::date;

use crate::clinic::Clinic;
use crate::command::{
    ClientLine, Command, EarlierAnswers, Import, NewClient, Patch, RecordDeclaration,
    ReviewScreening, UpdateClient,
};
use crate::decide::desk::{Desk, actor, declaration, step, wish};
use crate::fixture::{local, therapist_id};
use crate::id::{ClientId, ConditionId};
use crate::model::{Answer, Client, Record, RecordId, ReviewDecision, Role, When};
use crate::refusal::Refusal;
use crate::retention;

fn new(name: &str) -> NewClient {
    NewClient {
        name: name.to_owned(),
        ..NewClient::default()
    }
}

fn unchanged(client: ClientId) -> UpdateClient {
    UpdateClient {
        client,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Keep,
        etag: None,
    }
}

#[test]
fn all_that_is_wrong_with_a_client_is_told_at_once() {
    let (mut desk, _) = Desk::open();
    let wrong = NewClient {
        name: " ".repeat(81),
        phone: "1\n2".to_owned(),
        email: "nobody".to_owned(),
        born: Some(date(2030, 1, 1)),
        preferred: None,
        note: "x".repeat(501),
    };
    let Refusal::Invalid(violations) = desk.refused(&Command::CreateClient(wrong)) else {
        panic!("it is accepted");
    };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["name", "name", "phone", "email", "born", "note"]);
    let stranger = NewClient {
        preferred: Some(therapist_id("dan")),
        ..new("One")
    };
    assert_eq!(
        desk.refused(&Command::CreateClient(stranger)).reason(),
        "NOT_FOUND"
    );
    desk.done(&Command::CreateClient(new(&"é".repeat(80))));
    assert_eq!(
        desk.refused(&Command::CreateClient(new(""))).reason(),
        "INVALID"
    );
}

#[test]
fn an_update_changes_what_it_names() {
    let (mut desk, clients) = Desk::open();
    let update = UpdateClient {
        phone: Patch::Set("902".to_owned()),
        preferred: Patch::Set(Some(therapist_id("ann"))),
        ..unchanged(clients.clear)
    };
    desk.done(&Command::UpdateClient(update));
    let client = desk.clinic.client(clients.clear).unwrap();
    assert_eq!(
        (client.name.as_str(), client.phone.as_str()),
        ("Clear", "902")
    );
    let stale = UpdateClient {
        etag: Some(1),
        ..unchanged(clients.clear)
    };
    assert_eq!(
        desk.refused(&Command::UpdateClient(stale)).reason(),
        "STALE"
    );
}

/// The desk years after a client came, before it was noted when anybody does.
fn years_later(desk: &Desk, client: ClientId) -> Desk {
    let undated = |record: Record| match record {
        Record::Client(known) if known.id == client => Record::from(Client {
            since: None,
            ..Client::clone(&known)
        }),
        other => other,
    };
    let records = desk.clinic.records();
    let records = records.map(|(record, revision)| (undated(record), revision));
    Desk {
        clinic: Clinic::from_records(records, desk.clinic.revision()),
        now: local(date(2033, 5, 2), 9, 0),
        actor: desk.actor.clone(),
        commits: Vec::new(),
    }
}

/// An import that gives somebody who is there the id by which another product knows them.
fn adopted(name: &str) -> Command {
    let line = ClientLine {
        line: 1,
        external: "j-1".to_owned(),
        client: new(name),
    };
    Command::ImportClients(Box::new(Import {
        lines: vec![line],
        skip_existing: true,
    }))
}

#[test]
fn a_change_to_a_client_does_not_keep_their_records_longer() {
    let (desk, clients) = Desk::open();
    let changes = [
        Command::UpdateClient(unchanged(clients.clear)),
        Command::UpdateClient(UpdateClient {
            note: Patch::Set("moved away".to_owned()),
            ..unchanged(clients.clear)
        }),
        adopted("Clear"),
    ];
    for change in changes {
        // A declaration dates one of them.
        let mut desk = years_later(&desk, clients.clear);
        let before = retention::of(&desk.clinic, clients.clear);
        assert!(before.kept_until.is_some());
        desk.done(&change);
        assert_eq!(
            retention::of(&desk.clinic, clients.clear),
            before,
            "{change:?}"
        );
        let known = desk.clinic.client(clients.clear).unwrap();
        assert_eq!(known.since, None);
    }
}

#[test]
fn of_whom_nothing_is_dated_the_first_change_counts() {
    let (desk, clients) = Desk::open();
    for change in [
        Command::UpdateClient(unchanged(clients.silent)),
        adopted("Silent"),
    ] {
        let mut desk = years_later(&desk, clients.silent);
        assert_eq!(retention::of(&desk.clinic, clients.silent).kept_until, None);
        desk.done(&change);
        let first = desk.now;
        let since = |desk: &Desk| desk.clinic.client(clients.silent).unwrap().since;
        assert_eq!(since(&desk), Some(first), "{change:?}");
        desk.now += 24.hours();
        desk.done(&Command::UpdateClient(unchanged(clients.silent)));
        assert_eq!(since(&desk), Some(first));
    }
}

#[test]
fn a_declaration_completes_or_replaces_the_earlier_one() {
    let (mut desk, clients) = Desk::open();
    let phlebitis: ConditionId = "phlebitis".parse().unwrap();
    let fracture: ConditionId = "fracture".parse().unwrap();
    let one = |condition, earlier| {
        Command::RecordDeclaration(RecordDeclaration {
            client: clients.silent,
            answers: vec![(condition, Answer::No)],
            earlier,
            asked_at: None,
        })
    };
    let first_at = desk.now;
    desk.done(&one(phlebitis, EarlierAnswers::Keep));
    desk.now += 1.hour();
    desk.done(&one(fracture, EarlierAnswers::Keep));
    let current = desk.clinic.declaration_of(clients.silent).unwrap();
    assert_eq!(current.answers.len(), 2);
    assert_eq!(current.answer(phlebitis).unwrap().asked_at, first_at);
    assert_eq!(current.answer(fracture).unwrap().asked_at, desk.now);
    desk.done(&one(fracture, EarlierAnswers::Drop));
    let current = desk.clinic.declaration_of(clients.silent).unwrap();
    assert!(current.answer(phlebitis).is_none());
    assert_eq!(desk.clinic.declarations_of(clients.silent).count(), 3);
}

#[test]
fn a_declaration_answers_known_questions_in_the_past() {
    let (mut desk, clients) = Desk::open();
    let base = declaration(clients.silent, None);
    let answer = |condition: &str, answer| RecordDeclaration {
        answers: vec![(condition.parse().unwrap(), answer)],
        ..base.clone()
    };
    let month = When::Month {
        year: 2026,
        month: 13,
    };
    let cases = [
        answer("gout", Answer::No),
        answer("fracture", Answer::Yes(month)),
        RecordDeclaration {
            answers: [base.answers.clone(), base.answers.clone()].concat(),
            ..base.clone()
        },
        RecordDeclaration {
            asked_at: Some(desk.now + 1.second()),
            ..base.clone()
        },
    ];
    for wrong in cases {
        let command = Command::RecordDeclaration(wrong);
        assert_eq!(desk.refused(&command).reason(), "INVALID", "{command:?}");
    }
    let client = ClientId::new(3);
    let what = RecordId::Client(client);
    let nobody = Command::RecordDeclaration(declaration(client, None));
    assert_eq!(desk.refused(&nobody), Refusal::NotFound { what });
}

#[test]
fn only_a_therapist_decides_and_only_where_there_is_something_to_decide() {
    let (mut desk, clients) = Desk::open();
    let open = desk.book(clients.silent, wish("massage-60", 10, 0));
    let clear = desk.book(clients.clear, wish("ashiatsu-60", 10, 0));
    let review = |appointment, decision, note: &str| {
        Command::ReviewScreening(ReviewScreening {
            step: step(appointment),
            decision,
            note: note.to_owned(),
        })
    };
    let proceed = ReviewDecision::Proceed;
    assert_eq!(
        desk.refused(&review(open, proceed, "")),
        Refusal::NotATherapist
    );
    let mut therapist = actor(5, Role::Therapist);
    therapist.therapist = Some(therapist_id("ann"));
    desk.act_as(therapist);
    assert_eq!(
        desk.refused(&review(clear, proceed, "")),
        Refusal::NothingToReview
    );
    let modify = review(open, ReviewDecision::Modify, "");
    assert_eq!(desk.refused(&modify).reason(), "INVALID");
    desk.done(&review(open, proceed, ""));
    assert_eq!(desk.flags(open), [""; 0]);
    // A new declaration asks for a new decision.
    desk.declare(clients.silent, Some(("phlebitis", When::Unknown)));
    assert_eq!(desk.flags(open), ["SCREENING_NEEDS_REVIEW"]);
    // An exclusion from barefoot work is nobody's to lift.
    desk.declare(clients.clear, Some(("phlebitis", When::Unknown)));
    assert_eq!(desk.flags(clear), ["SCREENING_EXCLUDED"]);
    assert_eq!(
        desk.refused(&review(clear, proceed, "")),
        Refusal::NothingToReview
    );
}
