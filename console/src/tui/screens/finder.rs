//! Finding a client by a fragment of name or phone: the same on Book and on Client.

use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, Target, pad},
    screens::{offset, rows, scroll, step},
    time,
};

/// What is typed and what was found.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    /// What is typed.
    pub(crate) input: Input,
    /// Who fits.
    list: Vec<v1::Client>,
    /// The row in focus; one past the clients is "a new client".
    pub(crate) at: usize,
    /// Enter was pressed before the answer was there: it counts for what the answer brings.
    pub(crate) eager: bool,
}

/// The most clients that are asked for.
const MOST_FOUND: i32 = 50;
const LEAST_LETTERS: usize = 2;
const LEAST_DIGITS: usize = 3;

impl Finder {
    /// Asks for clients that fit what is typed, once it is long enough for the server.
    pub(crate) fn search(&mut self) -> Option<v1::ListClientsRequest> {
        self.at = 0;
        self.eager = false;
        let text = self.input.value().trim();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        if letters < LEAST_LETTERS && digits < LEAST_DIGITS {
            self.list.clear();
            return None;
        }
        Some(v1::ListClientsRequest {
            query: text.to_owned(),
            page_size: MOST_FOUND,
            page_token: String::new(),
        })
    }

    /// Clients that fit have arrived; the focus stays on whom it was moved to. True when an Enter from before counts now;
    /// `waits` says that a newer answer is on its way.
    pub(crate) fn found(&mut self, clients: Vec<v1::Client>, waits: bool) -> bool {
        // On the first row is whoever fits best; further down it was put on somebody.
        let moved_to = self.chosen().filter(|_| self.at > 0);
        let moved_to = moved_to.map(|client| client.id.clone());
        let on_new = self.at > 0 && moved_to.is_none();
        let is_it = |client: &v1::Client| moved_to.as_ref() == Some(&client.id);
        let again = clients.iter().position(is_it);
        let gone = moved_to.is_some() && again.is_none();
        self.at = if on_new {
            clients.len()
        } else {
            again.unwrap_or(0)
        };
        self.list = clients;
        let chooses = self.eager && !waits && !gone;
        self.eager &= waits;
        chooses
    }

    /// Rows that can be chosen: the clients found and "a new client".
    pub(crate) fn rows(&self) -> usize {
        self.list.len() + 1
    }

    /// Moves the focus; false when the command is another one.
    pub(crate) fn step(&mut self, command: Command) -> bool {
        let rows = self.rows();
        step(&mut self.at, rows, command)
    }

    /// Forgets what was typed and found.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The client in focus; none on "a new client".
    pub(crate) fn chosen(&self) -> Option<&v1::Client> {
        self.list.get(self.at)
    }

    /// Draws the field and the list; the list has the number `list` for clicks.
    pub(crate) fn draw(&self, pen: &mut Pen, area: Rect, focus: bool, list: usize) {
        let fit = rows(area.height.saturating_sub(1));
        let first = scroll(self.at, fit);
        for (line, row) in (first..self.rows()).take(fit).enumerate() {
            let text = match self.list.get(row) {
                Some(client) => client_line(client),
                None if self.input.value().trim().is_empty() => "+ a new client".to_owned(),
                None => format!("+ a new client: {}", self.input.value().trim()),
            };
            let y = area.y + 1 + offset(line);
            pen.row(
                area,
                y,
                &text,
                focus && row == self.at,
                Target::Row(list, row),
            );
        }
        pen.field(
            area,
            area.y,
            "name or phone: ",
            &self.input,
            FieldLook::new(focus, 30),
        );
    }
}

/// Sends the search of a finder, if there is something to search for.
pub(crate) fn ask(
    model: &mut Model,
    purpose: Purpose,
    request: Option<v1::ListClientsRequest>,
) -> Vec<Effect> {
    model.dirty = true;
    request
        .map(|request| model.ask(purpose, request))
        .unwrap_or_default()
}

/// `Anna Lee          902-555-0101   born 2 Mar 1980`: enough to tell namesakes apart.
pub(crate) fn client_line(client: &v1::Client) -> String {
    let born = client
        .born
        .as_ref()
        .map(|born| format!("born {}", time::birthday(born)))
        .unwrap_or_default();
    format!(
        "{} {} {born}",
        pad(&client.name, 24),
        pad(&client.phone, 16)
    )
}
