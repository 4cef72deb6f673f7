//! The rules' refusals as they come over the wire: each with its own documented reason, code and metadata.

use anyhow::Result;
use prost::Message;
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, BookAppointmentRequest, CancelAppointmentRequest,
    CancelReason, CheckInRequest, CreateHoldRequest, CreateHoldResponse, ExtendSessionRequest,
    FinishSessionRequest, GetCatalogRequest, GetCatalogResponse, Hold, MarkNoShowRequest,
    OpenOutageRequest, Outage, Policy, PutShiftRequest, Reason, RecordDeclarationRequest, Review,
    ReviewDecision, ReviewScreeningRequest, Role, Shift, StartSessionRequest,
    UndoLastOperationRequest, UpdatePolicyRequest,
};
use treadwell_tests::{
    clinic_day::{hands_on, named},
    wire::{No, Wire, refused},
};

use crate::clinic::{Clinic, book, call, said, today};

async fn send(wire: &Wire, method: &str, message: &impl Message) -> Result<(), No> {
    call(wire, &(method.to_owned(), false), message.encode_to_vec()).await
}

/// A wish for a place, today.
fn wish(client: &str, service: &str, room: &str, therapist: &str, minutes: i64) -> Appointment {
    Appointment {
        client_id: client.to_owned(),
        service_id: service.to_owned(),
        site_id: "halifax".to_owned(),
        room_id: room.to_owned(),
        therapist_id: therapist.to_owned(),
        start: today(minutes),
        ..Appointment::default()
    }
}

async fn try_book(clinic: &Clinic, appointment: Appointment) -> Result<Appointment, No> {
    let request = BookAppointmentRequest {
        appointment: Some(appointment),
        ..BookAppointmentRequest::default()
    };
    book(&clinic.owner, &request).await
}

