//! How the screens look: snapshots in every size, and the law that style carries no meaning of its own.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use std::collections::BTreeSet;

use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};
use treadwell_api::v1::{BarsState, RoomState, RoomStatus};

use super::desk::Desk;
use crate::tui::{
    sample::{self, model, picture},
    screens::Screen,
    theme::{Role, Theme},
    words,
};

/// The cells as text, a line each.
pub(super) fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let line = |y| {
        (0..area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..area.height)
        .map(|y| line(y).trim_end().to_owned() + "\n")
        .collect()
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

const SCREENS: [(&str, Screen); 7] = [
    ("board", Screen::Board),
    ("free_rooms", Screen::FreeRooms),
    ("day", Screen::Day),
    ("book", Screen::Book),
    ("client", Screen::Client),
    ("turnover", Screen::Turnover),
    ("connection", Screen::Connection),
];

#[test]
fn every_screen_in_every_size() {
    for size in SIZES {
        for (name, screen) in SCREENS {
            let mut model = model(size, Theme::Sixteen);
            model.screen = screen;
            insta::assert_snapshot!(
                format!("{name}_{}x{}", size.0, size.1),
                text(&picture(&model))
            );
        }
    }
}

#[test]
fn the_pictures_of_the_readme() {
    for shot in sample::shots() {
        insta::assert_snapshot!(
            format!("shot_{}", shot.name.replace('-', "_")),
            text(&shot.buffer)
        );
    }
}

#[test]
fn the_day_by_therapist() {
    let mut desk = Desk::new();
    desk.keys("dv");
    insta::assert_snapshot!(desk.screen());
}

#[test]
fn a_small_terminal_says_what_it_needs() {
    for size in [(79, 24), (80, 23), (20, 5), (1, 1)] {
        let shown = text(&picture(&model(size, Theme::Sixteen)));
        if size.0 >= 79 {
            assert!(shown.contains("needs 80 x 24"), "{shown}");
        }
        assert!(!shown.contains("HALIFAX"));
    }
    insta::assert_snapshot!(text(&picture(&model((40, 10), Theme::Mono))));
}

#[test]
fn the_board_in_16_colours_and_in_mono() {
    for theme in [Theme::Sixteen, Theme::Mono] {
        let buffer = picture(&model((80, 24), theme));
        insta::assert_snapshot!(format!("board_styles_{}", theme.name()), styles(&buffer));
    }
}

/// Runs of cells with one style, for cells with any.
fn styles(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let start = x;
            let mut run = String::new();
            while x < buffer.area.width && buffer[(x, y)].style() == style {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let plain = style.fg == Some(Color::Reset) && style.add_modifier.is_empty();
            if !plain && !run.trim().is_empty() {
                let _ = writeln!(
                    out,
                    "{y:>2}:{start:<3} {:?} {:?} {}",
                    style.fg,
                    style.add_modifier,
                    run.trim()
                );
            }
        }
    }
    out
}

#[test]
fn mono_sets_no_colour_anywhere() {
    for size in SIZES {
        for (name, screen) in SCREENS {
            let mut model = model(size, Theme::Mono);
            model.screen = screen;
            let buffer = picture(&model);
            let coloured = buffer
                .content()
                .iter()
                .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
                .count();
            assert_eq!(coloured, 0, "{name}");
        }
    }
}

#[test]
fn every_theme_leaves_the_text_alone() {
    for (name, screen) in SCREENS {
        let mut texts = BTreeSet::new();
        for theme in Theme::ALL {
            let mut model = model((80, 24), theme);
            model.screen = screen;
            texts.insert(text(&picture(&model)));
        }
        assert_eq!(texts.len(), 1, "{name} reads differently in another theme");
    }
}

/// The law: without any style every state of a room, and of its bars, can still be told apart.
#[test]
fn states_can_be_told_apart_without_style() {
    let states = [
        RoomState::Vacant,
        RoomState::Held,
        RoomState::InSession,
        RoomState::Over,
        RoomState::Turnover,
        RoomState::Out,
    ];
    let mut seen = BTreeSet::new();
    let mut symbols = BTreeSet::new();
    for state in states {
        let room = RoomStatus {
            state: state.into(),
            ..RoomStatus::default()
        };
        let (words, _) = words::room_state(&room);
        symbols.insert(words[..3].to_owned());
        seen.insert(words);
    }
    assert_eq!(
        (seen.len(), symbols.len()),
        (states.len(), states.len()),
        "{seen:?}"
    );
    let bars: BTreeSet<&str> = [BarsState::None, BarsState::Sound, BarsState::Out]
        .map(|bars| words::bars(bars).0)
        .into();
    assert_eq!(bars.len(), 3);
    let shown = text(&picture(&model((80, 24), Theme::Mono)));
    for word in [
        "[ ] VACANT",
        "[?] HELD",
        "[#] IN SESSION",
        "[!] OVER 7min",
        "[~] TURNOVER",
        "[x] OUT",
        "bar-out",
        " BAR ",
    ] {
        assert!(
            shown.contains(word),
            "{word:?} is not on the board:\n{shown}"
        );
    }
}

/// Red never stands against green, in any theme.
#[test]
fn no_theme_uses_red_against_green() {
    let roles = [
        Role::Held,
        Role::InSession,
        Role::Turnover,
        Role::Out,
        Role::Over,
        Role::Vacant,
        Role::Live,
        Role::Stale,
        Role::Warning,
        Role::Done,
    ];
    let is_red = |colour: Color| match colour {
        Color::Red | Color::LightRed => true,
        Color::Rgb(red, green, blue) => u16::from(red) > 2 * u16::from(green.max(blue)),
        _ => false,
    };
    for theme in Theme::ALL {
        assert!(
            !roles
                .iter()
                .any(|role| theme.style(*role).fg.is_some_and(is_red)),
            "{} has a red",
            theme.name()
        );
    }
}

#[test]
fn only_ascii_is_drawn_and_the_cursor_is_on_the_focus() {
    for (name, screen) in SCREENS {
        let mut model = model((80, 24), Theme::Sixteen);
        model.screen = screen;
        let buffer = picture(&model);
        assert!(
            buffer.content().iter().all(|cell| cell.symbol().is_ascii()),
            "{name} draws more than ASCII"
        );
        let over = buffer
            .content()
            .iter()
            .filter(|cell| cell.modifier.contains(Modifier::SLOW_BLINK))
            .count();
        assert_eq!(over, 0, "nothing blinks");
        let mut scratch = Buffer::empty(buffer.area);
        let mut pen = crate::tui::pen::Pen::new(&mut scratch, Theme::Sixteen);
        crate::tui::view::draw(&model, &mut pen, buffer.area);
        assert!(pen.cursor.is_some(), "{name} has no cursor");
    }
}
