//! What concurrent clients asked and were told, with the times on one clock.
//!
//! An operation has a number, which is also the name of what it makes: a booking carries it as its note, so that whoever
//! reads the appointment knows whose it is without believing the server's ids.
//!
//! What was asked for and not answered stays open. A later answer to the same request id closes it, and then it lasted from
//! its first call on. A refusal says something of its own call alone, because an earlier one may still be acted on.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// An operation, and what it made.
pub(crate) type Number = u32;

/// One room's day: the part of the clinic that an operation is about. Each room has its own therapist, and each client of a
/// worker comes to one room only, so that nothing in one part can be in the way of anything in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Part {
    pub(crate) room: u8,
    pub(crate) day: u8,
}

/// What was asked. Minutes are counted from the opening of the part's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Book {
        minute: u32,
    },
    Hold {
        minute: u32,
    },
    /// Books what is held.
    BookHeld {
        hold: String,
    },
    Release {
        hold: String,
    },
    /// An etag is that of the appointment as it was read before.
    Confirm {
        id: String,
        etag: String,
    },
    Cancel {
        id: String,
        etag: String,
    },
    Move {
        id: String,
        etag: String,
        minute: u32,
    },
    Get {
        id: String,
    },
    /// All appointments of the part.
    List,
    /// All appointments and holds of the part's day, in every room.
    DaySheet,
}

/// An appointment or a hold as the server shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: String,
    /// The operation that booked it, by its note. A hold has none.
    pub(crate) note: Option<Number>,
    pub(crate) part: Part,
    pub(crate) minute: u32,
    pub(crate) state: Look,
    pub(crate) etag: String,
}

/// What is seen of a life cycle here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Look {
    Held,
    Booked,
    Confirmed,
    Cancelled,
}

/// A no of which the rules of the clinic are the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// The place is taken, by these as far as they are still there when it is answered.
    Taken { by: Vec<String> },
    /// There is no such hold any more.
    HoldGone,
    /// The appointment's state has no such step.
    WrongState,
    /// The etag is not the present one.
    Stale,
    /// There is no such appointment.
    NotFound,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done { revision: u64, shown: Vec<Shown> },
    Refused(No),
}

/// An operation with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) number: Number,
    pub(crate) worker: usize,
    pub(crate) part: Part,
    pub(crate) call: Call,
    /// When it was first asked; of a refusal, when the refused call was sent.
    pub(crate) invoked: Duration,
    /// When it was answered.
    pub(crate) answered: Duration,
    pub(crate) answer: Answer,
}

/// A change that was asked for and has no answer yet.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) number: Number,
    pub(crate) worker: usize,
    pub(crate) part: Part,
    pub(crate) call: Call,
    pub(crate) invoked: Duration,
}

impl Open {
    /// The operation with its answer.
    pub(crate) fn answered(self, invoked: Duration, answered: Duration, answer: Answer) -> Record {
        Record {
            number: self.number,
            worker: self.worker,
            part: self.part,
            call: self.call,
            invoked,
            answered,
            answer,
        }
    }
}

/// Everything that happened, written down as it happens.
#[derive(Debug)]
pub(crate) struct Recorder {
    begun: Instant,
    numbers: AtomicU32,
    records: Mutex<Vec<Record>>,
    open: Mutex<Vec<Open>>,
    /// Calls whose outcome is not known.
    pub(crate) unknown: AtomicU32,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            numbers: AtomicU32::new(0),
            records: Mutex::default(),
            open: Mutex::default(),
            unknown: AtomicU32::new(0),
        }
    }

    /// What time it is, on the one clock of the history.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The next operation.
    pub(crate) fn number(&self) -> Number {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn add(&self, record: Record) {
        self.records
            .lock()
            .expect("nobody panics with it")
            .push(record);
    }

    pub(crate) fn leave_open(&self, open: Open) {
        self.open.lock().expect("nobody panics with it").push(open);
    }

    pub(crate) fn take_open(&self) -> Vec<Open> {
        std::mem::take(&mut *self.open.lock().expect("nobody panics with it"))
    }

    /// The history, by the time of the calls.
    pub(crate) fn finish(self) -> Vec<Record> {
        let mut records = self.records.into_inner().expect("nobody panics with it");
        records.sort_by_key(|record| record.invoked);
        records
    }
}
