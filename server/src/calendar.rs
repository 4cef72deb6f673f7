//! The calendar of a therapist or a room as an iCalendar file (RFC 5545), for the calendar programs of the house.
//!
//! A file leaves the house, so of a client it has the initials, and nothing of health, whoever asks. Instants are in UTC:
//! nothing recurs, and a zone's rules are one more thing that a program may read wrongly. A pure function of the clinic's
//! state.

mod lines;

use jiff::Timestamp;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::{RoomId, TherapistId};
use treadwell_clinic::model::{
    Absence, Appointment, Outage, OutageTarget, RecordId, Shift, Site, State,
};
use treadwell_clinic::time::{Cell, Interval};

use crate::access::View;
use crate::convert::values;
use lines::Lines;

/// Whose calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A therapist's: appointments, shifts with their breaks, time off.
    Therapist(TherapistId),
    /// A room's: appointments and outages.
    Room(RoomId),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose calendar.
    pub of: Owner,
    /// Of what time.
    pub time: Interval,
    /// When the file is made.
    pub made: Timestamp,
    /// What tells the clinic's things from those of all others; letters, digits and hyphens.
    pub clinic: String,
}

/// An entry of a calendar.
struct Event {
    /// Names it within the clinic, for as long as it is there.
    id: String,
    record: RecordId,
    start: Cell,
    end: Cell,
    summary: String,
    place: String,
    more: String,
    cancelled: bool,
    /// Whether its time is taken.
    busy: bool,
}

