//! The copy of the key ring among the backups, which follows it: whoever is erased has to be gone from there within a second, whatever
//! else is asked of that disk meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{Backups, KEYS, NotTaken, blocking, later};
use crate::condition::stopped;
use crate::keyring::Mirrored;
use crate::lock::locked;

/// How often the ring is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A copy that could not be brought up to the ring is tried again so much later.
const AGAIN: Duration = Duration::from_secs(5);

/// A copy that is behind for longer than this is warned of.
const BEHIND: SignedDuration = SignedDuration::from_mins(1);

/// So long a server that stops waits for the copy: a disk that stands still holds nobody up.
const AT_THE_STOP: Duration = Duration::from_secs(3);

/// Of a disk that does not even fail.
const NO_ANSWER: &str = "see whether the disk of the backup folder answers";

/// How far the copy has followed the ring.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// How far the ring had come when the copy was brought up to it.
    reached: Option<u64>,
    /// Since when the copy is known to be behind.
    behind: Option<Timestamp>,
    /// Why it could not be brought up to the ring since then, if it failed.
    problem: Option<String>,
    /// The folder in which a copy that knew more than the ring lay when it was last brought up.
    aside: Option<PathBuf>,
}

impl Backups {
    /// Lets the copy of the ring follow it until the server stops, beside the backups: one that is written, or whose disk stands still,
    /// does not hold it up.
    pub(crate) async fn follow_on(self, mut stopping: watch::Receiver<bool>) {
        let Some(config) = &self.0.config else {
            return;
        };
        tokio::select! {
            () = self.keep_following(&config.folder) => {}
            () = self.tell_of_it() => {}
            () = stopped(&mut stopping) => {}
        }
    }

    /// Lets the copy follow once more, when nobody writes to the ring any more; within seconds, or not at all.
    pub(crate) async fn follow_at_the_stop(&self) {
        let Some(config) = &self.0.config else {
            return;
        };
        if !self.is_behind() {
            return;
        }
        let why = match timeout(AT_THE_STOP, self.follow(&config.folder)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => NO_ANSWER.to_owned(),
        };
        tracing::error!(
            why,
            "THE COPY OF THE KEY RING AMONG THE BACKUPS IS OLDER THAN THE RING, until the server is started again"
        );
    }

    /// Brings the copy up to the ring. One at a time: see [`crate::keyring::Keyring::mirror`].
    pub(super) async fn follow(&self, folder: &Path) -> Result<(), NotTaken> {
        let followed = self.bring_up(folder).await;
        let mut following = locked(&self.0.following);
        match followed {
            Ok(Mirrored { changes, aside }) => {
                *following = Following {
                    reached: following.reached.max(Some(changes)),
                    aside,
                    ..Following::default()
                };
                Ok(())
            }
            Err(error) => {
                following.problem = Some(error.to_string());
                Err(error)
            }
        }
    }

    async fn bring_up(&self, folder: &Path) -> Result<Mirrored, NotTaken> {
        let there = folder.to_owned();
        // Its disk may not be mounted, or not answer.
        blocking(move || {
            if there.is_dir() {
                return Ok(());
            }
            Err(NotTaken::Missing(there))
        })
        .await?;
        Ok(self.0.engine.keys().mirror(folder.join(KEYS)).await?)
    }

    async fn keep_following(&self, folder: &Path) {
        loop {
            let has_failed = self.is_behind() && self.follow(folder).await.is_err();
            sleep(if has_failed { AGAIN } else { LOOK }).await;
        }
    }

    /// Says once in the log that the copy does not follow, and that it does again.
    async fn tell_of_it(&self) {
        let mut told = false;
        loop {
            sleep(LOOK).await;
            match self.not_followed() {
                Some(why) if !told => {
                    tracing::error!(
                        why,
                        "THE COPY OF THE KEY RING AMONG THE BACKUPS DOES NOT FOLLOW IT"
                    );
                    told = true;
                }
                None if told => {
                    tracing::info!("the copy of the key ring among the backups follows it again");
                    told = false;
                }
                _ => {}
            }
        }
    }

    /// Whether the ring was changed since the copy was brought up to it.
    fn is_behind(&self) -> bool {
        let mut following = locked(&self.0.following);
        let is_behind = following.reached != Some(self.0.engine.keys().changes());
        if is_behind && following.behind.is_none() {
            following.behind = Some(self.0.engine.now());
        }
        is_behind
    }

    /// What is to be said of a copy that was put aside.
    pub(super) fn put_aside(&self) -> Option<String> {
        let following = locked(&self.0.following);
        following.aside.as_ref().map(|folder| {
            format!(
                "A copy of the key ring that knew more than the ring was put aside among the backups, in {}: restore the newest \
                 backup with --keys-in and that folder, or remove it when no backup needs it; whoever is erased is not erased from \
                 there",
                folder.display()
            )
        })
    }

    /// What is to be said of a copy that has been behind for too long.
    pub(super) fn not_followed(&self) -> Option<String> {
        let following = locked(&self.0.following);
        let since = following.behind?;
        let why = following.problem.as_deref().unwrap_or(NO_ANSWER);
        (self.0.engine.now() > later(since, BEHIND)).then(|| {
            format!(
                "The copy of the key ring among the backups is as it was before {since}, and may give back whoever was erased \
                 since: {why}"
            )
        })
    }
}
