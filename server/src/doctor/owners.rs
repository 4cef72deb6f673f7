//! Whether everything that a server has to open belongs to the user as whom it runs: that is whose the data folder is.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Finding, Verdict};

const ABOUT: &str = "owners";

/// The folders of a store, in the data folder, which is the first.
const FOLDERS: [&str; 8] = [
    "",
    "journal",
    "records",
    "quarantine",
    "keys",
    "audit",
    "audit/journal",
    "audit/records",
];

/// So many that belong to others are named.
const NAMED: usize = 3;

/// Looks at what lies in the data folder, and at the seal key.
pub(super) fn owners(data: &Path, seal_key: &Path) -> Finding {
    match fs::metadata(data) {
        Ok(folder) => judged(data, seal_key, folder.uid(), found(data, seal_key)),
        Err(error) => Finding::new(
            ABOUT,
            Verdict::Wrong,
            format!("{}: {error}", data.display()),
        ),
    }
}

/// What there is, and whose it is.
fn found(data: &Path, seal_key: &Path) -> impl Iterator<Item = (PathBuf, u32)> {
    let inside = FOLDERS
        .iter()
        .flat_map(move |folder| fs::read_dir(data.join(folder)))
        .flatten()
        .flatten();
    let paths = inside.map(|entry| entry.path());
    let paths = paths.chain([seal_key.to_owned()]);
    // What a server that is at work has removed meanwhile is nobody's.
    paths.filter_map(|path| {
        let owner = fs::metadata(&path).ok()?.uid();
        Some((path, owner))
    })
}

fn judged(
    data: &Path,
    seal_key: &Path,
    owner: u32,
    found: impl Iterator<Item = (PathBuf, u32)>,
) -> Finding {
    let mut others: Vec<_> = found.filter(|(_, user)| *user != owner).collect();
    if others.is_empty() {
        let text = "the seal key and what is in the folder belong to whom the folder belongs to";
        return Finding::new(ABOUT, Verdict::Fine, text);
    }
    others.sort_unstable();
    let named = others.iter().take(NAMED);
    let named: Vec<_> = named
        .map(|(path, user)| format!("{} (user {user})", path.display()))
        .collect();
    let more = match others.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = format!(
        "not of user {owner}, as {data} is: {}{more}; a server that runs as that user can not open it: \
         `chown --recursive {owner} {data} {seal_key}`",
        named.join(", "),
        data = data.display(),
        seal_key = seal_key.display()
    );
    Finding::new(ABOUT, Verdict::Wrong, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_others_is_named_with_what_to_do() {
        let (data, key) = (Path::new("/srv/clinic"), Path::new("/srv/clinic.key"));
        let found = |others: &[&str]| {
            let all = ["FORMAT", "LOCK", "keys/ring", "journal/1.log", "records"];
            let owned = all.map(|name| {
                let user = if others.contains(&name) { 0 } else { 998 };
                (data.join(name), user)
            });
            judged(data, key, 998, owned.into_iter())
        };
        assert_eq!(found(&[]).verdict, Verdict::Fine);
        let one = found(&["keys/ring"]);
        assert_eq!(one.verdict, Verdict::Wrong);
        assert_eq!(
            one.text,
            "not of user 998, as /srv/clinic is: /srv/clinic/keys/ring (user 0); a server that runs as that user can not open \
             it: `chown --recursive 998 /srv/clinic /srv/clinic.key`"
        );
        let all = found(&["FORMAT", "LOCK", "keys/ring", "journal/1.log", "records"]).text;
        assert!(all.contains("LOCK") && all.contains(" and 2 more"), "{all}");
    }
}
