//! Bytes changed anywhere in a real folder, or sectors that can not be read: it opens with everything, or refuses; and then what is
//! sound is salvaged, and judged by what was acknowledged: what is taken is true, and what is listed is all that is missing.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use common::{CLINIC, Model, campaign, copy_dir, round, runtime, unreadable_file};
use tempfile::TempDir;
use treadwell_journal::embedded::{Embedded, Options, Salvaged};
use treadwell_journal::simulation::{Rng, SimDisk};
use treadwell_journal::{Error, Journal, Revision};

/// As [`common::options`], on a real disk.
fn options() -> Options {
    Options {
        watermark_bytes: 0,
        ballast_bytes: 0,
        ..common::options()
    }
}

/// A sound folder, copied for every round.
struct Sound {
    place: TempDir,
    model: Model,
    last_group: Revision,
    /// Up to where a checkpoint had come.
    covered: Revision,
    is_closed: bool,
}

impl Sound {
    async fn new(is_compacted: bool, is_closed: bool) -> Sound {
        let place = tempfile::tempdir().expect("a folder");
        let (mut model, mut rng) = (Model::default(), Rng::new(23));
        let created = Embedded::create(place.path().join("data"), CLINIC, options()).await;
        let (engine, _) = created.expect("a store");
        let (mut last_group, mut covered) = (0, 0);
        for step in 0..40 {
            if step == 20 && is_compacted {
                let to = model.head() - 9;
                assert!(model.compact(&engine, to).await && engine.oldest() > 0);
            }
            if step == 30 {
                covered = engine.checkpoint().await.expect("a checkpoint");
            }
            let group = model.next_group(&mut rng, "salvage");
            last_group = group.len() as u64;
            assert!(model.append(&engine, group).await);
        }
        if is_closed {
            engine.close().await.expect("a clean close");
        }
        drop(engine);
        Sound {
            place,
            model,
            last_group,
            covered,
            is_closed,
        }
    }

    fn copy(&self) -> TempDir {
        let place = tempfile::tempdir().expect("a folder");
        copy_dir(&self.place.path().join("data"), &place.path().join("data"));
        place
    }
}

#[derive(Debug, Default)]
struct Counts {
    whole: u64,
    refused: u64,
    tail_lost: u64,
    proven: u64,
    doubtful: u64,
    unnamed: u64,
}

/// So many rounds in CI, on stores whose history is compacted or not and which were closed or not; gives how many there were.
fn on_each_kind(slice: u64, one: &impl AsyncFn(&Sound, &mut Rng, &mut Counts)) -> (Counts, u64) {
    let (seed, rounds) = campaign(slice);
    let runtime = runtime();
    let mut counts = Counts::default();
    for (is_compacted, is_closed) in [(false, true), (true, true), (false, false), (true, false)] {
        let sound = runtime.block_on(Sound::new(is_compacted, is_closed));
        for number in 0..rounds / 4 {
            round(seed, number, |mut rng| {
                runtime.block_on(one(&sound, &mut rng, &mut counts));
            });
        }
    }
    (counts, rounds)
}

#[test]
fn what_is_salvaged_is_true_and_what_is_listed_is_all_that_is_missing() {
    let (counts, rounds) = on_each_kind(80, &one);
    let met = counts.whole > 0 && counts.refused > 0 && counts.proven > 0 && counts.doubtful > 0;
    assert!(met || rounds < 80, "{counts:?}");
}

