//! What can be said, before something goes wrong, about where a server runs: its folder, its disk, its certificate, its limits.
//!
//! It starts no server, and a folder that a server is using is looked at all the same. It leaves everything as it is, save that a file is
//! made for a moment to see how long the disk takes, and that the whole journal is read by opening the store as a start does: what a
//! crash has torn is set aside, and files are written anew.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use treadwell_journal::Error;
use treadwell_journal::disk::{Disk as _, RealDisk};
use treadwell_journal::embedded::Embedded;

use crate::backup;
use crate::clock::{Clock as _, System};
use crate::config::Config;
use crate::keyring::{self, Keyring, KeysError};
use crate::transport::Transport;
use crate::verify;

mod owners;
#[cfg(test)]
mod tests;

/// What was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What: a word or two.
    pub about: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, and what to do.
    pub text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// A server runs, but somebody has to see to it.
    Warning,
    /// A server does not run so, or loses what it has acknowledged.
    Wrong,
}

/// So many times something is made durable, to see how long the disk takes.
const SYNCS: usize = 16;

/// A disk that takes longer for the median sync lets everybody wait.
const SLOW_SYNC: Duration = Duration::from_millis(50);

/// Files that the server has open besides its connections.
const OTHER_FILES: u64 = 64;

/// The machine's clock can not be right before the release was made.
const EARLIEST_YEAR: i16 = 2026;

/// Looks at everything that a server of this configuration needs. With `whole` its journal is read from end to end, unless a server
/// is using it; that opens the store, and so writes in it.
pub async fn examine(config: &Config, whole: bool) -> Vec<Finding> {
    let mut findings = vec![clock()];
    findings.extend(transport(config));
    findings.extend(metrics(config));
    findings.extend(open_files(config));
    let data = config.data.as_path();
    if !Embedded::is_in(data) {
        let text = format!(
            "there is no clinic in {}: `treadwell init` makes one, `--data` names another folder",
            data.display()
        );
        findings.push(Finding::new("folder", Verdict::Wrong, text));
        return findings;
    }
    findings.push(folder(data));
    findings.extend(file_system(data));
    findings.push(space(config));
    findings.push(syncs(data));
    findings.push(quarantine(data));
    let key_file = config.key_file();
    findings.push(seal_key(&key_file));
    findings.extend(ring(data, &key_file));
    findings.push(backups(config));
    findings.push(journal(config, whole).await);
    // Last: what is written when all of it is read belongs to whoever reads it.
    findings.push(owners::owners(data, &key_file));
    findings
}

impl Finding {
    fn new(about: &'static str, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            about,
            verdict,
            text: text.into(),
        }
    }
}

fn clock() -> Finding {
    let now = System::new().now();
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    let verdict = if year < EARLIEST_YEAR {
        Verdict::Wrong
    } else {
        Verdict::Fine
    };
    Finding::new(
        "clock",
        verdict,
        format!("the machine says that it is {now}"),
    )
}

/// What the server would say of its address and its certificate.
fn transport(config: &Config) -> Vec<Finding> {
    const ABOUT: &str = "address";
    match Transport::new(config, config.listen) {
        Err(error) => vec![Finding::new(ABOUT, Verdict::Wrong, error.to_string())],
        Ok(transport) => {
            let warnings = transport.warnings();
            if warnings.is_empty() {
                let how = match transport.tls() {
                    Some(_) => "speaks TLS, and its certificate is good",
                    None => "speaks plaintext, which no other machine can hear",
                };
                let text = format!("{} {how}", config.listen);
                return vec![Finding::new(ABOUT, Verdict::Fine, text)];
            }
            let warning = |text| Finding::new(ABOUT, Verdict::Warning, text);
            warnings.into_iter().map(warning).collect()
        }
    }
}

fn metrics(config: &Config) -> Option<Finding> {
    let address = config.metrics_listen?;
    let (verdict, who) = if address.ip().to_canonical().is_loopback() {
        (Verdict::Fine, "to this machine")
    } else {
        (
            Verdict::Warning,
            "to any machine that reaches it, without a key",
        )
    };
    let text = format!("{address} shows metrics {who}");
    Some(Finding::new("metrics", verdict, text))
}

fn open_files(config: &Config) -> Option<Finding> {
    // The server raises what it begins with to the most that it may have.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum?;
    Some(open_files_of(limit, config))
}

