use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::command::{Command, Put, PutTraining, Renew, Renewed};
use crate::decide::desk::{DAY, Desk, actor, limited_to, wish, with};
use crate::fixture::{ashiatsu_certificate, therapist_id};
use crate::id::TrainingId;
use crate::model::{Learned, RecordId, Registration, Role, Therapist, Training, TrainingKind};
use crate::refusal::Refusal;

/// Ann's certificate and registration as they are.
fn ann(desk: &Desk) -> Therapist {
    let ann = desk.clinic.therapist(therapist_id("ann")).unwrap();
    Therapist::clone(ann)
}

/// Ann's certificate is good through the day before, the registration through the year.
fn expired() -> Desk {
    let (mut desk, _) = Desk::open();
    let mut resource = ann(&desk);
    resource.credentials[0].expires = Some(DAY.saturating_sub(1.day()));
    resource.registration = Some(Registration {
        association: "Association".to_owned(),
        number: "7".to_owned(),
        expires: Some(date(2026, 12, 31)),
    });
    let etag = None;
    desk.done(&Command::PutTherapist(Put { resource, etag }));
    desk
}

fn renew(what: Renewed, number: &str, expires: Date) -> Renew {
    Renew {
        therapist: therapist_id("ann"),
        what,
        number: number.to_owned(),
        expires,
        etag: None,
    }
}

fn certificate(number: &str, expires: Date) -> Command {
    let what = Renewed::Credential(ashiatsu_certificate());
    Command::Renew(renew(what, number, expires))
}

const NEXT: Date = date(2027, 11, 22);

