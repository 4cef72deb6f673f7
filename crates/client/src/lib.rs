//! The client of a Treadwell server, for the console, for tests and for other Rust programs.
//!
//! It is: a lazy connection ([`Client`]), one typed method for every RPC, errors read out of `google.rpc` details
//! ([`Error`]), retries of what is safe to repeat ([`Retry`]), and a [`Watch`] that survives lost links and resumes at
//! the revision where it was. It is not: a cache, a screen, or a judge of any rule; those live elsewhere.
//!
//! Start at [`Client::new`], then see `calls` for the methods.

#[macro_use]
mod macros;
mod calls;
mod connection;
mod error;
mod random;
mod retry;
mod tls;
mod watch;

pub use connection::{Client, DEFAULT_PORT, Options, SetupError};
pub use error::{Class, Error, Refusal, RuleViolation, Violation};
pub use random::request_id;
pub use retry::Retry;
pub use tls::Identity;
pub use treadwell_api::v1;
pub use watch::{Change, Event, Link, Watch, WatchOptions};
