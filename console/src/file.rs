//! Files that are written whole, or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever wrote it: it has names and phone numbers.
    Owner,
    /// Everybody on the machine, such as a server that gives calendars out.
    All,
}

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Former {
    /// It stays, and the new one is an error of the kind [`io::ErrorKind::AlreadyExists`].
    Stays,
    /// The new one takes its place.
    Goes,
}

/// A file in the making, beside where it will be. It takes its place when all of it is there; until then what stood there
/// stays, and what is given up is removed.
pub(crate) struct Draft {
    to: PathBuf,
    file: io::BufWriter<NamedTempFile>,
}

impl Draft {
    pub(crate) fn create(to: &Path, readers: Readers) -> io::Result<Self> {
        if to.file_name().is_none() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // Made for its owner alone, under a name that nobody can foretell.
        let file = NamedTempFile::new_in(folder(to))?;
        if readers == Readers::All {
            open_to_all(file.as_file())?;
        }
        Ok(Self {
            to: to.to_owned(),
            file: io::BufWriter::new(file),
        })
    }

    /// Where it will be.
    pub(crate) fn to(&self) -> &Path {
        &self.to
    }

    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// The file takes its place.
    pub(crate) fn finish(self, former: Former) -> io::Result<()> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let placed = match former {
            Former::Stays => file.persist_noclobber(&self.to),
            Former::Goes => file.persist(&self.to),
        };
        placed.map_err(|failed| failed.error)?;
        if cfg!(unix) {
            fs::File::open(folder(&self.to))?.sync_all()?;
        }
        Ok(())
    }
}

fn folder(to: &Path) -> &Path {
    to.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

#[cfg(unix)]
fn open_to_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Writes a file at once.
pub(crate) fn write(to: &Path, text: &str, readers: Readers, former: Former) -> io::Result<()> {
    let mut draft = Draft::create(to, readers)?;
    draft.write(text)?;
    draft.finish(former)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("clients.csv");
        write(&to, "one", Readers::Owner, Former::Goes).expect("it can be written");
        let mut given_up = Draft::create(&to, Readers::Owner).expect("a draft");
        given_up.write("half").expect("it takes text");
        drop(given_up);
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "one");
        write(&to, "two", Readers::Owner, Former::Goes).expect("it can be written again");
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let nowhere = folder.path().join("no/such/folder.csv");
        assert!(write(&nowhere, "x", Readers::Owner, Former::Goes).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_names_clients_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        for (readers, mode) in [(Readers::Owner, 0o600), (Readers::All, 0o644)] {
            let to = folder.path().join("file");
            // Also over one that everybody could read.
            fs::write(&to, "before").expect("it can be written");
            write(&to, "x", readers, Former::Goes).expect("it can be written");
            let found = fs::metadata(&to).expect("it is there").permissions().mode();
            assert_eq!(found & 0o777, mode, "{readers:?}");
        }
    }

    #[test]
    fn a_file_goes_over_another_only_where_that_may_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ada.json");
        let put = |text, former| write(&path, text, Readers::Owner, former);
        put("one", Former::Stays).expect("there is none");
        let refused = put("two", Former::Stays).expect_err("there is one");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "one");
        put("three", Former::Goes).expect("it may go");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "three");
        let rest = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(rest, 1, "no rest");
        let nowhere = Path::new("/nonexistent/ada.json");
        assert!(write(nowhere, "", Readers::Owner, Former::Stays).is_err());
    }
}
