//! Work that takes long and can wait: reports, plans of repairs. It is done on threads that give way to those which
//! answer calls, and one piece at a time: however much is asked for, changes and searches go before.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Mutex, oneshot};
use tonic::Status;

use super::status;

/// Whose turn it is.
#[derive(Clone, Debug, Default)]
pub struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Does some work on a thread of its own, when it is its turn. The turn lasts as long as the thread works, also when
    /// nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        let turn = Arc::clone(&self.0).lock_owned().await;
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
