//! What follows from changes: appointments that have to be judged again, places that became free and are offered.
//!
//! A change that reaches many appointments (a rule set, a room's bars) is one commit; the judging
//! follows in commits of its own, a bounded number of appointments each, one change after the other.
//! Whoever made the change is answered when its judging has ended, and learns what it flagged.
//! Nobody waits for the offers of what became free, and they wait for all judging: what is booked is judged before
//! anything is offered. A restart loses those that were not made yet; the place is as free as any other then.

use std::collections::{BTreeMap, VecDeque};

use treadwell_clinic::command::{Rejudge, Scope};
use treadwell_clinic::{Command, CommandKind, Revision};

use super::group::Waiting;

/// What is still to be judged, and who waits for it.
#[derive(Default)]
pub(super) struct Judging {
    chains: VecDeque<Chain>,
    /// By the revision of the change.
    waiting: BTreeMap<Revision, Waiting>,
    /// What became free, and the change that freed it.
    offers: VecDeque<(Revision, Command)>,
    /// Those that were made in a commit that is not durable yet, by its revision.
    made: VecDeque<(Revision, (Revision, Command))>,
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

    /// Whether there is anything to do: to judge or to offer.
    pub(super) fn has_next(&self) -> bool {
        self.next().is_some()
    }

    /// Puts what follows from a change at the end of the line, if anything does. Tells whether something has to be
    /// judged.
    pub(super) fn begin(&mut self, cause: Revision, commands: Vec<Command>) -> bool {
        let (offers, commands): (VecDeque<_>, VecDeque<_>) = commands
            .into_iter()
            .partition(|command| command.kind() == CommandKind::OfferFreed);
        let offers = offers.into_iter().map(|command| (cause, command));
        self.offers.extend(offers);
        if commands.is_empty() {
            return false;
        }
        self.chains.push_back(Chain {
            cause,
            commands,
            flagged: 0,
        });
        true
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

    /// Notes that an offer is made in a commit of this revision, which may still be taken back.
    pub(super) fn made(&mut self, revision: Revision, cause: Revision, command: Command) {
        if command.kind() == CommandKind::OfferFreed {
            self.made.push_back((revision, (cause, command)));
        }
    }

    /// What there is up to this revision is durable.
    pub(super) fn is_durable(&mut self, revision: Revision) {
        self.made.retain(|(of, _)| revision < *of);
    }

    /// What came after this revision is taken back: what it freed is not free, what it offered is to be offered again.
    pub(super) fn take_back(&mut self, revision: Revision) {
        self.is_durable(revision);
        for (_, offer) in self.made.drain(..).rev() {
            self.offers.push_front(offer);
        }
        self.offers.retain(|(cause, _)| *cause <= revision);
    }

    /// The step to take next, and the change that it follows from.
    pub(super) fn next(&self) -> Option<(Revision, &Command)> {
        let Some(chain) = self.chains.front() else {
            return self.offers.front().map(|(cause, offer)| (*cause, offer));
        };
        Some((chain.cause, chain.commands.front()?))
    }

    /// Notes what that step flagged and what follows it. Gives the change and what its judging
    /// flagged in all, when that was the last step.
    pub(super) fn stepped(
        &mut self,
        flagged: u32,
        follow_up: Vec<Command>,
    ) -> Option<(Revision, u32)> {
        let Some(chain) = self.chains.front_mut() else {
            let (cause, _) = self.offers.pop_front()?;
            // One place after the other, so that who waits longest comes first.
            for offer in follow_up.into_iter().rev() {
                self.offers.push_front((cause, offer));
            }
            return None;
        };
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

#[cfg(test)]
mod tests {
    use treadwell_clinic::command::OfferFreed;

    use super::*;

    fn rejudge() -> Command {
        Command::Rejudge(Rejudge {
            scope: Scope::All,
            after: None,
        })
    }

    fn offer() -> Command {
        Command::OfferFreed(OfferFreed {
            places: Vec::new(),
            after: None,
        })
    }

    #[test]
    fn everything_is_judged_before_anything_is_offered() {
        let mut judging = Judging::default();
        assert!(judging.begin(7, vec![rejudge(), offer()]));
        assert!(judging.begin(8, vec![rejudge()]));
        assert_eq!(judging.next(), Some((7, &rejudge())));
        assert_eq!(judging.stepped(2, vec![rejudge()]), None);
        assert_eq!(judging.stepped(1, Vec::new()), Some((7, 3)), "answered now");
        assert_eq!(judging.next(), Some((8, &rejudge())));
        assert_eq!(judging.stepped(0, Vec::new()), Some((8, 0)));
        assert!(judging.is_idle() && judging.has_next());
        assert_eq!(judging.next(), Some((7, &offer())));
        assert_eq!(judging.stepped(0, Vec::new()), None);
        assert!(!judging.has_next());
    }

    #[test]
    fn of_what_is_taken_back_nothing_is_offered_and_what_it_offered_is_offered_again() {
        let mut judging = Judging::default();
        judging.begin(7, vec![offer()]);
        judging.stepped(0, Vec::new());
        judging.made(8, 7, offer());
        judging.begin(9, vec![offer()]);
        let mut again = Judging::default();
        again.begin(7, vec![offer()]);
        judging.take_back(7);
        assert_eq!(judging.next(), again.next());
        judging.stepped(0, Vec::new());
        assert!(!judging.has_next(), "of the revision 9 nothing is left");

        judging.made(8, 7, offer());
        judging.is_durable(8);
        judging.take_back(8);
        assert!(!judging.has_next(), "it was made for good");
    }

    #[test]
    fn nobody_waits_for_an_offer() {
        let mut judging = Judging::default();
        assert!(!judging.begin(7, vec![offer()]));
        assert!(judging.is_idle() && judging.has_next());
        // A long queue is looked at in steps, and before the next place.
        assert!(!judging.begin(8, vec![offer()]));
        assert_eq!(judging.stepped(0, vec![offer()]), None);
        assert_eq!(judging.next(), Some((7, &offer())));
        assert_eq!(judging.stepped(0, Vec::new()), None);
        assert_eq!(judging.next(), Some((8, &offer())));
    }
}
