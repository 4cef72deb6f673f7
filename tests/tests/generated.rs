//! What is generated and committed is what the code would generate now.

use treadwell_tests::{reference, root};

#[test]
fn reference_pages_are_current() {
    let stale =
        reference::stale(&root().join("docs"), &reference::pages()).expect("docs/ can be read");
    assert!(stale.is_empty(), "run `cargo xtask docs`; stale: {stale:?}");
}

#[test]
fn pictures_are_current() {
    let stale =
        reference::stale(&root().join("docs"), &reference::pictures()).expect("docs/ can be read");
    assert!(
        stale.is_empty(),
        "run `cargo xtask shots`; stale: {stale:?}"
    );
}

#[test]
fn every_declared_thing_of_the_api_is_explained() {
    for (name, text) in reference::pages()
        .into_iter()
        .filter(|(name, _)| name.starts_with("api/"))
    {
        let unexplained: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with('|') && line.ends_with("|  |"))
            .collect();
        assert!(unexplained.is_empty(), "{name}: {unexplained:?}");
    }
}