async fn one(sound: &Sound, rng: &mut Rng, counts: &mut Counts) {
    let place = sound.copy();
    let data = place.path().join("data");
    // A byte, as a rule; at times a stretch, or more than one place.
    let mut changed = vec![change(&data, rng)];
    if rng.one_in(4) {
        changed.push(change(&data, rng));
    }
    let is_one_byte = changed.len() == 1 && changed[0].is_one_byte;
    let is_in = |folder: &str| {
        changed
            .iter()
            .any(|it| it.file.starts_with(data.join(folder)))
    };
    match Embedded::open(&data, options()).await {
        Ok((engine, report)) => {
            let mut model = sound.model.clone();
            if report.head < model.head() {
                // The records and `REACHED` both know a checkpoint, so that with the journal three would have to be changed.
                assert!(
                    !sound.is_closed,
                    "a commit that a checkpoint covers is gone"
                );
                assert!(is_in("journal"), "{changed:?}: {report:?}");
                // Whole groups at the very end that no checkpoint covers can be lost at rest, of which nothing is left to see.
                assert!(report.head >= sound.covered, "{report:?}");
                if is_one_byte {
                    assert_eq!(report.head, model.head() - sound.last_group);
                    assert!(report.torn_tail.is_some());
                }
                counts.tail_lost += 1;
                return;
            }
            model.check_or_refusal(&engine).await;
            counts.whole += 1;
        }
        Err(Error::Damaged { .. } | Error::NewerFormat { .. } | Error::NotAStore { .. }) => {
            counts.refused += 1;
        }
        Err(error) => panic!("{error:?}"),
    }
    let to = place.path().join("salvaged");
    let salvaged = match Embedded::salvage(&data, &to, options()).await {
        Ok(salvaged) => salvaged,
        // Whose it is can not be told any more.
        Err(Error::NotAStore { .. } | Error::NewerFormat { .. } | Error::Damaged { .. }) => return,
        Err(error) => panic!("{error:?}"),
    };
    judge(sound, &salvaged, &to, counts).await;
}

async fn judge(sound: &Sound, salvaged: &Salvaged, to: &Path, counts: &mut Counts) {
    let model = &sound.model;
    assert_eq!(salvaged.clinic_id, CLINIC);
    assert!(salvaged.head <= model.head(), "{salvaged:?}");
    if salvaged.head < model.head() {
        assert!(!salvaged.lost.is_empty(), "{salvaged:?}");
    }
    let (engine, report) = Embedded::open(to, options())
        .await
        .expect("a store that opens");
    assert_eq!((report.head, report.format), (salvaged.head, 2));
    engine.verify().await.expect("a sound store");
    assert_eq!(engine.newest().await.expect("it is known"), salvaged.newest);
    if let Some(newest) = &salvaged.newest {
        let truth = &model.commits[usize::try_from(newest.revision).expect("a count") - 1];
        assert_eq!(newest.meta, truth.meta, "{salvaged:?}");
    }
    let loaded = engine.load().await.expect("a load");
    assert_eq!(loaded.records.len() as u64, salvaged.records);
    let truth = model.as_of(salvaged.head);
    let taken: std::collections::BTreeMap<_, _> = loaded.records.into_iter().collect();
    let keys: std::collections::BTreeSet<_> = truth.keys().chain(taken.keys()).collect();
    let differing: Vec<_> = keys
        .into_iter()
        .filter(|key| truth.get(*key) != taken.get(*key))
        .collect();
    for key in &differing {
        assert!(!salvaged.proven, "{key:?} is not as it was, and said to be");
        let changed = model.last_change(key, salvaged.head);
        let unnamed = salvaged.lost.iter().filter(|lost| lost.keys.is_none());
        let mut ranges = unnamed.filter_map(|lost| lost.revisions);
        let is_listed = salvaged.doubtful.contains(*key)
            || ranges.any(|(first, last)| (first..=last).contains(&changed));
        assert!(is_listed, "{key:?}, changed at {changed}: {salvaged:?}");
    }
    counts.proven += u64::from(salvaged.proven);
    counts.doubtful += u64::from(!salvaged.doubtful.is_empty());
    counts.unnamed += u64::from(salvaged.has_unnamed);
    // And work goes on there.
    let mut model = Model::default();
    model.begin_at(salvaged.head, taken);
    let group = model.next_group(&mut Rng::new(1), "after");
    assert!(model.append(&engine, group).await);
    engine.close().await.expect("a clean close");
}

/// A change to a folder.
#[derive(Debug)]
struct Changed {
    file: PathBuf,
    /// One byte of it, or none because there was no data in it.
    is_one_byte: bool,
}

