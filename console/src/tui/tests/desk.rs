//! A desk: the model, the stand-in for the server, and fingers.

use std::{collections::VecDeque, time::Duration};

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::tui::{
    call::Call,
    event::{Effect, Event, LinkChange, Ticket},
    keys::Chord,
    model::Model,
    sample,
    theme::Theme,
    update::update,
};

use super::{fake::Fake, pictures::text};

/// A console with somebody in front of it.
pub(super) struct Desk {
    pub(super) model: Model,
    pub(super) fake: Fake,
    /// Effects other than calls, in order.
    pub(super) effects: Vec<Effect>,
    /// Calls that are on their way, while the server is slow.
    pub(super) on_the_way: VecDeque<(Ticket, Call)>,
    slow: bool,
}

impl Desk {
    /// The sample clinic, live, at 80x24.
    pub(super) fn new() -> Self {
        Self {
            model: sample::model((80, 24), Theme::Sixteen),
            fake: Fake::new(),
            effects: Vec::new(),
            on_the_way: VecDeque::new(),
            slow: false,
        }
    }

    /// From now on answers come only when [`Desk::arrive`] says so.
    pub(super) fn slow(&mut self) -> &mut Self {
        self.slow = true;
        self
    }

    /// What is on its way arrives, in order, and all that follows from it; the server is quick again.
    pub(super) fn arrive(&mut self) -> &mut Self {
        self.slow = false;
        while let Some((ticket, call)) = self.on_the_way.pop_front() {
            let answer = self.fake.answer(call);
            self.event(Event::Answer(ticket, answer));
        }
        self
    }

    /// Types keys, for example `f<esc>bAnna<enter>`, and waits until nothing is under way any more.
    pub(super) fn keys(&mut self, script: &str) -> &mut Self {
        for chord in parse(script) {
            self.event(Event::Key(chord.event()));
        }
        self
    }

    /// Lets something happen, and answers every call until there is none left.
    pub(super) fn event(&mut self, event: Event) -> &mut Self {
        let effects = update(&mut self.model, event);
        self.perform(effects)
    }

    /// Performs effects, and answers every call until there is none left.
    pub(super) fn perform(&mut self, effects: Vec<Effect>) -> &mut Self {
        let mut waiting: VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Call(ticket, call) if self.slow => {
                    self.on_the_way.push_back((ticket, *call));
                }
                Effect::Call(ticket, call) => {
                    let answer = self.fake.answer(*call);
                    waiting.extend(update(&mut self.model, Event::Answer(ticket, answer)));
                }
                other => self.effects.push(other),
            }
        }
        self
    }

    /// The server is lost.
    pub(super) fn lose_server(&mut self) -> &mut Self {
        self.fake.down = true;
        self.event(Event::Link(LinkChange::Lost(
            "connection refused".to_owned(),
        )))
    }

    /// The server is back.
    pub(super) fn find_server(&mut self) -> &mut Self {
        self.fake.down = false;
        self.event(Event::Link(LinkChange::Live))
    }

    /// A click of the left button on the first place where the screen shows this.
    #[track_caller]
    pub(super) fn click(&mut self, wanted: &str) -> &mut Self {
        let screen = self.screen();
        let place = screen
            .lines()
            .enumerate()
            .find_map(|(row, line)| Some((line.find(wanted)?, row)));
        let (column, row) =
            place.unwrap_or_else(|| panic!("{wanted:?} is not on the screen:\n{screen}"));
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    /// The mouse does something at a place.
    pub(super) fn mouse(&mut self, kind: MouseEventKind, column: usize, row: usize) -> &mut Self {
        let small = |number: usize| u16::try_from(number).expect("on the screen");
        self.event(Event::Mouse(MouseEvent {
            kind,
            column: small(column),
            row: small(row),
            modifiers: KeyModifiers::NONE,
        }))
    }

    /// Time passes.
    pub(super) fn wait(&mut self, seconds: u64) -> &mut Self {
        let elapsed = self.model.clock.elapsed + Duration::from_secs(seconds);
        self.event(Event::Tick(elapsed))
    }

    /// The screen as text.
    pub(super) fn screen(&self) -> String {
        text(&sample::picture(&self.model))
    }

    /// The screen shows this.
    #[track_caller]
    pub(super) fn sees(&self, wanted: &str) -> &Self {
        let screen = self.screen();
        // Long news goes on in the next line.
        let flowing = screen.replace('\n', " ");
        assert!(
            screen.contains(wanted) || flowing.contains(wanted),
            "{wanted:?} is not on the screen:\n{screen}"
        );
        self
    }

    /// The screen does not show this.
    #[track_caller]
    pub(super) fn misses(&self, unwanted: &str) -> &Self {
        let screen = self.screen();
        assert!(
            !screen.contains(unwanted),
            "{unwanted:?} is on the screen:\n{screen}"
        );
        self
    }

    /// The latest call that changes something, previews left out.
    pub(super) fn last_write(&self) -> Option<Call> {
        let writes = self.fake.log.iter().rev().cloned();
        writes.into_iter().find(|call| {
            call.clone()
                .write_options()
                .is_some_and(|options| !options.validate_only)
        })
    }

    /// How many calls so far change something.
    pub(super) fn writes(&self) -> usize {
        self.fake
            .log
            .iter()
            .filter(|call| {
                (*call)
                    .clone()
                    .write_options()
                    .is_some_and(|options| !options.validate_only)
            })
            .count()
    }
}

/// `f<esc>bAnna<enter>` as keys. A blank is the key of that name.
pub(super) fn parse(script: &str) -> Vec<Chord> {
    let mut chords = Vec::new();
    let mut rest = script;
    while let Some(letter) = rest.chars().next() {
        let (name, after) = match rest
            .strip_prefix('<')
            .and_then(|inside| inside.split_once('>'))
        {
            Some((name, after)) if !name.is_empty() => (name, after),
            _ => rest.split_at(letter.len_utf8()),
        };
        let name = if name == " " { "space" } else { name };
        chords
            .push(Chord::parse(name).unwrap_or_else(|| panic!("{name:?} in {script:?} is no key")));
        rest = after;
    }
    chords
}
