//! The waitlist: who waits for what, and the offers that are made to them.
//!
//! An offer is an ordinary hold, and the entry knows which. Whatever becomes of the hold, [`follow()`]
//! brings the entry after it in the same commit.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};

use super::check::{Checks, invalid};
use super::{Work, book, hold, place};
use crate::availability::Purpose;
use crate::command::{MakeOffer, OfferedPlace, PutOnWaitlist, UpdateWaitlistEntry, WaitlistStep};
use crate::id::{HoldId, SiteId, WaitlistId};
use crate::limits;
use crate::model::{
    Contact, Freed, Hold, Occupant, Offer, PassedOver, RecordId, Slot, WaitState, WaitlistEntry,
    Wanted, Wish,
};
use crate::refusal::Refusal;
use crate::waitlist;

mod follow;
mod freed;
#[cfg(test)]
mod tests;

pub(super) use follow::follow;
pub(super) use freed::offer_freed;

pub(super) fn put(work: &mut Work<'_>, new: &PutOnWaitlist) -> Result<(), Refusal> {
    check(&new.wanted)?;
    for &site in &new.wanted.sites {
        work.site(site)?;
    }
    let what = RecordId::Client(new.client);
    let client = work.clinic.client(new.client);
    client.ok_or(Refusal::NotFound { what })?;
    exists(work, &new.wanted)?;
    let limit = limits::WAITLIST_PER_CLIENT;
    if work.clinic.waiting_of(new.client).count() >= limit {
        let client = new.client;
        return Err(Refusal::TooManyWishes { client, limit });
    }
    let entry = WaitlistEntry {
        id: WaitlistId::new(work.fresh()?),
        client: new.client,
        wanted: new.wanted.clone(),
        since: work.now(),
        by: work.context.actor.key,
        state: WaitState::Waiting,
        passed: Vec::new(),
    };
    work.create(entry);
    Ok(())
}

pub(super) fn update(work: &mut Work<'_>, update: &UpdateWaitlistEntry) -> Result<(), Refusal> {
    // What is out of reach is not judged: it is as what does not exist.
    let in_reach = |entry: &&Arc<WaitlistEntry>| allow_one(work, &entry.wanted.sites).is_ok();
    let known = work.clinic.waitlist_entry(update.entry.entry);
    let wanted = known.filter(in_reach).map(|entry| {
        let mut wanted = entry.wanted.clone();
        update.service.onto(&mut wanted.service);
        update.extensions.clone().onto(&mut wanted.extensions);
        update.sites.clone().onto(&mut wanted.sites);
        update.windows.clone().onto(&mut wanted.windows);
        update.therapist.onto(&mut wanted.therapist);
        update.note.clone().onto(&mut wanted.note);
        wanted.sites = with_those_out_of_reach(work, &entry.wanted.sites, wanted.sites);
        wanted
    });
    if let Some(wanted) = &wanted {
        check(wanted)?;
    }
    let before = find(work, update.entry)?;
    let Some(wanted) = wanted else { return Ok(()) };
    for site in &wanted.sites {
        if !before.wanted.sites.contains(site) {
            work.site(*site)?;
        }
    }
    // Who keeps none of their own could not be shown what they did.
    allow_one(work, &wanted.sites).map_err(|_| {
        let expected =
            "one that this key reaches; who waits elsewhere alone is changed with a key of that site";
        invalid("sites", expected)
    })?;
    exists(work, &wanted)?;
    waits(before)?;
    // What was not wanted then may be wanted now.
    let only_the_note = Wanted {
        note: before.wanted.note.clone(),
        ..wanted.clone()
    } == before.wanted;
    let after = WaitlistEntry {
        wanted,
        passed: if only_the_note {
            before.passed.clone()
        } else {
            Vec::new()
        },
        ..WaitlistEntry::clone(before)
    };
    work.update(Arc::clone(before), after);
    Ok(())
}

/// The sites that are wanted by whoever may not act at all of them: one out of reach stays wanted, in its place. Desks of several
/// sites write on one entry, each for its own.
fn with_those_out_of_reach(work: &Work<'_>, before: &[SiteId], named: Vec<SiteId>) -> Vec<SiteId> {
    let stays = |site: &SiteId| work.allow(*site).is_err();
    if before
        .iter()
        .all(|site| named.contains(site) || !stays(site))
    {
        return named;
    }
    let kept = before
        .iter()
        .filter(|&site| named.contains(site) || stays(site));
    let added = named.iter().filter(|site| !before.contains(site));
    kept.chain(added).copied().collect()
}

pub(super) fn withdraw(work: &mut Work<'_>, step: WaitlistStep) -> Result<(), Refusal> {
    let before = find(work, step)?;
    is_live(before)?;
    let state = WaitState::Withdrawn {
        at: work.now(),
        by: work.context.actor.key,
    };
    if let Some(hold) = before.offer().and_then(|it| work.clinic.hold(it.hold)) {
        work.allow(hold.slot.site)?;
        work.remove(Arc::clone(hold));
    }
    enter(work, before, state);
    Ok(())
}

