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

#[test]
fn every_service_has_a_page_of_its_own_that_the_index_leads_to() {
    let pages = reference::pages();
    let index = &pages["api/README.md"];
    let mut services = 0;
    for (name, text) in pages.iter().filter(|(name, _)| name.starts_with("api/")) {
        let headings: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .filter(|heading| heading.ends_with("Service"))
            .collect();
        assert!(headings.len() < 2, "{name} has more than one: {headings:?}");
        for heading in headings {
            services += 1;
            let file = name.trim_start_matches("api/");
            let link = format!("[`{heading}`]({file}#{})", heading.to_lowercase());
            assert!(index.contains(&link), "the index has no {link}");
        }
    }
    assert!(services >= 15, "{services} services");
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md can be read");
    for page in [
        "docs/api/README.md",
        "docs/api/errors.md",
        "examples/README.md",
    ] {
        assert!(
            readme.contains(&format!("({page})")),
            "README.md links {page}"
        );
    }
}

#[test]
fn every_reason_says_its_code_and_what_to_do_about_it() {
    const CODES: [&str; 12] = [
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "ABORTED",
        "OUT_OF_RANGE",
        "RESOURCE_EXHAUSTED",
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "FAILED_PRECONDITION",
        "CANCELLED",
    ];
    let pages = reference::pages();
    let rows = pages["api/errors.md"].lines().map(|line| {
        let cells: Vec<&str> = line
            .split(" | ")
            .map(|cell| cell.trim_matches(['|', ' ']))
            .collect();
        cells
    });
    let reasons: Vec<_> = rows
        .filter(|cells| cells.len() == 5 && cells[0].starts_with('`'))
        .collect();
    assert!(reasons.len() > 70, "{} reasons", reasons.len());
    for cells in reasons {
        assert!(CODES.contains(&cells[1]), "no gRPC code: {cells:?}");
        assert!(
            cells[2..].iter().all(|cell| !cell.is_empty()),
            "{cells:?}: end its comment in errors.proto with `Do: ...`"
        );
    }
}
