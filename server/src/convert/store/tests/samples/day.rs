//! Appointments in every state, with every fault, and what goes on in the rooms.

use jiff::civil::date;
use treadwell_clinic::id::{
    AppointmentId, ClientId, DeclarationId, HoldId, KeyId, OutageId, SeriesId,
};
use treadwell_clinic::model::{
    Appointment, BarsFault, CancelReason, Cancellation, Charges, Closing, CredentialFault, Done,
    Eligible, Equipment, EquipmentSet, Fault, Hold, Occupancies, Occupant, Outage, OutageTarget,
    Outcome, OutcomeKind, Reason, Reconfirmation, Record, Retired, Review, ReviewDecision,
    RoomReady, Screening, SeriesPlace, Session, Slot, State, Turnover, TurnoverItem, Verdict,
};

use treadwell_clinic::refusal::{Impossible, SlotRefusal, WhyNot};

use super::{cell, id, instant, minutes, span};

pub(in super::super) fn slot() -> Slot {
    Slot {
        service: id("ashiatsu-60"),
        extensions: vec![id("calf")].into(),
        site: id("halifax"),
        room: id("h1"),
        therapist: id("chen"),
        planned: span(10, 22),
        occupies: Occupancies {
            client: span(10, 20),
            therapist: span(10, 24),
            room: span(10, 25),
        },
    }
}

fn faults() -> Vec<Fault> {
    let by = Occupant::Hold(HoldId::new(3));
    let mut faults = vec![
        Fault::Retired(Retired::Service),
        Fault::Retired(Retired::Room),
        Fault::Retired(Retired::Therapist),
        Fault::LacksEquipment {
            room: id("h1"),
            has: EquipmentSet::of([Equipment::Table]),
        },
        Fault::Closed {
            site: id("halifax"),
            date: date(2026, 8, 3),
        },
        Fault::OffShift {
            therapist: id("chen"),
            site: id("halifax"),
        },
        Fault::RoomTaken { room: id("h1"), by },
        Fault::TherapistTaken {
            therapist: id("chen"),
            by: Occupant::Appointment(AppointmentId::new(4)),
        },
        Fault::Travel {
            therapist: id("chen"),
            by,
            gap: minutes(30),
        },
        Fault::ClientTaken { by },
    ];
    faults.extend(
        [
            CredentialFault::Missing,
            CredentialFault::Expired(date(2026, 1, 1)),
        ]
        .map(|fault| Fault::Credential {
            therapist: id("chen"),
            kind: id("ashiatsu"),
            fault,
        }),
    );
    faults.extend([None, Some(cell(4))].map(|until| Fault::RoomOut {
        room: id("h1"),
        outage: OutageId::new(8),
        until,
    }));
    faults.extend(
        [
            BarsFault::NeverInspected,
            BarsFault::InspectionLapsed(date(2026, 1, 1)),
            BarsFault::InspectedLater(date(2026, 1, 2)),
            BarsFault::Outage(OutageId::new(8)),
        ]
        .map(|fault| Fault::BarsUnsound {
            room: id("h1"),
            fault,
        }),
    );
    faults.extend(screenings().map(|screening| Fault::Screening(Box::new(screening))));
    faults
}

fn screenings() -> impl Iterator<Item = Screening> {
    let until = Eligible::Date(date(2026, 12, 2));
    let outcomes = [
        Outcome::Clear,
        Outcome::NeedsReview,
        Outcome::Incomplete {
            unanswered: vec![id("fracture"), id("phlebitis")],
        },
        Outcome::ExcludedUntil(until),
        Outcome::ExcludedUntil(Eligible::Instant(instant(9))),
        Outcome::Excluded,
    ];
    let verdicts = [
        Verdict::Caution,
        Verdict::NeedsReview,
        Verdict::NotAsked,
        Verdict::Outdated,
        Verdict::ExcludedUntil(until),
        Verdict::DateUnknown,
        Verdict::Excluded,
    ];
    outcomes.into_iter().map(move |outcome| Screening {
        outcome,
        reasons: verdicts
            .map(|verdict| Reason {
                condition: id("fracture"),
                verdict,
            })
            .into(),
        rule_set: id("barefoot"),
        version: 2,
        declaration: Some(DeclarationId::new(0)),
    })
}

