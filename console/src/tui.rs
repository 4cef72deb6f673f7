//! The terminal screens: the desk's Board, Day, Free rooms, Book, Client, Turnover and Connection.
//!
//! Elm-shaped: [`model`] is everything shown, [`update`] turns an event into a changed model and effects, [`view`] draws
//! the model, and `runtime` alone waits: it reads the terminal and the watch, and performs effects over
//! `treadwell-client`. It is not: a judge of any rule (the server judges), nor a store (nothing of a client's is written to disk).
//!
//! Start reading at `event`, then `keys::table`, then one screen, for example `screens::board`.

mod ahead;
pub mod bench;
mod call;
mod calls;
mod dialogs;
mod event;
mod failure;
mod keys;
mod locked;
mod model;
pub(crate) mod pen;
mod runtime;
mod sample;
mod screens;
mod search;
mod theme;
pub(crate) mod time;
mod update;
mod view;
mod visit;
pub(crate) mod words;

pub use keys::{KeyError, key_docs};
pub use runtime::{Options, run};
pub use sample::{Shot, shots};
pub use theme::Theme;

#[cfg(test)]
mod tests;
