//! Salvage: what is sound in a damaged store, into a new one; and a list of what is not.
//!
//! The damaged folder is only read, and may be on a disk that can not be written any more. Its commits are folded as far as they
//! lead, over gaps too, because each holds its records whole; what the gaps leave open is told by the sum that every frame carries
//! of all records after it. Where the records store proves to be the fold at its mark by that sum, it bridges the gaps before it.
//! What the disk does not give is damage as well (`around`).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::base::{self, Start, base_name};
use super::format::{FORMAT_VERSION, Format, Identity};
use super::frame::{Frame, genesis};
use super::keeper::{Keeper, Store};
use super::records::Mark;
use super::segment::{name, preallocate};
use super::shared::Layout;
use super::verify::unhurried;
use super::{Options, create, open};
use crate::disk::{Disk, ReadOnly, RealDisk, is_unreadable};
use crate::{Commit, Error, Newest, RecordSum, Revision};

mod around;
mod scan;

use around::Around;
use scan::Scanned;

type Records = BTreeMap<Bytes, Bytes>;

/// Something that was not taken, or was not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The file it was in.
    pub file: PathBuf,
    /// Where in the file it begins.
    pub offset: u64,
    /// The revisions of the commits that it held, as far as that can be told: the first and the last.
    pub revisions: Option<(Revision, Revision)>,
    /// The keys of the records that those commits changed, if that can be told.
    pub keys: Option<Vec<Bytes>>,
    /// What is wrong there.
    pub what: String,
}

impl Lost {
    /// Whether it held commits of which it can not be told what they changed.
    fn is_unnamed(&self) -> bool {
        self.keys.is_none() && !self.file.ends_with("FORMAT")
    }
}

/// What a salvage took, and what it could not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Salvaged {
    /// The clinic of both stores.
    pub clinic_id: [u8; 16],
    /// The revision at which the new store begins: the last that anything speaks of.
    pub head: Revision,
    /// Commits that were read whole.
    pub commits: u64,
    /// What the newest sound commit says of itself; the new store knows it.
    pub newest: Option<Newest>,
    /// Records in the new store.
    pub records: u64,
    /// What was damaged.
    pub lost: Vec<Lost>,
    /// The sum that the last commit carries says that the records are all there, and each as it was at `head`.
    pub proven: bool,
    /// Unless that is proven: the records that may be older than they were, or should be gone, because the damage held changes of
    /// them and nothing sound is newer. They are in the new store as they were before, if they were.
    pub doubtful: Vec<Bytes>,
    /// Unless it is proven: there is damage of which it can not be told which records it held, only their revisions.
    pub has_unnamed: bool,
}

/// What is whole in a damaged store, commit by commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sound {
    /// The commits, in their order; between them some may be missing.
    pub commits: Vec<Commit>,
    /// The highest revision that anything speaks of.
    pub last: Revision,
    /// What was damaged.
    pub lost: Vec<Lost>,
}

/// Reads every sound commit in a folder.
pub(crate) fn sound(from: &Path) -> Result<Sound, Error> {
    let layout = Layout::new(from.to_owned());
    let _lock = open::lock_to_look(&ReadOnly, &layout)?;
    let around = Around::new(&ReadOnly);
    let mut scanned = Scanned::read(&around, &layout)?;
    scanned.judge(&layout.journal);
    let mut commits = Vec::new();
    for place in std::mem::take(&mut scanned.places).into_values() {
        match place.read(&around)? {
            Ok(frame) => commits.extend(frame.commits().unwrap_or_default()),
            Err(lost) => scanned.lost.push(lost),
        }
    }
    scanned.lost.extend(around.lost());
    Ok(Sound {
        commits,
        last: scanned.last_seen,
        lost: scanned.lost,
    })
}

/// Takes what is sound in `from`, the journal of which lies on `old_disk`, to a new store in `to`, an empty or new folder.
pub(crate) fn salvage(
    old_disk: &dyn Disk,
    from: &Path,
    to: &Path,
    options: &Options,
) -> Result<Salvaged, Error> {
    let old = Layout::new(from.to_owned());
    let _lock = open::lock_to_look(old_disk, &old)?;
    let around = Around::new(old_disk);
    let mut scanned = Scanned::read(&around, &old)?;
    let clinic_id = clinic_of(old_disk, &old, &mut scanned)?;
    let (disk, new) = (RealDisk, Layout::new(to.to_owned()));
    let _new_lock = create::claim(&disk, &new)?;
    let around_records = Around::new(&ReadOnly);
    let stored = stored_records(&around_records, &old, &new, options);
    if let Some((_, mark)) = &stored {
        scanned.last_seen = scanned.last_seen.max(mark.revision);
    }
    scanned.judge(&old.journal);
    let mut fold = Fold::begin(&scanned, stored);
    for place in std::mem::take(&mut scanned.places).into_values() {
        if place.header.first <= fold.reached {
            continue;
        }
        match place.read(&around)? {
            Ok(frame) => fold.take(&frame),
            Err(lost) => scanned.lost.push(lost),
        }
    }
    scanned.lost.extend(around.lost());
    scanned.lost.extend(around_records.lost());
    let (mut salvaged, records) = fold.end(scanned);
    salvaged.clinic_id = clinic_id;
    write(&disk, &new, options, &salvaged, &records)?;
    Ok(salvaged)
}

