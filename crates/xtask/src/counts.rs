//! How many tests ran, read from the closing lines of nextest, cargo test and Python's unittest.

use std::fmt;

/// Tests passed, failed and skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Takes in one line of output; lines that close no test run change nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let plain = without_escapes(line);
        let plain = plain.trim();
        if let Some(rest) = plain.strip_prefix("test result: ") {
            self.passed += number_before(rest, " passed");
            self.failed += number_before(rest, " failed");
            self.skipped += number_before(rest, " ignored");
        } else if plain.starts_with("Summary [") {
            self.passed += number_before(plain, " passed");
            self.failed += number_before(plain, " failed") + number_before(plain, " timed out");
            self.skipped += number_before(plain, " skipped");
        } else if plain.starts_with("Ran ") && plain.contains(" test") && plain.contains(" in ") {
            // unittest; a failed run ends the step, so what is counted has passed.
            self.passed += number_before(plain, " test");
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// The number that stands directly before `word`, or 0.
fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    before[before.len() - digits..].parse().unwrap_or(0)
}

/// The line without terminal colours.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // "ESC [ parameters letter"
            for skipped in characters.by_ref() {
                if skipped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.read(line);
        }
        counts
    }

    #[test]
    fn cargo_test_nextest_and_unittest_are_added_up() {
        let counts = counted(&[
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s\n",
            "     Summary [   1.234s] 7 tests run: 6 passed (1 slow), 1 failed, 2 skipped\n",
            "Ran 5 tests in 0.123s\n",
            "running 4 tests\n",
        ]);
        assert_eq!(
            counts,
            Counts {
                passed: 23,
                failed: 1,
                skipped: 3
            }
        );
        assert_eq!(counts.to_string(), "23 passed, 1 failed, 3 skipped");
    }

    #[test]
    fn colours_do_not_hide_the_closing_line() {
        let counts = counted(&[
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m3\u{1b}[0m tests run: 3 passed, 0 skipped\n",
        ]);
        assert_eq!(
            counts,
            Counts {
                passed: 3,
                failed: 0,
                skipped: 0
            }
        );
    }
}
