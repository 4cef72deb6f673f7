//! Writes the reference pages under `docs/`; called by `cargo xtask docs`.

use treadwell_tests::{reference, root};

fn main() -> std::io::Result<()> {
    reference::write(&root().join("docs"), &reference::pages())
}
