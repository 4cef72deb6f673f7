//! Scripts of keys, as a person at the desk would type them.

use treadwell_api::v1::CancelReason;

use super::{booking::BOOK, desk::Desk};
use crate::tui::{
    call::Call,
    event::{Effect, Event, LinkChange},
    screens::Screen,
};

#[test]
fn cancelling_names_client_and_time_and_takes_another_key() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down><home>");
    desk.model.day.quarter = Some(25);
    desk.keys("C");
    desk.sees("Bea Moreau, Wed 14 Oct 14:15-15:15, H4 with Okafor");
    desk.keys("<right><enter>note<enter>");
    desk.sees("This is a LATE cancellation")
        .sees("y: yes, do it");
    let before = desk.writes();
    desk.keys("C<enter><space>");
    assert_eq!(desk.writes(), before, "only y says yes");
    desk.keys("y");
    let Some(Call::CancelAppointment(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(
        (asked.cancel_reason(), asked.note.as_str()),
        (CancelReason::ClientUnwell, "note")
    );
    desk.sees("cancelled");
}

#[test]
fn type_ahead_is_dropped_when_a_dialog_opens() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.effects.clear();
    desk.keys("N");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::DropTypeahead))
    );
    desk.keys("<esc>");
    desk.effects.clear();
    desk.keys(":");
    assert!(
        desk.effects.is_empty(),
        "the palette is there to be typed into"
    );
}

#[test]
fn undo_says_what_it_would_take_back_and_asks() {
    let mut desk = Desk::new();
    desk.keys(BOOK).keys("u");
    desk.sees("Undo").sees("booked Anna Lee");
    let before = desk.writes();
    desk.keys("<esc>");
    assert_eq!(desk.writes(), before);
    desk.keys("uy");
    assert!(matches!(
        desk.last_write(),
        Some(Call::UndoLastOperation(_))
    ));
    desk.sees("Undone: booked Anna Lee");
}

#[test]
fn undo_names_what_it_takes_back() {
    let mut desk = Desk::new();
    "finished checklist of H3".clone_into(&mut desk.fake.undo_text);
    desk.keys("u")
        .sees("Take this back: finished checklist of H3.");
    desk.keys("y").sees("Undone: finished checklist of H3.");
}

#[test]
fn free_rooms_now_and_at_a_time() {
    let mut desk = Desk::new();
    desk.keys("f");
    desk.sees("HALIFAX   1 free, 0 of them BAR")
        .sees("[~] not ready yet  until 16:00");
    desk.keys("15:00<tab>75");
    let Some(Call::ListFreeRooms(asked)) = desk.fake.log.last() else {
        panic!("{:?}", desk.fake.log.last());
    };
    assert_eq!(
        (asked.at, asked.minutes),
        (Some(crate::tui::sample::at(15, 0)), 75)
    );
    desk.keys("<tab>B");
    desk.sees("BAR rooms only");
    desk.keys("<down><enter>");
    assert_eq!(desk.model.screen, Screen::Book);
    desk.keys("<tab><enter>");
    let search = desk.fake.log.iter().rev().find_map(|call| match call {
        Call::SearchAvailability(asked) => Some(asked.clone()),
        _ => None,
    });
    let search = search.expect("it searches");
    assert_eq!(
        (search.room_id.as_str(), search.from),
        ("d1", Some(crate::tui::sample::at(15, 0)))
    );
}

#[test]
fn free_rooms_opens_from_a_text_field_too() {
    let mut desk = Desk::new();
    desk.keys("bAnfa<f3>");
    assert_eq!(desk.model.screen, Screen::FreeRooms);
    assert_eq!(
        desk.model.book.finder.input.value(),
        "Anfa",
        "letters type in a field, f among them"
    );
}

#[test]
fn the_palette_finds_by_words_then_by_letters() {
    let mut desk = Desk::new();
    desk.keys(":walk<enter>");
    assert_eq!(desk.model.screen, Screen::Book);
    desk.keys("<esc><ctrl-p>chklst<enter>");
    assert_eq!(desk.model.screen, Screen::Turnover);
}

#[test]
fn the_palette_offers_first_what_is_called_so() {
    use crate::tui::keys::Command;

    let desk = Desk::new();
    let first = |wanted: &str| {
        let found = crate::tui::dialogs::palette::entries(&desk.model, wanted);
        found.first().map(|(entry, _)| entry.command)
    };
    for (wanted, command) in [
        ("client", Command::Client),
        ("turnover", Command::Turnovers),
        ("day", Command::Day),
        ("no-show", Command::NoShow),
        ("no show", Command::NoShow),
        ("c", Command::Client),
        ("check", Command::CheckIn),
        ("book", Command::Book),
        ("out", Command::Outage),
        ("free", Command::FreeRooms),
        ("end", Command::Finish),
        ("room", Command::FreeRooms),
        ("undo", Command::Undo),
    ] {
        assert_eq!(first(wanted), Some(command), "for {wanted:?}");
    }
    assert_eq!(first(""), Some(Command::Outage), "in the order of help");
}

#[test]
fn the_filter_narrows_the_board_and_esc_clears_it() {
    let mut desk = Desk::new();
    desk.keys("/okafor");
    desk.sees("H4").misses("H1  BAR").sees("NEEDS YOU (4)");
    desk.keys("<enter><esc>");
    desk.sees("H1");
}

