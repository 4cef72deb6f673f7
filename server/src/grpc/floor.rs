//! The rooms as they are now: the board, what needs a person, and the checklists.

mod attention;
mod repair;
mod waitlist;

use tonic::Request;
use treadwell_api::v1;
use treadwell_api::v1::floor_service_server::FloorService;
use treadwell_clinic::id::{AppointmentId, ItemId, RoomId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{
    Appointment, BarsFault, Occupant, Outcome, Record, RecordId, ReviewDecision, Site,
};
use treadwell_clinic::rooms::{self, BarsState, RoomState, RoomStatus};
use treadwell_clinic::{Clinic, Command};

use super::call::{self, Answer};
use super::turn::Turn;
use crate::access::{Caller, Class, View};
use crate::convert::{self, values, words};
use crate::engine::{Committed, Engine};

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
    turn: Turn,
}

impl Service {
    /// The service on this engine.
    pub const fn new(engine: Engine, turn: Turn) -> Self {
        Self { engine, turn }
    }
}

#[tonic::async_trait]
impl FloorService for Service {
    async fn get_board(
        &self,
        request: Request<v1::GetBoardRequest>,
    ) -> Answer<v1::GetBoardResponse> {
        let (caller, message) = call::open(request)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let ids = call::sites(&caller, &named)?;
        let clinic = caller.clinic();
        let mut sites: Vec<&Site> = ids
            .iter()
            .filter_map(|&id| clinic.site(id))
            .map(AsRef::as_ref)
            .collect();
        sites.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let mut attention: Vec<_> = sites
            .iter()
            .flat_map(|site| treadwell_clinic::attention::attention(clinic, site, caller.now))
            .collect();
        // Each site's are in order; together the most urgent come first.
        attention.sort_by_key(|item| (item.matter.urgency(), item.since));
        Ok(v1::GetBoardResponse {
            revision: caller.published.revision,
            sites: sites.iter().map(|site| show_board(site, &caller)).collect(),
            attention: attention
                .iter()
                .filter_map(|item| attention::show(item, clinic, caller.now, &caller.view))
                .collect(),
            now: Some(values::instant(caller.now)),
        }
        .into())
    }

    async fn tick_turnover(
        &self,
        request: Request<v1::TickTurnoverRequest>,
    ) -> Answer<v1::TickTurnoverResponse> {
        let (caller, message) = call::open(request)?;
        let (options, room, items) = call::read(|f| {
            let options = call::options("TickTurnover", &message, message.write.as_ref(), f);
            let room: Option<RoomId> = f.id("room_id", &message.room_id);
            let items: Option<Vec<ItemId>> =
                f.ids("item_ids", &message.item_ids, limits::CHECKLIST_ITEMS);
            Some((options?, room?, items?))
        })?;
        let write = options.write_of(RecordId::Turnover(room));
        let command = if items.is_empty() {
            Command::CompleteTurnover { room }
        } else {
            Command::CompleteItems { room, items }
        };
        let done = call::submit(&self.engine, &caller, command, write).await?;
        let (turnover, ready) = ticked(&done, room, &caller);
        Ok(v1::TickTurnoverResponse {
            revision: done.revision,
            turnover: Some(turnover),
            done: ready,
        }
        .into())
    }

    async fn plan_repair(
        &self,
        request: Request<v1::PlanRepairRequest>,
    ) -> Answer<v1::PlanRepairResponse> {
        repair::plan(&self.turn, request).await
    }

    async fn apply_repair(
        &self,
        request: Request<v1::ApplyRepairRequest>,
    ) -> Answer<v1::ApplyRepairResponse> {
        repair::apply(&self.engine, request).await
    }

    async fn list_calls(
        &self,
        request: Request<v1::ListCallsRequest>,
    ) -> Answer<v1::ListCallsResponse> {
        repair::calls(request)
    }

    async fn list_turnovers(
        &self,
        request: Request<v1::ListTurnoversRequest>,
    ) -> Answer<v1::ListTurnoversResponse> {
        let (caller, message) = call::open(request)?;
        let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
        let sites = call::sites(&caller, &named)?;
        let clinic = caller.clinic();
        Ok(v1::ListTurnoversResponse {
            revision: caller.published.revision,
            turnovers: clinic
                .turnovers()
                .filter(|turnover| sites.contains(&turnover.site))
                .map(|turnover| {
                    let id = RecordId::Turnover(turnover.room);
                    convert::turnover::show(turnover, clinic.revision_of(&id).unwrap_or(0))
                })
                .collect(),
        }
        .into())
    }
}

