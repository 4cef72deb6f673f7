//! What a manager edits: policy, sites, rooms, rule sets and services.

use jiff::civil::{Time, Weekday};
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{
    ChecklistItem, Closure, Effect, EquipmentSet, Extension, Guide, Inspection, Mark, Modality,
    Opening, Policy, Room, Rule, RuleSet, RuleSetVersion, Service, Site, TravelGap, WeekHours,
    Window,
};
use treadwell_clinic::time::{Minutes, Zone};

use super::value::{
    date, date_form, equipment, equipment_forms, forms, id, ids, instant_form, instant_or_none,
    list, minutes, part, small, texts,
};
use super::{Bad, Stored};

impl Stored for Policy {
    type Form = stored::Policy;

    fn form(&self) -> stored::Policy {
        stored::Policy {
            grid_minutes: Some(self.grid.get().into()),
            hold_minutes: Some(self.hold_minutes.into()),
            holds_per_key: Some(self.holds_per_key.into()),
            cancel_notice_hours: Some(self.cancel_notice_hours.into()),
            declaration_months: Some(self.declaration_months.into()),
            travel_minutes: Some(self.travel.get().into()),
            travel_between: forms(&self.travel_between),
            early_start_minutes: Some(self.early_start_minutes.into()),
            horizon_days: Some(self.horizon_days.into()),
            no_show_after_minutes: Some(self.no_show_after_minutes.into()),
            undo_minutes: Some(self.undo_minutes.into()),
            guide: Some(self.guide.form()),
            late_cancel_fee_cents: Some(self.late_cancel_fee_cents),
            no_show_fee_cents: Some(self.no_show_fee_cents),
            waitlist_offer_minutes: Some(self.waitlist_offer_minutes.into()),
            waitlist_contact_minutes: Some(self.waitlist_contact_minutes.into()),
            waitlist_auto_offer: Some(self.waitlist_auto_offer),
            call_minutes: Some(self.call_minutes.into()),
            warning_days: Some(self.warning_days.into()),
            reconfirm: Some(self.reconfirm),
            credential_warning_days: Some(self.credential_warning_days.into()),
            education_minutes: Some(self.education_minutes),
            education_months: Some(self.education_months.into()),
            retention_years: Some(self.retention_years.into()),
            retention_age: Some(self.retention_age.into()),
        }
    }

    fn read(form: stored::Policy) -> Result<Self, Bad> {
        let shipped = Self::default();
        Ok(Self {
            grid: minutes_or("grid_minutes", form.grid_minutes, shipped.grid)?,
            hold_minutes: small_or("hold_minutes", form.hold_minutes, shipped.hold_minutes)?,
            holds_per_key: small_or("holds_per_key", form.holds_per_key, shipped.holds_per_key)?,
            cancel_notice_hours: small_or(
                "cancel_notice_hours",
                form.cancel_notice_hours,
                shipped.cancel_notice_hours,
            )?,
            declaration_months: small_or(
                "declaration_months",
                form.declaration_months,
                shipped.declaration_months,
            )?,
            travel: minutes_or("travel_minutes", form.travel_minutes, shipped.travel)?,
            travel_between: list(form.travel_between)?,
            early_start_minutes: small_or(
                "early_start_minutes",
                form.early_start_minutes,
                shipped.early_start_minutes,
            )?,
            horizon_days: small_or("horizon_days", form.horizon_days, shipped.horizon_days)?,
            no_show_after_minutes: small_or(
                "no_show_after_minutes",
                form.no_show_after_minutes,
                shipped.no_show_after_minutes,
            )?,
            undo_minutes: small_or("undo_minutes", form.undo_minutes, shipped.undo_minutes)?,
            guide: form.guide.map_or(Ok(shipped.guide), Guide::read)?,
            late_cancel_fee_cents: form
                .late_cancel_fee_cents
                .unwrap_or(shipped.late_cancel_fee_cents),
            no_show_fee_cents: form.no_show_fee_cents.unwrap_or(shipped.no_show_fee_cents),
            waitlist_offer_minutes: small_or(
                "waitlist_offer_minutes",
                form.waitlist_offer_minutes,
                shipped.waitlist_offer_minutes,
            )?,
            waitlist_contact_minutes: small_or(
                "waitlist_contact_minutes",
                form.waitlist_contact_minutes,
                shipped.waitlist_contact_minutes,
            )?,
            waitlist_auto_offer: form
                .waitlist_auto_offer
                .unwrap_or(shipped.waitlist_auto_offer),
            call_minutes: small_or("call_minutes", form.call_minutes, shipped.call_minutes)?,
            warning_days: small_or("warning_days", form.warning_days, shipped.warning_days)?,
            reconfirm: form.reconfirm.unwrap_or(shipped.reconfirm),
            credential_warning_days: small_or(
                "credential_warning_days",
                form.credential_warning_days,
                shipped.credential_warning_days,
            )?,
            education_minutes: form.education_minutes.unwrap_or(shipped.education_minutes),
            education_months: small_or(
                "education_months",
                form.education_months,
                shipped.education_months,
            )?,
            retention_years: small_or(
                "retention_years",
                form.retention_years,
                shipped.retention_years,
            )?,
            retention_age: small_or("retention_age", form.retention_age, shipped.retention_age)?,
        })
    }
}

