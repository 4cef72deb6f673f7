//! `doctor`: what can be said of where the server runs, by the server's library, in this process.

use clap::Args;
use serde::Serialize;
use treadwell_server::{
    config,
    doctor::{self, Finding, Verdict},
};

use super::{
    failure::Failure,
    report::{Report, Table},
    runtime,
};

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Reads the journal from end to end, too, unless a server is using it
    #[arg(long)]
    whole: bool,
    #[command(flatten)]
    flags: config::Flags,
}

/// What `doctor --json` prints for each thing that was looked at.
#[derive(Serialize)]
struct FindingJson<'a> {
    about: &'a str,
    /// `fine`, `warning` or `wrong`.
    verdict: &'static str,
    text: &'a str,
}

/// Looks at everything that the server needs.
pub(crate) fn run(args: DoctorArgs) -> Result<Report, Failure> {
    let config = config::Config::load(args.flags);
    let config = config.map_err(|error| Failure::usage(error.to_string()))?;
    let findings = runtime()?.block_on(doctor::examine(&config, args.whole));
    Ok(told(&findings))
}

/// Something wrong makes the exit code tell; what has to be seen to does not.
fn told(findings: &[Finding]) -> Report {
    let mut report = Report::default();
    let mut table = Table::new(["verdict", "about", "found"]);
    for Finding {
        about,
        verdict,
        text,
    } in findings
    {
        let (word, json) = match verdict {
            Verdict::Fine => ("fine", "fine"),
            Verdict::Warning => ("! see to it", "warning"),
            Verdict::Wrong => ("! WRONG", "wrong"),
        };
        table.row([word.to_owned(), (*about).to_owned(), text.clone()]);
        report.object(&FindingJson {
            about,
            verdict: json,
            text,
        });
        if *verdict == Verdict::Wrong {
            report.exit = 1;
        }
    }
    report.table(table);
    report
}
