//! Names for what is set aside, never deleted.

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

#[cfg(test)]
mod tests {
    use super::free_name;

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