/// A figure of a policy, or the release's if there was no such figure yet when the policy was stored.
fn small_or(field: &'static str, stored: Option<u32>, shipped: u16) -> Result<u16, Bad> {
    stored.map_or(Ok(shipped), |number| small(field, number))
}

/// As [`small_or`], for a time on the grid.
fn minutes_or(field: &'static str, stored: Option<u32>, shipped: Minutes) -> Result<Minutes, Bad> {
    stored.map_or(Ok(shipped), |number| minutes(field, number))
}

impl Stored for TravelGap {
    type Form = stored::TravelGap;

    fn form(&self) -> stored::TravelGap {
        stored::TravelGap {
            a: self.a.to_string(),
            b: self.b.to_string(),
            minutes: self.minutes.get().into(),
        }
    }

    fn read(form: stored::TravelGap) -> Result<Self, Bad> {
        Ok(Self {
            a: id("travel_between.a", &form.a)?,
            b: id("travel_between.b", &form.b)?,
            minutes: minutes("travel_between.minutes", form.minutes)?,
        })
    }
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

impl Stored for Site {
    type Form = stored::Site;

    fn form(&self) -> stored::Site {
        let hours = (1..).zip(WEEK).flat_map(|(weekday, day)| {
            self.hours
                .on(day)
                .iter()
                .map(move |opening| stored::Opening {
                    weekday,
                    opens: time_form(opening.opens),
                    closes: time_form(opening.closes),
                })
        });
        stored::Site {
            id: self.id.to_string(),
            name: self.name.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
            zone: self.zone.name().to_owned(),
            hours: hours.collect(),
            closures: forms(&self.closures),
        }
    }

    fn read(form: stored::Site) -> Result<Self, Bad> {
        let mut hours = WeekHours::default();
        for (weekday, day) in (1..).zip(WEEK) {
            let openings = form
                .hours
                .iter()
                .filter(|opening| opening.weekday == weekday)
                .map(|opening| {
                    Ok(Opening {
                        opens: time("hours.opens", opening.opens)?,
                        closes: time("hours.closes", opening.closes)?,
                    })
                })
                .collect::<Result<_, Bad>>()?;
            hours.set(day, openings);
        }
        Ok(Self {
            id: id("id", &form.id)?,
            name: form.name,
            address: form.address,
            phone: form.phone,
            zone: Zone::named(&form.zone).ok_or(Bad("zone"))?,
            hours,
            closures: list(form.closures)?,
        })
    }
}

/// Minutes from midnight; opening hours are kept to the minute.
pub(super) fn time_form(time: Time) -> u32 {
    u32::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute()))
        .expect("an hour and a minute are not negative")
}

pub(super) fn time(field: &'static str, number: u32) -> Result<Time, Bad> {
    let hour = i8::try_from(number / 60).map_err(|_| Bad(field))?;
    let minute = i8::try_from(number % 60).map_err(|_| Bad(field))?;
    Time::new(hour, minute, 0, 0).map_err(|_| Bad(field))
}

