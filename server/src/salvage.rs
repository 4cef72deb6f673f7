//! Taking what is sound in a damaged data folder into a new one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use prost::Message as _;
use treadwell_api::store::v1::{Envelope, RecordKind};
use treadwell_clinic::Revision;
use treadwell_journal::disk::{self, Disk, ReadOnly, RealDisk};
use treadwell_journal::embedded::{Embedded, Options, Salvaged};
use treadwell_journal::{Error, Journal as _, Loaded};
use zeroize::Zeroizing;

use crate::convert::store;
use crate::stage::Stage;
use crate::{keyring, verify};

mod copy;
mod trail;

/// Something that was not taken, or was not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The file it was in.
    pub file: PathBuf,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The first and the last of the revisions that it held, if that can be told.
    pub revisions: Option<(Revision, Revision)>,
    /// The records that it changed, by their ids, if that can be told.
    pub records: Option<Vec<String>>,
    /// What is wrong there.
    pub what: String,
}

/// What became of a salvage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The revision at which the new store begins.
    pub revision: Revision,
    /// Records in the new store.
    pub records: u64,
    /// It is proven that every record is there as it was.
    pub records_proven: bool,
    /// What was damaged.
    pub lost: Vec<Lost>,
    /// Records that may be older than they were, or should be gone, because the damage held changes of them.
    pub doubtful: Vec<String>,
    /// Of some of the damage it can not be told which records it held.
    pub has_unnamed: bool,
    /// What is wrong with the new store's records; at most [`verify::PROBLEMS`].
    pub problems: Vec<String>,
}

impl Report {
    /// Whether nothing was damaged at all.
    pub const fn is_whole(&self) -> bool {
        self.records_proven && self.lost.is_empty() && self.problems.is_empty()
    }
}

/// No commit is left that says how many keys and erasures there are.
const UNKNOWN_RING: &str = "nothing is left that says how far the key ring had come: make sure that the folder `keys` is the newest \
                            there is, because an older one may give back whoever was erased since";

/// What of the folder of keys can not be read has to come from elsewhere.
const WITHOUT_KEYS: &str = ": without the key ring and the ledger of erasures nothing of clients can be opened; put the newest copy of the \
                            folder `keys` in its place";

/// Takes what is sound in `from`, which is only read, to a new data folder, and a copy of its seal key beside that. The new folder is there
/// whole or not at all. The error is a sentence for a person.
pub async fn repair(from: &Path, to: &Path, seal_key: &Path) -> Result<Report, String> {
    repair_on(&ReadOnly, from, to, seal_key).await
}

/// As [`repair`], with the key ring and the audit trail read from this disk.
async fn repair_on(
    disk: &dyn Disk,
    from: &Path,
    to: &Path,
    seal_key: &Path,
) -> Result<Report, String> {
    let sentence = |error: Error| error.to_string();
    let stage = Stage::begin(to).map_err(|error| error.to_string())?;
    let folder = stage.folder();
    let salvaged = Embedded::salvage(from, folder, Options::default()).await;
    let salvaged = salvaged.map_err(sentence)?;
    let mut lost = take_keys(disk, from, folder)?;
    lost.extend(trail::take(disk, from, folder, salvaged.clinic_id).await?);
    let loaded = load(folder).await.map_err(sentence)?;
    let name = |key: &[u8]| {
        let at = loaded
            .records
            .binary_search_by(|(other, _)| other[..].cmp(key));
        name(key, at.ok().map(|at| &loaded.records[at].1[..]))
    };
    let new_key = keyring::beside(to);
    let mut problems: Vec<_> = take_seal_key(seal_key, &new_key)?.into_iter().collect();
    match verify::folder(folder, &new_key).await {
        Ok(verified) => problems.extend(verified.problems),
        Err(why) => problems.push(why),
    }
    // Where it is when somebody reads this.
    let (staged, place) = (folder.display().to_string(), to.display().to_string());
    let mut problems: Vec<_> = problems
        .iter()
        .map(|it| it.replace(&staged, &place))
        .collect();
    let mut values = loaded.records.iter().map(|(_, value)| value);
    if salvaged.newest.is_none() && values.any(store::is_sealed) {
        problems.push(UNKNOWN_RING.to_owned());
    }
    let mut report = report(salvaged, problems, name);
    report.lost.extend(lost);
    stage.finish().map_err(|error| error.to_string())?;
    Ok(report)
}

