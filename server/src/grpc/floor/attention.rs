//! What needs a person, in one line each. Clients appear by their initials: the lines hang on walls. What
//! hangs there for everybody to read says neither why a client is not taken in nor what a therapist left
//! undone.

use jiff::Timestamp;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::alerts::Alert;
use treadwell_clinic::attention::{Attention, Matter};
use treadwell_clinic::id::{AppointmentId, RoomId, WaitlistId};
use treadwell_clinic::model::{Occupant, OutageTarget, Site};
use treadwell_clinic::time::{Cell, Interval};

use super::minutes_between;
use crate::access::View;
use crate::convert::{alert, fault, values, words};

/// Shows a matter as far as the view does; nothing when its site is gone.
pub(super) fn show(
    item: &Attention,
    clinic: &Clinic,
    now: Timestamp,
    view: &View,
) -> Option<v1::Attention> {
    // A therapist's foot care, and what is to be ordered or renewed, is nobody's business who does not run
    // the day.
    let internal = matches!(item.matter, Matter::FootCare { .. } | Matter::Upkeep { .. });
    if internal && !view.clients() {
        return None;
    }
    let site = clinic.site(item.site)?;
    let words = Words {
        clinic,
        site,
        now,
        why: view.clients(),
    };
    let (kind, room, appointment) = about(&item.matter);
    Some(v1::Attention {
        kind: kind.into(),
        site_id: item.site.to_string(),
        room_id: room.map(|id| id.to_string()).unwrap_or_default(),
        appointment_id: appointment.map(|id| id.to_string()).unwrap_or_default(),
        text: words.of(item),
        since: Some(values::instant(item.since)),
        start: match item.matter {
            Matter::WaitlistFits { start, .. } => Some(values::cell(start)),
            _ => None,
        },
        waitlist_entry_id: waits(&item.matter)
            .map(|id| id.to_string())
            .unwrap_or_default(),
    })
}

fn about(matter: &Matter) -> (v1::AttentionKind, Option<RoomId>, Option<AppointmentId>) {
    match *matter {
        Matter::Over { appointment, room } => {
            (v1::AttentionKind::Over, Some(room), Some(appointment))
        }
        Matter::TurnoverLate { room, appointment } => (
            v1::AttentionKind::TurnoverLate,
            Some(room),
            Some(appointment),
        ),
        Matter::BlockedArrival { appointment, room } => (
            v1::AttentionKind::BlockedArrival,
            Some(room),
            Some(appointment),
        ),
        Matter::LateArrival { appointment, room } => (
            v1::AttentionKind::LateArrival,
            Some(room),
            Some(appointment),
        ),
        Matter::Flagged { appointment, room } => {
            (v1::AttentionKind::Flagged, Some(room), Some(appointment))
        }
        Matter::Out { room, .. } => (v1::AttentionKind::Out, Some(room), None),
        Matter::FootCare { .. } => (v1::AttentionKind::FootCare, None, None),
        Matter::HoldEnding { room, .. } => (v1::AttentionKind::HoldEnding, Some(room), None),
        Matter::Offered { room, .. } => (v1::AttentionKind::OfferOpen, Some(room), None),
        Matter::WaitlistFits { room, .. } => (v1::AttentionKind::WaitlistFits, Some(room), None),
        Matter::Upkeep { .. } => (v1::AttentionKind::Upkeep, None, None),
    }
}

/// Who waits, for what is about the waitlist.
const fn waits(matter: &Matter) -> Option<WaitlistId> {
    match matter {
        Matter::Offered { entry, .. } | Matter::WaitlistFits { entry, .. } => Some(*entry),
        _ => None,
    }
}

/// The words of one site at one time.
struct Words<'c> {
    clinic: &'c Clinic,
    site: &'c Site,
    now: Timestamp,
    /// Whether the reader may know why. Where they may not, every reason is left out: naming the harmless
    /// ones alone would tell the others.
    why: bool,
}

