use tonic::Code;
use treadwell_api::v1;
use treadwell_clinic::model::Role;
use treadwell_server::setup;

use super::support::{World, because, day, etag, stamp, why};

#[tokio::test]
async fn an_outage_names_what_it_hits_and_ends() {
    let world = World::new().await;
    let mut api = world.api(Role::FrontDesk).await;
    let outage = v1::Outage {
        room_id: "h1".to_owned(),
        support_only: true,
        start: stamp(day(15, 8, 0)),
        end: stamp(day(17, 8, 0)),
        reason: "A hand screw is worn".to_owned(),
        ..v1::Outage::default()
    };
    let open = |write| v1::OpenOutageRequest {
        write,
        outage: Some(outage.clone()),
    };
    let dry = Some(v1::WriteOptions {
        validate_only: true,
        ..v1::WriteOptions::default()
    });
    let would = api
        .catalog
        .open_outage(open(dry))
        .await
        .unwrap()
        .into_inner();
    let opened = api
        .catalog
        .open_outage(open(None))
        .await
        .unwrap()
        .into_inner();
    assert!(!opened.affected_appointment_ids.is_empty());
    // A dry run names those that were sound; one that is flagged already may be hit too.
    for id in &would.affected_appointment_ids {
        assert!(opened.affected_appointment_ids.contains(id));
    }
    let get = v1::GetAppointmentRequest {
        appointment_id: opened.affected_appointment_ids[0].clone(),
    };
    let hit = api
        .appointment
        .get_appointment(get)
        .await
        .unwrap()
        .into_inner();
    let hit = hit.appointment.unwrap();
    let bars = v1::FlagKind::BarsNotSound;
    assert!(hit.room_id == "h1" && hit.flags.iter().any(|flag| flag.kind() == bars));
    assert_eq!(hit.flags[0].text, "The bars of H1 are out of service.");
    let outage = opened.outage.unwrap();
    let close = v1::CloseOutageRequest {
        write: etag(&outage.etag),
        outage_id: outage.id,
    };
    api.catalog.close_outage(close).await.unwrap();
    let listed = api
        .catalog
        .list_outages(v1::ListOutagesRequest::default())
        .await
        .unwrap();
    let rooms: Vec<_> = listed
        .into_inner()
        .outages
        .into_iter()
        .map(|it| it.room_id)
        .collect();
    assert!(!rooms.contains(&"h1".to_owned()) && rooms.contains(&"h6".to_owned()));
    world.server.stop().await;
}

#[tokio::test]
async fn the_catalog_is_put_and_given_back() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let catalog = api
        .catalog
        .get_catalog(v1::GetCatalogRequest::default())
        .await
        .unwrap();
    let catalog = catalog.into_inner();
    assert_eq!((catalog.sites.len(), catalog.rooms.len()), (2, 10));
    let mut site = catalog.sites[1].clone();
    site.phone = "902-555-0197".to_owned();
    let put = v1::PutSiteRequest {
        write: etag(&site.etag),
        site: Some(site),
    };
    let put = api.catalog.put_site(put).await.unwrap().into_inner();
    assert_eq!(put.site.unwrap().phone, "902-555-0197");
    let mut room = catalog.rooms[0].clone();
    room.name = "D1 (bars)".to_owned();
    let put = v1::PutRoomRequest {
        write: etag(&room.etag),
        room: Some(room),
    };
    let put = api.catalog.put_room(put).await.unwrap().into_inner();
    assert_eq!(
        (put.room.unwrap().name.as_str(), put.flagged_count),
        ("D1 (bars)", 0)
    );
    let mut set = catalog.rule_sets[0].clone();
    set.rules.truncate(10);
    let put = v1::PutRuleSetRequest {
        write: None,
        rule_set: Some(set),
    };
    let put = api.catalog.put_rule_set(put).await.unwrap().into_inner();
    assert_eq!(put.rule_set.unwrap().version, 2);
    let policy = v1::UpdatePolicyRequest {
        write: None,
        policy: Some(v1::Policy {
            hold_minutes: 8,
            ..v1::Policy::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["hold_minutes".to_owned()],
        }),
    };
    let policy = api
        .catalog
        .update_policy(policy)
        .await
        .unwrap()
        .into_inner()
        .policy
        .unwrap();
    assert_eq!((policy.hold_minutes, policy.holds_per_key), (8, 20));
    let export = api
        .catalog
        .export_catalog(v1::ExportCatalogRequest::default())
        .await
        .unwrap();
    let again = setup::load(&export.into_inner().toml).unwrap();
    assert_eq!(again.catalog.policy.unwrap().hold_minutes, 8);
    world.server.stop().await;
}

