use super::*;
use crate::cli::{
    report::Form,
    tests::fixture::{at, date, names},
};

fn proposal(
    site: &str,
    room: &str,
    start: &str,
    end: &str,
    reasons: &[v1::RankReason],
) -> v1::Proposal {
    v1::Proposal {
        start: at(start),
        end: at(end),
        site_id: site.to_owned(),
        room_id: room.to_owned(),
        therapist_id: "chen".to_owned(),
        bars: true,
        rank_reasons: reasons.iter().map(|reason| i32::from(*reason)).collect(),
        credential_id: "ashiatsu".to_owned(),
    }
}

#[test]
fn proposals_come_in_order_with_why_they_stand_there() {
    let answer = v1::SearchAvailabilityResponse {
        revision: 41,
        proposals: vec![
            proposal(
                "halifax",
                "h1",
                "15:00",
                "16:00",
                &[v1::RankReason::Earliest, v1::RankReason::UsualTherapist],
            ),
            proposal(
                "dartmouth",
                "d1",
                "+1 09:15",
                "+1 10:15",
                &[v1::RankReason::NoShortGap],
            ),
        ],
        next_available: None,
        screening: Some(v1::Screening {
            outcome: v1::ScreeningOutcome::Incomplete.into(),
            unanswered: vec![v1::Question {
                condition_id: "lasik".to_owned(),
                text: "Have you had an eye procedure?".to_owned(),
                asks_when: true,
            }],
            ..v1::Screening::default()
        }),
    };
    let report = present(&answer, &names());
    insta::assert_snapshot!("proposals", report.render(Form::Text));
    insta::assert_snapshot!("proposals_json", report.render(Form::Json));
    assert_eq!(report.exit, 0);
}

#[test]
fn nothing_free_says_when_there_is_something() {
    let answer = v1::SearchAvailabilityResponse {
        next_available: at("+1 09:15"),
        screening: Some(v1::Screening {
            outcome: v1::ScreeningOutcome::ExcludedUntil.into(),
            eligible_on: date(2026, 12, 2),
            alternative_service_ids: vec!["hands-on-60".to_owned()],
            ..v1::Screening::default()
        }),
        ..v1::SearchAvailabilityResponse::default()
    };
    let report = present(&answer, &names());
    insta::assert_snapshot!("nothing_free", report.render(Form::Text));
    insta::assert_snapshot!("nothing_free_json", report.render(Form::Json));
    assert_eq!(report.exit, 3);
}

#[test]
fn why_not_names_every_obstacle_and_the_nearest_places() {
    let answer = v1::ExplainSlotResponse {
        revision: 41,
        available: false,
        obstacles: vec![v1::Obstacle {
            subject_kind: "room".to_owned(),
            subject_id: "h1".to_owned(),
            reason: "ROOM_TAKEN".to_owned(),
            text: "H1 is taken until 15:15".to_owned(),
            clashing_ids: vec!["apt-3".to_owned()],
        }],
        nearest: vec![proposal("halifax", "h1", "15:15", "16:15", &[])],
    };
    let report = verdict(&answer, &names());
    insta::assert_snapshot!("why_not", report.render(Form::Text));
    insta::assert_snapshot!("why_not_json", report.render(Form::Json));
    assert_eq!(report.exit, 3);
}
