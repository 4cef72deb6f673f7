//! Backups that are taken when they are due.

use std::mem;
use std::pin::pin;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

use super::{Asked, Backups, later};
use crate::condition::stopped;
use crate::config;
use crate::lock::locked;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// After a backup that could not be taken the next one is tried so much later.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// What takes longer than this is warned of: the disk may stand still, and answers nothing then, not even that it fails.
const LATE: SignedDuration = SignedDuration::from_hours(1);

impl Backups {
    /// Takes backups by schedule until the server stops.
    pub(crate) async fn keep_up(self, mut stopping: watch::Receiver<bool>) {
        let Some(config) = self.0.config.clone() else {
            tracing::warn!(
                "no backups are taken: name a folder for them in the configuration ([backup], folder)"
            );
            return;
        };
        let mut looks = tokio::time::interval(LOOK);
        let mut is_first = true;
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = stopped(&mut stopping) => return,
            }
            locked(&self.0.state).begun = Some(self.0.engine.now());
            let looks_back = mem::take(&mut is_first);
            let mut work = pin!(async {
                if looks_back {
                    self.look_for_the_newest(&config).await;
                }
                self.catch_up(&config).await;
            });
            let mut said = false;
            loop {
                tokio::select! {
                    () = &mut work => break,
                    _ = looks.tick() => self.say_when_late(&mut said),
                    () = stopped(&mut stopping) => return,
                }
            }
            locked(&self.0.state).begun = None;
        }
    }

    /// When the next one is due, by those that there are.
    async fn look_for_the_newest(&self, config: &config::Backup) {
        match self.list().await {
            Ok(backups) => {
                let newest = backups.into_iter().next();
                let every = every(config);
                let mut state = locked(&self.0.state);
                state.due = newest.as_ref().map(|it| later(it.header.taken_at, every));
                state.newest = newest;
            }
            Err(error) => tracing::error!(%error, "the backups that there are can not be listed"),
        }
    }

    /// Takes a backup if one is due.
    async fn catch_up(&self, config: &config::Backup) {
        let (now, every) = (self.0.engine.now(), every(config));
        // A clock that was set back is not waited for.
        let waits = |due| now < due && due.duration_since(now) <= every;
        if self.due().is_some_and(waits) {
            return;
        }
        let taken = self.take(Asked::No).await;
        let wait = if taken.is_ok() { every } else { AGAIN };
        locked(&self.0.state).due = Some(later(now, wait));
    }

    /// What is to be said of the work of the schedule when it takes too long.
    pub(super) fn late(&self) -> Option<String> {
        let begun = locked(&self.0.state).begun?;
        (self.0.engine.now() > later(begun, LATE)).then(|| {
            format!("it was begun at {begun} and has not ended; see whether the disk of the backup folder answers")
        })
    }

    fn say_when_late(&self, said: &mut bool) {
        if let Some(problem) = self.late()
            && !*said
        {
            *said = true;
            tracing::error!(problem, "NO BACKUP HAS BEEN TAKEN YET");
        }
    }
}

fn every(config: &config::Backup) -> SignedDuration {
    SignedDuration::from_hours(config.every_hours.into())
}
