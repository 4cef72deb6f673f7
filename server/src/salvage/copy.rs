//! Copying from a disk that is failing: what can be read, and a list of what can not.

use std::fs;
use std::io;
use std::path::Path;

use treadwell_journal::disk::{Disk, File, RealDisk, is_unreadable};

use super::{Lost, not_copied};

/// What disks read at once at least, and so what is given up at once. A place of the key ring is as long.
const SECTOR: usize = 512;

/// So many bytes are read at once where all is well.
const AT_ONCE: usize = 128 * SECTOR;

/// Copies a folder and what is in it, if there is one, so that it survives a power loss. Where a file can not be read the copy has zeros,
/// which no checksum takes for what was written; gives what that is. The error is a sentence.
pub(super) fn folder(disk: &dyn Disk, from: &Path, to: &Path) -> Result<Vec<Lost>, String> {
    let mut copying = Copying {
        disk,
        lost: Vec::new(),
    };
    let copied = copying.folder(from, to);
    copied.map_err(|error| not_copied(from, &error))?;
    Ok(copying.lost)
}

struct Copying<'a> {
    /// The one that is read.
    disk: &'a dyn Disk,
    lost: Vec<Lost>,
}

impl Copying<'_> {
    fn folder(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let Some(names) = self.given(from, self.disk.list(from))? else {
            return Ok(());
        };
        RealDisk.create_dir(to)?;
        for name in names {
            let (from, to) = (from.join(&name), to.join(&name));
            match self.given(&from, fs::metadata(&from))? {
                Some(found) if found.is_dir() => self.folder(&from, &to)?,
                Some(_) => self.file(&from, &to)?,
                None => {}
            }
        }
        RealDisk.sync_dir(to)
    }

    fn file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let content = self.disk.open(from).and_then(|file| read(&*file));
        let Some((content, gaps)) = self.given(from, content)? else {
            return Ok(());
        };
        for gap in gaps {
            let what = format!("{} bytes can not be read ({})", gap.bytes, gap.error);
            self.lose(from, gap.offset, what);
        }
        let copy = RealDisk.create(to)?;
        copy.write_at(&content, 0)?;
        copy.sync()
    }

    /// What was read; none when it is not there, or when the disk does not give it.
    fn given<T>(&mut self, path: &Path, read: io::Result<T>) -> io::Result<Option<T>> {
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // Whatever else refuses can be put right, and then nothing is lost.
            Err(error) if is_unreadable(&error) => {
                self.lose(path, 0, format!("it can not be read ({error})"));
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    fn lose(&mut self, file: &Path, offset: u64, what: String) {
        self.lost.push(Lost {
            file: file.to_owned(),
            offset,
            revisions: None,
            records: Some(Vec::new()),
            what,
        });
    }
}

/// Bytes one after the other that can not be read.
struct Gap {
    offset: u64,
    bytes: u64,
    /// What the system said of the first of them.
    error: io::Error,
}

/// All of a file, with zeros where it can not be read.
fn read(file: &dyn File) -> io::Result<(Vec<u8>, Vec<Gap>)> {
    let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut content = vec![0; length];
    let mut gaps: Vec<Gap> = Vec::new();
    for (number, some) in content.chunks_mut(AT_ONCE).enumerate() {
        let offset = (number * AT_ONCE) as u64;
        match file.read_at(some, offset) {
            Err(error) if is_unreadable(&error) => {}
            read => {
                read?;
                continue;
            }
        }
        for (number, sector) in some.chunks_mut(SECTOR).enumerate() {
            let offset = offset + (number * SECTOR) as u64;
            let Err(error) = file.read_at(sector, offset) else {
                continue;
            };
            if !is_unreadable(&error) {
                return Err(error);
            }
            sector.fill(0);
            let bytes = sector.len() as u64;
            match gaps.last_mut() {
                Some(gap) if gap.offset + gap.bytes == offset => gap.bytes += bytes,
                _ => gaps.push(Gap {
                    offset,
                    bytes,
                    error,
                }),
            }
        }
    }
    Ok((content, gaps))
}
