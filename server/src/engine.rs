//! The one writer, and what readers see of it.
//!
//! [`Engine::submit`] hands a command to the writer's queue and gives its answer; [`Engine::snapshot`]
//! is the clinic as published last, and [`Engine::subscribe`] the doorbell that rings when there is
//! more. Every answer, a refusal included, waits until the state that it was decided on is durable and
//! published, so nobody ever acts on what a crash could take back.
//!
//! What it deliberately is not: it knows no messages, no callers' rights and no rules. Rules are
//! [`treadwell_clinic::decide()`]'s, rights the access layer's, bytes on disk `convert::store`'s. It only asks once more, when it is a
//! command's turn, whether what its actor came in by still opens the clinic: nobody else knows the clinic that decides.
//!
//! Where to start reading: `writer` (the loop), `deciding`, `group` (what is decided and not durable yet), then
//! `open`, `requests` (what was acted on already), `recovery` (when an append is in doubt).

mod answer;
mod deciding;
mod erasing;
mod group;
mod history;
mod judging;
mod late;
mod open;
mod recovery;
mod replay;
mod requests;
mod trail;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use treadwell_clinic::model::RecordId;
use treadwell_clinic::{Actor, Command, Revision};
use treadwell_journal::{Journal, answered};

pub use answer::{Committed, Refused};
pub use history::{History, HistoryError, Published, Recent};
pub use open::OpenError;
pub(crate) use open::{erase_again, first_since};
pub(crate) use trail::{Theirs, Trace};

use crate::access::Session;
use crate::clock::Clock;
use crate::keyring::Keyring;
use writer::{Control, Job};

#[cfg(test)]
pub(crate) mod tests;

/// How the engine runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many commands may wait for the writer; more are refused at once.
    pub queue_commands: usize,
    /// How many published commits are kept for watches before they have to be read from the journal.
    pub history_commits: usize,
    /// How often the writer looks at the time although nobody asks for anything.
    pub tick: Duration,
    /// What to do when it can not be told what became of an append.
    pub in_doubt: InDoubt,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_commands: 1024,
            history_commits: 4096,
            tick: Duration::from_millis(500),
            in_doubt: InDoubt::Stop,
        }
    }
}

/// What to do when it can not be told what became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDoubt {
    /// Stop, and let a restart read the truth from disk: for the embedded journal, which has one
    /// writer and no doubt that time would resolve.
    Stop,
    /// Read what the journal has, recognise one's own commits, and decide the others again: for a
    /// journal with other writers.
    Reread,
}

/// How a command is to be written.
#[derive(Clone, Debug, Default)]
pub struct Write {
    /// Names the request, so that it is acted on once.
    pub request: Option<Request>,
    /// A record that has to be as the caller knows it: of this revision still. A request that was
    /// acted on already gets its answer all the same.
    pub unchanged: Option<(RecordId, Revision)>,
    /// The revision of the operation that has to be the actor's latest still: for [`Command::Undo`].
    pub latest: Option<Revision>,
    /// Decide and answer, but change nothing.
    pub validate_only: bool,
    /// Why, for the audit trail; or empty.
    pub reason: String,
    /// From where, for the audit trail; or empty.
    pub address: String,
    /// The session in which it is asked for, if the actor has not come by the key's own secret.
    pub session: Option<Arc<Session>>,
}

/// A request that is acted on once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller's id for it; scoped to the actor's key.
    pub id: String,
    /// The hash of its method and payload.
    pub payload_hash: [u8; 32],
}

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EngineError {
    /// The clinic refuses it.
    #[error(transparent)]
    Refused(Box<Refused>),
    /// The request id was used for something else.
    #[error("this request id was used for another request")]
    RequestIdReused,
    /// The actor's key, or the session of it, opens nothing any more. Nothing was done.
    #[error("the key, or the session of it, opens nothing any more")]
    KeyGone,
    /// Too many commands wait already. Nothing was done.
    #[error("too many commands wait already")]
    Overloaded,
    /// The server can not write. When it stopped amid this command, it is not known whether the
    /// command was done; the same request id finds out.
    #[error("the server can not write: {0}")]
    Stopped(String),
}

/// A handle on the writer and its published state. Cloning it is cheap.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    queue: mpsc::Sender<Job>,
    control: mpsc::UnboundedSender<Control>,
    published: watch::Receiver<Arc<Published>>,
    health: watch::Receiver<Health>,
    history: Arc<History>,
    keys: Arc<Keyring>,
    clock: Arc<dyn Clock>,
}

