//! What the server is told before it starts: a TOML file, then the environment, then flags, each of
//! which wins over the one before.
//!
//! [`Flags`] are the flags and, through clap, the environment; [`Config::load`] lays them over the
//! file and the defaults. What is in force can be printed as a commented file ([`Config::to_toml`]).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use jiff::Timestamp;
use serde::Deserialize;

use crate::keyring;

mod backup;
mod error;
mod history;
mod print;
mod seal;
mod tls;

pub use backup::{Backup, BackupFlags, Keep};
pub use error::ConfigError;
pub use history::HistoryFlags;
pub use seal::SealFlags;
pub use tls::{Tls, TlsFlags};

/// The address on which the server listens when it is told nothing else: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:7450";

/// Everything that the server is told before it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder that holds the clinic.
    pub data: PathBuf,
    /// The seal key, the file that opens what is sealed, if it is not beside the data folder: see [`Config::key_file`].
    pub key_file: Option<PathBuf>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address at which metrics are shown to whoever comes; none when they are not.
    pub metrics_listen: Option<SocketAddr>,
    /// The certificate; without one the server speaks plaintext.
    pub tls: Option<Tls>,
    /// Whether it may speak plaintext where other machines can hear it.
    pub allow_plaintext_beyond_loopback: bool,
    /// How many connections may be open at once.
    pub connections: usize,
    /// What is logged, as a filter of `tracing`: `info`, or `warn,treadwell_server=debug`.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How many reads may be at work at once, and half as many changes, before more are refused at once.
    pub calls: usize,
    /// How many watches may be open at once.
    pub watches: usize,
    /// How many failed attempts of an address to sign in are answered at once; further ones are slowed down.
    pub free_failures: u32,
    /// How long a watch is sent nothing before it is sent a checkpoint.
    pub checkpoint: Duration,
    /// The largest request that is read, in bytes.
    pub message_bytes: usize,
    /// The longest that a request other than a watch or a verification may take.
    pub deadline: Duration,
    /// How long requests that run may take to finish after the server was told to stop.
    pub grace: Duration,
    /// Below this much free space on the data folder's disk, in MiB, writes are refused.
    pub free_disk_mib: u64,
    /// For so many days every change is kept in full; older ones are compacted.
    pub history_keep_days: u32,
    /// Where and how often backups are taken; none when they are not.
    pub backup: Option<Backup>,
    /// Instead of the machine's clock, one that runs from this instant on. For demos and measurements.
    pub clock_start: Option<Timestamp>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The server's flags. Each may also be given in the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Configuration file [default: treadwell/server.toml in the user's configuration folder]
    #[arg(long, env = "TREADWELL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder that holds the clinic [default: treadwell in the user's data folder]
    #[arg(long, env = "TREADWELL_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The seal key
    #[command(flatten)]
    pub seal: SealFlags,
    /// Address to listen on [default: 127.0.0.1:7450]
    #[arg(long, env = "TREADWELL_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address at which to show metrics, /live and /ready over HTTP, to whoever comes [default: none]
    #[arg(
        long,
        env = "TREADWELL_METRICS_LISTEN",
        value_name = "ADDR",
        hide_short_help = true
    )]
    pub metrics_listen: Option<SocketAddr>,
    /// The server's certificate
    #[command(flatten)]
    pub tls: TlsFlags,
    /// Speak plaintext although other machines can hear it: keys and health data travel in clear [default: false]
    #[arg(
        long,
        env = "TREADWELL_ALLOW_PLAINTEXT_BEYOND_LOOPBACK",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub allow_plaintext_beyond_loopback: Option<bool>,
    /// Connections that may be open at once [default: 1024]
    #[arg(
        long,
        env = "TREADWELL_CONNECTIONS",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub connections: Option<usize>,
    /// What to log, for example info or debug [default: info]
    #[arg(long, env = "TREADWELL_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to write log lines [default: text]
    #[arg(long, env = "TREADWELL_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Reads that may be at work at once, and half as many changes [default: 24 for each core]
    #[arg(
        long,
        env = "TREADWELL_CALLS",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub calls: Option<usize>,
    /// Watches that may be open at once [default: 4096]
    #[arg(
        long,
        env = "TREADWELL_WATCHES",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub watches: Option<usize>,
    /// Failed attempts of an address to sign in that are answered at once [default: 10]
    #[arg(
        long,
        env = "TREADWELL_FREE_FAILURES",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub free_failures: Option<u32>,
    /// How long an idle watch waits for a checkpoint, in seconds [default: 5]
    #[arg(
        long,
        env = "TREADWELL_CHECKPOINT_SECONDS",
        value_name = "SECONDS",
        hide_short_help = true
    )]
    pub checkpoint_seconds: Option<u64>,
    /// Largest request that is read, in bytes [default: 1048576]
    #[arg(
        long,
        env = "TREADWELL_MESSAGE_BYTES",
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub message_bytes: Option<usize>,
    /// Longest that a request may take, in seconds; a verification may take ten minutes [default: 30]
    #[arg(
        long,
        env = "TREADWELL_DEADLINE_SECONDS",
        value_name = "SECONDS",
        hide_short_help = true
    )]
    pub deadline_seconds: Option<u64>,
    /// Longest that a shutdown waits for running requests, in seconds [default: 10]
    #[arg(
        long,
        env = "TREADWELL_GRACE_SECONDS",
        value_name = "SECONDS",
        hide_short_help = true
    )]
    pub grace_seconds: Option<u64>,
    /// Free disk space below which writes are refused, in MiB [default: 64]
    #[arg(
        long,
        env = "TREADWELL_FREE_DISK_MIB",
        value_name = "MIB",
        hide_short_help = true
    )]
    pub free_disk_mib: Option<u64>,
    /// How long the history is kept
    #[command(flatten)]
    pub history: HistoryFlags,
    /// Where and how often backups are taken
    #[command(flatten)]
    pub backup: BackupFlags,
    /// Start an injected clock at this RFC 3339 instant, for demos and measurements
    #[arg(
        long,
        env = "TREADWELL_CLOCK_START",
        value_name = "INSTANT",
        hide_short_help = true
    )]
    pub clock_start: Option<Timestamp>,
}