fn open_files_of(limit: u64, config: &Config) -> Finding {
    let needed = u64::try_from(config.connections).unwrap_or(u64::MAX);
    let needed = needed.saturating_add(OTHER_FILES);
    let (verdict, text) = if limit < needed {
        let text = format!(
            "{limit} may be open, {needed} are needed for {} connections: raise it (`ulimit -Hn`, `LimitNOFILE=`)",
            config.connections
        );
        (Verdict::Warning, text)
    } else {
        (Verdict::Fine, format!("{limit} may be open"))
    };
    Finding::new("open files", verdict, text)
}

fn folder(data: &Path) -> Finding {
    const ABOUT: &str = "folder";
    match fs::metadata(data) {
        Err(error) => Finding::new(
            ABOUT,
            Verdict::Wrong,
            format!("{}: {error}", data.display()),
        ),
        Ok(found) if found.mode() & 0o077 != 0 => {
            let (path, mode) = (data.display(), found.mode() & 0o777);
            let text = format!(
                "others can look into {path} (mode {mode:o}): `chmod 700 {path}` keeps them out"
            );
            Finding::new(ABOUT, Verdict::Warning, text)
        }
        Ok(_) => {
            let text = format!("{} is open to its owner alone", data.display());
            Finding::new(ABOUT, Verdict::Fine, text)
        }
    }
}

/// File systems on which what is synced may still be gone after a restart, or is kept by another machine: `statfs(2)`.
#[cfg(target_os = "linux")]
fn file_system(data: &Path) -> Option<Finding> {
    let kind = rustix::fs::statfs(data).ok()?.f_type;
    let (kind, why) = match kind {
        0x0102_1994 => ("tmpfs", "it is gone when the machine restarts"),
        0x794c_7630 => ("overlayfs", "it is gone with its container: mount a volume"),
        0x6969 => ("NFS", "a sync is what the other machine makes of it"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => {
            ("SMB", "a sync is what the other machine makes of it")
        }
        _ => return None,
    };
    let text = format!("the data folder is on {kind}: {why}");
    Some(Finding::new("file system", Verdict::Warning, text))
}

#[cfg(not(target_os = "linux"))]
fn file_system(_data: &Path) -> Option<Finding> {
    None
}

fn space(config: &Config) -> Finding {
    const ABOUT: &str = "space";
    let free = match RealDisk.free_bytes(&config.data) {
        Ok(bytes) => bytes >> 20,
        Err(error) => {
            let text = format!("the system does not say how much there is: {error}");
            return Finding::new(ABOUT, Verdict::Warning, text);
        }
    };
    let needed = config.free_disk_mib;
    let (verdict, what_to_do) = if free < needed {
        (Verdict::Wrong, ": writes are refused until there is room")
    } else if free < needed.saturating_mul(16) {
        (Verdict::Warning, ": make room soon")
    } else {
        (Verdict::Fine, "")
    };
    let text = format!("{free} MiB are free, below {needed} MiB writes are refused{what_to_do}");
    Finding::new(ABOUT, verdict, text)
}

/// How long the disk takes to make something durable: every change waits for that.
fn syncs(data: &Path) -> Finding {
    const ABOUT: &str = "disk";
    let path = data.join(".doctor");
    let measure = || -> std::io::Result<Vec<Duration>> {
        let mut file = File::create(&path)?;
        let mut times = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            let begun = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            times.push(begun.elapsed());
        }
        Ok(times)
    };
    let measured = measure();
    // Where it could not be made there is none.
    let _ = fs::remove_file(&path);
    match measured {
        Err(error) => {
            let text = format!("nothing can be written into {}: {error}", data.display());
            Finding::new(ABOUT, Verdict::Wrong, text)
        }
        Ok(mut times) => {
            times.sort_unstable();
            let (median, worst) = (times[SYNCS / 2], times[SYNCS - 1]);
            let (verdict, so) = if median > SLOW_SYNC {
                (
                    Verdict::Warning,
                    ": every change waits for that; use a faster disk",
                )
            } else {
                (Verdict::Fine, "")
            };
            let text = format!(
                "a sync takes {:.1} ms, at worst {:.1} ms{so}",
                median.as_secs_f64() * 1e3,
                worst.as_secs_f64() * 1e3
            );
            Finding::new(ABOUT, verdict, text)
        }
    }
}

fn quarantine(data: &Path) -> Finding {
    const ABOUT: &str = "quarantine";
    let inside = fs::read_dir(data.join("quarantine"));
    let names = inside.into_iter().flatten().flatten();
    let mut names: Vec<_> = names
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    if names.is_empty() {
        return Finding::new(ABOUT, Verdict::Fine, "nothing was ever set aside");
    }
    names.sort_unstable();
    let is_group = |name: &&String| Path::new(name).extension().is_some_and(|it| it == "frame");
    let groups = names.iter().filter(is_group).count();
    let text = format!(
        "{groups} last groups and {} stores of records or parts of them were set aside when the store was opened ({}): a group may hold \
         the last changes before a crash, and the log of that start names it. What was set aside before the clinic was sealed is in the \
         clear; remove what nobody wants to look into any more",
        names.len() - groups,
        names.join(", ")
    );
    Finding::new(ABOUT, Verdict::Warning, text)
}

