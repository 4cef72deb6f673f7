//! The thread that appends: one write in flight, one sync for each group.

use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::backlog::NoRoom;
use super::frame::{Encoded, Link};
use super::keeper::Keeper;
use super::known::{Known, Step};
use super::records::Mark;
use super::segment::{Segment, TRAILER_BYTES, Trailer};
use super::shared::Shared;
use super::space::Space;
use super::spare::Spares;
use crate::disk::File;
use crate::{Appended, Commit, Error, NewCommit, RecordSum, Revision};

#[cfg(test)]
mod tests;

/// Groups that may wait for the thread; a caller that is ahead of them waits to hand its own over.
const QUEUE_GROUPS: usize = 64;

/// What the thread is asked to do.
pub(crate) enum Request {
    Append {
        after: Revision,
        group: Vec<NewCommit>,
        encoded: Box<Encoded>,
        answer: oneshot::Sender<Appended>,
    },
    /// Goes on in another segment, so that what was written by now lies in sealed ones.
    Seal {
        answer: oneshot::Sender<Result<(), Error>>,
    },
    Close {
        answer: oneshot::Sender<()>,
    },
}

/// The segment being written.
pub(crate) struct Active {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: Arc<dyn File>,
    /// Where the next frame goes.
    pub(crate) offset: u64,
    /// Where frames must end: the trailer lies behind.
    pub(crate) limit: u64,
}

/// The end of the chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) head: Revision,
    pub(crate) link: Link,
    pub(crate) sum: RecordSum,
}

