//! Alerts, in words that say what to do.

use jiff::Timestamp;
use jiff::civil::Date;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::alerts::{Alert, AlertMatter};

use super::values;
use super::words::Words;

/// Shows an alert as it is at `now`.
pub fn show(alert: &Alert, clinic: &Clinic, now: Timestamp) -> v1::Alert {
    let words = Words(clinic);
    let site = clinic.site(alert.site);
    let today = site.map_or(Date::MIN, |site| site.zone.local(now).date());
    let (kind, subject, text, action) = match alert.matter {
        AlertMatter::TurnoverLate { room, due, .. } => {
            let late = now.duration_since(due).as_mins();
            (
                v1::AlertKind::TurnoverLate,
                room.to_string(),
                format!("{}: turnover late by {late} min.", words.room(room)),
                "Finish the room's checklist.",
            )
        }
        AlertMatter::Inspection { room, lapses } => {
            let name = words.room(room);
            let text = match lapses {
                None => format!("{name}: overhead support was never inspected."),
                Some(date) if date <= today => format!("{name}: inspection lapsed on {date}."),
                Some(date) => format!("{name}: next inspection due by {date}."),
            };
            let action = "Have it inspected and record what was found.";
            (v1::AlertKind::InspectionDue, room.to_string(), text, action)
        }
        AlertMatter::Credential {
            therapist,
            kind,
            expires,
        } => {
            let name = words.therapist(therapist);
            let kind = values::title(kind.as_str());
            let text = if expires < today {
                format!("{name}: {kind} expired on {expires}.")
            } else {
                format!("{name}: {kind} is valid through {expires}.")
            };
            (
                v1::AlertKind::CredentialExpiring,
                therapist.to_string(),
                text,
                "Renew it, then enter the new date.",
            )
        }
        AlertMatter::StockLow { item, level, par } => {
            let kept = clinic.stock_item(alert.site, item);
            let name = words.stock_item(alert.site, item);
            let unit = kept.map_or("", |kept| kept.unit.as_str());
            (
                v1::AlertKind::StockLow,
                item.to_string(),
                format!("{name}: {level} of {par} {unit} left."),
                "Order more, or send some from another site.",
            )
        }
    };
    let (due, overdue) = match alert.matter {
        AlertMatter::TurnoverLate { .. } => (None, true),
        AlertMatter::Inspection { lapses, .. } => (lapses, lapses.is_none_or(|date| date <= today)),
        AlertMatter::Credential { expires, .. } => (Some(expires), expires < today),
        AlertMatter::StockLow { level, .. } => (None, level == 0),
    };
    v1::Alert {
        kind: kind.into(),
        site_id: alert.site.to_string(),
        subject_id: subject,
        text,
        action: action.to_owned(),
        due: due.map(|date| date.to_string()).unwrap_or_default(),
        overdue,
    }
}
