use super::*;
use crate::cli::{
    report::Form,
    tests::fixture::{at, names},
};

fn args(bars: bool, minutes: Option<i32>) -> RoomsArgs {
    RoomsArgs {
        at_site: AtSite::default(),
        bars,
        at: None,
        minutes,
    }
}

fn room(id: &str, site: &str, bars: bool, until: Option<prost_types::Timestamp>) -> v1::FreeRoom {
    v1::FreeRoom {
        room_id: id.to_owned(),
        site_id: site.to_owned(),
        name: id.to_uppercase(),
        bars,
        free_until: until,
        closes_at: at("+1 20:00"),
        vacant_now: true,
    }
}

#[test]
fn free_rooms_say_until_when() {
    let answer = v1::ListFreeRoomsResponse {
        revision: 41,
        rooms: vec![
            room("h1", "halifax", true, at("+1 18:30")),
            room("d1", "dartmouth", true, None),
        ],
        not_ready: vec![room("h3", "halifax", false, at("+1 16:00"))],
        at: at("+1 15:00"),
    };
    let report = present(&answer, &names(), &args(true, Some(75)));
    insta::assert_snapshot!("free_rooms", report.render(Form::Text));
    insta::assert_snapshot!("free_rooms_plain", report.render(Form::Plain));
    insta::assert_snapshot!("free_rooms_json", report.render(Form::Json));
    assert_eq!(report.exit, 0);
}

#[test]
fn no_free_room_is_an_answer_with_exit_code_3() {
    let answer = v1::ListFreeRoomsResponse {
        at: at("15:00"),
        ..v1::ListFreeRoomsResponse::default()
    };
    let report = present(&answer, &names(), &args(true, Some(75)));
    assert_eq!(
        report.render(Form::Text),
        "No room with bars is free Wed 14 Oct 15:00 for 75 min.\n`treadwell availability SERVICE` finds the next place.\n"
    );
    assert_eq!(report.render(Form::Json), "");
    assert_eq!(report.exit, 3);
}
