//! What README.md, ARCHITECTURE.md and the decisions say about the code is there, and every source file keeps the house's size.

use std::{
    fs,
    path::{Path, PathBuf},
};

use treadwell_tests::root;

/// A source file longer than this is to be parted.
const LONGEST_FILE_LINES: usize = 500;

/// The clinic's rules, with the tests that hold them.
const RULES: &str = "docs/rules/README.md";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents that people wrote.
fn documents() -> Vec<String> {
    let mut paths = vec![
        "README.md".to_owned(),
        "ARCHITECTURE.md".to_owned(),
        "CHANGELOG.md".to_owned(),
        RULES.to_owned(),
        "docs/runbook.md".to_owned(),
        "docs/trust.md".to_owned(),
        "examples/README.md".to_owned(),
    ];
    for entry in fs::read_dir(root().join("docs/adr")).expect("docs/adr can be read") {
        let name = entry.expect("docs/adr can be read").file_name();
        paths.push(format!("docs/adr/{}", name.to_string_lossy()));
    }
    paths
}

/// The targets of a text's links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// What stands in backticks in a line.
fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let folder = root()
            .join(&document)
            .parent()
            .map(Path::to_path_buf)
            .expect("a document lies in a folder");
        for link in links(&read(&document)) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") {
                assert!(folder.join(path).exists(), "{document} links to {link}");
            }
        }
    }
}

/// The rows of a document's tables that begin with a number.
fn numbered(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| {
        let number = line.split('|').nth(1).unwrap_or_default().trim();
        !number.is_empty() && number.chars().all(|character| character.is_ascii_digit())
    });
    rows.collect()
}

/// The tests that a document names.
fn named(text: &str) -> Vec<(&str, &str)> {
    text.lines().flat_map(code).filter_map(in_file).collect()
}

#[test]
fn every_invariant_and_every_rule_names_a_test_and_every_test_that_is_named_is_there() {
    for (document, rows, most) in [("ARCHITECTURE.md", 9, 9), (RULES, 100, 999)] {
        let text = read(document);
        let numbered = numbered(&text);
        assert!(
            (rows..=most).contains(&numbered.len()),
            "{document}: {} rows",
            numbered.len()
        );
        for row in numbered {
            assert!(!named(row).is_empty(), "{document}: no test holds {row}");
        }
        let missing: Vec<_> = named(&text)
            .into_iter()
            .filter(|test| !is_there(test))
            .collect();
        assert!(
            missing.is_empty(),
            "{document} names no such test: {missing:#?}"
        );
    }
}

#[test]
fn whatever_the_page_on_trust_names_is_there() {
    let text = read("docs/trust.md");
    let tests: Vec<_> = named(&text);
    assert!(!tests.is_empty());
    let missing: Vec<_> = tests.into_iter().filter(|test| !is_there(test)).collect();
    assert!(missing.is_empty(), "no such test: {missing:#?}");
    let folders = ["tests/", "server/", "crates/", "console/"];
    let paths = text.lines().flat_map(code);
    let paths = paths.filter(|path| folders.iter().any(|folder| path.starts_with(folder)));
    for path in paths.map(|path| path.split("::").next().unwrap_or(path)) {
        assert!(root().join(path).exists(), "there is no {path}");
    }
}

/// Whether a file has that test: a function that is marked as one, or a method of a Python test.
fn is_there(&(path, name): &(&str, &str)) -> bool {
    let source = fs::read_to_string(root().join(path)).unwrap_or_default();
    if Path::new(path).extension().is_some_and(|it| it == "py") {
        return name.starts_with("test_") && source.contains(&format!("def {name}("));
    }
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let marks = before.lines().rev().take(4);
    marks
        .into_iter()
        .any(|line| line.trim_start().starts_with("#[test]") || line.contains("#[tokio::test"))
}

/// The file and the name of a test: `tests/tests/race/main.rs::one_of_many_gets_the_hold`.
fn in_file(code: &str) -> Option<(&str, &str)> {
    let (path, name) = code.split_once("::")?;
    let path = Path::new(path);
    let is_source = path
        .extension()
        .is_some_and(|ending| ending == "rs" || ending == "py");
    is_source.then_some((path.to_str()?, name))
}

#[test]
fn the_two_commands_of_the_readme_are_the_projects_own() {
    let readme = read("README.md");
    for command in ["cargo run --release -- demo", "cargo xtask test"] {
        assert!(readme.contains(command), "README.md names `{command}`");
    }
    assert!(
        read(".ci/run").contains("cargo xtask test"),
        "CI runs what the README names"
    );
}

#[test]
fn source_files_are_short_enough_to_read() {
    let mut long = Vec::new();
    for folder in ["crates", "server", "console", "tests", "examples"] {
        sources(&root().join(folder), &mut |path| {
            let lines = fs::read_to_string(path)
                .expect("a source file can be read")
                .lines()
                .count();
            if lines > LONGEST_FILE_LINES {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        });
    }
    assert!(
        long.is_empty(),
        "longer than {LONGEST_FILE_LINES} lines: {long:#?}"
    );
}

/// Calls `look` with every Rust and Python file below a folder.
fn sources(folder: &Path, look: &mut impl FnMut(&Path)) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, look);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "py")
        {
            look(&path);
        }
    }
}
