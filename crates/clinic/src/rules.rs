//! The rules: whether a session may take place in a room, with a therapist, for
//! a client, at a time. There is one judge, and search, booking, moving and
//! judging again all use it.
//!
//! Site, room, therapist and client each have their own file, and nothing one of
//! them says depends on another. Each answers twice, from the same settled facts:
//! `starts` is a [`Mask`] of the cells of a day at which it allows a session to
//! start, and that is the verdict; `faults` names what stands against one start,
//! and only explains. A test holds that a start is allowed if and only if nothing
//! is named against it.
//!
//! Not here: whether a time is past or beyond the booking horizon, and what may be
//! done at all (`decide`); which of the possible places is best (`rank`).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cells::Mask;
use crate::clinic::Clinic;
use crate::id::{ClientId, ExtensionId};
use crate::limits;
use crate::model::{Fault, Occupant, Retired, Room, Screening, Service, Site, Slot};
use crate::screening;
use crate::time::{Cell, Interval, Zone, next_day};

mod client;
mod flags;
mod longer;
mod reconfirm;
mod room;
mod shifts;
mod site;
mod start;
#[cfg(test)]
mod tests;
mod therapist;

pub(crate) use client::ClientRule;
pub use flags::{flags, is_newly_unsound};
pub(crate) use flags::{review_flag, screening_of};
pub(crate) use longer::{against_longer, longer};
pub use reconfirm::ask_since;
pub(crate) use room::{RoomDay, RoomRule, outages_in, support_fault};
pub(crate) use shifts::in_the_way;
pub use shifts::{InTheWay, LeftOut, left_out};
pub(crate) use site::SiteRule;
pub(crate) use start::arrivals;
pub use start::blockers;
pub(crate) use therapist::{TherapistDay, TherapistRule, entitled, lacking};

/// What stands against a slot for a client, in order of precedence; nothing when
/// it is sound. Without a client nothing about one is judged. What `except`
/// occupies counts as free, so that an appointment does not stand in its own way.
///
/// Screening is a fault only where it refuses the booking: an excluded or
/// incomplete client and barefoot work.
pub fn judge(
    clinic: &Clinic,
    slot: &Slot,
    client: Option<ClientId>,
    except: Option<Occupant>,
) -> Vec<Fault> {
    let (Some(service), Some(site)) = (clinic.service(slot.service), clinic.site(slot.site)) else {
        return vec![Fault::Retired(Retired::Service)];
    };
    let Some(room) = clinic.room(slot.room) else {
        return vec![Fault::Retired(Retired::Room)];
    };
    let Some(therapist) = clinic.therapist(slot.therapist) else {
        return vec![Fault::Retired(Retired::Therapist)];
    };
    let demand = Demand::of_slot(service, slot);
    let except = Except::new(clinic, except);
    let at = SiteRule::new(&demand, site);
    let within = RoomRule::new(clinic, &demand, room, &site.zone, except);
    let by = TherapistRule::new(clinic, &demand, therapist, site, except);
    let of = client.map(|client| ClientRule::new(clinic, &demand, client, &site.zone, except));
    let start = slot.start();
    if let Some(frame) = Frame::around(&site.zone, start) {
        let mask = at.starts(&frame) & within.day(&frame).starts & by.day(&frame).starts;
        let mask = of.as_ref().map_or(mask, |of| mask & of.starts(&frame));
        if !service.retired && mask.has(frame.bit(start)) {
            return Vec::new();
        }
    }
    let mut faults = Vec::new();
    if service.retired {
        faults.push(Fault::Retired(Retired::Service));
    }
    at.faults(start, &mut faults);
    within.faults(start, &mut faults);
    by.faults(start, &mut faults);
    if let Some(of) = of {
        of.faults(start, &mut faults);
    }
    faults.sort_by_key(Fault::precedence);
    faults
}

/// What screening says of a client for a service at a site, if it starts at `at`.
pub fn screen(
    clinic: &Clinic,
    client: ClientId,
    service: &Service,
    site: &Site,
    at: Timestamp,
) -> Screening {
    findings(clinic, client, service, &site.zone).at(at)
}

fn findings(
    clinic: &Clinic,
    client: ClientId,
    service: &Service,
    zone: &Zone,
) -> screening::Findings {
    let rules = clinic.rule_set(service.rule_set).expect(
        "a service is stored only with a rule set that exists, and those are never removed",
    );
    let months = clinic.policy().declaration_months;
    let declaration = clinic
        .declaration_of(client)
        .map(|declaration| &**declaration);
    screening::Findings::new(rules, declaration, zone, months)
}

/// The window of time in which the masks of one local day of a site are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The local date.
    pub(crate) date: Date,
    /// The date's cells.
    pub(crate) day: Interval,
    /// Where the masks begin: before the day, by the longest travel gap.
    pub(crate) base: Cell,
}

