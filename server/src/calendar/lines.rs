//! The lines of an iCalendar file (RFC 5545, section 3.1): escaped, folded, ended with CR LF.

use jiff::Timestamp;

/// The most octets of a line without its end. What is longer goes on in the next one, after a space.
const OCTETS: usize = 75;

/// A file in the making.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A property whose value stands in the file as it is; a name may bring its parameters along.
    pub(super) fn value(&mut self, name: &str, value: &str) {
        let mut left = OCTETS;
        for letter in name.chars().chain([':']).chain(value.chars()) {
            // A letter of several octets is not torn apart.
            if letter.len_utf8() > left {
                self.0.push_str("\r\n ");
                left = OCTETS - 1;
            }
            left -= letter.len_utf8();
            self.0.push(letter);
        }
        self.0.push_str("\r\n");
    }

    /// A property whose value is text; none when there is nothing to say.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.value(name, &escaped(text));
        }
    }

    /// A property whose value is an instant, in UTC.
    pub(super) fn instant(&mut self, name: &str, at: Timestamp) {
        self.value(name, &at.strftime("%Y%m%dT%H%M%SZ").to_string());
    }

    /// The file.
    pub(super) fn file(self) -> String {
        self.0
    }
}

/// A text with what has a meaning of its own escaped (RFC 5545, section 3.3.11). Control characters have no place in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\r' | '\n' => {
                if letter == '\r' {
                    letters.next_if_eq(&'\n');
                }
                escaped.push_str("\\n");
            }
            '\t' => escaped.push('\t'),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The value of the one property of a file, read the way the standard says: unfolded, then unescaped.
    fn read(file: &str) -> String {
        assert!(file.ends_with("\r\n"));
        let unfolded = file.trim_end_matches("\r\n").replace("\r\n ", "");
        assert!(!unfolded.contains(['\r', '\n']), "one line");
        let value = unfolded.strip_prefix("SUMMARY:").expect("its name");
        let mut text = String::new();
        let mut letters = value.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some('n') => text.push('\n'),
                    Some(escaped @ ('\\' | ';' | ',')) => text.push(escaped),
                    other => panic!("nothing is escaped as {other:?}"),
                },
                ';' | ',' => panic!("{letter} has a meaning of its own"),
                other => text.push(other),
            }
        }
        text
    }

    fn written(text: &str) -> String {
        let mut lines = Lines::default();
        lines.text("SUMMARY", text);
        lines.file()
    }

    #[test]
    fn a_line_is_folded_where_it_is_full_and_not_before() {
        // With "SUMMARY:" 67 letters fill a line.
        assert_eq!(written(&"a".repeat(67)).lines().count(), 1);
        let folded = written(&"a".repeat(67 + 74 + 1));
        let lengths: Vec<_> = folded.lines().map(str::len).collect();
        assert_eq!(lengths, [75, 75, 2]);
        // A letter of four octets does not fit into the last three.
        let lengths: Vec<_> = written(&format!("{}\u{1f9b6}", "a".repeat(64)))
            .lines()
            .map(str::len)
            .collect();
        assert_eq!(lengths, [72, 5]);
        assert_eq!(written(""), "");
    }

    #[test]
    fn an_instant_is_in_utc_also_when_the_clocks_change() {
        let mut lines = Lines::default();
        let at = "2026-11-01T01:30:00-04:00[America/Halifax]";
        let at: jiff::Zoned = at.parse().expect("the second of the two");
        lines.instant("DTSTART", at.timestamp());
        assert_eq!(lines.file(), "DTSTART:20261101T053000Z\r\n");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(\\PC|[,;:\\\\\r\n\t\u{1f9b6}\u{e9}\u{7}\u{85}]){1,200}") {
            let file = written(&text);
            let expected: String = text.replace("\r\n", "\n").replace('\r', "\n")
                .chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
            if file.is_empty() {
                prop_assert_eq!(expected, "");
            } else {
                prop_assert_eq!(read(&file), expected);
            }
            prop_assert!(file.split("\r\n").all(|line| line.len() <= OCTETS));
        }
    }
}
