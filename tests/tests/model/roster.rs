//! Weekly templates and time off, told again: plain loops over dates and shifts.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan};
use treadwell_clinic::Command;
use treadwell_clinic::command::{PutAbsence, PutTemplate};
use treadwell_clinic::id::{AbsenceId, ShiftId, TemplateId, TherapistId};
use treadwell_clinic::model::{Absence, DayShift, Record, RecordId, WeekTemplate};

use super::absorb::{Absorb, created};
use super::expect::{Case, Reasons, at};
use super::oracle::{Minute, Oracle, Shift, minute};

/// Time off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Off {
    pub(crate) therapist: TherapistId,
    pub(crate) from: Minute,
    pub(crate) until: Minute,
}

impl Off {
    pub(crate) fn of(absence: &Absence) -> Self {
        Self {
            therapist: absence.therapist,
            from: at(absence.time.start()),
            until: at(absence.time.end()),
        }
    }
}

impl Shift {
    pub(crate) fn of(shift: &treadwell_clinic::model::Shift) -> Self {
        let breaks = shift.breaks.iter();
        Self {
            therapist: shift.therapist,
            site: shift.site,
            from: at(shift.time.start()),
            until: at(shift.time.end()),
            breaks: breaks.map(|it| (at(it.start()), at(it.end()))).collect(),
            template: shift.template,
        }
    }

    fn clashes_with(&self, other: &Self) -> bool {
        self.therapist == other.therapist && self.from < other.until && other.from < self.until
    }

    /// What stands between this shift and another one, when the way between two sites takes so long.
    pub(crate) fn against(&self, other: &Self, travel: i64) -> Option<&'static str> {
        if self.clashes_with(other) {
            return Some("SHIFT_OVERLAPS");
        }
        let between = (self.from - other.until).max(other.from - self.until);
        let elsewhere = self.site != other.site && self.therapist == other.therapist;
        (elsewhere && between < travel).then_some("SHIFT_TOO_NEAR")
    }
}

/// The Monday of a date's week.
fn monday(mut date: Date) -> Date {
    while date.weekday() != Weekday::Monday {
        date = date.yesterday().expect("in range");
    }
    date
}

impl Oracle {
    pub(crate) fn is_off(&self, who: TherapistId, at: Minute) -> bool {
        let mut off = self.off.values();
        off.any(|it| it.therapist == who && it.from <= at && at < it.until)
    }

    /// The last date for which templates have shifts.
    fn reach(&self, now: Timestamp) -> Date {
        self.date(minute(now)) + i64::from(self.policy.horizon_days).days()
    }

    /// The templates that have shifts to make.
    pub(crate) fn to_roll(&self, now: Timestamp) -> impl Iterator<Item = TemplateId> {
        let reach = self.reach(now);
        let open = self.weeks.values().filter(move |week| {
            let therapist = &self.therapists[&week.therapist];
            let ended = week.last.is_some_and(|last| last <= week.made_until);
            !ended
                && !therapist.retired
                && therapist.sites.contains(&week.site)
                && week.made_until < reach
        });
        open.map(|week| week.id)
    }

    /// What a template says of the dates from `from` to `until`.
    fn planned(&self, week: &WeekTemplate, from: Date, until: Date) -> Vec<Shift> {
        let clock = |date: Date, time: Time| {
            let local = date.to_datetime(time).to_zoned(self.zone.clone());
            minute(local.expect("in range").timestamp())
        };
        let mut planned = Vec::new();
        let mut date = from.max(week.first);
        while date <= until && week.last.is_none_or(|last| date <= last) {
            let apart = (monday(date) - monday(week.first)).get_days() / 7;
            let day = usize::try_from((date - monday(date)).get_days()).expect("a weekday");
            if apart % i32::from(week.every_weeks) == 0 && !week.except.contains(&date) {
                planned.extend(week.days[day].iter().map(|shift| Shift {
                    therapist: week.therapist,
                    site: week.site,
                    from: clock(date, shift.from),
                    until: clock(date, shift.until),
                    breaks: Vec::new(),
                    template: Some(week.id),
                }));
            }
            date = date.tomorrow().expect("in range");
        }
        planned
    }

