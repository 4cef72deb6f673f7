//! The policy's figures for credentials and continuing education in a clinic's file.

use treadwell_clinic::limits;
use treadwell_clinic::model::{Policy, Training};

use super::export::Writer;
use super::reader::Table;

/// What the file says of what therapists have to show.
#[derive(Clone, Copy)]
pub(super) struct TrainingPolicy {
    pub(super) credential_warning_days: u16,
    pub(super) education_minutes: u32,
    pub(super) education_months: u16,
}

pub(super) fn read_policy(table: &Table<'_, '_>, default: &Policy) -> Option<TrainingPolicy> {
    let days = default.credential_warning_days;
    let days = table.number("credential_warning_days", 0..=366, Some(days));
    let most = i64::from(limits::TRAINING);
    let minutes = default.education_minutes;
    let minutes: Option<u32> = table.number("education_minutes", 0..=most, Some(minutes));
    if minutes.is_some_and(|minutes| minutes % Training::QUARTER != 0) {
        table.wrong::<()>("education_minutes", "whole quarters of an hour");
    }
    let months = default.education_months;
    let months = table.number("education_months", 1..=120, Some(months));
    Some(TrainingPolicy {
        credential_warning_days: days?,
        education_minutes: minutes?,
        education_months: months?,
    })
}

pub(super) fn export_policy(file: &mut Writer, policy: &Policy) {
    file.comment(&["How many days ahead an expiring credential or registration is warned of."]);
    let days = i64::from(policy.credential_warning_days);
    file.field("credential_warning_days", days);
    file.comment(&[
        "How much continuing education each therapist needs in so many months; 0 asks for none.",
    ]);
    file.field("education_minutes", i64::from(policy.education_minutes));
    file.field("education_months", i64::from(policy.education_months));
}
