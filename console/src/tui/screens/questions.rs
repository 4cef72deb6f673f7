//! The questions of a declaration, to be asked and answered: the same on Book and on Client.
//!
//! "Not asked" is the answer until somebody chooses another one, and is never recorded as "no".

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use treadwell_api::v1::{self, AnswerKind};
use tui_input::Input;

use crate::tui::{
    keys::Command,
    pen::{FieldLook, Pen, Target, pad, wrap},
    screens::{offset, rows, scroll, step},
    theme::Role,
    time, words,
};

/// The questions and what is answered so far.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// One row a question.
    pub(crate) rows: Vec<Row>,
    /// The row in focus.
    pub(crate) at: usize,
}

/// A question.
#[derive(Debug)]
pub(crate) struct Row {
    condition_id: String,
    text: String,
    asks_when: bool,
    /// What was answered.
    answer: AnswerKind,
    /// When it happened, as typed.
    when: Input,
    /// What is stored already, in words, for roles that may see it.
    stored: String,
}

/// An answer that can not be recorded yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadDate(pub(crate) String);

impl Row {
    /// A date is part of the answer.
    fn takes_date(&self) -> bool {
        self.asks_when && self.answer == AnswerKind::Yes
    }
}

/// A command that answers a question.
pub(crate) fn is_answer(command: Command) -> bool {
    matches!(
        command,
        Command::AnswerYes
            | Command::AnswerNo
            | Command::AnswerNotAsked
            | Command::Left
            | Command::Right
    )
}

impl Questions {
    /// Shows these questions; answers given already stay.
    pub(crate) fn ask(&mut self, questions: impl Iterator<Item = v1::Question>) {
        let mut before = std::mem::take(&mut self.rows);
        for question in questions {
            let kept = before
                .iter()
                .position(|row| row.condition_id == question.condition_id)
                .map(|at| before.swap_remove(at));
            let kept = kept.filter(|row| row.answer != AnswerKind::NotAsked);
            self.rows.push(kept.unwrap_or(Row {
                condition_id: question.condition_id,
                text: question.text,
                asks_when: question.asks_when,
                answer: AnswerKind::NotAsked,
                when: Input::default(),
                stored: String::new(),
            }));
        }
        self.at = self.at.min(self.rows.len().saturating_sub(1));
    }

    /// Notes what is stored already, for roles that may see it.
    pub(crate) fn note_stored(&mut self, declaration: &v1::Declaration, zone: &TimeZone) {
        for row in &mut self.rows {
            let answer = declaration
                .answers
                .iter()
                .find(|answer| answer.condition_id == row.condition_id);
            row.stored = answer
                .map(|answer| stored_words(answer, zone))
                .unwrap_or_default();
        }
    }

    /// The date field, when it has the focus: on a yes whose date matters.
    pub(crate) fn field(&mut self) -> Option<&mut Input> {
        let row = self.rows.get_mut(self.at)?;
        row.takes_date().then_some(&mut row.when)
    }

    /// The date field has the focus and is empty: the "yes" above it may have been a mistake.
    pub(crate) fn awaits_date(&self) -> bool {
        let row = self.rows.get(self.at);
        row.is_some_and(|row| row.takes_date() && row.when.value().is_empty())
    }

