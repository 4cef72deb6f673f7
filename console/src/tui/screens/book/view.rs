//! How Book is drawn: five parts, the one in focus open, the others in a line each.

mod places;

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use ratatui::layout::Rect;
use treadwell_api::v1::{self, ScreeningOutcome};

use super::{
    Stop, What, blocked, list,
    outcome::{self, is_uncertain},
    places_shown, what_rows,
};
use crate::tui::{
    event::Purpose,
    keys::{Command, Place},
    model::Model,
    pen::{Pen, Target, pad, wrap},
    screens::{finder::client_line, offset, rows, scroll},
    theme::Role,
    words,
};

pub(crate) use places::proposal_words;
use places::{draw_when, when_words};

/// The parts, each with the stops in it.
const PARTS: [(&str, &[Stop]); 5] = [
    ("1 Who", &[Stop::Who]),
    ("2 What", &[Stop::What]),
    (
        "3 When",
        &[
            Stop::From,
            Stop::Site,
            Stop::Therapist,
            Stop::Places,
            Stop::Repeat,
        ],
    ),
    ("4 Questions", &[Stop::Questions]),
    ("5 Confirm", &[Stop::Confirm]),
];

/// Draws Book.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    let room = area.height.saturating_sub(offset(PARTS.len()));
    let mut y = area.y;
    for (name, stops) in PARTS {
        let open = stops.contains(&model.book.stop);
        let role = if open { Role::Title } else { Role::Text };
        let line = Rect::new(area.x, y, area.width, 1);
        pen.text(line, area.x + 1, y, &pad(name, 13), role);
        let (summary, summary_role) = summary(model, stops[0]);
        pen.text(line, area.x + 14, y, &summary, summary_role);
        let number = Stop::ALL
            .iter()
            .position(|stop| *stop == stops[0])
            .unwrap_or(0);
        pen.targets.push((line, Target::Row(list::STOPS, number)));
        y += 1;
        if open {
            let inside = Rect::new(area.x + 2, y, area.width.saturating_sub(3), room);
            draw_part(model, pen, inside);
            y += room;
        }
    }
}

/// A part in one line.
fn summary(model: &Model, stop: Stop) -> (String, Role) {
    let draft = &model.book;
    match stop {
        Stop::Who => match &draft.client {
            Some(client) if draft.similar == 0 => (client_line(client), Role::Text),
            Some(client) => (
                format!("{} (new; {} alike)", client.name, draft.similar),
                Role::Warning,
            ),
            None => ("no client chosen".to_owned(), Role::Dim),
        },
        Stop::What => (what_words(model), Role::Text),
        Stop::Questions => questions_words(model),
        Stop::Confirm => {
            let against = blocked(model);
            match &against[..] {
                [] => ("ready: Enter books".to_owned(), Role::Done),
                [one] => {
                    let first = one.split_inclusive(['.', ';']).next().unwrap_or(one);
                    let first = first.trim_end_matches(['.', ';']);
                    (format!("blocked: {first}"), Role::Dim)
                }
                many => {
                    let text = format!("blocked, {} things are missing", many.len());
                    (text, Role::Dim)
                }
            }
        }
        _ => when_words(model),
    }
}

fn what_words(model: &Model) -> String {
    let Some(service) = model.book.service.as_ref().and_then(|id| model.service(id)) else {
        return "no service chosen".to_owned();
    };
    let chosen = service
        .extensions
        .iter()
        .filter(|extension| model.book.extensions.contains(&extension.id));
    let (mut text, mut minutes, mut cents) =
        (service.name.clone(), service.minutes, service.price_cents);
    for extension in chosen {
        let _ = write!(text, " + {}", extension.name);
        minutes += extension.minutes;
        cents += extension.price_cents;
    }
    format!("{text}, {minutes} min, {} + tax", words::money(cents))
}

fn questions_words(model: &Model) -> (String, Role) {
    let draft = &model.book;
    let Some(screening) = &draft.screening else {
        return (
            "asked once client and service are chosen".to_owned(),
            Role::Dim,
        );
    };
    let mut text = words::screening(screening);
    if screening.outcome() == ScreeningOutcome::Incomplete && !draft.questions.rows.is_empty() {
        let open = draft.questions.open();
        text = if open == 0 {
            let save = model.keymap.key_of(Command::SaveAnswers);
            format!("all answered, not recorded yet: {save} records")
        } else {
            format!("INCOMPLETE: {} not asked", words::count(open, "question"))
        };
    }
    (text, words::screening_role(screening.outcome()))
}

