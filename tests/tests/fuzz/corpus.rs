//! The corpora in the repository: a file for each entry, named by its hash.
//!
//! `TREADWELL_GROW=1` has a campaign write what it found of interest into them; crashes are always written.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use treadwell_tests::root;

/// The inputs of a target.
pub(crate) struct Corpus {
    name: &'static str,
    pub(crate) entries: Vec<Vec<u8>>,
}

impl Corpus {
    /// What is in the repository, in the order of the names.
    pub(crate) fn of(name: &'static str) -> Result<Self> {
        let folder = folder(name);
        let files = fs::read_dir(&folder).with_context(|| format!("{name} has no corpus"))?;
        let mut paths = files
            .map(|file| Ok(file?.path()))
            .collect::<Result<Vec<_>>>()?;
        paths.sort_unstable();
        let entries = paths.iter().map(fs::read).collect::<Result<_, _>>()?;
        Ok(Self { name, entries })
    }

    /// Writes the entries after the first `known`, when that is asked for.
    pub(crate) fn grow(&self, known: usize) -> Result<()> {
        if env::var_os("TREADWELL_GROW").is_none() {
            return Ok(());
        }
        // Large ones are changed rarely where it matters, and the repository is for good.
        for entry in self.entries[known..]
            .iter()
            .filter(|entry| entry.len() <= 2_048)
            .take(24)
        {
            keep(self.name, "found", entry)?;
        }
        Ok(())
    }
}

/// Writes an entry. Gives where it is now.
pub(crate) fn keep(name: &str, what: &str, entry: &[u8]) -> Result<PathBuf> {
    let folder = folder(name);
    fs::create_dir_all(&folder)?;
    let hash = blake3::hash(entry).to_hex();
    let path = folder.join(format!("{what}-{}", &hash[..12]));
    fs::write(&path, entry)?;
    Ok(path)
}

/// The names of all corpora.
pub(crate) fn folders() -> Result<Vec<String>> {
    let folders = fs::read_dir(all())?;
    folders
        .map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn all() -> PathBuf {
    root().join("tests/corpora")
}

fn folder(name: &str) -> PathBuf {
    all().join(Path::new(name))
}