/// Changes a byte, or writes rubbish or zeros over a stretch, or cuts a file short, or takes it away; where there is data.
fn change(data: &Path, rng: &mut Rng) -> Changed {
    let mut files = Vec::new();
    for folder in ["", "journal", "journal", "records"] {
        let Ok(entries) = std::fs::read_dir(data.join(folder)) else {
            continue;
        };
        let mut some: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        some.sort();
        files.extend(some.into_iter().filter(|path| {
            let spare = path.ends_with("LOCK") || path.extension().is_some_and(|it| it == "new");
            path.is_file() && !spare
        }));
    }
    let file = files[rng.index(files.len())].clone();
    let mut content = std::fs::read(&file).expect("a file");
    let data: Vec<usize> = (0..content.len()).filter(|&at| content[at] != 0).collect();
    let changed = |is_one_byte| Changed {
        file: file.clone(),
        is_one_byte,
    };
    if data.is_empty() {
        return changed(true);
    }
    let at = data[rng.index(data.len())];
    let kind = rng.below(20);
    match kind {
        0 => {
            std::fs::remove_file(&file).expect("a removal");
            return changed(false);
        }
        1 => content.truncate(at),
        2 | 3 => {
            let end = (at + rng.index(600)).min(content.len());
            let rubbish = if rng.one_in(2) { 0 } else { 0xa5 };
            content[at..end].fill(rubbish);
        }
        _ => content[at] ^= 1 + u8::try_from(rng.below(255)).expect("a byte"),
    }
    std::fs::write(&file, content).expect("a write");
    changed(kind > 3)
}

#[test]
fn what_is_salvaged_around_unreadable_sectors_is_true_and_what_is_listed_is_all_that_is_missing() {
    let (counts, rounds) = on_each_kind(40, &one_unreadable);
    let met = counts.whole > 0 && counts.refused > 0 && counts.proven > 0 && counts.unnamed > 0;
    assert!(met || rounds < 40, "{counts:?}");
}

async fn one_unreadable(sound: &Sound, rng: &mut Rng, counts: &mut Counts) {
    let place = sound.copy();
    let (data, to) = (place.path().join("data"), place.path().join("salvaged"));
    let disk = on_a_simulated_disk(&data);
    let mut unreadable = vec![make_unreadable(&disk, rng)];
    if rng.one_in(4) {
        unreadable.push(make_unreadable(&disk, rng));
    }
    let refused = match Embedded::open_on(Arc::new(disk.clone()), &data, options()).await {
        Ok((engine, report)) => {
            assert_eq!(report.head, sound.model.head(), "{unreadable:?}");
            sound.model.clone().check_or_refusal(&engine).await;
            counts.whole += 1;
            None
        }
        Err(error) => {
            let file = unreadable_file(&error).unwrap_or_else(|| panic!("{error:?}"));
            counts.refused += 1;
            Some(file.to_owned())
        }
    };
    match Embedded::salvage_on(Arc::new(disk), &data, &to, options()).await {
        Ok(salvaged) => {
            let is_told = |file: &Path| {
                let mut lost = salvaged.lost.iter().filter(|lost| lost.file == file);
                lost.any(|lost| lost.what.ends_with("bytes that can not be read"))
            };
            assert!(refused.as_deref().is_none_or(is_told), "{salvaged:?}");
            // Whatever may have been behind the last that was read is not said to be nothing.
            let is_all = salvaged.head == sound.model.head();
            assert!(is_all || !salvaged.proven, "{salvaged:?}");
            judge(sound, &salvaged, &to, counts).await;
        }
        // Whose it is can not be told any more.
        Err(Error::NotAStore { .. }) if unreadable.contains(&PathBuf::from("FORMAT")) => {}
        Err(error) => panic!("{unreadable:?}: {error:?}"),
    }
}

/// The journal's files of a real folder on a simulated disk; the records stay where they are.
fn on_a_simulated_disk(data: &Path) -> SimDisk {
    let disk = SimDisk::new(data);
    for folder in ["", "journal"] {
        for entry in std::fs::read_dir(data.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let spare = path.ends_with("LOCK") || path.extension().is_some_and(|it| it == "new");
            if path.is_file() && !spare {
                let inside = path.strip_prefix(data).expect("it is inside");
                disk.tamper(inside, std::fs::read(&path).expect("a file"));
            }
        }
    }
    disk
}

