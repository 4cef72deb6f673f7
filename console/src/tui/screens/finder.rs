//! Finding a client by a fragment of name or phone: the same on Book and on Client.

use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use crate::tui::{
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, Target, pad},
    screens::{self, offset, rows, scroll, step},
    theme::Role,
    time,
};

/// What is typed and what was found.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    /// What is typed.
    pub(crate) input: Input,
    /// Who fits what was asked for.
    list: Vec<v1::Client>,
    /// What was asked for, as far as it is answered.
    answered: Option<String>,
    /// More fit than are listed.
    more: bool,
    /// The row in focus; one past the clients is "a new client".
    pub(crate) at: usize,
}

/// The most clients that are asked for.
const MOST_FOUND: i32 = 50;
const LEAST_LETTERS: usize = 2;
const LEAST_DIGITS: usize = 3;

impl Finder {
    /// What is typed, once it is long enough for the server.
    fn wanted(&self) -> Option<&str> {
        let text = self.input.value().trim();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        (letters >= LEAST_LETTERS || digits >= LEAST_DIGITS).then_some(text)
    }

    /// What is typed has no answer: the list, if there is one, is that of another text.
    pub(crate) fn is_behind(&self) -> bool {
        let wanted = self.wanted();
        wanted.is_some() && wanted != self.answered.as_deref()
    }

    /// Something is typed, too little to search for.
    fn is_short(&self) -> bool {
        !self.input.value().trim().is_empty() && self.wanted().is_none()
    }

    /// Asks for clients that fit what is typed, once it is long enough for the server.
    fn search(&mut self) -> Option<v1::ListClientsRequest> {
        self.at = 0;
        let Some(query) = self.wanted().map(str::to_owned) else {
            (self.list, self.answered, self.more) = (Vec::new(), None, false);
            return None;
        };
        Some(v1::ListClientsRequest {
            query,
            page_size: MOST_FOUND,
            page_token: String::new(),
        })
    }

    /// Clients that fit have arrived; the focus stays on whom it was moved to. When the text was deleted since, nobody
    /// wants to know.
    fn found(&mut self, asked: v1::ListClientsRequest, answer: v1::ListClientsResponse) {
        if self.wanted().is_none() {
            return;
        }
        let clients = answer.clients;
        // On the first row is whoever fits best; further down it was put on somebody.
        let moved_to = self.chosen().filter(|_| self.at > 0);
        let again = moved_to.and_then(|before| clients.iter().position(|it| it.id == before.id));
        self.at = again.unwrap_or(0);
        self.list = clients;
        self.answered = Some(asked.query);
        self.more = !answer.next_page_token.is_empty();
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

    /// Draws the field and the list; the list has the number `list` for clicks. While the answer is on its way, nothing is
    /// said of its not being there: it is there in a moment.
    pub(crate) fn draw(
        &self,
        pen: &mut Pen,
        area: Rect,
        (focus, list): (bool, usize),
        is_asking: bool,
    ) {
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
        let end = pen.field(
            area,
            area.y,
            "name or phone: ",
            &self.input,
            FieldLook::new(focus, 30),
        );
        let note = match (self.is_behind(), self.more) {
            (true, _) if is_asking => "",
            (true, _) => "not searched yet",
            (false, true) => "more fit: type more letters",
            (false, false) => "",
        };
        pen.text(area, end + 2, area.y, note, Role::Dim);
    }
}

fn of(model: &mut Model, purpose: Purpose) -> &mut Finder {
    if purpose == Purpose::BookFind {
        &mut model.book.finder
    } else {
        &mut model.client.finder
    }
}

/// Sends the search of the finder that asks for this purpose, if there is something to search for.
pub(crate) fn ask(model: &mut Model, purpose: Purpose) -> Vec<Effect> {
    model.dirty = true;
    let request = of(model, purpose).search();
    request
        .map(|request| model.ask(purpose, request))
        .unwrap_or_default()
}

/// Asks again for what has no answer and is not on its way to one, after a lost link for example.
pub(crate) fn refresh(model: &mut Model, purpose: Purpose) -> Vec<Effect> {
    if of(model, purpose).is_behind() && !model.calls.is_under_way(purpose) {
        ask(model, purpose)
    } else {
        Vec::new()
    }
}

/// Clients that fit have arrived.
pub(crate) fn found(
    model: &mut Model,
    purpose: Purpose,
    asked: v1::ListClientsRequest,
    answer: v1::ListClientsResponse,
) {
    of(model, purpose).found(asked, answer);
}

/// Enter, when nobody was found or missed yet for what is typed: says so, and asks again. None when the list is that of
/// what is typed.
pub(crate) fn not_searched(model: &mut Model, purpose: Purpose) -> Option<Vec<Effect>> {
    let finder = of(model, purpose);
    if finder.is_short() {
        model.warn("Type at least 2 letters of the name or 3 digits of the phone.");
        return Some(Vec::new());
    }
    if !finder.is_behind() {
        return None;
    }
    if model.denied.contains(&purpose) {
        model.warn(screens::asking(model, purpose));
        return Some(Vec::new());
    }
    let text = of(model, purpose).input.value().trim().to_owned();
    let why = if model.link.is_live() {
        "The server is asked again.".to_owned()
    } else {
        model.link.words(model.clock.elapsed)
    };
    model.warn(format!("Not searched for {text:?} yet. {why}"));
    Some(refresh(model, purpose))
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
