//! The thread that owns the records store.
//!
//! It alone calls sled, so reading never runs beside writing; whoever waits for it does so as long as
//! something is done there, because sled has been seen to hang.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::beat::{Beat, Patience};
use super::records::{self, Fault, Mark, Records, Slot, Stored, Touched};
use super::shared::Shared;
use super::writer::describe;
use crate::{Error, Loaded};

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// What the thread works on.
pub(crate) struct Store {
    records: Option<Records>,
    dir: PathBuf,
    quarantine: PathBuf,
    /// Set when the engine serves: from then on the thread makes checkpoints by itself.
    serving: Option<Arc<Shared>>,
    mark: Mark,
    pub(crate) beat: Beat,
}

/// The handle on the thread.
pub(crate) struct Keeper {
    jobs: Sender<Job>,
    patience: Duration,
    beat: Beat,
}

/// Nothing was done on the thread for too long, or it is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stuck;

impl Keeper {
    /// Starts the thread; nothing is opened yet.
    pub(crate) fn start(
        dir: &Path,
        quarantine: &Path,
        interval: Duration,
        patience: Duration,
    ) -> std::io::Result<Keeper> {
        let (jobs, inbox) = channel();
        let beat = Beat::default();
        let store = Store {
            records: None,
            dir: dir.to_owned(),
            quarantine: quarantine.to_owned(),
            serving: None,
            mark: Mark {
                revision: 0,
                link: [0; 32],
            },
            beat: beat.clone(),
        };
        thread::Builder::new()
            .name("journal-records".to_owned())
            .spawn(move || run(store, &inbox, interval))?;
        Ok(Keeper {
            jobs,
            patience,
            beat,
        })
    }

    /// Runs a job on the thread and waits for its answer, as long as something is done there.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Result<T, Stuck> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |store| {
            // Nobody listens any more when the caller gave up; the work is done all the same.
            let _ = answer.send(job(store));
        });
        self.jobs.send(job).map_err(|_| Stuck)?;
        let mut patience = Patience::begin(self.patience, self.beat.steps(), Instant::now());
        while let Some(left) = patience.left(self.beat.steps(), Instant::now()) {
            match answered.recv_timeout(left) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        Err(Stuck)
    }

    /// What is done on the thread.
    pub(crate) fn beat(&self) -> &Beat {
        &self.beat
    }

    /// Starts a checkpoint without waiting for it.
    pub(crate) fn nudge(&self) {
        self.tell(Store::checkpoint_if_serving);
    }

    /// Runs a job on the thread without waiting for it.
    pub(crate) fn tell(&self, job: impl FnOnce(&mut Store) + Send + 'static) {
        // A thread that is gone has already said why it went.
        let _ = self.jobs.send(Box::new(job));
    }
}