/// The file, as far as the view goes. None when the therapist or the room does not exist.
pub fn file(clinic: &Clinic, asked: &Asked, view: &View) -> Option<String> {
    let (name, zone, mut events) = match asked.of {
        Owner::Therapist(id) => {
            let therapist = clinic.therapist(id)?;
            let sites = || clinic.sites().filter(|site| view.reaches(site.id));
            let own = |it: &Appointment| it.slot.therapist == id;
            let mut events: Vec<_> = sites()
                .flat_map(|site| appointments(clinic, site, asked, own))
                .collect();
            let shifts = clinic
                .shifts_of(id, asked.time)
                .filter(|shift| view.reaches(shift.site));
            events.extend(shifts.flat_map(|it| shift(clinic, it)));
            events.extend(clinic.absences_of(id, asked.time).map(|it| absence(it)));
            let zone = sites().next().map(|site| site.zone.name());
            (therapist.name.as_str(), zone, events)
        }
        Owner::Room(id) => {
            let room = clinic.room(id)?;
            let site = clinic.site(room.site)?;
            let own = |it: &Appointment| it.slot.room == id;
            let mut events = appointments(clinic, site, asked, own);
            let outages = clinic.outages_in(id, asked.time);
            events.extend(outages.filter_map(|it| outage(clinic, it, asked.time)));
            (room.name.as_str(), Some(site.zone.name()), events)
        }
    };
    events.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
    let mut lines = Lines::default();
    lines.value("BEGIN", "VCALENDAR");
    lines.value("VERSION", "2.0");
    lines.value("PRODID", "-//Treadwell//Treadwell//EN");
    lines.value("METHOD", "PUBLISH");
    lines.value("CALSCALE", "GREGORIAN");
    // The name in the words of RFC 7986, and in those that programs knew before it.
    lines.text("NAME", name);
    lines.text("X-WR-CALNAME", name);
    if let Some(zone) = zone {
        lines.text("X-WR-TIMEZONE", zone);
    }
    lines.value("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    lines.value("X-PUBLISHED-TTL", "PT15M");
    for event in &events {
        write(&mut lines, event, clinic, asked);
    }
    lines.value("END", "VCALENDAR");
    Some(lines.file())
}

fn write(lines: &mut Lines, event: &Event, clinic: &Clinic, asked: &Asked) {
    let revision = clinic.revision_of(&event.record).unwrap_or(0);
    lines.value("BEGIN", "VEVENT");
    lines.value("UID", &format!("{}@{}.treadwell", event.id, asked.clinic));
    lines.instant("DTSTAMP", asked.made);
    // The file's numbers have 31 bits.
    let sequence = i32::try_from(revision).unwrap_or(i32::MAX);
    lines.value("SEQUENCE", &sequence.to_string());
    lines.instant("DTSTART", event.start.timestamp());
    lines.instant("DTEND", event.end.timestamp());
    lines.text("SUMMARY", &event.summary);
    lines.text("LOCATION", &event.place);
    lines.text("DESCRIPTION", &event.more);
    let status = if event.cancelled {
        "CANCELLED"
    } else {
        "CONFIRMED"
    };
    lines.value("STATUS", status);
    let busy = if event.busy { "OPAQUE" } else { "TRANSPARENT" };
    lines.value("TRANSP", busy);
    lines.value("CLASS", "PRIVATE");
    lines.value("END", "VEVENT");
}

/// A site's appointments within the time that belong to the calendar, those that were cancelled or not kept too: whoever has
/// them still is told that they are off.
fn appointments(
    clinic: &Clinic,
    site: &Site,
    asked: &Asked,
    own: impl Fn(&Appointment) -> bool,
) -> Vec<Event> {
    clinic
        .appointments_at(site.id, asked.time)
        .filter(|it| own(it))
        .map(|it| appointment(clinic, site, it))
        .collect()
}

fn appointment(clinic: &Clinic, site: &Site, it: &Appointment) -> Event {
    let slot = &it.slot;
    let service = clinic.service(slot.service);
    let client = clinic.client(it.client);
    let initials = client.map(|client| values::initials(&client.name));
    let summary = service.map(|service| service.name.clone()).into_iter();
    let summary: Vec<_> = summary.chain(initials).collect();
    let extensions = slot.extensions.iter().filter_map(|id| {
        let all = service.into_iter().flat_map(|service| &service.extensions);
        let known = all.into_iter().find(|known| known.id == *id)?;
        Some(known.name.clone())
    });
    let therapist = clinic.therapist(slot.therapist);
    let with = therapist.map(|it| format!("With {}", it.name));
    let confirmed = matches!(it.state, State::Confirmed).then(|| "Confirmed".to_owned());
    let more: Vec<_> = with
        .into_iter()
        .chain(extensions)
        .chain(confirmed)
        .collect();
    let room = clinic.room(slot.room).map(|room| room.name.as_str());
    Event {
        id: it.id.to_string(),
        record: RecordId::Appointment(it.id),
        start: slot.start(),
        end: slot.planned.end(),
        summary: summary.join(", "),
        place: place(room, site),
        more: more.join("\n"),
        cancelled: !it.occupies(),
        busy: it.occupies(),
    }
}

/// A shift, and its breaks. Whoever works has time for appointments.
fn shift(clinic: &Clinic, it: &Shift) -> Vec<Event> {
    let record = RecordId::Shift(it.id);
    let site = clinic.site(it.site);
    let event = |id: String, time: Interval, summary: String| Event {
        id,
        record,
        start: time.start(),
        end: time.end(),
        summary,
        place: site.map(|site| place(None, site)).unwrap_or_default(),
        more: String::new(),
        cancelled: false,
        busy: false,
    };
    let at = site.map_or_else(|| it.site.to_string(), |site| site.name.clone());
    let whole = event(it.id.to_string(), it.time, format!("Shift, {at}"));
    let breaks = (1..).zip(&it.breaks);
    let breaks = breaks.map(|(n, &time)| {
        let id = format!("{}-break-{n}", it.id);
        event(id, time, "Break".to_owned())
    });
    std::iter::once(whole).chain(breaks).collect()
}

/// Time off; why may be a matter of health.
fn absence(it: &Absence) -> Event {
    Event {
        id: it.id.to_string(),
        record: RecordId::Absence(it.id),
        start: it.time.start(),
        end: it.time.end(),
        summary: "Time off".to_owned(),
        place: String::new(),
        more: String::new(),
        cancelled: false,
        busy: true,
    }
}

/// An outage, to the end of the file's time where its own is open. A room whose bars alone are out takes other work.
fn outage(clinic: &Clinic, it: &Outage, within: Interval) -> Option<Event> {
    let end = it.until.unwrap_or(within.end()).max(it.from);
    let time = Interval::new(it.from, end)?;
    let summary = match it.target {
        OutageTarget::Room => "Out of service",
        OutageTarget::Bars => "Bars out of service",
    };
    let room = clinic.room(it.room);
    Some(Event {
        id: it.id.to_string(),
        record: RecordId::Outage(it.id),
        start: time.start(),
        end: time.end(),
        summary: summary.to_owned(),
        place: room.map(|room| room.name.clone()).unwrap_or_default(),
        more: String::new(),
        cancelled: false,
        busy: it.target == OutageTarget::Room,
    })
}

fn place(room: Option<&str>, site: &Site) -> String {
    let parts = room
        .into_iter()
        .chain([site.name.as_str(), site.address.as_str()]);
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}