impl Words<'_> {
    fn of(&self, item: &Attention) -> String {
        match item.matter {
            Matter::Over { room, .. } => format!(
                "{} over by {} min{}.",
                self.room(room),
                minutes_between(item.since, self.now),
                self.next_in(room)
            ),
            Matter::TurnoverLate { room, .. } => {
                let (open, all) = self.open_items(room);
                format!(
                    "{} turnover {} of {all}, was due {}{}.",
                    self.room(room),
                    all - open,
                    self.time(item.since),
                    self.next_in(room)
                )
            }
            Matter::BlockedArrival { appointment, room } => format!(
                "{} is here for {} and can not start{}",
                self.client(appointment),
                self.room(room),
                self.because(|| self.blocked(appointment))
            ),
            Matter::LateArrival { appointment, room } => format!(
                "{} has not come for {} {}.",
                self.client(appointment),
                self.time(item.since),
                self.room(room)
            ),
            Matter::Flagged { appointment, room } => format!(
                "{} {} {}{}",
                self.client(appointment),
                self.day_and_time(item.since),
                self.room(room),
                self.because(|| self.flag(appointment))
            ),
            Matter::Out {
                room,
                target,
                outage,
            } => {
                let what = match target {
                    OutageTarget::Room => "",
                    OutageTarget::Bars => " bars",
                };
                let reason = self
                    .clinic
                    .outage(outage)
                    .map_or("", |it| it.reason.as_str());
                format!("{}{what} out: {reason}", self.room(room))
            }
            Matter::FootCare { therapist, .. } => {
                let name = self
                    .clinic
                    .therapist(therapist)
                    .map_or("", |it| it.name.as_str());
                format!("{name} has barefoot work today and has not attested foot care.")
            }
            Matter::Offered { .. } | Matter::WaitlistFits { .. } => {
                super::waitlist::words(&item.matter, self.clinic, self.site)
            }
            Matter::Upkeep { first, count } => {
                let alert = Alert {
                    site: item.site,
                    matter: first,
                };
                let first = alert::show(&alert, self.clinic, self.now).text;
                match count {
                    0 | 1 => first,
                    count => format!("{first} {} more to see to soon.", count - 1),
                }
            }
            Matter::HoldEnding { room, .. } => {
                format!(
                    "The hold on {} lapses at {}.",
                    self.room(room),
                    self.time(item.since)
                )
            }
        }
    }

    fn room(&self, id: RoomId) -> &str {
        self.clinic.room(id).map_or("", |room| room.name.as_str())
    }

    fn client(&self, id: AppointmentId) -> String {
        let client = self
            .clinic
            .appointment(id)
            .and_then(|it| self.clinic.client(it.client));
        client
            .map(|client| values::initials(&client.name))
            .unwrap_or_default()
    }

    fn time(&self, at: Timestamp) -> String {
        let time = self.site.zone.local(at).time();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    fn day_and_time(&self, at: Timestamp) -> String {
        let local = self.site.zone.local(at);
        if local.date() == self.site.zone.local(self.now).date() {
            self.time(at)
        } else {
            format!("{} {}", local.date(), self.time(at))
        }
    }

    /// Who comes next in a room today: `; next client A.L. 14:15`.
    fn next_in(&self, room: RoomId) -> String {
        let now = Cell::containing(self.now);
        let today = self.site.zone.day(self.site.zone.date(now));
        let rest = today.and_then(|day| Interval::new(now, day.end()));
        let next = rest
            .into_iter()
            .flat_map(|rest| self.clinic.room_agenda(room, rest))
            .find_map(|entry| match entry.by {
                Occupant::Appointment(id) => self
                    .clinic
                    .appointment(id)
                    .filter(|appointment| appointment.is_ahead()),
                Occupant::Hold(_) => None,
            });
        next.map(|appointment| {
            let start = self.time(appointment.slot.start().timestamp());
            format!("; next client {} {start}", self.client(appointment.id))
        })
        .unwrap_or_default()
    }

    /// The end of a line that says why; a full stop for those who may not know.
    fn because(&self, why: impl FnOnce() -> String) -> String {
        if self.why {
            format!(": {}", why())
        } else {
            ".".to_owned()
        }
    }

    fn open_items(&self, room: RoomId) -> (usize, usize) {
        let turnover = self.clinic.turnover_in(room);
        turnover.map_or((0, 0), |it| (it.open_items().count(), it.items.len()))
    }

    fn blocked(&self, id: AppointmentId) -> String {
        let blockers = self
            .clinic
            .appointment(id)
            .map(|it| treadwell_clinic::rules::blockers(self.clinic, it, self.now));
        blockers
            .and_then(|all| {
                all.first()
                    .map(|first| words::Words(self.clinic).blocker(first))
            })
            .unwrap_or_default()
    }

    fn flag(&self, id: AppointmentId) -> String {
        let appointment = self.clinic.appointment(id);
        appointment
            .and_then(|it| {
                let first = it.flags.first()?;
                Some(fault::flag(first, it, self.clinic).text)
            })
            .unwrap_or_default()
    }
}