/// The clinic's id, also of a `FORMAT` that is otherwise damaged, if the journal itself proves it.
fn clinic_of(disk: &dyn Disk, old: &Layout, scanned: &mut Scanned) -> Result<[u8; 16], Error> {
    let path = old.format();
    let is_gone = |it: &io::Error| it.kind() == io::ErrorKind::NotFound || is_unreadable(it);
    let text = match Format::text(disk, old) {
        Err(Error::Io { source, .. }) if is_gone(&source) => String::new(),
        text => text?,
    };
    match Format::decode(&text, &path) {
        Ok(format) => Ok(format.clinic_id),
        Err(Error::Damaged { what, .. }) => {
            scanned.lose(&path, 0, None, what);
            let named = Format::clinic_in(&text);
            let proven = named.filter(|id| scanned.begins_with(&genesis(*id)));
            proven.ok_or_else(|| Error::NotAStore {
                dir: old.dir.clone(),
                why: "its FORMAT is damaged, and nothing proves whose it is".to_owned(),
            })
        }
        Err(error) => Err(error),
    }
}

/// The records store as it lies there, read from a copy: sled writes when it opens.
fn stored_records(
    around: &Around<'_>,
    old: &Layout,
    new: &Layout,
    options: &Options,
) -> Option<(Records, Mark)> {
    let place = new.dir.join("copy");
    let copy = place.join("records");
    let read = || {
        around.copy_folder(&old.records, &copy).ok()?;
        let quarantine = place.join("quarantine");
        let patience = options.records_timeout;
        let keeper = Keeper::start(&copy, &quarantine, Duration::MAX, patience).ok()?;
        let opened = keeper.call(Store::open).ok()?;
        keeper.tell(Store::abandon);
        let (stored, _) = opened.ok()?;
        let mark = stored.mark?;
        Some((stored.whole()?.into_iter().collect(), mark))
    };
    let stored = read();
    // Left there, it only takes room.
    if let Err(error) = std::fs::remove_dir_all(&place) {
        tracing::warn!(%error, dir = %place.display(), "a copy could not be removed");
    }
    stored
}

/// The fold over what is sound.
struct Fold {
    records: Records,
    /// The last revision that is in the fold.
    reached: Revision,
    sum: RecordSum,
    /// What the sum has to be there.
    expected: RecordSum,
    commits: u64,
}

impl Fold {
    /// Begins with the records store where it proves itself, or else with the base.
    fn begin(scanned: &Scanned, stored: Option<(Records, Mark)>) -> Fold {
        let proven = stored.filter(|(records, mark)| {
            mark.revision >= scanned.after() && scanned.sum_at(*mark) == Some(sum_of(records))
        });
        let (records, reached, expected) = match (proven, &scanned.base) {
            (Some((records, mark)), _) => {
                let sum = sum_of(&records);
                (records, mark.revision, sum)
            }
            (None, Some(base)) => (base.records.clone(), base.start.revision, base.start.sum),
            (None, None) => (Records::new(), 0, RecordSum::EMPTY),
        };
        Fold {
            sum: sum_of(&records),
            records,
            reached,
            expected,
            commits: 0,
        }
    }

    fn take(&mut self, frame: &Frame) {
        let commits = frame.commits().unwrap_or_default();
        for change in commits.iter().flat_map(|commit| &commit.changes) {
            let key = Bytes::copy_from_slice(&change.key);
            let old = match &change.after {
                Some(after) => {
                    self.sum.add(&key, after);
                    let after = Bytes::copy_from_slice(after);
                    self.records.insert(key.clone(), after)
                }
                None => self.records.remove(&key),
            };
            if let Some(old) = old {
                self.sum.remove(&key, &old);
            }
        }
        self.commits += commits.len() as u64;
        self.reached = frame.header.last();
        self.expected = frame.header.sum_after;
    }

    /// What came of it, and the records.
    fn end(self, scanned: Scanned) -> (Salvaged, Records) {
        let head = self.reached.max(scanned.last_seen);
        let is_end = head == self.reached && !scanned.lacks_newest;
        let proven = self.sum == self.expected && is_end;
        let doubtful = if proven {
            Vec::new()
        } else {
            scanned.doubtful()
        };
        let salvaged = Salvaged {
            clinic_id: [0; 16],
            head,
            commits: self.commits,
            newest: scanned.told,
            records: self.records.len() as u64,
            proven,
            doubtful,
            has_unnamed: !proven && scanned.lost.iter().any(Lost::is_unnamed),
            lost: scanned.lost,
        };
        (salvaged, self.records)
    }
}

fn sum_of(records: &Records) -> RecordSum {
    RecordSum::of(records.iter().map(|(key, value)| (&key[..], &value[..])))
}

/// Writes the new store: a base of all records, and the first segment after it.
fn write(
    disk: &dyn Disk,
    new: &Layout,
    options: &Options,
    salvaged: &Salvaged,
    records: &Records,
) -> Result<(), Error> {
    let identity = Identity::draw(0)?;
    let io = |error| Error::io("write to", &new.dir, error);
    disk.create_dir(&new.journal).map_err(io)?;
    disk.create_dir(&new.quarantine).map_err(io)?;
    let first = salvaged.head + 1;
    if salvaged.head > 0 {
        // A chain of its own: nothing may pass for a frame of the old one.
        let link =
            *blake3::hash(&[&salvaged.clinic_id[..], &identity.incarnation].concat()).as_bytes();
        let start = Start {
            revision: salvaged.head,
            link,
            sum: sum_of(records),
            accounts: [0; 32],
            root: (salvaged.head, link),
        };
        base::write(
            disk,
            &new.journal.join(base_name(salvaged.head)),
            start,
            salvaged.newest.as_ref(),
            records,
        )?;
        base::read_records(disk, &new.journal, &start, &mut unhurried)?;
    }
    let segment = options.clone().within_bounds().segment_bytes;
    preallocate(disk, &new.journal.join(name(first)), segment).map_err(io)?;
    disk.sync_dir(&new.journal).map_err(io)?;
    let format = Format {
        version: FORMAT_VERSION,
        clinic_id: salvaged.clinic_id,
        identity: Some(identity),
    };
    format.write(disk, new)
}
