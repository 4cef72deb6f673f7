//! How long a client's records are kept.
//!
//! The clinic's own rule (`docs/rules`, "People and access"): until 10 years after the last visit or after the 18th birthday,
//! whichever is later. Both figures are the policy's. What is not known is taken as what keeps the records longest.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::clinic::Clinic;
use crate::id::{ClientId, SiteId};
use crate::model::{Policy, State};

#[cfg(test)]
mod tests;

/// Until when a client's records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The local date on which the client's last session was over; none when there never was one.
    pub last_visit: Option<Date>,
    /// The last local date on which the records have to be kept; none when nothing dated is on file, not even when the client
    /// came, and then they are kept.
    pub kept_until: Option<Date>,
}

impl Retention {
    /// Whether the records need not be kept any more on a local date.
    pub fn has_ended(&self, today: Date) -> bool {
        self.kept_until.is_some_and(|until| until < today)
    }
}

/// The last date on which the records of somebody have to be kept.
///
/// `born` is the birth date where it is known; whoever it is not known of may have been born on `first`, the first date
/// on which they are on file. `last` is the date of the last visit.
pub fn kept_until(policy: &Policy, born: Option<Date>, first: Date, last: Date) -> Date {
    let of_age = years_after(born.unwrap_or(first), policy.retention_age);
    years_after(last.max(of_age), policy.retention_years)
}

/// The same date so many years later. 29 February becomes 1 March where there is none: the later date is the safe one.
fn years_after(date: Date, years: u16) -> Date {
    let later = date.saturating_add(Span::new().years(years));
    if later.day() == date.day() {
        later
    } else {
        crate::time::next_day(later)
    }
}

/// Until when the records of a client are kept, by what is on file. For somebody who never had a session the last date
/// on which they are on file at all takes its place.
pub fn of(clinic: &Clinic, client: ClientId) -> Retention {
    let mut on_file: Option<(Date, Date)> = None;
    let mut seen = |date: Date| {
        let (first, last) = on_file.unwrap_or((date, date));
        on_file = Some((first.min(date), last.max(date)));
    };
    let mut last_visit: Option<Date> = None;
    let known = clinic.client(client);
    if let Some(since) = known.and_then(|client| client.since) {
        seen(local(clinic, None, since));
    }
    for appointment in clinic.appointments_of(client) {
        let slot = &appointment.slot;
        seen(local(clinic, Some(slot.site), appointment.booked_at));
        seen(local(clinic, Some(slot.site), slot.start().timestamp()));
        if let State::Completed(session) = &appointment.state {
            let over = local(clinic, Some(slot.site), session.finished);
            last_visit = last_visit.max(Some(over));
        }
    }
    for declaration in clinic.declarations_of(client) {
        seen(local(clinic, None, declaration.at));
    }
    for entry in clinic.wishes_of(client) {
        seen(local(clinic, None, entry.since));
    }
    let born = known.and_then(|client| client.born);
    let until = on_file
        .map(|(first, last)| kept_until(clinic.policy(), born, first, last_visit.unwrap_or(last)));
    Retention {
        last_visit,
        kept_until: until,
    }
}

/// Today's local date; where sites have different ones, the earliest.
pub fn today(clinic: &Clinic, now: Timestamp) -> Date {
    let dates = clinic.sites().map(|site| site.zone.local(now).date());
    dates.min().unwrap_or_else(|| utc(now))
}

/// The local date of an instant at a site, or at the first one for what is no site's.
fn local(clinic: &Clinic, site: Option<SiteId>, at: Timestamp) -> Date {
    let site = site.and_then(|id| clinic.site(id));
    let site = site.or_else(|| clinic.sites().next());
    site.map_or_else(|| utc(at), |site| site.zone.local(at).date())
}

fn utc(at: Timestamp) -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(at).date()
}