#[test]
fn the_checklist_is_ticked_item_by_item_or_at_once() {
    let mut desk = Desk::new();
    desk.keys("<down><enter>");
    assert_eq!(desk.model.screen, Screen::Turnover);
    desk.keys("<space>");
    let Some(Call::TickTurnover(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert_eq!(
        (asked.room_id.as_str(), asked.item_ids),
        ("h2", vec!["item-3".to_owned()])
    );
    desk.keys("<enter>");
    let Some(Call::TickTurnover(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    assert!(asked.item_ids.is_empty(), "all that are open");
}

#[test]
fn a_room_or_only_its_bars_goes_out_with_a_reason() {
    let mut desk = Desk::new();
    desk.keys("x<tab>17:00<tab><enter>");
    desk.sees("Say why");
    desk.keys("loose clamp<enter>");
    desk.sees("The bars of H1 until Wed 14 Oct 17:00: loose clamp")
        .sees("Anna Lee until 14:45");
    desk.keys("y");
    let Some(Call::OpenOutage(asked)) = desk.last_write() else {
        panic!("{:?}", desk.last_write());
    };
    let outage = asked.outage.expect("an outage");
    assert!(outage.support_only);
    assert_eq!(outage.end, Some(crate::tui::sample::at(17, 0)));
}

#[test]
fn an_outage_ends_from_the_list_of_needs() {
    let mut desk = Desk::new();
    desk.keys("<shift-tab><down><down><enter>");
    desk.sees("Back in service").sees("H6");
    desk.keys("y");
    assert!(
        matches!(desk.last_write(), Some(Call::CloseOutage(asked)) if asked.outage_id == "out-1")
    );
}

#[test]
fn a_session_is_extended_and_ended() {
    let mut desk = Desk::new();
    desk.keys("e<down><enter>");
    assert!(matches!(desk.last_write(), Some(Call::ExtendSession(asked)) if asked.minutes == 10));
    desk.keys("n");
    desk.sees("The session ends now");
    desk.keys("y");
    assert!(matches!(desk.last_write(), Some(Call::FinishSession(_))));
}

#[test]
fn without_a_link_nothing_opens_later() {
    let mut desk = Desk::new();
    desk.lose_server().keys("n");
    desk.sees("No connection for");
    desk.find_server();
    assert!(desk.model.dialog.is_none());
}

#[test]
fn a_letter_chooses_in_a_menu() {
    let mut desk = Desk::new();
    desk.keys("<enter>");
    desk.sees("End the session; the room goes into turnover");
    desk.keys("n");
    desk.sees("The session ends now")
        .misses("b    Book in this room");
}

#[test]
fn a_move_shows_both_ends_before_it_is_done() {
    let mut desk = Desk::new();
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.keys("m<tab><tab><enter>");
    desk.sees("Move to:");
    let asked = desk.fake.log.iter().rev().find_map(|call| match call {
        Call::SearchAvailability(asked) => Some(asked.clone()),
        _ => None,
    });
    let (asked, visit) = (asked.expect("it searches"), "apt-h4-14");
    assert_eq!(asked.moving_appointment_id, visit, "its own place is free");
    assert_eq!(asked.client_id, "cli-anna1", "as the sample has it");
    desk.keys("<down><enter>");
    desk.sees("From Bea Moreau").sees("14:45");
    desk.keys("y");
    assert!(
        matches!(desk.last_write(), Some(Call::MoveAppointment(asked)) if asked.start == Some(crate::tui::sample::at(14, 45)))
    );
}

#[test]
fn a_step_that_the_life_cycle_has_not_is_not_sent() {
    let mut desk = Desk::new();
    let before = desk.writes();
    desk.keys("i");
    desk.sees("This appointment is in session");
    assert_eq!(desk.writes(), before);
}

#[test]
fn another_person_signs_in_and_nothing_of_the_first_stays() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><esc><f4>");
    desk.event(Event::Paste("tw_secret\n".to_owned()));
    desk.sees("*********").misses("secret");
    desk.keys("<enter>");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::SignIn(key) if key == "tw_secret"))
    );
    assert!(desk.model.book.client.is_none() && desk.model.live.is_none());
    desk.sees("[connecting]");
}

#[test]
fn a_refused_key_says_so() {
    let mut desk = Desk::new();
    // Nobody was let in yet.
    desk.model.forget();
    desk.event(Event::Link(LinkChange::Refused(
        "the key was revoked".to_owned(),
    )));
    desk.sees("[NO ACCESS]")
        .sees("The server refuses this key: the key was revoked.")
        .sees("Press F4 and paste");
    assert!(desk.model.lock.is_none(), "it can be left");
}

#[test]
fn leaving_asks_only_with_a_hold() {
    let mut desk = Desk::new();
    desk.keys("bAnna<enter><enter><enter><esc>q");
    desk.sees("Leave the console").sees("Anna Lee");
    desk.keys("<esc>");
    assert!(
        !desk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
    desk.keys("qy");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Quit))
    );
}

#[test]
fn hjkl_are_silent_aliases() {
    let mut desk = Desk::new();
    desk.keys("jj");
    assert_eq!(desk.model.board.room, 2);
    desk.keys("lk");
    assert_eq!((desk.model.board.site, desk.model.board.room), (1, 1));
}
