//! What needs a person soon, beyond what the board shows: stock, inspections, credentials, registrations,
//! turnovers.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clinic::Clinic;
use crate::id::{AppointmentId, CredentialId, RoomId, SiteId, StockItemId, TherapistId};
use crate::model::{Appointment, Inspection, Occupant, Service, Site};
use crate::time::{Cell, Interval};

#[cfg(test)]
mod tests;

/// Something that needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Where.
    pub site: SiteId,
    /// What it is about.
    pub matter: AlertMatter,
}

/// What needs a person, the most urgent kinds first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertMatter {
    /// A room's turnover is late.
    TurnoverLate {
        /// The room.
        room: RoomId,
        /// The session after which.
        appointment: AppointmentId,
        /// When the room should have been ready.
        due: Timestamp,
    },
    /// A room's overhead support is to be inspected.
    Inspection {
        /// The room.
        room: RoomId,
        /// The first date without a good inspection; none when it was never inspected.
        lapses: Option<Date>,
    },
    /// A therapist's credential is to be renewed. One that has expired comes before inspections.
    Credential {
        /// The therapist.
        therapist: TherapistId,
        /// The kind of credential.
        kind: CredentialId,
        /// When it expires.
        expiry: Expiry,
    },
    /// A therapist's registration is to be renewed. One that has expired comes before inspections.
    Registration {
        /// The therapist.
        therapist: TherapistId,
        /// When it expires.
        expiry: Expiry,
    },
    /// There is less of an item than there should be.
    StockLow {
        /// The item.
        item: StockItemId,
        /// How much there is, in units.
        level: u32,
        /// How much there should be, in units.
        par: u32,
    },
}

/// When what a therapist has to show expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The last local date on which it is valid.
    pub last: Date,
    /// Whether that lies before today.
    pub expired: bool,
    /// How many of the therapist's appointments at the sites asked about that are still to come lie on later dates; of a
    /// credential, those whose service needs it.
    pub beyond: u32,
}

impl AlertMatter {
    /// Where it stands in the order of urgency: the kind, then the date by which it is due.
    const fn order(&self) -> (u8, Option<Date>) {
        match self {
            Self::TurnoverLate { .. } => (0, None),
            Self::Credential { expiry, .. } | Self::Registration { expiry, .. } => {
                (if expiry.expired { 1 } else { 3 }, Some(expiry.last))
            }
            Self::Inspection { lapses, .. } => (2, *lapses),
            Self::StockLow { .. } => (4, None),
        }
    }
}

/// Every alert of some sites at `now`, the most urgent first. A therapist of several of them is named
/// at the first.
pub fn alerts<'a>(
    clinic: &Clinic,
    sites: impl IntoIterator<Item = &'a Site>,
    now: Timestamp,
) -> Vec<Alert> {
    let mut all: Vec<Alert> = Vec::new();
    let sites: Vec<&Site> = sites.into_iter().collect();
    for &site in &sites {
        let today = site.zone.local(now).date();
        let ahead = |days: u16| today.saturating_add(i32::from(days).days());
        let policy = clinic.policy();
        let mut add = |matter| {
            // Everything else belongs to one site.
            let is_of_others = matches!(
                matter,
                AlertMatter::Credential { .. } | AlertMatter::Registration { .. }
            );
            if !(is_of_others && all.iter().any(|told| told.matter == matter)) {
                let site = site.id;
                all.push(Alert { site, matter });
            }
        };
        turnovers(clinic, site, now, &mut add);
        inspections(clinic, site, ahead(policy.warning_days), &mut add);
        let warned = ahead(policy.credential_warning_days);
        expiries(clinic, site, &sites, today, warned, &mut add);
        for item in clinic.stock_at(site.id).filter(|item| item.is_low()) {
            add(AlertMatter::StockLow {
                item: item.item,
                level: item.level,
                par: item.par,
            });
        }
    }
    // Stable: what is found in the order of sites and ids stays in it.
    all.sort_by_key(|alert| alert.matter.order());
    all
}

fn turnovers(clinic: &Clinic, site: &Site, now: Timestamp, add: &mut impl FnMut(AlertMatter)) {
    for turnover in clinic.turnovers() {
        if turnover.site == site.id && turnover.is_late(now) {
            add(AlertMatter::TurnoverLate {
                room: turnover.room,
                appointment: turnover.appointment,
                due: turnover.due,
            });
        }
    }
}

fn inspections(clinic: &Clinic, site: &Site, warned: Date, add: &mut impl FnMut(AlertMatter)) {
    for room in clinic.rooms_at(site.id) {
        if room.retired || !room.has_overhead() {
            continue;
        }
        let lapses = room.inspection.map(Inspection::lapses);
        if lapses.is_none_or(|lapses| lapses <= warned) {
            add(AlertMatter::Inspection {
                room: room.id,
                lapses,
            });
        }
    }
}

fn expiries(
    clinic: &Clinic,
    site: &Site,
    sites: &[&Site],
    today: Date,
    warned: Date,
    add: &mut impl FnMut(AlertMatter),
) {
    for therapist in clinic.therapists_at(site.id).filter(|it| !it.retired) {
        let expiry = |last: Option<Date>, needed: &dyn Fn(&Service) -> bool| {
            let last = last.filter(|&last| last <= warned)?;
            Some(Expiry {
                last,
                expired: last < today,
                beyond: beyond(clinic, therapist.id, sites, last, needed),
            })
        };
        for credential in &therapist.credentials {
            let kind = credential.kind;
            let needed = |service: &Service| service.credentials.contains(&kind);
            if let Some(expiry) = expiry(credential.expires, &needed) {
                add(AlertMatter::Credential {
                    therapist: therapist.id,
                    kind,
                    expiry,
                });
            }
        }
        let registered = therapist.registration.as_ref();
        if let Some(expiry) = expiry(registered.and_then(|it| it.expires), &|_| true) {
            add(AlertMatter::Registration {
                therapist: therapist.id,
                expiry,
            });
        }
    }
}

/// How many of a therapist's appointments at some sites that are still to come lie after a date, each by its own
/// site's calendar.
fn beyond(
    clinic: &Clinic,
    therapist: TherapistId,
    sites: &[&Site],
    last: Date,
    needed: &dyn Fn(&Service) -> bool,
) -> u32 {
    // The next date begins nowhere as early as this.
    let from = last.to_zoned(TimeZone::UTC).map(|day| day.timestamp());
    let from = from.map_or(Cell::MIN, Cell::containing);
    let all = Interval::new(from, Cell::MAX).into_iter();
    let agenda = all.flat_map(|time| clinic.therapist_agenda(therapist, time));
    let lies_beyond = |appointment: &&Arc<Appointment>| {
        let slot = &appointment.slot;
        let site = sites.iter().find(|site| site.id == slot.site);
        appointment.is_ahead()
            && site.is_some_and(|site| last < site.zone.date(slot.start()))
            && clinic.service(slot.service).is_some_and(|it| needed(it))
    };
    let appointments = agenda.filter_map(|entry| match entry.by {
        Occupant::Appointment(id) => clinic.appointment(id),
        Occupant::Hold(_) => None,
    });
    let count = appointments.filter(lies_beyond).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
