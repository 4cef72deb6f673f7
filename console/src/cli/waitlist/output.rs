//! Entries of the waitlist in words, columns and JSON.

use serde::Serialize;
use treadwell_client::v1;

use crate::{
    cli::{
        names::Names,
        present::{rfc3339_of, span, value_name},
        report::{Report, Table},
    },
    tui::{time, words},
};

/// An entry as `--json` prints it.
#[derive(Serialize)]
struct EntryJson<'a> {
    id: &'a str,
    client_id: &'a str,
    service_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    extension_ids: &'a [String],
    site_ids: &'a [String],
    /// As they are typed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    therapist_id: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    therapist_only: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    /// `waiting`, `offered`, `booked` or `withdrawn`.
    state: String,
    waiting_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferJson<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    appointment_id: &'a str,
}

#[derive(Serialize)]
struct OfferJson<'a> {
    hold_id: &'a str,
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    start: Option<String>,
    contacted_at: Option<String>,
    expires_at: Option<String>,
}

/// A line of the list as `--json` prints it.
#[derive(Serialize)]
struct LineJson<'a> {
    /// The place in the queue; 0 when the waiting has ended.
    position: i32,
    client_name: &'a str,
    client_phone: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceJson<'a>>,
    #[serde(flatten)]
    entry: Option<EntryJson<'a>>,
}

/// A place as `--json` prints it.
#[derive(Serialize)]
struct PlaceJson<'a> {
    start: Option<String>,
    site_id: &'a str,
    room_id: &'a str,
    therapist_id: &'a str,
    bars: bool,
}

impl<'a> PlaceJson<'a> {
    fn new(place: &'a v1::Proposal, names: &Names) -> Self {
        Self {
            start: rfc3339_of(place.start.as_ref(), &names.zone_of(&place.site_id)),
            site_id: &place.site_id,
            room_id: &place.room_id,
            therapist_id: &place.therapist_id,
            bars: place.bars,
        }
    }
}

impl<'a> EntryJson<'a> {
    fn new(entry: &'a v1::WaitlistEntry, names: &Names) -> Self {
        let site = entry.site_ids.first().map_or("", String::as_str);
        let zone = names.zone_of(site);
        Self {
            id: &entry.id,
            client_id: &entry.client_id,
            service_id: &entry.service_id,
            extension_ids: &entry.extension_ids,
            site_ids: &entry.site_ids,
            windows: entry.windows.iter().map(words::window).collect(),
            therapist_id: &entry.therapist_id,
            therapist_only: entry.therapist_only,
            note: &entry.note,
            state: state(entry),
            waiting_since: rfc3339_of(entry.waiting_since.as_ref(), &zone),
            offer: entry.offer.as_ref().map(|offer| OfferJson {
                hold_id: &offer.hold_id,
                site_id: &offer.site_id,
                room_id: &offer.room_id,
                therapist_id: &offer.therapist_id,
                start: rfc3339_of(offer.start.as_ref(), &zone),
                contacted_at: rfc3339_of(offer.contacted_at.as_ref(), &zone),
                expires_at: rfc3339_of(offer.expires_at.as_ref(), &zone),
            }),
            appointment_id: &entry.appointment_id,
        }
    }
}

fn state(entry: &v1::WaitlistEntry) -> String {
    value_name(entry.state().as_str_name(), "WAITLIST_STATE_")
}

/// The list: whom to call, in which order and why.
pub(super) fn list(lines: &[v1::WaitlistLine], names: &Names) -> Report {
    let mut report = Report::default();
    let mut table = Table::new(["", "client", "phone", "wants", "state", "reason", "id"]);
    for line in lines {
        let entry = line.entry.clone().unwrap_or_default();
        let position = match line.position {
            0 => String::new(),
            position => position.to_string(),
        };
        table.row([
            position,
            line.client_name.clone(),
            line.client_phone.clone(),
            wants(&entry, names),
            state_words(&entry, names),
            line.reason.clone(),
            entry.id.clone(),
        ]);
        report.object(&LineJson {
            position: line.position,
            client_name: &line.client_name,
            client_phone: &line.client_phone,
            reason: &line.reason,
            place: line
                .place
                .as_ref()
                .map(|place| PlaceJson::new(place, names)),
            entry: line
                .entry
                .as_ref()
                .map(|entry| EntryJson::new(entry, names)),
        });
    }
    if table.is_empty() {
        report.line("Nobody waits.");
    }
    report.table(table);
    report
}

/// Places that somebody could have.
pub(super) fn places(places: &[v1::Proposal], names: &Names) -> Report {
    let mut report = Report::default();
    let mut table = Table::new(["when", "site", "room", "bar", "therapist"]);
    for place in places {
        let zone = names.zone_of(&place.site_id);
        table.row([
            span(place.start.as_ref(), place.end.as_ref(), &zone),
            names.site(&place.site_id),
            names.room(&place.room_id),
            if place.bars { "BAR" } else { "" }.to_owned(),
            names.therapist(&place.therapist_id),
        ]);
        report.object(&PlaceJson::new(place, names));
    }
    if table.is_empty() {
        report.line("Nothing that they want is free.");
        report.exit = 3;
    }
    report.table(table);
    report
}

/// One entry after something was done to it.
pub(super) fn entry(said: &str, entry: Option<&v1::WaitlistEntry>, names: &Names) -> Report {
    let mut report = Report::default();
    report.line(said);
    if let Some(entry) = entry {
        report.line(sentence(entry, names));
        report.object(&EntryJson::new(entry, names));
    }
    report
}

/// Who is offered a declined place now.
pub(super) fn passed_on(report: &mut Report, next: &v1::WaitlistEntry, names: &Names) {
    report.line(format!("Passed on. {}", sentence(next, names)));
    report.object(&EntryJson::new(next, names));
}

fn sentence(entry: &v1::WaitlistEntry, names: &Names) -> String {
    format!(
        "{}: {} waits for {}; {}.",
        entry.id,
        entry.client_id,
        wants(entry, names),
        state_words(entry, names)
    )
}

fn wants(entry: &v1::WaitlistEntry, names: &Names) -> String {
    let sites = entry.site_ids.iter().map(|id| names.site(id));
    words::wish(
        entry,
        &names.service(&entry.service_id),
        &sites.collect::<Vec<_>>(),
        &names.therapist(&entry.therapist_id),
    )
}

fn state_words(entry: &v1::WaitlistEntry, names: &Names) -> String {
    let Some(offer) = &entry.offer else {
        // A key is not shown what is offered at a site that it does not reach.
        return match entry.state() {
            v1::WaitlistState::Offered => "offered at another site".to_owned(),
            _ => state(entry),
        };
    };
    let zone = names.zone_of(&offer.site_id);
    let what = span(offer.start.as_ref(), offer.end.as_ref(), &zone);
    let until = time::clock_of(offer.expires_at.as_ref(), &zone);
    let room = names.room(&offer.room_id);
    if offer.contacted_at.is_some() {
        format!("offered {room} {what}, answers until {until}")
    } else {
        format!("offered {room} {what}, call before {until}")
    }
}
