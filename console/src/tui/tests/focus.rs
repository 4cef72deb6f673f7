//! The focus stays on what it was on, whatever becomes of the list; and commands act on what they were meant for.

use crossterm::event::KeyEventKind;
use treadwell_api::v1::{self, AppointmentState};

use super::desk::Desk;
use crate::tui::{
    call::Call,
    event::{Event, Purpose},
    keys::Chord,
    sample,
    screens::Screen,
};

impl Desk {
    /// Somebody else changes the clinic: what is shown is read anew.
    fn changed(&mut self) -> &mut Self {
        let revision = self.model.revision + 1;
        self.fake.pass(revision);
        self.event(Event::Changed(revision))
    }
}

fn checklist(room: &str) -> v1::Turnover {
    let mut list = sample::turnovers().turnovers.remove(0);
    room.clone_into(&mut list.room_id);
    list
}

#[test]
fn a_need_keeps_the_focus_when_the_list_shrinks_above_it() {
    let mut desk = Desk::new();
    desk.keys("<shift-tab><down><down>");
    desk.fake.live.attention.remove(0);
    desk.changed();
    assert_eq!(desk.model.board.need, 1);
    desk.keys("<enter>");
    desk.sees("Back in service").sees("H6");
}

#[test]
fn keys_for_what_is_gone_do_not_act_on_what_took_its_place() {
    let mut desk = Desk::new();
    desk.keys("<shift-tab><down><down>");
    desk.fake.live.attention.remove(2);
    desk.changed();
    for _ in 0..3 {
        desk.keys("<enter>");
        assert!(desk.model.dialog.is_none(), "D2 was not meant");
        desk.sees("What was in focus is gone");
    }
    desk.wait(1).keys("<enter>");
    desk.sees("Back in service").sees("D2");
}

#[test]
fn a_move_after_what_was_in_focus_is_gone_is_meant_for_what_is_there() {
    let mut desk = Desk::new();
    desk.keys("<shift-tab><down><down>");
    desk.fake.live.attention.remove(2);
    desk.changed();
    desk.keys("<up><down><enter>");
    desk.sees("Back in service").sees("D2");
}

/// H3 is held for this appointment, and has the focus.
fn held_in_h3(desk: &mut Desk, id: &str) {
    let rooms = desk.fake.live.sites.iter_mut().flat_map(|it| &mut it.rooms);
    for room in rooms.filter(|room| room.room_id == "h3") {
        room.appointment_id = id.to_owned();
        room.appointment_state = "booked".to_owned();
    }
    desk.changed();
}

#[test]
fn keys_for_an_appointment_do_not_act_on_the_next_one_in_its_room() {
    let mut desk = Desk::new();
    held_in_h3(&mut desk, "apt-a");
    desk.keys("<left><home><down><down>").sees("H3 Halifax");
    held_in_h3(&mut desk, "apt-b");
    desk.keys("i").sees("What was in focus is gone");
    desk.keys("i");
    assert_eq!(desk.writes(), 0, "B was not meant");
    desk.keys("<enter>").sees("Book in this room");
    desk.keys("<esc>").wait(1).keys("i");
    assert!(
        matches!(desk.last_write(), Some(Call::CheckIn(asked)) if asked.appointment_id == "apt-b")
    );
}

#[test]
fn keys_for_an_appointment_of_the_day_do_not_act_on_another_at_its_time() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    let sheet = |desk: &Desk, id: &str| {
        let mut sheet = sample::sheet();
        let focus = crate::tui::screens::day::focus_appointment(&desk.model);
        let focus = focus.expect("Bea Moreau").id.clone();
        for visit in sheet.appointments.iter_mut().filter(|it| it.id == focus) {
            id.clone_into(&mut visit.id);
        }
        sheet
    };
    let other = sheet(&desk, "apt-b");
    let asked = v1::GetDaySheetRequest {
        site_id: crate::tui::screens::day::site(&desk.model),
        date: Some(crate::tui::time::local_date(
            crate::tui::screens::day::date(&desk.model),
        )),
    };
    crate::tui::screens::day::loaded(&mut desk.model, &asked, other);
    desk.keys("C").sees("What was in focus is gone");
    assert!(desk.model.dialog.is_none(), "B was not meant");
}

#[test]
fn a_list_that_changed_a_while_ago_holds_nothing_up() {
    let mut desk = Desk::new();
    desk.keys("<shift-tab><down><down>");
    desk.fake.live.attention.remove(2);
    desk.changed().wait(2).keys("<enter>");
    desk.sees("Back in service").sees("D2");
}