    /// What stands against a shift beside those that do not go.
    pub(crate) fn in_the_way(
        &self,
        shift: &Shift,
        goes: impl Fn(ShiftId) -> bool,
    ) -> Option<&'static str> {
        let travel = i64::from(self.policy.travel.get());
        let stay = self.shifts.iter().filter(|(id, _)| !goes(**id));
        let mut against = stay.filter_map(|(_, it)| shift.against(it, travel));
        let first = against.next()?;
        // An overlap comes first.
        Some(against.find(|it| *it == "SHIFT_OVERLAPS").unwrap_or(first))
    }

    /// A shift is changed or removed by a person: its template leaves the date alone from now on.
    pub(crate) fn except(&mut self, shift: ShiftId) {
        let Some(shift) = self.shifts.get(&shift) else {
            return;
        };
        let date = self.date(shift.from);
        if let Some(week) = shift.template.and_then(|id| self.weeks.get_mut(&id)) {
            week.except.insert(date);
        }
    }

    /// The shifts that a template makes when it is written: none at the time of one of its own that is running.
    fn written_shifts(&self, week: &WeekTemplate, now: Timestamp) -> Vec<Shift> {
        let present = minute(now).div_euclid(5) * 5;
        let mut planned = self.planned(week, self.date(minute(now)), week.made_until);
        planned.retain(|it| {
            let mut own = self
                .shifts
                .values()
                .filter(|it| it.template == Some(week.id));
            let running =
                own.any(|own| own.from < present && present < own.until && own.clashes_with(it));
            present <= it.from && !running
        });
        planned
    }

    /// The shifts of a template that begin at `from` or later.
    fn coming(&self, week: TemplateId, from: Minute) -> Vec<(ShiftId, Shift)> {
        let own = self
            .shifts
            .iter()
            .filter(|(_, it)| it.template == Some(week));
        let coming = own.filter(|(_, it)| from <= it.from);
        coming.map(|(id, it)| (*id, it.clone())).collect()
    }
}

/// What of a template is written by a person.
fn written(
    put: &PutTemplate,
    id: TemplateId,
    before: Option<&WeekTemplate>,
    reach: Date,
) -> WeekTemplate {
    WeekTemplate {
        id,
        therapist: put.therapist,
        site: put.site,
        first: put.first,
        last: put.last,
        every_weeks: put.every_weeks,
        days: put.days.clone(),
        except: before.map(|it| it.except.clone()).unwrap_or_default(),
        made_until: before.map_or(reach, |it| it.made_until.max(reach)),
    }
}

impl Case<'_> {
    fn present(&self) -> Minute {
        minute(self.now).div_euclid(5) * 5
    }

    pub(crate) fn known_week(&self, id: TemplateId, etag: Option<u64>) -> Reasons {
        let Some(week) = self.oracle.weeks.get(&id) else {
            return vec!["NOT_FOUND"];
        };
        let mut reasons = self.finds(week.site);
        reasons.extend(etag.map(|_| "STALE"));
        reasons
    }

    pub(crate) fn put_week(&self, put: &PutTemplate) -> Reasons {
        let ordered = put.last.is_none_or(|last| put.first <= last);
        let any = put.days.iter().any(|day| !day.is_empty());
        let hours = |shift: &DayShift| shift.from < shift.until;
        let sound = put.days.iter().flatten().all(hours);
        let mut reasons = Self::invalid(ordered && any && sound);
        let mut before = None;
        if let Some(id) = put.template {
            let known = self.known_week(id, put.etag);
            if known.contains(&"NOT_FOUND") {
                reasons.extend(known);
                return reasons;
            }
            // Only who knows it, and may change it, is told from when on.
            before = self.oracle.weeks.get(&id).filter(|_| known.is_empty());
            reasons.extend(known);
        }
        reasons.extend(self.reach(put.site));
        let known = self.oracle.sites.contains_key(&put.site);
        match self.oracle.therapists.get(&put.therapist) {
            Some(it) if known && !it.sites.contains(&put.site) => {
                reasons.push("THERAPIST_OF_ANOTHER_SITE");
            }
            Some(_) if known => {}
            _ => reasons.push("NOT_FOUND"),
        }
        if let Some(before) = before {
            let in_reach = put.first <= before.made_until || put.first <= before.first;
            reasons.extend(Self::invalid(in_reach));
        }
        reasons
    }

    /// Where the therapist works, everywhere of it.
    fn reach_all(&self, who: TherapistId) -> Reasons {
        match self.oracle.therapists.get(&who) {
            Some(it) => it.sites.iter().flat_map(|&site| self.reach(site)).collect(),
            None => vec!["NOT_FOUND"],
        }
    }

    pub(crate) fn known_off(&self, id: AbsenceId, etag: Option<u64>) -> Reasons {
        let Some(off) = self.oracle.off.get(&id) else {
            return vec!["NOT_FOUND"];
        };
        let sites = self.oracle.therapists.get(&off.therapist);
        let mut sites = sites.into_iter().flat_map(|it| &it.sites);
        if !sites.any(|&site| self.actor.sites.allow(site)) {
            return vec!["NOT_FOUND"];
        }
        let mut reasons = self.reach_all(off.therapist);
        reasons.extend(etag.map(|_| "STALE"));
        reasons
    }

    pub(crate) fn put_off(&self, put: &PutAbsence) -> Reasons {
        let off = Off {
            therapist: put.therapist,
            from: at(put.time.start()),
            until: at(put.time.end()),
        };
        let mut reasons = Self::invalid(off.until - off.from <= 400 * 24 * 60);
        if let Some(id) = put.absence {
            let known = self.known_off(id, put.etag);
            let is_found = !known.contains(&"NOT_FOUND");
            reasons.extend(known);
            if !is_found {
                return reasons;
            }
        }
        reasons.extend(self.reach_all(put.therapist));
        if off.until - 5 < self.present() {
            reasons.push("PAST");
        }
        reasons.extend(self.off_twice(put.absence, &off));
        reasons
    }

    /// Whether somebody would have time off twice at once.
    pub(crate) fn off_twice(&self, own: Option<AbsenceId>, off: &Off) -> Option<&'static str> {
        let mut others = self.oracle.off.iter().filter(|(id, _)| Some(**id) != own);
        others
            .any(|(_, it)| {
                it.therapist == off.therapist && it.from < off.until && off.from < it.until
            })
            .then_some("ABSENCE_OVERLAPS")
    }
}

