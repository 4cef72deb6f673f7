//! What can be booked, and why something can not.

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::availability_service_server::AvailabilityService;
use treadwell_clinic::availability::{self, Answer as Which, Proposal, Purpose, Query};
use treadwell_clinic::explain::{self, Explanation, TimeFault};
use treadwell_clinic::id::{AppointmentId, ClientId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Fault, Occupant, Wish};
use treadwell_clinic::rank::Favour;
use treadwell_clinic::refusal::WhyNot;
use treadwell_clinic::rooms::{self, FreeQuery, FreeRoom, RoomState};
use treadwell_clinic::time::Cell;
use treadwell_clinic::{Clinic, Refusal};

use super::call::{self, Answer};
use super::{audit, status};
use crate::access::Caller;
use crate::convert::fields::Fields;
use crate::convert::words::Words;
use crate::convert::{self, Violations, values};

/// Days that a search covers when the request does not say.
const DAYS: u32 = 14;

/// Cells of a day of 24 hours.
const DAY: u32 = 24 * 12;

/// Proposals of a search when the request does not say.
const PROPOSALS: usize = 20;

/// The most proposals of a search.
const MAX_PROPOSALS: i64 = 200;

/// The most obstacles that an explanation names.
const OBSTACLES: usize = 200;

/// The field that names the appointment to be moved.
const MOVING: &str = "moving_appointment_id";

/// The longest time that a room is asked for, in minutes.
const FREE_FOR: u16 = 24 * 60;

/// The service. It reads the clinic that the call was let in on, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Service;

fn refused(refusal: &Refusal, caller: &Caller) -> Status {
    status::refused(refusal, caller.clinic(), &caller.view)
}

#[tonic::async_trait]
impl AvailabilityService for Service {
    async fn search_availability(
        &self,
        request: Request<v1::SearchAvailabilityRequest>,
    ) -> Answer<v1::SearchAvailabilityResponse> {
        let (caller, message) = call::open(request)?;
        let clinic = caller.clinic();
        let (mut query, moving) = call::read(|f| {
            let query = read_query(&message, &caller, f);
            let moving = f.optional_id(MOVING, &message.moving_appointment_id);
            Some((query?, moving?))
        })?;
        (query.except, query.client) = moved(&caller, moving, query.client)?;
        query.sites = call::sites(&caller, &query.sites)?;
        let found = availability::offer(clinic, &query, caller.now)
            .map_err(|refusal| refused(&refusal, &caller))?;
        let screening = found.screening.as_ref().and_then(|screening| {
            let first = found.proposals.first().or(found.next.as_ref());
            let site = first
                .map(|first| first.slot.site)
                .or(query.sites.first().copied())?;
            let zone = &clinic.site(site)?.zone;
            Some(convert::screening::show(
                screening,
                Some(query.service),
                clinic,
                zone,
                &caller.view,
            ))
        });
        if let Some(client) = query.client {
            audit::reasons_read(&caller, client, &screening);
        }
        Ok(v1::SearchAvailabilityResponse {
            revision: caller.published.revision,
            proposals: found.proposals.iter().map(show_proposal).collect(),
            next_available: found.next.map(|next| values::cell(next.slot.start())),
            screening,
        }
        .into())
    }