/// The caller's end of the thread.
pub(crate) struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) thread: thread::JoinHandle<()>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
    active: Active,
    end: End,
    known: Known,
    spares: Spares,
    space: Space,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        shared: Arc<Shared>,
        keeper: Arc<Keeper>,
        active: Active,
        end: End,
        known: Known,
        space: Space,
    ) -> std::io::Result<Handle> {
        let spares = Spares::start(&shared)?;
        let (requests, inbox) = mpsc::channel(QUEUE_GROUPS);
        let writer = Writer {
            shared,
            keeper,
            active,
            end,
            known,
            spares,
            space,
        };
        let thread = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer.run(inbox))?;
        Ok(Handle { requests, thread })
    }

    fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        while let Some(request) = inbox.blocking_recv() {
            match request {
                Request::Append {
                    after,
                    group,
                    encoded,
                    answer,
                } => {
                    let appended = self.append(after, group, encoded);
                    // A caller that went away does not undo what it asked for.
                    let _ = answer.send(appended);
                }
                Request::Seal { answer } => {
                    let _ = answer.send(self.seal());
                }
                Request::Close { answer } => {
                    drop(self);
                    let _ = answer.send(());
                    return;
                }
            }
        }
    }

    fn append(
        &mut self,
        after: Revision,
        group: Vec<NewCommit>,
        mut encoded: Box<Encoded>,
    ) -> Appended {
        if let Err(error) = self.shared.check() {
            return Appended::Unknown(error);
        }
        if after != self.end.head {
            return Appended::Conflict {
                head: self.end.head,
            };
        }
        let durable = self
            .make_room(encoded.frame_bytes())
            .and_then(|()| self.check_before(&group, encoded.steps()))
            .and_then(|()| self.write(&mut encoded));
        match durable {
            Ok((bytes, first)) => Appended::Durable {
                head: self.publish(group, first, bytes),
            },
            Err(error) if error.nothing_was_written() => Appended::Unknown(error),
            Err(error) => {
                self.shared.fail(describe(&error));
                Appended::Unknown(error)
            }
        }
    }

    fn seal(&mut self) -> Result<(), Error> {
        self.shared.check()?;
        if self.active.offset == 0 {
            return Ok(());
        }
        self.space.check(&*self.shared.disk)?;
        self.rotate(0).inspect_err(|error| {
            if !error.nothing_was_written() {
                self.shared.fail(describe(error));
            }
        })
    }

    /// Sees to it that the group fits: on the disk, in the backlog and in the segment.
    fn make_room(&mut self, frame_bytes: u64) -> Result<(), Error> {
        self.space.check(&*self.shared.disk)?;
        let patience = self.shared.options.records_timeout;
        let room = self
            .shared
            .backlog
            .wait_for_room(patience, self.keeper.beat());
        match room {
            Ok(()) => {}
            Err(NoRoom::Closed) => self.shared.check()?,
            Err(NoRoom::Stuck) => {
                return Err(Error::failed("the records store makes no progress"));
            }
        }
        if self.active.offset + frame_bytes > self.active.limit {
            self.rotate(frame_bytes)?;
        }
        Ok(())
    }

    /// Last before the write: what is known is ahead of the disk only while the engine can fail.
    fn check_before(&mut self, group: &[NewCommit], steps: &[Step]) -> Result<(), Error> {
        self.known.advance(steps).map_err(|at| {
            let changes = group.iter().flat_map(|commit| &commit.changes);
            let key = changes.map(|change| &change.key[..]).nth(at);
            Error::false_before(key.unwrap_or_default())
        })
    }

    /// Seals the active segment and goes on in the spare one.
    fn rotate(&mut self, frame_bytes: u64) -> Result<(), Error> {
        let next = self.spares.take(frame_bytes + TRAILER_BYTES)?;
        let sealed = &self.active.segment.path;
        let trailer = Trailer {
            next: self.end.head + 1,
            link: self.end.link,
        };
        trailer
            .write(&*self.active.file)
            .and_then(|()| self.active.file.sync())
            .map_err(|error| Error::io("seal", sealed, error))?;
        let segment = Segment::new(&self.shared.layout.journal, trailer.next);
        let disk = &self.shared.disk;
        disk.rename(&self.shared.layout.spare(), &segment.path)
            .and_then(|()| disk.sync_dir(&self.shared.layout.journal))
            .map_err(|error| Error::io("rename", &segment.path, error))?;
        let len = next
            .len()
            .map_err(|error| Error::io("read", &segment.path, error))?;
        // Before anything is written there: what has to be in it is missed when it is gone.
        self.shared.reach.say(self.end.head, trailer.next)?;
        segment.set_index(super::segment::Index::default());
        let segment = Arc::new(segment);
        self.shared.add_segment(Arc::clone(&segment));
        self.active = Active {
            segment,
            file: next,
            offset: 0,
            limit: len - TRAILER_BYTES,
        };
        self.spares.prepare(self.shared.options.segment_bytes);
        Ok(())
    }

    /// One write and one sync; gives the frame's size and its first revision.
    fn write(&mut self, encoded: &mut Encoded) -> Result<(u64, Revision), Error> {
        let first = self.end.head + 1;
        let bytes = encoded.frame_bytes();
        let commits = encoded.commits();
        let (frame, link, sum) = encoded.place(first, self.end.link, self.end.sum);
        let Active {
            file,
            segment,
            offset,
            ..
        } = &mut self.active;
        file.write_at(frame, *offset)
            .map_err(|error| Error::io("write", &segment.path, error))?;
        file.sync()
            .map_err(|error| Error::io("sync", &segment.path, error))?;
        segment.note(first, *offset);
        *offset += bytes;
        self.end = End {
            head: self.end.head + commits,
            link,
            sum,
        };
        Ok((bytes, first))
    }

    fn publish(&mut self, group: Vec<NewCommit>, first: Revision, bytes: u64) -> Revision {
        let commits = (first..).zip(group).map(|(revision, new)| Commit {
            revision,
            meta: new.meta,
            changes: new.changes,
        });
        let commits = Arc::new(commits.collect::<Vec<_>>());
        let head = self.end.head;
        let mark = Mark {
            revision: head,
            link: self.end.link,
        };
        if self.shared.backlog.push(Arc::clone(&commits), bytes, mark) {
            self.keeper.nudge();
        }
        self.shared.publish(commits, bytes, head);
        head
    }
}

/// An error and its causes, for the one place that tells why the engine stopped.
pub(crate) fn describe(error: &Error) -> String {
    if let Error::Failed { reason } = error {
        return reason.clone();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
