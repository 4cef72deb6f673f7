//! Draws a terminal screen as an SVG picture: one `<text>` a run of cells with the same style, on a grid of character cells.
//!
//! The picture is made from ratatui's buffer, the very cells that a terminal would be sent, so that it can not show what
//! the program does not. The fonts are those of the viewer's machine; every run carries its width, so that a font of other
//! proportions does not break the columns.

use std::fmt::Write as _;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

const CELL_WIDTH: u32 = 9;
const CELL_HEIGHT: u32 = 19;
/// From the top of a cell to the line that its letters stand on.
const BASELINE: u32 = 14;
const MARGIN: u32 = 12;

/// Text and background where a cell sets none.
const FOREGROUND: &str = "#d8dee4";
const BACKGROUND: &str = "#14181d";

/// The picture of a screen. `title` is its accessible name, for who can not see it.
pub fn draw(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let width = u32::from(area.width) * CELL_WIDTH + 2 * MARGIN;
    let height = u32::from(area.height) * CELL_HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-size=\"15\" \
         font-family=\"monospace\">\n\
         <title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n",
        escaped(title)
    );
    for row in 0..area.height {
        for run in runs(buffer, row) {
            draw_run(&mut svg, &run, row);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Neighbouring cells of one row that look alike.
struct Run {
    column: u16,
    /// In cells; a wide character takes two.
    width: u16,
    text: String,
    look: Look,
}

/// What a cell looks like, colours resolved.
#[derive(Clone, PartialEq, Eq)]
struct Look {
    foreground: String,
    background: String,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let mut foreground = colour(cell.fg, FOREGROUND);
        let mut background = colour(cell.bg, BACKGROUND);
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut foreground, &mut background);
        }
        Self {
            foreground,
            background,
            modifier: cell.modifier - Modifier::REVERSED,
        }
    }
}

fn runs(buffer: &Buffer, row: u16) -> Vec<Run> {
    let area = buffer.area;
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    while column < area.width {
        let cell = &buffer[(area.x + column, area.y + row)];
        let symbol = if cell.symbol().is_empty() {
            " "
        } else {
            cell.symbol()
        };
        let width = u16::try_from(symbol.width().max(1)).unwrap_or(1);
        let look = Look::of(cell);
        match runs.last_mut() {
            Some(last) if last.look == look => {
                last.width += width;
                last.text.push_str(symbol);
            }
            _ => runs.push(Run {
                column,
                width,
                text: symbol.to_owned(),
                look,
            }),
        }
        column += width;
    }
    runs
}

fn draw_run(svg: &mut String, run: &Run, row: u16) {
    let x = MARGIN + u32::from(run.column) * CELL_WIDTH;
    let y = MARGIN + u32::from(row) * CELL_HEIGHT;
    let width = u32::from(run.width) * CELL_WIDTH;
    if run.look.background != BACKGROUND {
        let background = &run.look.background;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{CELL_HEIGHT}\" fill=\"{background}\"/>"
        );
    }
    let attributes = attributes(&run.look);
    let baseline = y + BASELINE;
    for (column, text) in words(&run.text) {
        let x = x + column * CELL_WIDTH;
        let length = cells(text) * CELL_WIDTH;
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{baseline}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" \
             xml:space=\"preserve\" {attributes}>{}</text>",
            escaped(text)
        );
    }
}

/// The parts of a run between two or more spaces, each with its column in the run. A part has its own place, so that a
/// viewer that does not keep to the length still has the columns where they belong.
fn words(run: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut column = 0;
    run.split("  ").filter_map(move |part| {
        let text = part.trim();
        let leading = cells(part) - cells(part.trim_start());
        let at = column + leading;
        column += cells(part) + 2;
        (!text.is_empty()).then_some((at, text))
    })
}

/// How a run's letters look.
fn attributes(look: &Look) -> String {
    let mut attributes = format!("fill=\"{}\"", look.foreground);
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.65\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if look.modifier.contains(modifier) {
            attributes.push_str(attribute);
        }
    }
    attributes
}

/// Columns that a text takes.
fn cells(text: &str) -> u32 {
    u32::try_from(text.width()).unwrap_or(0)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A colour as SVG writes it; the sixteen named ones as a usual terminal shows them.
fn colour(colour: Color, reset: &str) -> String {
    let named = match colour {
        Color::Reset => reset,
        Color::Black => "#000000",
        Color::Red => "#cd3131",
        Color::Green => "#0dbc79",
        Color::Yellow => "#e5c910",
        Color::Blue => "#4a90e2",
        Color::Magenta => "#cc79c7",
        Color::Cyan => "#29b8db",
        Color::Gray => "#c5c8c6",
        Color::DarkGray => "#7a7f85",
        Color::LightRed => "#f14c4c",
        Color::LightGreen => "#23d18b",
        Color::LightYellow => "#f5f543",
        Color::LightBlue => "#6cb0f5",
        Color::LightMagenta => "#e29be2",
        Color::LightCyan => "#56d4ee",
        Color::White => "#ffffff",
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => return indexed(index),
    };
    named.to_owned()
}

/// A colour of the 256-colour palette: 16 named ones, a cube of 6 x 6 x 6, and 24 greys.
fn indexed(index: u8) -> String {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match index {
        0..16 => colour(NAMED[usize::from(index)], FOREGROUND),
        16..232 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            let (red, green, blue) = (level(cube / 36), level(cube / 6 % 6), level(cube % 6));
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

#[cfg(test)]
mod tests;
