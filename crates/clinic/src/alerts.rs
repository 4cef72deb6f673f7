//! What needs a person soon, beyond what the board shows: stock, inspections, credentials, turnovers.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::clinic::Clinic;
use crate::id::{AppointmentId, CredentialId, RoomId, SiteId, StockItemId, TherapistId};
use crate::model::{Inspection, Site};

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
    /// A therapist's credential is to be renewed.
    Credential {
        /// The therapist.
        therapist: TherapistId,
        /// The kind of credential.
        kind: CredentialId,
        /// The last date on which it is valid.
        expires: Date,
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

impl AlertMatter {
    /// Where it stands in the order of urgency: the kind, then the date by which it is due.
    const fn order(&self) -> (u8, Option<Date>) {
        match self {
            Self::TurnoverLate { .. } => (0, None),
            Self::Inspection { lapses, .. } => (1, *lapses),
            Self::Credential { expires, .. } => (2, Some(*expires)),
            Self::StockLow { .. } => (3, None),
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
    for site in sites {
        let today = site.zone.local(now).date();
        let warned = today.saturating_add(i64::from(clinic.policy().warning_days).days());
        let mut add = |matter| {
            // Everything else belongs to one site.
            let is_of_others = matches!(matter, AlertMatter::Credential { .. });
            if !(is_of_others && all.iter().any(|told| told.matter == matter)) {
                let site = site.id;
                all.push(Alert { site, matter });
            }
        };
        turnovers(clinic, site, now, &mut add);
        inspections(clinic, site, warned, &mut add);
        credentials(clinic, site, warned, &mut add);
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

fn credentials(clinic: &Clinic, site: &Site, warned: Date, add: &mut impl FnMut(AlertMatter)) {
    for therapist in clinic.therapists_at(site.id).filter(|it| !it.retired) {
        for credential in &therapist.credentials {
            if let Some(expires) = credential.expires.filter(|&last| last <= warned) {
                add(AlertMatter::Credential {
                    therapist: therapist.id,
                    kind: credential.kind,
                    expires,
                });
            }
        }
    }
}
