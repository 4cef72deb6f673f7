//! Writes text into a buffer by role, keeps the place of the cursor, and remembers what a click would hit.

use ratatui::{
    buffer::Buffer,
    layout::{Direction, Position, Rect},
    symbols::bar,
    text::Line,
    widgets::{BarChart, BarGroup, Widget as _},
};
use unicode_width::UnicodeWidthChar;

use super::{
    keys::Command,
    theme::{Role, Theme},
};

/// What a click at some place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A row of the list with this number (a screen's own numbering), and which row.
    Row(usize, usize),
    /// A quarter hour of the day grid: row and column.
    Quarter(usize, usize),
    /// A command of the footer.
    Command(Command),
}

/// A pen over one frame.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    /// Where the terminal's cursor goes.
    pub(crate) cursor: Option<Position>,
    /// What can be clicked; later ones lie on top.
    pub(crate) targets: Vec<(Rect, Target)>,
    /// A dialog lies over what is drawn now: nothing in it has the focus.
    pub(crate) beneath: bool,
    /// Lines and boxes are drawn.
    boxes: bool,
}

impl<'a> Pen<'a> {
    /// A pen for the whole buffer.
    pub(crate) fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self {
            buffer,
            theme,
            cursor: None,
            targets: Vec::new(),
            beneath: false,
            boxes: true,
        }
    }

    /// A pen that draws no lines and boxes.
    pub(crate) fn without_boxes(mut self) -> Self {
        self.boxes = false;
        self
    }

    /// Whether what has the focus of its screen is shown so.
    pub(crate) fn shows_focus(&self, focus: bool) -> bool {
        focus && !self.beneath
    }

    /// Writes at `x`, `y`, at most `width` columns; answers the column after it.
    pub(crate) fn put(&mut self, x: u16, y: u16, text: &str, role: Role, width: u16) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || width == 0 {
            return x;
        }
        let shown = clean(text);
        let (end, _) =
            self.buffer
                .set_stringn(x, y, &shown, usize::from(width), self.theme.style(role));
        end
    }

    /// Writes at `x`, `y` as far as the area goes.
    pub(crate) fn text(&mut self, area: Rect, x: u16, y: u16, text: &str, role: Role) -> u16 {
        if y < area.top() || y >= area.bottom() {
            return x;
        }
        self.put(x, y, text, role, area.right().saturating_sub(x))
    }

    /// Writes so that the text ends before the area's right edge.
    pub(crate) fn right(&mut self, area: Rect, y: u16, text: &str, role: Role) {
        let width = width(text).min(area.width);
        self.put(area.right().saturating_sub(width), y, text, role, width);
    }

    /// A horizontal line through the area.
    pub(crate) fn rule(&mut self, area: Rect, y: u16) {
        if !self.boxes {
            return;
        }
        self.put(
            area.x,
            y,
            &"-".repeat(usize::from(area.width)),
            Role::Rule,
            area.width,
        );
    }

    /// Empties an area, so that what lies below does not shine through.
    pub(crate) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            self.put(
                area.x,
                y,
                &" ".repeat(usize::from(area.width)),
                Role::Text,
                area.width,
            );
        }
        self.targets.retain(|(target, _)| !target.intersects(area));
    }

    /// A box of ASCII lines with a title; answers the area inside.
    pub(crate) fn frame(&mut self, area: Rect, title: &str) -> Rect {
        self.clear(area);
        if self.boxes {
            self.edges(area);
        }
        self.put(
            area.x + 2,
            area.y,
            &format!(" {title} "),
            Role::Title,
            area.width.saturating_sub(4),
        );
        Rect::new(
            area.x + 2,
            area.y + 1,
            area.width.saturating_sub(4),
            area.height.saturating_sub(2),
        )
    }

    fn edges(&mut self, area: Rect) {
        let inner = usize::from(area.width.saturating_sub(2));
        let edge = format!("+{}+", "-".repeat(inner));
        for y in [area.y, area.bottom().saturating_sub(1)] {
            self.put(area.x, y, &edge, Role::Rule, area.width);
        }
        for y in area.y + 1..area.bottom().saturating_sub(1) {
            self.put(area.x, y, "|", Role::Rule, 1);
            self.put(area.right() - 1, y, "|", Role::Rule, 1);
        }
    }

    /// A row of a list: marked and with the cursor on it when it has the focus.
    pub(crate) fn row(&mut self, area: Rect, y: u16, text: &str, focus: bool, target: Target) {
        let focus = self.shows_focus(focus);
        let role = if focus { Role::Focus } else { Role::Text };
        self.put(area.x, y, if focus { ">" } else { " " }, role, 1);
        self.text(area, area.x + 1, y, text, role);
        self.hit(area, y, focus, target);
    }

    /// Makes a line of the area clickable, and puts the cursor there when it has the focus.
    pub(crate) fn hit(&mut self, area: Rect, y: u16, focus: bool, target: Target) {
        if y >= area.top() && y < area.bottom() {
            self.targets
                .push((Rect::new(area.x, y, area.width, 1), target));
            if focus {
                self.cursor = Some(Position::new(area.x, y));
            }
        }
    }

    /// A text field with its label; the cursor is in it when it has the focus. Answers the column after it.
    pub(crate) fn field(
        &mut self,
        area: Rect,
        y: u16,
        label: &str,
        input: &tui_input::Input,
        look: FieldLook,
    ) -> u16 {
        let focus = self.shows_focus(look.focus);
        let marker = if focus { ">" } else { " " };
        let x = self.text(area, area.x, y, marker, Role::Focus);
        let x = self.text(
            area,
            x,
            y,
            label,
            if focus { Role::Focus } else { Role::Text },
        );
        let room = look.width.min(area.right().saturating_sub(x + 2)).max(1);
        let scroll = input.visual_scroll(usize::from(room));
        let typed = if look.masked {
            "*".repeat(input.value().chars().count())
        } else {
            input.value().to_owned()
        };
        let shown = skip_columns(&typed, scroll);
        let x = self.text(area, x, y, "[", Role::Dim);
        let padded = pad(&shown, usize::from(room));
        let end = self.text(area, x, y, &padded, Role::Field);
        let end = self.text(area, end, y, "]", Role::Dim);
        if focus {
            let column = input.visual_cursor().max(scroll) - scroll;
            let column = u16::try_from(column).unwrap_or(room).min(room);
            self.cursor = Some(Position::new(x + column, y));
        }
        end
    }
}

