//! The writer: one task that decides, appends, publishes and answers.
//!
//! While one group of commits is on its way to the disk, the next is decided against the *tip*, the
//! clinic as it will be. When the group is durable its clinic is published, its answers are given, and
//! the next group goes out with everything that was decided meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use treadwell_clinic::model::RecordId;
use treadwell_clinic::{Actor, Clinic, Command, Revision};
use treadwell_journal::{Appended, Error, Journal};

use super::group::{Done, Group, InFlight, Prepared, Waiting};
use super::history::History;
use super::judging::Judging;
use super::late::Late;
use super::recovery::Holding;
use super::requests::Requests;
use super::{CLOSED, Committed, EngineError, Health, InDoubt, Options, Published, Write, replay};
use crate::clock::Clock;
use crate::keyring::Keyring;

/// A command on its way to the writer.
pub(super) struct Job {
    pub(super) actor: Actor,
    pub(super) command: Command,
    pub(super) write: Write,
    /// Taken when the answer is given.
    pub(super) answer: Option<oneshot::Sender<Result<Committed, EngineError>>>,
}

impl Job {
    pub(super) fn answer(&mut self, answer: Result<Committed, EngineError>) {
        if let Some(waits) = self.answer.take() {
            // Whoever asked may have gone; what was done is done all the same.
            let _gone = waits.send(answer);
        }
    }
}

/// What the writer is told besides commands; never refused for want of room.
pub(super) enum Control {
    /// Look at the time, and say when what was due is durable.
    Tick(Option<oneshot::Sender<()>>),
    /// The clock's time was accepted: earlier commits do not hold it up.
    ClockAccepted,
    /// Come to an end.
    Close(oneshot::Sender<()>),
}

/// The writer's state.
pub(super) struct Writer {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) keys: Arc<Keyring>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: Options,
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) control: mpsc::UnboundedReceiver<Control>,
    pub(super) published: watch::Sender<Arc<Published>>,
    pub(super) health: watch::Sender<Health>,
    pub(super) history: Arc<History>,
    /// The clinic with everything that is decided.
    pub(super) tip: Clinic,
    pub(super) requests: Requests,
    pub(super) stored_otherwise: StoredOtherwise,
    /// When the newest commit was decided; time does not go back behind it by itself.
    pub(super) latest: Timestamp,
    pub(super) next_ticket: u64,
    pub(super) next: Group,
    pub(super) judging: Judging,
    pub(super) holding: Holding,
    pub(super) late: Late,
}

/// Resolves when the journal has stopped by itself, with the reason. It may do so while nobody writes.
fn stop_of(journal: &Arc<dyn Journal>) -> BoxFuture<'static, String> {
    let journal = Arc::clone(journal);
    Box::pin(async move {
        // No head is ever greater, so that this is about its end alone.
        match journal.changed(Revision::MAX).await {
            Err(error) => error.to_string(),
            Ok(head) => format!("the journal says that its head is {head}"),
        }
    })
}

/// Records whose bytes on disk are not those that this release would write, each with the revision
/// from which on that is so. Their before-image is what lies on disk.
pub(super) type StoredOtherwise = BTreeMap<RecordId, (Revision, Bytes)>;

