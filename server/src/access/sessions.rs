//! Sessions: what a passphrase opens, until it is closed. They are in memory alone, so that a restart ends them all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use treadwell_clinic::Clinic;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Key, KeyHash, PassphraseHash};

use super::Secret;
use super::attempts::Origin;
use crate::lock::locked;

/// A session ends after so long, whatever is done in it: longer than a working day.
pub const LONGEST: Duration = Duration::from_hours(12);

/// It ends when nothing was asked in it for so long. An open watch asks nothing.
pub const IDLE: Duration = Duration::from_mins(30);

/// So many may be open at once, and so many of one key. The one that was used longest ago has to go for another one.
const OPEN: usize = 1_000;
const OPEN_OF_KEY: usize = 20;

/// Somebody has signed in by the passphrase of a key.
#[derive(Debug)]
pub struct Session {
    key: KeyId,
    /// The passphrase that opened it. With another one it opens nothing.
    by: PassphraseHash,
    origin: Origin,
    began: Instant,
    used: Mutex<Instant>,
    closed: AtomicBool,
    closing: Notify,
}

impl Session {
    /// Closes it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
    }

    /// Whose passphrase opened it.
    pub(super) const fn key(&self) -> KeyId {
        self.key
    }

    /// Whether it is open, and opens this key. With another passphrase it does not, also where nobody came to close it: the one who
    /// changed it may have hung up before that.
    pub fn is_good(&self, key: &Key) -> bool {
        self.is_open() && self.opens(key)
    }

    fn opens(&self, key: &Key) -> bool {
        key.id == self.key && key.passphrase.as_ref() == Some(&self.by)
    }

    fn ends_at(&self) -> Instant {
        (self.began + LONGEST).min(*locked(&self.used) + IDLE)
    }

    fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && Instant::now() < self.ends_at()
    }

    /// Resolves when it is over.
    pub async fn over(&self) {
        loop {
            // Before it is looked whether it is closed: what comes between is not missed.
            let closing = self.closing.notified();
            if !self.is_open() {
                return;
            }
            tokio::select! {
                () = closing => {}
                () = sleep_until(self.ends_at()) => {}
            }
        }
    }
}

/// By what somebody has come in: a key, and the session of it if that was not by the key's own secret.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The key.
    pub key: KeyId,
    /// The session.
    pub session: Option<Arc<Session>>,
}

impl Pass {
    /// Whether it still opens the clinic, as that is `now`.
    pub fn is_good(&self, clinic: &Clinic, now: Timestamp) -> bool {
        let session = self.session.as_ref();
        clinic.key(self.key).is_some_and(|key| {
            key.is_live(now) && session.is_none_or(|session| session.is_good(key))
        })
    }
}

/// The sessions that are open, by the hash of their secret.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    all: Mutex<HashMap<KeyHash, Arc<Session>>>,
}

impl Sessions {
    /// Opens one. Fails when the system has no randomness to give.
    pub(super) fn open(
        &self,
        key: KeyId,
        by: PassphraseHash,
        origin: Origin,
    ) -> Result<Secret, getrandom::Error> {
        let secret = Secret::of_session()?;
        let now = Instant::now();
        let mut all = locked(&self.all);
        all.retain(|_, session| session.is_open());
        make_room(&mut all, OPEN_OF_KEY, |session| session.key == key);
        make_room(&mut all, OPEN, |_| true);
        let session = Session {
            key,
            by,
            origin,
            began: now,
            used: Mutex::new(now),
            closed: AtomicBool::new(false),
            closing: Notify::new(),
        };
        all.insert(secret.hash(), Arc::new(session));
        Ok(secret)
    }

    /// The open session with this secret, which is used by that.
    pub(super) fn find(&self, hash: &KeyHash) -> Option<Arc<Session>> {
        let session = locked(&self.all).get(hash).map(Arc::clone)?;
        session.is_open().then(|| {
            *locked(&session.used) = Instant::now();
            session
        })
    }