fn states() -> Vec<State> {
    let cancelled = |reason| {
        State::Cancelled(Box::new(Cancellation {
            at: instant(4),
            by: KeyId::new(5),
            reason,
            note: "".into(),
            late: true,
        }))
    };
    let mut states = vec![
        State::Booked,
        State::Confirmed,
        State::Arrived {
            arrived: instant(1),
        },
        State::InSession {
            arrived: instant(1),
            started: instant(2),
        },
        State::NoShow { at: instant(3) },
    ];
    states.extend(
        [
            (None, None),
            (Some("".into()), Some(false)),
            (Some("Cramp".into()), Some(true)),
        ]
        .map(|(stopped, late)| {
            State::Completed(Box::new(Session {
                arrived: instant(1),
                started: instant(2),
                finished: instant(3),
                stopped,
                ready: late.map(|late| RoomReady {
                    at: instant(4),
                    late,
                }),
            }))
        }),
    );
    states.extend(
        [
            CancelReason::ClientRequest,
            CancelReason::Illness,
            CancelReason::Screening,
            CancelReason::TherapistAbsent,
            CancelReason::RoomUnavailable,
            CancelReason::Weather,
            CancelReason::Mistake,
            CancelReason::Other,
            CancelReason::Undone,
        ]
        .map(cancelled),
    );
    states
}

pub(super) fn appointments() -> Vec<Record> {
    let review = |decision| {
        Some(Box::new(Review {
            decision,
            note: "Lightly".to_owned(),
            by: KeyId::new(5),
            at: instant(8),
            declaration: None,
            rule_set: id("general"),
            version: 1,
            reasons: vec![Reason {
                condition: id("phlebitis"),
                verdict: Verdict::NeedsReview,
            }],
        }))
    };
    let plain = Appointment {
        id: AppointmentId::new(1_000_000),
        client: ClientId::new(4_096),
        slot: slot(),
        state: State::Booked,
        review: None,
        reconfirmed: Some(Reconfirmation {
            by: KeyId::new(3),
            at: instant(8),
            declaration: DeclarationId::new(6),
        }),
        flags: faults(),
        price_cents: 14_500,
        charges: Charges {
            extensions: [2_000, 0].into(),
            fee_cents: 4_000,
        },
        note: Some("Window seat".into()),
        booked_by: KeyId::new(5),
        booked_at: instant(0),
        series: Some(SeriesPlace {
            id: SeriesId::new(8),
            number: 3,
            of: 6,
        }),
        external: Some("jane-9".into()),
    };
    let by_state = states().into_iter().map(|state| Appointment {
        state,
        flags: Vec::new(),
        note: None,
        ..plain.clone()
    });
    let by_review = [
        ReviewDecision::Proceed,
        ReviewDecision::Modify,
        ReviewDecision::Decline,
    ]
    .map(|decision| Appointment {
        review: review(decision),
        reconfirmed: None,
        ..plain.clone()
    });
    std::iter::once(plain.clone())
        .chain(by_state)
        .chain(by_review)
        .map(Record::from)
        .collect()
}

pub(super) fn floor() -> Vec<Record> {
    let hold = Hold {
        id: HoldId::new(77),
        client: None,
        slot: slot(),
        moves: None,
        expires_at: instant(300_000),
        made_by: KeyId::new(5),
    };
    let outage = Outage {
        id: OutageId::new(8),
        site: id("halifax"),
        room: id("h1"),
        target: OutageTarget::Room,
        from: cell(0),
        until: None,
        reason: "Leak".to_owned(),
        opened_by: KeyId::new(5),
        opened_at: instant(0),
        closed: None,
    };
    let turnover = Turnover {
        room: id("h1"),
        site: id("halifax"),
        appointment: AppointmentId::new(4),
        since: instant(0),
        due: instant(900_000),
        items: [
            None,
            Some(Done {
                by: KeyId::new(5),
                at: instant(1),
            }),
        ]
        .map(|done| TurnoverItem {
            id: id("mats"),
            text: "Mats".to_owned(),
            done,
        })
        .into(),
    };
    vec![
        Hold {
            client: Some(ClientId::new(4_096)),
            ..hold.clone()
        }
        .into(),
        Hold {
            id: HoldId::new(78),
            client: Some(ClientId::new(4_096)),
            moves: Some(AppointmentId::new(1_000_000)),
            ..hold.clone()
        }
        .into(),
        hold.into(),
        Outage {
            target: OutageTarget::Bars,
            until: Some(cell(3)),
            closed: Some(Closing {
                by: KeyId::new(5),
                at: instant(7),
            }),
            ..outage.clone()
        }
        .into(),
        outage.into(),
        turnover.into(),
    ]
}

/// One of a series for each reason why it can not be had.
pub(in super::super) fn impossible() -> Vec<Impossible> {
    let slot = |nearest, faults| {
        WhyNot::Slot(Box::new(SlotRefusal {
            nearest,
            faults,
            alternatives: vec![slot()],
            other_services: vec![slot()],
        }))
    };
    [
        WhyNot::Past(None),
        WhyNot::TooFarAhead(None),
        WhyNot::Screening(OutcomeKind::ExcludedUntil),
        slot(Some((id("h1"), id("chen"))), faults()),
        slot(None, Vec::new()),
    ]
    .into_iter()
    .zip(1..)
    .map(|(why, number)| Impossible {
        number,
        site: id("halifax"),
        start: cell(10),
        appointment: (number == 2).then(|| AppointmentId::new(7)),
        why,
    })
    .collect()
}
