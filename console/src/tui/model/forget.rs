//! What stays of a console when whoever it was goes.

use std::mem;

use super::{Model, Start};
use crate::tui::calls::Calls;

impl Model {
    /// Forgets what was seen, typed and chosen. What stays is listed: how the console is set up, its own clock, and the counts that must
    /// not begin again. So what is added to the model is forgotten, unless somebody adds it here.
    pub(crate) fn forget(&mut self) {
        let mut calls = mem::replace(&mut self.calls, Calls::new(String::new()));
        calls.forget();
        let start = Start {
            size: self.size,
            server: mem::take(&mut self.server),
            site: self.home_site.take(),
            theme: self.theme,
            keymap: self.keymap.clone(),
            mouse: self.mouse,
            lock_after: self.lock_after,
            plain: self.plain,
            request_prefix: String::new(),
        };
        *self = Self {
            // The clinic's time is shown in its zone, which is forgotten.
            clock: self.clock.unheard(),
            heard: self.heard,
            told: self.told,
            calls,
            ..Self::new(start)
        };
    }
}
