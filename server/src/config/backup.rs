//! The table `[backup]`: where backups are taken, how often, and how many are kept.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Value;

use super::ConfigError;

/// Where and how often backups are taken, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The folder that takes them; it has to be there.
    pub folder: PathBuf,
    /// Hours from one to the next, 1 to 168.
    pub every_hours: u32,
    /// Which are kept.
    pub keep: Keep,
}

/// Which backups are kept: always the newest, and of those that the schedule takes the newest of each of the last hours, days and months
/// that have one. Days and months are those of UTC. Of those that somebody asks for, as many as days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Hours, 0 to 8784.
    pub hours: u32,
    /// Days, 0 to 3660.
    pub days: u32,
    /// Months, 0 to 1200.
    pub months: u32,
}

/// The flags of backups. Each may also be given in the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BackupFlags {
    /// Folder that takes backups, best on another disk; it has to be there [default: no backups are taken]
    #[arg(long, env = "TREADWELL_BACKUP_FOLDER", value_name = "DIR")]
    pub backup_folder: Option<PathBuf>,
    /// Hours from one backup to the next [default: 1]
    #[arg(
        long,
        env = "TREADWELL_BACKUP_EVERY_HOURS",
        value_name = "HOURS",
        hide_short_help = true
    )]
    pub backup_every_hours: Option<u32>,
    /// Of so many of the last hours the newest backup is kept [default: 48]
    #[arg(
        long,
        env = "TREADWELL_BACKUP_KEEP_HOURS",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub backup_keep_hours: Option<u32>,
    /// Of so many of the last days the newest backup is kept [default: 30]
    #[arg(
        long,
        env = "TREADWELL_BACKUP_KEEP_DAYS",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub backup_keep_days: Option<u32>,
    /// Of so many of the last months the newest backup is kept [default: 12]
    #[arg(
        long,
        env = "TREADWELL_BACKUP_KEEP_MONTHS",
        value_name = "COUNT",
        hide_short_help = true
    )]
    pub backup_keep_months: Option<u32>,
}

/// The table, as it is written. Unknown fields are mistakes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    folder: Option<PathBuf>,
    every_hours: Option<u32>,
    keep_hours: Option<u32>,
    keep_days: Option<u32>,
    keep_months: Option<u32>,
}

const DEFAULT_EVERY: u32 = 1;
const DEFAULT_KEEP: Keep = Keep {
    hours: 48,
    days: 30,
    months: 12,
};

/// The flags over the file's table; none when no folder is named.
pub(super) fn resolve(flags: BackupFlags, file: Table) -> Result<Option<Backup>, ConfigError> {
    let every_hours = flags.backup_every_hours.or(file.every_hours);
    let hours = flags.backup_keep_hours.or(file.keep_hours);
    let days = flags.backup_keep_days.or(file.keep_days);
    let months = flags.backup_keep_months.or(file.keep_months);
    let Some(folder) = flags.backup_folder.or(file.folder) else {
        let given = [
            ("backup.every_hours", every_hours),
            ("backup.keep_hours", hours),
            ("backup.keep_days", days),
            ("backup.keep_months", months),
        ];
        return match given.iter().find(|(_, value)| value.is_some()) {
            Some((given, _)) => Err(ConfigError::Missing {
                given,
                missing: "backup.folder",
            }),
            None => Ok(None),
        };
    };
    let in_range = |field, expected, value: u32, least: u32, most: u32| {
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        Err(ConfigError::OutOfRange {
            field,
            expected,
            found: value.to_string(),
        })
    };
    let every_hours = every_hours.unwrap_or(DEFAULT_EVERY);
    Ok(Some(Backup {
        folder,
        every_hours: in_range("backup.every_hours", "1 to 168", every_hours, 1, 168)?,
        keep: Keep {
            hours: in_range(
                "backup.keep_hours",
                "0 to 8784",
                hours.unwrap_or(DEFAULT_KEEP.hours),
                0,
                8784,
            )?,
            days: in_range(
                "backup.keep_days",
                "0 to 3660",
                days.unwrap_or(DEFAULT_KEEP.days),
                0,
                3660,
            )?,
            months: in_range(
                "backup.keep_months",
                "0 to 1200",
                months.unwrap_or(DEFAULT_KEEP.months),
                0,
                1200,
            )?,
        },
    }))
}

/// The table as it stands in a file; without a folder, as it could stand there.
pub(super) fn to_toml(backup: Option<&Backup>) -> String {
    let mark = if backup.is_some() { "" } else { "# " };
    let example = PathBuf::from("/mnt/backup/treadwell");
    let folder = backup.map_or(&example, |backup| &backup.folder);
    let every = backup.map_or(DEFAULT_EVERY, |backup| backup.every_hours);
    let keep = backup.map_or(DEFAULT_KEEP, |backup| backup.keep);
    let mut text = format!(
        "\n# Encrypted backups, taken while the server runs; by default none are.\n{mark}[backup]\n"
    );
    let count = |count: u32| Value::Integer(count.into());
    for (comment, name, value) in [
        (
            "The folder that takes them, best on another disk; it has to be there. TREADWELL_BACKUP_FOLDER, --backup-folder.",
            "folder",
            Value::String(folder.display().to_string()),
        ),
        (
            "Hours from one to the next, 1 to 168; default 1. TREADWELL_BACKUP_EVERY_HOURS, --backup-every-hours.",
            "every_hours",
            count(every),
        ),
        (
            "The newest of each of so many of the last hours is kept, 0 to 8784; default 48. TREADWELL_BACKUP_KEEP_HOURS, --backup-keep-hours.",
            "keep_hours",
            count(keep.hours),
        ),
        (
            "And of so many days, 0 to 3660; default 30. As many that somebody asked for are kept beside them. TREADWELL_BACKUP_KEEP_DAYS, --backup-keep-days.",
            "keep_days",
            count(keep.days),
        ),
        (
            "And of so many months, 0 to 1200; default 12. TREADWELL_BACKUP_KEEP_MONTHS, --backup-keep-months.",
            "keep_months",
            count(keep.months),
        ),
    ] {
        write!(text, "\n# {comment}\n{mark}{name} = {value}\n").expect("a String takes all text");
    }
    text
}
