use crate::command::{Command, SaveNotes};
use crate::decide::desk::{Desk, actor, limited_to, step, wish, with};
use crate::fixture::therapist_id;
use crate::id::{AppointmentId, AreaId, ClientId};
use crate::model::{
    Guide, Level, Notes, Phase, Place, Policy, Pressure, Record, RecordId, Role, SessionRecord,
    Tender,
};
use crate::refusal::Refusal;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn level(number: u8) -> Level {
    Level::new(number).unwrap()
}

fn written() -> Notes {
    Notes {
        pressure: vec![Pressure {
            area: id("calves"),
            began: level(2),
            ended: level(4),
            change: "deeper as the calf let go".to_owned(),
        }],
        techniques: vec![id("thumb-walking")],
        areas: vec![id("feet"), id("calves")],
        zones: vec![id("ball")],
        tender: vec![Tender {
            place: Place::Zone(id("heel")),
            note: "left".to_owned(),
        }],
        feedback: "Good.\nA little deep at first.".to_owned(),
        modifications: String::new(),
        referral: String::new(),
    }
}

fn save(appointment: AppointmentId, notes: Notes) -> Command {
    let step = step(appointment);
    Command::SaveNotes(Box::new(SaveNotes { step, notes }))
}

fn addendum(appointment: AppointmentId, text: &str) -> Command {
    Command::AddAddendum {
        step: step(appointment),
        text: text.to_owned(),
    }
}

fn finish(appointment: AppointmentId) -> Command {
    Command::Finish {
        step: step(appointment),
        stopped: None,
    }
}

/// A session of cas's in h3 that goes on from 10:00, and its desk.
fn session(desk: &mut Desk, client: ClientId) -> AppointmentId {
    let appointment = desk.book(client, with(wish("massage-60", 10, 0), "h3", "cas"));
    desk.at(9, 50).done(&Command::CheckIn(step(appointment)));
    desk.at(10, 0).done(&Command::Start(step(appointment)));
    appointment
}

fn therapist(key: u64, who: &str) -> crate::command::Actor {
    crate::command::Actor {
        therapist: Some(therapist_id(who)),
        ..actor(key, Role::Therapist)
    }
}

fn record(desk: &Desk, appointment: AppointmentId) -> &SessionRecord {
    desk.clinic
        .session_record(appointment)
        .expect("it is there")
}

#[test]
fn notes_are_a_draft_until_they_are_signed_and_unchangeable_from_then_on() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.act_as(therapist(7, "cas"));
    desk.done(&save(appointment, written()));
    let changed = Notes {
        modifications: "No work on the left knee".to_owned(),
        ..written()
    };
    desk.at(10, 30).done(&save(appointment, changed.clone()));
    assert_eq!(record(&desk, appointment).notes, changed);
    assert_eq!(record(&desk, appointment).client, clients.clear);

    let sign = Command::SignNotes(step(appointment));
    assert_eq!(desk.refused(&sign).reason(), "WRONG_PHASE");
    desk.at(11, 0).done(&finish(appointment));
    desk.done(&sign);
    let signed = record(&desk, appointment).signed.unwrap();
    assert_eq!((signed.by.number(), signed.at), (7, desk.now));

    let again = save(appointment, written());
    assert_eq!(desk.refused(&again), Refusal::RecordSigned { appointment });
    assert_eq!(desk.refused(&sign), Refusal::RecordSigned { appointment });
    let before = record(&desk, appointment).clone();
    desk.at(12, 0).act_as(actor(8, Role::Manager));
    desk.done(&addendum(appointment, "It was the right knee."));
    let after = record(&desk, appointment);
    assert_eq!(after.addenda[0].text, "It was the right knee.");
    assert_eq!(
        (after.addenda[0].mark.by.number(), after.addenda[0].mark.at),
        (8, desk.now)
    );
    let without = SessionRecord {
        addenda: Vec::new(),
        ..after.clone()
    };
    assert_eq!(without, before, "the signed notes stay as they were");
}

