//! The reference pages and pictures under `docs/`, made from the code: the API from the comments of `proto/`, the keys and the command
//! line from the console's own tables, the pictures from its screens.
//!
//! `cargo xtask docs` and `cargo xtask shots` write them, a test of this package compares them with what lies in the folder. Nothing in them is
//! written by hand.

mod api;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs, io,
    path::Path,
};

use crate::svg;

/// The pages by their path below `docs/`.
pub fn pages() -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = api::pages()
        .into_iter()
        .map(|(name, text)| (format!("api/{name}"), text))
        .collect();
    pages.insert("cli.md".to_owned(), treadwell_console::cli::reference());
    pages.insert("keys.md".to_owned(), treadwell_console::tui::key_docs());
    pages
}

/// The pictures of the console's screens by their path below `docs/`.
pub fn pictures() -> BTreeMap<String, String> {
    treadwell_console::tui::shots()
        .iter()
        .map(|shot| {
            (
                format!("{}.svg", shot.name),
                svg::draw(&shot.buffer, shot.title),
            )
        })
        .collect()
}

/// Writes what is stale below `folder` and removes what is there no more.
pub fn write(folder: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
    for stale in stale(folder, files)? {
        let path = folder.join(&stale);
        match files.get(&stale) {
            Some(text) => {
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                fs::write(path, text)?;
            }
            None => fs::remove_file(path)?,
        }
    }
    Ok(())
}

/// The files below `folder` that are not what `files` says: missing, different, or there no more. Only files of a kind and
/// folder that `files` has are looked at, and no page that somebody wrote.
pub fn stale(folder: &Path, files: &BTreeMap<String, String>) -> io::Result<Vec<String>> {
    let mut stale: Vec<String> = files
        .iter()
        .filter(|(name, text)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    let kinds: BTreeSet<(&Path, Option<&OsStr>)> = files.keys().map(|name| kind(name)).collect();
    for (place, extension) in kinds {
        let there = folder.join(place);
        if !there.is_dir() {
            continue;
        }
        for entry in fs::read_dir(there)? {
            let path = place.join(entry?.file_name());
            let name = path.to_string_lossy().into_owned();
            let made = path.extension() == extension && !is_by_hand(&folder.join(&path));
            if made && !files.contains_key(&name) {
                stale.push(name);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// A page that somebody wrote, beside those that are made.
fn is_by_hand(path: &Path) -> bool {
    let is_page = path.extension() == Some(OsStr::new("md"));
    is_page && fs::read_to_string(path).is_ok_and(|text| !text.contains(MADE_BY))
}

/// A file's folder and extension.
fn kind(name: &str) -> (&Path, Option<&OsStr>) {
    let path = Path::new(name);
    (path.parent().unwrap_or(path), path.extension())
}

/// The line under each title.
const MADE_BY: &str = "<!-- Made by `cargo xtask docs`; do not edit. -->";

/// Text for a cell of a table: one line, no bars.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
