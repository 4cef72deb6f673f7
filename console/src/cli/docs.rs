//! `completions` and `man`: documents made from the grammar itself.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::{failure::Failure, report::Report};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Writes treadwell.1 and a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "treadwell", &mut script);
    let mut report = Report::default();
    report.verbatim(String::from_utf8_lossy(&script));
    report
}

pub(crate) fn man(args: &ManArgs) -> Result<Report, Failure> {
    let command = super::command();
    let mut report = Report::default();
    let problem =
        |error: std::io::Error| Failure::other(format!("the manual could not be written: {error}"));
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).map_err(problem)?;
        clap_mangen::generate_to(command, dir).map_err(problem)?;
        report.line(format!("Written to {}.", dir.display()));
        return Ok(report);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(problem)?;
    report.verbatim(String::from_utf8_lossy(&page));
    Ok(report)
}

/// What `--json` prints, a table of objects and their fields.
pub(super) const JSON: &str = include_str!("json.md");

/// The command line's reference as Markdown: what `docs/cli.md` holds.
pub fn reference() -> String {
    let mut command = super::command().term_width(100);
    // Makes the usage lines of subcommands name the whole path.
    command.build();
    let mut out = String::from(
        "# The command line\n\nMade from the program itself (`cargo xtask docs`); change it in `console/src/cli/`.\n\n",
    );
    section(&mut out, &mut command, "treadwell");
    out.push_str(JSON);
    out
}

fn section(out: &mut String, command: &mut Command, path: &str) {
    let help = command.render_long_help().to_string();
    let _ = write!(out, "## `{path}`\n\n```text\n{}\n```\n\n", help.trim_end());
    for sub in command
        .get_subcommands_mut()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
    {
        let path = format!("{path} {}", sub.get_name());
        section(out, sub, &path);
    }
}
