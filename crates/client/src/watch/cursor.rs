//! Puts the server's messages together into whole commits and knows where to resume. Pure.

use treadwell_api::v1::{WatchEvent, WatchResponse};

use super::Change;

/// Where the watch is.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    /// The revision at which the delivered state is whole.
    applied: Option<u64>,
    /// The history that `applied` is of; empty as long as the server has not said.
    history: String,
    /// Events of a commit, or of a snapshot, that is not whole yet.
    pending: Vec<WatchEvent>,
    /// What `pending` belongs to, while it is in progress.
    progress: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Snapshot,
    Commit,
}

/// What a message amounted to.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Nothing to tell yet.
    Partial,
    /// Nothing changed.
    Checkpoint,
    /// A whole snapshot.
    Snapshot(Change),
    /// A whole commit, or several.
    Commit(Change),
}

/// The server's stream contradicts itself; the watch starts over from what it has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's messages do not fit together: {0}")]
pub(super) struct Contradiction(&'static str);

impl Cursor {
    pub(super) fn new(after: Option<u64>) -> Self {
        Self {
            applied: after,
            ..Self::default()
        }
    }

    /// Where to resume; `None` asks for a snapshot.
    pub(super) fn position(&self) -> Option<u64> {
        self.applied
    }

    /// The history that the position is of; empty when it is not known.
    pub(super) fn history(&self) -> &str {
        &self.history
    }

    /// A new stream begins: what was not whole comes again.
    pub(super) fn restart(&mut self) {
        self.pending.clear();
        self.progress = None;
    }

    /// The server no longer has what follows the position: begin with a snapshot.
    pub(super) fn forget(&mut self) {
        self.restart();
        self.applied = None;
        self.history.clear();
    }

    /// Takes the next message.
    pub(super) fn accept(&mut self, mut message: WatchResponse) -> Result<Step, Contradiction> {
        self.history = std::mem::take(&mut message.history);
        if message.checkpoint {
            if self.progress.is_some() {
                return Err(Contradiction("a checkpoint inside a commit"));
            }
            // Before a snapshot a checkpoint says nothing that could be resumed from.
            if let Some(applied) = &mut self.applied {
                *applied = message.revision.max(*applied);
            }
            return Ok(Step::Checkpoint);
        }
        let part = if message.snapshot {
            Part::Snapshot
        } else {
            Part::Commit
        };
        if *self.progress.get_or_insert(part) != part {
            return Err(Contradiction("a commit inside a snapshot"));
        }
        if part == Part::Commit && self.applied.is_none() {
            return Err(Contradiction("a commit before the snapshot"));
        }
        self.pending.extend(message.events);
        if !message.commit_complete {
            return Ok(Step::Partial);
        }
        self.progress = None;
        let mut events = std::mem::take(&mut self.pending);
        let revision = message.revision;
        if part == Part::Snapshot {
            self.applied = Some(revision);
            return Ok(Step::Snapshot(Change { revision, events }));
        }
        let applied = self.applied.unwrap_or_default();
        if revision <= applied {
            return Ok(Step::Checkpoint);
        }
        // What the delivered state holds already is not told again, whatever the server sends.
        events.retain(|event| event.revision > applied);
        self.applied = Some(revision);
        Ok(Step::Commit(Change { revision, events }))
    }
}

#[cfg(test)]
mod tests {
    use treadwell_api::v1::{Site, watch_event::Resource};

    use super::*;

    fn event(revision: u64) -> WatchEvent {
        WatchEvent {
            revision,
            resource: Some(Resource::Site(Site {
                id: format!("site-{revision}"),
                ..Site::default()
            })),
        }
    }

    fn commit(revision: u64, events: Vec<WatchEvent>, commit_complete: bool) -> WatchResponse {
        WatchResponse {
            revision,
            events,
            commit_complete,
            ..WatchResponse::default()
        }
    }

    fn snapshot(revision: u64, events: Vec<WatchEvent>, commit_complete: bool) -> WatchResponse {
        WatchResponse {
            snapshot: true,
            ..commit(revision, events, commit_complete)
        }
    }

    fn checkpoint(revision: u64) -> WatchResponse {
        WatchResponse {
            revision,
            checkpoint: true,
            ..WatchResponse::default()
        }
    }

    #[test]
    fn parts_are_told_only_when_whole() {
        let mut cursor = Cursor::new(None);
        assert_eq!(
            cursor.accept(snapshot(5, vec![event(1)], false)),
            Ok(Step::Partial)
        );
        assert_eq!(
            cursor.position(),
            None,
            "half a snapshot is nothing to resume from"
        );
        let whole = Change {
            revision: 5,
            events: vec![event(1), event(5)],
        };
        assert_eq!(
            cursor.accept(snapshot(5, vec![event(5)], true)),
            Ok(Step::Snapshot(whole))
        );
        assert_eq!(
            cursor.accept(commit(6, vec![event(6)], false)),
            Ok(Step::Partial)
        );
        assert_eq!(cursor.position(), Some(5));
        let whole = Change {
            revision: 6,
            events: vec![event(6), event(6)],
        };
        assert_eq!(
            cursor.accept(commit(6, vec![event(6)], true)),
            Ok(Step::Commit(whole))
        );
        assert_eq!(cursor.accept(checkpoint(9)), Ok(Step::Checkpoint));
        assert_eq!(cursor.position(), Some(9));
    }

    #[test]
    fn the_history_is_that_of_the_position() {
        let mut cursor = Cursor::new(Some(5));
        assert_eq!(cursor.history(), "");
        let told = WatchResponse {
            history: "a".to_owned(),
            ..checkpoint(5)
        };
        assert_eq!(cursor.accept(told), Ok(Step::Checkpoint));
        cursor.restart();
        assert_eq!((cursor.position(), cursor.history()), (Some(5), "a"));
        cursor.forget();
        assert_eq!((cursor.position(), cursor.history()), (None, ""));
    }

    #[test]
    fn a_stream_that_broke_inside_a_commit_resumes_before_it() {
        let mut cursor = Cursor::new(Some(5));
        assert_eq!(
            cursor.accept(commit(6, vec![event(6)], false)),
            Ok(Step::Partial)
        );
        cursor.restart();
        assert_eq!(cursor.position(), Some(5));
        let whole = Change {
            revision: 6,
            events: vec![event(6)],
        };
        assert_eq!(
            cursor.accept(commit(6, vec![event(6)], true)),
            Ok(Step::Commit(whole))
        );
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let mut cursor = Cursor::new(Some(5));
        assert_eq!(
            cursor.accept(commit(5, vec![event(5)], true)),
            Ok(Step::Checkpoint)
        );
        let rest = Change {
            revision: 7,
            events: vec![event(6), event(7)],
        };
        let both = vec![event(5), event(6), event(7)];
        assert_eq!(cursor.accept(commit(7, both, true)), Ok(Step::Commit(rest)));
    }

    #[test]
    fn messages_that_do_not_fit_together_are_noticed() {
        let mut cursor = Cursor::new(Some(5));
        assert_eq!(cursor.accept(commit(6, vec![], false)), Ok(Step::Partial));
        assert!(cursor.accept(checkpoint(6)).is_err());
        assert!(cursor.accept(snapshot(6, vec![], true)).is_err());
        cursor.forget();
        assert_eq!(cursor.position(), None);
        assert!(
            cursor.accept(commit(6, vec![], true)).is_err(),
            "a commit without a state to apply it to"
        );
    }
}