#[test]
fn notes_begin_with_the_session() {
    let (mut desk, clients) = Desk::open();
    let appointment = desk.book(clients.clear, with(wish("massage-60", 10, 0), "h3", "cas"));
    let command = save(appointment, written());
    assert_eq!(desk.refused(&command).reason(), "WRONG_PHASE");
    desk.at(9, 50).done(&Command::CheckIn(step(appointment)));
    assert_eq!(desk.refused(&command).reason(), "WRONG_PHASE");
    desk.at(10, 0).done(&Command::Start(step(appointment)));
    desk.done(&command);
    let unknown = save(AppointmentId::new(5), written());
    assert_eq!(desk.refused(&unknown).reason(), "NOT_FOUND");
}

#[test]
fn only_what_the_guide_has_can_be_noted() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    let tail: AreaId = id("tail");
    let long = "a".repeat(2_001);
    let twice = Pressure {
        change: "two\nlines".to_owned(),
        ..written().pressure[0].clone()
    };
    let mut wrong = Notes {
        pressure: vec![twice.clone(), twice],
        techniques: vec![id("levitation")],
        areas: vec![tail],
        zones: vec![id("ball"), id("ball")],
        tender: vec![Tender {
            place: Place::Area(tail),
            note: String::new(),
        }],
        feedback: long,
        ..written()
    };
    let Refusal::Invalid(violations) = desk.refused(&save(appointment, wrong.clone())) else {
        panic!("it is refused as invalid");
    };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "notes.pressure",
            "notes.pressure[0].change",
            "notes.pressure[1].change",
            "notes.techniques",
            "notes.areas",
            "notes.zones",
            "notes.tender[0].place",
            "notes.feedback",
        ]
    );
    let told = format!("{violations:?}");
    assert!(
        !told.contains("levitation") && !told.contains("tail"),
        "{told}"
    );
    // A manager adds to the guide.
    let mut guide = Guide::default();
    guide.areas.push(crate::model::Area {
        id: tail,
        name: "Tail".to_owned(),
    });
    desk.done(&Command::PutPolicy(crate::command::Put {
        resource: Policy {
            guide,
            ..Policy::default()
        },
        etag: None,
    }));
    wrong = Notes {
        areas: vec![tail],
        ..written()
    };
    desk.done(&save(appointment, wrong));
}

#[test]
fn the_therapist_of_the_session_signs_it() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.at(11, 0).done(&finish(appointment));
    let sign = Command::SignNotes(step(appointment));
    desk.act_as(therapist(7, "cas"));
    assert_eq!(desk.refused(&sign), Refusal::NothingNoted { appointment });
    let early = addendum(appointment, "More.");
    assert_eq!(
        desk.refused(&early),
        Refusal::RecordNotSigned { appointment }
    );
    desk.done(&save(appointment, Notes::default()));
    assert_eq!(desk.refused(&sign), Refusal::NothingNoted { appointment });
    desk.done(&save(appointment, written()));
    assert_eq!(
        desk.refused(&early),
        Refusal::RecordNotSigned { appointment }
    );

    desk.act_as(therapist(9, "ann"));
    let therapist_of_another = therapist_id("ann");
    assert_eq!(
        desk.refused(&sign),
        Refusal::NotTheirSession {
            therapist: therapist_of_another
        }
    );
    desk.act_as(actor(8, Role::Manager));
    assert_eq!(desk.refused(&sign), Refusal::NotATherapist);
    desk.act_as(limited_to(10, Role::Therapist, "dartmouth"));
    for command in [
        sign.clone(),
        save(appointment, written()),
        early,
        Command::IssueAftercare { appointment },
    ] {
        assert_eq!(desk.refused(&command).reason(), "NOT_FOUND");
    }
    desk.act_as(therapist(7, "cas")).done(&sign);
}

#[test]
fn a_stale_draft_is_not_written_over() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.done(&save(appointment, written()));
    let known = desk
        .clinic
        .revision_of(&RecordId::SessionRecord(appointment));
    let mut changed = written();
    changed.feedback.clear();
    desk.done(&save(appointment, changed));
    let mut step = step(appointment);
    step.etag = known;
    let notes = written();
    let stale = Command::SaveNotes(Box::new(SaveNotes { step, notes }));
    assert_eq!(desk.refused(&stale).reason(), "STALE");
    // Saving what is there changes nothing.
    let same = save(appointment, record(&desk, appointment).notes.clone());
    assert!(desk.done(&same).changes.is_empty());
}

