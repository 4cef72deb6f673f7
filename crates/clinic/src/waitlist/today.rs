//! What of the waitlist needs a person at one site now.

use jiff::Timestamp;

use super::{Place, allowed, bookable, find, fit, query, session};
use crate::attention::Matter;
use crate::availability::{Proposal, Query};
use crate::clinic::Clinic;
use crate::limits;
use crate::model::{Site, WaitState, WaitlistEntry};
use crate::time::Interval;

/// The offers that wait for an answer, and the first place today that somebody who waits could have.
pub(crate) fn attention(
    clinic: &Clinic,
    site: &Site,
    now: Timestamp,
    add: &mut impl FnMut(Timestamp, Matter),
) {
    let mut wanting = Vec::new();
    for entry in clinic.waiting(None).take(limits::WAITLIST_JUDGED) {
        match &entry.state {
            WaitState::Offered(offer) if offer.slot.site == site.id => add(
                offer.at,
                Matter::Offered {
                    entry: entry.id,
                    room: offer.slot.room,
                },
            ),
            WaitState::Waiting if !today(clinic, entry, site, now).is_empty() => {
                wanting.push(&**entry);
            }
            _ => {}
        }
    }
    let found = wanting
        .iter()
        .find_map(|entry| Some((*entry, first_today(clinic, entry, site, now)?)));
    let Some((entry, first)) = found else {
        return;
    };
    let bars = needs_bars(clinic, entry);
    wanting.retain(|other| needs_bars(clinic, other) == bars);
    let place = Place::Slot {
        site: site.id,
        starts: first.slot.planned,
        room: Some(first.slot.room),
        therapist: None,
    };
    let fitting = wanting
        .iter()
        .filter(|other| fit(clinic, other, &place, None, now).is_ok());
    let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    add(
        entry.since,
        Matter::WaitlistFits {
            entry: entry.id,
            room: first.slot.room,
            start: first.slot.start(),
            bars,
            fitting: count(fitting.count()),
            wanting: count(wanting.len()),
        },
    );
}

/// The starts of today that an entry's wish allows.
fn today(clinic: &Clinic, entry: &WaitlistEntry, site: &Site, now: Timestamp) -> Vec<Interval> {
    let starts = || {
        let day = site.zone.day(site.zone.local(now).date())?;
        let starts = bookable(clinic, site, now)?.intersection(day)?;
        Some(allowed(entry, site, starts, session(clinic, entry)?))
    };
    if entry.wanted.sites.contains(&site.id) {
        starts().unwrap_or_default()
    } else {
        Vec::new()
    }
}

fn first_today(
    clinic: &Clinic,
    entry: &WaitlistEntry,
    site: &Site,
    now: Timestamp,
) -> Option<Proposal> {
    let query = Query {
        grid: None,
        therapist: entry.wanted.therapist.only(),
        ..query(entry, site.id, None)
    };
    let starts = today(clinic, entry, site, now);
    find(clinic, &query, &starts, 1, entry).pop()
}

fn needs_bars(clinic: &Clinic, entry: &WaitlistEntry) -> bool {
    let service = clinic.service(entry.wanted.service);
    service.is_some_and(|service| service.needs_bars())
}
