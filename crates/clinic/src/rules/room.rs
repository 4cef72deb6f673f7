//! What a room asks: the right equipment, sound where it hangs overhead, and
//! nobody else in it until it is turned over.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Demand, Except, Frame, span};
use crate::cells::{Mask, Occupancy};
use crate::clinic::Clinic;
use crate::model::{BarsFault, Fault, Outage, OutageTarget, Retired, Room, Service};
use crate::time::{Cell, Interval, Zone};

/// A room's part in the judgement.
pub(crate) struct RoomRule<'a> {
    pub(crate) room: &'a Room,
    zone: &'a Zone,
    session: u32,
    /// How long the room is occupied.
    pub(crate) cells: u32,
    serves: Serves,
    clinic: &'a Clinic,
    taken: &'a Occupancy,
    /// The room's own time of what counts as free.
    released: [Option<Interval>; 2],
    except: Except<'a>,
    /// When the support's inspection is good: from a date on, before another.
    inspected: Option<(Date, Date)>,
}

/// What a room's masks say of one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomDay {
    /// The cells at which nobody else has the room and it is not out of service.
    pub(crate) free: Mask,
    /// Where a session could start under sound overhead support.
    pub(crate) sound: Mask,
    /// Where the room allows the session to start.
    pub(crate) starts: Mask,
}

/// Whether a room's equipment serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Serves {
    /// Never.
    No,
    /// While its overhead support is sound.
    WithSupport,
    /// Always.
    Yes,
}

impl Serves {
    fn of(service: &Service, room: &Room) -> Self {
        if service.is_served_by(room.without_overhead()) {
            Self::Yes
        } else if service.is_served_by(room.equipment) {
            Self::WithSupport
        } else {
            Self::No
        }
    }
}

impl<'a> RoomRule<'a> {
    pub(crate) fn new(
        clinic: &'a Clinic,
        demand: &Demand<'_>,
        room: &'a Room,
        zone: &'a Zone,
        except: Except<'a>,
    ) -> Self {
        Self {
            room,
            zone,
            session: demand.session,
            cells: demand.room(room),
            serves: Serves::of(demand.service, room),
            clinic,
            taken: clinic.room_occupancy(room.id),
            released: except.slots.map(|slot| {
                slot.filter(|slot| slot.room == room.id)
                    .map(|slot| slot.occupies.room)
            }),
            except,
            inspected: room.inspection.map(|it| (it.passed, it.lapses())),
        }
    }

    /// Whether the room could serve at some time.
    pub(crate) fn can_serve(demand: &Demand<'_>, room: &Room) -> bool {
        !room.retired && Serves::of(demand.service, room) != Serves::No
    }

    /// The room's day.
    pub(crate) fn day(&self, frame: &Frame) -> RoomDay {
        let mut free = !self.taken.window(frame.base);
        for released in self.released.into_iter().flatten() {
            free = free | frame.mask(released);
        }
        let mut sound = self.inspected(frame);
        let window = frame.window();
        for outage in self.clinic.outages_in(self.room.id, window) {
            let out = !outage
                .within(window)
                .map_or(Mask::NONE, |time| frame.mask(time));
            match outage.target {
                OutageTarget::Room => free = free & out,
                OutageTarget::Bars => sound = sound & out,
            }
        }
        let sound = sound.starts(self.session);
        let starts = match self.serves {
            _ if self.room.retired => Mask::NONE,
            Serves::No => Mask::NONE,
            Serves::WithSupport => free.starts(self.cells) & sound,
            Serves::Yes => free.starts(self.cells),
        };
        RoomDay {
            free,
            sound,
            starts,
        }
    }

    /// The cells at which the support's inspection is good.
    fn inspected(&self, frame: &Frame) -> Mask {
        let Some((passed, lapses)) = self.inspected else {
            return Mask::NONE;
        };
        // The window reaches into the day before and the two days after.
        if passed < frame.date && frame.date.saturating_add(2.days()) < lapses {
            return Mask::ALL;
        }
        inspected(self.room, self.zone).map_or(Mask::NONE, |good| frame.mask(good))
    }

    /// Names what stands against a start.
    pub(crate) fn faults(&self, start: Cell, faults: &mut Vec<Fault>) {
        let room = self.room.id;
        if self.room.retired {
            faults.push(Fault::Retired(Retired::Room));
        }
        if self.serves == Serves::No {
            faults.push(Fault::LacksEquipment {
                room,
                has: self.room.equipment,
            });
        }
        let (Some(session), Some(time)) = (span(start, self.session), span(start, self.cells))
        else {
            return;
        };
        for outage in outages_in(self.clinic, self.room, OutageTarget::Room, time) {
            faults.push(Fault::RoomOut {
                room,
                outage: outage.id,
                until: outage.until,
            });
        }
        if self.serves == Serves::WithSupport {
            let fault = support_fault(self.clinic, self.room, self.zone, session);
            faults.extend(fault.map(|fault| Fault::BarsUnsound { room, fault }));
        }
        let others = self
            .clinic
            .room_agenda(room, time)
            .filter(|entry| !self.except.is(entry.by));
        faults.extend(others.map(|entry| Fault::RoomTaken { room, by: entry.by }));
    }
}

/// Why a room's overhead support is not sound for all of `session`; none when it is.
pub(crate) fn support_fault(
    clinic: &Clinic,
    room: &Room,
    zone: &Zone,
    session: Interval,
) -> Option<BarsFault> {
    if let Some(outage) = outages_in(clinic, room, OutageTarget::Bars, session).next() {
        return Some(BarsFault::Outage(outage.id));
    }
    let Some(inspection) = room.inspection else {
        return Some(BarsFault::NeverInspected);
    };
    if inspected(room, zone).is_some_and(|good| good.covers(session)) {
        None
    } else if zone.date(session.start()) < inspection.passed {
        Some(BarsFault::InspectedLater(inspection.passed))
    } else {
        Some(BarsFault::InspectionLapsed(inspection.lapses()))
    }
}

/// A room's outages that cover a part of `time`. One that was closed as soon as it
/// began covers nothing.
pub(crate) fn outages_in<'a>(
    clinic: &'a Clinic,
    room: &Room,
    target: OutageTarget,
    time: Interval,
) -> impl Iterator<Item = &'a Arc<Outage>> + use<'a> {
    clinic
        .outages_in(room.id, time)
        .filter(move |outage| outage.target == target && outage.within(time).is_some())
}

/// When the room's support has a passed inspection that is good.
fn inspected(room: &Room, zone: &Zone) -> Option<Interval> {
    let inspection = room.inspection?;
    Interval::new(
        Cell::at_or_after(zone.start_of(inspection.passed)),
        Cell::at_or_after(zone.start_of(inspection.lapses())),
    )
}
