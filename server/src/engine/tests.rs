//! The engine against journals that wait, fail and have other writers.

mod acting_once;
mod doubt;
mod durability;
mod erasing;
mod house;
mod keys;
mod power;
mod salvaged;
pub(crate) mod support;
mod time;
mod trail;
