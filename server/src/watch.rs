//! What changes, for those who watch.
//!
//! A watch pulls: it holds a cursor, a revision, and asks the published history for what follows. A
//! slow one costs no memory and misses nothing; it only falls behind. What a commit looks like is
//! encoded once for each *class* of view and kept with the commit, so that a thousand watches share it;
//! what remains for each is to leave out what its sites and kinds do not reach.
//!
//! Where to start reading: `event` (one change, encoded), `retold` (what looks otherwise because of it),
//! `snapshot` (all records, encoded), `cursor` (one watch). The service itself is `grpc::watch`.

pub(crate) mod cursor;
pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod frame;
mod retold;
pub(crate) mod snapshot;

pub(crate) use event::Seen;

#[cfg(test)]
mod tests;