/// Whether the engine writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Health {
    /// It does.
    #[default]
    Writing,
    /// Not now, but it may again.
    Held(String),
    /// Not any more: only a restart helps.
    Failed(String),
    /// Not any more: it was asked to end.
    Closed,
}

impl Engine {
    /// Opens a clinic on its journal, sealed with the keys of a ring, and starts the writer.
    pub async fn open(
        journal: Arc<dyn Journal>,
        keys: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        open::open(journal, keys, clock, options).await
    }

    /// Has a command decided and, unless it is refused, done. The answer comes once it is durable.
    pub async fn submit(
        &self,
        actor: Actor,
        command: Command,
        write: Write,
    ) -> Result<Committed, EngineError> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            actor,
            command,
            write,
            answer: Some(answer),
        };
        self.0.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => EngineError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => self.stopped(),
        })?;
        let answer = self.answer(answered).await;
        answer.unwrap_or_else(|| Err(self.stopped()))
    }

    /// How many commands wait for the writer.
    pub fn waiting(&self) -> usize {
        self.0.queue.max_capacity() - self.0.queue.capacity()
    }

    /// The clinic as it was published last.
    pub fn snapshot(&self) -> Arc<Published> {
        Arc::clone(&self.0.published.borrow())
    }

    /// What rings when there is a newer clinic.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Published>> {
        self.0.published.clone()
    }

    /// The published commits.
    pub fn history(&self) -> &Arc<History> {
        &self.0.history
    }

    /// The keys with which what belongs to clients is sealed.
    pub fn keys(&self) -> &Arc<Keyring> {
        &self.0.keys
    }

    /// The clinic's time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The clinic's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Whether changes are accepted, or why not.
    pub fn writable(&self) -> Result<(), String> {
        if let Err(jumped) = self.0.clock.read() {
            return Err(jumped.to_string());
        }
        match self.health() {
            Health::Writing => Ok(()),
            Health::Held(why) | Health::Failed(why) => Err(why),
            Health::Closed => Err(CLOSED.to_owned()),
        }
    }

    /// How the writer is. One that has ended and did not say so was ended by a panic.
    fn health(&self) -> Health {
        // In this order: it says how it ends before it does.
        let has_ended = self.0.control.is_closed();
        match self.0.health.borrow().clone() {
            Health::Writing | Health::Held(_) if has_ended => Health::Failed(ENDED.to_owned()),
            health => health,
        }
    }

    /// Whether groups are refused at present although only the journal stands against them: there may be
    /// room for them by now. A clock that has jumped stands against them whatever the journal says.
    pub fn is_held(&self) -> bool {
        self.0.clock.read().is_ok() && matches!(self.health(), Health::Held(_))
    }

    /// Accepts the time of a clock that has jumped, on behalf of `actor`. Gives the clinic's now.
    pub fn accept_clock(&self, actor: &Actor) -> Timestamp {
        let now = self.0.clock.accept();
        tracing::warn!(key = %actor.key, %now, "the clock's time was accepted");
        let _ended = self.0.control.send(Control::ClockAccepted);
        now
    }

    /// Has the writer look at the time now, and returns when what was due is durable.
    pub async fn tick(&self) {
        let (done, ended) = oneshot::channel();
        if self.0.control.send(Control::Tick(Some(done))).is_ok() {
            let _closed = self.answer(ended).await;
        }
    }

    /// Lets what was decided become durable, ends the writer and closes the journal. Commands that
    /// come later are refused.
    pub async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.0.control.send(Control::Close(done)).is_ok() {
            let _closed = self.answer(ended).await;
        }
    }

    /// Resolves when the engine has failed, with the reason; never when it is closed in order.
    pub async fn failed(&self) -> String {
        let mut health = self.0.health.clone();
        let failed = health.wait_for(|health| matches!(health, Health::Failed(_)));
        // It is gone: how it has ended is known.
        drop(failed.await);
        match self.health() {
            Health::Failed(why) => why,
            _ => std::future::pending().await,
        }
    }

    /// What the writer answers; `None` when it ends without. Of what it is told by, `control` is open to its very end.
    async fn answer<T>(&self, answered: oneshot::Receiver<T>) -> Option<T> {
        answered::unless(self.0.control.closed(), answered).await
    }

    fn stopped(&self) -> EngineError {
        EngineError::Stopped(self.writable().err().unwrap_or_else(|| CLOSED.to_owned()))
    }
}

const CLOSED: &str = "it is shutting down";

const ENDED: &str = "the writer was ended by a fault of the program, which the log tells of";

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("revision", &self.snapshot().revision)
            .field("health", &*self.0.health.borrow())
            .finish_non_exhaustive()
    }
}
