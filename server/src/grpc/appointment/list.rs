//! Reading appointments and holds.

use std::fmt;
use std::str::FromStr;

use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::id::{AppointmentId, ClientId, HoldId, RoomId, SeriesId, TherapistId};
use treadwell_clinic::model::{Appointment, Phase, RecordId};
use treadwell_clinic::rules;
use treadwell_clinic::time::{Cell, Interval};

use crate::access::Caller;
use crate::convert;
use crate::convert::fields::Fields;
use crate::grpc::call::{self, Answer};
use crate::grpc::page::{Page, paged};
use crate::grpc::{audit, declared};

paged!(ListHoldsRequest, ListAppointmentsRequest);

/// The states that an appointment can be in.
const STATES: usize = 7;

pub(super) fn holds(request: Request<v1::ListHoldsRequest>) -> Answer<v1::ListHoldsResponse> {
    let (caller, message) = call::open(request)?;
    let page = Page::of(&message)?;
    let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
    let sites = call::sites(&caller, &named)?;
    let after: Option<HoldId> = page.after()?;
    let clinic = caller.clinic();
    let holds = clinic.holds().filter(|hold| {
        sites.contains(&hold.slot.site)
            && hold.expires_at > caller.now
            && after.is_none_or(|after| hold.id > after)
    });
    let (holds, next_page_token) = page.cut(holds, |hold| hold.id);
    Ok(v1::ListHoldsResponse {
        revision: caller.published.revision,
        holds: holds
            .into_iter()
            .map(|hold| {
                let revision = clinic.revision_of(&RecordId::Hold(hold.id)).unwrap_or(0);
                convert::hold::show(hold, revision, &caller.view)
            })
            .collect(),
        next_page_token,
    }
    .into())
}

pub(super) fn appointment(
    request: Request<v1::GetAppointmentRequest>,
) -> Answer<v1::GetAppointmentResponse> {
    let (caller, message) = call::open(request)?;
    let id: AppointmentId = call::read(|f| f.id("appointment_id", &message.appointment_id))?;
    let clinic = caller.clinic();
    let appointment = call::appointment(&caller, id)?;
    let mut shown = show(&caller, appointment);
    let slot = &appointment.slot;
    if appointment.is_ahead()
        && let Some(service) = clinic.service(slot.service)
        && let Some(site) = clinic.site(slot.site)
    {
        // Of a single one the screening is judged afresh, with its reasons.
        let at = slot.start().timestamp();
        let found = treadwell_clinic::rules::screen(clinic, appointment.client, service, site, at);
        let cautions = declared::cautions(&caller, appointment.client, &found);
        shown.screening = Some(v1::Screening {
            cautions,
            ..convert::screening::show(&found, Some(service.id), clinic, &site.zone, &caller.view)
        });
    }
    audit::appointments_read(&caller, [&shown]);
    Ok(v1::GetAppointmentResponse {
        revision: caller.published.revision,
        appointment: Some(shown),
        ask_since: rules::ask_since(clinic, appointment).map(convert::values::date),
    }
    .into())
}

/// Which appointments are asked for.
struct Filter {
    client: Option<ClientId>,
    therapist: Option<TherapistId>,
    room: Option<RoomId>,
    time: Option<Interval>,
    phases: Vec<Phase>,
    flagged: bool,
    series: Option<SeriesId>,
}

impl Filter {
    fn read(message: &v1::ListAppointmentsRequest, f: &mut Fields<'_>) -> Option<Self> {
        let client = f.optional_id("client_id", &message.client_id);
        let therapist = f.optional_id("therapist_id", &message.therapist_id);
        let room = f.optional_id("room_id", &message.room_id);
        let series = f.optional_id("series_id", &message.series_id);
        let from = f.optional_instant("from", message.from.as_ref());
        let until = f.optional_instant("until", message.until.as_ref());
        let phases = Self::read_phases(&message.states, f);
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until <= from
        {
            f.wrong::<()>("until", "later than `from`");
        }
        let from = from?.map_or(Cell::MIN, Cell::at_or_after);
        let until = until?.map_or(Cell::MAX, Cell::at_or_after);
        Some(Self {
            client: client?,
            therapist: therapist?,
            room: room?,
            time: Interval::new(from, until),
            phases: phases?,
            flagged: message.flagged,
            series: series?,
        })
    }

