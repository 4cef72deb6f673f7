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
    let key = work.context.actor.key;
    place::check(work, wish)?;
    within_limit(work)?;
    let slot = place::find(work, wish, Purpose::Hold, None)?;
    let lasting = i64::from(policy.hold_minutes).minutes();
    let hold = Hold {
        id: HoldId::new(work.fresh()?),
        client: wish.client,
        slot,
        moves: None,
        expires_at: work.now().saturating_add(lasting).unwrap_or(work.now()),
        made_by: key,
    };
    work.create(hold);
    Ok(())
}

/// Fails when the actor has as many holds as one may have.
pub(super) fn within_limit(work: &Work<'_>) -> Result<(), Refusal> {
    let limit = work.clinic.policy().holds_per_key;
    // Whoever has many clients to call is not kept from booking.
    let holds = work.clinic.holds_of(work.context.actor.key);
    if holds.filter(|hold| hold.moves.is_none()).count() >= usize::from(limit) {
        return Err(Refusal::TooManyHolds { limit });
    }
    Ok(())
}

pub(super) fn release(work: &mut Work<'_>, id: HoldId) -> Result<(), Refusal> {
    let hold = find(work, id)?;
    work.mention(RecordId::Hold(id));
    work.remove(Arc::clone(hold));
    Ok(())
}

/// A hold at a site at which the actor may act, expired or not. People go on with each other's; a program
/// has its own ones only.
pub(super) fn find<'a>(work: &Work<'a>, id: HoldId) -> Result<&'a Arc<Hold>, Refusal> {
    let hold = find_any(work, id)?;
    let actor = &work.context.actor;
    if hold.made_by != actor.key && !actor.role.is_person() {
        return Err(Refusal::HoldOfAnotherKey { hold: id });
    }
    Ok(hold)
}

/// A hold at a site at which the actor may act, whoever made it.
pub(super) fn find_any<'a>(work: &Work<'a>, id: HoldId) -> Result<&'a Arc<Hold>, Refusal> {
    let what = RecordId::Hold(id);
    let hold = work.clinic.hold(id).ok_or(Refusal::NotFound { what })?;
    work.reaches(what, hold.slot.site)?;
    Ok(hold)
}

/// Fails when a hold no longer holds, though it was not removed yet.
pub(super) fn is_live(work: &Work<'_>, hold: &Hold) -> Result<(), Refusal> {
    let at = hold.expires_at;
    if at <= work.now() {
        return Err(Refusal::HoldExpired { hold: hold.id, at });
    }
    Ok(())
}