    async fn explain_slot(
        &self,
        request: Request<v1::ExplainSlotRequest>,
    ) -> Answer<v1::ExplainSlotResponse> {
        let (caller, message) = call::open(request)?;
        let (mut wish, moving) = call::read(|f| {
            let moving = f.optional_id(MOVING, &message.moving_appointment_id);
            let site = f.id("site_id", &message.site_id);
            let service = f.id("service_id", &message.service_id);
            let extensions = convert::hold::read_extensions(&message.extension_ids, f);
            let start = f.cell("start", message.start.as_ref());
            let client = f.optional_id("client_id", &message.client_id);
            let therapist = f.optional_id("therapist_id", &message.therapist_id);
            let room = f.optional_id("room_id", &message.room_id);
            let wish = Wish {
                client: client?,
                service: service?,
                extensions: extensions?,
                site: site?,
                start: start?,
                room: room?,
                therapist: therapist?,
            };
            Some((wish, moving?))
        })?;
        call::reach(&caller, wish.site)?;
        let except;
        (except, wish.client) = moved(&caller, moving, wish.client)?;
        let clinic = caller.clinic();
        let explanation = explain::explain(clinic, &wish, Purpose::Book, except, caller.now)
            .map_err(|refusal| refused(&refusal, &caller))?;
        let nearest = availability::nearest(
            clinic,
            &wish,
            Purpose::Book,
            except,
            caller.now,
            limits::ALTERNATIVES,
        );
        Ok(v1::ExplainSlotResponse {
            revision: caller.published.revision,
            available: explanation.is_available(),
            obstacles: obstacles(&explanation, clinic, &caller),
            nearest: nearest.iter().map(show_proposal).collect(),
        }
        .into())
    }

    async fn list_free_rooms(
        &self,
        request: Request<v1::ListFreeRoomsRequest>,
    ) -> Answer<v1::ListFreeRoomsResponse> {
        let (caller, message) = call::open(request)?;
        let mut query = call::read(|f| {
            let sites = call::read_sites(&message.site_ids, f);
            let at = f.optional_cell("at", message.at.as_ref());
            let minutes = f.minutes("minutes", message.minutes, 0..=FREE_FOR)?;
            Some(FreeQuery {
                sites: sites?,
                at: at?,
                minutes: (minutes.get() > 0).then_some(minutes),
                bars: message.bars,
            })
        })?;
        query.sites = call::sites(&caller, &query.sites)?;
        let clinic = caller.clinic();
        let found = if query.sites.is_empty() {
            // No site means every one to the clinic, and none to a caller who reaches none.
            rooms::FreeRooms {
                at: query.at.unwrap_or(Cell::containing(caller.now)),
                rooms: Vec::new(),
                not_ready: Vec::new(),
            }
        } else {
            rooms::free(clinic, &query, caller.now).map_err(|refusal| refused(&refusal, &caller))?
        };
        let show = |room: &FreeRoom| show_free_room(room, clinic);
        Ok(v1::ListFreeRoomsResponse {
            revision: caller.published.revision,
            rooms: found.rooms.iter().map(show).collect(),
            not_ready: found.not_ready.iter().map(show).collect(),
            at: Some(match query.at {
                Some(at) => values::cell(at),
                None => values::instant(caller.now),
            }),
        }
        .into())
    }
}

/// What counts as free, and for whom places are looked for, when an appointment is to be moved (or when none
/// is). One out of the caller's sight is as one that does not exist.
fn moved(
    caller: &Caller,
    moving: Option<AppointmentId>,
    client: Option<ClientId>,
) -> Result<(Option<Occupant>, Option<ClientId>), Status> {
    let Some(id) = moving else {
        return Ok((None, client));
    };
    let appointment = call::appointment(caller, id)?;
    if client.is_some_and(|client| client != appointment.client) {
        let expected = "empty, or the client of the appointment that is moved";
        return Err(status::fields(Violations::one("client_id", expected)));
    }
    Ok((Some(Occupant::Appointment(id)), Some(appointment.client)))
}

