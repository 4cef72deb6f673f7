//! The contributor's one entry point.

fn main() {}
