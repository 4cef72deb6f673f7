//! The configuration as the file that would give it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::Value;

use super::{Config, ConfigError, File, Flags, LogFormat, Tls, backup, history, seal};

/// What a field is for, with its default and its other names; its name; its value.
type Entry = (&'static str, &'static str, Value);

impl Config {
    /// What a file with this text says, over the defaults.
    pub(crate) fn from_text(text: &str) -> Result<Self, ConfigError> {
        let flags = Flags {
            data: Some(PathBuf::new()),
            ..Flags::default()
        };
        Self::over(File::parse(Path::new(""), text)?, flags)
    }

    /// The configuration as the commented file that would give it.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for (comment, name, value) in self.places().into_iter().chain(self.limits()) {
            write!(text, "# {comment}\n{name} = {value}\n\n").expect("a String takes all text");
        }
        text.push_str(
            "# Where metrics, /live and /ready are shown over HTTP, to whoever comes; by default nowhere.\n\
             # TREADWELL_METRICS_LISTEN, --metrics-listen.\n",
        );
        match self.metrics_listen {
            Some(address) => {
                writeln!(
                    text,
                    "metrics_listen = {}\n",
                    Value::String(address.to_string())
                )
            }
            None => writeln!(text, "# metrics_listen = \"127.0.0.1:9464\"\n"),
        }
        .expect("a String takes all text");
        text.push_str(
            "# Starts an injected clock at this instant; by default the machine's clock is used.\n\
             # TREADWELL_CLOCK_START, --clock-start.\n",
        );
        match self.clock_start {
            Some(start) => writeln!(text, "clock_start = {}", Value::String(start.to_string())),
            None => writeln!(text, "# clock_start = \"2026-10-14T14:07:00-03:00\""),
        }
        .expect("a String takes all text");
        text.push('\n');
        // A table comes last: what follows it would be its own.
        text.push_str(&Tls::to_toml(self.tls.as_ref()));
        text.push('\n');
        text.push_str(&seal::to_toml(self.key_file.as_ref()));
        text.push('\n');
        text.push_str(&history::to_toml(self.history_keep_days));
        text.push_str(&backup::to_toml(self.backup.as_ref()));
        text
    }

    fn places(&self) -> [Entry; 5] {
        [
            (
                "The folder that holds the clinic. TREADWELL_DATA, --data.",
                "data",
                self.data.display().to_string().into(),
            ),
            (
                "The address to listen on; default 127.0.0.1:7450. TREADWELL_LISTEN, --listen.",
                "listen",
                self.listen.to_string().into(),
            ),
            (
                "Whether to speak plaintext although other machines can hear it: keys and health data travel in clear; default false. TREADWELL_ALLOW_PLAINTEXT_BEYOND_LOOPBACK, --allow-plaintext-beyond-loopback.",
                "allow_plaintext_beyond_loopback",
                self.allow_plaintext_beyond_loopback.into(),
            ),
            (
                "What is logged; default info. TREADWELL_LOG, --log.",
                "log",
                self.log.clone().into(),
            ),
            (
                "How log lines are written, text or json; default text. TREADWELL_LOG_FORMAT, --log-format.",
                "log_format",
                match self.log_format {
                    LogFormat::Text => "text",
                    LogFormat::Json => "json",
                }
                .into(),
            ),
        ]
    }

    fn limits(&self) -> [Entry; 9] {
        [
            (
                "Connections that may be open at once; default 1024. TREADWELL_CONNECTIONS, --connections.",
                "connections",
                count(self.connections),
            ),
            (
                "Reads that may be at work at once, and half as many changes, before more are refused at once; default 24 for each core. TREADWELL_CALLS, --calls.",
                "calls",
                count(self.calls),
            ),
            (
                "Watches that may be open at once; default 4096. TREADWELL_WATCHES, --watches.",
                "watches",
                count(self.watches),
            ),
            (
                "Failed attempts of an address to sign in that are answered at once, further ones are slowed down; default 10. TREADWELL_FREE_FAILURES, --free-failures.",
                "free_failures",
                integer(self.free_failures.into()),
            ),
            (
                "How long an idle watch waits for a checkpoint, seconds; default 5. TREADWELL_CHECKPOINT_SECONDS, --checkpoint-seconds.",
                "checkpoint_seconds",
                integer(self.checkpoint.as_secs()),
            ),
            (
                "The largest request that is read, bytes; default 1048576. TREADWELL_MESSAGE_BYTES, --message-bytes.",
                "message_bytes",
                count(self.message_bytes),
            ),
            (
                "The longest that a request may take, seconds; default 30. A verification may take ten minutes. TREADWELL_DEADLINE_SECONDS, --deadline-seconds.",
                "deadline_seconds",
                integer(self.deadline.as_secs()),
            ),
            (
                "The longest that a shutdown waits, seconds; default 10. TREADWELL_GRACE_SECONDS, --grace-seconds.",
                "grace_seconds",
                integer(self.grace.as_secs()),
            ),
            (
                "Free disk space below which writes are refused, MiB; default 64. TREADWELL_FREE_DISK_MIB, --free-disk-mib.",
                "free_disk_mib",
                integer(self.free_disk_mib),
            ),
        ]
    }
}

fn integer(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn count(value: usize) -> Value {
    integer(u64::try_from(value).unwrap_or(u64::MAX))
}
