//! Whether so many calls are at work that they are better off taking turns.
//!
//! To take turns, and to say together what there is to say, is what keeps a busy server's answers quick. It costs each call two rounds of the
//! scheduler, which is a sixth of what a search takes where there is nobody to take turns with. Even a server with twice the load that it can do
//! has only a handful of calls at work at most moments: with 8 for [`FEW`], 99 of 100 of those let in waited for up to 23 ms and not for 14.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many calls at work need no turns.
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
