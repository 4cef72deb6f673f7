//! The Connection screen.

use treadwell_api::v1;

use super::desk::Desk;
use crate::tui::{
    sample::picture,
    screens::Screen,
    theme::{Role, Theme},
};

fn warned(warnings: Vec<String>) -> Desk {
    let mut desk = Desk::new();
    desk.model.screen = Screen::Connection;
    desk.model.status = Some(v1::GetStatusResponse {
        version: "0.1.0".to_owned(),
        writable: true,
        injected_clock: true,
        started_at: Some(crate::tui::sample::at(8, 0)),
        warnings,
        ..v1::GetStatusResponse::default()
    });
    desk
}

#[test]
fn what_has_to_be_seen_to_is_shown_whole() {
    let plaintext = "the server speaks plaintext on 10.0.0.5:7450: other machines can hear keys and health data; give it a certificate (`treadwell certificates init`)";
    let backup = "no backup was made yet";
    let desk = warned(vec![plaintext.to_owned(), backup.to_owned()]);
    let screen = desk.screen();
    let flowing: Vec<&str> = screen.split_whitespace().collect();
    let flowing = flowing.join(" ");
    for warning in [plaintext, backup] {
        assert!(flowing.contains(&format!("! {warning}")), "{screen}");
    }
    let buffer = picture(&desk.model);
    let row = screen
        .lines()
        .position(|line| line.contains("! the server"));
    let row = u16::try_from(row.expect("it is there")).expect("a row");
    let warning = Theme::Sixteen.style(Role::Warning);
    assert_eq!(Some(buffer[(1, row)].fg), warning.fg);
    warned(Vec::new()).misses("!");
}

#[test]
fn more_than_there_is_room_for_says_where_it_is() {
    let long = "this has to be seen to, and saying so takes more than one line of the smallest screen there is";
    let mut desk = warned(vec![long.to_owned(); 9]);
    desk.sees("! this has")
        .sees("`treadwell status` tells all.");
    // What is there for everybody stays.
    desk.sees("Hand the desk to another person").sees("key [");
    desk.model.size = (80, 40);
    desk.misses("treadwell status");
}
