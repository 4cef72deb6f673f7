//! What the tests of whole processes share: a server under test, the measured workload, seeds, and the generators of the
//! console's pictures and of the reference pages.
//!
//! The tests themselves are files of `tests/tests/` (one a subject: kill -9, races, the model, the dependency rule, …), the
//! independent client in another language is `tests/python/`, the benchmarks are `src/bin/bench/`. Rules of the clinic are
//! tested in `crates/clinic`, the journal's durability in `crates/journal`; here nothing is tested that needs no process.
//! Start reading at [`process`].

pub mod clinic_day;
pub mod frozen;
pub mod mutate;
pub mod process;
pub mod reference;
pub mod seed;
pub mod svg;
#[cfg(unix)]
pub mod terminal;
pub mod wire;
pub mod workload;

use std::path::{Path, PathBuf};

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies one folder below the workspace")
        .to_path_buf()
}
