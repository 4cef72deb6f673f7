//! What the API promises about requests that are wrong, unwelcome, repeated or late, over real sockets against a real server
//! process: each is refused as `errors.proto` documents it, and nothing is half done.
//!
//! `TREADWELL_SEED` chooses another run of the randomised ones.

#![allow(
    clippy::print_stdout,
    clippy::unnecessary_wraps,
    reason = "a seed is told, and what the messages have as optional is made as it is put in"
)]

mod access;
mod bodies;
mod clinic;
mod elsewhere;
mod every_rpc;
mod failures;
mod fuzz;
mod input;
mod late;
mod limited;
mod paging;
mod reasons;
mod redaction;
mod requests;
mod sign_in;
mod watch;
mod watch_ends;