/// A bar of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// What stands before it, the value in words too.
    pub(crate) label: String,
    /// How long it is.
    pub(crate) value: u64,
}

/// Bars of ASCII: other glyphs are of two widths on some terminals.
const BAR: bar::Set<'_> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "#",
    five_eighths: "#",
    half: "#",
    three_eighths: "#",
    one_quarter: "#",
    one_eighth: "#",
    empty: " ",
};

impl Pen<'_> {
    /// Draws a bar a line, the longest across the area. Without boxes only what stands before each.
    pub(crate) fn bars(&mut self, area: Rect, bars: &[Bar]) {
        if !self.boxes {
            for (row, bar) in (area.y..area.bottom()).zip(bars) {
                self.text(area, area.x, row, &bar.label, Role::Text);
            }
            return;
        }
        let area = area.intersection(self.buffer.area);
        let bar = |bar: &Bar| {
            ratatui::widgets::Bar::default()
                .label(Line::from(clean(&bar.label)))
                .value(bar.value)
                .text_value("")
        };
        let bars: Vec<_> = bars.iter().map(bar).collect();
        BarChart::default()
            .data(BarGroup::default().bars(&bars))
            .direction(Direction::Horizontal)
            .bar_set(BAR)
            .bar_width(1)
            .bar_gap(0)
            .bar_style(self.theme.style(Role::Bar))
            .label_style(self.theme.style(Role::Text))
            .render(area, self.buffer);
    }
}

/// How a text field is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldLook {
    /// It has the focus.
    pub(crate) focus: bool,
    /// Columns for the text.
    pub(crate) width: u16,
    /// Stars instead of what is typed.
    pub(crate) masked: bool,
}

impl FieldLook {
    /// A plain field.
    pub(crate) fn new(focus: bool, width: u16) -> Self {
        Self {
            focus,
            width,
            masked: false,
        }
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap_or(u16::MAX)
}

/// The text in exactly `columns`: cut, or filled with blanks.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(columns);
    let mut used = 0;
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        let wide = letter.width().unwrap_or(0);
        if used + wide > columns {
            break;
        }
        out.push(letter);
        used += wide;
    }
    out.extend(std::iter::repeat_n(' ', columns - used));
    out
}

/// Breaks a text into lines of at most `columns`, at blanks where there are any.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let fits =
            |line: &String| usize::from(width(line)) + 1 + usize::from(width(word)) <= columns;
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if fits(line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut skipped = 0;
    let mut rest = text.chars();
    while skipped < columns {
        match rest.next() {
            Some(letter) => skipped += letter.width().unwrap_or(0),
            None => break,
        }
    }
    rest.collect()
}

/// What people wrote, without characters that could steer a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