    fn read_phases(states: &[i32], f: &mut Fields<'_>) -> Option<Vec<Phase>> {
        f.count("states", states.len(), 0..=STATES)?;
        let mut phases = Vec::with_capacity(states.len());
        for (at, &state) in states.iter().enumerate() {
            phases.extend(convert::appointment::read_state(
                state,
                &mut f.item("states", at),
            ));
        }
        (phases.len() == states.len()).then_some(phases)
    }

    fn matches(&self, appointment: &Appointment) -> bool {
        let slot = &appointment.slot;
        self.client.is_none_or(|id| appointment.client == id)
            && self.therapist.is_none_or(|id| slot.therapist == id)
            && self.room.is_none_or(|id| slot.room == id)
            && self.time.is_some_and(|time| time.contains(slot.start()))
            && (self.phases.is_empty() || self.phases.contains(&appointment.state.phase()))
            && (!self.flagged || !appointment.flags.is_empty())
            && self
                .series
                .is_none_or(|id| appointment.series.is_some_and(|its| its.id == id))
    }
}

pub(super) fn appointments(
    request: Request<v1::ListAppointmentsRequest>,
) -> Answer<v1::ListAppointmentsResponse> {
    let (caller, message) = call::open(request)?;
    let page = Page::of(&message)?;
    let (named, filter) = call::read(|f| {
        let sites = call::read_sites(&message.site_ids, f);
        let filter = Filter::read(&message, f);
        Some((sites?, filter?))
    })?;
    let sites = call::sites(&caller, &named)?;
    let after: Option<Position> = page.after()?;
    let clinic = caller.clinic();
    let (start, first) = after.map_or((Cell::MIN, AppointmentId::new(0)), |after| {
        (
            after.start,
            AppointmentId::new(after.id.number().saturating_add(1)),
        )
    });
    let mut found: Vec<&Appointment> = Vec::new();
    let few = |appointment: &&Appointment| {
        sites.contains(&appointment.slot.site)
            && (appointment.slot.start(), appointment.id) >= (start, first)
            && filter.matches(appointment)
    };
    if let Some(series) = filter.series {
        found.extend(clinic.series(series).map(AsRef::as_ref).filter(few));
    } else if let Some(client) = filter.client {
        let theirs = clinic.appointments_of(client);
        found.extend(theirs.map(AsRef::as_ref).filter(few));
    } else if let Some(time) = filter.time {
        let (start, first) = (start, first).max((time.start(), AppointmentId::new(0)));
        for &site in &sites {
            let there = clinic.appointments_after(site, start, first, time.end());
            let there = there
                .map(AsRef::as_ref)
                .filter(|appointment| filter.matches(appointment));
            found.extend(there.take(page.size() + 1));
        }
    }
    found.sort_by_key(|appointment| (appointment.slot.start(), appointment.id));
    let (appointments, next_page_token) = page.cut(found.into_iter(), |appointment| Position {
        start: appointment.slot.start(),
        id: appointment.id,
    });
    let appointments = call::show_appointments(&caller, clinic, appointments);
    Ok(v1::ListAppointmentsResponse {
        revision: caller.published.revision,
        appointments,
        next_page_token,
    }
    .into())
}

/// A place in the order of appointments: by start and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    start: Cell,
    id: AppointmentId,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start.number(), self.id)
    }
}

/// A text that is no position.
struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (start, id) = text.split_once('/').ok_or(NoPosition)?;
        let start = start.parse().ok().and_then(Cell::new).ok_or(NoPosition)?;
        Ok(Self {
            start,
            id: id.parse().map_err(|_| NoPosition)?,
        })
    }
}

fn show(caller: &Caller, appointment: &Appointment) -> v1::Appointment {
    let clinic = caller.clinic();
    let revision = clinic
        .revision_of(&RecordId::Appointment(appointment.id))
        .unwrap_or(0);
    convert::appointment::show(appointment, revision, clinic, &caller.view)
}
