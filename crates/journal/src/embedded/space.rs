//! Free space: below a watermark writes are refused, before anything meets a full disk.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::Error;
use crate::disk::Disk;

/// Looking costs a system call; this often is often enough, the watermark being far from zero.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Decides whether there is room for writes.
pub(crate) struct Space {
    dir: PathBuf,
    watermark_bytes: u64,
    /// The store was opened on a full disk: it stays as it was found until the next start.
    read_only: bool,
    looked: Option<Instant>,
}

impl Space {
    pub(crate) fn new(dir: PathBuf, watermark_bytes: u64, read_only: bool) -> Space {
        Space {
            dir,
            watermark_bytes,
            read_only,
            looked: None,
        }
    }

    /// Fails while there is too little room; looks again at every call until there is enough.
    pub(crate) fn check(&mut self, disk: &dyn Disk) -> Result<(), Error> {
        let fresh = self
            .looked
            .is_some_and(|looked| looked.elapsed() < LOOK_INTERVAL);
        if fresh && !self.read_only {
            return Ok(());
        }
        let free = free_bytes(disk, &self.dir)?;
        let needed = self.watermark_bytes;
        if self.read_only {
            return Err(Error::OpenedFull { free, needed });
        }
        if free < needed {
            self.looked = None;
            return Err(Error::Full { free, needed });
        }
        self.looked = Some(Instant::now());
        Ok(())
    }
}

pub(crate) fn free_bytes(disk: &dyn Disk, dir: &std::path::Path) -> Result<u64, Error> {
    disk.free_bytes(dir)
        .map_err(|error| Error::io("look up the free space of", dir, error))
}
