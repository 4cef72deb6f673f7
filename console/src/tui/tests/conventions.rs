//! What holds on every screen: the mouse and its key, the clipboard, clicks by layer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEventKind};

use treadwell_api::v1;

use super::{desk::Desk, fake::refusal};
use crate::tui::{
    dialogs::Dialog,
    event::{Effect, Event, LinkChange},
    failure::{Failure, FailureKind},
    keys::Keymap,
    screens::{Screen, book::Stop},
};

#[test]
fn ctrl_y_copies_the_line_in_focus_without_its_marker() {
    let mut desk = Desk::new();
    desk.keys("<ctrl-y>");
    let copied = |desk: &mut Desk| match desk.effects.drain(..).next() {
        Some(Effect::Copy(text)) => text,
        other => panic!("{other:?}"),
    };
    let line = copied(&mut desk);
    assert!(
        line.starts_with("H1   BAR") && line.contains("Chen"),
        "{line}"
    );
    desk.sees("Copied: H1");
    desk.keys("d<down><down><down>");
    desk.model.day.quarter = Some(25);
    desk.keys("<ctrl-y>");
    assert_eq!(
        copied(&mut desk),
        "Bea Moreau, Wed 14 Oct 14:15-15:15, H4 with Okafor, Ashiatsu 60"
    );
    desk.model.day.quarter = Some(0);
    desk.keys("<ctrl-y>");
    assert!(desk.effects.is_empty());
    desk.sees("nothing in focus to copy");
}

#[test]
fn f9_takes_the_mouse_and_leaves_it() {
    let mut desk = Desk::new();
    desk.keys("<f9><f9>");
    assert!(matches!(
        desk.effects[..],
        [Effect::Mouse(true), Effect::Mouse(false)]
    ));
    desk.sees("Mouse off: the terminal selects text");
}

#[test]
fn the_wheel_goes_through_lists_and_dialogs() {
    let mut desk = Desk::new();
    desk.mouse(MouseEventKind::ScrollDown, 5, 5)
        .mouse(MouseEventKind::ScrollDown, 5, 5)
        .mouse(MouseEventKind::ScrollUp, 5, 5);
    assert_eq!(desk.model.board.room, 1);
    desk.keys("?");
    desk.mouse(MouseEventKind::ScrollDown, 5, 5);
    assert!(matches!(desk.model.dialog, Some(Dialog::Help(1))));
    assert_eq!(desk.model.board.room, 1, "what lies beneath stands still");
    desk.keys("<esc>x");
    desk.mouse(MouseEventKind::ScrollDown, 5, 5);
    assert!(matches!(&desk.model.dialog, Some(Dialog::Form(form)) if form.at == 1));
}

#[test]
fn a_click_beside_a_dialog_does_nothing_in_it() {
    let mut desk = Desk::new();
    desk.keys("<down><down><down><enter>");
    let at = |desk: &Desk| match &desk.model.dialog {
        Some(Dialog::Menu(menu)) => menu.at,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(&desk), 0);
    let writes = desk.writes();
    for row in 0..21 {
        for column in [0, 1, 79] {
            let left = MouseEventKind::Down(crossterm::event::MouseButton::Left);
            desk.mouse(left, column, row).mouse(left, column, row);
        }
    }
    assert_eq!((at(&desk), desk.writes()), (0, writes));
    assert_eq!((desk.model.board.site, desk.model.board.room), (0, 3));
}

#[test]
fn a_click_in_a_menu_focuses_and_a_second_one_chooses() {
    let mut desk = Desk::new();
    desk.keys("<enter>");
    desk.click("Book in this room");
    assert!(matches!(&desk.model.dialog, Some(Dialog::Menu(menu)) if menu.at > 0));
    desk.click("Book in this room");
    assert_eq!(desk.model.screen, Screen::Book);
}

#[test]
fn a_click_in_the_footer_of_a_dialog_is_the_dialogs() {
    let mut desk = Desk::new();
    desk.keys("<enter>");
    desk.click("Esc close  Enter choose");
    assert!(desk.model.dialog.is_none());
}

#[test]
fn a_letter_with_alt_or_ctrl_chooses_nothing() {
    for modifiers in [KeyModifiers::ALT, KeyModifiers::CONTROL] {
        let mut desk = Desk::new();
        desk.keys("<enter>");
        let writes = desk.writes();
        for letter in ['n', 'e', 'b'] {
            let key = KeyEvent::new(KeyCode::Char(letter), modifiers);
            desk.event(Event::Key(key));
        }
        desk.sees("Book in this room");
        assert_eq!(desk.writes(), writes);
        desk.keys("<esc>f");
        desk.event(Event::Key(KeyEvent::new(KeyCode::Char('9'), modifiers)));
        desk.sees("Free rooms > now");
    }
}