#[test]
fn a_room_keeps_the_focus_under_the_filter() {
    let mut desk = Desk::new();
    desk.keys("<down><down><down>/h");
    let focus = crate::tui::screens::board::focus_id(&desk.model);
    assert_eq!(focus.as_deref(), Some("h4"));
    desk.keys("<esc>");
    assert_eq!(desk.model.board.room, 3);
}

#[test]
fn a_checklist_that_another_desk_finished_is_not_followed_by_the_next_one() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("d1"), checklist("h2")];
    desk.model.turnover.room_id = "d1".to_owned();
    desk.keys("t");
    let writes = desk.writes();
    desk.fake.turnovers.remove(0);
    desk.changed().keys("<enter>");
    assert_eq!(desk.writes(), writes, "Enter was meant for D1");
    desk.wait(2).keys("<enter>");
    assert!(matches!(desk.last_write(), Some(Call::TickTurnover(asked)) if asked.room_id == "h2"));
}

#[test]
fn an_item_keeps_the_focus_when_a_list_above_it_is_done() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("d1"), checklist("h2")];
    desk.model.turnover.room_id = "h2".to_owned();
    desk.keys("t");
    desk.fake.turnovers.remove(0);
    desk.changed().keys("<space>");
    let Some(Call::TickTurnover(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!((asked.room_id.as_str(), asked.item_ids.len()), ("h2", 1));
}

#[test]
fn after_the_last_item_the_next_checklist_has_the_focus() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("h2"), checklist("h4")];
    desk.keys("t");
    desk.fake.finishes_turnovers = true;
    desk.keys("<enter>");
    desk.sees("H2 is ready");
    desk.wait(1).keys("<enter>");
    assert!(matches!(desk.last_write(), Some(Call::TickTurnover(asked)) if asked.room_id == "h4"));
}

#[test]
fn a_held_enter_leaves_the_next_checklist_alone() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("h2"), checklist("h4")];
    desk.keys("t");
    desk.fake.finishes_turnovers = true;
    for _ in 0..10 {
        desk.keys("<enter>");
        desk.model.clock.elapsed += std::time::Duration::from_millis(400);
    }
    assert_eq!(desk.writes(), 1, "nobody has cleaned H4");
    desk.slow().wait(2).keys("<enter><enter><enter>");
    desk.arrive();
    assert_eq!(desk.writes(), 2);
}

#[test]
fn a_key_that_repeats_acts_once() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("h2"), checklist("h4")];
    desk.keys("t");
    for key in ["enter", "space"] {
        let mut event = Chord::parse(key).expect("a key").event();
        event.kind = KeyEventKind::Repeat;
        desk.event(Event::Key(event));
    }
    assert_eq!(desk.writes(), 0);
}

#[test]
fn a_second_click_ticks_the_item_and_not_its_room() {
    let mut desk = Desk::new();
    let list = checklist("h2");
    let open = list.items.iter().find(|item| item.done_at.is_none());
    let label = format!("[ ] {}", open.expect("an open item").label);
    desk.fake.turnovers = vec![list];
    desk.keys("t<home>");
    desk.click(&label).click(&label);
    let Some(Call::TickTurnover(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(asked.item_ids.len(), 1);
}

#[test]
fn a_checklist_that_is_not_shown_yet_is_waited_for() {
    let mut desk = Desk::new();
    desk.fake.turnovers = vec![checklist("d1")];
    desk.keys("t<esc>");
    desk.fake.turnovers = vec![checklist("d1"), checklist("h2")];
    desk.keys("<left><home><down>").sees("H2 Halifax");
    desk.slow().keys("<enter><enter>");
    desk.arrive();
    assert!(matches!(desk.last_write(), Some(Call::TickTurnover(asked)) if asked.room_id == "h2"));
}

#[test]
fn a_free_room_keeps_the_focus_or_is_not_booked() {
    let mut desk = Desk::new();
    desk.keys("f<down><down>");
    desk.sees(">D1");
    desk.fake.free.rooms.retain(|room| room.room_id != "h3");
    desk.changed();
    desk.sees(">D1");
    desk.fake.free.rooms.retain(|room| room.room_id != "d1");
    desk.changed().keys("<enter>");
    assert_eq!(desk.model.screen, Screen::FreeRooms, "D2 was not meant");
}

#[test]
fn a_command_waits_for_its_own_appointment() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.slow().keys("C");
    desk.keys("<up><up><up>");
    desk.model.day.quarter = Some(30);
    desk.keys("N");
    desk.arrive();
    desk.sees("No-show")
        .sees("Nora Blum")
        .misses("Bea Moreau, Wed");
}

#[test]
fn a_command_that_failed_leaves_the_one_after_it_alone() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.slow().keys("C");
    desk.keys("<up><up><up>");
    desk.model.day.quarter = Some(30);
    desk.keys("N");
    let (ticket, _) = desk.on_the_way.pop_front().expect("on its way");
    assert_eq!(ticket.purpose, Purpose::Subject);
    let failure = super::fake::refusal("NOT_FOUND", "there is no such appointment");
    desk.event(Event::Answer(ticket, Err(failure)));
    desk.arrive();
    desk.sees("No-show").sees("Nora Blum");
}

