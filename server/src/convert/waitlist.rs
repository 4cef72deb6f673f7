//! Entries of the waitlist.

use jiff::civil::{Time, Weekday};
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{
    OfferedPlace, Patch, PutOnWaitlist, Revision, UpdateWaitlistEntry, WaitlistStep,
};
use treadwell_clinic::id::SiteId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Offer, Passed, PassedOver, WaitState, WaitlistEntry, WaitlistWindow, Wanted, WantedTherapist,
    Weekdays,
};

use super::fields::Fields;
use super::{hold, values};
use crate::access::View;

/// The fields that an update may name.
pub const MASK: [&str; 6] = [
    "service_id",
    "extension_ids",
    "site_ids",
    "windows",
    "therapist_id",
    "note",
];

/// Reads who waits for what. Without a site it is those that the caller reaches.
pub fn read(
    entry: &v1::WaitlistEntry,
    reached: &[SiteId],
    f: &mut Fields<'_>,
) -> Option<PutOnWaitlist> {
    let client = f.id("client_id", &entry.client_id);
    let service = f.id("service_id", &entry.service_id);
    let extensions = hold::read_extensions(&entry.extension_ids, f);
    let sites = read_sites(&entry.site_ids, reached, f);
    let windows = read_windows(&entry.windows, f);
    let therapist = read_therapist(entry, f);
    let note = f.note("note", &entry.note, 0..=limits::NOTE_CHARS);
    Some(PutOnWaitlist {
        client: client?,
        wanted: Wanted {
            service: service?,
            extensions: extensions?,
            sites: sites?,
            windows: windows?,
            therapist: therapist?,
            note: note?,
        },
    })
}

/// Reads the fields that a mask names.
pub fn read_update(
    entry: &v1::WaitlistEntry,
    mask: Option<&prost_types::FieldMask>,
    etag: Option<Revision>,
    reached: &[SiteId],
    f: &mut Fields<'_>,
) -> Option<UpdateWaitlistEntry> {
    let named = super::mask::read(mask, &MASK, f);
    let mut f = f.inside("entry");
    let id = f.id("id", &entry.id);
    let named = named?;
    let has = |field: &str| named.contains(&field);
    let service = patch(has("service_id"), || f.id("service_id", &entry.service_id));
    let extensions = patch(has("extension_ids"), || {
        hold::read_extensions(&entry.extension_ids, &mut f)
    });
    let sites = patch(has("site_ids"), || {
        read_sites(&entry.site_ids, reached, &mut f)
    });
    let windows = patch(has("windows"), || read_windows(&entry.windows, &mut f));
    let therapist = patch(has("therapist_id"), || read_therapist(entry, &mut f));
    let note = patch(has("note"), || {
        f.note("note", &entry.note, 0..=limits::NOTE_CHARS)
    });
    Some(UpdateWaitlistEntry {
        entry: WaitlistStep { entry: id?, etag },
        service: service?,
        extensions: extensions?,
        sites: sites?,
        windows: windows?,
        therapist: therapist?,
        note: note?,
    })
}

fn patch<T>(named: bool, read: impl FnOnce() -> Option<T>) -> Option<Patch<T>> {
    if named {
        read().map(Patch::Set)
    } else {
        Some(Patch::Keep)
    }
}

fn read_sites(ids: &[String], reached: &[SiteId], f: &mut Fields<'_>) -> Option<Vec<SiteId>> {
    let sites: Vec<SiteId> = f.ids("site_ids", ids, limits::SITES_PER_THERAPIST)?;
    Some(if sites.is_empty() {
        let all = reached.iter().copied();
        all.take(limits::SITES_PER_THERAPIST).collect()
    } else {
        sites
    })
}

fn read_therapist(entry: &v1::WaitlistEntry, f: &mut Fields<'_>) -> Option<WantedTherapist> {
    let named = f.optional_id("therapist_id", &entry.therapist_id)?;
    match named {
        None if entry.therapist_only => f.wrong("therapist_id", "set, as it shall be nobody else"),
        None => Some(WantedTherapist::Anyone),
        Some(id) if entry.therapist_only => Some(WantedTherapist::Only(id)),
        Some(id) => Some(WantedTherapist::Preferred(id)),
    }
}

fn read_windows(windows: &[v1::WaitlistWindow], f: &mut Fields<'_>) -> Option<Vec<WaitlistWindow>> {
    f.count("windows", windows.len(), 0..=limits::WAITLIST_WINDOWS)?;
    let mut read = Vec::with_capacity(windows.len());
    for (at, window) in windows.iter().enumerate() {
        read.extend(read_window(window, &mut f.item("windows", at)));
    }
    (read.len() == windows.len()).then_some(read)
}

fn read_window(window: &v1::WaitlistWindow, f: &mut Fields<'_>) -> Option<WaitlistWindow> {
    let first = f.optional_date("first", window.first.as_ref());
    let last = f.optional_date("last", window.last.as_ref());
    if let (Some(Some(first)), Some(Some(last))) = (first, last)
        && last < first
    {
        f.wrong::<()>("last", "not before the first date");
    }
    let days = read_days(&window.weekdays, f);
    let from = f.time("from", window.from.as_ref(), false);
    let until = f.time("until", window.until.as_ref(), true);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
        && until != Time::midnight()
    {
        f.wrong::<()>("until", "later than `from`");
    }
    Some(WaitlistWindow {
        first: first?,
        last: last?,
        days: days?,
        from: from?,
        until: until?,
    })
}

