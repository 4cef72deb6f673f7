//! Names for what is set aside, never deleted.

use crate::Revision;

/// The first name of the form `<number>-<what>` whose number is greater than any in use.
///
/// Numbers instead of times: the crate reads no clock.
pub(crate) fn free_name(existing: &[String], what: &str) -> String {
    let last = existing
        .iter()
        .filter_map(|name| name.split_once('-')?.0.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    format!("{:04}-{what}", last.saturating_add(1))
}

/// What a torn last group is called whose predecessor is at this revision.
pub(crate) fn torn_name(after: Revision) -> String {
    format!("after-{after}.frame")
}

/// How many of these names are those of torn last groups.
pub(crate) fn count_torn(existing: &[String]) -> u64 {
    let is_torn = |name: &&String| {
        let what = name.split_once('-').map(|(_, what)| what);
        let after = what.and_then(|what| what.strip_prefix("after-"));
        after.is_some_and(|after| after.strip_suffix(".frame").is_some())
    };
    existing.iter().filter(is_torn).count() as u64
}

#[cfg(test)]
mod tests {
    use super::{count_torn, free_name, torn_name};

    #[test]
    fn torn_groups_are_counted_and_nothing_else() {
        let mut existing = vec!["0001-records".to_owned(), "note".to_owned()];
        assert_eq!(count_torn(&existing), 0);
        for after in [41, 41, 97] {
            existing.push(free_name(&existing, &torn_name(after)));
        }
        assert_eq!(count_torn(&existing), 3);
    }

    #[test]
    fn numbers_go_on_from_the_last() {
        assert_eq!(free_name(&[], "tail"), "0001-tail");
        let existing = [
            "0001-tail".to_owned(),
            "0007-records".to_owned(),
            "note".to_owned(),
        ];
        assert_eq!(free_name(&existing, "tail"), "0008-tail");
    }
}
