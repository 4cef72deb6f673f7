//! The console as a person has it: the real binary in a terminal, keys in, a screen out, a server beside it.
//!
//! What the screens show in detail is tested in `console/` against pictures; here it is whether the whole works: from the
//! key to the journal and back, and the terminal afterwards.

#![cfg(unix)]

mod book;
mod budgets;
mod clinic;
mod conventions;
mod day;
mod desk;
mod integration;
mod leave;
mod lock;
mod lost;
mod screen;
