//! Everything that the API can do is used by somebody who is not the product's console: by a program in another language, by an
//! example, or by a command of the command line.
//!
//! It is looked for by the name of the call, as programs write it. A call that is written in the command line is made by some command,
//! for the compiler refuses what nothing calls; the Python programs are all run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use treadwell_tests::root;

/// Methods that nobody else needs, and why.
const EXCUSED: &[(&str, &str)] = &[];

/// A method by the names that programs have for it.
struct Method {
    /// `FloorService/GetBoard`.
    path: String,
    /// `"floor.GetBoard"`, as the Python programs call it.
    python: String,
    /// `.get_board(`, as the Rust client has it.
    rust: String,
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in camel.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn methods() -> Vec<Method> {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET).expect("it is one");
    let files = set.file.iter().filter(|it| it.package() == "treadwell.v1");
    let services = files.flat_map(|file| &file.service);
    let methods = services.flat_map(|service| {
        let noun = service.name().strip_suffix("Service").unwrap_or_default();
        service.method.iter().map(move |method| Method {
            path: format!("{}/{}", service.name(), method.name()),
            python: format!("\"{}.{}\"", snake(noun), method.name()),
            rust: format!(".{}(", snake(method.name())),
        })
    });
    methods.collect()
}

/// The text of all sources of a kind below some folders, without spaces, so that a call that is written over several lines is found.
fn sources(folders: &[&str], extension: &str) -> String {
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut text = String::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("the folder can be read");
            let paths = entries.map(|entry| entry.expect("the folder can be read").path());
            left.extend(paths.filter(|path| !path.ends_with("tests")));
        } else if path.extension().is_some_and(|it| it == extension) {
            text.push_str(&read(&path));
        }
    }
    text
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file can be read");
    text.split_whitespace().collect()
}

#[test]
fn every_method_is_used_by_another_language_an_example_or_the_command_line() {
    let python = sources(&["tests/python", "examples/python"], "py");
    let rust = sources(
        &["examples/rust", "console/src/cli", "console/src/record.rs"],
        "rs",
    );
    let (used, unused): (Vec<_>, Vec<_>) = methods()
        .into_iter()
        .partition(|method| python.contains(&method.python) || rust.contains(&method.rust));
    assert!(used.len() > 100, "only {} are used", used.len());
    let unused: BTreeSet<String> = unused.into_iter().map(|method| method.path).collect();
    let excused = EXCUSED.iter().map(|(method, _)| (*method).to_owned());
    assert_eq!(
        unused,
        excused.collect(),
        "use it in examples/, tests/python or a command, or excuse it"
    );
}