impl Writer {
    /// Works until it is closed, or fails.
    pub(super) async fn run(mut self) {
        let mut ticks = tokio::time::interval(self.options.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut flying: Option<InFlight> = None;
        let mut landing: BoxFuture<'static, Appended> = Box::pin(std::future::pending());
        let mut closing = false;
        let mut closers: Vec<oneshot::Sender<()>> = Vec::new();
        // Judging and commands take turns, so that neither holds up the other.
        let mut commands_turn = false;
        let mut stopped = stop_of(&self.journal);
        loop {
            if flying.is_none() {
                match self.send_off() {
                    Some((flight, append)) => (flying, landing) = (Some(flight), append),
                    None if closing => break,
                    None => {}
                }
            }
            // While nothing can be written, time alone makes it worth trying: see `tick`.
            let judge = self.judging.has_next() && !commands_turn && !closing;
            let judge = judge && !self.holding.is_held();
            tokio::select! {
                biased;
                appended = &mut landing, if flying.is_some() => {
                    landing = Box::pin(std::future::pending());
                    let Some(flight) = flying.take() else { continue };
                    if let Err(why) = self.landed(flight, appended).await {
                        self.fail(why);
                        return;
                    }
                }
                // A group that is under way is told by the journal itself.
                why = &mut stopped, if flying.is_none() && !closing => {
                    self.fail(why);
                    return;
                }
                Some(control) = self.control.recv() => match control {
                    Control::Tick(observer) => self.tick(observer),
                    Control::ClockAccepted => self.latest = self.clock.now(),
                    Control::Close(done) => {
                        closing = true;
                        closers.push(done);
                        self.refuse_the_queue();
                    }
                },
                _ = ticks.tick() => self.tick(None),
                () = std::future::ready(()), if judge && self.next.has_room() => {
                    self.judge();
                    commands_turn = true;
                }
                job = self.queue.recv(), if !closing && self.next.has_room() => match job {
                    Some(job) => {
                        self.take_some(job);
                        commands_turn = false;
                    }
                    // Nobody is left who could ask for anything.
                    None => closing = true,
                },
                () = tokio::task::yield_now(), if commands_turn => commands_turn = false,
            }
        }
        self.answer_the_judged();
        if let Err(error) = self.journal.close().await {
            tracing::error!(%error, "the journal did not close in order");
        }
        self.health.send_replace(Health::Closed);
        for done in closers {
            let _gone = done.send(());
        }
    }

    /// Sends what was decided to the journal. A group without commits has nothing to wait for: its
    /// answers are given at once, because nothing is under way.
    fn send_off(&mut self) -> Option<(InFlight, BoxFuture<'static, Appended>)> {
        if self.next.is_empty() {
            return None;
        }
        let mut group = std::mem::take(&mut self.next);
        if group.commits.is_empty() {
            let published = Arc::clone(&self.published.borrow());
            self.answer(group, &published);
            return None;
        }
        let after = self.published.borrow().revision;
        let published = Arc::new(Published::new(self.tip.clone()));
        let appends = std::mem::take(&mut group.appends);
        let erasures = std::mem::take(&mut group.erasures);
        let journal = Arc::clone(&self.journal);
        let keys = Arc::clone(&self.keys);
        let append = Box::pin(async move {
            // What is sealed with a key that is not there any more is lost: the key first.
            match keys.write(erasures).await {
                Ok(()) => journal.append(after, appends).await,
                Err(error) if error.is_full() => {
                    Appended::Unknown(Error::Full { free: 0, needed: 1 })
                }
                Err(error) => Appended::Unknown(Error::Failed {
                    reason: error.to_string(),
                }),
            }
        });
        Some((InFlight { group, published }, append))
    }

    /// Publishes a group that is durable, or finds out what became of it. Fails when only a restart
    /// helps.
    async fn landed(&mut self, flight: InFlight, appended: Appended) -> Result<(), String> {
        match appended {
            Appended::Durable { head } if head == flight.published.revision => {
                if let Err(why) = self.destroy_keys(&flight).await {
                    self.give_up(flight, &why);
                    return Err(why);
                }
                self.publish(flight);
                Ok(())
            }
            Appended::Durable { head } => {
                let expected = flight.published.revision;
                let why = format!("the journal is at revision {head} instead of {expected}");
                self.give_up(flight, &why);
                Err(why)
            }
            Appended::Unknown(error) if error.nothing_was_written() => {
                self.hold(flight, &error.to_string());
                Ok(())
            }
            in_doubt => {
                let why = match &in_doubt {
                    Appended::Unknown(error) => error.to_string(),
                    _ => "another process writes the same journal".to_owned(),
                };
                match self.options.in_doubt {
                    InDoubt::Stop => {
                        self.give_up(flight, &why);
                        Err(why)
                    }
                    InDoubt::Reread => self.recover(flight).await,
                }
            }
        }
    }

    pub(super) fn publish(&mut self, flight: InFlight) {
        let InFlight {
            mut group,
            published,
        } = flight;
        let commits = std::mem::take(&mut group.commits);
        // The history first: whoever hears the bell looks there.
        self.history.push(commits);
        self.published.send_replace(Arc::clone(&published));
        self.judging.is_durable(published.revision);
        self.released();
        self.answer(group, &published);
    }

    /// Gives a group's answers. What it was decided on is durable and published.
    fn answer(&mut self, group: Group, published: &Arc<Published>) {
        for waiting in group.waiting {
            match waiting.prepared {
                Prepared::Done(Done { judging: true, .. }) => self.judging.wait(waiting),
                _ => self.answer_one(waiting, published),
            }
        }
        for (cause, flagged) in group.judged {
            if let Some(mut waiting) = self.judging.ended(cause) {
                if let Prepared::Done(done) = &mut waiting.prepared {
                    done.reply.flagged = done.reply.flagged.saturating_add(flagged);
                }
                self.answer_one(waiting, published);
            }
        }
        for observer in group.observers {
            let _gone = observer.send(());
        }
    }

    pub(super) fn answer_one(&self, waiting: Waiting, published: &Arc<Published>) {
        let Waiting {
            mut job, prepared, ..
        } = waiting;
        let done = match prepared {
            Prepared::Done(done) => done,
            Prepared::Refused(error) => return job.answer(Err(error)),
            Prepared::Repeat(revision) => {
                let journal = Arc::clone(&self.journal);
                let keys = Arc::clone(&self.keys);
                let published = Arc::clone(published);
                // Old commits lie on disk; the writer does not wait for that.
                tokio::spawn(async move {
                    job.answer(replay::committed(&*journal, &keys, revision, published).await);
                });
                return;
            }
        };
        job.answer(Ok(Committed {
            revision: done.revision,
            at: done.at,
            reply: done.reply,
            undone: done.undone,
            changes: done.changes,
            erased: Vec::new(),
            published: done.as_of.unwrap_or_else(|| Arc::clone(published)),
            repeated: false,
            dry: done.dry,
        }));
    }

    /// Gives the answers that wait for a judging, which will not end here: what was done is told as done,
    /// and the next start goes on with what follows from it.
    pub(super) fn answer_the_judged(&mut self) {
        let published = Arc::clone(&self.published.borrow());
        for waiting in self.judging.take_waiting() {
            self.answer_one(waiting, &published);
        }
    }

    fn refuse_the_queue(&mut self) {
        self.queue.close();
        while let Ok(mut job) = self.queue.try_recv() {
            job.answer(Err(EngineError::Stopped(CLOSED.to_owned())));
        }
    }

    /// Says why nothing is written any more, to everyone who waits.
    fn fail(&mut self, why: String) {
        tracing::error!(why, "the writer has stopped");
        self.answer_the_judged();
        self.health.send_replace(Health::Failed(why));
        self.refuse_the_queue();
    }
}