pub(super) fn offer(work: &mut Work<'_>, make: &MakeOffer) -> Result<(), Refusal> {
    let entry = find(work, make.entry)?;
    let slot = if let Some(place) = &make.place {
        named(work, entry, place)?
    } else {
        waits(entry)?;
        hold::within_limit(work)?;
        let (clinic, now) = (work.clinic, work.now());
        let allowed = |site| work.allow(site).is_ok();
        let first = waitlist::for_entry(clinic, entry, allowed, now, 1).pop();
        let entry = entry.id;
        first.ok_or(Refusal::NothingFits { entry })?.slot
    };
    hold_for(work, entry, slot, Vec::new())
}

/// The slot of a place that is named.
fn named(work: &Work<'_>, entry: &WaitlistEntry, at: &OfferedPlace) -> Result<Slot, Refusal> {
    let wish = Wish {
        client: Some(entry.client),
        service: entry.wanted.service,
        extensions: entry.wanted.extensions.clone(),
        site: at.site,
        start: at.start,
        room: at.room,
        therapist: at.therapist.or(entry.wanted.therapist.only()),
    };
    place::check(work, &wish)?;
    waits(entry)?;
    let site = work.site(at.site)?;
    let id = entry.id;
    if !waitlist::is_wished(work.clinic, entry, site, at.start, at.therapist) {
        return Err(Refusal::NotWished { entry: id });
    }
    hold::within_limit(work)?;
    // Whom the client prefers, else whoever is free.
    let with_preferred = wish.therapist.is_none().then(|| Wish {
        therapist: entry.wanted.therapist.preferred(),
        ..wish.clone()
    });
    let preferred = with_preferred
        .filter(|wish| wish.therapist.is_some())
        .and_then(|wish| place::attempt(work, &wish, Purpose::Book, None).ok()?.ok());
    let slot = match preferred {
        Some(slot) => slot,
        None => place::find(work, &wish, Purpose::Book, None)?,
    };
    if entry.has_passed(&slot) {
        return Err(Refusal::PassedBefore { entry: id });
    }
    Ok(slot)
}

/// Holds a slot for somebody who waits, until they are told of it; who comes next hears of the `rest` after that.
fn hold_for(
    work: &mut Work<'_>,
    entry: &Arc<WaitlistEntry>,
    slot: Slot,
    rest: Vec<Freed>,
) -> Result<(), Refusal> {
    let (now, key) = (work.now(), work.context.actor.key);
    let expires_at = later(now, work.clinic.policy().waitlist_contact_minutes);
    let hold = Hold {
        id: HoldId::new(work.fresh()?),
        client: Some(entry.client),
        slot: slot.clone(),
        moves: None,
        expires_at,
        made_by: key,
    };
    let offer = Offer {
        hold: hold.id,
        slot,
        at: now,
        by: key,
        expires_at,
        contact: None,
        rest,
    };
    enter(work, entry, WaitState::Offered(Box::new(offer)));
    work.create(hold);
    Ok(())
}

pub(super) fn contact(work: &mut Work<'_>, step: WaitlistStep) -> Result<(), Refusal> {
    let (entry, offer, hold) = offered(work, step)?;
    hold::is_live(work, hold)?;
    if let Some(Contact { at, .. }) = offer.contact {
        let entry = entry.id;
        return Err(Refusal::ContactRecorded { entry, at });
    }
    let expires_at = later(work.now(), work.clinic.policy().waitlist_offer_minutes);
    let told = Offer {
        expires_at,
        contact: Some(Contact {
            at: work.now(),
            by: work.context.actor.key,
        }),
        rest: Vec::new(),
        ..offer.clone()
    };
    let longer = Hold {
        expires_at,
        ..Hold::clone(hold)
    };
    enter(work, entry, WaitState::Offered(Box::new(told)));
    work.update_too(Arc::clone(hold), longer);
    Ok(())
}

pub(super) fn accept(work: &mut Work<'_>, step: WaitlistStep, note: &str) -> Result<(), Refusal> {
    let (entry, _, hold) = offered(work, step)?;
    book::check(note)?;
    // The entry follows its hold.
    book::book_held(work, hold, Some(entry.client), note, false)
}

pub(super) fn decline(
    work: &mut Work<'_>,
    step: WaitlistStep,
    pass_on: bool,
) -> Result<(), Refusal> {
    let (entry, offer, hold) = offered(work, step)?;
    let waiting = follow::passed_over(entry, offer, PassedOver::Declined, work.now());
    work.update(Arc::clone(entry), waiting);
    work.remove(Arc::clone(hold));
    if pass_on {
        let freed = Freed {
            site: offer.slot.site,
            time: offer.slot.occupies.room,
            room: Some(offer.slot.room),
            therapist: Some(offer.slot.therapist),
        };
        let own = Some(Occupant::Hold(hold.id));
        if let Ok((next, slot)) = freed::first_fit(work, &freed, None, own, Some(entry.id)) {
            // What else there is to offer is added to it.
            hold_for(work, next, slot, Vec::new())?;
        }
    }
    Ok(())
}

