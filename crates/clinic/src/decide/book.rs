//! Booking and moving: what takes a place in the calendar.

use std::sync::Arc;

use super::check::{Checks, invalid};
use super::{Work, appointment, hold, lifecycle, place};
use crate::availability::Purpose;
use crate::command::{Book, BookSource, Move, MoveTo, NewPlace};
use crate::explain::NoPlace;
use crate::id::{AppointmentId, ClientId};
use crate::limits;
use crate::model::{Appointment, Hold, Occupant, Phase, RecordId, Slot, State, Verb, Wish};
use crate::money;
use crate::refusal::Refusal;
use crate::rules;

#[cfg(test)]
mod tests;

pub(super) fn book(work: &mut Work<'_>, book: &Book) -> Result<(), Refusal> {
    check(&book.note)?;
    let (client, slot) = match &book.source {
        BookSource::Wish(wish) => {
            let client = named(wish.client)?;
            (client, place::settle(work, wish, Purpose::Book, None)?)
        }
        BookSource::Hold { hold, client } => {
            let hold = hold::find(work, *hold)?;
            return book_held(work, hold, *client, &book.note, book.walk_in);
        }
    };
    create(work, client, slot, &book.note, book.walk_in)
}

/// Fails when what is written down is not as it has to be.
pub(super) fn check(note: &str) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.text("note", note, limits::NOTE_CHARS);
    checks.finish()
}

/// Books a hold that the actor may use. `client` is named where the hold has none.
pub(super) fn book_held(
    work: &mut Work<'_>,
    hold: &Arc<Hold>,
    client: Option<ClientId>,
    note: &str,
    walk_in: bool,
) -> Result<(), Refusal> {
    let client = client_of(work, hold, client)?;
    is_for(hold, None)?;
    let slot = held(work, hold, client, None)?;
    create(work, client, slot, note, walk_in)?;
    work.remove(Arc::clone(hold));
    Ok(())
}

/// A sound slot becomes an appointment.
fn create(
    work: &mut Work<'_>,
    client: ClientId,
    slot: Slot,
    written: &str,
    walk_in: bool,
) -> Result<(), Refusal> {
    let state = if walk_in {
        lifecycle::may_arrive(work, &slot)?;
        let arrived = work.now();
        State::Arrived { arrived }
    } else {
        State::Booked
    };
    let id = AppointmentId::new(work.fresh()?);
    let booked = appointment(work, id, client, slot, written);
    work.create(Appointment { state, ..booked });
    Ok(())
}

/// A sound slot as an appointment that is booked.
pub(super) fn appointment(
    work: &Work<'_>,
    id: AppointmentId,
    client: ClientId,
    slot: Slot,
    written: &str,
) -> Appointment {
    let (price_cents, charges) = money::quote(work.clinic, &slot);
    let mut booked = Appointment {
        id,
        client,
        slot,
        state: State::Booked,
        review: None,
        reconfirmed: None,
        flags: Vec::new(),
        price_cents,
        charges,
        note: note(written),
        booked_by: work.context.actor.key,
        booked_at: work.now(),
        series: None,
        external: None,
    };
    // The slot is sound, or it would not have been found; only a review may still be open.
    booked
        .flags
        .extend(rules::review_flag(work.clinic, &booked));
    booked
}

/// Moves an appointment. Its own old place does not stand in its way.
pub(super) fn move_to(work: &mut Work<'_>, to: &Move) -> Result<(), Refusal> {
    let before = appointment::find(work, to.step, Verb::Move)?;
    let own = Occupant::Appointment(before.id);
    let (slot, consumed) = match &to.to {
        MoveTo::Place(to) => {
            let (wish, found) = new_place(work, before, to)?;
            let refuse = |none| place::refuse(work, &wish, Purpose::Book, Some(own), none);
            (found.map_err(refuse)?, None)
        }
        MoveTo::Hold(id) => {
            let hold = hold::find(work, *id)?;
            client_of(work, hold, Some(before.client))?;
            is_for(hold, Some(before.id))?;
            if hold.moves.is_none() {
                same_service(hold, &before.slot)?;
            }
            (held(work, hold, before.client, Some(own))?, Some(hold))
        }
    };
    work.update(Arc::clone(before), moved(work, before, slot));
    if let Some(hold) = consumed {
        work.remove(Arc::clone(hold));
    }
    Ok(())
}