/// Every question is answered no, but these.
async fn declare(clinic: &Clinic, client: &str, yes: &[&str]) -> Result<()> {
    let catalog: GetCatalogResponse = said(
        clinic
            .owner
            .ask("CatalogService/GetCatalog", &GetCatalogRequest {})
            .await,
    );
    let rules = catalog.rule_sets.iter().find(|set| set.id == "barefoot");
    let answers = rules.into_iter().flat_map(|set| &set.rules).map(|rule| {
        let yes = yes.contains(&rule.condition_id.as_str());
        Answer {
            condition_id: rule.condition_id.clone(),
            kind: if yes { AnswerKind::Yes } else { AnswerKind::No }.into(),
            ..Answer::default()
        }
    });
    let request = RecordDeclarationRequest {
        client_id: client.to_owned(),
        answers: answers.collect(),
        replace: true,
        ..RecordDeclarationRequest::default()
    };
    said(send(&clinic.owner, "ClientService/RecordDeclaration", &request).await);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_can_not_be_had_says_which_rule_is_against_it() -> Result<()> {
    let clinic = Clinic::open().await?;
    let ann = clinic.client("Ann").await;
    let ben = clinic.client("Ben").await;
    declare(&clinic, &ann, &[]).await?;
    declare(&clinic, &ben, &[]).await?;
    let hands = "hands-on-60";
    let taken = said(try_book(&clinic, wish(&ann, hands, "h3", "chen", 600)).await);
    for (support_only, room) in [(false, "h5"), (true, "h1")] {
        let outage = OpenOutageRequest {
            outage: Some(Outage {
                room_id: room.to_owned(),
                support_only,
                start: today(600),
                end: today(1_200),
                reason: "A screw is loose".to_owned(),
                ..Outage::default()
            }),
            ..OpenOutageRequest::default()
        };
        said(send(&clinic.owner, "CatalogService/OpenOutage", &outage).await);
    }
    let elsewhere = |minutes| Appointment {
        site_id: "dartmouth".to_owned(),
        ..wish(&ben, hands, "", "chen", minutes)
    };
    for (appointment, reason) in [
        (wish(&ben, hands, "", "", 480), Reason::InThePast),
        (
            wish(&ben, hands, "", "", 600 + 500 * 24 * 60),
            Reason::BeyondHorizon,
        ),
        (wish(&ben, hands, "", "", 180 + 24 * 60), Reason::SiteClosed),
        (
            wish(&ben, "ashiatsu-60", "h3", "", 720),
            Reason::RoomUnsuitable,
        ),
        (
            wish(&ben, "ashiatsu-60", "h1", "", 780),
            Reason::BarsNotSound,
        ),
        (wish(&ben, hands, "h5", "", 780), Reason::RoomOut),
        (wish(&ben, hands, "h3", "tremblay", 600), Reason::RoomTaken),
        (
            wish(&ben, "ashiatsu-60", "", "tremblay", 780),
            Reason::NotCertified,
        ),
        (wish(&ben, hands, "", "leblanc", 780), Reason::OffShift),
        (wish(&ben, hands, "h4", "chen", 600), Reason::TherapistTaken),
        (
            wish(&ann, hands, "h4", "tremblay", 600),
            Reason::ClientTaken,
        ),
        (wish(&ben, hands, "d1", "", 780), Reason::WrongSite),
        (elsewhere(780), Reason::WrongSite),
    ] {
        let no = refused(try_book(&clinic, appointment).await, reason);
        if let Some(booking) = &no.booking {
            assert_eq!(booking.reasons.first(), Some(&reason.into()), "{no:?}");
            assert!(booking.alternatives.len() <= 13, "{no:?}");
        }
        assert!(!no.rules.is_empty(), "{no:?}");
    }
    let clash = try_book(&clinic, wish(&ben, hands, "h3", "tremblay", 600)).await;
    let clash = refused(clash, Reason::RoomTaken);
    assert_eq!(clash.metadata["clash"], taken.id);
    let booking = clash.booking.expect("a refused booking says what clashes");
    assert_eq!(booking.clashing_ids, [taken.id]);
    assert!(!booking.alternatives.is_empty());
    let extended = Appointment {
        extension_ids: vec!["calf-release".to_owned()],
        ..wish(&ben, hands, "", "", 780)
    };
    refused(
        try_book(&clinic, extended).await,
        Reason::ExtensionNotOffered,
    );
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn screening_refuses_with_a_reason_for_each_outcome() -> Result<()> {
    let clinic = Clinic::open().await?;
    let barefoot = |client: &str| wish(client, "ashiatsu-60", "", "", 780);
    let unasked = clinic.client("Unasked").await;
    let no = refused(
        try_book(&clinic, barefoot(&unasked)).await,
        Reason::ScreeningIncomplete,
    );
    assert_eq!(no.metadata["unanswered"], "11");
    let ever = clinic.client("Ever").await;
    declare(&clinic, &ever, &["thrombosis"]).await?;
    refused(
        try_book(&clinic, barefoot(&ever)).await,
        Reason::ScreeningExcluded,
    );
    let unknown = clinic.client("Day unknown").await;
    declare(&clinic, &unknown, &["fracture"]).await?;
    refused(
        try_book(&clinic, barefoot(&unknown)).await,
        Reason::ScreeningExcluded,
    );
    // Other work may be booked, and starts only when a therapist has decided.
    let booked = said(try_book(&clinic, wish(&ever, "hands-on-60", "h3", "chen", 540)).await);
    let step = |name: &str| (named(name), booked.id.clone());
    let (write, appointment_id) = step("check in");
    let check_in = CheckInRequest {
        write,
        appointment_id,
        nothing_changed: false,
    };
    said(send(&clinic.owner, "AppointmentService/CheckIn", &check_in).await);
    let start = StartSessionRequest {
        write: None,
        appointment_id: booked.id.clone(),
    };
    let starts = "AppointmentService/StartSession";
    refused(
        send(&clinic.owner, starts, &start).await,
        Reason::ScreeningNeedsReview,
    );
    let review = |decision: ReviewDecision| ReviewScreeningRequest {
        write: None,
        appointment_id: booked.id.clone(),
        review: Some(Review {
            decision: decision.into(),
            note: "Not today".to_owned(),
            ..Review::default()
        }),
    };
    let reviews = "ClientService/ReviewScreening";
    refused(
        send(&clinic.owner, reviews, &review(ReviewDecision::Decline)).await,
        Reason::NotATherapist,
    );
    let chen = clinic.of(Role::Therapist);
    said(send(&chen, reviews, &review(ReviewDecision::Decline)).await);
    refused(
        send(&clinic.owner, starts, &start).await,
        Reason::ScreeningDeclined,
    );
    let clear = clinic.client("Clear").await;
    declare(&clinic, &clear, &[]).await?;
    let other = said(try_book(&clinic, wish(&clear, "hands-on-60", "", "", 780)).await);
    let needless = ReviewScreeningRequest {
        appointment_id: other.id,
        ..review(ReviewDecision::Proceed)
    };
    refused(
        send(&chen, reviews, &needless).await,
        Reason::NothingToReview,
    );
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_out_of_order_say_what_is_in_the_way() -> Result<()> {
    let clinic = Clinic::open().await?;
    let owner = &clinic.owner;
    let (ann, ben) = (clinic.client("Ann").await, clinic.client("Ben").await);
    declare(&clinic, &ann, &[]).await?;
    declare(&clinic, &ben, &[]).await?;
    let foot = |id: &str| StartSessionRequest {
        write: None,
        appointment_id: id.to_owned(),
    };
    let check_in = |id: &str| CheckInRequest {
        write: None,
        appointment_id: id.to_owned(),
        nothing_changed: false,
    };
    let finish = |id: &str| FinishSessionRequest {
        write: None,
        appointment_id: id.to_owned(),
        stopped_early_reason: "Enough".to_owned(),
    };
    let (starts, checks, finishes) = (
        "AppointmentService/StartSession",
        "AppointmentService/CheckIn",
        "AppointmentService/FinishSession",
    );
    let first = said(try_book(&clinic, wish(&ann, "hands-on-60", "h3", "chen", 540)).await);
    refused(
        send(owner, finishes, &finish(&first.id)).await,
        Reason::WrongState,
    );
    let late = MarkNoShowRequest {
        write: None,
        appointment_id: said(clinic.book(&ann, 1, 8).await).id,
    };
    refused(
        send(owner, "AppointmentService/MarkNoShow", &late).await,
        Reason::TooEarly,
    );
    let barefoot = said(try_book(&clinic, wish(&ben, "ashiatsu-60", "h2", "chen", 615)).await);
    said(send(owner, checks, &check_in(&first.id)).await);
    said(send(owner, starts, &foot(&first.id)).await);
    said(send(owner, checks, &check_in(&barefoot.id)).await);
    refused(
        send(owner, starts, &foot(&barefoot.id)).await,
        Reason::TooEarly,
    );
    let longer = ExtendSessionRequest {
        write: None,
        appointment_id: first.id.clone(),
        minutes: 60,
    };
    refused(
        send(owner, "AppointmentService/ExtendSession", &longer).await,
        Reason::CannotExtend,
    );
    said(send(owner, finishes, &finish(&first.id)).await);
    // The policy may let a session start that early; then other things are in the way.
    let policy = |early_start_minutes, holds_per_key| UpdatePolicyRequest {
        write: None,
        policy: Some(Policy {
            early_start_minutes,
            holds_per_key,
            ..Policy::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["early_start_minutes".to_owned(), "holds_per_key".to_owned()],
        }),
    };
    said(send(owner, "CatalogService/UpdatePolicy", &policy(720, 1)).await);
    refused(
        send(owner, starts, &foot(&barefoot.id)).await,
        Reason::NotReadyForBarefoot,
    );
    let place = clinic.place(today(690), "h3").await;
    let next = Appointment {
        start: place.start,
        ..wish(&ann, "hands-on-60", "h3", &place.therapist_id, 0)
    };
    let next = said(try_book(&clinic, next).await);
    said(send(owner, checks, &check_in(&next.id)).await);
    refused(
        send(owner, starts, &foot(&next.id)).await,
        Reason::TurnoverOpen,
    );
    holds(&clinic, &ann, &ben).await?;
    clinic.is_sound().await
}

/// Holds that are gone, another's, or too many.
async fn holds(clinic: &Clinic, ann: &str, ben: &str) -> Result<()> {
    let desk = clinic.of(Role::FrontDesk);
    let hold = |minutes| CreateHoldRequest {
        write: None,
        hold: Some(Hold {
            client_id: ann.to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            start: today(minutes),
            ..Hold::default()
        }),
    };
    let creates = "AppointmentService/CreateHold";
    let held: CreateHoldResponse = said(desk.ask(creates, &hold(840)).await);
    let held = held.hold.unwrap_or_default();
    refused(send(&desk, creates, &hold(930)).await, Reason::TooManyHolds);
    let from = |client: &str, wire: &Wire| {
        let request = BookAppointmentRequest {
            hold_id: held.id.clone(),
            appointment: Some(Appointment {
                client_id: client.to_owned(),
                ..Appointment::default()
            }),
            ..BookAppointmentRequest::default()
        };
        let wire = wire.clone();
        async move { book(&wire, &request).await }
    };
    refused(from(ben, &desk).await, Reason::HoldMismatch);
    said(from(ann, &desk).await);
    refused(from(ann, &desk).await, Reason::HoldGone);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_taken_back_or_put_says_why() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (_, secret) = clinic.key("Undoer", Role::FrontDesk, &[]).await?;
    let desk = clinic.owner.with_key(Some(&secret));
    let undo = UndoLastOperationRequest { write: None };
    let undoes = "AppointmentService/UndoLastOperation";
    refused(send(&desk, undoes, &undo).await, Reason::NothingToUndo);
    let client = clinic.client("Ann").await;
    let booked = said(book(&desk, &hands_on("mine", &client, "halifax", 0, 8)).await);
    let cancel = CancelAppointmentRequest {
        write: None,
        appointment_id: booked.id.clone(),
        cancel_reason: CancelReason::Mistake.into(),
        note: String::new(),
    };
    said(
        send(
            &clinic.owner,
            "AppointmentService/CancelAppointment",
            &cancel,
        )
        .await,
    );
    refused(send(&desk, undoes, &undo).await, Reason::UndoSuperseded);
    let shift = |start, end| PutShiftRequest {
        write: None,
        shift: Some(Shift {
            therapist_id: "chen".to_owned(),
            site_id: "halifax".to_owned(),
            start: today(start),
            end: today(end),
            ..Shift::default()
        }),
    };
    let no = refused(
        send(&clinic.owner, "RosterService/PutShift", &shift(900, 1_100)).await,
        Reason::ShiftClash,
    );
    assert!(no.metadata["shift"].starts_with("shf-"), "{no:?}");
    let twice = FinishSessionRequest {
        write: None,
        appointment_id: booked.id,
        stopped_early_reason: String::new(),
    };
    refused(
        send(&clinic.owner, "AppointmentService/FinishSession", &twice).await,
        Reason::WrongState,
    );
    clinic.is_sound().await
}
