//! What stands between two shifts of one therapist: no two at once, and time to get from one site to the
//! other.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::id::ShiftId;
use crate::limits;
use crate::model::{Shift, WeekTemplate};
use crate::time::{Cell, Interval, Minutes};

/// A shift in the way of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The shift that is there.
    pub shift: ShiftId,
    /// The way between the two sites, when that is what there is no time for; none when the two overlap.
    pub travel: Option<Minutes>,
}

/// What is in the way of a shift: another one of the therapist's at the same time, or else one at another
/// site that is nearer than the way there takes. One that `goes` is not, one that is `planned` is.
pub(crate) fn in_the_way(
    clinic: &Clinic,
    shift: &Shift,
    goes: impl Fn(ShiftId) -> bool,
    planned: &[Shift],
) -> Option<InTheWay> {
    let time = shift.time;
    let gap = |other: &Shift| clinic.policy().travel_gap(shift.site, other.site);
    let near = |other: &&Shift| {
        let gap = gap(other);
        other.time.start() < time.end().plus(gap) && time.start() < other.time.end().plus(gap)
    };
    // No shift and no way is longer than its limit, so that none which began earlier can reach this one.
    let first = time.start().minus(limits::SHIFT).minus(limits::TRAVEL);
    let span = Interval::new(first, time.end().plus(limits::TRAVEL)).unwrap_or(time);
    let there = clinic.shifts_of(shift.therapist, span).map(AsRef::as_ref);
    let there = there.filter(|other| !goes(other.id)).chain(planned);
    let theirs = |other: &&Shift| other.therapist == shift.therapist && other.id != shift.id;
    let mut found: Vec<_> = there.filter(theirs).filter(near).collect();
    found.sort_by_key(|other| !other.time.overlaps(time));
    found.first().map(|other| InTheWay {
        shift: other.id,
        travel: (!other.time.overlaps(time)).then(|| gap(other)),
    })
}

/// A shift that a weekly template would have and has not, because another one is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The local date.
    pub date: Date,
    /// What is in the way.
    pub by: InTheWay,
}

/// The coming shifts that a weekly template has not, because of others, by date.
pub fn left_out(clinic: &Clinic, template: &WeekTemplate, now: Timestamp) -> Vec<LeftOut> {
    let Some(site) = clinic.site(template.site) else {
        return Vec::new();
    };
    let now = Cell::containing(now);
    let made: Vec<Interval> = clinic
        .shifts_made_by(template, now)
        .map(|it| it.time)
        .collect();
    let mut planned = template.shifts(&site.zone, site.zone.date(now), template.made_until);
    planned.retain(|it| now <= it.time.start() && !made.contains(&it.time));
    let by = |shift: Shift| in_the_way(clinic, &shift, |_| false, &[]);
    // What its own shift of today is still in the way of is made by nobody else.
    let others = |by: &InTheWay| {
        let shift = clinic.shift(by.shift);
        shift.is_some_and(|it| it.template != Some(template.id))
    };
    let left_out = planned.into_iter().filter_map(|planned| {
        let date = planned.date;
        let by = by(template.shift(ShiftId::new(0), planned)).filter(others)?;
        Some(LeftOut { date, by })
    });
    left_out.collect()
}
