//! Reserving a slot for a few minutes.

use std::sync::Arc;

use jiff::ToSpan;

use super::{Work, place};
use crate::availability::Purpose;
use crate::id::HoldId;
use crate::model::{Hold, RecordId, Wish};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

pub(super) fn hold(work: &mut Work<'_>, wish: &Wish) -> Result<(), Refusal> {
    let policy = work.clinic.policy();
    let limit = policy.holds_per_key;
    let key = work.context.actor.key;
    // Before the search for a place, which costs more, but after what the caller got wrong.
    let too_many = work.clinic.holds_of(key).count() >= usize::from(limit);
    let slot = place::settle(work, wish, Purpose::Hold, None)?;
    if too_many {
        return Err(Refusal::TooManyHolds { limit });
    }
    let lasting = i64::from(policy.hold_minutes).minutes();
    let hold = Hold {
        id: HoldId::new(work.fresh()?),
        client: wish.client,
        slot,
        expires_at: work.now().saturating_add(lasting).unwrap_or(work.now()),
        made_by: key,
    };
    work.create(hold);
    Ok(())
}

pub(super) fn release(work: &mut Work<'_>, id: HoldId) -> Result<(), Refusal> {
    let hold = find(work, id)?;
    work.mention(RecordId::Hold(id));
    work.remove(Arc::clone(hold));
    Ok(())
}

/// A hold at a site at which the actor may act, expired or not.
fn find<'a>(work: &Work<'a>, id: HoldId) -> Result<&'a Arc<Hold>, Refusal> {
    let what = RecordId::Hold(id);
    let hold = work.clinic.hold(id).ok_or(Refusal::NotFound { what })?;
    work.allow(hold.slot.site)?;
    Ok(hold)
}

/// A hold that still holds.
pub(super) fn live<'a>(work: &Work<'a>, id: HoldId) -> Result<&'a Arc<Hold>, Refusal> {
    let hold = find(work, id)?;
    let at = hold.expires_at;
    if at <= work.now() {
        return Err(Refusal::HoldExpired { hold: id, at });
    }
    Ok(hold)
}
