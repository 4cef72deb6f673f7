//! `serve`: a server in this process, by the server's library.

use clap::Args;
use treadwell_server::config;

use super::{args::Global, failure::Failure, report::Report};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    flags: config::Flags,
}

/// Serves until it is told to stop.
pub(crate) fn serve(args: ServeArgs, global: &Global) -> Result<Report, Failure> {
    let config =
        config::Config::load(args.flags).map_err(|error| Failure::usage(error.to_string()))?;
    let mut report = Report::default();
    if global.print_config {
        report.verbatim(config.to_toml());
    } else {
        treadwell_server::run(config).map_err(|error| Failure::other(error.to_string()))?;
    }
    Ok(report)
}
