//! The system's files for somebody who only looks: what lies there may be on a disk that can not be written any more.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

use super::{Disk, File, Lock, RealDisk};

/// The system's own files, opened for reading alone. Whatever would change one is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOnly;

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl Disk for ReadOnly {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(dir)
    }

    /// Opens an existing file for reading.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(fs::File::open(path)?))
    }

    fn create(&self, _: &Path) -> io::Result<Arc<dyn File>> {
        refused()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        refused()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        RealDisk.free_bytes(dir)
    }

    /// Keeps away whoever would write, and nobody who looks as well; `None` when somebody writes. Nobody holds a file that is not
    /// there: its folder stands for it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::File::open(path.parent().unwrap_or(path))?
            }
            opened => opened?,
        };
        // Shared: where another machine keeps the files, that is all that one who reads is given.
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused<T>(done: io::Result<T>) {
        let kind = done.err().map(|error| error.kind());
        assert_eq!(kind, Some(io::ErrorKind::ReadOnlyFilesystem));
    }

    /// Also for root, whom no mode of a file stops.
    #[test]
    fn what_is_there_is_read_and_nothing_is_changed() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("file");
        fs::write(&path, "content").expect("a file");
        let file = ReadOnly.open(&path).expect("it opens");
        let mut read = [0; 7];
        assert_eq!(file.read_at(&mut read, 0).expect("it is read"), 7);
        assert_eq!(&read, b"content");
        file.write_at(b"other", 0).expect_err("it is not written");
        is_refused(ReadOnly.create(&path));
        is_refused(ReadOnly.create_dir(&place.path().join("folder")));
        is_refused(ReadOnly.rename(&path, &place.path().join("other")));
        is_refused(ReadOnly.remove(&path));
        assert_eq!(fs::read(&path).expect("it is there"), b"content");
        let names = ReadOnly.list(place.path()).expect("a list");
        assert_eq!(names, ["file"]);
    }

    #[test]
    fn whoever_looks_keeps_away_who_writes_and_no_other_who_looks() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("LOCK");
        let none = ReadOnly.try_lock(&path).expect("nobody holds it");
        assert!(none.is_some() && !path.exists(), "it is not made");
        drop(none);
        let writes = RealDisk.try_lock(&path).expect("a lock");
        assert!(writes.is_some());
        assert!(ReadOnly.try_lock(&path).expect("an answer").is_none());
        drop(writes);
        let looks = ReadOnly.try_lock(&path).expect("a lock");
        assert!(looks.is_some());
        assert!(ReadOnly.try_lock(&path).expect("a lock").is_some());
        assert!(RealDisk.try_lock(&path).expect("an answer").is_none());
        drop(looks);
        let nowhere = place.path().join("nowhere/LOCK");
        let missing = ReadOnly.try_lock(&nowhere).err().map(|it| it.kind());
        assert_eq!(missing, Some(io::ErrorKind::NotFound));
    }
}
