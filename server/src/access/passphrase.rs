//! Passphrases: how they are kept, and how they are judged.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use treadwell_clinic::model::PassphraseHash;

/// At most so many are worked on at once: each takes 19 MiB and a core for some hundredths of a second.
const AT_ONCE: usize = 2;

/// At most so many may wait for that.
const QUEUE: usize = 64;

/// Too many passphrases are waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Hashes passphrases by Argon2id with the parameters that OWASP's Password Storage Cheat Sheet asks for at least: 19 MiB, 2 passes, 1 lane.
/// They are the default of the crate, and each hash says by which it was made.
#[derive(Debug)]
pub(super) struct Hashing {
    at_once: Arc<Semaphore>,
    queue: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Semaphore::new(QUEUE),
        }
    }
}

/// The hash of what nobody knows. Judging by it takes as long as judging by somebody's.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let mut nothing = [0; 32];
    // Without randomness it is the hash of zeros, and still nobody's.
    let _ = getrandom::fill(&mut nothing);
    hash(&nothing).unwrap_or_default()
});

fn hash(passphrase: &[u8]) -> Option<String> {
    let hash = Argon2::default().hash_password(passphrase).ok()?;
    Some(hash.to_string())
}

fn matches(passphrase: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(passphrase, &hash).is_ok())
}

impl Hashing {
    /// What is kept of a passphrase; `None` when the system has no randomness to give.
    pub(super) async fn hash(&self, passphrase: String) -> Result<Option<PassphraseHash>, Busy> {
        let made = self.work(move || hash(passphrase.as_bytes())).await?;
        Ok(made.map(|hash| PassphraseHash(hash.into())))
    }

    /// Whether a passphrase is the one of which this was kept; nothing was kept of nobody's, which is found out as slowly.
    pub(super) async fn matches(
        &self,
        passphrase: String,
        kept: Option<PassphraseHash>,
    ) -> Result<bool, Busy> {
        self.work(move || match &kept {
            Some(PassphraseHash(hash)) => matches(passphrase.as_bytes(), hash),
            None => matches(passphrase.as_bytes(), &NOBODYS) && kept.is_some(),
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _queued = self.queue.try_acquire().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await;
        let turn = turn.map_err(|_| Busy)?;
        // Who has asked may go meanwhile; the work goes on, and so does its turn.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_passphrase_is_known_again_and_no_other_and_is_not_shown() {
        let hashing = Hashing::default();
        let words = || "four words and more".to_owned();
        let kept = hashing.hash(words()).await.unwrap().unwrap();
        assert!(
            kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            kept.0
        );
        assert!(!format!("{kept:?}").contains("argon2"));
        let again = hashing.hash(words()).await.unwrap().unwrap();
        assert_ne!(kept, again, "each has a salt of its own");
        let judge = async |text: &str, kept| hashing.matches(text.to_owned(), kept).await;
        assert_eq!(judge(&words(), Some(kept.clone())).await, Ok(true));
        assert_eq!(judge("four words and mor", Some(kept)).await, Ok(false));
        assert_eq!(judge(&words(), None).await, Ok(false));
        let broken = PassphraseHash("not a hash".into());
        assert_eq!(judge(&words(), Some(broken)).await, Ok(false));
    }

    #[tokio::test]
    async fn no_more_wait_than_may() {
        let hashing = Hashing::default();
        let turns = hashing.at_once.acquire_many(2).await.unwrap();
        let mut all: Vec<_> = (0..QUEUE).map(|_| Box::pin(hashing.work(|| ()))).collect();
        for waits in &mut all {
            assert!(futures::poll!(waits).is_pending());
        }
        assert_eq!(hashing.work(|| ()).await, Err(Busy));
        drop(turns);
        for waits in all {
            assert_eq!(waits.await, Ok(()));
        }
    }
}
