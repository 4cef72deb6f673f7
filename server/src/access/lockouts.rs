//! Passphrases that can not be tried for some time, because wrong ones were.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;
use treadwell_clinic::id::KeyId;

use super::attempts::TooMany;
use crate::lock::locked;

/// After so many wrong passphrases in a row a key's passphrase is not judged any more.
pub(super) const WRONG: u32 = 10;

/// For so long after the last one. Wrong ones that are older are forgotten.
pub(super) const LOCKED: Duration = Duration::from_mins(15);

/// So many names that nobody has are remembered.
const NAMES: usize = 1_024;

/// Whose passphrase is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A key's, which was named in one of its two ways. Each is locked for itself: names that nobody has can not be known to be of one
    /// key, so that trying would tell whose id goes with which name.
    Key(KeyId, By),
    /// A name's that no key with a passphrase has. It is locked as if there were one, so that nobody learns that there is none.
    Nobody(String),
}

/// How a key was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum By {
    /// By its name.
    Name,
    /// By its id.
    Id,
}

/// The wrong passphrases of late.
#[derive(Debug, Default)]
pub(super) struct Lockouts {
    keys: Mutex<HashMap<(KeyId, By), Wrong>>,
    names: Mutex<HashMap<String, Wrong>>,
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    last: Instant,
}

impl Lockouts {
    /// Counts an attempt before it is judged, so that many at once are no more than many one after the other. Fails while the
    /// passphrase is locked.
    pub(super) fn attempt(&self, whose: &Whose) -> Result<(), TooMany> {
        match whose {
            Whose::Key(key, by) => attempt(&mut locked(&self.keys), (*key, *by)),
            Whose::Nobody(name) => {
                let mut names = locked(&self.names);
                if names.len() >= NAMES && !names.contains_key(name) {
                    let oldest = names.iter().min_by_key(|(_, wrong)| wrong.last);
                    if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                        names.remove(&oldest);
                    }
                }
                attempt(&mut names, name.clone())
            }
        }
    }

    /// Takes back what [`Lockouts::attempt`] counted: it could not be judged.
    pub(super) fn unjudged(&self, whose: &Whose) {
        let less = |wrong: &mut Wrong| wrong.count = wrong.count.saturating_sub(1);
        match whose {
            Whose::Key(key, by) => locked(&self.keys).get_mut(&(*key, *by)).map(less),
            Whose::Nobody(name) => locked(&self.names).get_mut(name).map(less),
        };
    }

    /// Forgets the wrong passphrases of a key; says whether it was locked.
    pub(super) fn lift(&self, key: KeyId) -> bool {
        let mut keys = locked(&self.keys);
        let wrong = [By::Name, By::Id].map(|by| keys.remove(&(key, by)));
        let mut wrong = wrong.into_iter().flatten();
        wrong.any(|wrong| wrong.count >= WRONG && wrong.last.elapsed() < LOCKED)
    }
}

fn attempt<K: Eq + Hash>(all: &mut HashMap<K, Wrong>, whose: K) -> Result<(), TooMany> {
    let now = Instant::now();
    let wrong = all.entry(whose).or_insert(Wrong {
        count: 0,
        last: now,
    });
    let passed = now - wrong.last;
    if passed >= LOCKED {
        wrong.count = 0;
    }
    if wrong.count >= WRONG {
        return Err(TooMany(LOCKED.saturating_sub(passed)));
    }
    *wrong = Wrong {
        count: wrong.count + 1,
        last: now,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_wrong_ones_lock_for_a_quarter_of_an_hour_or_until_it_is_lifted() {
        let lockouts = Lockouts::default();
        let busy = Whose::Key(KeyId::new(3), By::Name);
        for _ in 0..3 * WRONG {
            assert_eq!(lockouts.attempt(&busy), Ok(()));
            lockouts.unjudged(&busy);
        }
        let (key, other) = (KeyId::new(1), KeyId::new(2));
        for whose in [
            Whose::Key(key, By::Name),
            Whose::Nobody("nobody".to_owned()),
        ] {
            for _ in 0..WRONG {
                assert_eq!(lockouts.attempt(&whose), Ok(()));
            }
            assert_eq!(lockouts.attempt(&whose), Err(TooMany(LOCKED)));
            tokio::time::advance(LOCKED / 3).await;
            // What is tried meanwhile does not make it longer.
            assert_eq!(lockouts.attempt(&whose), Err(TooMany(LOCKED * 2 / 3)));
            assert_eq!(
                lockouts.attempt(&Whose::Key(other, By::Name)),
                Ok(()),
                "others are not meant"
            );
            tokio::time::advance(LOCKED * 2 / 3).await;
            assert_eq!(lockouts.attempt(&whose), Ok(()));
        }
        let [named, known] = [By::Name, By::Id].map(|by| Whose::Key(key, by));
        for _ in 0..WRONG {
            let _ = lockouts.attempt(&known);
        }
        assert!(lockouts.attempt(&known).is_err());
        assert_eq!(lockouts.attempt(&named), Ok(()), "it tells of no other");
        assert!(lockouts.lift(key));
        assert_eq!(lockouts.attempt(&known), Ok(()));
        assert!(!lockouts.lift(key), "it was not locked");
    }

    #[tokio::test(start_paused = true)]
    async fn made_up_names_take_bounded_room_and_drive_no_key_out() {
        let lockouts = Lockouts::default();
        let key = Whose::Key(KeyId::new(1), By::Id);
        for _ in 0..WRONG {
            let _ = lockouts.attempt(&key);
        }
        for name in 0..2 * NAMES {
            let _ = lockouts.attempt(&Whose::Nobody(name.to_string()));
        }
        assert_eq!(locked(&lockouts.names).len(), NAMES);
        assert!(lockouts.attempt(&key).is_err());
    }
}
