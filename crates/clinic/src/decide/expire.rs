//! Time passes: holds whose time is over are removed.

use std::sync::Arc;

use super::Work;
use crate::command::Command;
use crate::limits;

pub(super) fn expire(work: &mut Work<'_>) {
    let clinic = work.clinic;
    let mut due = clinic.holds_due(work.now());
    for hold in due.by_ref().take(limits::EXPIRED_PER_COMMIT) {
        work.remove(Arc::clone(hold));
    }
    if due.next().is_some() {
        work.decision.follow_up.push(Command::Expire);
    }
}
