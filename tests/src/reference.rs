//! The reference pages under `docs/`, made from the code: the API from the comments of `proto/`, the keys and the command
//! line from the console's own tables.
//!
//! `cargo xtask docs` writes them, a test of this package compares them with what lies in the folder. Nothing in them is
//! written by hand.

mod api;

use std::{collections::BTreeMap, fs, io, path::Path};

/// The pages by their path below `docs/`.
pub fn pages() -> BTreeMap<String, String> {
    api::pages()
        .into_iter()
        .map(|(name, text)| (format!("api/{name}"), text))
        .collect()
}

/// Writes every page below `folder` and removes pages of the API that are there no more.
pub fn write(folder: &Path) -> io::Result<()> {
    let pages = pages();
    for stale in stale(folder, &pages)? {
        let path = folder.join(&stale);
        match pages.get(&stale) {
            Some(text) => {
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                fs::write(path, text)?;
            }
            None => fs::remove_file(path)?,
        }
    }
    Ok(())
}

/// The pages below `folder` that are not what `pages` says: missing, different, or there no more.
pub fn stale(folder: &Path, pages: &BTreeMap<String, String>) -> io::Result<Vec<String>> {
    let mut stale: Vec<String> = pages
        .iter()
        .filter(|(name, text)| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    let api = folder.join("api");
    if api.is_dir() {
        for entry in fs::read_dir(api)? {
            let name = format!("api/{}", entry?.file_name().to_string_lossy());
            if !pages.contains_key(&name) {
                stale.push(name);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// The line under each title.
const MADE_BY: &str = "<!-- Made by `cargo xtask docs`; do not edit. -->";

/// Text for a cell of a table: one line, no bars.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