/// An appointment in another, sound slot.
pub(super) fn moved(work: &Work<'_>, before: &Appointment, slot: Slot) -> Appointment {
    let (price_cents, charges) = money::requote(work.clinic, before, &slot);
    let state = state_after_move(work, before, &slot);
    let is_here = state.phase() == Phase::Arrived;
    let mut after = Appointment {
        state,
        // It was said on arriving; who has not arrived any more will be asked again.
        reconfirmed: before.reconfirmed.filter(|_| is_here),
        price_cents,
        charges,
        slot,
        ..before.clone()
    };
    after.flags.clear();
    after.flags.extend(rules::review_flag(work.clinic, &after));
    after
}

/// What a move asks for, and the slot that is found, with the present room and therapist where nothing
/// else is asked for and they can stay.
pub(super) fn new_place(
    work: &Work<'_>,
    before: &Appointment,
    to: &NewPlace,
) -> Result<(Wish, Result<Slot, NoPlace>), Refusal> {
    let now = &before.slot;
    let extensions = to.extensions.as_deref().unwrap_or(&now.extensions);
    let asked = Wish {
        client: Some(before.client),
        service: now.service,
        extensions: extensions.to_vec(),
        site: to.site.unwrap_or(now.site),
        start: to.start.unwrap_or(now.start()),
        room: to.room,
        therapist: to.therapist,
    };
    let kept = (asked.site == now.site).then_some((now.room, now.therapist));
    let own = Occupant::Appointment(before.id);
    let found = place::keeping(work, &asked, kept, Some(own))?;
    Ok((asked, found))
}

/// A client who is here stays so for a start for which they may arrive now, and has not arrived for any other.
fn state_after_move(work: &Work<'_>, before: &Appointment, slot: &Slot) -> State {
    let due = work.clinic.site(slot.site);
    let due = due.and_then(|site| rules::arrivals(site, work.now()));
    let is_here = due.is_none_or(|due| due.contains(slot.start()));
    match before.state {
        State::Arrived { .. } if !is_here => State::Booked,
        _ => before.state.clone(),
    }
}

/// The slot of a hold, judged for the client for whom it is taken. It was not past when it was held, and
/// may begin while the questions are asked; only once it has ended there is nothing left to take.
pub(super) fn held(
    work: &Work<'_>,
    hold: &Hold,
    client: ClientId,
    moved: Option<Occupant>,
) -> Result<Slot, Refusal> {
    hold::is_live(work, hold)?;
    let at = hold.slot.start();
    let earliest = work.now_cell();
    if hold.slot.planned.end() <= earliest {
        return Err(Refusal::Past { at, earliest });
    }
    let own = Occupant::Hold(hold.id);
    let mut faults = rules::judge(work.clinic, &hold.slot, Some(client), Some(own));
    // The appointment that is moved leaves its old place, which the hold may overlap.
    faults.retain(|fault| fault.clash().is_none() || fault.clash() != moved);
    if faults.is_empty() {
        return Ok(hold.slot.clone());
    }
    let wish = Wish {
        client: Some(client),
        service: hold.slot.service,
        extensions: hold.slot.extensions.to_vec(),
        site: hold.slot.site,
        start: at,
        room: Some(hold.slot.room),
        therapist: Some(hold.slot.therapist),
    };
    let nearest = Some((hold.slot.room, hold.slot.therapist));
    let none = NoPlace { nearest, faults };
    Err(place::refuse(work, &wish, Purpose::Book, Some(own), none))
}

/// Fails when a hold is kept for moving another appointment than this one, or none at all.
pub(super) fn is_for(hold: &Hold, moved: Option<AppointmentId>) -> Result<(), Refusal> {
    match hold.moves {
        Some(other) if moved != Some(other) => Err(Refusal::HoldOfAnotherAppointment {
            hold: hold.id,
            appointment: other,
        }),
        _ => Ok(()),
    }
}

fn same_service(hold: &Hold, slot: &Slot) -> Result<(), Refusal> {
    if hold.slot.service == slot.service && hold.slot.extensions == slot.extensions {
        return Ok(());
    }
    Err(Refusal::HoldOfAnotherService { hold: hold.id })
}

pub(super) fn named(client: Option<ClientId>) -> Result<ClientId, Refusal> {
    client.ok_or_else(|| invalid("client", "the client who is booked"))
}

/// The client of a hold: whom it names, or whom the caller names, who must not differ.
pub(super) fn client_of(
    work: &Work<'_>,
    hold: &Hold,
    given: Option<ClientId>,
) -> Result<ClientId, Refusal> {
    let client = named(given.or(hold.client))?;
    let what = RecordId::Client(client);
    work.clinic
        .client(client)
        .ok_or(Refusal::NotFound { what })?;
    match hold.client {
        Some(other) if other != client => Err(Refusal::HoldOfAnotherClient {
            hold: hold.id,
            client: other,
        }),
        _ => Ok(client),
    }
}

fn note(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| text.into())
}
