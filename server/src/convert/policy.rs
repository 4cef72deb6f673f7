//! The policy, whole and by mask.

use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Policy, Training, TravelGap};

use super::fields::Fields;
use super::values;

/// The fields that an update may name.
pub const MASK: [&str; 25] = [
    "proposal_grid_minutes",
    "hold_minutes",
    "holds_per_key",
    "cancel_notice_hours",
    "declaration_months",
    "horizon_days",
    "early_start_minutes",
    "travel_minutes",
    "travel",
    "no_show_after_minutes",
    "undo_minutes",
    "guide",
    "late_cancel_fee_cents",
    "no_show_fee_cents",
    "waitlist_offer_minutes",
    "waitlist_contact_minutes",
    "waitlist_auto_offer",
    "call_minutes",
    "warning_days",
    "reconfirm",
    "credential_warning_days",
    "education_minutes",
    "education_months",
    "retention_years",
    "retention_age",
];

/// Reads a whole policy.
pub fn read(policy: &v1::Policy, f: &mut Fields<'_>) -> Option<Policy> {
    let grid = f.minutes(
        "proposal_grid_minutes",
        policy.proposal_grid_minutes,
        5..=60,
    );
    if grid.is_some_and(|grid| 60 % grid.get() != 0) {
        f.wrong::<()>("proposal_grid_minutes", "5, 10, 15, 20, 30 or 60");
    }
    let hold_minutes = f.number("hold_minutes", policy.hold_minutes, 1..=1_440);
    let holds_per_key = f.number("holds_per_key", policy.holds_per_key, 1..=1_000);
    let cancel_notice_hours = f.number("cancel_notice_hours", policy.cancel_notice_hours, 0..=720);
    let declaration_months = f.number("declaration_months", policy.declaration_months, 1..=120);
    let horizon_days = f.number("horizon_days", policy.horizon_days, 1..=1_000);
    let early_start_minutes = f.number("early_start_minutes", policy.early_start_minutes, 0..=720);
    let no_show_after = f.number(
        "no_show_after_minutes",
        policy.no_show_after_minutes,
        0..=720,
    );
    let undo_minutes = f.number("undo_minutes", policy.undo_minutes, 0..=60);
    let late_cancel_fee = f.cents("late_cancel_fee_cents", policy.late_cancel_fee_cents);
    let no_show_fee = f.cents("no_show_fee_cents", policy.no_show_fee_cents);
    let waitlist_offer = f.number(
        "waitlist_offer_minutes",
        policy.waitlist_offer_minutes,
        1..=1_440,
    );
    let waitlist_contact = f.number(
        "waitlist_contact_minutes",
        policy.waitlist_contact_minutes,
        1..=1_440,
    );
    let call_minutes = f.number("call_minutes", policy.call_minutes, 1..=1_440);
    let warning_days = f.number("warning_days", policy.warning_days, 0..=366);
    let credentials = f.number(
        "credential_warning_days",
        policy.credential_warning_days,
        0..=366,
    );
    let most = i64::from(limits::TRAINING);
    let education: Option<u32> = f.number("education_minutes", policy.education_minutes, 0..=most);
    if education.is_some_and(|minutes| minutes % Training::QUARTER != 0) {
        f.wrong::<()>("education_minutes", "whole quarters of an hour");
    }
    let education_months = f.number("education_months", policy.education_months, 1..=120);
    let retention_years = f.number("retention_years", policy.retention_years, 1..=100);
    let retention_age = f.number("retention_age", policy.retention_age, 0..=100);
    let travel = f.minutes(
        "travel_minutes",
        policy.travel_minutes,
        0..=limits::TRAVEL.get(),
    );
    let travel_between = read_travel(&policy.travel, f);
    let guide = f
        .required("guide", policy.guide.as_ref())
        .and_then(|guide| super::guide::read(guide, &mut f.inside("guide")));
    Some(Policy {
        grid: grid?,
        hold_minutes: hold_minutes?,
        holds_per_key: holds_per_key?,
        cancel_notice_hours: cancel_notice_hours?,
        declaration_months: declaration_months?,
        travel: travel?,
        travel_between: travel_between?,
        early_start_minutes: early_start_minutes?,
        horizon_days: horizon_days?,
        no_show_after_minutes: no_show_after?,
        undo_minutes: undo_minutes?,
        guide: guide?,
        late_cancel_fee_cents: late_cancel_fee?,
        no_show_fee_cents: no_show_fee?,
        waitlist_offer_minutes: waitlist_offer?,
        waitlist_contact_minutes: waitlist_contact?,
        waitlist_auto_offer: policy.waitlist_auto_offer,
        call_minutes: call_minutes?,
        warning_days: warning_days?,
        reconfirm: policy.reconfirm,
        credential_warning_days: credentials?,
        education_minutes: education?,
        education_months: education_months?,
        retention_years: retention_years?,
        retention_age: retention_age?,
    })
}

