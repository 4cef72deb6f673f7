//! The file operations the embedded engine needs for its journal, as a seam.
//!
//! [`RealDisk`] is the system's, [`ReadOnly`] the same for whoever only looks; the feature `simulation` has one that loses power.
//! sled reaches its own folder past this seam, which is why the engine trusts nothing it reads there.

use std::any::Any;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt};
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;

mod read_only;

pub use read_only::ReadOnly;

/// An open file, read and written at offsets.
pub trait File: Send + Sync + 'static {
    /// Reads at `offset` until `buf` is full or the file ends; gives the number of bytes read.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `buf` at `offset`.
    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<()>;
    /// `fdatasync`: content and length survive a power loss after it.
    fn sync(&self) -> io::Result<()>;
    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Holds the lock of a store until dropped.
pub type Lock = Box<dyn Any + Send + Sync>;

/// A file system as the engine uses it.
pub trait Disk: Send + Sync + 'static {
    /// Creates a folder, and those above it; it may exist already.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// The names in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Creates an empty file, or empties an existing one.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Renames a file within its folder, replacing what has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder survive a power loss.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Bytes an ordinary user may still write to the file system that holds `dir`.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;
    /// Takes the exclusive lock on a file, creating it; `None` when somebody else has it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>>;
}

/// Whether it is that place of the medium that can not be read, and not the file or the folder that may not.
pub fn is_unreadable(error: &io::Error) -> bool {
    // The second is what some file systems say of a checksum of their own.
    matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::BADMSG))
}

/// The system's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl File for fs::File {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match FileExt::read_at(self, &mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(buf, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl Disk for RealDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        // What is inside is about people's health: nobody but whoever runs the server looks in.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fs::File::open(dir)?.sync_all()
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(dir)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        // flock, not fcntl: it belongs to this open file alone, and the system drops it with the process.
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Copies a folder that nobody writes in, with all that it holds. What is there when this is done survives a power loss.
pub fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    RealDisk.create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            fs::File::open(&target)?.sync_all()?;
        }
    }
    fs::File::open(to)?.sync_all()
}
