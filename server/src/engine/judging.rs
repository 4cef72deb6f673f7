//! What follows from changes: appointments that have to be judged again, places that became free and are offered.
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
    chains: VecDeque<Chain>,
    /// By the revision of the change.
    waiting: BTreeMap<Revision, Waiting>,
}

/// What follows from one change, under way.
struct Chain {
    /// The revision of the change; 0 when it is not known.
    cause: Revision,
    /// What is still to be done, in its order; never nothing.
    commands: VecDeque<Command>,
    flagged: u32,
}

impl Judging {
    /// Whether nothing is left to be judged.
    pub(super) fn is_idle(&self) -> bool {
        self.chains.is_empty()
    }

    /// Puts what follows from a change at the end of the line, if anything does.
    pub(super) fn begin(&mut self, cause: Revision, commands: Vec<Command>) {
        if commands.is_empty() {
            return;
        }
        self.chains.push_back(Chain {
            cause,
            commands: commands.into(),
            flagged: 0,
        });
    }

    /// Has everything judged again: what was under way may have been lost.
    pub(super) fn begin_anew(&mut self) {
        self.chains.clear();
        let all = Rejudge {
            scope: Scope::All,
            after: None,
        };
        self.begin(0, vec![Command::Rejudge(all)]);
    }

    /// The step to take next, and the change that it follows from.
    pub(super) fn next(&self) -> Option<(Revision, &Command)> {
        let chain = self.chains.front()?;
        Some((chain.cause, chain.commands.front()?))
    }

    /// Notes what that step flagged and what follows it. Gives the change and what its judging
    /// flagged in all, when that was the last step.
    pub(super) fn stepped(
        &mut self,
        flagged: u32,
        follow_up: Vec<Command>,
    ) -> Option<(Revision, u32)> {
        let chain = self.chains.front_mut()?;
        chain.flagged = chain.flagged.saturating_add(flagged);
        chain.commands.pop_front();
        for command in follow_up.into_iter().rev() {
            chain.commands.push_front(command);
        }
        let ended = self
            .chains
            .pop_front_if(|chain| chain.commands.is_empty())?;
        Some((ended.cause, ended.flagged))
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