fn read_query(
    message: &v1::SearchAvailabilityRequest,
    caller: &Caller,
    f: &mut Fields<'_>,
) -> Option<Query> {
    let sites = call::read_sites(&message.site_ids, f);
    let service = f.id("service_id", &message.service_id);
    let extensions = convert::hold::read_extensions(&message.extension_ids, f);
    let from = f.optional_instant("from", message.from.as_ref());
    let until = f.optional_instant("until", message.until.as_ref());
    let client = f.optional_id("client_id", &message.client_id);
    let therapist = f.optional_id("therapist_id", &message.therapist_id);
    let room = f.optional_id("room_id", &message.room_id);
    let grid = match message.grid_minutes {
        0 => Some(None),
        minutes => f.minutes("grid_minutes", minutes, 5..=60).map(Some),
    };
    let limit = match message.limit {
        0 => Some(PROPOSALS),
        limit => f.number("limit", limit, 1..=MAX_PROPOSALS),
    };
    let answer = match v1::ProposalSet::try_from(message.proposal_set) {
        Ok(v1::ProposalSet::Unspecified | v1::ProposalSet::BestPerStart) => {
            Some(Which::BestPerStart)
        }
        Ok(v1::ProposalSet::EveryCombination) => Some(Which::EveryCombination),
        Err(_) => f.wrong(
            "proposal_set",
            format!("no known value has the number {}", message.proposal_set),
        ),
    };
    let from = from?.map_or(Cell::containing(caller.now), Cell::at_or_after);
    let until = until?.map_or(from.plus_cells(DAYS * DAY), Cell::at_or_after);
    Some(Query {
        sites: sites?,
        service: service?,
        extensions: extensions?,
        client: client?,
        therapist: therapist?,
        prefer: None,
        room: room?,
        from,
        until,
        grid: grid?,
        limit: limit?,
        answer: answer?,
        purpose: Purpose::Book,
        except: None,
    })
}

pub(super) fn show_proposal(proposal: &Proposal) -> v1::Proposal {
    let slot = &proposal.slot;
    let mut rank_reasons = Vec::new();
    if let Some(why) = &proposal.why {
        if why.earliest {
            rank_reasons.push(v1::RankReason::Earliest.into());
        }
        match why.favour {
            Some(Favour::Preferred) => rank_reasons.push(v1::RankReason::PreferredTherapist.into()),
            Some(Favour::Usual) => rank_reasons.push(v1::RankReason::UsualTherapist.into()),
            None => {}
        }
        if why.spares {
            rank_reasons.push(v1::RankReason::LeastScarceRoom.into());
        }
        if why.short_gaps == 0 {
            rank_reasons.push(v1::RankReason::NoShortGap.into());
        }
    }
    v1::Proposal {
        start: Some(values::cell(slot.planned.start())),
        end: Some(values::cell(slot.planned.end())),
        site_id: slot.site.as_str().to_owned(),
        room_id: slot.room.as_str().to_owned(),
        therapist_id: slot.therapist.as_str().to_owned(),
        bars: proposal.bars,
        rank_reasons,
        credential_id: proposal
            .credential
            .map(|id| id.as_str().to_owned())
            .unwrap_or_default(),
    }
}

fn obstacles(explanation: &Explanation, clinic: &Clinic, caller: &Caller) -> Vec<v1::Obstacle> {
    let time = explanation.time.map(|fault| {
        let why = match fault {
            TimeFault::Past { earliest } => WhyNot::Past(Some(earliest)),
            TimeFault::TooFarAhead { .. } => WhyNot::TooFarAhead(None),
        };
        let reason = convert::series::reason(&why);
        convert::fault::obstacle_of_time(reason, Words(clinic).why_not(&why))
    });
    let about = |id: String| {
        move |fault: &Fault| {
            let mut obstacle = convert::fault::obstacle(fault, clinic, &caller.view);
            if obstacle.subject_id.is_empty() {
                obstacle.subject_id.clone_from(&id);
            }
            obstacle
        }
    };
    let common = explanation.common.iter().map(about(String::new()));
    let rooms = explanation
        .rooms
        .iter()
        .flat_map(|(room, faults)| faults.iter().map(about(room.to_string())));
    let therapists = explanation
        .therapists
        .iter()
        .flat_map(|(therapist, faults)| faults.iter().map(about(therapist.to_string())));
    time.into_iter()
        .chain(common)
        .chain(rooms)
        .chain(therapists)
        .take(OBSTACLES)
        .collect()
}

fn show_free_room(free: &FreeRoom, clinic: &Clinic) -> v1::FreeRoom {
    v1::FreeRoom {
        room_id: free.room.to_string(),
        site_id: free.site.to_string(),
        name: clinic
            .room(free.room)
            .map(|room| room.name.clone())
            .unwrap_or_default(),
        bars: free.bars,
        free_until: free.until.map(values::cell),
        closes_at: free.closes.map(values::cell),
        vacant_now: free.state == RoomState::Vacant,
    }
}
