//! What was found: a figure and a verdict for each thing that was tried.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
};

static ROWS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Adds a row, and prints the table so far. `ok` fails the test when it is not so.
#[track_caller]
pub(crate) fn row(what: &str, figure: impl Display, bound: impl Display, ok: bool) {
    judge(what, &figure, &bound, ok);
    assert!(ok, "{what}: {figure}, and not {bound}");
}

/// Adds a row, and leaves it to the caller to fail.
pub(crate) fn judge(what: &str, figure: impl Display, bound: impl Display, ok: bool) {
    let verdict = if ok { "kept" } else { "BROKEN" };
    note(what, figure, format!("{bound}: {verdict}"));
}

/// Adds a row that nothing is promised of.
pub(crate) fn note(what: &str, figure: impl Display, verdict: impl Display) {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    rows.push(format!("| {what} | {figure} | {verdict} |"));
    println!("\n| tried | found | promised |\n|---|---|---|");
    for row in rows.iter() {
        println!("{row}");
    }
}