    /// Does a command; answers what is to be said about it.
    pub(crate) fn on(&mut self, command: Command) -> Option<&'static str> {
        let answer = match command {
            Command::AnswerYes => AnswerKind::Yes,
            Command::AnswerNo => AnswerKind::No,
            Command::AnswerNotAsked => AnswerKind::NotAsked,
            Command::Left | Command::Right => {
                self.turn(command == Command::Right);
                return None;
            }
            _ => {
                let count = self.rows.len();
                step(&mut self.at, count, command);
                return None;
            }
        };
        let row = self.rows.get_mut(self.at)?;
        let before = std::mem::replace(&mut row.answer, answer);
        if (before, answer) == (AnswerKind::Yes, AnswerKind::No) {
            // Perhaps the "no" was meant for the next question: the focus stays, and it is said.
            return Some("That YES is a no now. Down goes on to the next question.");
        }
        // After an answer the next question is next; after a "yes" that has a date, the date is.
        if answer != AnswerKind::NotAsked && !row.takes_date() {
            self.at = (self.at + 1).min(self.rows.len() - 1);
        }
        None
    }

    fn turn(&mut self, forward: bool) {
        // Left of "yes" is "not asked": taking back a mistake never makes it a "no".
        const ORDER: [AnswerKind; 3] = [AnswerKind::NotAsked, AnswerKind::Yes, AnswerKind::No];
        let Some(row) = self.rows.get_mut(self.at) else {
            return;
        };
        let at = ORDER.iter().position(|kind| *kind == row.answer);
        let step = if forward { 1 } else { ORDER.len() - 1 };
        row.answer = ORDER[(at.unwrap_or(0) + step) % ORDER.len()];
    }

    /// Questions without an answer.
    pub(crate) fn open(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.answer == AnswerKind::NotAsked)
            .count()
    }

    /// Something was answered and is not recorded yet.
    pub(crate) fn has_answers(&self) -> bool {
        self.open() < self.rows.len()
    }

    /// The answers given, for the API. An empty date of a yes is "not known", which excludes until it is.
    pub(crate) fn answers(&self, zone: &TimeZone) -> Result<Vec<v1::Answer>, BadDate> {
        let given = self
            .rows
            .iter()
            .filter(|row| row.answer != AnswerKind::NotAsked);
        given
            .map(|row| {
                let typed = row.when.value().trim();
                let when = match typed {
                    _ if !row.takes_date() => None,
                    "" => None,
                    _ => Some(
                        time::event_time(typed, zone).ok_or_else(|| BadDate(row.text.clone()))?,
                    ),
                };
                Ok(v1::Answer {
                    condition_id: row.condition_id.clone(),
                    kind: row.answer.into(),
                    when,
                    asked_at: None,
                })
            })
            .collect()
    }

    /// The answers are recorded: nothing is to be asked any more until the next screening says so.
    pub(crate) fn recorded(&mut self) {
        self.rows.clear();
        self.at = 0;
    }

    /// Draws the questions; the list has the number `list` for clicks.
    pub(crate) fn draw(&self, pen: &mut Pen, area: Rect, focus: bool, list: usize) {
        if area.height == 0 {
            return;
        }
        // The question in focus stands in full below the list: that is what is read to the client.
        let full = self
            .rows
            .get(self.at)
            .filter(|_| focus)
            .map_or_else(Vec::new, |row| wrap(&row.text, usize::from(area.width)));
        let fit = rows(area.height).saturating_sub(full.len() + 1).max(1);
        let first = scroll(self.at, fit);
        let answer_width = 32;
        let text_width = usize::from(area.width).saturating_sub(answer_width + 2);
        for (line, (row, question)) in self
            .rows
            .iter()
            .enumerate()
            .skip(first)
            .take(fit)
            .enumerate()
        {
            let y = area.y + offset(line);
            let here = focus && row == self.at;
            pen.row(
                area,
                y,
                &pad(&question.text, text_width),
                here,
                Target::Row(list, row),
            );
            let x = area.x + 1 + offset(text_width) + 1;
            let right = Rect::new(x, y, area.right().saturating_sub(x), 1);
            draw_answer(pen, right, question, here);
        }
        let top = area.bottom().saturating_sub(offset(full.len()));
        for (line, text) in full
            .iter()
            .enumerate()
            .filter(|_| rows(area.height) > full.len() + 1)
        {
            pen.text(area, area.x + 1, top + offset(line), text, Role::Title);
        }
    }
}

fn draw_answer(pen: &mut Pen, area: Rect, question: &Row, focus: bool) {
    let role = if question.answer == AnswerKind::Yes {
        Role::Warning
    } else {
        Role::Text
    };
    let x = pen.text(
        area,
        area.x,
        area.y,
        &format!("<{}>", words::answer(question.answer)),
        role,
    );
    if question.takes_date() {
        let rest = Rect::new(x + 1, area.y, area.right().saturating_sub(x + 1), 1);
        let (label, look) = ("when ", FieldLook::new(focus, 16));
        if focus {
            pen.field(rest, area.y, label, &question.when, look);
        } else {
            let when = question.when.value();
            let when = if when.is_empty() {
                "date not known"
            } else {
                when
            };
            pen.text(rest, rest.x, area.y, &format!(" {label}{when}"), Role::Text);
        }
    } else if !question.stored.is_empty() {
        pen.text(area, x + 1, area.y, &question.stored, Role::Dim);
    }
}

fn stored_words(answer: &v1::Answer, zone: &TimeZone) -> String {
    let when = answer
        .when
        .as_ref()
        .map(|when| format!(" {}", time::event_words(when, zone)))
        .unwrap_or_default();
    let asked = answer.asked_at.as_ref().map(|at| {
        format!(
            ", asked {}",
            time::birthday(&time::local_date(
                zone.to_datetime(time::instant(at)).date()
            ))
        )
    });
    format!(
        "stored: {}{when}{}",
        words::answer(answer.kind()),
        asked.unwrap_or_default()
    )
}

/// The questions of a rule set.
pub(crate) fn of_rule_set(rule_set: &v1::RuleSet) -> impl Iterator<Item = v1::Question> + '_ {
    use v1::rule::Effect;
    rule_set.rules.iter().map(|rule| v1::Question {
        condition_id: rule.condition_id.clone(),
        text: rule.question.clone(),
        asks_when: matches!(
            rule.effect,
            Some(Effect::ExcludedMonths(_) | Effect::ExcludedWeeks(_) | Effect::ExcludedHours(_))
        ),
    })
}
