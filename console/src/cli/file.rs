//! Files that commands write: whole, or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::failure::Failure;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever wrote it: it has names and phone numbers.
    Owner,
    /// Everybody on the machine, such as a server that gives calendars out.
    All,
}

/// A file in the making, beside where it will be. It takes its place when all of it is there; until then what stood there
/// stays, and what is given up is removed.
pub(crate) struct Draft {
    to: PathBuf,
    file: io::BufWriter<NamedTempFile>,
}

impl Draft {
    pub(crate) fn create(to: &Path, readers: Readers) -> Result<Self, Failure> {
        if to.file_name().is_none() {
            let text = format!("{} is no name of a file", to.display());
            return Err(Failure::usage(text));
        }
        // Made for its owner alone, under a name that nobody can foretell.
        let file = NamedTempFile::new_in(folder(to)).map_err(|error| failed(to, &error))?;
        if readers == Readers::All {
            open_to_all(file.as_file()).map_err(|error| failed(to, &error))?;
        }
        Ok(Self {
            to: to.to_owned(),
            file: io::BufWriter::new(file),
        })
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| failed(&self.to, &error))
    }

    /// The file takes its place.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let to = self.to;
        let place = |file: io::BufWriter<NamedTempFile>| {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            file.persist(&to).map_err(|failed| failed.error)
        };
        match place(self.file) {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&to, &error)),
        }
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
pub(crate) fn write(to: &Path, text: &str, readers: Readers) -> Result<(), Failure> {
    let mut draft = Draft::create(to, readers)?;
    draft.write(text)?;
    draft.finish()
}

fn failed(to: &Path, error: &io::Error) -> Failure {
    Failure::other(format!("{} can not be written: {error}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("clients.csv");
        write(&to, "one", Readers::Owner).expect("it can be written");
        let mut given_up = Draft::create(&to, Readers::Owner).expect("a draft");
        given_up.write("half").expect("it takes text");
        drop(given_up);
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "one");
        write(&to, "two", Readers::Owner).expect("it can be written again");
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let nowhere = folder.path().join("no/such/folder.csv");
        assert!(write(&nowhere, "x", Readers::Owner).is_err());
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
            write(&to, "x", readers).expect("it can be written");
            let found = fs::metadata(&to).expect("it is there").permissions().mode();
            assert_eq!(found & 0o777, mode, "{readers:?}");
        }
    }
}
