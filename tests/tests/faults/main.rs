//! What the programs do when the machine is at fault: a data folder that can not be used, a disk that is full or fails.
//!
//! That nothing acknowledged is lost whichever operation fails is the journal's to hold, and is tested there on a simulated
//! disk; here it is what a person sees: one sentence, an exit code, a log, and a server that comes back.

#![cfg(unix)]

#[cfg(target_os = "linux")]
mod disk;
mod folder;
mod repair;
#[cfg(target_os = "linux")]
mod small_disk;