/// The longest local day: 25 hours.
const LONGEST_DAY: u32 = 25 * 12;

// A start on the last cell of the longest day must see all that it could touch.
const _: () = assert!(
    limits::TRAVEL.cells() * 2 + LONGEST_DAY + limits::SESSION.cells() + limits::AFTERWARDS.cells()
        <= Mask::CELLS,
    "the window of a mask is too small for the limits"
);

impl Frame {
    /// The frame of a local date; none outside the range of cells.
    pub(crate) fn on(zone: &Zone, date: Date) -> Option<Self> {
        let day = zone.day(date)?;
        Some(Self {
            date,
            day,
            base: day.start().minus(limits::TRAVEL),
        })
    }

    /// The frame of the local date that follows.
    pub(crate) fn next(&self, zone: &Zone) -> Option<Self> {
        let date = next_day(self.date);
        let day = Interval::new(self.day.end(), Cell::at_or_after(zone.end_of(date)))?;
        Some(Self {
            date,
            day,
            base: day.start().minus(limits::TRAVEL),
        })
    }

    /// The frame of the local date on which `cell` lies.
    pub(crate) fn around(zone: &Zone, cell: Cell) -> Option<Self> {
        Self::on(zone, zone.date(cell))
    }

    /// All of the window.
    pub(crate) fn window(&self) -> Interval {
        Interval::new(self.base, self.base.plus_cells(Mask::CELLS)).unwrap_or(self.day)
    }

    /// The bit of a cell of the day.
    pub(crate) fn bit(&self, cell: Cell) -> u32 {
        cell.since(self.base)
    }

    /// The cell of a bit.
    pub(crate) fn cell(&self, bit: u32) -> Cell {
        self.base.plus_cells(bit)
    }

    /// The bits of an interval, as far as it lies in the window.
    pub(crate) fn mask(&self, interval: Interval) -> Mask {
        Mask::of(self.base, interval)
    }
}

/// What a session asks of everyone, in cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand<'a> {
    /// The service.
    pub(crate) service: &'a Service,
    /// How long the session is, extensions included.
    pub(crate) session: u32,
    /// How long the therapist is occupied: the session and the reset.
    pub(crate) therapist: u32,
    /// How long the room is occupied, where that is settled already.
    room: Option<u32>,
}

impl<'a> Demand<'a> {
    /// What a service with extensions asks; or the first extension that the
    /// service does not have.
    pub(crate) fn of_service(
        service: &'a Service,
        extensions: &[ExtensionId],
    ) -> Result<Self, ExtensionId> {
        let session = service.minutes_with(extensions)?.cells();
        let therapist = session + service.reset.cells();
        Ok(Self {
            service,
            session,
            therapist,
            room: None,
        })
    }

    /// What a slot asks that is planned already.
    fn of_slot(service: &'a Service, slot: &Slot) -> Self {
        Self {
            service,
            session: slot.planned.cells(),
            therapist: slot.occupies.therapist.cells(),
            room: Some(slot.occupies.room.cells()),
        }
    }

    /// How long a room is occupied: the session and the larger of both turnovers.
    pub(crate) fn room(&self, room: &Room) -> u32 {
        self.room
            .unwrap_or_else(|| self.session + self.service.turnover.max(room.turnover).cells())
    }
}

/// What counts as free: the place of the appointment or hold being judged. An appointment and the hold that
/// would move it are one party, and neither stands in the other's way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Except<'a> {
    party: [Option<Occupant>; 2],
    slots: [Option<&'a Slot>; 2],
}

impl<'a> Except<'a> {
    /// The places of `occupant` and of what is of its party, as far as they keep one.
    pub(crate) fn new(clinic: &'a Clinic, occupant: Option<Occupant>) -> Self {
        let other = match occupant {
            Some(Occupant::Appointment(id)) => {
                let hold = clinic.hold_moving(id);
                hold.map(|hold| Occupant::Hold(hold.id))
            }
            Some(Occupant::Hold(id)) => {
                let moved = clinic.hold(id).and_then(|hold| hold.moves);
                moved.map(Occupant::Appointment)
            }
            None => None,
        };
        let party = [occupant, other];
        let slots = party.map(|occupant| match occupant? {
            Occupant::Appointment(id) => clinic
                .appointment(id)
                .filter(|appointment| appointment.occupies())
                .map(|appointment| &appointment.slot),
            Occupant::Hold(id) => clinic.hold(id).map(|hold| &hold.slot),
        });
        Self { party, slots }
    }

    /// Whether `other` is what counts as free.
    fn is(&self, other: Occupant) -> bool {
        self.party.contains(&Some(other))
    }
}

/// The interval of `cells` cells from `start` on; none at the end of time.
pub(crate) fn span(start: Cell, cells: u32) -> Option<Interval> {
    Interval::new(start, start.plus_cells(cells))
}
