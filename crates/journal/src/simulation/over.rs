//! Disks that lie over another one.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk::{Disk, File, Lock, ReadOnly};

/// A [`Disk`] that does as the one under it does, but for what it overrides: for tests that watch, slow or spoil some operations.
#[expect(missing_docs, reason = "as those of `Disk`")]
pub trait Over: Send + Sync + 'static {
    /// The disk that it lies over.
    fn under(&self) -> &dyn Disk;

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.under().create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.under().list(dir)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.under().open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.under().create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.under().rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.under().remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.under().sync_dir(dir)
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        self.under().free_bytes(dir)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        self.under().try_lock(path)
    }
}

impl<T: Over> Disk for T {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        Over::create_dir(self, dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        Over::list(self, dir)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Over::open(self, path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Over::create(self, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Over::rename(self, from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Over::remove(self, path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        Over::sync_dir(self, dir)
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        Over::free_bytes(self, dir)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        Over::try_lock(self, path)
    }
}

/// The system's disk, only read, which does not give some bytes of the files of one name.
#[derive(Debug, Clone)]
pub struct Unreadable {
    name: &'static str,
    places: Arc<[Range<u64>]>,
    /// What the system says instead.
    code: i32,
    asked: Arc<AtomicU64>,
}

impl Unreadable {
    /// Every read that meets one of these places of a file of this name fails with this error of the system.
    pub fn new(
        name: &'static str,
        places: impl IntoIterator<Item = Range<u64>>,
        code: i32,
    ) -> Unreadable {
        Unreadable {
            name,
            places: places.into_iter().collect(),
            code,
            asked: Arc::default(),
        }
    }

    /// How often it was asked for one of them.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Over for Unreadable {
    fn under(&self) -> &dyn Disk {
        &ReadOnly
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = ReadOnly.open(path)?;
        if path.file_name().is_none_or(|name| name != self.name) {
            return Ok(file);
        }
        let disk = self.clone();
        Ok(Arc::new(UnreadableFile { file, disk }))
    }
}

struct UnreadableFile {
    file: Arc<dyn File>,
    disk: Unreadable,
}

impl File for UnreadableFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = offset + buf.len() as u64;
        let meets = |place: &Range<u64>| place.start < end && offset < place.end;
        if self.disk.places.iter().any(meets) {
            self.disk.asked.fetch_add(1, Ordering::Relaxed);
            return Err(io::Error::from_raw_os_error(self.disk.code));
        }
        self.file.read_at(buf, offset)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        unreachable!("it is only read")
    }

    fn sync(&self) -> io::Result<()> {
        unreachable!("it is only read")
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
