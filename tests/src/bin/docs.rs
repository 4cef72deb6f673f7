//! Writes the reference pages under `docs/`; called by `cargo xtask docs`.

fn main() -> std::io::Result<()> {
    treadwell_tests::reference::write(&treadwell_tests::root().join("docs"))
}