fn read_days(days: &[i32], f: &mut Fields<'_>) -> Option<Weekdays> {
    f.count("weekdays", days.len(), 0..=7)?;
    let mut read = Vec::with_capacity(days.len());
    for (at, &day) in days.iter().enumerate() {
        let number: Option<i8> = f.item("weekdays", at).number("", day, 1..=7);
        read.extend(number.and_then(|number| Weekday::from_monday_one_offset(number).ok()));
    }
    (read.len() == days.len()).then(|| Weekdays::of(read))
}

/// Reads the place of an offer: none, or a start with its site.
pub fn read_place(
    message: &v1::MakeOfferRequest,
    f: &mut Fields<'_>,
) -> Option<Option<OfferedPlace>> {
    let start = f.optional_cell("start", message.start.as_ref());
    let room = f.optional_id("room_id", &message.room_id);
    let therapist = f.optional_id("therapist_id", &message.therapist_id);
    let Some(start) = start? else {
        let others = [&message.site_id, &message.room_id, &message.therapist_id];
        if others.into_iter().any(|id| !id.is_empty()) {
            return f.wrong("start", "set, as a place is named");
        }
        return Some(None);
    };
    let site = f.id("site_id", &message.site_id);
    Some(Some(OfferedPlace {
        site: site?,
        start,
        room: room?,
        therapist: therapist?,
    }))
}

/// Shows an entry as far as a view reaches. Of a place at a site out of reach it says only that there is one: something is
/// offered, or the client got a place.
pub fn show(
    entry: &WaitlistEntry,
    revision: Revision,
    clinic: &Clinic,
    view: &View,
) -> v1::WaitlistEntry {
    let wanted = &entry.wanted;
    let passed = entry.passed.iter().filter(|it| view.reaches(it.site));
    let mut shown = v1::WaitlistEntry {
        id: entry.id.to_string(),
        client_id: entry.client.to_string(),
        service_id: wanted.service.to_string(),
        extension_ids: wanted.extensions.iter().map(ToString::to_string).collect(),
        site_ids: wanted.sites.iter().map(ToString::to_string).collect(),
        windows: wanted.windows.iter().map(show_window).collect(),
        therapist_id: wanted
            .therapist
            .named()
            .map(|id| id.to_string())
            .unwrap_or_default(),
        therapist_only: wanted.therapist.only().is_some(),
        note: wanted.note.clone(),
        waiting_since: Some(values::instant(entry.since)),
        made_by: entry.by.to_string(),
        passed: passed.map(show_passed).collect(),
        etag: values::etag(revision),
        ..v1::WaitlistEntry::default()
    };
    let state = match &entry.state {
        WaitState::Waiting => v1::WaitlistState::Waiting,
        WaitState::Offered(offer) => {
            shown.offer = view.reaches(offer.slot.site).then(|| show_offer(offer));
            v1::WaitlistState::Offered
        }
        WaitState::Booked { appointment, at } => {
            // It may be at another site by now than the one that was offered.
            let booked = clinic.appointment(*appointment);
            if booked.is_none_or(|booked| view.reaches(booked.slot.site)) {
                shown.appointment_id = appointment.to_string();
            }
            shown.ended_at = Some(values::instant(*at));
            v1::WaitlistState::Booked
        }
        WaitState::Withdrawn { at, .. } => {
            shown.ended_at = Some(values::instant(*at));
            v1::WaitlistState::Withdrawn
        }
    };
    shown.state = state.into();
    shown
}

fn show_window(window: &WaitlistWindow) -> v1::WaitlistWindow {
    let days = window.days;
    v1::WaitlistWindow {
        first: window.first.map(values::date),
        last: window.last.map(values::date),
        weekdays: if days == Weekdays::ALL {
            Vec::new()
        } else {
            days.iter()
                .map(|day| day.to_monday_one_offset().into())
                .collect()
        },
        from: Some(values::time(window.from, false)),
        until: Some(values::time(window.until, true)),
    }
}

fn show_offer(offer: &Offer) -> v1::WaitlistOffer {
    let slot = &offer.slot;
    v1::WaitlistOffer {
        hold_id: offer.hold.to_string(),
        site_id: slot.site.to_string(),
        room_id: slot.room.to_string(),
        therapist_id: slot.therapist.to_string(),
        start: Some(values::cell(slot.planned.start())),
        end: Some(values::cell(slot.planned.end())),
        made_at: Some(values::instant(offer.at)),
        made_by: offer.by.to_string(),
        contacted_at: offer.contact.map(|contact| values::instant(contact.at)),
        expires_at: Some(values::instant(offer.expires_at)),
    }
}

fn show_passed(passed: &Passed) -> v1::PassedPlace {
    let how = match passed.how {
        PassedOver::Declined => v1::PassedOver::Declined,
        PassedOver::Lapsed => v1::PassedOver::Lapsed,
        PassedOver::Released => v1::PassedOver::Released,
    };
    v1::PassedPlace {
        site_id: passed.site.to_string(),
        therapist_id: passed.therapist.to_string(),
        start: Some(values::cell(passed.time.start())),
        end: Some(values::cell(passed.time.end())),
        how: how.into(),
        at: Some(values::instant(passed.at)),
    }
}
