//! The services: one file each, thin. A call is let through by [`crate::access`], read strictly by
//! [`crate::convert`], decided by the engine or answered from the published clinic, and shown as far
//! as the caller sees. What goes wrong becomes a [`status`].

pub mod access;
pub mod appointment;
mod audit;
mod audit_trail;
mod audited;
pub mod availability;
mod busy;
mod call;
pub mod catalog;
pub mod client;
mod client_record;
mod deadline;
mod declared;
pub mod floor;
mod gate;
mod health;
pub mod hygiene;
mod import;
mod incoming;
mod log;
mod operations;
pub(crate) mod page;
mod places;
pub mod receipt;
pub mod report;
pub mod roster;
mod rule_sets;
mod search;
mod seldom;
pub(crate) mod server;
mod serving;
pub mod session_record;
pub mod status;
pub mod stock;
pub mod therapist;
mod together;
mod turn;
mod unread;
pub mod waitlist;
pub(crate) mod watch;
