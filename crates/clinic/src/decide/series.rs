//! Series: the same again at regular intervals, each judged for itself and beside all the others.
//!
//! What has been decided of a series is supposed in a clinic that only this decision sees, so that each
//! appointment is judged by the very rules that one alone is judged by.

use std::sync::Arc;

use jiff::ToSpan;

use super::check::Checks;
use super::{Work, appointment, book, hold, lifecycle, place};
use crate::availability::Purpose;
use crate::clinic::Clinic;
use crate::command::{
    BookSeries, BookSource, CancelSeries, MoveSeries, NewPlace, OnImpossible, SeriesScope,
};
use crate::explain::NoPlace;
use crate::id::{AppointmentId, ClientId, RoomId, SeriesId, SiteId, TherapistId};
use crate::limits;
use crate::model::{Appointment, Hold, Occupant, RecordId, SeriesPlace, Slot, State, Verb, Wish};
use crate::refusal::{Impossible, Refusal, WhyNot};
use crate::time::{Cell, Zone};

mod rounds;
#[cfg(test)]
mod tests;

use rounds::Moving;

/// One of a series that can not be had, explained once it is known what becomes of the others.
struct Stuck {
    number: u16,
    appointment: Option<AppointmentId>,
    site: SiteId,
    start: Cell,
    why: Why,
}

enum Why {
    Said(WhyNot),
    NoPlace(Box<(Wish, NoPlace)>),
}

impl Stuck {
    /// What stands against it in a clinic in which everything else has its place.
    fn explain(self, work: &Work<'_>) -> Result<Impossible, Refusal> {
        let own = self.appointment.map(Occupant::Appointment);
        let why = match self.why {
            Why::Said(why) => why,
            Why::NoPlace(asked) => {
                let (wish, none) = *asked;
                WhyNot::of(place::refuse(work, &wish, Purpose::Book, own, none))?
            }
        };
        Ok(Impossible {
            number: self.number,
            site: self.site,
            start: self.start,
            appointment: self.appointment,
            why,
        })
    }
}

/// Tells what can not be had, and refuses when nothing is left or nothing may be left out.
fn settle(
    work: &mut Work<'_>,
    tip: &Clinic,
    mut stuck: Vec<Stuck>,
    on_impossible: OnImpossible,
    nothing_left: bool,
) -> Result<(), Refusal> {
    stuck.sort_by_key(|one| one.number);
    let judged = work.on(tip);
    let explained = stuck.into_iter().map(|one| one.explain(&judged));
    let impossible = explained.collect::<Result<Vec<_>, _>>()?;
    if !impossible.is_empty() && (nothing_left || on_impossible == OnImpossible::FailAll) {
        return Err(Refusal::Series(impossible));
    }
    let kept = |one: Impossible| Impossible {
        why: one.why.kept(),
        ..one
    };
    work.decision.reply.impossible = impossible.into_iter().map(kept).collect();
    Ok(())
}

/// What all of a series to book have in common.
struct Pattern<'a> {
    client: ClientId,
    wish: Wish,
    zone: &'a Zone,
    hold: Option<&'a Arc<Hold>>,
}

impl<'a> Pattern<'a> {
    fn of(work: &Work<'a>, first: &BookSource) -> Result<Self, Refusal> {
        let (client, wish, hold) = match first {
            BookSource::Wish(wish) => {
                // What it names stands against all; when it begins only against the first.
                if let Err(refusal) = place::check(work, wish) {
                    WhyNot::of(refusal)?;
                }
                (book::named(wish.client)?, wish.clone(), None)
            }
            BookSource::Hold { hold, client } => {
                let hold = hold::find(work, *hold)?;
                let client = book::client_of(work, hold, *client)?;
                book::is_for(hold, None)?;
                let wish = Wish {
                    client: Some(client),
                    service: hold.slot.service,
                    extensions: hold.slot.extensions.to_vec(),
                    site: hold.slot.site,
                    start: hold.slot.start(),
                    room: None,
                    therapist: None,
                };
                (client, wish, Some(hold))
            }
        };
        let zone = &work.site(wish.site)?.zone;
        Ok(Self {
            client,
            wish,
            zone,
            hold,
        })
    }

    /// The room and the therapist that are kept where they can be had.
    fn kept(&self) -> Option<(RoomId, TherapistId)> {
        self.hold.map(|hold| (hold.slot.room, hold.slot.therapist))
    }

    /// The start that lies so many days after the first, at the same local time.
    fn start(&self, days: i32) -> Cell {
        let first = self.zone.local(self.wish.start.timestamp());
        let date = first.date().saturating_add(days.days());
        self.zone.cell(date, first.time()).unwrap_or(Cell::MAX)
    }
}

