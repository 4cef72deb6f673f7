//! Themes: what a role looks like. Views name roles and never a colour.
//!
//! Colour only ever repeats what a symbol and a word say already; the law test strips all style and compares. The true
//! colours of states are those of the Okabe-Ito palette, which people with any colour vision can tell apart.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Plain text.
    Text,
    /// Less important: headings of columns, hints.
    Dim,
    /// A heading.
    Title,
    /// A line between parts.
    Rule,
    /// A key in the footer.
    Key,
    /// The row in focus.
    Focus,
    /// A field that can be filled.
    Field,
    /// A vacant room.
    Vacant,
    /// A room kept for somebody.
    Held,
    /// A running session.
    InSession,
    /// A room in turnover.
    Turnover,
    /// A room, or its bars, out of service.
    Out,
    /// A session past its end.
    Over,
    /// The link is live.
    Live,
    /// The link is lost, or not yet there.
    Stale,
    /// A bar of a chart.
    Bar,
    /// It worked.
    Done,
    /// It did not, or somebody has to look.
    Warning,
}

/// A named set of looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The terminal's own 16 colours.
    #[default]
    Sixteen,
    /// True colours for a dark background.
    Dark,
    /// True colours for a light background.
    Light,
    /// True colours that differ in lightness as well as in hue, and no bold-only differences.
    ColourBlind,
    /// No colour at all.
    Mono,
}

/// The colours of one theme.
struct Colours {
    dim: Color,
    title: Color,
    key: Color,
    field: Color,
    held: Color,
    in_session: Color,
    turnover: Color,
    out: Color,
    live: Color,
    warning: Color,
}

const fn rgb(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color::Rgb(red, green, blue)
}

const SIXTEEN: Colours = Colours {
    dim: Color::Reset,
    title: Color::Reset,
    key: Color::Cyan,
    field: Color::Reset,
    held: Color::Blue,
    in_session: Color::Cyan,
    turnover: Color::Yellow,
    out: Color::Magenta,
    live: Color::Reset,
    warning: Color::Yellow,
};

const DARK: Colours = Colours {
    dim: rgb(0x009A_A0A6),
    title: rgb(0x00FF_FFFF),
    key: rgb(0x0056_B4E9),
    field: rgb(0x00F0_E442),
    held: rgb(0x0000_72B2),
    in_session: rgb(0x0056_B4E9),
    turnover: rgb(0x00E6_9F00),
    out: rgb(0x00CC_79A7),
    live: rgb(0x0000_9E73),
    warning: rgb(0x00E6_9F00),
};

const LIGHT: Colours = Colours {
    dim: rgb(0x005F_6368),
    title: rgb(0x0000_0000),
    key: rgb(0x0000_5A8C),
    field: rgb(0x0000_5A8C),
    held: rgb(0x0000_72B2),
    in_session: rgb(0x0000_6E9E),
    turnover: rgb(0x008F_6300),
    out: rgb(0x009C_4A78),
    live: rgb(0x0000_6B4E),
    warning: rgb(0x008F_6300),
};

const COLOUR_BLIND: Colours = Colours {
    dim: Color::Reset,
    title: Color::Reset,
    key: rgb(0x0056_B4E9),
    field: rgb(0x0056_B4E9),
    held: rgb(0x0000_72B2),
    in_session: rgb(0x0056_B4E9),
    turnover: rgb(0x00E6_9F00),
    out: rgb(0x00CC_79A7),
    live: rgb(0x0056_B4E9),
    warning: rgb(0x00E6_9F00),
};

impl Theme {
    /// Every theme, in the order in which a key goes through them.
    pub const ALL: [Self; 5] = [
        Self::Sixteen,
        Self::Dark,
        Self::Light,
        Self::ColourBlind,
        Self::Mono,
    ];

    /// Its name in the configuration file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sixteen => "16",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::ColourBlind => "colour-blind",
            Self::Mono => "mono",
        }
    }

    /// The theme of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The one after it.
    pub(crate) fn next(self) -> Self {
        let at = Self::ALL
            .iter()
            .position(|theme| *theme == self)
            .unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// What a role looks like.
    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let colours = match self {
            Self::Mono => return mono(role),
            Self::Sixteen => &SIXTEEN,
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::ColourBlind => &COLOUR_BLIND,
        };
        let with = |colour: Color| {
            if colour == Color::Reset {
                plain
            } else {
                plain.fg(colour)
            }
        };
        match role {
            Role::Text | Role::Vacant | Role::Done => plain,
            Role::Dim | Role::Rule => with(colours.dim),
            Role::Title | Role::Focus => with(colours.title).add_modifier(Modifier::BOLD),
            Role::Key => with(colours.key),
            Role::Field => with(colours.field).add_modifier(Modifier::UNDERLINED),
            Role::Held => with(colours.held),
            Role::InSession | Role::Bar => with(colours.in_session),
            Role::Turnover => with(colours.turnover),
            Role::Out => with(colours.out),
            Role::Over => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::Live => with(colours.live),
            Role::Stale => with(colours.warning).add_modifier(Modifier::REVERSED),
            Role::Warning => with(colours.warning).add_modifier(Modifier::BOLD),
        }
    }
}

/// Without colour: weight at most, and nothing depends on it.
fn mono(role: Role) -> Style {
    match role {
        Role::Title | Role::Focus | Role::Warning => Style::new().add_modifier(Modifier::BOLD),
        Role::Over | Role::Stale => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
        Role::Field => Style::new().add_modifier(Modifier::UNDERLINED),
        _ => Style::new(),
    }
}
