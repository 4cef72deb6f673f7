//! Between the API's messages and the clinic's strict types: one file a noun.
//!
//! On the way in ([`fields`]) everything that is wrong is found and named by its path, and nothing
//! lenient gets through: an instant off the grid, an enum value nobody knows, text that is too long.
//! On the way out a [`crate::access::View`] decides what is shown; [`resource()`] shows any record.
//! What lies on disk has messages of its own, in `store`. The rules are the clinic's, and no clock is read.

pub mod absence;
pub mod aftercare;
pub mod alert;
pub mod appointment;
pub(crate) mod audit;
pub mod client;
pub mod client_record;
pub mod declaration;
pub mod fault;
pub mod fields;
pub mod guide;
pub mod hold;
pub mod hygiene;
pub mod import;
pub mod key;
pub mod mask;
pub mod money;
pub mod outage;
pub mod policy;
pub mod repair;
pub mod report;
mod resource;
pub mod room;
pub mod rule_set;
pub mod screening;
pub mod series;
pub mod service;
pub mod session_record;
pub mod shift;
pub mod site;
pub mod stock;
pub(crate) mod store;
pub mod template;
pub mod therapist;
pub mod training;
pub mod turnover;
pub mod undone;
pub mod values;
pub mod waitlist;
pub mod words;

pub use fields::{Violation, Violations, read};
pub use resource::{kind, looks_otherwise_elsewhere, resource, shows, within};

#[cfg(test)]
mod tests;