/// The checklist after a tick, and whether it is done. A finished one is gone from the clinic: it is
/// shown as it was, with what was open ticked by the caller. When a tick that found nothing to do is
/// repeated after somebody else finished the checklist, nothing of it is left to show.
fn ticked(done: &Committed, room: RoomId, caller: &Caller) -> (v1::Turnover, bool) {
    let id = RecordId::Turnover(room);
    if let Some((Record::Turnover(turnover), revision)) = done.record(id) {
        return (convert::turnover::show(&turnover, revision), false);
    }
    let change = done.changes.iter().find(|change| change.id() == id);
    let Some(Record::Turnover(before)) = change.and_then(|change| change.before()) else {
        let site = done.clinic().room(room).map(|room| room.site.to_string());
        let finished = v1::Turnover {
            room_id: room.to_string(),
            site_id: site.unwrap_or_default(),
            ..v1::Turnover::default()
        };
        return (finished, true);
    };
    let mut shown = convert::turnover::show(before, done.revision);
    for item in shown.items.iter_mut().filter(|item| item.done_at.is_none()) {
        item.done_at = Some(values::instant(done.at));
        item.done_by = caller.actor.key.to_string();
    }
    (shown, true)
}

fn show_board(site: &Site, caller: &Caller) -> v1::SiteBoard {
    let clinic = caller.clinic();
    let mut rooms: Vec<_> = rooms::board(clinic, site, caller.now)
        .iter()
        .map(|status| show_room(status, site, clinic, caller))
        .collect();
    rooms.sort_by(|a, b| (&a.name, &a.room_id).cmp(&(&b.name, &b.room_id)));
    let today = site.zone.local(caller.now).date();
    let mut openings = site.openings(today);
    let first = openings.next();
    let last = openings.last().or(first);
    v1::SiteBoard {
        site_id: site.id.to_string(),
        name: site.name.clone(),
        time_zone: site.zone.name().to_owned(),
        rooms,
        opens_at: first.map(|opening| values::cell(opening.start())),
        closes_at: last.map(|opening| values::cell(opening.end())),
    }
}

fn show_room(status: &RoomStatus, site: &Site, clinic: &Clinic, caller: &Caller) -> v1::RoomStatus {
    let room = clinic.room(status.room);
    let mut shown = v1::RoomStatus {
        room_id: status.room.to_string(),
        site_id: status.site.to_string(),
        name: room.map(|room| room.name.clone()).unwrap_or_default(),
        until: status.until.map(values::instant),
        ..v1::RoomStatus::default()
    };
    shown.state = show_state(&mut shown, status, site, caller).into();
    show_bars(&mut shown, status, clinic);
    if let Some(outage) = shown
        .outage_id
        .parse()
        .ok()
        .and_then(|id| clinic.outage(id))
    {
        shown.outage_reason.clone_from(&outage.reason);
    }
    if let Some(next) = status.next {
        if let Occupant::Appointment(id) = next.by {
            shown.next_appointment_id = id.to_string();
        }
        shown.next_start = Some(values::cell(next.time.start()));
    }
    shown
}

/// Shows what goes on in a room, and gives the API's word for it.
fn show_state(
    shown: &mut v1::RoomStatus,
    status: &RoomStatus,
    site: &Site,
    caller: &Caller,
) -> v1::RoomState {
    let clinic = caller.clinic();
    match status.state {
        RoomState::Vacant => v1::RoomState::Vacant,
        RoomState::Held(Occupant::Hold(id)) => {
            show_hold(shown, id, clinic, &caller.view);
            v1::RoomState::Held
        }
        RoomState::Held(Occupant::Appointment(id)) => {
            show_appointment(shown, id, site, clinic, &caller.view);
            v1::RoomState::Held
        }
        RoomState::InSession(id) => {
            show_appointment(shown, id, site, clinic, &caller.view);
            v1::RoomState::InSession
        }
        RoomState::Over(id) => {
            show_appointment(shown, id, site, clinic, &caller.view);
            // The planned end, which is past: how long ago is what late_minutes says.
            let end = clinic
                .appointment(id)
                .map(|it| it.slot.planned.end().timestamp());
            shown.until = end.map(values::instant);
            shown.late_minutes = end.map_or(0, |end| minutes_between(end, caller.now));
            v1::RoomState::Over
        }
        RoomState::Turnover {
            appointment,
            due,
            late,
        } => {
            shown.appointment_id = appointment.to_string();
            if late {
                shown.late_minutes = minutes_between(due, caller.now);
            }
            shown.turnover = clinic.turnover_in(status.room).map(|turnover| {
                let id = RecordId::Turnover(status.room);
                convert::turnover::show(turnover, clinic.revision_of(&id).unwrap_or(0))
            });
            v1::RoomState::Turnover
        }
        RoomState::Out(outage) => {
            shown.outage_id = outage.to_string();
            v1::RoomState::Out
        }
    }
}

