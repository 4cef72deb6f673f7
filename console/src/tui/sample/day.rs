//! The sample clinic's day: the live rooms, the sheet, free rooms, checklists, proposals.

use treadwell_api::v1::{self, AppointmentState, AttentionKind, BarsState, RankReason, RoomState};

use super::at;

fn room(id: &str, bars: BarsState, state: RoomState) -> v1::RoomStatus {
    v1::RoomStatus {
        room_id: id.to_owned(),
        site_id: if id.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        name: id.to_uppercase(),
        state: state.into(),
        bars: bars.into(),
        inspected_through: if bars == BarsState::None {
            String::new()
        } else {
            "2027-03-31".to_owned()
        },
        ..v1::RoomStatus::default()
    }
}

fn with(
    mut room: v1::RoomStatus,
    therapist: &str,
    client: &str,
    until: (i8, i8),
    state: &str,
) -> v1::RoomStatus {
    room.appointment_id = format!("apt-{}", room.room_id);
    room.therapist_id = therapist.to_lowercase();
    room.therapist_name = therapist.into();
    room.client_name = client.into();
    room.until = Some(at(until.0, until.1));
    room.appointment_state = state.into();
    room.screening = "clear".into();
    room
}

fn next(mut room: v1::RoomStatus, hour: i8, minute: i8) -> v1::RoomStatus {
    room.next_start = Some(at(hour, minute));
    room.next_appointment_id = format!("apt-{}-next", room.room_id);
    room
}

/// The live rooms of both sites, every state among them.
pub(crate) fn live() -> v1::GetBoardResponse {
    use BarsState::{None as NoBars, Out as BarsOut, Sound};
    let mut turnover = room("h2", Sound, RoomState::Turnover);
    turnover.turnover = Some(checklist("h2", 3));
    let mut over = with(
        room("h4", Sound, RoomState::Over),
        "Okafor",
        "Jon Marsh",
        (14, 0),
        "in session",
    );
    over.late_minutes = 7;
    let mut held = room("h5", NoBars, RoomState::Held);
    held.hold_id = "hold-1".into();
    held.therapist_name = "Walsh".into();
    held.until = Some(at(14, 12));
    let mut out = room("h6", NoBars, RoomState::Out);
    out.outage_id = "out-1".into();
    out.outage_reason = "chair is repaired".into();
    let mut bars_out = room("d2", BarsOut, RoomState::Vacant);
    bars_out.outage_id = "out-2".into();
    bars_out.outage_reason = "bars wait for inspection".into();
    v1::GetBoardResponse {
        revision: 4711,
        sites: vec![
            site_board(
                "Dartmouth",
                vec![
                    next(room("d1", Sound, RoomState::Vacant), 15, 0),
                    bars_out,
                    with(
                        room("d3", NoBars, RoomState::InSession),
                        "Singh",
                        "Ruth Gray",
                        (15, 0),
                        "in session",
                    ),
                    room("d4", NoBars, RoomState::Vacant),
                ],
            ),
            site_board(
                "Halifax",
                vec![
                    next(
                        with(
                            room("h1", Sound, RoomState::InSession),
                            "Chen",
                            "Anna Lee",
                            (14, 45),
                            "in session",
                        ),
                        15,
                        15,
                    ),
                    turnover,
                    next(room("h3", NoBars, RoomState::Vacant), 15, 30),
                    next(over, 14, 15),
                    held,
                    out,
                ],
            ),
        ],
        attention: vec![
            need(
                AttentionKind::Over,
                "h4",
                "apt-h4",
                "H4 over by 7 min; next client B.M. 14:15.",
            ),
            need(
                AttentionKind::LateArrival,
                "d1",
                "apt-d1",
                "D1: A.L. has not come, 14:00 with Roy.",
            ),
            need(
                AttentionKind::Out,
                "h6",
                "",
                "H6 is out: chair is repaired.",
            ),
            need(
                AttentionKind::Out,
                "d2",
                "",
                "D2: bars are out, 1 appointment needs them.",
            ),
        ],
        now: super::NOW.parse().ok().map(crate::tui::time::wire),
    }
}

fn site_board(name: &str, rooms: Vec<v1::RoomStatus>) -> v1::SiteBoard {
    v1::SiteBoard {
        site_id: name.to_lowercase(),
        name: name.to_owned(),
        time_zone: "America/Halifax".to_owned(),
        rooms,
        opens_at: Some(at(8, 0)),
        closes_at: Some(at(20, 0)),
    }
}