async fn load(folder: &Path) -> Result<Loaded, Error> {
    let (journal, _) = Embedded::open(folder, Options::default()).await?;
    let loaded = journal.load().await?;
    journal.close().await?;
    Ok(loaded)
}

/// Copies the key ring and the ledger of erasures as far as they can be read; gives what can not. A place of the ring that can not is one
/// that nobody takes for a key, nor for the end of one.
fn take_keys(disk: &dyn Disk, from: &Path, to: &Path) -> Result<Vec<Lost>, String> {
    let mut lost = copy::folder(disk, &from.join("keys"), &to.join("keys"))?;
    for it in &mut lost {
        it.what.push_str(WITHOUT_KEYS);
    }
    Ok(lost)
}

/// Copies the seal key, unless there is one already; gives a sentence when it can not be read.
fn take_seal_key(seal_key: &Path, new_key: &Path) -> Result<Option<String>, String> {
    if new_key.exists() {
        return Ok(None);
    }
    match fs::read(seal_key).map(Zeroizing::new) {
        Ok(_) => copy_file(seal_key, new_key).map(|()| None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Ok(Some(not_copied(seal_key, &error))),
    }
}

fn report(salvaged: Salvaged, problems: Vec<String>, name: impl Fn(&[u8]) -> String) -> Report {
    let lost = salvaged.lost.into_iter().map(|lost| Lost {
        file: lost.file,
        offset: lost.offset,
        revisions: lost.revisions,
        records: lost
            .keys
            .map(|keys| keys.iter().map(|key| name(key)).collect()),
        what: lost.what,
    });
    Report {
        revision: salvaged.head,
        records: salvaged.records,
        records_proven: salvaged.proven,
        lost: lost.collect(),
        doubtful: salvaged.doubtful.iter().map(|key| name(key)).collect(),
        has_unnamed: salvaged.has_unnamed,
        problems,
    }
}

/// A record's id, which its envelope says; without one, its kind and its key.
fn name(key: &[u8], value: Option<&[u8]>) -> String {
    if let Some(envelope) = value.and_then(|value| Envelope::decode(value).ok()) {
        return envelope.id;
    }
    let (kind, rest) = key
        .split_first()
        .map_or((0, key), |(kind, rest)| (*kind, rest));
    let kind = RecordKind::try_from(i32::from(kind)).unwrap_or_default();
    let kind = kind.as_str_name().trim_start_matches("RECORD_KIND_");
    let kind = kind.to_lowercase().replace('_', " ");
    match <[u8; 8]>::try_from(rest) {
        Ok(number) => format!("{kind} number {}", u64::from_be_bytes(number)),
        Err(_) => format!("{kind} {}", rest.escape_ascii()),
    }
}

/// Copies a folder and what is in it, if there is one, so that it survives a power loss. The error is a sentence.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    if !from.is_dir() {
        return Ok(());
    }
    disk::copy_folder(from, to).map_err(|error| not_copied(from, &error))
}

/// Copies a file with its mode, whole or not at all, so that it survives a power loss. The error is a sentence.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    let mut new = to.as_os_str().to_owned();
    new.push(".new");
    let copy = || {
        // What is left of an attempt that was cut short.
        let _none = fs::remove_file(&new);
        fs::copy(from, &new)?;
        fs::File::open(&new)?.sync_all()?;
        fs::rename(&new, to)?;
        let folder = to.parent().filter(|it| !it.as_os_str().is_empty());
        RealDisk.sync_dir(folder.unwrap_or(Path::new(".")))
    };
    copy().map_err(|error| not_copied(from, &error))
}

fn not_copied(path: &Path, error: &io::Error) -> String {
    format!("{} can not be copied: {error}", path.display())
}

#[cfg(test)]
mod tests;