/// The file, as it is written. Unknown fields are mistakes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    seal: seal::Table,
    listen: Option<SocketAddr>,
    metrics_listen: Option<SocketAddr>,
    tls: tls::Table,
    allow_plaintext_beyond_loopback: Option<bool>,
    connections: Option<usize>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    calls: Option<usize>,
    watches: Option<usize>,
    free_failures: Option<u32>,
    checkpoint_seconds: Option<u64>,
    message_bytes: Option<usize>,
    deadline_seconds: Option<u64>,
    grace_seconds: Option<u64>,
    free_disk_mib: Option<u64>,
    history: history::Table,
    backup: backup::Table,
    clock_start: Option<String>,
}

/// So many reads for each core keep it busy, and of more each only takes longer: measured by the campaign `overload`.
const CALLS_OF_A_CORE: usize = 24;

impl Config {
    /// The defaults, with the clinic in this folder.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            data: data.into(),
            key_file: None,
            listen: DEFAULT_LISTEN.parse().expect("the default is an address"),
            metrics_listen: None,
            tls: None,
            allow_plaintext_beyond_loopback: false,
            connections: 1024,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            calls: CALLS_OF_A_CORE * cores,
            watches: 4096,
            free_failures: 10,
            checkpoint: Duration::from_secs(5),
            message_bytes: 1 << 20,
            deadline: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            free_disk_mib: 64,
            history_keep_days: history::DEFAULT_DAYS,
            backup: None,
            clock_start: None,
        }
    }

    /// The configuration in force: the defaults, the file, `flags` and the environment. A file that nobody named may be missing.
    pub fn load(flags: Flags) -> Result<Self, ConfigError> {
        let file = Self::file_of(&flags)?;
        Self::over(file, flags)
    }

    fn file_of(flags: &Flags) -> Result<File, ConfigError> {
        Ok(match &flags.config {
            Some(path) => File::read(path)?,
            None => match default_file() {
                Some(path) if path.exists() => File::read(&path)?,
                _ => File::default(),
            },
        })
    }

    fn over(file: File, flags: Flags) -> Result<Self, ConfigError> {
        let data = match flags.data.or(file.data) {
            Some(data) => data,
            None => default_data().ok_or(ConfigError::NoHome)?,
        };
        let file_clock = file
            .clock_start
            .map(|text| clock_start(&text))
            .transpose()?;
        let base = Self::new(data);
        let config = Self {
            key_file: seal::resolve(flags.seal, file.seal),
            listen: flags.listen.or(file.listen).unwrap_or(base.listen),
            metrics_listen: flags.metrics_listen.or(file.metrics_listen),
            tls: Tls::resolve(flags.tls, file.tls)?,
            allow_plaintext_beyond_loopback: flags
                .allow_plaintext_beyond_loopback
                .or(file.allow_plaintext_beyond_loopback)
                .unwrap_or(base.allow_plaintext_beyond_loopback),
            connections: flags
                .connections
                .or(file.connections)
                .unwrap_or(base.connections),
            log: flags.log.or(file.log).unwrap_or(base.log),
            log_format: flags
                .log_format
                .or(file.log_format)
                .unwrap_or(base.log_format),
            calls: flags.calls.or(file.calls).unwrap_or(base.calls),
            watches: flags.watches.or(file.watches).unwrap_or(base.watches),
            free_failures: flags
                .free_failures
                .or(file.free_failures)
                .unwrap_or(base.free_failures),
            checkpoint: seconds(flags.checkpoint_seconds.or(file.checkpoint_seconds))
                .unwrap_or(base.checkpoint),
            message_bytes: flags
                .message_bytes
                .or(file.message_bytes)
                .unwrap_or(base.message_bytes),
            deadline: seconds(flags.deadline_seconds.or(file.deadline_seconds))
                .unwrap_or(base.deadline),
            grace: seconds(flags.grace_seconds.or(file.grace_seconds)).unwrap_or(base.grace),
            free_disk_mib: flags
                .free_disk_mib
                .or(file.free_disk_mib)
                .unwrap_or(base.free_disk_mib),
            history_keep_days: history::keep_days(flags.history, file.history),
            backup: backup::resolve(flags.backup, file.backup)?,
            clock_start: flags.clock_start.or(file_clock),
            data: base.data,
        };
        config.check()?;
        Ok(config)
    }

    /// The seal key: the file that opens what is sealed.
    pub fn key_file(&self) -> PathBuf {
        let named = self.key_file.clone();
        named.unwrap_or_else(|| keyring::beside(&self.data))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let range = |field, expected, good: bool, found: String| {
            if good {
                Ok(())
            } else {
                Err(ConfigError::OutOfRange {
                    field,
                    expected,
                    found,
                })
            }
        };
        range(
            "connections",
            "1 to 100000",
            (1..=100_000).contains(&self.connections),
            self.connections.to_string(),
        )?;
        range(
            "calls",
            "1 to 100000",
            (1..=100_000).contains(&self.calls),
            self.calls.to_string(),
        )?;
        range(
            "watches",
            "1 to 100000",
            (1..=100_000).contains(&self.watches),
            self.watches.to_string(),
        )?;
        range(
            "free_failures",
            "1 to 1000000",
            (1..=1_000_000).contains(&self.free_failures),
            self.free_failures.to_string(),
        )?;
        range(
            "checkpoint_seconds",
            "1 to 60",
            (1..=60).contains(&self.checkpoint.as_secs()),
            self.checkpoint.as_secs().to_string(),
        )?;
        range(
            "history.keep_days",
            "7 to 36525",
            (history::LEAST_DAYS..=history::MOST_DAYS).contains(&self.history_keep_days),
            self.history_keep_days.to_string(),
        )?;
        range(
            "message_bytes",
            "4096 to 16777216",
            (4096..=16 << 20).contains(&self.message_bytes),
            self.message_bytes.to_string(),
        )?;
        range(
            "deadline_seconds",
            "1 to 3600",
            (1..=3600).contains(&self.deadline.as_secs()),
            self.deadline.as_secs().to_string(),
        )?;
        range(
            "grace_seconds",
            "0 to 600",
            self.grace.as_secs() <= 600,
            self.grace.as_secs().to_string(),
        )?;
        range(
            "free_disk_mib",
            "0 to 1048576",
            self.free_disk_mib <= 1 << 20,
            self.free_disk_mib.to_string(),
        )
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        // The error's own text shows the line and points at the field.
        toml::from_str(text).map_err(|error| ConfigError::Wrong {
            path: path.to_owned(),
            text: error.to_string(),
        })
    }
}

fn seconds(given: Option<u64>) -> Option<Duration> {
    given.map(Duration::from_secs)
}

fn clock_start(text: &str) -> Result<Timestamp, ConfigError> {
    text.parse().map_err(|_| ConfigError::OutOfRange {
        field: "clock_start",
        expected: "an RFC 3339 instant such as 2026-10-14T14:07:00-03:00",
        found: text.to_owned(),
    })
}

/// Where the configuration file is looked for when none is named.
fn default_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("treadwell").join("server.toml"))
}

/// Where the clinic is kept when no folder is named.
fn default_data() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("treadwell"))
}

#[cfg(test)]
mod tests;