#[test]
fn a_dialog_does_not_open_over_another_screen_or_dialog() {
    for keys in ["<esc>", ":"] {
        let mut desk = Desk::new();
        desk.keys("d<down><down><down>");
        desk.model.day.quarter = Some(25);
        desk.slow().keys("C");
        desk.keys(keys);
        desk.arrive();
        desk.misses("the client asked");
    }
}

#[test]
fn an_outage_of_a_menu_is_that_of_its_room() {
    let mut desk = Desk::new();
    desk.keys("<enter>");
    desk.model.board.room = 2;
    desk.keys("x");
    desk.sees("Out of service").sees("H1 Halifax");
}

#[test]
fn the_filter_narrows_services_places_and_appointments() {
    let mut desk = Desk::new();
    desk.keys("b<tab>/comb");
    desk.sees("Combination 90").misses("Ashiatsu 60");
    desk.keys("<enter><enter>");
    let service = desk.model.book.service.as_deref();
    assert_eq!(service, Some("combination-90"));
    assert!(!desk.model.filter.is_set(), "it was for the services");
    desk.keys("/chen");
    desk.sees("16:30").misses("14:30");
    desk.keys("<enter><enter>");
    assert_eq!(desk.fake.holds[0].room_id, "h1");

    let mut desk = Desk::new();
    desk.fake.visits = [(13, "chen"), (15, "silva"), (17, "chen")]
        .map(|(hour, therapist)| {
            let mut visit = sample::appointment(
                "h1",
                therapist,
                "Bea Moreau",
                (hour, 0),
                (hour + 1, 0),
                AppointmentState::Booked,
            );
            visit.client_id = "cli-bea".to_owned();
            visit
        })
        .to_vec();
    desk.keys("cBea<enter>");
    desk.sees("APPOINTMENTS (3)");
    desk.keys("/silva<enter>");
    desk.sees("APPOINTMENTS (1)").sees(">Wed 14 Oct 15:00");
}

#[test]
fn the_filter_opens_only_where_something_is_listed() {
    let mut desk = Desk::new();
    desk.keys("<f2>/");
    assert!(!desk.model.filter.open);
    desk.sees("Nothing is listed here");
}

#[test]
fn a_paste_goes_into_the_filter() {
    let mut desk = Desk::new();
    desk.keys("/");
    desk.event(Event::Paste("oka\nfor".to_owned()));
    assert_eq!(desk.model.filter.input.value(), "okafor");
    assert!(desk.model.filter.open, "the line break is no Enter");
    desk.misses("H1  BAR");
}

#[test]
fn a_dialog_that_opens_over_the_filter_gets_the_keys() {
    let mut desk = Desk::new();
    desk.slow().keys("n/");
    desk.arrive();
    desk.sees("The session ends now");
    desk.keys("y");
    assert!(matches!(desk.last_write(), Some(Call::FinishSession(_))));
    assert_eq!(desk.model.filter.input.value(), "");
}

#[test]
fn the_bar_column_is_that_of_the_quarter_in_focus() {
    let mut desk = Desk::new();
    desk.keys("d");
    let sheet = desk.model.day.sheet.as_mut().expect("loaded");
    sheet.outages.push(v1::Outage {
        room_id: "h1".to_owned(),
        support_only: true,
        start: Some(sample::at(11, 0)),
        end: Some(sample::at(12, 0)),
        ..v1::Outage::default()
    });
    for (quarter, shown) in [(0, "BAR "), (11, "BAR "), (12, "bar-out"), (16, "BAR ")] {
        desk.model.day.quarter = Some(quarter);
        desk.sees(&format!(">H1  {shown}"));
    }
    // 11:00 to 12:00 of a free forenoon.
    desk.sees("..::::.");
    let rooms = &mut desk.model.catalog.rooms;
    for room in rooms.iter_mut().filter(|room| room.id == "h2") {
        let inspection = room.inspection.as_mut().expect("it has bars");
        let last = inspection.good_through.as_mut().expect("a day");
        (last.year, last.month, last.day) = (2026, 10, 13);
    }
    desk.sees(" H2  bar-out");
}
