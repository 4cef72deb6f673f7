//! Whether so many calls are at work that their answers are better said together, and that reads take turns.
//!
//! Either costs a call a round of the scheduler, and gains nothing where nobody else has anything to say or to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many calls at work are few.
const FEW: usize = 2;

/// How many calls are at work, for whoever asks at every one of them. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Arc<AtomicUsize>);

impl Busy {
    /// A call begins.
    pub(super) fn begins(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// A call that has begun ends.
    pub(super) fn ends(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether more than a few are at work.
    pub(super) fn is_busy(&self) -> bool {
        self.0.load(Ordering::Relaxed) > FEW
    }

    /// That of a server on which just more than a few are at work.
    #[cfg(test)]
    pub(super) fn just_so() -> Self {
        Self(Arc::new(AtomicUsize::new(FEW + 1)))
    }
}
