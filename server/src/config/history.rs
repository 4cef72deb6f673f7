//! The table `[history]`: how long what every change was is kept in full.

use std::fmt::Write as _;

use serde::Deserialize;
use toml::Value;

/// The least: repeated requests are recognised for 7 days, and what was done last can be undone.
pub(super) const LEAST_DAYS: u32 = 7;

/// A hundred years.
pub(super) const MOST_DAYS: u32 = 36_525;

/// How long the history is kept when nothing is said.
pub(super) const DEFAULT_DAYS: u32 = 90;

/// The flags of the history. Each may also be given in the environment.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct HistoryFlags {
    /// Days for which every change is kept in full, before it is compacted [default: 90]
    #[arg(
        long,
        env = "TREADWELL_HISTORY_KEEP_DAYS",
        value_name = "DAYS",
        hide_short_help = true
    )]
    pub history_keep_days: Option<u32>,
}

/// The table, as it is written. Unknown fields are mistakes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    keep_days: Option<u32>,
}

/// The flags over the file's table.
pub(super) fn keep_days(flags: HistoryFlags, file: Table) -> u32 {
    flags
        .history_keep_days
        .or(file.keep_days)
        .unwrap_or(DEFAULT_DAYS)
}

/// The table as it stands in a file.
pub(super) fn to_toml(keep_days: u32) -> String {
    let mut text = String::new();
    let value = Value::Integer(keep_days.into());
    write!(
        text,
        "\n# How long every change is kept in full. Older ones are compacted: what records are stays, and who changed which \
         record when and why, but not what they were.\n[history]\n\n\
         # Days, 7 to 36525; default 90. TREADWELL_HISTORY_KEEP_DAYS, --history-keep-days.\nkeep_days = {value}\n"
    )
    .expect("a String takes all text");
    text
}