impl Stored for Closure {
    type Form = stored::Closure;

    fn form(&self) -> stored::Closure {
        stored::Closure {
            first: date_form(self.first),
            last: date_form(self.last),
            reason: self.reason.clone(),
        }
    }

    fn read(form: stored::Closure) -> Result<Self, Bad> {
        Ok(Self {
            first: date("closures.first", form.first)?,
            last: date("closures.last", form.last)?,
            reason: form.reason,
        })
    }
}

impl Stored for Room {
    type Form = stored::Room;

    fn form(&self) -> stored::Room {
        stored::Room {
            id: self.id.to_string(),
            site: self.site.to_string(),
            name: self.name.clone(),
            equipment: equipment_forms(self.equipment),
            turnover_minutes: self.turnover.get().into(),
            inspection: self.inspection.as_ref().map(Stored::form),
            retired: self.retired,
            checklist: forms(&self.checklist),
        }
    }

    fn read(form: stored::Room) -> Result<Self, Bad> {
        Ok(Self {
            id: id("id", &form.id)?,
            site: id("site", &form.site)?,
            name: form.name,
            equipment: equipment("equipment", &form.equipment)?,
            turnover: minutes("turnover_minutes", form.turnover_minutes)?,
            checklist: list(form.checklist)?,
            inspection: form.inspection.map(Stored::read).transpose()?,
            retired: form.retired,
        })
    }
}

impl Stored for Inspection {
    type Form = stored::Inspection;

    fn form(&self) -> stored::Inspection {
        stored::Inspection {
            passed: date_form(self.passed),
            months: self.months.into(),
        }
    }

    fn read(form: stored::Inspection) -> Result<Self, Bad> {
        Ok(Self {
            passed: date("inspection.passed", form.passed)?,
            months: small("inspection.months", form.months)?,
        })
    }
}

impl Stored for RuleSet {
    type Form = stored::RuleSet;

    fn form(&self) -> stored::RuleSet {
        stored::RuleSet {
            id: self.id.to_string(),
            version: self.version,
            rules: forms(&self.rules),
        }
    }

    fn read(form: stored::RuleSet) -> Result<Self, Bad> {
        Ok(Self {
            id: id("id", &form.id)?,
            version: form.version,
            rules: list(form.rules)?,
        })
    }
}

impl Stored for RuleSetVersion {
    type Form = stored::RuleSetVersion;

    fn form(&self) -> stored::RuleSetVersion {
        stored::RuleSetVersion {
            rule_set: Some(self.rule_set.form()),
            by: self.edited.map_or(0, |edit| edit.by.number()),
            at: self.edited.map(|edit| instant_form(edit.at)),
        }
    }

    fn read(form: stored::RuleSetVersion) -> Result<Self, Bad> {
        Ok(Self {
            rule_set: part("rule_set", form.rule_set)?,
            edited: instant_or_none("at", form.at)?.map(|at| Mark {
                by: KeyId::new(form.by),
                at,
            }),
        })
    }
}

impl Stored for Rule {
    type Form = stored::Rule;

    fn form(&self) -> stored::Rule {
        use stored::rule::Effect as Form;
        stored::Rule {
            condition: self.condition.to_string(),
            question: self.question.clone(),
            effect: Some(match self.effect {
                Effect::Review => Form::Review(true),
                Effect::Caution => Form::Caution(true),
                Effect::Exclude(Window::Ever) => Form::Ever(true),
                Effect::Exclude(Window::WhilePresent) => Form::WhilePresent(true),
                Effect::Exclude(Window::Months(n)) => Form::Months(n.into()),
                Effect::Exclude(Window::Weeks(n)) => Form::Weeks(n.into()),
                Effect::Exclude(Window::Hours(n)) => Form::Hours(n.into()),
            }),
        }
    }

