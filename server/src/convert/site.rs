//! Sites.

use jiff::civil::{Time, Weekday};
use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Closure, Opening, Site, WeekHours};
use treadwell_clinic::time::Zone;

use super::fields::Fields;
use super::values;

/// The days of a week in the API's order.
pub(super) const WEEK: [(v1::Weekday, Weekday); 7] = [
    (v1::Weekday::Monday, Weekday::Monday),
    (v1::Weekday::Tuesday, Weekday::Tuesday),
    (v1::Weekday::Wednesday, Weekday::Wednesday),
    (v1::Weekday::Thursday, Weekday::Thursday),
    (v1::Weekday::Friday, Weekday::Friday),
    (v1::Weekday::Saturday, Weekday::Saturday),
    (v1::Weekday::Sunday, Weekday::Sunday),
];

/// Reads a site.
pub fn read(site: &v1::Site, f: &mut Fields<'_>) -> Option<Site> {
    let id = f.id("id", &site.id);
    let name = f.text("name", &site.name, 1..=limits::NAME_CHARS);
    let address = f.text("address", &site.address, 0..=limits::ADDRESS_CHARS);
    let phone = f.text("phone", &site.phone, 0..=limits::PHONE_CHARS);
    let zone = match Zone::named(&site.time_zone) {
        Some(zone) => Some(zone),
        None => f.wrong(
            "time_zone",
            "the name of an IANA time zone such as America/Halifax",
        ),
    };
    let hours = read_hours(&site.opening_hours, f);
    let closures = read_closures(&site.closures, f);
    Some(Site {
        id: id?,
        name: name?,
        address: address?,
        phone: phone?,
        zone: zone?,
        hours: hours?,
        closures: closures?,
    })
}

fn read_hours(hours: &[v1::OpeningHours], f: &mut Fields<'_>) -> Option<WeekHours> {
    f.count(
        "opening_hours",
        hours.len(),
        0..=7 * limits::OPENINGS_PER_DAY,
    )?;
    let mut days: [Vec<Opening>; 7] = Default::default();
    let mut good = true;
    for (at, entry) in hours.iter().enumerate() {
        let mut f = f.item("opening_hours", at);
        let day = f.choice("weekday", entry.weekday, day_index);
        let opening = f
            .required("hours", entry.hours.as_ref())
            .and_then(|range| read_opening(range, &mut f.inside("hours")));
        match (day, opening) {
            (Some(day), Some(opening)) => days[day].push(opening),
            _ => good = false,
        }
    }
    let mut week = WeekHours::default();
    for ((_, day), mut openings) in WEEK.into_iter().zip(days) {
        openings.sort_by_key(|opening| opening.opens);
        let apart = openings
            .windows(2)
            .all(|pair| pair[0].closes != Time::midnight() && pair[0].closes <= pair[1].opens);
        if !apart {
            f.wrong::<()>("opening_hours", format!("the hours of a {day:?} overlap"));
            good = false;
        }
        if openings.len() > limits::OPENINGS_PER_DAY {
            f.wrong::<()>(
                "opening_hours",
                format!("at most {} for a {day:?}", limits::OPENINGS_PER_DAY),
            );
            good = false;
        }
        week.set(day, openings);
    }
    good.then_some(week)
}

fn read_opening(range: &v1::TimeRange, f: &mut Fields<'_>) -> Option<Opening> {
    let (opens, closes) = read_range(range, f)?;
    Some(Opening { opens, closes })
}

/// Reads a span within one local day; midnight at its end is the end of the day.
pub(super) fn read_range(range: &v1::TimeRange, f: &mut Fields<'_>) -> Option<(Time, Time)> {
    let from = f.time("start", range.start.as_ref(), false);
    let until = f.time("end", range.end.as_ref(), true);
    let (from, until) = (from?, until?);
    if until != Time::midnight() && until <= from {
        return f.wrong(
            "end",
            "later than the start, on the same day; 24:00 is the end of the day",
        );
    }
    Some((from, until))
}

/// Where a day stands in the week, from Monday on.
pub(super) fn day_index(day: v1::Weekday) -> Option<usize> {
    WEEK.iter().position(|&(shown, _)| shown == day)
}

fn read_closures(closures: &[v1::Closure], f: &mut Fields<'_>) -> Option<Vec<Closure>> {
    f.count("closures", closures.len(), 0..=limits::CLOSURES)?;
    let mut read = Vec::with_capacity(closures.len());
    for (at, closure) in closures.iter().enumerate() {
        let mut f = f.item("closures", at);
        let first = f.date("first", closure.first.as_ref());
        let last = f.date("last", closure.last.as_ref());
        let reason = f.text("reason", &closure.reason, 0..=limits::REASON_CHARS);
        let (Some(first), Some(last), Some(reason)) = (first, last, reason) else {
            continue;
        };
        if last < first {
            f.wrong::<()>("last", "on or after the first day");
            continue;
        }
        read.push(Closure {
            first,
            last,
            reason,
        });
    }
    (read.len() == closures.len()).then_some(read)
}

/// Shows a site.
pub fn show(site: &Site, revision: Revision) -> v1::Site {
    let mut opening_hours = Vec::new();
    for (shown, day) in WEEK {
        for opening in site.hours.on(day) {
            opening_hours.push(v1::OpeningHours {
                weekday: shown.into(),
                hours: Some(values::range(opening.opens, opening.closes)),
            });
        }
    }
    v1::Site {
        id: site.id.to_string(),
        name: site.name.clone(),
        address: site.address.clone(),
        phone: site.phone.clone(),
        time_zone: site.zone.name().to_owned(),
        opening_hours,
        closures: site
            .closures
            .iter()
            .map(|closure| v1::Closure {
                first: Some(values::date(closure.first)),
                last: Some(values::date(closure.last)),
                reason: closure.reason.clone(),
            })
            .collect(),
        etag: values::etag(revision),
    }
}
