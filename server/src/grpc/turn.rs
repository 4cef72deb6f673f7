//! Work that takes long and can wait: reports, plans of repairs, complete records. It is done on threads that give way to those which
//! answer calls, and one piece at a time: however much is asked for, changes and searches go before.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, oneshot};
use tonic::Status;

use super::status;

#[cfg(test)]
mod tests;

/// How many calls may be in the queue, that whose turn it is included. Each keeps the clinic as it was when it came.
const CALLS: usize = 32;

/// A queue of calls: whose turn it is.
#[derive(Clone, Debug)]
pub struct Turn {
    one: Arc<Mutex<()>>,
    places: Arc<Semaphore>,
}

/// A place in the queue, for all the pieces of one call.
#[derive(Debug)]
pub(super) struct Place {
    turn: Turn,
    _kept: OwnedSemaphorePermit,
}

impl Default for Turn {
    fn default() -> Self {
        Self {
            one: Arc::default(),
            places: Arc::new(Semaphore::new(CALLS)),
        }
    }
}

impl Turn {
    /// A place in the queue; refused at once when too many wait.
    pub(super) fn enter(&self) -> Result<Place, Status> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let kept = place.map_err(|_| {
            status::overloaded(
                "too many reports, plans or records are asked for at once; try again later",
            )
        })?;
        Ok(Place {
            turn: self.clone(),
            _kept: kept,
        })
    }
}

impl Place {
    /// Does some work when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        self.turn.run(what, work).await
    }
}

impl Turn {
    /// Does some work on a thread of its own, when it is its turn. The turn lasts as long as the thread works, also when
    /// nobody waits for it any more. It takes no place: that is for those of whom there are few enough without, and who keep
    /// what they have from one piece to the next for longer than they work.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        let turn = Arc::clone(&self.one).lock_owned().await;
        let (tell, done) = oneshot::channel();
        let thread = thread::Builder::new().name(what.to_owned()).spawn(move || {
            give_way();
            let result = work();
            drop(turn);
            // Whoever asked may have gone.
            drop(tell.send(result));
        });
        thread.map_err(|_| status::internal("a thread could not be started"))?;
        done.await
            .map_err(|_| status::internal("what was asked for could not be worked out to its end"))
    }
}

/// Lets all other threads go first. Linux knows that of one thread; elsewhere the threads share evenly.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        const LAST: i32 = 19;
        if let Err(error) = rustix::process::setpriority_process(None, LAST) {
            tracing::debug!(%error, "a thread does not give way");
        }
    }
}
