//! More than the server can do, and worse: twice the load that saturates it, ten thousand watchers of whom some do not read, a disk that takes
//! its time or none at all, clocks that jump, clients that connect and say nothing or far too much.
//!
//! In CI each is tried in the small and judged by counts. `cargo xtask campaign overload` does it in the large, where figures are measured and
//! judged by ratios within the run; each test adds its rows to one table ([`table`]), which the last one prints whole. `TREADWELL_ROUNDS` is
//! how many seconds each step of the load lasts.
//!
//! What it deliberately is not: a benchmark. Generator and server share the machine, and nothing is judged by absolute time.

#![allow(clippy::print_stdout, reason = "seeds and figures are the result")]

mod clients;
mod clock;
mod disk;
mod frames;
mod greedy;
mod load;
mod pinned;
mod saturation;
mod silent;
mod table;
mod watchers;

use treadwell_tests::seed;

/// How many seconds a step of the load lasts; none in CI, where nothing is measured.
fn seconds() -> Option<u64> {
    Some(seed::rounds(0)).filter(|&seconds| seconds > 0)
}
