//! The server of a barefoot-massage clinic: one gRPC server that holds the shared state of its sites.
//!
//! A call passes the guard ([`access`]), is read into the strict types of `treadwell_clinic`
//! ([`convert`]), and is answered from the published clinic or becomes a command for the one writer
//! ([`engine`]), which has it decided, made durable and published, in this order. [`grpc`] has one file
//! a service, all thin.
//!
//! What it deliberately is not: there are no rules here (they are the clinic's), and nothing is known
//! of files (that is the journal's).
//!
//! Where to start reading: [`Server::start`], then [`engine`].

pub mod access;
mod audit;
pub mod backup;
pub mod calendar;
pub mod certificates;
pub mod clock;
mod condition;
pub mod config;
pub mod convert;
pub mod doctor;
pub mod engine;
#[doc(hidden)]
pub mod fuzz;
pub mod grpc;
pub mod keyring;
mod lock;
mod metrics;
mod run;
pub mod salvage;
pub mod sample;
mod scrub;
mod server;
pub mod setup;
mod stage;
mod tls;
mod transport;
pub mod verify;
mod watch;

pub use run::run;
pub use server::{Handle, ServeError, Server, StartError};
pub use stage::StageError;
pub use tls::TlsError;
pub use transport::TransportError;
