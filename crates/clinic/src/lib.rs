//! The clinic itself: what it knows, what its rules are, what may happen next.
//!
//! This crate is pure. [`decide()`] is a plain function of a [`Clinic`], a [`Command`] and a
//! [`Context`]; it gives a [`Decision`] or a [`Refusal`]. [`Clinic::apply`] folds a commit into the
//! state and can not fail. Deliberately absent: a clock, randomness, files, sockets, async, and any
//! iteration in random order. The same commands in the same contexts give the same clinic.
//!
//! A [`Clinic`] is a value: it is built on persistent maps, a snapshot of it is a cheap clone, and
//! readers never wait for the writer.
//!
//! Where to start reading: [`model`] for the nouns, [`command`] for the verbs, `decide` for what
//! each verb does, `rules` for what is sound; search and booking both rest on the latter.

pub mod aftercare;
pub mod alerts;
pub mod attention;
pub mod availability;
pub mod cells;
mod clinic;
pub mod command;
mod decide;
pub mod explain;
#[cfg(test)]
mod fixture;
pub mod hygiene_log;
pub mod id;
pub mod intake;
pub mod limits;
pub mod model;
pub mod money;
pub mod rank;
pub mod refusal;
pub mod repair;
pub mod report;
pub mod retention;
pub mod rooms;
pub mod rules;
pub mod screening;
pub mod time;
pub mod waitlist;

pub use clinic::{Clinic, Commit, Entry, Operation};
pub use command::{Actor, Command, CommandKind, Context, Revision};
pub use decide::{Decision, Reply, decide, sees_to_passphrase};
pub use refusal::{Refusal, SlotRefusal, Violation};
