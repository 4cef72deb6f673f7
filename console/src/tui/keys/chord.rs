//! One key, with or without Ctrl, and how it is written.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as the table and the configuration know it. Shift is part of the character; Alt and Meta are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Chord {
    code: KeyCode,
    ctrl: bool,
}

/// Names of keys that are not characters: as configured, as shown, the code.
const NAMED: [(&str, &str, KeyCode); 26] = [
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("shift-tab", "Shift-Tab", KeyCode::BackTab),
    ("space", "Space", KeyCode::Char(' ')),
    ("up", "Up", KeyCode::Up),
    ("down", "Down", KeyCode::Down),
    ("left", "Left", KeyCode::Left),
    ("right", "Right", KeyCode::Right),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("del", "Del", KeyCode::Delete),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("f1", "F1", KeyCode::F(1)),
    ("f2", "F2", KeyCode::F(2)),
    ("f3", "F3", KeyCode::F(3)),
    ("f4", "F4", KeyCode::F(4)),
    ("f5", "F5", KeyCode::F(5)),
    ("f6", "F6", KeyCode::F(6)),
    ("f7", "F7", KeyCode::F(7)),
    ("f8", "F8", KeyCode::F(8)),
    ("f9", "F9", KeyCode::F(9)),
    ("f10", "F10", KeyCode::F(10)),
    ("f12", "F12", KeyCode::F(12)),
];

/// With Ctrl these are other keys on most terminals (Tab, Enter, Esc, flow control): refused.
const NOT_WITH_CTRL: [char; 8] = ['i', 'j', 'm', 's', 'q', '[', 'h', ' '];

impl Chord {
    /// Reads `f`, `?`, `ctrl-p`, `pgup`, `f10`; none for what is no key or can not be told apart on every terminal.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((_, _, code)) = NAMED.iter().find(|(name, ..)| *name == text) {
            return Some(Self {
                code: *code,
                ctrl: false,
            });
        }
        let (ctrl, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut letters = rest.chars();
        let letter = letters
            .next()
            .filter(|letter| !letter.is_control() && *letter != ' ')?;
        if letters.next().is_some()
            || ctrl && (NOT_WITH_CTRL.contains(&letter) || !letter.is_ascii_lowercase())
        {
            return None;
        }
        Some(Self {
            code: KeyCode::Char(letter),
            ctrl,
        })
    }

    /// The chord of an event; none for keys with Alt or Meta and for key releases.
    pub(crate) fn of(event: KeyEvent) -> Option<Self> {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        if event.is_release()
            || event
                .modifiers
                .intersects(KeyModifiers::ALT | KeyModifiers::META | KeyModifiers::SUPER)
        {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(letter) if ctrl => KeyCode::Char(letter.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            other => other,
        };
        Some(Self { code, ctrl })
    }

    /// In a text field this key puts a character or edits the text.
    pub(crate) fn types(self) -> bool {
        !self.ctrl
            && matches!(
                self.code,
                KeyCode::Char(_)
                    | KeyCode::Backspace
                    | KeyCode::Delete
                    | KeyCode::Left
                    | KeyCode::Right
                    | KeyCode::Home
                    | KeyCode::End
            )
    }

    /// The event that the key makes, for sample screens and key scripts.
    pub(crate) fn event(self) -> KeyEvent {
        let modifiers = if self.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(self.code, modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, shown, _)) = NAMED.iter().find(|(_, _, code)| *code == self.code) {
            return write!(out, "{shown}");
        }
        let prefix = if self.ctrl { "Ctrl-" } else { "" };
        match self.code {
            KeyCode::Char(letter) if self.ctrl => {
                write!(out, "{prefix}{}", letter.to_ascii_uppercase())
            }
            KeyCode::Char(letter) => write!(out, "{letter}"),
            other => write!(out, "{prefix}{other}"),
        }
    }
}
