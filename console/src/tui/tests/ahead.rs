//! Keys that come before the answer to the change before: none is lost, and none acts on what is about to change.

use treadwell_api::v1::{self, RoomState};

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    call::Call,
    event::{Event, LinkChange},
};

/// Nora Field is due in H3, and H3 has the focus.
pub(super) fn due() -> Desk {
    let mut desk = Desk::new();
    is(&mut desk, "booked");
    let revision = desk.model.revision + 1;
    desk.fake.pass(revision);
    desk.event(Event::Changed(revision));
    desk.keys("<left><home><down><down>");
    desk.sees("H3 Halifax").sees("Nora Field");
    desk
}

/// What the server says of Nora Field's appointment from now on.
pub(super) fn is(desk: &mut Desk, state: &str) {
    let rooms = desk.fake.live.sites.iter_mut().flat_map(|it| &mut it.rooms);
    for room in rooms.filter(|room| room.room_id == "h3") {
        room.state = RoomState::Held.into();
        room.appointment_id = "apt-h3".to_owned();
        room.appointment_state = state.to_owned();
        room.client_name = "Nora Field".to_owned();
    }
}

fn on_the_way(desk: &Desk) -> Vec<&Call> {
    desk.on_the_way.iter().map(|(_, call)| call).collect()
}

#[test]
fn a_start_typed_right_after_the_check_in_follows_it() {
    let mut desk = due();
    desk.slow().keys("is<down>");
    assert!(
        matches!(on_the_way(&desk)[..], [Call::CheckIn(_)]),
        "{:?}",
        desk.on_the_way
    );
    desk.sees("Waiting for the server first.");
    desk.sees("H3 Halifax");
    is(&mut desk, "arrived");
    desk.arrive();
    let Some(Call::StartSession(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(asked.appointment_id, "apt-h3");
    desk.sees("H4 Halifax");
}

#[test]
fn a_start_waits_until_the_check_in_is_shown() {
    let mut desk = due();
    desk.slow().keys("i");
    let (ticket, call) = desk.on_the_way.pop_front().expect("the check-in");
    is(&mut desk, "arrived");
    let answer = desk.fake.answer(call);
    desk.event(Event::Answer(ticket, answer));
    desk.keys("s").misses("no start from there");
    assert!(matches!(on_the_way(&desk)[..], [Call::GetBoard(_)]));
    desk.arrive();
    assert!(matches!(desk.last_write(), Some(Call::StartSession(_))));
}

#[test]
fn looking_around_waits_for_nothing() {
    let mut desk = due();
    desk.slow().keys("i<down>");
    desk.sees("H4 Halifax");
    desk.keys("f").sees("Free rooms >");
}

#[test]
fn what_was_typed_ahead_of_a_refusal_is_not_done() {
    let mut desk = due();
    desk.slow().keys("is");
    desk.fake.refuse_next = Some(refusal("TOO_EARLY", "it is too early to check in"));
    desk.arrive();
    desk.sees("too early to check in");
    assert_eq!(desk.writes(), 1);
    desk.keys("<esc>s");
    assert_eq!(desk.writes(), 1, "still booked");
}

#[test]
fn esc_forgets_what_was_typed_ahead() {
    let mut desk = due();
    desk.slow().keys("is<esc>");
    is(&mut desk, "arrived");
    desk.arrive();
    assert!(matches!(desk.last_write(), Some(Call::CheckIn(_))));
    assert_eq!(desk.writes(), 1);
}

#[test]
fn the_focus_moves_in_the_day_that_was_asked_for() {
    let mut desk = Desk::new();
    desk.keys("d<end>").sees("19:45 H1");
    desk.slow().keys("L<home><down>");
    desk.arrive();
    desk.sees("Day > Dartmouth").sees("08:00 D2");
}

#[test]
fn a_list_that_is_shown_no_more_takes_no_keys_from_the_screen_that_is() {
    let mut desk = Desk::new();
    desk.keys("d<end>").sees("19:45 H1");
    desk.keys("t").slow();
    desk.event(Event::Changed(desk.model.revision + 1));
    desk.fake.turnovers.clear();
    desk.keys("dL<home><down>");
    assert!(
        matches!(
            on_the_way(&desk)[..],
            [Call::ListTurnovers(_), Call::GetDaySheet(_)]
        ),
        "{:?}",
        desk.on_the_way
    );
    desk.arrive();
    desk.sees("Day > Dartmouth").sees("08:00 D2");
}

#[test]
fn foot_care_is_not_said_to_be_attested_before_anybody_is_known() {
    let mut desk = Desk::new();
    desk.model.therapists.clear();
    desk.event(Event::Link(LinkChange::Lost(String::new())));
    desk.slow().find_server();
    desk.keys("A").misses("Everybody's foot care");
    assert!(
        on_the_way(&desk)
            .iter()
            .any(|call| matches!(call, Call::ListTherapists(v1::ListTherapistsRequest { .. })))
    );
    desk.arrive();
    desk.sees("no nail polish");
}

#[test]
fn a_place_is_held_from_the_list_that_was_asked_for() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter>");
    desk.slow()
        .keys("<shift-tab><shift-tab><shift-tab>15:00<tab><tab><tab><enter>");
    assert!(
        matches!(on_the_way(&desk)[..], [Call::SearchAvailability(_)]),
        "{:?}",
        desk.on_the_way
    );
    desk.arrive();
    assert_eq!(
        desk.fake.holds.len(),
        1,
        "the same place is in the new list"
    );

    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter>");
    desk.slow()
        .keys("<shift-tab><shift-tab><shift-tab>15:00<tab><tab><tab><enter>");
    desk.fake.no_places = true;
    desk.arrive();
    assert!(desk.fake.holds.is_empty());
    desk.sees("What was in focus is gone.");
}