#[test]
fn nothing_is_undone_after_a_signature() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.act_as(therapist(7, "cas"));
    desk.done(&save(appointment, written()));
    desk.done(&Command::Undo);
    assert_eq!(desk.clinic.session_record(appointment), None);
    desk.done(&save(appointment, written()));
    // The desk can not unmake the session that notes are about, but can take its end back.
    desk.act_as(actor(1, Role::FrontDesk));
    let refused = desk.refused(&Command::Undo);
    let what = RecordId::Appointment(appointment);
    assert_eq!(refused, Refusal::UndoChanged { what });
    desk.at(11, 0).done(&finish(appointment));
    desk.done(&Command::Undo);
    assert_eq!(
        desk.appointment(appointment).state.phase(),
        Phase::InSession
    );
    desk.done(&finish(appointment));

    desk.act_as(therapist(7, "cas"));
    desk.done(&Command::SignNotes(step(appointment)));
    let undo = desk.refused(&Command::Undo);
    assert_eq!(undo.reason(), "NOT_UNDOABLE");
    desk.act_as(actor(1, Role::FrontDesk));
    assert_eq!(
        desk.refused(&Command::Undo),
        Refusal::RecordSigned { appointment }
    );
    // What happens to the room afterwards has nothing to do with the notes.
    let room = desk.appointment(appointment).slot.room;
    desk.done(&Command::CompleteTurnover { room });
    desk.done(&Command::Undo);
    assert!(desk.clinic.turnover_in(room).is_some());
}

#[test]
fn aftercare_is_recorded_as_it_was_issued() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    let issue = Command::IssueAftercare { appointment };
    assert_eq!(desk.refused(&issue).reason(), "WRONG_PHASE");
    desk.at(10, 50).done(&finish(appointment));
    desk.at(10, 55).act_as(actor(5, Role::FrontDesk));
    desk.done(&issue);
    let first = desk.clinic.aftercare(appointment).unwrap().clone();
    assert_eq!(
        first.sheet.finished,
        crate::fixture::local(crate::decide::desk::DAY, 10, 50)
    );
    assert_eq!(
        (first.issued[0].by.number(), first.issued[0].at),
        (5, desk.now)
    );
    assert_eq!(desk.refused(&Command::Undo).reason(), "NOT_UNDOABLE");
    // What was issued stays what it was when the guide changes.
    let mut policy = Policy::default();
    policy
        .guide
        .advice
        .retain(|advice| advice.modality != crate::model::Modality::HandsOn);
    desk.act_as(actor(1, Role::Owner));
    desk.done(&Command::PutPolicy(crate::command::Put {
        resource: policy,
        etag: None,
    }));
    assert_eq!(desk.refused(&issue).reason(), "NO_ADVICE");
    assert_eq!(*desk.clinic.aftercare(appointment).unwrap(), first);
    desk.done(&Command::PutPolicy(crate::command::Put {
        resource: Policy::default(),
        etag: None,
    }));
    for _ in 1..crate::limits::AFTERCARE_ISSUED {
        desk.done(&issue);
    }
    assert_eq!(desk.refused(&issue).reason(), "INVALID");
}

#[test]
fn records_belong_to_their_client_and_site() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.done(&save(appointment, written()));
    desk.at(11, 0).done(&finish(appointment));
    desk.done(&Command::IssueAftercare { appointment });
    for what in [
        RecordId::SessionRecord(appointment),
        RecordId::Aftercare(appointment),
    ] {
        let record: Record = desk.clinic.get(&what).unwrap();
        assert_eq!(record.owner(), Some(clients.clear));
        assert_eq!(record.sites(), [crate::fixture::site_id("halifax")]);
    }
}

#[test]
fn addenda_have_a_limit() {
    let (mut desk, clients) = Desk::open();
    let appointment = session(&mut desk, clients.clear);
    desk.at(11, 0).done(&finish(appointment));
    desk.act_as(therapist(7, "cas"));
    desk.done(&save(appointment, written()));
    desk.done(&Command::SignNotes(step(appointment)));
    assert_eq!(
        desk.refused(&addendum(appointment, " ")).reason(),
        "INVALID"
    );
    for _ in 0..crate::limits::ADDENDA {
        desk.done(&addendum(appointment, "More."));
    }
    assert_eq!(
        desk.refused(&addendum(appointment, "More.")).reason(),
        "INVALID"
    );
}
