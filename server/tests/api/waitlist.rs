use std::time::Instant;

use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::model::Role;

use super::support::{Api, World, because, stamp, today, why};

fn entry(client_id: String, from: i32, until: i32) -> v1::WaitlistEntry {
    let at = |hour| Some(v1::TimeOfDay { hour, minute: 0 });
    v1::WaitlistEntry {
        client_id,
        service_id: "ashiatsu-60".to_owned(),
        site_ids: vec!["halifax".to_owned()],
        windows: vec![v1::WaitlistWindow {
            first: super::support::date(2026, 10, 27),
            last: super::support::date(2026, 10, 27),
            weekdays: vec![2],
            from: at(from),
            until: at(until),
        }],
        note: "Calls back".to_owned(),
        ..v1::WaitlistEntry::default()
    }
}

/// Takes everybody off the list who has waited there before.
async fn nobody_waits(api: &mut Api) {
    let all = v1::ListWaitlistEntriesRequest::default();
    let listed = api.waitlist.list_waitlist_entries(all).await.unwrap();
    for line in listed.into_inner().lines {
        let withdraw = v1::WithdrawWaitlistEntryRequest {
            write: None,
            entry_id: line.entry.unwrap().id,
        };
        api.waitlist
            .withdraw_waitlist_entry(withdraw)
            .await
            .unwrap();
    }
}

async fn put(api: &mut Api, entry: v1::WaitlistEntry) -> v1::WaitlistEntry {
    let request = v1::CreateWaitlistEntryRequest {
        write: None,
        entry: Some(entry),
    };
    let made = api.waitlist.create_waitlist_entry(request).await.unwrap();
    made.into_inner().entry.unwrap()
}

async fn get(api: &mut Api, id: &str) -> v1::WaitlistEntry {
    let request = v1::GetWaitlistEntryRequest {
        entry_id: id.to_owned(),
    };
    let found = api.waitlist.get_waitlist_entry(request).await.unwrap();
    found.into_inner().entry.unwrap()
}

