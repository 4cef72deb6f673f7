//! Taking what is sound in a damaged data folder into a new one.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use treadwell_api::store::v1::{Envelope, RecordKind};
use treadwell_clinic::Revision;
use treadwell_journal::disk;
use treadwell_journal::embedded::{Embedded, Options, Salvaged};
use treadwell_journal::{Error, Journal as _};

use crate::convert::store;
use crate::{keyring, verify};

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

/// Takes what is sound in `from`, which is only read, to a new data folder, and a copy of its seal key beside that.
pub async fn repair(from: &Path, to: &Path, seal_key: &Path) -> Result<Report, String> {
    let sentence = |error: Error| error.to_string();
    let salvaged = Embedded::salvage(from, to, Options::default()).await;
    let salvaged = salvaged.map_err(sentence)?;
    let (keys, new_keys) = (from.join("keys"), to.join("keys"));
    copy_folder(&keys, &new_keys)?;
    let lost_of_trail = trail::take(from, to, salvaged.clinic_id).await?;
    let new_key = keyring::beside(to);
    if seal_key.is_file() && !new_key.exists() {
        copy_file(seal_key, &new_key)?;
    }
    let (journal, _) = Embedded::open(to, Options::default())
        .await
        .map_err(sentence)?;
    let loaded = journal.load().await.map_err(sentence)?;
    journal.close().await.map_err(sentence)?;
    let name = |key: &[u8]| {
        let at = loaded
            .records
            .binary_search_by(|(other, _)| other[..].cmp(key));
        name(key, at.ok().map(|at| &loaded.records[at].1[..]))
    };
    let mut problems = verify::folder(to, &new_key)
        .await
        .map_or_else(|why| vec![why], |it| it.problems);
    let mut values = loaded.records.iter().map(|(_, value)| value);
    if salvaged.newest.is_none() && values.any(store::is_sealed) {
        problems.push(UNKNOWN_RING.to_owned());
    }
    let mut report = report(salvaged, problems, name);
    report.lost.extend(lost_of_trail);
    Ok(report)
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

/// Copies a file with its mode, so that it survives a power loss but for its name. The error is a sentence.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    let copied = fs::copy(from, to).and_then(|_| fs::File::open(to)?.sync_all());
    copied.map_err(|error| not_copied(from, &error))
}

fn not_copied(path: &Path, error: &std::io::Error) -> String {
    format!("{} can not be copied: {error}", path.display())
}
