//! The key table holds what it promises.

use std::collections::{BTreeMap, BTreeSet};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{Chord, Command, KeyError, Keymap, Place, TABLE, key_docs};

#[test]
fn no_key_means_two_things_at_one_place() {
    Keymap::new(&BTreeMap::new()).expect("the table has no conflict");
}

#[test]
fn names_are_unique_and_every_row_says_what_it_does() {
    let mut names = BTreeSet::new();
    for entry in TABLE {
        assert!(names.insert(entry.name), "{} stands twice", entry.name);
        assert!(
            !entry.text.is_empty() && !entry.keys.is_empty(),
            "{} has no words or no key",
            entry.name
        );
        assert!(
            entry.footer == 0 || !entry.label.is_empty(),
            "{} is in the footer without a label",
            entry.name
        );
    }
}

#[test]
fn a_confirming_key_is_never_the_trigger() {
    let change = |name: &str, key: &str| keymap(&[(name, key)]);
    for (name, key) in [("no-show", "y"), ("out", "y"), ("yes", "enter")] {
        let refused = change(name, key).expect_err("it would ask and confirm");
        assert!(
            matches!(refused, KeyError::Confirms(..)),
            "{name} = {key}: {refused}"
        );
    }
    assert!(change("yes", "Y").is_ok());
    let map = change("yes", "C").expect("cancel has another key");
    assert_eq!(map.key_of(Command::Cancel), "Del");
    let both = BTreeMap::from([
        ("yes".to_owned(), "Y".to_owned()),
        ("answer-yes".to_owned(), "J".to_owned()),
        ("no-show".to_owned(), "y".to_owned()),
    ]);
    assert!(Keymap::new(&both).is_ok(), "y is free then");
}

fn keymap(changes: &[(&str, &str)]) -> Result<Keymap, KeyError> {
    let changes = changes.iter();
    Keymap::new(
        &changes
            .map(|(name, key)| ((*name).to_owned(), (*key).to_owned()))
            .collect(),
    )
}

#[test]
fn a_configured_key_wins_over_defaults_and_two_of_them_are_refused() {
    let press = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
    // Of a time before `V` and `B` had a meaning of their own, on every screen and on one.
    let map = keymap(&[("day", "V"), ("book", "B")]).expect("the defaults give way");
    for place in [Place::Board, Place::FreeRooms] {
        let meant = |letter| map.command(place, false, press(letter));
        assert_eq!(meant('V'), Some(Command::Day));
        assert_eq!(meant('B'), Some(Command::Book));
    }
    assert_eq!(map.own_key_of(Command::EditRules), None);
    assert_eq!(map.key_of(Command::EditRules), ":edit-rules");
    assert_eq!(map.key_of(Command::BarsOnly), ":bars-only");
    let told = map.gave_way();
    let told = told.expect("two have no key any more");
    assert!(
        told.contains(":bars-only") && told.contains(":edit-rules"),
        "{told}"
    );
    assert_eq!(
        keymap(&[("book", "Z")]).expect("it is free").gave_way(),
        None
    );
    let map = keymap(&[("day", "V"), ("book", ":")]).expect("the palette has more keys");
    assert_eq!(map.key_of(Command::EditRules), "Ctrl-P edit-rules");
    // On another screen the key is nobody's.
    let map = keymap(&[("renew", "x")]).expect("rooms are taken out on the board alone");
    assert_eq!(map.key_of(Command::Outage), "x");

    let refused = |changes: &[(&str, &str)]| {
        let refused = keymap(changes);
        assert!(
            matches!(refused, Err(KeyError::Conflict(..))),
            "{changes:?}"
        );
    };
    refused(&[("day", "V"), ("book", "V")]);
    refused(&[("book", "V"), ("bars-only", "V")]);
    // What is found nowhere else keeps its key.
    refused(&[("book", "enter")]);
    refused(&[("book", "esc")]);
    refused(&[("day", ":"), ("book", "ctrl-p"), ("client", "f10")]);
}

#[test]
fn a_changed_key_replaces_and_one_that_is_none_is_refused() {
    let change = |name: &str, key: &str| keymap(&[(name, key)]);
    let map = change("book", "Z").expect("Z is free");
    assert_eq!(map.key_of(Command::Book), "Z");
    let press = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
    assert_eq!(map.command(Place::Board, false, press('b')), None);
    assert_eq!(
        map.command(Place::Board, false, press('Z')),
        Some(Command::Book)
    );
    assert!(matches!(
        change("no-such", "Z"),
        Err(KeyError::UnknownCommand(_))
    ));
    assert!(
        matches!(change("book", "ctrl-m"), Err(KeyError::UnknownKey(_))),
        "that is Enter on most terminals"
    );
    assert!(
        matches!(change("book", "ctrl-s"), Err(KeyError::UnknownKey(_))),
        "that stops many terminals"
    );
}

#[test]
fn letters_type_in_a_field_and_other_keys_do_not() {
    let map = Keymap::new(&BTreeMap::new()).expect("no conflict");
    let press = |code| KeyEvent::new(code, KeyModifiers::NONE);
    assert_eq!(
        map.command(Place::Book, true, press(KeyCode::Char('f'))),
        None
    );
    assert_eq!(
        map.command(Place::Book, false, press(KeyCode::Char('f'))),
        Some(Command::FreeRooms)
    );
    assert_eq!(
        map.command(Place::Book, true, press(KeyCode::F(3))),
        Some(Command::FreeRooms)
    );
    assert_eq!(
        map.command(Place::Book, true, press(KeyCode::Esc)),
        Some(Command::Back)
    );
    assert_eq!(
        map.command(Place::Book, true, press(KeyCode::Left)),
        None,
        "the cursor moves in the text"
    );
}

#[test]
fn releases_and_meta_mean_nothing_and_repeats_count() {
    let mut event = KeyEvent::new(KeyCode::Char('f'), KeyModifiers::NONE);
    assert!(Chord::of(event).is_some());
    event.kind = KeyEventKind::Repeat;
    assert!(Chord::of(event).is_some());
    event.kind = KeyEventKind::Release;
    assert!(Chord::of(event).is_none());
    assert!(Chord::of(KeyEvent::new(KeyCode::Char('f'), KeyModifiers::ALT)).is_none());
}

#[test]
fn keys_read_as_they_are_shown() {
    for (typed, shown) in [
        ("ctrl-p", "Ctrl-P"),
        ("f10", "F10"),
        ("pgup", "PgUp"),
        ("?", "?"),
        ("space", "Space"),
        ("shift-tab", "Shift-Tab"),
    ] {
        assert_eq!(
            Chord::parse(typed)
                .map(|chord| chord.to_string())
                .as_deref(),
            Some(shown)
        );
    }
    for wrong in ["", "ff", "ctrl-", "ctrl-i", "ctrl-j", "alt-x", "\n"] {
        assert_eq!(Chord::parse(wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_docs_name_every_row() {
    let docs = key_docs();
    for entry in TABLE {
        assert!(
            docs.contains(&format!("`{}`", entry.name)),
            "{} is missing",
            entry.name
        );
    }
    insta::assert_snapshot!(docs);
}