/// Whether what opens the clinic is there, for its owner alone.
fn seal_key(path: &Path) -> Finding {
    const ABOUT: &str = "seal key";
    let shown = path.display();
    let (verdict, text) = match keyring::is_sound(path) {
        Err(why) => (Verdict::Wrong, why.to_string()),
        Ok(false) => (
            Verdict::Wrong,
            format!(
                "{shown} is not there: without it a sealed clinic can not be opened; put the copy of it back, or name it with \
                 --seal-key"
            ),
        ),
        Ok(true) => (
            Verdict::Fine,
            format!("{shown} is open to its owner alone; keep a copy where no server is"),
        ),
    };
    Finding::new(ABOUT, verdict, text)
}

/// Whether the seal key opens the key ring, which is only read; of a seal key that is not sound it is said already. Whether the ring is as
/// new as the store is seen when the journal is read.
fn ring(data: &Path, key_file: &Path) -> Option<Finding> {
    if !keyring::is_sound(key_file).unwrap_or(false) {
        return None;
    }
    let (verdict, text) = match Keyring::to_look(data, key_file, None) {
        Ok(_) => (Verdict::Fine, "the seal key opens it".to_owned()),
        // A server makes it when it raises the store.
        Err(KeysError::NoRing(_)) if matches!(Embedded::format_in(data), Ok(1)) => return None,
        Err(why) => (Verdict::Wrong, why.to_string()),
    };
    Some(Finding::new("key ring", verdict, text))
}

/// Whether backups are taken, where a lost disk does not take them along, and how old the newest is.
fn backups(config: &Config) -> Finding {
    const ABOUT: &str = "backups";
    let warning = |text: String| Finding::new(ABOUT, Verdict::Warning, text);
    let Some(backup) = &config.backup else {
        let text = "none are taken: name a folder for them, on another disk, in the configuration ([backup], folder)";
        return warning(text.to_owned());
    };
    let folder = &backup.folder;
    let shown = folder.display();
    let newest = match backup::newest(folder) {
        Ok(newest) => newest,
        Err(error) => return Finding::new(ABOUT, Verdict::Wrong, error.to_string()),
    };
    let Some(newest) = newest else {
        return warning(format!(
            "there is none in {shown} yet: a server takes the first when it starts"
        ));
    };
    let age = System::new().now().duration_since(newest);
    if age > SignedDuration::from_hours(2 * i64::from(backup.every_hours)) {
        let text = format!(
            "the newest in {shown} is from {newest}: see `treadwell backup list` and the server's log"
        );
        return warning(text);
    }
    let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).ok();
    if device(folder) == device(&config.data) {
        let text = format!(
            "{shown} is on the disk of the data folder, and lost with it; name a folder on another one"
        );
        return warning(text);
    }
    Finding::new(
        ABOUT,
        Verdict::Fine,
        format!("the newest in {shown} is from {newest}"),
    )
}

/// Whether the journal is one that this release opens, and, if that is asked for, whether all of it is sound.
async fn journal(config: &Config, whole: bool) -> Finding {
    const ABOUT: &str = "journal";
    let fine = |text: &str| Finding::new(ABOUT, Verdict::Fine, text);
    let wrong = |error: Error| Finding::new(ABOUT, Verdict::Wrong, error.to_string());
    let data = config.data.as_path();
    if let Err(error) = Embedded::format_in(data) {
        return wrong(error);
    }
    match Embedded::lock_to_look(data) {
        Err(Error::InUse { .. }) => {
            return fine(
                "a server is using it: what is in it was not read; `treadwell verify` has the server do that, and --whole does \
                 once it is stopped",
            );
        }
        Err(error) => return wrong(error),
        Ok(_given_back) => {}
    }
    if !whole {
        return fine(
            "no server is using it; what is in it was not read: --whole does that, as long as no server is started",
        );
    }
    match verify::folder(data, &config.key_file()).await {
        Err(why) => Finding::new(ABOUT, Verdict::Wrong, why),
        Ok(report) if report.problems.is_empty() => {
            let text = format!(
                "{} commits and {} records are sound",
                report.commits, report.records
            );
            Finding::new(ABOUT, Verdict::Fine, text)
        }
        Ok(report) => Finding::new(ABOUT, Verdict::Wrong, report.problems.join("; ")),
    }
}
