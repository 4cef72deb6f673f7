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

/// A file in the making. It is in memory until all of it is there: whoever interrupts what makes it leaves no names and phone numbers
/// behind. Then it is written beside where it will be and takes its place; until then what stood there stays.
pub(crate) struct Draft {
    to: PathBuf,
    readers: Readers,
    text: String,
    /// Has the system keep what is in a folder.
    sync: fn(&Path) -> io::Result<()>,
}

/// A file that stands in its place, whole.
#[derive(Debug)]
#[must_use]
pub(crate) struct Placed {
    /// Why its folder may not know of it any more after a power cut.
    unsynced: Option<io::Error>,
}

impl Placed {
    /// What to say of the file `to` when it is not sure to survive a power cut.
    pub(crate) fn warning(&self, to: &Path) -> Option<String> {
        let error = self.unsynced.as_ref()?;
        Some(format!(
            "{} is written, but may not survive a power cut: its folder could not be synced ({error}).",
            to.display()
        ))
    }
}

impl Draft {
    pub(crate) fn create(to: &Path, readers: Readers) -> io::Result<Self> {
        if to.file_name().is_none() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // That its folder takes no file is known before anything is asked for.
        beside(to)?.close()?;
        Ok(Self {
            to: to.to_owned(),
            readers,
            text: String::new(),
            sync: sync_folder,
        })
    }

    /// Where it will be.
    pub(crate) fn to(&self) -> &Path {
        &self.to
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The file takes its place. An error means that it did not.
    pub(crate) fn finish(self, former: Former) -> io::Result<Placed> {
        let mut file = beside(&self.to)?;
        if self.readers == Readers::All {
            open_to_all(file.as_file())?;
        }
        file.write_all(self.text.as_bytes())?;
        put_there(file, &self.to, former)?;
        Ok(Placed {
            unsynced: (self.sync)(folder(&self.to)).err(),
        })
    }
}

/// A new file in the folder where `to` will be, for its owner alone and under a name that nobody can foretell. Unless it takes its place
/// it is removed.
fn beside(to: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder(to))
}

fn put_there(file: NamedTempFile, to: &Path, former: Former) -> io::Result<()> {
    file.as_file().sync_all()?;
    let placed = match former {
        Former::Stays => file.persist_noclobber(to),
        Former::Goes => file.persist(to),
    };
    placed.map_err(|failed| failed.error)?;
    Ok(())
}

/// Elsewhere than on Unix a folder is no file that could be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
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
pub(crate) fn write(to: &Path, text: &str, readers: Readers, former: Former) -> io::Result<Placed> {
    let mut draft = Draft::create(to, readers)?;
    draft.write(text);
    draft.finish(former)
}

/// Puts another text into a file that is there, behind links too. Whose it is, and who may read and write it, stays as it
/// is.
///
/// # Errors
///
/// Also when nobody may write it, when it is another's whose it can not stay, and when it no longer holds `was`.
pub(crate) fn rewrite(path: &Path, was: &str, text: &str) -> io::Result<Placed> {
    let to = fs::canonicalize(path)?;
    let known = fs::metadata(&to)?;
    if known.permissions().readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    let mut file = beside(&to)?;
    give_to_owner_of(file.as_file(), &known)?;
    file.as_file().set_permissions(known.permissions())?;
    file.write_all(text.as_bytes())?;
    if fs::read_to_string(&to)? != was {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    put_there(file, &to, Former::Goes)?;
    Ok(Placed {
        unsynced: sync_folder(folder(&to)).err(),
    })
}

#[cfg(unix)]
fn give_to_owner_of(file: &fs::File, known: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (known.uid(), known.gid()) {
        return Ok(());
    }
    fchown(file, Some(known.uid()), Some(known.gid()))
}

#[cfg(not(unix))]
fn give_to_owner_of(_: &fs::File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Where the file lies whose name somebody has typed: `~/` is their home, as in a shell.
pub(crate) fn place(typed: &Path) -> PathBuf {
    let home = etcetera::home_dir().ok();
    let path = at_home(typed, home.as_deref());
    std::path::absolute(&path).unwrap_or(path)
}

fn at_home(typed: &Path, home: Option<&Path>) -> PathBuf {
    match (typed.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("clients.csv");
        let put = |text| write(&to, text, Readers::Owner, Former::Goes).expect("it can be written");
        assert!(put("one").warning(&to).is_none());
        let mut given_up = Draft::create(&to, Readers::Owner).expect("a draft");
        given_up.write("half");
        // Not even for a while, for whoever is interrupted removes nothing.
        let there = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(there, 1, "nothing of it is on the disk");
        drop(given_up);
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "one");
        assert!(put("two").warning(&to).is_none());
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
            let _ = write(&to, "x", readers, Former::Goes).expect("it can be written");
            let found = fs::metadata(&to).expect("it is there").permissions().mode();
            assert_eq!(found & 0o777, mode, "{readers:?}");
        }
    }

    #[test]
    fn a_file_goes_over_another_only_where_that_may_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ada.json");
        let put = |text, former| write(&path, text, Readers::Owner, former);
        let _ = put("one", Former::Stays).expect("there is none");
        let refused = put("two", Former::Stays).expect_err("there is one");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "one");
        let _ = put("three", Former::Goes).expect("it may go");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "three");
        let rest = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(rest, 1, "no rest");
        let nowhere = Path::new("/nonexistent/ada.json");
        assert!(write(nowhere, "", Readers::Owner, Former::Stays).is_err());
    }

    #[test]
    fn what_is_in_place_but_not_synced_is_not_told_as_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("clients.csv");
        let mut draft = Draft::create(&to, Readers::Owner).expect("a draft");
        draft.sync = |_| Err(io::Error::other("the disk is tired"));
        draft.write("one");
        let placed = draft.finish(Former::Stays).expect("it is in its place");
        assert_eq!(fs::read_to_string(&to).expect("it is there"), "one");
        let said = placed.warning(&to).expect("a warning");
        for part in ["clients.csv is written", "power cut", "the disk is tired"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn another_text_leaves_links_and_readers_as_they_are() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("rules.toml"), folder.path().join("link"));
        fs::write(&file, "one").expect("it can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it is one's own");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let _ = rewrite(&link, "one", "two").expect("it can be written");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "two");
        assert_eq!(fs::read_link(&link).expect("still a link"), file);
        let mode = fs::metadata(&file)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640);
        assert!(rewrite(&folder.path().join("none"), "", "x").is_err());
        // Somebody else was quicker, or nobody may.
        assert!(rewrite(&link, "one", "three").is_err());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).expect("it is one's own");
        assert!(rewrite(&link, "two", "three").is_err());
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn home_is_where_a_shell_has_it() {
        let home = Path::new("/home/ada");
        for (typed, found) in [
            ("~/a/b.toml", "/home/ada/a/b.toml"),
            ("~", "/home/ada"),
            ("~bob/b.toml", "~bob/b.toml"),
            ("a/~/b.toml", "a/~/b.toml"),
            ("/tmp/b.toml", "/tmp/b.toml"),
        ] {
            assert_eq!(at_home(Path::new(typed), Some(home)), Path::new(found));
        }
        assert_eq!(at_home(Path::new("~/b"), None), Path::new("~/b"));
        assert!(place(Path::new("b.toml")).is_absolute());
    }
}
