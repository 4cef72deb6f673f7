//! Sample data, and the screens that it makes: for the README's pictures and for tests. Names are invented.
//!
//! It is a picture of the sample clinic on Wed 14 Oct 2026 at 14:07, as the API would tell it; no server is asked.

mod clinic;
mod day;

use std::collections::BTreeMap;

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use treadwell_api::v1;

use super::{
    event::{Event, LinkChange, Purpose},
    keys::{Chord, Keymap},
    model::{Model, Start},
    screens::{Screen, board, client, day as day_screen, free_rooms, turnover},
    theme::Theme,
    time,
    update::update,
    view::view,
};

#[cfg(test)]
pub(crate) use clinic::clients;
pub(crate) use clinic::{catalog, client_named, therapists, unanswered};
#[cfg(test)]
pub(crate) use day::{appointment, visit_of_bea};
pub(crate) use day::{live, proposals, rooms_free, sheet, turnovers};

/// The clinic's now: 14:07 in Halifax.
pub(crate) const NOW: &str = "2026-10-14T17:07:00Z";

/// A picture of a screen.
#[derive(Debug, Clone)]
pub struct Shot {
    /// A short name, for a file.
    pub name: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// The cells.
    pub buffer: Buffer,
}

/// Pictures of the screens at 80x24, from sample data, in the true colours of the dark theme.
pub fn shots() -> Vec<Shot> {
    type Prepare = fn(&mut Model);
    const SHOTS: [(&str, &str, Prepare); 7] = [
        (
            "board",
            "The Board: both sites live, and what needs a person",
            |_| {},
        ),
        (
            "free-rooms",
            "Free rooms, on one key from everywhere",
            |model| model.screen = Screen::FreeRooms,
        ),
        ("day", "The Day grid by room", |model| {
            model.screen = Screen::Day;
        }),
        (
            "book",
            "Book: the place is held while the questions are asked",
            book_at_questions,
        ),
        (
            "client",
            "A client with the outcome of screening",
            client_page,
        ),
        ("turnover", "The checklists of rooms in turnover", |model| {
            model.screen = Screen::Turnover;
        }),
        ("help", "Help, made from the key table", |model| {
            type_keys(model, "?");
        }),
    ];
    SHOTS
        .into_iter()
        .map(|(name, title, prepare)| {
            let mut model = model((80, 24), Theme::Dark);
            prepare(&mut model);
            Shot {
                name,
                title,
                buffer: picture(&model),
            }
        })
        .collect()
}

/// A model with everything loaded.
pub(crate) fn model(size: (u16, u16), theme: Theme) -> Model {
    let keymap =
        Keymap::new(&BTreeMap::new()).expect("the tests hold that the table has no conflict");
    let mut model = Model::new(Start {
        size,
        server: "127.0.0.1:7450".to_owned(),
        site: Some("halifax".to_owned()),
        theme,
        keymap,
        mouse: false,
        lock_after: None,
        plain: false,
        request_prefix: "sample".to_owned(),
    });
    model.me = Some(v1::Key {
        id: "key-desk".to_owned(),
        name: "Front desk".to_owned(),
        role: v1::Role::FrontDesk.into(),
        ..v1::Key::default()
    });
    model.catalog = catalog();
    model.therapists = therapists();
    board::loaded(&mut model, live());
    let of = v1::GetDaySheetRequest {
        site_id: "halifax".to_owned(),
        date: sheet().date,
    };
    day_screen::loaded(&mut model, &of, sheet());
    free_rooms::loaded(
        &mut model,
        v1::ListFreeRoomsRequest::default(),
        rooms_free(),
    );
    turnover::loaded(&mut model, turnovers());
    // The link is live; what it would ask for is loaded already.
    let _ = update(&mut model, Event::Link(LinkChange::Live));
    model.calls.forget();
    model.revision = 4711;
    model
}

/// Draws a model into a buffer of its size.
pub(crate) fn picture(model: &Model) -> Buffer {
    let backend = TestBackend::new(model.size.0, model.size.1);
    let mut terminal = Terminal::new(backend).expect("a buffer in memory can always be made");
    terminal
        .draw(|frame| view(model, frame))
        .expect("a buffer in memory can always be drawn");
    terminal.backend().buffer().clone()
}

/// Types plain keys; what they ask of the server is not answered.
pub(crate) fn type_keys(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        if let Some(chord) = Chord::parse(&key.to_string()) {
            let _ = update(model, Event::Key(chord.event()));
        }
    }
}

fn book_at_questions(model: &mut Model) {
    use super::screens::book::{self, Stop};
    model.screen = Screen::Book;
    model.book.client = client_named("Anna Lee");
    model.book.service = Some("ashiatsu-60".to_owned());
    let _ = book::proposed(model, proposals());
    let asked = v1::CreateHoldRequest {
        write: None,
        hold: Some(day::hold()),
    };
    model.book.wanted = proposals().proposals.into_iter().next();
    let hold = v1::CreateHoldResponse {
        revision: 4711,
        hold: Some(day::hold()),
        screening: Some(v1::Screening {
            outcome: v1::ScreeningOutcome::Incomplete.into(),
            unanswered: unanswered(),
            ..v1::Screening::default()
        }),
    };
    let _ = book::held(model, &asked, Ok(hold));
    model.calls.forget();
    model.book.stop = Stop::Questions;
    type_keys(model, "nny");
}

fn client_page(model: &mut Model) {
    let found = client_named("Bea Moreau").expect("the sample has her");
    let _ = client::show(model, found.id.clone());
    let until = v1::Screening {
        outcome: v1::ScreeningOutcome::ExcludedUntil.into(),
        eligible_on: Some(v1::LocalDate {
            year: 2026,
            month: 12,
            day: 2,
        }),
        rule_set_id: "barefoot".to_owned(),
        rule_set_version: 1,
        ..v1::Screening::default()
    };
    let review = v1::Screening {
        outcome: v1::ScreeningOutcome::NeedsReview.into(),
        rule_set_id: "general".to_owned(),
        rule_set_version: 1,
        ..v1::Screening::default()
    };
    client::loaded(
        model,
        v1::GetClientResponse {
            revision: 4711,
            client: Some(found),
            screenings: vec![until, review],
            upcoming_appointment_ids: vec![],
        },
    );
    let asked = v1::ListAppointmentsRequest {
        client_id: "cli-bea".to_owned(),
        ..v1::ListAppointmentsRequest::default()
    };
    let visits = v1::ListAppointmentsResponse {
        revision: 4711,
        appointments: vec![day::visit_of_bea()],
        ..v1::ListAppointmentsResponse::default()
    };
    let _ = client::visits(model, Purpose::Visits, asked, visits);
    model.calls.forget();
}

/// An instant of the sample day, by its local time.
pub(crate) fn at(hour: i8, minute: i8) -> prost_types::Timestamp {
    let local = jiff::civil::date(2026, 10, 14).at(hour, minute, 0, 0);
    let zoned = local
        .to_zoned(time::zone("America/Halifax"))
        .expect("no clock changes on that day");
    time::wire(zoned.timestamp())
}