fn draw_part(model: &Model, pen: &mut Pen, area: Rect) {
    match model.book.stop {
        Stop::Who => {
            let is_asking = model.calls.is_under_way(Purpose::BookFind);
            let finder = &model.book.finder;
            finder.draw(pen, area, (true, list::WHO), is_asking);
        }
        Stop::What => draw_what(model, pen, area),
        Stop::Questions => draw_questions(model, pen, area),
        Stop::Confirm => draw_confirm(model, pen, area),
        _ => draw_when(model, pen, area),
    }
}

fn draw_what(model: &Model, pen: &mut Pen, area: Rect) {
    let listed = what_rows(model);
    let at = model.book.what_at.min(listed.len().saturating_sub(1));
    let fit = rows(area.height);
    for (line, (row, what)) in listed
        .iter()
        .enumerate()
        .skip(scroll(at, fit))
        .take(fit)
        .enumerate()
    {
        let text = match what {
            What::Service(service) => {
                let chosen = if model.book.service.as_ref() == Some(&service.id) {
                    "*"
                } else {
                    " "
                };
                format!(
                    "{chosen} {} {:>3} min {:>9}",
                    pad(&service.name, 36),
                    service.minutes,
                    words::money(service.price_cents)
                )
            }
            What::Extension(extension) => {
                let chosen = if model.book.extensions.contains(&extension.id) {
                    "[x]"
                } else {
                    "[ ]"
                };
                format!(
                    "    {chosen} + {} {:>3} min {:>9}  ({})",
                    pad(&extension.name, 28),
                    extension.minutes,
                    words::money(extension.price_cents),
                    model.keymap.key_at(Place::Book, Command::Tick)
                )
            }
        };
        pen.row(
            area,
            area.y + offset(line),
            &text,
            row == at,
            Target::Row(list::WHAT, row),
        );
    }
}

fn draw_questions(model: &Model, pen: &mut Pen, area: Rect) {
    let draft = &model.book;
    let Some(screening) = &draft.screening else {
        pen.text(
            area,
            area.x + 1,
            area.y,
            "Choose who and what first; the questions depend on both.",
            Role::Dim,
        );
        return;
    };
    if draft.questions.rows.is_empty() {
        draw_outcome(pen, area, screening);
        return;
    }
    draft.questions.draw(pen, area, true, list::QUESTIONS);
}

fn draw_outcome(pen: &mut Pen, area: Rect, screening: &v1::Screening) {
    pen.text(
        area,
        area.x + 1,
        area.y,
        &words::screening(screening),
        words::screening_role(screening.outcome()),
    );
    for (line, reason) in screening.reasons.iter().enumerate() {
        pen.text(
            area,
            area.x + 1,
            area.y + 1 + offset(line),
            &format!("- {}", reason.text),
            Role::Text,
        );
    }
}

fn draw_confirm(model: &Model, pen: &mut Pen, area: Rect) {
    let draft = &model.book;
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(client) = &draft.client {
        lines.push((client_line(client), Role::Text));
    }
    lines.push((what_words(model), Role::Text));
    lines.push(when_words(model));
    lines.push(questions_words(model));
    lines.push((String::new(), Role::Text));
    let against = blocked(model);
    let ready = against.is_empty();
    if !ready {
        let heading = if is_uncertain(model) {
            "No answer came:"
        } else {
            "Confirm is blocked:"
        };
        lines.push((heading.to_owned(), Role::Warning));
        let columns = usize::from(area.width.saturating_sub(3));
        for text in &against {
            lines.extend(
                wrap(&format!("- {text}"), columns)
                    .into_iter()
                    .map(|line| (line, Role::Text)),
            );
        }
    }
    for (line, (text, role)) in lines.iter().enumerate() {
        pen.text(area, area.x + 1, area.y + offset(line), text, *role);
    }
    let button = if ready && outcome::repeats(model) {
        "[ Enter: see what becomes of each, then book ]"
    } else if ready {
        "[ Enter: book ]"
    } else if is_uncertain(model) {
        "[ Enter: ask again ]"
    } else {
        "[ can not be booked yet ]"
    };
    let number = Stop::ALL
        .iter()
        .position(|stop| *stop == Stop::Confirm)
        .unwrap_or(0);
    pen.row(
        area,
        area.y + offset(lines.len()) + 1,
        button,
        true,
        Target::Row(list::STOPS, number),
    );
}