/// Makes some sectors of a file unreadable; gives which file's, by its path in the folder.
fn make_unreadable(disk: &SimDisk, rng: &mut Rng) -> PathBuf {
    const SECTOR_BYTES: u64 = 512;
    let files = disk.files().into_iter().filter(|(_, len)| *len > 0);
    let files: Vec<_> = files.collect();
    let (path, len) = &files[rng.index(files.len())];
    let first = rng.below((*len as u64).div_ceil(SECTOR_BYTES));
    let end = first + 1 + rng.below(8);
    disk.make_unreadable(path, first * SECTOR_BYTES..end * SECTOR_BYTES);
    path.clone()
}

/// The sound folder itself is taken whole, and proves to be.
#[test]
fn a_sound_folder_is_taken_whole() {
    runtime().block_on(async {
        for is_compacted in [false, true] {
            let sound = Sound::new(is_compacted, true).await;
            let place = sound.copy();
            let (data, to) = (place.path().join("data"), place.path().join("salvaged"));
            let taken = Embedded::salvage(&data, &to, options()).await;
            let salvaged = taken.expect("a salvage");
            assert!(salvaged.proven && salvaged.lost.is_empty(), "{salvaged:?}");
            assert_eq!(salvaged.head, sound.model.head());
            let newest = salvaged.newest.as_ref().map(|newest| newest.revision);
            assert_eq!(newest, Some(salvaged.head));
            judge(&sound, &salvaged, &to, &mut Counts::default()).await;
            let (old, _) = Embedded::open(&data, options()).await.expect("it opens");
            let (new, _) = Embedded::open(&to, options()).await.expect("it opens");
            assert_ne!(old.incarnation(), new.incarnation());
            assert_eq!(new.oldest(), salvaged.head);
            let again = Embedded::salvage(&data, &place.path().join("other"), options()).await;
            assert!(matches!(again, Err(Error::InUse { .. })), "{again:?}");
        }
    });
}

/// All files in a folder and in those inside it, with what is in them and when they were last written.
fn all_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(all_in(&path));
        } else {
            let about = std::fs::metadata(&path).expect("a file");
            let content = std::fs::read(&path).expect("a file");
            all.push((path, content, about.modified().expect("a time")));
        }
    }
    all.sort();
    all
}

/// A disk that can not be written any more would refuse even the lock to be made.
#[test]
fn the_damaged_folder_is_only_read() {
    runtime().block_on(async {
        let sound = Sound::new(true, true).await;
        let place = sound.copy();
        let (data, to) = (place.path().join("data"), place.path().join("salvaged"));
        std::fs::remove_file(data.join("LOCK")).expect("a removal");
        let before = all_in(&data);
        let read = Embedded::sound(&data).await.expect("it is read");
        assert_eq!(read.last, sound.model.head());
        let taken = Embedded::salvage(&data, &to, options()).await;
        assert_eq!(taken.expect("a salvage").head, sound.model.head());
        assert!(all_in(&data) == before, "something was written there");
    });
}

/// What was acknowledged in a segment that is gone is not said to be there, although all that is left adds up.
#[test]
fn a_store_without_its_newest_segment_is_not_said_to_be_whole() {
    runtime().block_on(async {
        let place = tempfile::tempdir().expect("a folder");
        let (data, to) = (place.path().join("data"), place.path().join("salvaged"));
        let (mut model, mut rng) = (Model::default(), Rng::new(31));
        let created = Embedded::create(&data, CLINIC, options()).await;
        let (engine, _) = created.expect("a store");
        let segments = || {
            let entries = std::fs::read_dir(data.join("journal")).expect("a folder");
            let mut paths: Vec<PathBuf> = entries.map(|it| it.expect("an entry").path()).collect();
            paths.retain(|path| path.extension().is_some_and(|it| it == "log"));
            paths.sort();
            paths
        };
        let mut before = 0;
        while segments().len() < 3 {
            before = model.head();
            let group = model.next_group(&mut rng, "salvage");
            assert!(model.append(&engine, group).await);
        }
        drop(engine);
        let newest = segments().pop().expect("a segment");
        std::fs::remove_file(&newest).expect("a removal");
        let taken = Embedded::salvage(&data, &to, options()).await;
        let salvaged = taken.expect("a salvage");
        assert_eq!(salvaged.head, before);
        assert!(!salvaged.proven && salvaged.has_unnamed, "{salvaged:?}");
        assert!(salvaged.lost.iter().any(|lost| lost.file == newest));
    });
}
