//! An etag is honoured or refused, and never passed over.

use tonic::Code;
use tonic_types::StatusExt as _;
use treadwell_api::v1;
use treadwell_api::v1::rule::Effect;
use treadwell_clinic::model::Role;

use super::screening::{asking, rule_set};
use super::support::{World, because, day, etag, stamp, why};

fn hold() -> v1::Hold {
    v1::Hold {
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: stamp(day(27, 9, 0)),
        ..v1::Hold::default()
    }
}

#[tokio::test]
async fn an_etag_counts_where_the_request_names_what_it_is_of() {
    let world = World::new().await;
    let mut api = world.api(Role::Owner).await;
    let aborted = because(Code::Aborted, "STALE_ETAG");
    let client_id = world.client("Jude Conrad");
    let get = v1::GetClientRequest {
        client_id: client_id.clone(),
        at: None,
    };
    let client = api.client.get_client(get).await.unwrap().into_inner();
    let client = client.client.unwrap();
    let declare = |etag| v1::RecordDeclarationRequest {
        write: etag,
        client_id: client_id.clone(),
        answers: vec![v1::Answer {
            condition_id: "fracture".to_owned(),
            kind: v1::AnswerKind::No.into(),
            ..v1::Answer::default()
        }],
        replace: false,
    };
    let stale = || etag("999999");
    let refused = api.client.record_declaration(declare(stale())).await;
    assert_eq!(why(refused), aborted);
    let known = declare(etag(&client.etag));
    api.client.record_declaration(known).await.unwrap();

    let attest = |etag| v1::AttestFootCareRequest {
        write: etag,
        therapist_id: "chen".to_owned(),
        ..v1::AttestFootCareRequest::default()
    };
    let refused = api.therapist.attest_foot_care(attest(stale())).await;
    assert_eq!(why(refused), aborted);
    let get = v1::GetTherapistRequest {
        therapist_id: "chen".to_owned(),
    };
    let chen = api.therapist.get_therapist(get).await.unwrap().into_inner();
    let known = attest(etag(&chen.therapist.unwrap().etag));
    api.therapist.attest_foot_care(known).await.unwrap();

    let held = v1::CreateHoldRequest {
        write: None,
        hold: Some(hold()),
    };
    let held = api.appointment.create_hold(held).await.unwrap();
    let held = held.into_inner().hold.unwrap();
    let book = |etag| v1::BookAppointmentRequest {
        write: etag,
        appointment: Some(v1::Appointment {
            client_id: client_id.clone(),
            ..v1::Appointment::default()
        }),
        hold_id: held.id.clone(),
        walk_in: false,
    };
    let refused = api.appointment.book_appointment(book(stale())).await;
    assert_eq!(why(refused), aborted);
    let known = book(etag(&held.etag));
    api.appointment.book_appointment(known).await.unwrap();
    world.server.stop().await;
}

#[tokio::test]
async fn an_etag_of_nothing_is_a_mistake() {
    let world = World::new().await;
    let mut api = world.api(Role::Owner).await;
    let before = world.server.engine().snapshot().revision;
    let some = || etag("1");
    let held = v1::CreateHoldRequest {
        write: some(),
        hold: Some(hold()),
    };
    let book = v1::BookAppointmentRequest {
        write: some(),
        appointment: Some(v1::Appointment {
            client_id: world.client("Jude Conrad"),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            start: stamp(day(27, 9, 0)),
            ..v1::Appointment::default()
        }),
        ..v1::BookAppointmentRequest::default()
    };
    let client = v1::CreateClientRequest {
        write: some(),
        client: Some(v1::Client {
            name: "Noor Haddon".to_owned(),
            ..v1::Client::default()
        }),
    };
    let shift = v1::PutShiftRequest {
        write: some(),
        shift: Some(v1::Shift {
            therapist_id: "chen".to_owned(),
            site_id: "halifax".to_owned(),
            start: stamp(day(31, 9, 0)),
            end: stamp(day(31, 12, 0)),
            ..v1::Shift::default()
        }),
    };
    let refusals = [
        api.appointment.create_hold(held).await.err(),
        api.appointment.book_appointment(book).await.err(),
        api.client.create_client(client).await.err(),
        api.roster.put_shift(shift).await.err(),
    ];
    for refused in refusals {
        let refused = refused.expect("it is not passed over");
        let fields = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!(fields.len(), 1, "{refused}");
        assert_eq!(fields[0].field, "write.etag");
        assert_eq!(
            why(Err::<(), _>(refused)),
            because(Code::InvalidArgument, "FIELDS_INVALID")
        );
    }
    assert_eq!(world.server.engine().snapshot().revision, before);
    world.server.stop().await;
}

#[tokio::test]
async fn who_reads_anew_before_they_ask_again_gets_the_first_answer() {
    let world = World::new().await;
    let mut api = world.api(Role::Owner).await;
    let known = rule_set(&mut api, "barefoot").await;
    let put = |etag: &str, reason: &str| {
        let mut edited = asking(known.clone(), "new-thing", Effect::Review(true));
        edited.etag.clear();
        v1::PutRuleSetRequest {
            write: Some(v1::WriteOptions {
                request_id: "once".to_owned(),
                etag: etag.to_owned(),
                reason: reason.to_owned(),
                ..v1::WriteOptions::default()
            }),
            rule_set: Some(edited),
        }
    };
    let first = api.catalog.put_rule_set(put(&known.etag, "")).await;
    let first = first.unwrap().into_inner();
    let stored = first.rule_set.clone().unwrap();
    assert_ne!(stored.etag, known.etag);
    for etag in [&known.etag, &stored.etag, "999999"] {
        let again = api.catalog.put_rule_set(put(etag, "")).await;
        assert_eq!(again.unwrap().into_inner(), first, "{etag:?}");
    }
    // All else counts.
    let other = api
        .catalog
        .put_rule_set(put(&known.etag, "another reason"))
        .await;
    assert_eq!(why(other).1, "REQUEST_ID_REUSED");
    world.server.stop().await;
}