pub(super) fn book(work: &mut Work<'_>, asked: &BookSeries) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.text("note", &asked.note, limits::NOTE_CHARS);
    checks.between("every_days", asked.every_days, 1, limits::SERIES_DAYS);
    checks.between("times", asked.times, 2, limits::SERIES);
    checks.finish()?;
    let pattern = Pattern::of(work, &asked.first)?;
    let id = SeriesId::new(work.fresh()?);
    let mut tip = work.clinic.clone();
    let mut stuck = Vec::new();
    for number in 1..=asked.times {
        let start = pattern.start(i32::from(number - 1) * i32::from(asked.every_days));
        let slot = match slot_of(work, &tip, &pattern, number, start)? {
            Ok(slot) => slot,
            Err(why) => {
                stuck.push(Stuck {
                    number,
                    appointment: None,
                    site: pattern.wish.site,
                    start,
                    why,
                });
                continue;
            }
        };
        let series = Some(SeriesPlace {
            id,
            number,
            of: asked.times,
        });
        let fresh = AppointmentId::new(work.fresh()?);
        let one = book::appointment(work, fresh, pattern.client, slot, &asked.note);
        let one = Arc::new(Appointment { series, ..one });
        if let Some(hold) = pattern.hold.filter(|_| number == 1) {
            tip.leave_out(&RecordId::Hold(hold.id));
        }
        tip.suppose(Arc::clone(&one));
        work.create(one);
    }
    let nothing = work.decision.changes.is_empty();
    if let Some(hold) = pattern.hold {
        work.remove(Arc::clone(hold));
    }
    settle(work, &tip, stuck, asked.on_impossible, nothing)
}

/// The slot of one of a series to book.
fn slot_of(
    work: &Work<'_>,
    tip: &Clinic,
    pattern: &Pattern<'_>,
    number: u16,
    start: Cell,
) -> Result<Result<Slot, Why>, Refusal> {
    if let Some(hold) = pattern.hold.filter(|_| number == 1) {
        let held = book::held(work, hold, pattern.client, None);
        return each(held.map(Ok), &pattern.wish);
    }
    let wish = Wish {
        start,
        ..pattern.wish.clone()
    };
    let found = place::keeping(&work.on(tip), &wish, pattern.kept(), None);
    each(found, &wish)
}

/// Tells apart what stands against one of a series and what against all.
fn each(
    found: Result<Result<Slot, NoPlace>, Refusal>,
    wish: &Wish,
) -> Result<Result<Slot, Why>, Refusal> {
    match found {
        Ok(found) => Ok(found.map_err(|none| Why::NoPlace(Box::new((wish.clone(), none))))),
        Err(refusal) => Ok(Err(Why::Said(WhyNot::of(refusal)?))),
    }
}

/// The appointments that a command names, by number. One that belongs to no series is alone.
fn members<'a>(
    work: &Work<'a>,
    named: &'a Arc<Appointment>,
    scope: SeriesScope,
) -> Result<Vec<&'a Arc<Appointment>>, Refusal> {
    let Some(place) = named.series else {
        return Ok(vec![named]);
    };
    let goes_along = |it: &Appointment| {
        let in_scope = match scope {
            SeriesScope::All => true,
            SeriesScope::Following => it.series.is_some_and(|its| place.number < its.number),
        };
        let waits = matches!(it.state, State::Booked | State::Confirmed);
        in_scope && waits && work.now_cell() <= it.slot.start()
    };
    let all = work.clinic.series(place.id);
    let members: Vec<_> = all
        .filter(|it| it.id == named.id || goes_along(it))
        .collect();
    for member in &members {
        work.allow(member.slot.site)?;
    }
    Ok(members)
}

/// Moves an appointment and others of its series, none of whose old places stands in the way of any.
/// One that can not be moved keeps its place, which the others then have to leave it.
pub(super) fn move_to(work: &mut Work<'_>, asked: &MoveSeries) -> Result<(), Refusal> {
    let named = appointment::find(work, asked.step, Verb::Move)?;
    let mut moving = Vec::new();
    for before in members(work, named, asked.scope)? {
        let start = new_start(work, named, before, &asked.to)?;
        let to = NewPlace {
            start,
            ..asked.to.clone()
        };
        moving.push(Moving::new(before, to));
    }
    let look = &mut book::new_place;
    let rounds::Rounds { tip, moved, stuck } = rounds::go(work, moving, asked.on_impossible, look)?;
    settle(work, &tip, stuck, asked.on_impossible, moved.is_empty())?;
    for (before, after) in moved {
        work.update(Arc::clone(before), after);
    }
    Ok(())
}

/// Where a member of a series is to begin when the named one begins where the move says: by as many
/// days and as much of the clock later or earlier.
fn new_start(
    work: &Work<'_>,
    named: &Appointment,
    member: &Appointment,
    to: &NewPlace,
) -> Result<Option<Cell>, Refusal> {
    let Some(start) = to.start.filter(|_| member.id != named.id) else {
        return Ok(to.start);
    };
    let local = |it: &Appointment| -> Result<_, Refusal> {
        let zone = &work.site(it.slot.site)?.zone;
        Ok(zone.local(it.slot.start().timestamp()))
    };
    let zone = |it: &Appointment| -> Result<_, Refusal> {
        Ok(&work.site(to.site.unwrap_or(it.slot.site))?.zone)
    };
    let by = zone(named)?.local(start.timestamp()) - local(named)?;
    let then = local(member)?.saturating_add(by);
    let start = zone(member)?.cell(then.date(), then.time());
    Ok(Some(start.unwrap_or(Cell::MAX)))
}

pub(super) fn cancel(work: &mut Work<'_>, asked: &CancelSeries) -> Result<(), Refusal> {
    lifecycle::check_cancel(&asked.cancel)?;
    let named = appointment::find(work, asked.cancel.step, Verb::Cancel)?;
    for member in members(work, named, asked.scope)? {
        lifecycle::cancel_one(work, member, &asked.cancel)?;
    }
    Ok(())
}
