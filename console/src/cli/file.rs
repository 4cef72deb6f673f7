//! Files that commands write: whole, or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::failure::Failure;

/// A file in the making, beside where it will be. It takes its place when all of it is there; until then what stood there
/// stays, and what is given up is removed.
pub(crate) struct Draft {
    to: PathBuf,
    beside: PathBuf,
    file: io::BufWriter<fs::File>,
    done: bool,
}

impl Draft {
    pub(crate) fn create(to: &Path) -> Result<Self, Failure> {
        let name = to
            .file_name()
            .ok_or_else(|| Failure::usage(format!("{} is no name of a file", to.display())))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let beside = to.with_file_name(hidden);
        let file = fs::File::create(&beside).map_err(|error| failed(to, &error))?;
        Ok(Self {
            to: to.to_owned(),
            beside,
            file: io::BufWriter::new(file),
            done: false,
        })
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| failed(&self.to, &error))
    }

    /// The file takes its place.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let placed = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.to));
        self.done = placed.is_ok();
        placed.map_err(|error| failed(&self.to, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.done {
            // What can not be removed either stays, under a name that says what it is.
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// Writes a file at once.
pub(crate) fn write(to: &Path, text: &str) -> Result<(), Failure> {
    let mut draft = Draft::create(to)?;
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
        write(&to, "one").expect("it can be written");
        let mut given_up = Draft::create(&to).expect("a draft");
        given_up.write("half").expect("it takes text");
        drop(given_up);
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "one");
        write(&to, "two").expect("it can be written again");
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let nowhere = folder.path().join("no/such/folder.csv");
        assert!(write(&nowhere, "x").is_err());
    }
}
