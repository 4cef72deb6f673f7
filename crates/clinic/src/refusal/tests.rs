use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::fixture::{minutes, room_id, service_id, site_id, therapist_id};
use crate::id::{AbsenceId, AppointmentId, OutageId, RuleSetId, WaitlistId};
use crate::model::{
    BarsFault, CredentialFault, Eligible, EquipmentSet, Occupant, Outcome, Phase, Reason, Retired,
    Screening, Verb, Verdict,
};

const AT: Timestamp = Timestamp::UNIX_EPOCH;
const BY: Occupant = Occupant::Appointment(AppointmentId::new(9));

fn screening(outcome: Outcome) -> Screening {
    Screening {
        outcome,
        reasons: vec![Reason {
            condition: "phlebitis".parse().unwrap(),
            verdict: Verdict::Excluded,
        }],
        rule_set: RuleSetId::parse("barefoot").unwrap(),
        version: 1,
        declaration: None,
    }
}

/// One of each fault, in order of precedence.
fn faults() -> Vec<Fault> {
    let (room, therapist, site) = (room_id("h1"), therapist_id("ann"), site_id("halifax"));
    let outage = OutageId::new(4);
    let day = date(2026, 11, 23);
    vec![
        Fault::Retired(Retired::Room),
        Fault::LacksEquipment {
            room,
            has: EquipmentSet::EMPTY,
        },
        Fault::Credential {
            therapist,
            kind: "ashiatsu".parse().unwrap(),
            fault: CredentialFault::Expired(day),
        },
        Fault::Closed { site, date: day },
        Fault::OffShift { therapist, site },
        Fault::RoomOut {
            room,
            outage,
            until: None,
        },
        Fault::BarsUnsound {
            room,
            fault: BarsFault::Outage(outage),
        },
        Fault::Screening(Box::new(screening(Outcome::Excluded))),
        Fault::Screening(Box::new(screening(Outcome::ExcludedUntil(Eligible::Date(
            day,
        ))))),
        Fault::Screening(Box::new(screening(Outcome::Incomplete {
            unanswered: vec![],
        }))),
        Fault::RoomTaken { room, by: BY },
        Fault::TherapistTaken { therapist, by: BY },
        Fault::Travel {
            therapist,
            by: BY,
            gap: minutes(30),
        },
        Fault::ClientTaken { by: BY },
    ]
}

fn slot(faults: Vec<Fault>) -> Refusal {
    Refusal::Slot(Box::new(SlotRefusal {
        nearest: faults.first().map(|_| (room_id("h1"), therapist_id("ann"))),
        faults,
        alternatives: vec![],
        other_services: vec![],
    }))
}

/// One of each blocker that is no fault, in order of precedence.
fn blockers() -> Vec<Blocker> {
    let appointment = AppointmentId::new(9);
    vec![
        Blocker::TooEarly {
            earliest: Cell::MIN,
        },
        Blocker::RoomInSession { appointment },
        Blocker::TherapistInSession { appointment },
        Blocker::RoomInTurnover {
            appointment,
            left: vec![],
        },
        Blocker::FootCare {
            therapist: therapist_id("ann"),
            date: date(2026, 11, 23),
        },
        Blocker::NotReconfirmed {
            since: jiff::civil::date(2026, 3, 2),
        },
        Blocker::ReviewNeeded(Box::new(screening(Outcome::NeedsReview))),
        Blocker::ReviewDeclined,
    ]
}

/// One of each refusal from those that rest on rules on, in order of precedence.
fn rested_on_rules() -> Vec<Refusal> {
    let room = room_id("h1");
    let what = RecordId::Room(room);
    let mut all = Vec::new();
    all.extend(faults().into_iter().map(|fault| slot(vec![fault])));
    all.push(slot(vec![]));
    let entry = WaitlistId::new(6);
    all.push(Refusal::Import(vec![BadLine {
        line: 2,
        fault: LineFault::NoSuchClient,
        clashes: Vec::new(),
    }]));
    all.push(Refusal::PassedBefore { entry });
    all.push(Refusal::NothingFits { entry });
    all.extend(
        blockers()
            .into_iter()
            .map(|b| Refusal::StartBlocked(vec![b])),
    );
    all.push(Refusal::CannotExtend {
        faults: faults(),
        latest: Cell::MIN,
        free_rooms: vec![room],
    });
    all.extend(upkeep(room).map(Refusal::from));
    all.extend([
        Refusal::NothingToUndo,
        Refusal::NotUndoable {
            kind: CommandKind::CreateClient,
        },
        Refusal::UndoTooLate { until: AT },
        Refusal::UndoChanged { what },
        Refusal::TooMany,
    ]);
    all
}

