use super::*;
use crate::cli::{report::Form, tests::fixture::at};

fn room(name: &str, state: v1::RoomState, bars: v1::BarsState) -> v1::RoomStatus {
    v1::RoomStatus {
        room_id: name.to_lowercase(),
        site_id: "halifax".to_owned(),
        name: name.to_owned(),
        state: state.into(),
        bars: bars.into(),
        ..v1::RoomStatus::default()
    }
}

fn board() -> v1::GetBoardResponse {
    let item = |done: bool| v1::TurnoverItem {
        done_at: if done { at("14:05") } else { None },
        ..v1::TurnoverItem::default()
    };
    let rooms = vec![
        v1::RoomStatus {
            appointment_id: "apt-1".to_owned(),
            appointment_state: "in session".to_owned(),
            therapist_name: "Chen".to_owned(),
            client_name: "J.M.".to_owned(),
            until: at("14:45"),
            next_start: at("15:15"),
            ..room("H1", v1::RoomState::InSession, v1::BarsState::Sound)
        },
        v1::RoomStatus {
            until: at("14:12"),
            turnover: Some(v1::Turnover {
                items: vec![item(true), item(true), item(false)],
                ..v1::Turnover::default()
            }),
            ..room("H2", v1::RoomState::Turnover, v1::BarsState::Out)
        },
        room("H3", v1::RoomState::Vacant, v1::BarsState::None),
        v1::RoomStatus {
            therapist_name: "Okafor".to_owned(),
            until: at("14:00"),
            late_minutes: 7,
            ..room("H4", v1::RoomState::Over, v1::BarsState::Sound)
        },
        v1::RoomStatus {
            therapist_name: "Roy".to_owned(),
            hold_id: "hold-1".to_owned(),
            until: at("14:11"),
            ..room("H5", v1::RoomState::Held, v1::BarsState::None)
        },
        v1::RoomStatus {
            outage_reason: "flood".to_owned(),
            ..room("H6", v1::RoomState::Out, v1::BarsState::None)
        },
    ];
    v1::GetBoardResponse {
        revision: 41,
        sites: vec![v1::SiteBoard {
            site_id: "halifax".to_owned(),
            name: "Halifax".to_owned(),
            time_zone: "America/Halifax".to_owned(),
            rooms,
            opens_at: at("08:00"),
            closes_at: at("20:00"),
        }],
        attention: vec![v1::Attention {
            kind: v1::AttentionKind::Over.into(),
            site_id: "halifax".to_owned(),
            room_id: "h4".to_owned(),
            text: "H4 over by 7 min; next client A.L. 14:15.".to_owned(),
            since: at("14:00"),
            ..v1::Attention::default()
        }],
        now: at("14:07"),
    }
}

#[test]
fn the_board_shows_every_state_in_symbol_and_word() {
    let report = present(&board());
    insta::assert_snapshot!("board", report.render(Form::Text));
    insta::assert_snapshot!("board_plain", report.render(Form::Plain));
    insta::assert_snapshot!("board_json", report.render(Form::Json));
}

#[test]
fn opening_is_told_as_of_now() {
    let mut site = board().sites.remove(0);
    let moment = |text: &str| time::instant(&at(text).expect("a time"));
    for (now, expected) in [
        ("07:30", "opens 08:00"),
        ("08:00", "open until 20:00"),
        ("19:59", "open until 20:00"),
        ("20:00", "closed for today"),
    ] {
        assert_eq!(opening(&site, moment(now)), expected, "{now}");
    }
    site.opens_at = None;
    site.closes_at = None;
    assert_eq!(opening(&site, moment("12:00")), "closed today");
}