fn run(mut store: Store, inbox: &Receiver<Job>, interval: Duration) {
    loop {
        match inbox.recv_timeout(interval) {
            Ok(job) => job(&mut store),
            Err(RecvTimeoutError::Timeout) => store.checkpoint_if_serving(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    store.abandon();
}

impl Store {
    /// Opens the store and reads it all.
    pub(crate) fn open(&mut self) -> Result<(Stored, Vec<String>), Fault> {
        let (records, aside) = Records::open(&self.dir, &self.quarantine)?;
        let records = records.beating(&self.beat);
        let stored = records.load();
        self.records = Some(records);
        Ok((stored?, aside))
    }

    /// Makes a new, empty store.
    pub(crate) fn create(&mut self) -> Result<(), Fault> {
        self.records = Some(Records::create(&self.dir)?.beating(&self.beat));
        Ok(())
    }

    /// Lets go of a store that failed. It is not dropped: sled flushes and joins threads in its
    /// destructor, and on a failed store that can hang.
    pub(crate) fn forget(&mut self) {
        if let Some(records) = self.records.take() {
            std::mem::forget(records);
        }
    }

    /// Closes the store without a checkpoint, as far as it is sound.
    pub(crate) fn abandon(&mut self) {
        let sound = self
            .serving
            .take()
            .is_none_or(|shared| shared.check().is_ok());
        match self.records.take() {
            // Nothing depends on it: the journal has what the records lack.
            Some(records) if sound => drop(records.close()),
            records => std::mem::forget(records),
        }
    }

    pub(crate) fn write(
        &mut self,
        touched: &BTreeMap<Bytes, Touched>,
        mark: Mark,
    ) -> Result<(), Fault> {
        let records = self.records.as_ref().ok_or_else(not_open)?;
        records.write(touched, &mark)?;
        self.mark = mark;
        Ok(())
    }

    /// Fills a new store.
    pub(crate) fn fill(&mut self, records: BTreeMap<Bytes, Slot>, mark: Mark) -> Result<(), Fault> {
        let mut touched = BTreeMap::new();
        for (key, slot) in records {
            let Slot::Whole(value) = slot else {
                return Err(Fault("a torn record can not be written".to_owned()));
            };
            let mut record = Touched::default();
            record.note(None, Some(&value));
            touched.insert(key, record);
        }
        self.write(&touched, mark)
    }

    /// From now on the thread makes checkpoints of the engine's backlog.
    pub(crate) fn serve(&mut self, shared: Arc<Shared>, mark: Mark) {
        self.serving = Some(shared);
        self.mark = mark;
    }

    fn checkpoint_if_serving(&mut self) {
        while let Some(shared) = self.serving.clone() {
            // A fault has stopped the engine and is reported to whoever asks it next.
            if self.checkpoint().is_err() || !shared.backlog.is_half_full() {
                return;
            }
        }
    }

    /// Folds everything that is durable by now into the records.
    pub(crate) fn checkpoint(&mut self) -> Result<Mark, Error> {
        let Some(shared) = self.serving.clone() else {
            return Err(Error::failed("it was closed"));
        };
        shared.check()?;
        if let Some(work) = shared.backlog.take() {
            if let Err(fault) = self.write(&work.fold(), work.mark) {
                return Err(shared.fail(format!("the records store failed: {fault}")));
            }
            shared.backlog.finish(&work);
            let said = shared.reach.say(self.mark.revision, 0);
            said.map_err(|error| shared.fail(describe(&error)))?;
        }
        Ok(self.mark)
    }

    /// Every record, after a checkpoint.
    pub(crate) fn load(&mut self) -> Result<Loaded, Error> {
        let mark = self.checkpoint()?;
        let loaded = self
            .records
            .as_ref()
            .ok_or_else(not_open)
            .and_then(Records::load);
        let fault = match loaded {
            Ok(stored) => match stored.whole() {
                Some(records) => {
                    return Ok(Loaded {
                        head: mark.revision,
                        records,
                    });
                }
                None => Fault("a record is only half there".to_owned()),
            },
            Err(fault) => fault,
        };
        let reason = format!("the records store failed: {fault}");
        Err(match &self.serving {
            Some(shared) => shared.fail(reason),
            None => Error::failed(reason),
        })
    }

    /// Makes the store anew from the records that it holds, so that its files hold nothing else. When it is cut short the next open
    /// makes it from the journal.
    pub(crate) fn renew(&mut self) -> Result<(), Error> {
        let loaded = self.load()?;
        let mark = self.mark;
        let made = self.make_anew(loaded, mark);
        made.map_err(|fault| {
            let reason = format!("the records store could not be made anew: {fault}");
            match &self.serving {
                Some(shared) => shared.fail(reason),
                None => Error::failed(reason),
            }
        })
    }

    fn make_anew(&mut self, loaded: Loaded, mark: Mark) -> Result<(), Fault> {
        if let Some(records) = self.records.take() {
            records.close()?;
        }
        records::remove_folder(&self.dir)?;
        self.create()?;
        let whole = loaded.records.into_iter();
        let whole = whole.map(|(key, value)| (key, Slot::Whole(value)));
        self.fill(whole.collect(), mark)
    }

    /// A last checkpoint, then the store is closed and the engine let go of.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        let last = self
            .checkpoint()
            .and_then(|_| self.serving.iter().try_for_each(|it| it.reach.end()));
        self.serving = None;
        match self.records.take() {
            Some(records) if last.is_ok() => records
                .close()
                .map_err(|fault| Error::failed(format!("the records store failed: {fault}"))),
            records => {
                std::mem::forget(records);
                last
            }
        }
    }
}

fn not_open() -> Fault {
    Fault("it is not open".to_owned())
}
