//! From a wish to a slot, by the rules that search uses; or to a refusal that says why, and what could
//! be had instead.

use super::Work;
use super::check::Checks;
use crate::availability::{self, Purpose};
use crate::explain::NoPlace;
use crate::id::{RoomId, TherapistId};
use crate::limits;
use crate::model::{Fault, Occupant, RecordId, Service, Slot, Wish};
use crate::refusal::{Refusal, SlotRefusal};

/// Settles a wish: everything that it names exists and fits together, its start lies neither in the past
/// nor too far ahead, and a room and a therapist are found. `except` counts as free.
pub(super) fn settle(
    work: &Work<'_>,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
) -> Result<Slot, Refusal> {
    check(work, wish)?;
    find(work, wish, purpose, except)
}

/// As [`settle`], for a wish that was checked.
pub(super) fn find(
    work: &Work<'_>,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
) -> Result<Slot, Refusal> {
    availability::choose(work.clinic, wish, purpose, except)
        .map(|proposal| proposal.slot)
        .map_err(|none| refuse(work, wish, purpose, except, none))
}

/// As [`settle`], but one that has no place is not explained.
pub(super) fn attempt(
    work: &Work<'_>,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
) -> Result<Result<Slot, NoPlace>, Refusal> {
    check(work, wish)?;
    let chosen = availability::choose(work.clinic, wish, purpose, except);
    Ok(chosen.map(|proposal| proposal.slot))
}

/// As [`attempt`], with a room and a therapist that are kept where they can be had.
pub(super) fn keeping(
    work: &Work<'_>,
    asked: &Wish,
    kept: Option<(RoomId, TherapistId)>,
    except: Option<Occupant>,
) -> Result<Result<Slot, NoPlace>, Refusal> {
    let (room, therapist) = kept.unzip();
    let keeping = Wish {
        room: asked.room.or(room),
        therapist: asked.therapist.or(therapist),
        ..asked.clone()
    };
    let with_therapist = Wish {
        room: asked.room,
        ..keeping.clone()
    };
    let with_room = Wish {
        therapist: asked.therapist,
        ..keeping.clone()
    };
    let mut wishes = vec![keeping, with_therapist, with_room];
    wishes.dedup();
    for wish in wishes {
        if wish == *asked {
            break;
        }
        // Why it can not be kept nobody asks.
        let found = check(work, &wish)
            .ok()
            .and_then(|()| availability::first(work.clinic, &wish, Purpose::Book, except));
        if let Some(found) = found {
            return Ok(Ok(found.slot));
        }
    }
    attempt(work, asked, Purpose::Book, except)
}

/// Checks what a wish names, and when it shall begin.
pub(super) fn check(work: &Work<'_>, wish: &Wish) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.at_most(
        "extensions",
        wish.extensions.len(),
        limits::EXTENSIONS_BOOKED,
    );
    checks.unique("extensions", &wish.extensions);
    checks.finish()?;
    let site = work.site(wish.site)?;
    let service = service(work, wish)?;
    known_people_and_rooms(work, wish)?;
    // With every extension there is, a service stays within the longest session.
    let minutes = service.minutes_with(&wish.extensions);
    minutes.map_err(|extension| Refusal::NotAnExtension {
        service: service.id,
        extension,
    })?;
    work.bookable(site, wish.start)
}

fn service<'a>(work: &Work<'a>, wish: &Wish) -> Result<&'a Service, Refusal> {
    let what = RecordId::Service(wish.service);
    let service = work.clinic.service(wish.service);
    service.map(AsRef::as_ref).ok_or(Refusal::NotFound { what })
}

fn known_people_and_rooms(work: &Work<'_>, wish: &Wish) -> Result<(), Refusal> {
    let clinic = work.clinic;
    let missing = |what| Refusal::NotFound { what };
    if let Some(id) = wish.client {
        let client = clinic.client(id);
        client.ok_or(missing(RecordId::Client(id)))?;
    }
    let room = wish
        .room
        .map(|id| clinic.room(id).ok_or(missing(RecordId::Room(id))));
    let room = room.transpose()?;
    let therapist = wish.therapist.map(|id| {
        let known = clinic.therapist(id);
        known.ok_or(missing(RecordId::Therapist(id)))
    });
    let therapist = therapist.transpose()?;
    if let Some(room) = room.filter(|room| room.site != wish.site) {
        return Err(Refusal::RoomOfAnotherSite {
            room: room.id,
            site: room.site,
        });
    }
    if let Some(therapist) = therapist.filter(|known| !known.sites.contains(&wish.site)) {
        return Err(Refusal::TherapistOfAnotherSite {
            therapist: therapist.id,
            site: wish.site,
        });
    }
    Ok(())
}

/// The refusal of a wish that has no place, with what could be had instead.
pub(super) fn refuse(
    work: &Work<'_>,
    wish: &Wish,
    purpose: Purpose,
    except: Option<Occupant>,
    none: NoPlace,
) -> Refusal {
    let alternatives = availability::nearest(
        work.clinic,
        wish,
        purpose,
        except,
        work.now(),
        limits::ALTERNATIVES,
    );
    let other_services = other_services(work, wish, except, &none.faults);
    Refusal::Slot(Box::new(SlotRefusal {
        nearest: none.nearest,
        faults: none.faults,
        alternatives: alternatives
            .into_iter()
            .map(|proposal| proposal.slot)
            .collect(),
        other_services,
    }))
}

/// When screening stands against barefoot work: the places that services of other kinds have at the same time.
fn other_services(
    work: &Work<'_>,
    wish: &Wish,
    except: Option<Occupant>,
    faults: &[Fault],
) -> Vec<Slot> {
    if !faults
        .iter()
        .any(|fault| matches!(fault, Fault::Screening(_)))
    {
        return Vec::new();
    }
    let others = work
        .clinic
        .services()
        .filter(|service| !service.retired && !service.modality.is_barefoot());
    others
        .map(|service| Wish {
            service: service.id,
            extensions: Vec::new(),
            room: None,
            therapist: None,
            ..wish.clone()
        })
        .filter_map(|other| availability::first(work.clinic, &other, Purpose::Book, except))
        .map(|proposal| proposal.slot)
        .collect()
}
