//! What therapists decide on a screening, and what clients declare over time.

use tonic::Code;
use treadwell_api::v1::rule::Effect;
use treadwell_api::v1::{self, FlagKind, ReviewDecision as D};
use treadwell_clinic::model::Role;

use super::screening::{asking, book, client, declare, put, rule_set, wished, yes};
use super::support::{World, because, date, day, why};

#[tokio::test]
async fn a_decision_counts_for_what_it_was_made_on() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let mut owner = world.api(Role::Owner).await;
    let mut therapist = world.api(Role::Therapist).await;
    let client_id = client(&mut desk, "Phoebe Phleb", yes("phlebitis")).await;
    let booked = book(&mut desk, wished(&client_id, "hands-on-60"))
        .await
        .unwrap();
    let review = |decision: v1::ReviewDecision, note: &str| v1::ReviewScreeningRequest {
        appointment_id: booked.id.clone(),
        review: Some(v1::Review {
            decision: decision.into(),
            note: note.to_owned(),
            ..v1::Review::default()
        }),
        ..v1::ReviewScreeningRequest::default()
    };
    let flags = |shown: &v1::Appointment| -> Vec<v1::FlagKind> {
        shown.flags.iter().map(v1::Flag::kind).collect()
    };
    assert_eq!(flags(&booked), [FlagKind::NeedsReview]);
    let role = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    assert_eq!(
        why(desk.client.review_screening(review(D::Proceed, "")).await),
        role
    );
    let no = because(Code::PermissionDenied, "NOT_A_THERAPIST");
    assert_eq!(
        why(owner.client.review_screening(review(D::Proceed, "")).await),
        no
    );
    for (decision, note, expected) in [
        (D::Proceed, "", vec![]),
        (D::Modify, "no pressure on the calves", vec![]),
        (D::Decline, "not today", vec![FlagKind::Declined]),
    ] {
        let done = therapist
            .client
            .review_screening(review(decision, note))
            .await;
        assert_eq!(
            flags(&done.unwrap().into_inner().appointment.unwrap()),
            expected
        );
    }
    // The desk sees that, not why, and what to offer.
    let list = v1::ListAppointmentsRequest {
        client_id: client_id.clone(),
        ..v1::ListAppointmentsRequest::default()
    };
    let listed = desk
        .appointment
        .list_appointments(list.clone())
        .await
        .unwrap();
    let shown = listed.into_inner().appointments.remove(0);
    assert_eq!(flags(&shown), [FlagKind::Declined]);
    let decided = shown.review.unwrap();
    assert_eq!(
        (decided.decision(), decided.note.as_str()),
        (D::Decline, "")
    );
    let others = shown.screening.unwrap().alternative_service_ids;
    assert_eq!(others, ["reflex-foot-30", "reflex-foot-45"]);
    // Later answers ask for another decision, and so do other rules.
    declare(&mut desk, &client_id, yes("phlebitis")).await;
    let listed = desk
        .appointment
        .list_appointments(list.clone())
        .await
        .unwrap();
    assert_eq!(
        flags(&listed.into_inner().appointments[0]),
        [FlagKind::NeedsReview]
    );
    let done = therapist
        .client
        .review_screening(review(D::Proceed, ""))
        .await;
    assert_eq!(flags(&done.unwrap().into_inner().appointment.unwrap()), []);
    let general = rule_set(&mut owner, "general").await;
    let edited = asking(general, "other-thing", Effect::Caution(true));
    let tried = put(&mut owner, &edited, true)
        .await
        .unwrap()
        .preview
        .unwrap();
    // This one, and that of the story.
    assert_eq!(tried.voided_decision_count, 2);
    put(&mut owner, &edited, false).await.unwrap();
    let listed = desk.appointment.list_appointments(list).await.unwrap();
    assert_eq!(
        flags(&listed.into_inner().appointments[0]),
        [FlagKind::NeedsReview]
    );
    world.server.stop().await;
}

#[tokio::test]
async fn declarations_say_what_changed_and_until_when_they_are_good() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let client_id = client(&mut desk, "Clara Claire", None).await;
    world.clock.advance_to(day(15, 9, 0));
    declare(&mut desk, &client_id, yes("cellulitis")).await;
    let list = v1::ListDeclarationsRequest {
        client_id,
        ..v1::ListDeclarationsRequest::default()
    };
    let mut manager = world.api(Role::Manager).await;
    let all = manager
        .client
        .list_declarations(list.clone())
        .await
        .unwrap();
    let all = all.into_inner().declarations;
    let changed = |it: &v1::AnswerChange| {
        let kind = |answer: &Option<v1::Answer>| answer.as_ref().map(v1::Answer::kind);
        (it.condition_id.clone(), kind(&it.before), kind(&it.after))
    };
    let (no, yes) = (v1::AnswerKind::No, v1::AnswerKind::Yes);
    let newest: Vec<_> = all[0].changes.iter().map(changed).collect();
    assert_eq!(newest, [("cellulitis".to_owned(), Some(no), Some(yes))]);
    assert_eq!(all[1].changes.len(), all[1].answers.len());
    let ceases: Vec<_> = all.iter().map(|it| it.ceases_on).collect();
    assert_eq!(ceases, [date(2027, 10, 15), date(2027, 10, 14)]);
    let role = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    assert_eq!(why(desk.client.list_declarations(list).await), role);
    world.server.stop().await;
}