#[test]
fn a_renewed_credential_serves_again_and_undo_takes_it_back() {
    let mut desk = expired();
    let barefoot = || Command::Hold(with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    assert_eq!(desk.refused(&barefoot()).reason(), "NO_CREDENTIAL");
    let before = ann(&desk);
    desk.done(&certificate("", NEXT));
    let mut renewed = before.clone();
    renewed.credentials[0].expires = Some(NEXT);
    assert_eq!(ann(&desk), renewed, "the number stays, and all the rest");
    desk.done(&Command::Undo);
    assert_eq!(ann(&desk), before);
    desk.done(&certificate("new", NEXT));
    assert_eq!(ann(&desk).credentials[0].number, "new");
    desk.done(&barefoot());
}

#[test]
fn what_is_booked_is_judged_again_when_a_renewal_is_taken_back() {
    let (mut desk, clients) = Desk::open();
    let visit = desk.book(clients.clear, with(wish("ashiatsu-60", 10, 0), "h1", "ann"));
    let mut resource = ann(&desk);
    resource.credentials[0].expires = Some(DAY.saturating_sub(1.day()));
    let etag = None;
    desk.done(&Command::PutTherapist(Put { resource, etag }));
    assert_eq!(desk.flags(visit), ["NO_CREDENTIAL"]);
    desk.done(&certificate("", NEXT));
    assert!(desk.flags(visit).is_empty());
    desk.done(&Command::Undo);
    assert_eq!(desk.flags(visit), ["NO_CREDENTIAL"]);
}

#[test]
fn a_registration_is_renewed_too() {
    let mut desk = expired();
    let again = renew(Renewed::Registration, "8", NEXT);
    desk.done(&Command::Renew(again));
    let registration = ann(&desk).registration.unwrap();
    assert_eq!(
        (registration.number.as_str(), registration.expires),
        ("8", Some(NEXT))
    );
}

#[test]
fn a_renewal_lasts_longer_than_what_it_renews_and_renews_what_is_held() {
    let mut desk = expired();
    let field = |refusal| match refusal {
        Refusal::Invalid(violations) => violations[0].field.clone(),
        other => panic!("{other:?}"),
    };
    let same = certificate("", DAY.saturating_sub(1.day()));
    assert_eq!(field(desk.refused(&same)), "valid_through");
    // Later than what it renews, and over all the same.
    assert_eq!(field(desk.refused(&certificate("", DAY))), "valid_through");
    let unknown = Renewed::Credential("rope".parse().unwrap());
    let unknown = Command::Renew(renew(unknown, "", NEXT));
    assert_eq!(field(desk.refused(&unknown)), "renewed");
    let stale = Command::Renew(Renew {
        etag: Some(1),
        ..renew(Renewed::Registration, "", NEXT)
    });
    assert!(matches!(desk.refused(&stale), Refusal::Stale { .. }));
    desk.act_as(limited_to(2, Role::Manager, "dartmouth"));
    let elsewhere = desk.refused(&certificate("", NEXT));
    assert!(matches!(elsewhere, Refusal::SiteNotAllowed { .. }));
}

#[test]
fn what_has_no_date_yet_gets_one_that_is_still_to_come() {
    let (mut desk, _) = Desk::open();
    let mut resource = ann(&desk);
    resource.credentials[0].expires = None;
    let etag = None;
    desk.done(&Command::PutTherapist(Put { resource, etag }));
    for past in [date(2016, 11, 22), DAY] {
        let refused = desk.refused(&certificate("", past));
        assert!(matches!(refused, Refusal::Invalid(_)), "{refused:?}");
    }
    let next = DAY.saturating_add(1.day());
    desk.done(&certificate("", next));
    assert_eq!(ann(&desk).credentials[0].expires, Some(next));
}

fn workshop(who: &[&str]) -> PutTraining {
    PutTraining {
        training: None,
        what: Learned {
            participants: who.iter().map(|who| therapist_id(who)).collect(),
            kind: TrainingKind::Workshop,
            title: "Anatomy of the foot".to_owned(),
            provider: "The college".to_owned(),
            subject: "anatomy".to_owned(),
            first: DAY.saturating_sub(1.day()),
            last: DAY,
            minutes: 150,
            education: true,
            certificate: String::new(),
            note: String::new(),
        },
        etag: None,
    }
}

fn put(desk: &mut Desk, training: PutTraining) -> TrainingId {
    let decision = desk.done(&Command::PutTraining(Box::new(training)));
    match decision.reply.records[..] {
        [RecordId::Training(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn one_entry_is_of_all_who_took_part_and_is_corrected_and_removed() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, workshop(&["ann", "bea"]));
    let of = |desk: &Desk| desk.clinic.training(id).cloned();
    let entered = of(&desk).unwrap();
    assert!(
        ["ann", "bea"]
            .iter()
            .all(|who| entered.is_of(therapist_id(who)))
    );
    assert!(!entered.is_of(therapist_id("cas")));
    desk.act_as(actor(2, Role::Manager)).at(9, 0);
    let same = PutTraining {
        training: Some(id),
        ..workshop(&["ann", "bea"])
    };
    let nothing = desk.done(&Command::PutTraining(Box::new(same)));
    assert_eq!(
        nothing.changes,
        [],
        "nothing is corrected by the same again"
    );
    let corrected = PutTraining {
        training: Some(id),
        what: Learned {
            minutes: 120,
            ..workshop(&["bea", "cas"]).what
        },
        etag: None,
    };
    assert_eq!(put(&mut desk, corrected), id);
    let after = of(&desk).unwrap();
    assert_eq!((after.what.minutes, after.by), (120, desk.actor.key));
    desk.done(&Command::Undo);
    assert_eq!(of(&desk).unwrap(), entered);
    let remove = Command::RemoveTraining {
        training: id,
        etag: None,
    };
    desk.done(&remove);
    assert_eq!(of(&desk), None);
    desk.done(&Command::Undo);
    assert_eq!(of(&desk).unwrap(), entered);
}

#[test]
fn all_that_is_wrong_with_an_entry_is_said_at_once() {
    let (mut desk, _) = Desk::open();
    let mut wrong = workshop(&["ann", "ann"]);
    wrong.what = Learned {
        title: String::new(),
        first: DAY.saturating_add(2.days()),
        last: DAY.saturating_add(1.day()),
        minutes: 20,
        ..wrong.what
    };
    let Refusal::Invalid(violations) = desk.refused(&Command::PutTraining(Box::new(wrong))) else {
        panic!("it is refused for its fields");
    };
    let fields: Vec<_> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["participants", "title", "last", "minutes", "last"]);
    let nobody = workshop(&[]);
    let refusal = desk.refused(&Command::PutTraining(Box::new(nobody)));
    assert!(matches!(refusal, Refusal::Invalid(_)));
    let unknown = workshop(&["nobody"]);
    let refusal = desk.refused(&Command::PutTraining(Box::new(unknown)));
    assert!(matches!(refusal, Refusal::NotFound { .. }));
}

#[test]
fn who_is_limited_to_a_site_speaks_for_those_who_work_there() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, workshop(&["ann"]));
    desk.act_as(limited_to(2, Role::Manager, "dartmouth"));
    let theirs = put(&mut desk, workshop(&["bea"]));
    desk.done(&Command::Undo);
    assert_eq!(desk.clinic.training(theirs), None);
    let both = Command::PutTraining(Box::new(workshop(&["bea", "ann"])));
    assert_eq!(desk.refused(&both).reason(), "SITE_NOT_ALLOWED");
    // Of those elsewhere alone nothing is told.
    let remove = Command::RemoveTraining {
        training: id,
        etag: None,
    };
    assert_eq!(desk.refused(&remove).reason(), "NOT_FOUND");
    assert!(
        desk.clinic
            .training(id)
            .is_some_and(|it: &std::sync::Arc<Training>| it.what.minutes == 150)
    );
}
