//! Who works where, week by week, and the shifts that this makes.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use treadwell_clinic::command::PutShift;
use treadwell_clinic::id::{SiteId, TherapistId};
use treadwell_clinic::model::Site;
use treadwell_clinic::time::{Cell, next_day};

/// A weekly roster. Only its shifts are kept by the clinic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// For how many weeks shifts are made.
    pub weeks: u16,
    /// Who works on which days of the week.
    pub patterns: Vec<Pattern>,
}

/// One therapist at one site on some days of every week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Who.
    pub therapist: TherapistId,
    /// Where.
    pub site: SiteId,
    /// On which days.
    pub days: Vec<Weekday>,
    /// From when until when, on the site's clock; midnight ends the day.
    pub hours: (Time, Time),
    /// Breaks within these hours, in order.
    pub breaks: Vec<(Time, Time)>,
}

impl Roster {
    /// The shifts from the local day of `now` on, for the roster's weeks, without those that are over
    /// at `now`. There are none on days on which a site is closed.
    pub fn shifts(&self, sites: &[Site], now: Timestamp) -> Vec<PutShift> {
        let mut shifts = Vec::new();
        for pattern in &self.patterns {
            let Some(site) = sites.iter().find(|site| site.id == pattern.site) else {
                continue;
            };
            let mut date = site.zone.local(now).date();
            for _ in 0..u32::from(self.weeks) * 7 {
                let closed = site.closures.iter().any(|closure| closure.covers(date));
                if !closed && pattern.days.contains(&date.weekday()) {
                    shifts.extend(pattern.shift(site, date));
                }
                date = next_day(date);
            }
        }
        let past = Cell::containing(now);
        shifts.retain(|shift| past < shift.time.end());
        shifts
    }
}

impl Pattern {
    /// The shift on one date; none where daylight saving leaves nothing of it.
    fn shift(&self, site: &Site, date: Date) -> Option<PutShift> {
        let (from, until) = self.hours;
        let breaks = self
            .breaks
            .iter()
            .filter_map(|&(from, until)| site.zone.between(date, from, until))
            .collect();
        Some(PutShift {
            shift: None,
            therapist: self.therapist,
            site: self.site,
            time: site.zone.between(date, from, until)?,
            breaks,
            etag: None,
        })
    }
}
