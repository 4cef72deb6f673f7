//! What became of those who waited for a place.

use super::{Range, Row, Rows};
use crate::clinic::Clinic;
use crate::model::{PassedOver, Site, WaitState, WaitlistEntry};

/// The entries that were put on the waitlist in a period, and what has become of them by now.
///
/// Somebody who would come to several sites counts at each of them as long as they wait, and once they are
/// booked as such at one and as booked elsewhere at the others; figures of several sites must therefore not
/// be added up. Entries stay when they are done, so that all of them are counted. Of places that were not taken
/// an entry remembers the latest [`crate::limits::WAITLIST_PASSED`], and none from before its wish was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitlistConversion {
    /// All who would come to the site: the sum of the next four.
    pub entries: u32,
    /// Those who got a place at the site.
    pub booked: u32,
    /// Those who got a place at another site.
    pub booked_elsewhere: u32,
    /// Those who do not wait any more.
    pub withdrawn: u32,
    /// Those who still wait, with an offer or without.
    pub waiting: u32,
    /// How long those who got a place at the site had waited for it, all together, in whole minutes of each.
    pub waited_minutes: u64,
    /// Places at the site that were offered and declined.
    pub declined: u32,
    /// Places at the site that were offered and not answered in time.
    pub lapsed: u32,
    /// Places at the site that were offered and given up without an answer.
    pub released: u32,
}

/// Waitlist conversion at a site, by the date on which the entry was made.
pub fn waitlist_conversion(
    clinic: &Clinic,
    site: &Site,
    range: &Range,
) -> Vec<Row<WaitlistConversion>> {
    let mut rows = Rows::of(site.id, *range, WaitlistConversion::default());
    for entry in clinic.waitlist_entries() {
        if entry.wanted.sites.contains(&site.id)
            && let Some(figures) = rows.on(site.zone.local(entry.since).date())
        {
            count(figures, clinic, site, entry);
        }
    }
    rows.rows
}

fn count(figures: &mut WaitlistConversion, clinic: &Clinic, site: &Site, entry: &WaitlistEntry) {
    figures.entries += 1;
    match entry.state {
        WaitState::Waiting | WaitState::Offered(_) => figures.waiting += 1,
        WaitState::Withdrawn { .. } => figures.withdrawn += 1,
        WaitState::Booked { appointment, at } => {
            let booked = clinic.appointment(appointment);
            if booked.is_some_and(|booked| booked.slot.site != site.id) {
                figures.booked_elsewhere += 1;
            } else {
                figures.booked += 1;
                let waited = at.duration_since(entry.since).as_mins();
                figures.waited_minutes += u64::try_from(waited).unwrap_or(0);
            }
        }
    }
    for passed in entry.passed.iter().filter(|it| it.site == site.id) {
        let of_this = match passed.how {
            PassedOver::Declined => &mut figures.declined,
            PassedOver::Lapsed => &mut figures.lapsed,
            PassedOver::Released => &mut figures.released,
        };
        *of_this += 1;
    }
}
