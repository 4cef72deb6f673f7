//! Alerts, in words that say what to do.

use jiff::Timestamp;
use jiff::civil::Date;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::alerts::{Alert, AlertMatter, Expiry};

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
            expiry,
        } => (
            v1::AlertKind::CredentialExpiring,
            therapist.to_string(),
            expires(
                &words.therapist(therapist),
                &values::title(kind.as_str()),
                expiry,
            ),
            RENEW,
        ),
        AlertMatter::Registration { therapist, expiry } => (
            v1::AlertKind::RegistrationExpiring,
            therapist.to_string(),
            expires(&words.therapist(therapist), "Registration", expiry),
            RENEW,
        ),
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
    let (due, overdue, beyond) = due(&alert.matter, today);
    v1::Alert {
        kind: kind.into(),
        site_id: alert.site.to_string(),
        subject_id: subject,
        text,
        action: action.to_owned(),
        due: due.map(|date| date.to_string()).unwrap_or_default(),
        overdue,
        appointments_beyond: i32::try_from(beyond).unwrap_or(i32::MAX),
    }
}

/// By when it is due, whether it is so already, and how many appointments lie beyond that.
fn due(matter: &AlertMatter, today: Date) -> (Option<Date>, bool, u32) {
    match *matter {
        AlertMatter::TurnoverLate { .. } => (None, true, 0),
        AlertMatter::Inspection { lapses, .. } => {
            (lapses, lapses.is_none_or(|date| date <= today), 0)
        }
        AlertMatter::Credential { expiry, .. } | AlertMatter::Registration { expiry, .. } => {
            (Some(expiry.last), expiry.expired, expiry.beyond)
        }
        AlertMatter::StockLow { level, .. } => (None, level == 0, 0),
    }
}

/// What to do about what expires.
const RENEW: &str = "Renew it, then enter the new date.";

/// Until when something is valid, or was, and how many appointments lie beyond that.
fn expires(name: &str, what: &str, expiry: Expiry) -> String {
    let last = expiry.last;
    let text = if expiry.expired {
        format!("{name}: {what} EXPIRED on {last}")
    } else {
        format!("{name}: {what} is valid through {last}")
    };
    match expiry.beyond {
        0 => format!("{text}."),
        1 => format!("{text}; 1 appointment lies after that."),
        count => format!("{text}; {count} appointments lie after that."),
    }
}
