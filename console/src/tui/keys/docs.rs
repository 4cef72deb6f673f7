//! The key table as a page of documentation.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use super::{Entry, Place, TABLE};

/// Every key, by place, as Markdown. The reference in `docs/` is this text; a test compares them.
pub fn key_docs() -> String {
    let mut page = String::from(
        "# Keys of the console\n\nMade from the key table by the console itself; do not edit.\n\
         A command marked `!` asks before it acts.\n\n\
         `[keys]` in the configuration gives a command another key: `edit-rules = \"Z\"`. A default that has the same key loses it,\n\
         and is found in the palette by its name. Two commands that are given the same key, where both apply, are refused.\n",
    );
    for place in Place::ALL {
        let rows: Vec<&Entry> = TABLE.iter().filter(|entry| entry.place == place).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            page,
            "\n## {}\n\n| key | what it does | name in `[keys]` |\n|---|---|---|\n",
            place.title()
        );
        for entry in rows {
            let keys: Vec<String> = entry
                .keys
                .iter()
                .map(|key| format!("`{}`", shown(key)))
                .collect();
            let mark = if entry.dangerous { " !" } else { "" };
            let _ = writeln!(
                page,
                "| {} | {}{mark} | `{}` |",
                keys.join(" or "),
                entry.text,
                entry.name
            );
        }
    }
    page
}

fn shown(key: &str) -> String {
    super::Chord::parse(key).map_or_else(|| key.to_owned(), |chord| chord.to_string())
}
