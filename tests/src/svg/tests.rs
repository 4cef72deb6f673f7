//! Pictures of small screens.

use ratatui::{layout::Rect, style::Style};

use super::*;

fn screen(width: u16, lines: &[(&str, Style)]) -> Buffer {
    let height = u16::try_from(lines.len()).expect("a few lines");
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (row, (text, style)) in (0..).zip(lines) {
        buffer.set_string(0, row, text, *style);
    }
    buffer
}

/// The lines that draw something, without head and foot.
fn drawn(buffer: &Buffer) -> Vec<String> {
    let svg = draw(buffer, "a screen");
    svg.lines()
        .filter(|line| line.starts_with("<text") || line.starts_with("<rect x"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_picture_has_room_for_every_cell() {
    let svg = draw(&screen(80, &[("", Style::new()); 24]), "Board <both> sites");
    assert!(svg.starts_with("<svg "), "{svg}");
    assert!(svg.contains("width=\"744\" height=\"480\""), "{svg}");
    assert!(
        svg.contains("<title>Board &lt;both&gt; sites</title>"),
        "{svg}"
    );
    assert!(
        !svg.contains("<text"),
        "nothing but spaces draws no text: {svg}"
    );
}

#[test]
fn neighbours_that_look_alike_are_one_text() {
    let lines = drawn(&screen(20, &[("  H1 BAR", Style::new())]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("x=\"30\" y=\"26\" textLength=\"54\""),
        "{lines:?}"
    );
    assert!(lines[0].ends_with(">H1 BAR</text>"), "{lines:?}");
}

#[test]
fn columns_keep_their_places_in_any_font() {
    let lines = drawn(&screen(20, &[("H1   BAR  [ ] VACANT", Style::new())]));
    let places: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert_eq!(places, ["12", "57", "102"], "{lines:?}");
}

#[test]
fn a_change_of_style_begins_a_new_text() {
    let mut buffer = screen(10, &[("H1 BAR", Style::new())]);
    buffer.set_string(
        3,
        0,
        "BAR",
        Style::new().fg(Color::Rgb(0, 0x72, 0xB2)).bold(),
    );
    let lines = drawn(&buffer);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].contains("fill=\"#0072b2\" font-weight=\"bold\""),
        "{lines:?}"
    );
}

#[test]
fn reverse_video_swaps_text_and_background() {
    let lines = drawn(&screen(4, &[("OVER", Style::new().reversed())]));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains(&format!("fill=\"{FOREGROUND}\"")),
        "{lines:?}"
    );
    assert!(
        lines[1].contains(&format!("fill=\"{BACKGROUND}\"")),
        "{lines:?}"
    );
}

#[test]
fn markup_is_text() {
    let lines = drawn(&screen(8, &[("<a&\"b\">", Style::new())]));
    assert!(
        lines[0].ends_with(">&lt;a&amp;&quot;b&quot;&gt;</text>"),
        "{lines:?}"
    );
}

#[test]
fn a_wide_character_takes_two_cells() {
    let mut buffer = screen(6, &[("", Style::new())]);
    buffer.set_string(0, 0, "足a", Style::new());
    let lines = drawn(&buffer);
    assert!(lines[0].contains("textLength=\"27\""), "{lines:?}");
}

#[test]
fn the_palette_is_the_usual_one() {
    assert_eq!(indexed(16), "#000000");
    assert_eq!(indexed(231), "#ffffff");
    assert_eq!(indexed(196), "#ff0000");
    assert_eq!(indexed(232), "#080808");
    assert_eq!(indexed(255), "#eeeeee");
    assert_eq!(indexed(9), colour(Color::LightRed, FOREGROUND));
}