impl Absorb<'_> {
    pub(crate) fn roster(&mut self, command: &Command) {
        match command {
            Command::PutTemplate(put) => self.put_week(put),
            Command::RemoveTemplate { template, .. } => {
                self.oracle.weeks.remove(template);
                for (id, _) in self.oracle.coming(*template, self.present()) {
                    self.oracle.shifts.remove(&id);
                }
            }
            Command::PutAbsence(put) => {
                let id = put.absence.unwrap_or_else(|| self.new_off());
                let off = Off {
                    therapist: put.therapist,
                    from: at(put.time.start()),
                    until: at(put.time.end()),
                };
                self.oracle.off.insert(id, off);
            }
            Command::RemoveAbsence { absence, .. } => {
                self.oracle.off.remove(absence);
            }
            _ => self.roll(),
        }
    }

    fn present(&self) -> Minute {
        minute(self.now).div_euclid(5) * 5
    }

    fn put_week(&mut self, put: &PutTemplate) {
        let id = put.template.unwrap_or_else(|| self.new_week());
        let reach = self.oracle.reach(self.now);
        let week = written(put, id, self.oracle.weeks.get(&id), reach);
        let mut old = self.oracle.coming(id, self.present());
        let planned = self.oracle.written_shifts(&week, self.now);
        old.retain(|(_, it)| {
            let date = self.oracle.date(it.from);
            week.first <= date && !week.except.contains(&date)
        });
        for (id, _) in &old {
            self.oracle.shifts.remove(id);
        }
        for shift in planned {
            let same = |(_, it): &(ShiftId, Shift)| {
                self.oracle.date(it.from) == self.oracle.date(shift.from)
            };
            let before = old.iter().position(same);
            let stays = before.is_some_and(|at| old[at].1 == shift);
            if !stays && self.oracle.in_the_way(&shift, |_| false).is_some() {
                continue;
            }
            let id = match before {
                Some(before) => old.remove(before).0,
                None => self.id_of(&shift),
            };
            self.oracle.shifts.insert(id, shift);
        }
        self.oracle.weeks.insert(id, week);
    }

    fn new_week(&self) -> TemplateId {
        match created(self.decision, |it| matches!(it, Record::WeekTemplate(_))).id() {
            RecordId::WeekTemplate(id) => id,
            other => unreachable!("{other:?} was not asked for"),
        }
    }

    fn new_off(&self) -> AbsenceId {
        match created(self.decision, |it| matches!(it, Record::Absence(_))).id() {
            RecordId::Absence(id) => id,
            other => unreachable!("{other:?} was not asked for"),
        }
    }

    /// The id that a new shift was given.
    fn id_of(&self, shift: &Shift) -> ShiftId {
        let new = self
            .decision
            .changes
            .iter()
            .filter(|it| it.before().is_none());
        let mut new = new.filter_map(|it| it.after());
        new.find_map(|record| match record {
            Record::Shift(it) => (Shift::of(it) == *shift).then_some(it.id),
            _ => None,
        })
        .expect("the template has a shift there")
    }

    fn roll(&mut self) {
        let reach = self.oracle.reach(self.now);
        let today = self.oracle.date(minute(self.now));
        let due: Vec<TemplateId> = self.oracle.to_roll(self.now).collect();
        for id in due {
            let week = self.oracle.weeks[&id].clone();
            let from = week.made_until.tomorrow().expect("in range").max(today);
            for shift in self.oracle.planned(&week, from, reach) {
                if self.oracle.in_the_way(&shift, |_| false).is_none() {
                    self.oracle.shifts.insert(self.id_of(&shift), shift);
                }
            }
            let week = self.oracle.weeks.get_mut(&id).expect("it is there");
            week.made_until = reach;
        }
    }
}