/// One of each refusal, in order of precedence.
fn examples() -> Vec<Refusal> {
    let (room, therapist, site) = (room_id("h1"), therapist_id("ann"), site_id("halifax"));
    let (hold, key, client) = (HoldId::new(1), KeyId::new(2), ClientId::new(3));
    let what = RecordId::Room(room);
    let appointment = AppointmentId::new(9);
    let entry = WaitlistId::new(6);
    let (at, earliest) = (Cell::MIN, Cell::MIN);
    let wrong = WrongPhase {
        phase: Phase::Booked,
        verb: Verb::Start,
    };
    let mut all = vec![
        Refusal::Invalid(vec![Violation {
            field: "name".to_owned(),
            expected: "not empty".to_owned(),
        }]),
        Refusal::SiteNotAllowed { site },
        Refusal::NotFound { what },
        Refusal::AlreadyExists { what },
        Refusal::Stale {
            what,
            expected: 1,
            found: 2,
        },
        Refusal::RoomOfAnotherSite { room, site },
        Refusal::TherapistOfAnotherSite { therapist, site },
        Refusal::NotAnExtension {
            service: service_id("foot-30"),
            extension: "calf".parse().unwrap(),
        },
        Refusal::WrongPhase { what, wrong },
        Refusal::OutageClosed {
            outage: OutageId::new(4),
        },
        Refusal::NotInTurnover { room },
        Refusal::NotOnChecklist {
            room,
            item: "mats".parse().unwrap(),
        },
        Refusal::KeyRevoked { key },
        Refusal::OnlyForOwners,
        Refusal::LastOwner { key },
        Refusal::HoldOfAnotherKey { hold },
        Refusal::HoldOfAnotherClient { hold, client },
        Refusal::HoldOfAnotherService { hold },
        Refusal::HoldOfAnotherAppointment {
            hold,
            appointment: AppointmentId::new(9),
        },
        Refusal::HoldExpired { hold, at: AT },
        Refusal::Past { at, earliest },
        Refusal::TooFarAhead { at, latest: at },
        Refusal::TooManyWishes { client, limit: 5 },
        Refusal::NotWaiting {
            entry,
            phase: WaitlistPhase::Booked,
        },
        Refusal::OfferOpen { entry, hold },
        Refusal::NoOffer { entry },
        Refusal::ContactRecorded { entry, at: AT },
        Refusal::NotWished { entry },
        Refusal::TooManyHolds { limit: 20 },
        Refusal::NoShowTooEarly { from: AT },
        Refusal::NotATherapist,
        Refusal::NothingToReview,
        Refusal::NothingToReconfirm,
        Refusal::RecordSigned { appointment },
        Refusal::RecordNotSigned { appointment },
        Refusal::NothingNoted { appointment },
        Refusal::NotTheirSession { therapist },
        Refusal::NoAdvice {
            service: service_id("foot-30"),
        },
        Refusal::ShiftOverlaps {
            therapist,
            shift: ShiftId::new(5),
        },
        Refusal::ShiftTooNear {
            therapist,
            shift: ShiftId::new(5),
            gap: minutes(30),
        },
        Refusal::AbsenceOverlaps {
            therapist,
            absence: AbsenceId::new(6),
        },
    ];
    all.extend(rested_on_rules());
    all.splice(all.len() - 1.., about_money());
    all
}

/// One of each refusal about money, and what comes last of all.
fn about_money() -> Vec<Refusal> {
    let receipt = crate::model::ReceiptNumber::FIRST;
    let money = [
        MoneyRefusal::NotCompleted,
        MoneyRefusal::ReceiptStands { receipt },
        MoneyRefusal::ReceiptVoid { receipt },
        MoneyRefusal::MoreThanDue { due_cents: -205 },
        MoneyRefusal::MoreThanPaid { paid_cents: 0 },
        MoneyRefusal::NotPaid { due_cents: 205 },
        MoneyRefusal::ReceiptIncomplete {
            missing: vec!["the tax number"],
        },
        MoneyRefusal::UndoAfterReceipt { receipt },
    ];
    let erasure = [
        ErasureRefusal::Kept { until: None },
        ErasureRefusal::Unsettled(vec![Open::Hold(HoldId::new(1))]),
        ErasureRefusal::Erased,
    ];
    let erasure = erasure.map(Refusal::Erasure).into_iter();
    let last = erasure.chain([Refusal::TooMany]);
    money.map(Refusal::Money).into_iter().chain(last).collect()
}

#[test]
fn the_registry_names_each_reason_once_and_in_order() {
    let reasons: Vec<_> = examples().iter().map(Refusal::reason).collect();
    assert_eq!(reasons, Refusal::REASONS);
    let distinct: BTreeSet<_> = reasons.iter().collect();
    assert_eq!(distinct.len(), reasons.len());
}

#[test]
fn faults_are_ordered_by_what_lasts_longest() {
    let order: Vec<_> = faults().iter().map(Fault::precedence).collect();
    assert!(order.is_sorted());
    let mut mixed = faults();
    mixed.reverse();
    mixed.sort_by_key(Fault::precedence);
    assert_eq!(slot(mixed).reason(), "RETIRED");
}

#[test]
fn no_message_tells_a_condition() {
    for refusal in examples() {
        let text = refusal.to_string();
        assert!(!text.contains("phlebitis"), "{text}");
        assert!(!text.is_empty());
    }
}

#[test]
fn each_clash_is_named_once() {
    let Refusal::Slot(slot) = slot(faults()) else {
        panic!("a slot is refused");
    };
    assert_eq!(slot.clashes(), [BY]);
}

/// Every refusal about stock and hygiene, in order of precedence.
fn upkeep(room: crate::id::RoomId) -> [Upkeep; 7] {
    let site = crate::fixture::site_id("halifax");
    let item = crate::id::StockItemId::parse("lotion").expect("a slug");
    [
        Upkeep::NotConsumed { site, item },
        Upkeep::OtherUnit {
            site,
            item,
            unit: "l".to_owned(),
        },
        Upkeep::StockShort {
            site,
            item,
            level: 1,
            wanted: 2,
        },
        Upkeep::StockFull {
            site,
            item,
            most: 1,
        },
        Upkeep::NothingOverhead { room },
        Upkeep::InspectionFailed {
            room,
            outage: crate::id::OutageId::new(1),
        },
        Upkeep::HygieneTooEarly {
            appointment: crate::id::AppointmentId::new(1),
        },
    ]
}