fn read_travel(travel: &[v1::Travel], f: &mut Fields<'_>) -> Option<Vec<TravelGap>> {
    f.count("travel", travel.len(), 0..=limits::TRAVEL_PAIRS)?;
    let mut read = Vec::with_capacity(travel.len());
    for (at, gap) in travel.iter().enumerate() {
        let mut f = f.item("travel", at);
        let a = f.id("from_site_id", &gap.from_site_id);
        let b = f.id("to_site_id", &gap.to_site_id);
        let minutes = f.minutes("minutes", gap.minutes, 0..=limits::TRAVEL.get());
        if a.is_some() && a == b {
            f.wrong::<()>("to_site_id", "another site than from_site_id");
        }
        if let (Some(a), Some(b), Some(minutes)) = (a, b, minutes) {
            read.push(TravelGap { a, b, minutes });
        }
    }
    (read.len() == travel.len()).then_some(read)
}

/// Lays the fields that a mask names over the policy as it is; no mask means all of them.
pub fn patch(
    present: v1::Policy,
    update: &v1::Policy,
    mask: Option<&prost_types::FieldMask>,
    f: &mut Fields<'_>,
) -> Option<v1::Policy> {
    let named = super::mask::read(mask, &MASK, f)?;
    let mut policy = present;
    for field in named {
        match field {
            "proposal_grid_minutes" => policy.proposal_grid_minutes = update.proposal_grid_minutes,
            "hold_minutes" => policy.hold_minutes = update.hold_minutes,
            "holds_per_key" => policy.holds_per_key = update.holds_per_key,
            "cancel_notice_hours" => policy.cancel_notice_hours = update.cancel_notice_hours,
            "declaration_months" => policy.declaration_months = update.declaration_months,
            "horizon_days" => policy.horizon_days = update.horizon_days,
            "early_start_minutes" => policy.early_start_minutes = update.early_start_minutes,
            "travel_minutes" => policy.travel_minutes = update.travel_minutes,
            "travel" => policy.travel.clone_from(&update.travel),
            "no_show_after_minutes" => policy.no_show_after_minutes = update.no_show_after_minutes,
            "undo_minutes" => policy.undo_minutes = update.undo_minutes,
            // Words and advice do not go away because an update has none of them.
            "guide" => policy.guide = update.guide.clone().or(policy.guide),
            "late_cancel_fee_cents" => policy.late_cancel_fee_cents = update.late_cancel_fee_cents,
            "no_show_fee_cents" => policy.no_show_fee_cents = update.no_show_fee_cents,
            "waitlist_offer_minutes" => {
                policy.waitlist_offer_minutes = update.waitlist_offer_minutes;
            }
            "waitlist_contact_minutes" => {
                policy.waitlist_contact_minutes = update.waitlist_contact_minutes;
            }
            "call_minutes" => policy.call_minutes = update.call_minutes,
            "waitlist_auto_offer" => policy.waitlist_auto_offer = update.waitlist_auto_offer,
            "warning_days" => policy.warning_days = update.warning_days,
            "reconfirm" => policy.reconfirm = update.reconfirm,
            "credential_warning_days" => {
                policy.credential_warning_days = update.credential_warning_days;
            }
            "education_minutes" => policy.education_minutes = update.education_minutes,
            "education_months" => policy.education_months = update.education_months,
            "retention_years" => policy.retention_years = update.retention_years,
            "retention_age" => policy.retention_age = update.retention_age,
            other => unreachable!("{other} is not in the mask's list"),
        }
    }
    Some(policy)
}

/// Shows the policy.
pub fn show(policy: &Policy, revision: Revision) -> v1::Policy {
    v1::Policy {
        proposal_grid_minutes: policy.grid.get().into(),
        hold_minutes: policy.hold_minutes.into(),
        holds_per_key: policy.holds_per_key.into(),
        cancel_notice_hours: policy.cancel_notice_hours.into(),
        declaration_months: policy.declaration_months.into(),
        horizon_days: policy.horizon_days.into(),
        early_start_minutes: policy.early_start_minutes.into(),
        travel_minutes: policy.travel.get().into(),
        travel: policy
            .travel_between
            .iter()
            .map(|gap| v1::Travel {
                from_site_id: gap.a.to_string(),
                to_site_id: gap.b.to_string(),
                minutes: gap.minutes.get().into(),
            })
            .collect(),
        no_show_after_minutes: policy.no_show_after_minutes.into(),
        undo_minutes: policy.undo_minutes.into(),
        guide: Some(super::guide::show(&policy.guide)),
        late_cancel_fee_cents: policy.late_cancel_fee_cents.into(),
        no_show_fee_cents: policy.no_show_fee_cents.into(),
        waitlist_offer_minutes: policy.waitlist_offer_minutes.into(),
        waitlist_contact_minutes: policy.waitlist_contact_minutes.into(),
        waitlist_auto_offer: policy.waitlist_auto_offer,
        call_minutes: policy.call_minutes.into(),
        warning_days: policy.warning_days.into(),
        reconfirm: policy.reconfirm,
        credential_warning_days: policy.credential_warning_days.into(),
        education_minutes: i32::try_from(policy.education_minutes).unwrap_or(i32::MAX),
        education_months: policy.education_months.into(),
        retention_years: policy.retention_years.into(),
        retention_age: policy.retention_age.into(),
        etag: values::etag(revision),
    }
}