    /// Whether one that was opened from here is open.
    pub(super) fn any_from(&self, origin: Origin) -> bool {
        let all = locked(&self.all);
        all.values()
            .any(|session| session.origin == origin && session.is_open())
    }

    /// Closes those of a key that its passphrase does not open any more.
    pub(super) fn close_former(&self, key: &Key) {
        locked(&self.all).retain(|_, session| {
            let stays = session.key != key.id || session.opens(key);
            if !stays {
                session.close();
            }
            stays
        });
    }
}

fn make_room(all: &mut HashMap<KeyHash, Arc<Session>>, most: usize, of: impl Fn(&Session) -> bool) {
    let those = || all.iter().filter(|(_, session)| of(session));
    if those().count() < most {
        return;
    }
    let oldest = those().min_by_key(|(_, session)| *locked(&session.used));
    if let Some(oldest) = oldest.map(|(&hash, _)| hash)
        && let Some(session) = all.remove(&oldest)
    {
        session.close();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;
    use treadwell_clinic::model::{Role, Sites};

    use super::*;

    fn hash() -> PassphraseHash {
        PassphraseHash("a hash".into())
    }

    fn with(passphrase: PassphraseHash) -> Key {
        Key {
            id: KeyId::new(1),
            hash: KeyHash([7; 32]),
            name: "Somebody".to_owned(),
            role: Role::Owner,
            sites: Sites::All,
            therapist: None,
            created: Timestamp::UNIX_EPOCH,
            expires: None,
            revoked: None,
            passphrase: Some(passphrase),
        }
    }

    fn open(sessions: &Sessions, key: u64) -> KeyHash {
        let by = hash();
        let secret = sessions.open(KeyId::new(key), by, Origin::default());
        secret.unwrap().hash()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_idle_and_at_last_in_any_case() {
        let sessions = Sessions::default();
        let idle = open(&sessions, 1);
        advance(IDLE.saturating_sub(Duration::from_secs(1))).await;
        assert!(sessions.find(&idle).is_some());
        advance(IDLE.saturating_sub(Duration::from_secs(1))).await;
        let found = sessions.find(&idle).expect("it was used meanwhile");
        let over = tokio::spawn(async move { found.over().await });
        advance(IDLE).await;
        assert!(sessions.find(&idle).is_none());
        assert!(!sessions.any_from(Origin::default()));
        over.await.unwrap();
        let busy = open(&sessions, 1);
        let begun = Instant::now();
        while sessions.find(&busy).is_some() {
            advance(IDLE / 2).await;
        }
        assert_eq!(begun.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_closed_is_over_at_once() {
        let sessions = Sessions::default();
        let (mine, theirs) = (open(&sessions, 1), open(&sessions, 2));
        let found = sessions.find(&mine).unwrap();
        let begun = Instant::now();
        let over = tokio::spawn(async move { found.over().await });
        tokio::task::yield_now().await;
        sessions.close_former(&with(hash()));
        assert!(sessions.find(&mine).is_some(), "it is the same passphrase");
        sessions.close_former(&with(PassphraseHash("another".into())));
        over.await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(sessions.find(&mine).is_none());
        let theirs = sessions.find(&theirs).unwrap();
        theirs.close();
        theirs.over().await;
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_are_bounded_and_the_one_used_longest_ago_goes() {
        let sessions = Sessions::default();
        let first = open(&sessions, 1);
        advance(Duration::from_secs(1)).await;
        let second = open(&sessions, 1);
        advance(Duration::from_secs(1)).await;
        assert!(sessions.find(&first).is_some(), "used last of the two");
        for _ in 2..=OPEN_OF_KEY {
            open(&sessions, 1);
        }
        assert!(sessions.find(&second).is_none());
        assert!(sessions.find(&first).is_some());
        for key in 0..u64::try_from(2 * OPEN).unwrap() {
            open(&sessions, key + 10);
        }
        assert_eq!(locked(&sessions.all).len(), OPEN);
    }
}