fn need(kind: AttentionKind, room: &str, appointment: &str, text: &str) -> v1::Attention {
    v1::Attention {
        kind: kind.into(),
        site_id: if room.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        room_id: room.to_owned(),
        appointment_id: appointment.to_owned(),
        text: text.to_owned(),
        since: Some(at(14, 0)),
        ..v1::Attention::default()
    }
}

fn checklist(room: &str, done: usize) -> v1::Turnover {
    const ITEMS: [&str; 5] = [
        "Towels over the stools changed",
        "Floor mats changed",
        "Table linen changed",
        "Lotion pumps wiped",
        "Fresh sockettes set out",
    ];
    let items = ITEMS
        .iter()
        .enumerate()
        .map(|(index, label)| v1::TurnoverItem {
            id: format!("item-{index}"),
            label: (*label).to_owned(),
            done_at: (index < done).then(|| at(14, 1)),
            done_by: String::new(),
        });
    v1::Turnover {
        room_id: room.to_owned(),
        site_id: "halifax".to_owned(),
        since: Some(at(13, 57)),
        due: Some(at(14, 12)),
        items: items.collect(),
        ..v1::Turnover::default()
    }
}

/// The open checklists.
pub(crate) fn turnovers() -> v1::ListTurnoversResponse {
    v1::ListTurnoversResponse {
        revision: 4711,
        turnovers: vec![checklist("h2", 3)],
    }
}

/// An appointment of the day.
pub(crate) fn appointment(
    room: &str,
    therapist: &str,
    client: &str,
    from: (i8, i8),
    until: (i8, i8),
    state: AppointmentState,
) -> v1::Appointment {
    let start = at(from.0, from.1);
    let end = at(until.0, until.1);
    let after = |minutes: i64| {
        Some(prost_types::Timestamp {
            seconds: end.seconds + minutes * 60,
            nanos: 0,
        })
    };
    v1::Appointment {
        id: format!("apt-{room}-{}", from.0),
        client_id: "cli-anna1".to_owned(),
        client_name: client.to_owned(),
        service_id: if room.contains('3') {
            "hands-on-60"
        } else {
            "ashiatsu-60"
        }
        .to_owned(),
        site_id: if room.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        room_id: room.to_owned(),
        therapist_id: therapist.to_owned(),
        start: Some(start),
        end: Some(end),
        therapist_until: after(10),
        room_until: after(15),
        state: state.into(),
        screening: Some(v1::Screening {
            outcome: v1::ScreeningOutcome::Clear.into(),
            ..v1::Screening::default()
        }),
        ..v1::Appointment::default()
    }
}

/// Halifax, the whole day.
pub(crate) fn sheet() -> v1::GetDaySheetResponse {
    use AppointmentState::{Booked, Completed, InSession};
    let mut flagged = appointment("h2", "silva", "Bea Moreau", (16, 0), (17, 0), Booked);
    flagged.flags.push(v1::Flag {
        kind: v1::FlagKind::ScreeningIncomplete.into(),
        text: "2 questions are not asked".to_owned(),
    });
    v1::GetDaySheetResponse {
        revision: 4711,
        date: Some(v1::LocalDate {
            year: 2026,
            month: 10,
            day: 14,
        }),
        day_start: Some(at(0, 0)),
        day_end: Some(at(23, 55)),
        opens_at: Some(at(8, 0)),
        closes_at: Some(at(20, 0)),
        appointments: vec![
            appointment("h1", "chen", "Kim Ito", (9, 0), (10, 0), Completed),
            appointment("h1", "chen", "Anna Lee", (13, 45), (14, 45), InSession),
            appointment("h1", "chen", "Nora Blum", (15, 15), (16, 15), Booked),
            appointment("h2", "silva", "Max Orr", (12, 55), (13, 55), Completed),
            flagged,
            appointment("h3", "singh", "Ruth Gray", (10, 0), (11, 0), Completed),
            appointment("h3", "singh", "Paul Dane", (15, 30), (16, 30), Booked),
            appointment("h4", "okafor", "Jon Marsh", (13, 0), (14, 0), InSession),
            appointment("h4", "okafor", "Bea Moreau", (14, 15), (15, 15), Booked),
        ],
        holds: vec![hold()],
        outages: vec![v1::Outage {
            id: "out-1".to_owned(),
            room_id: "h6".to_owned(),
            site_id: "halifax".to_owned(),
            start: Some(at(8, 0)),
            reason: "chair is repaired".to_owned(),
            ..v1::Outage::default()
        }],
        shifts: ["chen", "okafor", "silva", "singh", "walsh"]
            .map(shift)
            .to_vec(),
        free_bar_rooms: (0..48)
            .map(|quarter| [3, 3, 2, 1, 0, 2, 1, 2][quarter % 8])
            .collect(),
        free_bar_rooms_from: Some(at(8, 0)),
    }
}

