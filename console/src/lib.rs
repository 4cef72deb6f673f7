//! console
pub mod when;
/// The binary.
pub fn main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS }
