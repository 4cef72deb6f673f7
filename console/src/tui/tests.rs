//! Tests of the screens: pictures of them, and scripts of keys against a stand-in for the server.

mod ahead;
mod booking;
mod budgets;
mod connection;
mod conventions;
mod desk;
mod fake;
mod finder;
mod focus;
mod forms;
mod handover;
mod health;
mod late;
#[cfg(feature = "embedded")]
mod live;
mod locked;
mod pictures;
mod records;
mod repair;
mod scripts;
mod series;
mod upkeep;
mod walk;
