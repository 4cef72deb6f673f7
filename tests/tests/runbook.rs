//! The commands of the runbook, and of the unit for systemd, are commands that there are: each is asked for its help, which has to
//! know every flag that is given.

use std::{collections::BTreeSet, fs, process::Command};

use treadwell_tests::{process::binary, root};

/// The lines of a text's shell blocks.
fn shell(text: &str) -> impl Iterator<Item = &str> {
    let blocks = text.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines)
}

/// The words of a command that name it, and its flags.
fn parts(line: &str) -> (Vec<&str>, BTreeSet<&str>) {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let is_name = |word: &&&str| {
        let is_word = word.chars().all(|it| it.is_ascii_lowercase() || it == '-');
        is_word && !word.starts_with('-')
    };
    let names = words.iter().take_while(is_name).copied().collect();
    let flags = words.iter().filter(|word| word.starts_with("--"));
    (names, flags.copied().collect())
}

fn is_known(line: &str) {
    let (names, flags) = parts(line);
    let program = binary("treadwell").expect("it is built");
    let help = Command::new(program).args(&names).arg("--help").output();
    let help = help.expect("it runs");
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(help.status.success(), "{line}: {help:?}");
    // The help of a group of commands ends with the name: then a word was not one.
    let usage = format!("treadwell {}", names.join(" "));
    assert!(text.contains(&usage), "{line}: no `{usage}` in {text}");
    for flag in flags {
        let spelled = [" ", "=", ",", "\n", "["].iter();
        let known = spelled
            .into_iter()
            .any(|after| text.contains(&format!("{flag}{after}")));
        assert!(known, "{line}: {flag} is not in {text}");
    }
}

#[test]
fn every_command_of_the_runbook_is_one() {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).expect("it is there");
    let lines: Vec<&str> = shell(&runbook)
        .filter(|line| line.starts_with("treadwell "))
        .collect();
    assert!(lines.len() > 10, "{lines:?}");
    lines.into_iter().for_each(is_known);
}

/// What root does in the data folder leaves root's files there, which the server can not open.
#[test]
fn what_was_made_in_the_data_folder_is_given_to_the_servers_user_before_it_starts() {
    let runbook = fs::read_to_string(root().join("docs/runbook.md")).expect("it is there");
    let mut starts = 0;
    for section in runbook.split("\n## ") {
        let mut made_by = None;
        for line in shell(section) {
            let is_made = ["init ", "store ", "doctor --whole"]
                .iter()
                .any(|it| line.starts_with(&format!("treadwell {it}")));
            // `--dry-run` writes nothing.
            if is_made && !line.contains("--dry-run") {
                made_by = Some(line);
            } else if line == "chown --recursive treadwell /var/lib/treadwell" {
                made_by = None;
            } else if line.starts_with("systemctl") && line.contains(" treadwell") {
                let is_start = line.contains(" start ") || line.contains("enable --now");
                starts += usize::from(is_start);
                assert!(!is_start || made_by.is_none(), "{line} after {made_by:?}");
            }
        }
    }
    assert!(starts >= 5, "{starts}");
}

#[test]
fn the_unit_starts_a_command_that_there_is() {
    let unit = fs::read_to_string(root().join("packaging/treadwell.service")).expect("it is there");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    is_known(start.expect("it starts something"));
}