/// An entry of which the actor may act at one of the sites at least, as the caller knows it.
fn find<'a>(work: &Work<'a>, step: WaitlistStep) -> Result<&'a Arc<WaitlistEntry>, Refusal> {
    let what = RecordId::WaitlistEntry(step.entry);
    let entry = work.clinic.waitlist_entry(step.entry);
    let entry = entry.ok_or(Refusal::NotFound { what })?;
    // As one that does not exist: see `reaches`.
    allow_one(work, &entry.wanted.sites).map_err(|_| Refusal::NotFound { what })?;
    work.fresh_enough(what, step.etag)?;
    Ok(entry)
}

/// Fails unless the actor may act at one of the sites at least: whoever waits at several may be served by each.
pub(super) fn allow_one(work: &Work<'_>, sites: &[SiteId]) -> Result<(), Refusal> {
    if sites.iter().any(|&site| work.allow(site).is_ok()) {
        return Ok(());
    }
    sites.iter().try_for_each(|&site| work.allow(site))
}

/// An entry to which something is offered, at a site at which the actor may act.
fn offered<'a>(
    work: &Work<'a>,
    step: WaitlistStep,
) -> Result<(&'a Arc<WaitlistEntry>, &'a Offer, &'a Arc<Hold>), Refusal> {
    let entry = find(work, step)?;
    is_live(entry)?;
    let nothing = Refusal::NoOffer { entry: entry.id };
    let offer = entry.offer().ok_or(nothing)?;
    work.allow(offer.slot.site)?;
    // Whoever made it: the client may answer the desk, or a program that calls for the clinic.
    Ok((entry, offer, hold::find_any(work, offer.hold)?))
}

/// Fails unless the client waits, and nothing is offered to them.
fn waits(entry: &WaitlistEntry) -> Result<(), Refusal> {
    is_live(entry)?;
    match entry.offer() {
        Some(offer) => Err(Refusal::OfferOpen {
            entry: entry.id,
            hold: offer.hold,
        }),
        None => Ok(()),
    }
}

fn is_live(entry: &WaitlistEntry) -> Result<(), Refusal> {
    if entry.is_live() {
        return Ok(());
    }
    Err(Refusal::NotWaiting {
        entry: entry.id,
        phase: entry.phase(),
    })
}

fn enter(work: &mut Work<'_>, before: &Arc<WaitlistEntry>, state: WaitState) {
    let after = WaitlistEntry {
        state,
        ..WaitlistEntry::clone(before)
    };
    work.update(Arc::clone(before), after);
}

fn later(now: Timestamp, minutes: u16) -> Timestamp {
    now.saturating_add(i64::from(minutes).minutes())
        .unwrap_or(now)
}

fn check(wanted: &Wanted) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.at_most(
        "extensions",
        wanted.extensions.len(),
        limits::EXTENSIONS_BOOKED,
    );
    checks.unique("extensions", &wanted.extensions);
    checks.at_most("sites", wanted.sites.len(), limits::SITES_PER_THERAPIST);
    checks.expect(!wanted.sites.is_empty(), "sites", "at least one");
    checks.unique("sites", &wanted.sites);
    checks.at_most("windows", wanted.windows.len(), limits::WAITLIST_WINDOWS);
    checks.each("windows", &wanted.windows, |checks, window| {
        let order = match (window.first, window.last) {
            (Some(first), Some(last)) => first <= last,
            _ => true,
        };
        checks.expect(order, "last", "not before `first`");
        let midnight = jiff::civil::Time::midnight();
        let order = window.from < window.until || window.until == midnight;
        checks.expect(order, "until", "later than `from`");
    });
    checks.text("note", &wanted.note, limits::NOTE_CHARS);
    checks.finish()
}

/// Fails when something that is wanted does not exist.
fn exists(work: &Work<'_>, wanted: &Wanted) -> Result<(), Refusal> {
    let what = RecordId::Service(wanted.service);
    let service = work.clinic.service(wanted.service);
    let service = service.ok_or(Refusal::NotFound { what })?;
    if let Some(id) = wanted.therapist.named() {
        let what = RecordId::Therapist(id);
        let therapist = work.clinic.therapist(id);
        therapist.ok_or(Refusal::NotFound { what })?;
    }
    let minutes = service.minutes_with(&wanted.extensions);
    minutes
        .map(drop)
        .map_err(|extension| Refusal::NotAnExtension {
            service: service.id,
            extension,
        })
}
