//! The clinic's console: a command line and terminal screens over the Treadwell API.
//!
//! It is: arguments and answers ([`cli`]), screens ([`tui`]), what is in force ([`config`]), and dates as people type
//! them ([`when`]). It is not: a judge of any rule, nor a keeper of any data; both are the server's. Outside the feature
//! `embedded` it knows the server only by its API.
//!
//! Start reading at [`cli`] or at [`tui`].

pub mod cli;
pub mod config;
pub mod tui;
pub mod when;

use std::process::ExitCode;

use config::Config;

/// The binary: does what the arguments of this process ask, and says how it went.
pub fn main() -> ExitCode {
    cli::main(std::env::args_os())
}

/// Opens the screens until the person leaves.
async fn open(config: &Config) -> anyhow::Result<()> {
    let _ = config;
    anyhow::bail!("the screens are not built in yet")
}
