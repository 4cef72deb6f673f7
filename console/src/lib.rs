//! The clinic's console: a command line and terminal screens over the Treadwell API.
//!
//! It is: arguments and answers ([`cli`]), screens ([`tui`]), what is in force ([`config`]), and dates as people type
//! them ([`when`]). It is not: a judge of any rule, nor a keeper of any data; both are the server's. Outside the feature
//! `embedded` it knows the server only by its API.
//!
//! Start reading at [`cli`] or at [`tui`].

mod bars;
pub mod cli;
pub mod config;
mod exchange;
mod figures;
mod file;
#[doc(hidden)]
pub mod fuzz;
mod hours;
mod hygiene;
mod notes;
mod receipt;
mod record;
mod rules;
mod standing;
pub mod tui;
pub mod when;
mod window;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use config::Config;

/// The binary: does what the arguments of this process ask, and says how it went.
pub fn main() -> ExitCode {
    for problem in treadwell_harden::keep_memory_private() {
        // When this can not be written either, nobody reads it.
        let _ = writeln!(io::stderr(), "treadwell: {problem}");
    }
    cli::main(std::env::args_os())
}

/// Opens the screens until the person leaves; `plain` appends lines instead of painting.
async fn open(config: &Config, plain: bool) -> anyhow::Result<()> {
    let site = config.site.value.clone();
    Box::pin(tui::run(tui::Options {
        client: config.client(),
        theme: config.theme.value,
        site: (!site.is_empty()).then_some(site),
        keys: config.bindings.clone(),
        mouse: config.mouse.value,
        lock_after: (config.lock_minutes.value > 0)
            .then(|| Duration::from_mins(config.lock_minutes.value.into())),
        lock_at_start: config.lock_at_start.value,
        plain,
    }))
    .await
}