    fn read(form: stored::Rule) -> Result<Self, Bad> {
        use stored::rule::Effect as Form;
        const FIELD: &str = "rules.effect";
        Ok(Self {
            condition: id("rules.condition", &form.condition)?,
            question: form.question,
            effect: match form.effect.ok_or(Bad(FIELD))? {
                Form::Review(_) => Effect::Review,
                Form::Caution(_) => Effect::Caution,
                Form::Ever(_) => Effect::Exclude(Window::Ever),
                Form::WhilePresent(_) => Effect::Exclude(Window::WhilePresent),
                Form::Months(n) => Effect::Exclude(Window::Months(small(FIELD, n)?)),
                Form::Weeks(n) => Effect::Exclude(Window::Weeks(small(FIELD, n)?)),
                Form::Hours(n) => Effect::Exclude(Window::Hours(small(FIELD, n)?)),
            },
        })
    }
}

/// How the work is done.
pub(super) const fn modality_form(modality: Modality) -> stored::Modality {
    match modality {
        Modality::Barefoot => stored::Modality::Barefoot,
        Modality::HandsOn => stored::Modality::HandsOn,
        Modality::Foot => stored::Modality::Foot,
        Modality::Combination => stored::Modality::Combination,
    }
}

/// How the work is done, read back.
pub(super) const fn modality_of(form: stored::Modality) -> Result<Modality, Bad> {
    match form {
        stored::Modality::Unspecified => Err(Bad("modality")),
        stored::Modality::Barefoot => Ok(Modality::Barefoot),
        stored::Modality::HandsOn => Ok(Modality::HandsOn),
        stored::Modality::Foot => Ok(Modality::Foot),
        stored::Modality::Combination => Ok(Modality::Combination),
    }
}

impl Stored for Service {
    type Form = stored::Service;

    fn form(&self) -> stored::Service {
        stored::Service {
            id: self.id.to_string(),
            name: self.name.clone(),
            modality: modality_form(self.modality).into(),
            minutes: self.minutes.get().into(),
            turnover_minutes: self.turnover.get().into(),
            reset_minutes: self.reset.get().into(),
            accepts: forms(&self.accepts),
            credentials: texts(&self.credentials),
            rule_set: self.rule_set.to_string(),
            checklist: forms(&self.checklist),
            extensions: forms(&self.extensions),
            consumes: forms(&self.consumes),
            price_cents: self.price_cents,
            retired: self.retired,
        }
    }

    fn read(form: stored::Service) -> Result<Self, Bad> {
        Ok(Self {
            modality: modality_of(form.modality())?,
            id: id("id", &form.id)?,
            name: form.name,
            minutes: minutes("minutes", form.minutes)?,
            turnover: minutes("turnover_minutes", form.turnover_minutes)?,
            reset: minutes("reset_minutes", form.reset_minutes)?,
            accepts: list(form.accepts)?,
            credentials: ids("credentials", &form.credentials)?,
            rule_set: id("rule_set", &form.rule_set)?,
            checklist: list(form.checklist)?,
            extensions: list(form.extensions)?,
            consumes: list(form.consumes)?,
            price_cents: form.price_cents,
            retired: form.retired,
        })
    }
}

impl Stored for EquipmentSet {
    type Form = stored::EquipmentSet;

    fn form(&self) -> stored::EquipmentSet {
        stored::EquipmentSet {
            all_of: equipment_forms(*self),
        }
    }

    fn read(form: stored::EquipmentSet) -> Result<Self, Bad> {
        equipment("accepts", &form.all_of)
    }
}

impl Stored for ChecklistItem {
    type Form = stored::ChecklistItem;

    fn form(&self) -> stored::ChecklistItem {
        stored::ChecklistItem {
            id: self.id.to_string(),
            text: self.text.clone(),
        }
    }

    fn read(form: stored::ChecklistItem) -> Result<Self, Bad> {
        Ok(Self {
            id: id("checklist.id", &form.id)?,
            text: form.text,
        })
    }
}

impl Stored for Extension {
    type Form = stored::Extension;

    fn form(&self) -> stored::Extension {
        stored::Extension {
            id: self.id.to_string(),
            name: self.name.clone(),
            minutes: self.minutes.get().into(),
            price_cents: self.price_cents,
        }
    }

    fn read(form: stored::Extension) -> Result<Self, Bad> {
        Ok(Self {
            id: id("extensions.id", &form.id)?,
            name: form.name,
            minutes: minutes("extensions.minutes", form.minutes)?,
            price_cents: form.price_cents,
        })
    }
}
