//! Tests of the screens: pictures of them, and scripts of keys against a stand-in for the server.

mod booking;
mod budgets;
mod desk;
mod fake;
#[cfg(feature = "embedded")]
mod live;
mod pictures;
mod scripts;
mod upkeep;
