//! The `treadwell` binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    treadwell_console::main()
}
