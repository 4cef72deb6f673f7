//! Appointments that have to be judged again because something else has changed.
//!
//! A change that reaches many appointments (a rule set, a room's bars) is one commit; the judging
//! follows in commits of its own, a bounded number of appointments each, one change after the other.
//! Whoever made the change is answered when its judging has ended, and learns what it flagged.

use std::collections::{BTreeMap, VecDeque};

use treadwell_clinic::command::{Rejudge, Scope};
use treadwell_clinic::{Command, Revision};

use super::group::Waiting;

/// What is still to be judged, and who waits for it.
#[derive(Default)]
pub(super) struct Judging {
    steps: VecDeque<Step>,
    /// By the revision of the change.
    waiting: BTreeMap<Revision, Waiting>,
}

/// A judging under way.
pub(super) struct Step {
    /// The revision of the change; 0 when it is not known.
    pub(super) cause: Revision,
    /// What comes next.
    pub(super) command: Command,
    flagged: u32,
}

impl Judging {
    /// Whether nothing is left to be judged.
    pub(super) fn is_idle(&self) -> bool {
        self.steps.is_empty()
    }

    /// Puts a judging at the end of the line.
    pub(super) fn begin(&mut self, cause: Revision, command: Command) {
        self.steps.push_back(Step {
            cause,
            command,
            flagged: 0,
        });
    }

    /// Has everything judged again: what was under way may have been lost.
    pub(super) fn begin_anew(&mut self) {
        self.steps.clear();
        self.begin(
            0,
            Command::Rejudge(Rejudge {
                scope: Scope::All,
                after: None,
            }),
        );
    }

    /// The step to take next.
    pub(super) fn next(&self) -> Option<&Step> {
        self.steps.front()
    }

    /// Notes what that step flagged and what follows it. Gives the change and what its judging
    /// flagged in all, when that was the last step.
    pub(super) fn stepped(
        &mut self,
        flagged: u32,
        follow_up: Option<Command>,
    ) -> Option<(Revision, u32)> {
        let step = self.steps.front_mut()?;
        step.flagged = step.flagged.saturating_add(flagged);
        if let Some(command) = follow_up {
            step.command = command;
            return None;
        }
        self.steps
            .pop_front()
            .map(|step| (step.cause, step.flagged))
    }

    /// Keeps an answer until the judging that its command caused has ended.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        if let super::group::Prepared::Done(done) = &waiting.prepared {
            self.waiting.insert(done.revision, waiting);
        }
    }

    /// The answer that waited for this judging.
    pub(super) fn ended(&mut self, cause: Revision) -> Option<Waiting> {
        self.waiting.remove(&cause)
    }

    /// Every answer that waits; their commands are done.
    pub(super) fn take_waiting(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}