#[tokio::test]
async fn a_shift_that_is_taken_away_flags_what_it_covered() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let list = v1::ListShiftsRequest {
        therapist_ids: vec!["chen".to_owned()],
        from: stamp(day(16, 0, 0)),
        until: stamp(day(17, 0, 0)),
        ..v1::ListShiftsRequest::default()
    };
    let shifts = api
        .roster
        .list_shifts(list)
        .await
        .unwrap()
        .into_inner()
        .shifts;
    assert_eq!(shifts.len(), 1);
    let shift = shifts.into_iter().next().unwrap();
    let mut clash = shift.clone();
    clash.id.clear();
    let put = v1::PutShiftRequest {
        write: None,
        shift: Some(clash),
    };
    let refused = api.roster.put_shift(put).await;
    assert_eq!(
        why(refused),
        because(Code::FailedPrecondition, "SHIFT_CLASH")
    );
    let remove = v1::RemoveShiftRequest {
        write: etag(&shift.etag),
        shift_id: shift.id,
    };
    let removed = api.roster.remove_shift(remove).await.unwrap().into_inner();
    assert!(!removed.affected_appointment_ids.is_empty());
    world.server.stop().await;
}

#[tokio::test]
async fn therapists_are_listed_by_what_they_hold() {
    let world = World::new().await;
    let mut api = world.api(Role::Manager).await;
    let certified = v1::ListTherapistsRequest {
        credential_id: "ashiatsu".to_owned(),
        ..v1::ListTherapistsRequest::default()
    };
    let certified = api
        .therapist
        .list_therapists(certified)
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<_> = certified
        .therapists
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(ids, ["chen", "leblanc", "macleod", "okafor", "roy"]);
    assert_eq!(certified.therapists[0].short_name, "Chen");
    let at_dartmouth = v1::ListTherapistsRequest {
        site_ids: vec!["dartmouth".to_owned()],
        ..v1::ListTherapistsRequest::default()
    };
    let there = api
        .therapist
        .list_therapists(at_dartmouth)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(there.therapists.len(), 4);
    let attest = v1::AttestFootCareRequest {
        therapist_id: "chen".to_owned(),
        soak: true,
        ..v1::AttestFootCareRequest::default()
    };
    let attested = api
        .therapist
        .attest_foot_care(attest)
        .await
        .unwrap()
        .into_inner();
    let day = attested.therapist.unwrap().foot_care_attested_on.unwrap();
    assert_eq!((day.year, day.month, day.day), (2026, 10, 14));
    let mut chen = certified.therapists[0].clone();
    chen.credentials
        .retain(|credential| credential.id != "ashiatsu");
    let put = v1::PutTherapistRequest {
        write: None,
        therapist: Some(chen),
    };
    let put = api.therapist.put_therapist(put).await.unwrap().into_inner();
    assert!(
        put.flagged_count > 0,
        "Chen's bookings are no longer certified"
    );
    world.server.stop().await;
}

#[tokio::test]
async fn foot_care_is_attested_at_a_site_that_the_caller_reaches() {
    let world = World::new().await;
    let mut desk = world.api_of("Desk Dartmouth").await;
    let attest = |therapist: &str| v1::AttestFootCareRequest {
        therapist_id: therapist.to_owned(),
        ..v1::AttestFootCareRequest::default()
    };
    // LeBlanc's first site is Halifax.
    let attested = desk.therapist.attest_foot_care(attest("leblanc")).await;
    let therapist = attested.unwrap().into_inner().therapist.unwrap();
    assert!(therapist.foot_care_attested_on.is_some());
    let elsewhere = desk.therapist.attest_foot_care(attest("chen")).await;
    assert_eq!(
        why(elsewhere),
        because(Code::PermissionDenied, "SITE_NOT_ALLOWED")
    );
    world.server.stop().await;
}
