//! Draws the console's screens as pictures under `docs/`; called by `cargo xtask shots`.

use treadwell_tests::{reference, root};

fn main() -> std::io::Result<()> {
    reference::write(&root().join("docs"), &reference::pictures())
}
