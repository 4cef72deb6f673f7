//! What is done again and again is written once, and counted.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use treadwell_clinic::id::KeyId;

use super::{Deed, Entry};

/// What follows within this time is counted.
pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// So many different things are remembered; beyond that each has an entry of its own.
const REMEMBERED: usize = 4_096;

/// What is said of refusals beyond those.
const OTHERS: &str = "refused, from many addresses";

type What = (Option<KeyId>, String, Deed);

/// What was written within the last minute.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<What, Counted>);

#[derive(Debug)]
struct Counted {
    until: Instant,
    last: Timestamp,
    more: u64,
}

impl Repeats {
    /// Whether this is only counted. Otherwise it has to be written, and from now on is remembered as if it were.
    pub(super) fn absorb(&mut self, entry: &Entry, now: Instant) -> bool {
        if !entry.deed.repeats() {
            return false;
        }
        let what = (entry.key, entry.address.clone(), entry.deed.clone());
        if let Some(counted) = self.0.get_mut(&what)
            && now < counted.until
        {
            counted.more += 1;
            counted.last = entry.at;
            return true;
        }
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&what) {
            return self.is_one_of_too_many(entry, now);
        }
        self.remember(what, entry, now);
        false
    }

    /// Whoever is not let in from ever more addresses fills no disk: beyond those that are remembered they are counted together.
    fn is_one_of_too_many(&mut self, entry: &Entry, now: Instant) -> bool {
        if !matches!(entry.deed, Deed::Refused { .. }) {
            return false;
        }
        let others = Deed::Refused {
            why: OTHERS.to_owned(),
        };
        let what = (None, String::new(), others);
        if !self.0.contains_key(&what) {
            self.remember(what.clone(), entry, now);
        }
        self.0.entry(what).and_modify(|counted| {
            counted.more += 1;
            counted.last = entry.at;
        });
        true
    }

    fn remember(&mut self, what: What, entry: &Entry, now: Instant) {
        let counted = Counted {
            until: now + WINDOW,
            last: entry.at,
            // What was counted and not written yet is not lost.
            more: self.0.get(&what).map_or(0, |former| former.more),
        };
        self.0.insert(what, counted);
    }

    /// These were not written, and so nobody was shown anything of them. Of whoever was not let in, came in or went, a count is kept.
    pub(super) fn unwritten(&mut self, entries: &[Entry], now: Instant) {
        for entry in entries.iter().filter(|entry| entry.deed.repeats()) {
            let what = (entry.key, entry.address.clone(), entry.deed.clone());
            let Some(counted) = self.0.get_mut(&what) else {
                continue;
            };
            if !matches!(entry.deed, Deed::Read { .. }) {
                counted.more += 1;
            }
            // The next one has an entry of its own again.
            counted.until = now;
            if counted.more == 0 {
                self.0.remove(&what);
            }
        }
    }

    /// These counts could not be written. They are given again.
    pub(super) fn put_back(&mut self, counts: Vec<Entry>, now: Instant) {
        for count in counts {
            let what = (count.key, count.address, count.deed);
            let counted = self.0.entry(what).or_insert(Counted {
                until: now,
                last: count.at,
                more: 0,
            });
            counted.more += count.more;
        }
    }

    /// The counts of the windows that are over, as entries; all of them at the end.
    pub(super) fn over(&mut self, now: Option<Instant>) -> Vec<Entry> {
        let is_over = |counted: &Counted| now.is_none_or(|now| counted.until <= now);
        let over = self.0.extract_if(|_, counted| is_over(counted));
        let mut entries: Vec<Entry> = over
            .filter(|(_, counted)| counted.more > 0)
            .map(|((key, address, deed), counted)| Entry {
                at: counted.last,
                key,
                address,
                deed,
                more: counted.more,
            })
            .collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}