fn shift(therapist: &str) -> v1::Shift {
    v1::Shift {
        id: format!("shf-{therapist}"),
        therapist_id: therapist.to_owned(),
        site_id: "halifax".to_owned(),
        start: Some(at(9, 0)),
        end: Some(at(18, 0)),
        breaks: vec![v1::Break {
            start: Some(at(12, 0)),
            end: Some(at(12, 45)),
        }],
        ..v1::Shift::default()
    }
}

/// The hold of the sample: H5 at 14:30.
pub(crate) fn hold() -> v1::Hold {
    v1::Hold {
        id: "hold-1".to_owned(),
        service_id: "ashiatsu-60".to_owned(),
        site_id: "halifax".to_owned(),
        room_id: "h2".to_owned(),
        therapist_id: "silva".to_owned(),
        start: Some(at(14, 30)),
        end: Some(at(15, 30)),
        room_until: Some(at(15, 45)),
        therapist_until: Some(at(15, 40)),
        expires_at: Some(at(14, 12)),
        ..v1::Hold::default()
    }
}

/// The flagged appointment of the sample.
pub(crate) fn visit_of_bea() -> v1::Appointment {
    let mut visit = appointment(
        "h2",
        "silva",
        "Bea Moreau",
        (16, 0),
        (17, 0),
        AppointmentState::Booked,
    );
    visit.client_id = "cli-bea".into();
    visit.flags.push(v1::Flag {
        kind: v1::FlagKind::ScreeningExcluded.into(),
        text: "screening excludes the client".to_owned(),
    });
    visit
}

/// Places that can be booked.
pub(crate) fn proposals() -> v1::SearchAvailabilityResponse {
    let place = |hour, minute, room: &str, therapist: &str, reasons: &[RankReason]| v1::Proposal {
        start: Some(at(hour, minute)),
        end: Some(at(hour + 1, minute)),
        site_id: if room.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        room_id: room.to_owned(),
        therapist_id: therapist.to_owned(),
        bars: true,
        credential_id: "ashiatsu".to_owned(),
        rank_reasons: reasons.iter().map(|reason| (*reason).into()).collect(),
    };
    v1::SearchAvailabilityResponse {
        revision: 4711,
        proposals: vec![
            place(
                14,
                30,
                "h2",
                "silva",
                &[RankReason::Earliest, RankReason::UsualTherapist],
            ),
            place(14, 45, "h2", "silva", &[RankReason::UsualTherapist]),
            place(15, 0, "d1", "roy", &[RankReason::NoShortGap]),
            place(16, 30, "h1", "chen", &[]),
        ],
        next_available: None,
        screening: None,
    }
}

/// Free rooms at both sites.
pub(crate) fn rooms_free() -> v1::ListFreeRoomsResponse {
    let room = |id: &str, bars, until: Option<(i8, i8)>, vacant_now| v1::FreeRoom {
        room_id: id.to_owned(),
        site_id: if id.starts_with('h') {
            "halifax"
        } else {
            "dartmouth"
        }
        .to_owned(),
        name: id.to_uppercase(),
        bars,
        free_until: until.map(|(hour, minute)| at(hour, minute)),
        closes_at: Some(at(20, 0)),
        vacant_now,
    };
    v1::ListFreeRoomsResponse {
        revision: 4711,
        rooms: vec![
            room("d1", true, Some((15, 0)), true),
            room("d2", false, None, true),
            room("d4", false, None, true),
            room("h3", false, Some((15, 30)), true),
        ],
        not_ready: vec![room("h2", true, Some((16, 0)), false)],
        at: Some(at(14, 7)),
    }
}