#[test]
fn the_configured_site_is_known_by_id_or_name_or_said_to_be_unknown() {
    for (configured, site) in [
        ("dartmouth", Some("dartmouth")),
        ("DARTMOUTH", Some("dartmouth")),
        ("nosuch", None),
    ] {
        let mut desk = Desk::new();
        desk.model.home_site = Some(configured.to_owned());
        desk.event(Event::ReferenceChanged);
        assert_eq!(desk.model.home_site.as_deref(), site, "{configured}");
        let screen = desk.screen();
        let warned = screen.contains("The configured site \"nosuch\" is not known here.");
        assert_eq!(warned, configured == "nosuch", "{screen}");
    }
}

#[test]
fn hints_name_the_keys_that_are_configured() {
    let changes = [
        ("yes", "f6"),
        ("no", "f7"),
        ("switch-person", "f12"),
        ("save-answers", "ctrl-a"),
        ("why", "ctrl-b"),
        ("tick", "+"),
        ("extension", "*"),
    ];
    let changes = changes.map(|(name, key)| (name.to_owned(), key.to_owned()));
    let mut desk = Desk::new();
    desk.model.keymap = Keymap::new(&changes.into()).expect("no conflict");
    desk.keys("<f2>").sees("another person (F12)");
    desk.keys("<esc>t").sees("+ ticks the item in focus");
    desk.keys("<esc>un<enter>");
    desk.sees("F6: yes, do it    F7: no");
    desk.keys("<f7>b<tab><down><down><down><enter>")
        .sees("14:30");
    desk.model.book.stop = Stop::What;
    desk.sees("(*)");
    desk.fake.no_places = true;
    desk.keys("<up><enter>");
    desk.sees("Ctrl-B explains why a time is not offered.");
    desk.model.forget();
    let refused = LinkChange::Refused("revoked.".to_owned());
    desk.event(Event::Link(refused)).sees("Press F12 and paste");

    let mut desk = Desk::new();
    desk.model.keymap = Keymap::new(&[("save-answers".to_owned(), "ctrl-a".to_owned())].into())
        .expect("no conflict");
    desk.keys("bAnna<enter><enter><enter>nnnnn");
    desk.sees("all answered, not recorded yet: Ctrl-A records");
    desk.model.book.stop = Stop::Confirm;
    desk.sees("Ctrl-A records the answers");
}

#[test]
fn help_says_what_asks_first_and_ends_with_its_last_line() {
    let mut desk = Desk::new();
    desk.keys("?").sees("(asks first) End the session");
    let at = |desk: &Desk| match desk.model.dialog {
        Some(Dialog::Help(first)) => first,
        _ => panic!("{:?}", desk.model.dialog),
    };
    desk.keys("<end>");
    let last = at(&desk);
    let screen = desk.screen();
    desk.keys("<down><pgdn>");
    assert_eq!((at(&desk), desk.screen()), (last, screen));
    desk.misses("Down: more").sees("Leave the console");
    desk.keys("<up>").sees("Down: more");
}

#[test]
fn the_last_key_is_not_pressed_again_for_a_dialog_that_it_opened() {
    let mut desk = Desk::new();
    for keys in ["x", "<enter>", "n"] {
        desk.model.dialog = None;
        desk.effects.clear();
        desk.keys(keys);
        assert!(
            desk.effects
                .iter()
                .any(|effect| matches!(effect, Effect::DropTypeahead)),
            "after {keys}"
        );
    }
}

#[test]
fn a_screen_that_the_role_may_not_see_says_so_and_how_to_go_on() {
    let denied = Failure {
        kind: FailureKind::NotAllowed,
        ..refusal("ROLE_NOT_ALLOWED", "the role of this key may not do that")
    };
    for keys in ["K", "!", "w", "P", "H", "d", "M"] {
        let mut desk = Desk::new();
        let me = desk.model.me.as_mut().expect("signed in");
        me.set_role(v1::Role::Wallboard);
        desk.model.day.sheet = None;
        desk.slow().keys(keys);
        while let Some((ticket, _)) = desk.on_the_way.pop_front() {
            desk.event(Event::Answer(ticket, Err(denied.clone())));
        }
        let said = "The role of this key (wallboard) may not see this. F4 hands the desk";
        desk.sees(said).misses("Asking");
        // The next person may; of some screens the stand-in knows nothing.
        if matches!(keys, "w" | "P" | "H") {
            continue;
        }
        desk.keys("<f4>");
        desk.event(Event::Paste("tw_owner".to_owned()))
            .keys("<enter>");
        desk.event(Event::Link(LinkChange::Live)).keys(keys);
        desk.misses("may not see this");
    }
}