fn show_bars(shown: &mut v1::RoomStatus, status: &RoomStatus, clinic: &Clinic) {
    let bars = match status.bars {
        BarsState::None => v1::BarsState::None,
        BarsState::Sound => v1::BarsState::Sound,
        BarsState::Unsound(fault) => {
            if let (BarsFault::Outage(outage), true) = (fault, shown.outage_id.is_empty()) {
                shown.outage_id = outage.to_string();
            }
            v1::BarsState::Out
        }
    };
    shown.bars = bars.into();
    let room = clinic.room(status.room).filter(|room| room.has_bars());
    shown.inspected_through = room
        .and_then(|room| room.inspection)
        .and_then(|inspection| inspection.lapses().yesterday().ok())
        .map(|last| last.to_string())
        .unwrap_or_default();
}

fn show_hold(
    shown: &mut v1::RoomStatus,
    id: treadwell_clinic::id::HoldId,
    clinic: &Clinic,
    view: &View,
) {
    shown.hold_id = id.to_string();
    let Some(hold) = clinic.hold(id) else { return };
    show_therapist(shown, hold.slot.therapist, clinic);
    if let Some(client) = hold.client.and_then(|id| clinic.client(id)) {
        shown.client_name = name(&client.name, view);
    }
}

fn show_appointment(
    shown: &mut v1::RoomStatus,
    id: AppointmentId,
    site: &Site,
    clinic: &Clinic,
    view: &View,
) {
    shown.appointment_id = id.to_string();
    let Some(appointment) = clinic.appointment(id) else {
        return;
    };
    show_therapist(shown, appointment.slot.therapist, clinic);
    if let Some(client) = clinic.client(appointment.client) {
        shown.client_name = name(&client.name, view);
    }
    words::phase(appointment.state.phase()).clone_into(&mut shown.appointment_state);
    if view.clients() {
        screening_word(appointment, site, clinic).clone_into(&mut shown.screening);
    }
}

fn show_therapist(
    shown: &mut v1::RoomStatus,
    id: treadwell_clinic::id::TherapistId,
    clinic: &Clinic,
) {
    shown.therapist_id = id.to_string();
    if let Some(therapist) = clinic.therapist(id) {
        shown.therapist_name = values::short_name(&therapist.name);
    }
}

/// A client's name as far as the view shows it.
fn name(name: &str, view: &View) -> String {
    if view.class >= Class::Desk {
        name.to_owned()
    } else {
        values::initials(name)
    }
}

/// What screening says of an appointment, in one word, as of its start.
fn screening_word(appointment: &Appointment, site: &Site, clinic: &Clinic) -> &'static str {
    let slot = &appointment.slot;
    let Some(service) = clinic.service(slot.service) else {
        return "";
    };
    let at = slot.start().timestamp();
    let found = treadwell_clinic::rules::screen(clinic, appointment.client, service, site, at);
    if found.outcome == Outcome::Clear {
        return "clear";
    }
    // A therapist's word does not lift what refuses barefoot work, and it counts for what it was given on.
    let refused = service.modality.is_barefoot() && found.outcome.refuses_barefoot();
    let review = appointment.review_of(&found).filter(|_| !refused);
    match (review.map(|review| review.decision), &found.outcome) {
        (Some(ReviewDecision::Decline), _) => "declined",
        (Some(ReviewDecision::Proceed | ReviewDecision::Modify), _) => "reviewed",
        (None, Outcome::Clear | Outcome::NeedsReview) => "review",
        (None, Outcome::Incomplete { .. }) => "incomplete",
        (None, Outcome::ExcludedUntil(_) | Outcome::Excluded) => "excluded",
    }
}

/// Whole minutes from one instant to a later one.
fn minutes_between(from: jiff::Timestamp, until: jiff::Timestamp) -> i32 {
    i32::try_from(until.duration_since(from).as_mins()).unwrap_or(i32::MAX)
}
