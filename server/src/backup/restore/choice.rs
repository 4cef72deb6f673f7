//! Which revision of a backup is the moment that somebody asks for.

use std::fmt;

use jiff::Timestamp;
use treadwell_journal::Error;

use super::Until;

/// A revision, and when it was made as far as that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) revision: u64,
    pub(super) made_at: Option<Timestamp>,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) moment: Moment,
    /// The first revision up to there that says a later time than was asked for.
    pub(super) ahead: Option<u64>,
}

/// Why there is nothing to choose.
#[derive(Debug)]
pub(super) enum NotHeld {
    /// No such revision.
    Revision(Error),
    /// It came after the backup.
    Later { asked: Timestamp, until: Timestamp },
    /// It came before what the backup holds.
    Earlier {
        asked: Timestamp,
        /// When that begins, if it is told.
        begins: Option<Timestamp>,
        oldest: u64,
        newest: u64,
    },
}

/// Chooses while the commits go by in their order. It knows of each only the revision and the time.
#[derive(Debug)]
pub(super) struct Choice {
    until: Until,
    /// The revision with which the backup begins; 0 is before the first change.
    oldest: u64,
    /// The time of the first moment that is told.
    begins: Option<Timestamp>,
    /// The last that went by.
    last: Moment,
    chosen: Option<Moment>,
    ahead: Option<u64>,
}

impl Choice {
    /// Begins with a backup that can be restored to the revision `oldest` and later ones.
    pub(super) fn begin(until: Until, oldest: u64) -> Self {
        let first = Moment {
            revision: oldest,
            made_at: None,
        };
        Self {
            until,
            oldest,
            begins: None,
            last: first,
            chosen: (!matches!(until, Until::Instant(_))).then_some(first),
            ahead: None,
        }
    }

    /// Learns when the newest change was made that is known of what the backup begins with. After a salvage that may be an earlier
    /// revision than the one with which it begins: what was lost in between is taken to have been made by then.
    pub(super) fn begins(&mut self, newest: u64, at: Timestamp) {
        let moment = Moment {
            revision: self.oldest,
            made_at: (newest == self.oldest).then_some(at),
        };
        (self.begins, self.last) = (Some(at), moment);
        match self.until {
            Until::Instant(asked) if asked < at => self.ahead = Some(self.oldest),
            _ => self.chosen = Some(moment),
        }
    }

    /// Sees the next commit; says whether it is wanted, with all that came before it.
    pub(super) fn see(&mut self, revision: u64, at: Timestamp) -> bool {
        self.last = Moment {
            revision,
            made_at: Some(at),
        };
        // What a base says of itself comes first, and nothing comes before the first change.
        if self.oldest == 0 {
            self.begins.get_or_insert(at);
        }
        let is_wanted = match self.until {
            Until::End => true,
            Until::Revision(asked) => revision <= asked,
            Until::Instant(asked) => at <= asked,
        };
        if is_wanted {
            self.chosen = Some(self.last);
        } else {
            self.ahead.get_or_insert(revision);
        }
        is_wanted
    }

    /// The end of the backup, which was begun at `taken_at`.
    pub(super) fn end(&self, taken_at: Timestamp) -> Result<Chosen, NotHeld> {
        let newest = self.last.revision;
        let chosen = |moment: Moment| Chosen {
            moment,
            ahead: self.ahead.filter(|it| *it < moment.revision),
        };
        match self.until {
            Until::Revision(asked) if !(self.oldest..=newest).contains(&asked) => {
                Err(NotHeld::Revision(Error::NoSuchRevision {
                    asked,
                    oldest: self.oldest,
                    newest,
                }))
            }
            Until::Instant(asked) => {
                // It is begun a moment before it is known what it is of.
                let last = self.last.made_at.or(self.begins);
                let until = last.map_or(taken_at, |at| at.max(taken_at));
                if asked > until {
                    return Err(NotHeld::Later { asked, until });
                }
                let is_empty = newest == 0;
                let moment = self.chosen.or(is_empty.then_some(self.last));
                moment.map(chosen).ok_or(NotHeld::Earlier {
                    asked,
                    begins: self.begins,
                    oldest: self.oldest,
                    newest,
                })
            }
            // It was chosen when it began.
            _ => Ok(chosen(self.chosen.unwrap_or(self.last))),
        }
    }
}

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(error) => error.fmt(f),
            Self::Later { asked, until } => write!(
                f,
                "it holds what was until {until}, and not {asked}; take a later backup, or leave --at away to restore the end of this one"
            ),
            Self::Earlier {
                asked,
                begins: Some(begins),
                oldest: 0,
                newest,
            } => write!(
                f,
                "the first change in it was made {begins}, and nothing is older, while {asked} was asked for; name a later instant, or a \
                 revision from 0 to {newest}"
            ),
            Self::Earlier {
                asked,
                begins: Some(begins),
                oldest,
                newest,
            } => write!(
                f,
                "it begins with revision {oldest}, and the newest change in that was made {begins}, after {asked}; take an older backup, \
                 or name a revision from {oldest} to {newest}"
            ),
            Self::Earlier {
                asked,
                begins: None,
                oldest,
                newest,
            } => write!(
                f,
                "it begins with revision {oldest} and does not say when that was made, and nothing in it says a time up to {asked}; name a \
                 revision from {oldest} to {newest}"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
