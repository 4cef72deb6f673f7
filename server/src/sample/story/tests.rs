use std::collections::BTreeSet;
use std::sync::Arc;

use treadwell_clinic::model::{Appointment, Fault, Outcome, OwnItem, Phase, State};
use treadwell_clinic::rooms::{self, BarsState, RoomState};
use treadwell_clinic::{Clinic, rules};

use super::*;
use crate::sample::{self, told};

fn states(clinic: &Clinic) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    for site in clinic.sites() {
        for status in rooms::board(clinic, site, sample::now()) {
            seen.insert(match status.state {
                RoomState::Vacant => "vacant",
                RoomState::Held(_) => "held",
                RoomState::InSession(_) => "in session",
                RoomState::Over(_) => "over",
                RoomState::Turnover { .. } => "turnover",
                RoomState::Out(_) => "out",
            });
            if matches!(status.bars, BarsState::Unsound(_)) {
                seen.insert("bars out");
            }
        }
    }
    seen
}

/// What screening says of each client for barefoot work and for other work at the demo's now.
fn outcomes(clinic: &Clinic) -> BTreeSet<&'static str> {
    let site = clinic.sites().next().unwrap();
    let mut seen = BTreeSet::new();
    for client in clinic.clients() {
        for service in ["ashiatsu-60", "hands-on-60"] {
            let service = clinic.service(service.parse().unwrap()).unwrap();
            let found = rules::screen(clinic, client.id, service, site, sample::now());
            seen.insert(match found.outcome {
                Outcome::Clear => "clear",
                Outcome::NeedsReview => "needs review",
                Outcome::Incomplete { .. } => "incomplete",
                Outcome::ExcludedUntil(_) => "excluded until",
                Outcome::Excluded => "excluded",
            });
        }
    }
    seen
}

#[tokio::test]
async fn every_state_is_in_sight_at_the_demos_now() {
    let (engine, keys) = told().await;
    assert_eq!(engine.now(), sample::now());
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let all = [
        "bars out",
        "held",
        "in session",
        "out",
        "over",
        "turnover",
        "vacant",
    ];
    assert_eq!(states(clinic), BTreeSet::from(all));
    let all = [
        "clear",
        "excluded",
        "excluded until",
        "incomplete",
        "needs review",
    ];
    assert_eq!(outcomes(clinic), BTreeSet::from(all));

    let flagged = |wanted: fn(&Fault) -> bool| {
        clinic
            .appointments()
            .any(|it| it.is_ahead() && it.flags.iter().any(wanted))
    };
    assert!(flagged(|fault| matches!(fault, Fault::BarsUnsound { .. })));
    assert!(flagged(
        |fault| matches!(fault, Fault::Screening(it) if it.outcome.is_excluded())
    ));

    let roles: BTreeSet<_> = keys.iter().map(|key| key.role).collect();
    assert_eq!(roles.len(), 6, "a key of every role");
    for key in &keys {
        let found = clinic.key_by_hash(&key.secret.hash()).unwrap();
        assert_eq!((&found.name, found.role), (&key.name, key.role));
    }
}

#[tokio::test]
async fn the_days_are_believable() {
    let (engine, _) = told().await;
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let mut by_phase = std::collections::BTreeMap::new();
    for appointment in clinic.appointments() {
        *by_phase.entry(appointment.state.phase()).or_insert(0_usize) += 1;
    }
    let count = |phase| by_phase.get(&phase).copied().unwrap_or(0);
    assert!(count(Phase::Completed) >= 60, "{by_phase:?}");
    assert!(
        count(Phase::Booked) + count(Phase::Confirmed) >= 60,
        "{by_phase:?}"
    );
    let shorter = clinic.appointments().filter(|it| match &it.state {
        State::Completed(session) => {
            let minutes = session.finished.duration_since(session.started).as_mins();
            minutes < i64::from(it.slot.planned.minutes())
        }
        _ => false,
    });
    assert_eq!(shorter.count(), 0, "sessions take as long as they should");
    assert!(count(Phase::Cancelled) >= 2, "{by_phase:?}");
    assert!(count(Phase::NoShow) >= 2, "{by_phase:?}");
    // Nothing of the past is left over.
    let forgotten = clinic
        .appointments()
        .filter(|it| it.is_ahead() && it.slot.planned.end().timestamp() < sample::now());
    assert_eq!(forgotten.count(), 0);
    assert_eq!(clinic.holds().count(), 1);
}

#[tokio::test]
async fn the_hygiene_of_nearly_every_session_is_recorded() {
    let (engine, _) = told().await;
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let over = |it: &&Arc<Appointment>| it.state.phase() == Phase::Completed;
    let (whole, lacking): (Vec<_>, Vec<_>) = clinic.appointments().filter(over).partition(|it| {
        let modality = clinic.service(it.slot.service).unwrap().modality;
        let done = clinic.hygiene_of(it.id).map_or(&[][..], |it| &it.own);
        OwnItem::missing(modality, Phase::Completed, done).count() == 0
    });
    assert!(!lacking.is_empty(), "there is something to see to");
    let (whole, lacking) = (whole.len(), lacking.len());
    assert!(whole > 9 * lacking, "{whole} whole, {lacking} lacking");
}

#[tokio::test]
async fn the_same_story_comes_out_every_time() {
    let (one, _) = told().await;
    let (other, _) = told().await;
    let bookings = |engine: &Engine| -> Vec<_> {
        let published = engine.snapshot();
        published.clinic.appointments().cloned().collect()
    };
    assert_eq!(bookings(&one), bookings(&other));
}
