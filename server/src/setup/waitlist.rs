//! The policy's figures for those who wait or are called in a clinic's file.

use treadwell_clinic::model::Policy;

use super::export::Writer;
use super::reader::Table;

/// What the file says of the waitlist.
pub(super) struct WaitlistPolicy {
    pub(super) offer_minutes: u16,
    pub(super) contact_minutes: u16,
    pub(super) auto_offer: bool,
    pub(super) call_minutes: u16,
}

pub(super) fn read_policy(table: &Table<'_, '_>, default: &Policy) -> Option<WaitlistPolicy> {
    let minutes = |name, default| table.number(name, 1..=1_440, Some(default));
    let offer_minutes = minutes("waitlist_offer_minutes", default.waitlist_offer_minutes);
    let contact_minutes = minutes("waitlist_contact_minutes", default.waitlist_contact_minutes);
    let call_minutes = minutes("call_minutes", default.call_minutes);
    let auto_offer = table.flag("waitlist_auto_offer");
    Some(WaitlistPolicy {
        offer_minutes: offer_minutes?,
        contact_minutes: contact_minutes?,
        auto_offer: auto_offer?,
        call_minutes: call_minutes?,
    })
}

pub(super) fn export_policy(file: &mut Writer, policy: &Policy) {
    file.comment(&[
        "How long an offer to somebody on the waitlist lasts once they were told, and until then.",
    ]);
    let (offer, contact) = (
        policy.waitlist_offer_minutes,
        policy.waitlist_contact_minutes,
    );
    file.field("waitlist_offer_minutes", i64::from(offer));
    file.field("waitlist_contact_minutes", i64::from(contact));
    file.comment(&["Whether the server offers a place that becomes free by itself."]);
    file.field("waitlist_auto_offer", policy.waitlist_auto_offer);
    file.comment(&[
        "How long a place is held while a client is asked whether their appointment may move there.",
    ]);
    file.field("call_minutes", i64::from(policy.call_minutes));
}
