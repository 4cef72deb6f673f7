//! The day sheet: everything about one local day of a site, in one answer.

use jiff::civil::Time;
use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::SiteId;
use treadwell_clinic::model::{RecordId, Room, Site};
use treadwell_clinic::time::{Cell, Interval};

use crate::convert::{self, Violations, values};
use crate::grpc::call::{self, Answer};
use crate::grpc::roster::touching;
use crate::grpc::status;

/// Cells of a quarter of an hour.
const QUARTER: u32 = 3;

/// When the row of free bar rooms begins on a day on which the site stays closed.
const CLOSED_FROM: i8 = 8;

pub(super) fn sheet(request: Request<v1::GetDaySheetRequest>) -> Answer<v1::GetDaySheetResponse> {
    let (caller, message) = call::open(request)?;
    let (site, date) = call::read(|f| {
        let site: Option<SiteId> = f.id("site_id", &message.site_id);
        let date = f.optional_date("date", message.date.as_ref());
        Some((site?, date?))
    })?;
    call::reach(&caller, site)?;
    let live = caller.clinic().without_expired(caller.now);
    let clinic = &*live;
    let site = clinic
        .site(site)
        .ok_or_else(|| status::not_found("site", site.to_string()))?;
    let date = date.unwrap_or_else(|| site.zone.local(caller.now).date());
    let day = site.zone.day(date).ok_or_else(|| {
        status::fields(Violations::one("date", "a day of the years 1970 to 2199"))
    })?;
    let changed = |id| clinic.revision_of(&id).unwrap_or(0);

    let mut appointments: Vec<_> = clinic.appointments_at(site.id, day).collect();
    appointments.sort_by_key(|it| (it.slot.start(), it.slot.room, it.id));
    let mut holds: Vec<_> = clinic
        .holds()
        .filter(|hold| hold.slot.site == site.id && day.contains(hold.slot.start()))
        .collect();
    holds.sort_by_key(|hold| (hold.slot.start(), hold.id));
    let outages = clinic
        .rooms_at(site.id)
        .flat_map(|room| clinic.outages_in(room.id, day))
        // One that was closed before it began covers nothing.
        .filter(|outage| outage.until.is_none_or(|until| outage.from < until));

    let mut open: Option<(Cell, Cell)> = None;
    for opening in site.openings(date) {
        let opens = open.map_or(opening.start(), |(opens, _)| opens);
        open = Some((opens, opening.end()));
    }
    let (free_from, free_bar_rooms) = free_bar_rooms(clinic, site, day, open);
    let appointments =
        call::show_appointments(&caller, clinic, appointments.into_iter().map(AsRef::as_ref));
    Ok(v1::GetDaySheetResponse {
        revision: caller.published.revision,
        date: Some(values::date(date)),
        day_start: Some(values::cell(day.start())),
        day_end: Some(values::cell(day.end())),
        opens_at: open.map(|(opens, _)| values::cell(opens)),
        closes_at: open.map(|(_, closes)| values::cell(closes)),
        appointments,
        holds: holds
            .into_iter()
            .map(|hold| convert::hold::show(hold, changed(RecordId::Hold(hold.id)), &caller.view))
            .collect(),
        outages: outages
            .map(|outage| convert::outage::show(outage, changed(RecordId::Outage(outage.id))))
            .collect(),
        shifts: touching(clinic, site.id, day)
            .map(|shift| convert::shift::show(shift, changed(RecordId::Shift(shift.id))))
            .collect(),
        free_bar_rooms,
        free_bar_rooms_from: Some(values::cell(free_from)),
    }
    .into())
}

/// How many rooms with sound bars are free by plan in each quarter of an hour, from the hour of opening
/// to closing; and from when on that is counted. On a closed day there is nothing to count.
fn free_bar_rooms(
    clinic: &Clinic,
    site: &Site,
    day: Interval,
    open: Option<(Cell, Cell)>,
) -> (Cell, Vec<i32>) {
    let date = site.zone.date(day.start());
    let Some((opens, closes)) = open else {
        let from = Time::constant(CLOSED_FROM, 0, 0, 0);
        return (Cell::at_or_after(site.zone.instant(date, from)), Vec::new());
    };
    let minute = site.zone.time(opens).minute();
    let from = opens.minus_cells(u32::from(minute.unsigned_abs()) / 5);
    let quarters = closes.since(from).div_ceil(QUARTER);
    let mut free = vec![0; usize::try_from(quarters).unwrap_or(0)];
    let rooms = clinic.rooms_at(site.id);
    for room in rooms.filter(|room| !room.retired && room.has_bars() && room.is_inspected(date)) {
        count_free(clinic, room, from, &mut free);
    }
    (from, free)
}

fn count_free(clinic: &Clinic, room: &Room, from: Cell, free: &mut [i32]) {
    let taken = clinic.room_occupancy(room.id);
    let mut start = from;
    for count in free {
        let end = start.plus_cells(QUARTER);
        if let Some(quarter) = Interval::new(start, end)
            && taken.is_free(quarter)
            && clinic.outages_in(room.id, quarter).next().is_none()
        {
            *count += 1;
        }
        start = end;
    }
}