async fn offer(api: &mut Api, id: &str) -> Result<v1::MakeOfferResponse, tonic::Status> {
    let request = v1::MakeOfferRequest {
        write: None,
        entry_id: id.to_owned(),
        ..v1::MakeOfferRequest::default()
    };
    let made = api.waitlist.make_offer(request).await;
    made.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn from_a_wish_to_a_booking() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let jude = world.client("Jude Conrad");
    let made = put(&mut desk, entry(jude.clone(), 9, 12)).await;
    assert_eq!(made.state(), v1::WaitlistState::Waiting);
    assert_eq!(get(&mut desk, &made.id).await, made);

    let list = v1::ListWaitlistEntriesRequest {
        with_places: true,
        page_size: 50,
        ..v1::ListWaitlistEntriesRequest::default()
    };
    let lines = desk.waitlist.list_waitlist_entries(list).await.unwrap();
    let lines = lines.into_inner().lines;
    let positions: Vec<_> = lines.iter().map(|line| line.position).collect();
    assert_eq!(
        positions,
        (1..=6).collect::<Vec<_>>(),
        "the story's five are first"
    );
    let line = lines.last().unwrap();
    assert_eq!(line.client_name, "Jude Conrad");
    assert!(line.client_phone.starts_with("902"), "{line:?}");
    assert!(
        line.reason.starts_with("Number 6: waits since "),
        "{}",
        line.reason
    );
    let excluded = lines
        .iter()
        .find(|line| line.client_name == "Otto Brandt")
        .unwrap();
    assert!(excluded.place.is_none(), "{excluded:?}");
    let first = line.place.clone().unwrap();

    // The same place from the side of the slot, and why others do not get it.
    let slot = v1::SuggestForSlotRequest {
        site_id: "halifax".to_owned(),
        start: first.start,
        room_id: first.room_id.clone(),
        ..v1::SuggestForSlotRequest::default()
    };
    let suggested = desk.waitlist.suggest_for_slot(slot).await.unwrap();
    let suggested = suggested.into_inner().lines;
    let his = suggested
        .iter()
        .find(|it| it.client_name == "Jude Conrad")
        .unwrap();
    assert_eq!(his.place.as_ref().unwrap().start, first.start);
    for line in suggested.iter().filter(|it| it.place.is_none()) {
        assert!(
            line.reason.ends_with('.') && line.reason.len() > 30,
            "{}",
            line.reason
        );
        assert!(!line.reason.contains("thrombosis"), "{}", line.reason);
    }
    let places = v1::SuggestForEntryRequest {
        entry_id: made.id.clone(),
        limit: 3,
    };
    let places = desk.waitlist.suggest_for_entry(places).await.unwrap();
    assert_eq!(places.into_inner().places[0].start, first.start);

    let offered = offer(&mut desk, &made.id).await.unwrap();
    let (hold, offered) = (offered.hold.unwrap(), offered.entry.unwrap());
    assert_eq!(hold.start, first.start);
    assert_eq!(offered.offer.as_ref().unwrap().hold_id, hold.id);
    let told = v1::RecordContactRequest {
        write: None,
        entry_id: made.id.clone(),
    };
    let told = desk
        .waitlist
        .record_contact(told)
        .await
        .unwrap()
        .into_inner();
    let told = told.entry.unwrap().offer.unwrap();
    let minutes = |from: Option<prost_types::Timestamp>| {
        (told.expires_at.unwrap().seconds - from.unwrap().seconds) / 60
    };
    assert_eq!(minutes(told.contacted_at), 30);

    let accept = v1::AcceptOfferRequest {
        write: None,
        entry_id: made.id.clone(),
        note: "from the waitlist".to_owned(),
    };
    let booked = desk.waitlist.accept_offer(accept.clone()).await.unwrap();
    let booked = booked.into_inner().appointment.unwrap();
    assert_eq!((booked.client_id, booked.start), (jude, first.start));
    let ended = get(&mut desk, &made.id).await;
    assert_eq!(ended.state(), v1::WaitlistState::Booked);
    assert_eq!(ended.appointment_id, booked.id);
    assert_eq!(
        why(desk.waitlist.accept_offer(accept).await),
        because(Code::FailedPrecondition, "WRONG_STATE")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn a_declined_place_is_passed_on_and_not_offered_again() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    nobody_waits(&mut desk).await;
    let first = put(&mut desk, entry(world.client("Jude Conrad"), 9, 10)).await;
    let second = put(&mut desk, entry(world.client("Iris Melanson"), 9, 10)).await;
    offer(&mut desk, &first.id).await.unwrap();
    assert_eq!(
        why(offer(&mut desk, &first.id).await.map(|_| ())),
        because(Code::FailedPrecondition, "OFFER_OPEN")
    );
    let decline = v1::DeclineOfferRequest {
        write: None,
        entry_id: first.id.clone(),
        pass_on: true,
    };
    let declined = desk.waitlist.decline_offer(decline.clone()).await.unwrap();
    let declined = declined.into_inner();
    let waits = declined.entry.unwrap();
    assert_eq!(waits.state(), v1::WaitlistState::Waiting);
    assert_eq!(waits.passed[0].how(), v1::PassedOver::Declined);
    let next = declined.next.unwrap();
    assert_eq!(next.id, second.id);
    assert_eq!(
        why(desk.waitlist.decline_offer(decline).await),
        because(Code::FailedPrecondition, "NO_OFFER")
    );
    let again = v1::MakeOfferRequest {
        entry_id: first.id.clone(),
        ..v1::MakeOfferRequest::default()
    };
    // Whatever else there is at 9 is what was declined.
    assert_eq!(
        why(desk.waitlist.make_offer(again).await),
        because(Code::FailedPrecondition, "NOTHING_FITS")
    );
    world.server.stop().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_or_by_others_is_refused() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let mut wrong = entry("nobody".to_owned(), 12, 9);
    wrong.therapist_only = true;
    let refused = desk
        .waitlist
        .create_waitlist_entry(v1::CreateWaitlistEntryRequest {
            write: None,
            entry: Some(wrong),
        })
        .await;
    assert_eq!(
        why(refused),
        because(Code::InvalidArgument, "FIELDS_INVALID")
    );
    let made = put(&mut desk, entry(world.client("Jude Conrad"), 9, 10)).await;
    let mut wallboard = world.api(Role::Wallboard).await;
    let list = v1::ListWaitlistEntriesRequest::default();
    assert_eq!(
        why(wallboard.waitlist.list_waitlist_entries(list).await),
        because(Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    // Who waits for Halifax only is no matter of Dartmouth's desk.
    let mut dartmouth = world.api_of("Desk Dartmouth").await;
    let get = v1::GetWaitlistEntryRequest {
        entry_id: made.id.clone(),
    };
    assert_eq!(
        why(dartmouth.waitlist.get_waitlist_entry(get).await),
        because(Code::NotFound, "NOT_FOUND")
    );
    assert_eq!(
        why(offer(&mut dartmouth, &made.id).await.map(|_| ())),
        because(Code::NotFound, "NOT_FOUND")
    );
    world.server.stop().await;
}

#[allow(clippy::print_stdout, reason = "the delay is a result")]
#[tokio::test]
async fn the_server_offers_a_cancelled_place_and_a_watcher_sees_it() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    owner
        .catalog
        .update_policy(v1::UpdatePolicyRequest {
            write: None,
            policy: Some(v1::Policy {
                waitlist_auto_offer: true,
                ..v1::Policy::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["waitlist_auto_offer".to_owned()],
            }),
        })
        .await
        .unwrap();
    // Next at 15:00 in d1; who waits for Dartmouth this afternoon is first in the queue for it.
    let cancelled = world.appointment("d1", 15, 0);
    let mut watch = owner
        .watch
        .watch(v1::WatchRequest {
            after_revision: Some(world.server.engine().snapshot().revision),
            site_ids: Vec::new(),
            kinds: vec![v1::ResourceKind::WaitlistEntry.into()],
            ..v1::WatchRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    let asked = Instant::now();
    let cancel = v1::CancelAppointmentRequest {
        write: None,
        appointment_id: cancelled,
        cancel_reason: v1::CancelReason::Client.into(),
        note: String::new(),
    };
    let cancels = owner.appointment.cancel_appointment(cancel);
    let sees = async {
        loop {
            let message = watch.message().await.unwrap().unwrap();
            for event in message.events {
                if let Some(Resource::WaitlistEntry(entry)) = event.resource {
                    return (asked.elapsed(), entry);
                }
            }
        }
    };
    let (answer, (seen, entry)) = tokio::join!(cancels, sees);
    answer.unwrap();
    println!("from cancelling to the next offer seen by a watcher: {seen:?}");
    let offer = entry.offer.unwrap();
    assert_eq!(offer.start, stamp(today(15, 0)));
    assert_eq!(offer.room_id, "d1");

    // The desk is told whom to call.
    let board = owner.floor.get_board(v1::GetBoardRequest::default()).await;
    let board = board.unwrap().into_inner();
    let call = board
        .attention
        .iter()
        .find(|it| it.kind() == v1::AttentionKind::OfferOpen)
        .unwrap();
    assert_eq!(call.waitlist_entry_id, entry.id);
    assert!(call.text.starts_with("Waitlist: call "), "{}", call.text);
    world.server.stop().await;
}
