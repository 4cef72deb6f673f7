//! What is said of clients' health in words, and to whom.

use treadwell_api::v1;
use treadwell_clinic::model::Role;

use super::support::{Api, World, day, today};

const ROLES: [Role; 6] = [
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Therapist,
    Role::Integration,
    Role::Wallboard,
];

async fn attention(api: &mut Api) -> Vec<v1::Attention> {
    let board = api.floor.get_board(v1::GetBoardRequest::default()).await;
    board.unwrap().into_inner().attention
}

/// Which matter it is: everything but its words.
fn matter(item: &v1::Attention) -> v1::Attention {
    v1::Attention {
        text: String::new(),
        ..item.clone()
    }
}

#[tokio::test]
async fn what_needs_somebody_says_why_only_to_those_who_may_know() {
    use v1::AttentionKind as Kind;

    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let undecided = v1::CheckInRequest {
        write: None,
        appointment_id: world.appointment("h3", 15, 30),
        nothing_changed: false,
    };
    desk.appointment.check_in(undecided).await.unwrap();
    let mut seen = Vec::new();
    // Now; when a turnover has become late; and in the morning, when nobody has seen to their feet yet.
    for at in [today(14, 7), today(14, 40), day(15, 9, 5)] {
        world.clock.advance_to(at);
        let told = attention(&mut desk).await;
        seen.extend(told.iter().map(v1::Attention::kind));
        for role in ROLES {
            let items = attention(&mut world.api(role).await).await;
            if role != Role::Wallboard {
                assert_eq!(items, told, "{role:?} runs the day too");
                continue;
            }
            let shown: Vec<_> = items.iter().map(matter).collect();
            let internal = [Kind::FootCare, Kind::Upkeep];
            let fit = told.iter().filter(|item| !internal.contains(&item.kind()));
            assert_eq!(shown, fit.clone().map(matter).collect::<Vec<_>>());
            for (item, whole) in items.iter().zip(fit) {
                let expected = match item.kind() {
                    // Cut off where the reason begins.
                    Kind::BlockedArrival | Kind::Flagged => {
                        let (what, why) = whole.text.split_once(": ").unwrap();
                        assert!(!why.is_empty(), "{whole:?}");
                        format!("{what}.")
                    }
                    _ => whole.text.clone(),
                };
                assert_eq!(item.text, expected);
            }
        }
    }
    for kind in [
        Kind::Over,
        Kind::TurnoverLate,
        Kind::BlockedArrival,
        Kind::LateArrival,
        Kind::Flagged,
        Kind::Out,
        Kind::FootCare,
    ] {
        assert!(seen.contains(&kind), "{kind:?} was not there to be told");
    }
    world.server.stop().await;
}

async fn appointment(api: &mut Api, id: &str) -> v1::Appointment {
    let request = v1::GetAppointmentRequest {
        appointment_id: id.to_owned(),
    };
    let answer = api.appointment.get_appointment(request).await;
    answer.unwrap().into_inner().appointment.unwrap()
}

#[tokio::test]
async fn why_a_session_stopped_or_never_was_is_for_those_who_treat_or_manage() {
    let world = World::new().await;
    let mut desk = world.api(Role::FrontDesk).await;
    let stopped = world.appointment("h1", 13, 30);
    let finish = v1::FinishSessionRequest {
        write: None,
        appointment_id: stopped.clone(),
        stopped_early_reason: "felt dizzy".to_owned(),
    };
    let finished = desk.appointment.finish_session(finish).await.unwrap();
    let shown = finished.into_inner().appointment.unwrap();
    assert_eq!(shown.stopped_early_reason, "", "nor is it said back");
    let cancelled = |room: &str, hour, minute, reason: v1::CancelReason| {
        let appointment_id = world.appointment(room, hour, minute);
        v1::CancelAppointmentRequest {
            write: None,
            appointment_id,
            cancel_reason: reason.into(),
            note: "a canary".to_owned(),
        }
    };
    let mut notes = Vec::new();
    for (request, health) in [
        (cancelled("h3", 15, 30, v1::CancelReason::Screening), true),
        (cancelled("h2", 15, 0, v1::CancelReason::ClientUnwell), true),
        (cancelled("d1", 15, 0, v1::CancelReason::Weather), false),
    ] {
        notes.push((request.appointment_id.clone(), health));
        desk.appointment.cancel_appointment(request).await.unwrap();
    }
    for role in [
        Role::Owner,
        Role::Manager,
        Role::Therapist,
        Role::FrontDesk,
        Role::Integration,
    ] {
        let knows = !matches!(role, Role::FrontDesk | Role::Integration);
        let mut api = world.api(role).await;
        let why = appointment(&mut api, &stopped).await.stopped_early_reason;
        assert_eq!(why, if knows { "felt dizzy" } else { "" }, "{role:?}");
        for (id, health) in &notes {
            let shown = appointment(&mut api, id).await.cancellation.unwrap();
            let note = if knows || !health { "a canary" } else { "" };
            assert_eq!(shown.note, note, "{role:?}: {shown:?}");
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn the_board_says_of_a_review_what_still_counts() {
    let world = World::new().await;
    let id = world.appointment("h3", 15, 30);
    world.clock.advance_to(today(15, 30));
    let mut desk = world.api(Role::FrontDesk).await;
    let mut therapist = world.api(Role::Therapist).await;
    let client = appointment(&mut desk, &id).await.client_id;
    let word = async || {
        let mut desk = world.api(Role::FrontDesk).await;
        let board = desk.floor.get_board(v1::GetBoardRequest::default()).await;
        let board = board.unwrap().into_inner();
        let mut rooms = board.sites.into_iter().flat_map(|site| site.rooms);
        let room = rooms.find(|room| room.appointment_id == id).unwrap();
        room.screening
    };
    assert_eq!(word().await, "review");
    let review = |decision: v1::ReviewDecision| v1::ReviewScreeningRequest {
        write: None,
        appointment_id: id.clone(),
        review: Some(v1::Review {
            decision: decision.into(),
            ..v1::Review::default()
        }),
    };
    for (decision, expected) in [
        (v1::ReviewDecision::Proceed, "reviewed"),
        (v1::ReviewDecision::Decline, "declined"),
        (v1::ReviewDecision::Proceed, "reviewed"),
    ] {
        let reviewed = therapist.client.review_screening(review(decision)).await;
        let shown = reviewed.unwrap().into_inner().appointment.unwrap();
        let outcome = shown.screening.unwrap().outcome();
        assert_eq!(
            outcome,
            v1::ScreeningOutcome::NeedsReview,
            "as it was judged"
        );
        let flags: Vec<_> = shown.flags.iter().map(v1::Flag::kind).collect();
        let declined = decision == v1::ReviewDecision::Decline;
        let expected_flags = declined.then_some(v1::FlagKind::Declined);
        assert_eq!(flags, Vec::from_iter(expected_flags));
        assert_eq!(word().await, expected);
    }
    // What the client says now is not what the therapist decided on.
    let declared = v1::RecordDeclarationRequest {
        write: None,
        client_id: client,
        answers: vec![v1::Answer {
            condition_id: "tuberculosis".to_owned(),
            kind: v1::AnswerKind::No.into(),
            ..v1::Answer::default()
        }],
        replace: false,
    };
    desk.client.record_declaration(declared).await.unwrap();
    assert_eq!(word().await, "review");
    world.server.stop().await;
}
