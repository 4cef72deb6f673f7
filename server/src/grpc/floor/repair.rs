//! What a disruption does to the day, what mends it, and whom to call.

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::Command;
use treadwell_clinic::command::ApplyRepair;
use treadwell_clinic::limits;
use treadwell_clinic::model::RecordId;
use treadwell_clinic::repair::{self, Disruption};

use crate::access::Caller;
use crate::convert;
use crate::engine::Engine;
use crate::grpc::call::{self, Answer};
use crate::grpc::turn::Turn;
use crate::grpc::{audit, status};

pub(super) async fn plan(
    turn: &Turn,
    request: Request<v1::PlanRepairRequest>,
) -> Answer<v1::PlanRepairResponse> {
    let (caller, message) = call::open(request)?;
    let disruptions = call::read(|f| {
        let all = &message.disruptions;
        f.count("disruptions", all.len(), 1..=limits::DISRUPTIONS)?;
        let read: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(at, it)| {
                let mut f = f.item("disruptions", at);
                convert::repair::read(it, caller.clinic(), caller.now, &mut f)
            })
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    })?;
    for disruption in &disruptions {
        reach(&caller, disruption)?;
    }
    let published = caller.published.clone();
    let (sites, now) = (caller.actor.sites.clone(), caller.now);
    let work = move || repair::plan(&published.clinic, &disruptions, &sites, now);
    let plan = turn
        .enter()?
        .run("repair", work)
        .await?
        .map_err(|refusal| status::refused(&refusal, caller.clinic(), &caller.view))?;
    let repairs: Vec<_> = plan
        .mends
        .iter()
        .map(|mend| convert::repair::show(mend, caller.clinic(), &caller.view))
        .collect();
    audit::appointments_read(
        &caller,
        repairs
            .iter()
            .filter_map(|repair| repair.appointment.as_ref()),
    );
    Ok(v1::PlanRepairResponse {
        revision: caller.published.revision,
        repairs,
        cost: Some(convert::repair::show_cost(plan.cost)),
        best: plan.proven,
        more: plan.more,
    }
    .into())
}

/// Fails unless the caller reaches what a disruption names. What has an id and is out of reach is as what does not exist.
fn reach(caller: &Caller, disruption: &Disruption) -> Result<(), Status> {
    let clinic = caller.clinic();
    match *disruption {
        Disruption::Outage(id) => {
            let found = clinic.outage(id);
            let found = found.filter(|outage| caller.view.reaches(outage.site));
            found.map_or_else(
                || Err(status::not_found("outage", id.to_string())),
                |_| Ok(()),
            )
        }
        Disruption::Overrun { appointment, .. } => call::appointment(caller, appointment).map(drop),
        Disruption::Out { room, .. } => clinic
            .room(room)
            .map_or(Ok(()), |room| call::reach(caller, room.site)),
        Disruption::Unsound { site, .. } => call::reach(caller, site),
        // What is planned with them elsewhere is left out.
        Disruption::Absent { .. } => Ok(()),
    }
}

pub(super) async fn apply(
    engine: &Engine,
    request: Request<v1::ApplyRepairRequest>,
) -> Answer<v1::ApplyRepairResponse> {
    let (caller, message) = call::open(request)?;
    let (options, moves) = call::read(|f| {
        let options = call::options("ApplyRepair", &message, message.write.as_ref(), f);
        f.count("moves", message.moves.len(), 1..=limits::REPAIR_MOVES)?;
        let read: Vec<_> = message
            .moves
            .iter()
            .enumerate()
            .map(|(at, to)| convert::repair::read_move(to, &mut f.item("moves", at)))
            .collect();
        let moves = read.into_iter().collect::<Option<Vec<_>>>();
        Some((options?, moves?))
    })?;
    let command = Command::ApplyRepair(ApplyRepair { moves });
    let done = call::submit(engine, &caller, command, options.write).await?;
    let (mut appointments, mut calls) = (Vec::new(), Vec::new());
    for shown in call::answers(&done, &caller, Some) {
        match shown {
            Resource::Appointment(shown) => appointments.push(shown),
            Resource::Hold(shown) => calls.push(shown),
            _ => {}
        }
    }
    Ok(v1::ApplyRepairResponse {
        revision: done.revision,
        appointments,
        calls,
    }
    .into())
}

pub(super) fn calls(request: Request<v1::ListCallsRequest>) -> Answer<v1::ListCallsResponse> {
    let (caller, message) = call::open(request)?;
    let named = call::read(|f| call::read_sites(&message.site_ids, f))?;
    let sites = call::sites(&caller, &named)?;
    let clinic = caller.clinic();
    let mut holds: Vec<_> = clinic
        .calls()
        .filter(|hold| hold.expires_at > caller.now)
        .filter_map(|hold| Some((hold, clinic.appointment(hold.moves?)?)))
        // Whose client it is has to call, and where the place is kept it has to be known.
        .filter(|(hold, moved)| sites.contains(&hold.slot.site) || sites.contains(&moved.slot.site))
        .collect();
    holds.sort_by_key(|(hold, _)| (hold.expires_at, hold.id));
    let calls: Vec<_> = holds
        .into_iter()
        .map(|(hold, appointment)| {
            let changed = |id| clinic.revision_of(&id).unwrap_or(0);
            let (view, id) = (&caller.view, RecordId::Appointment(appointment.id));
            let shown = || convert::appointment::show(appointment, changed(id), clinic, view);
            let reached = view.reaches(appointment.slot.site);
            let of_hold = changed(RecordId::Hold(hold.id));
            v1::Call {
                hold: Some(convert::hold::show(hold, of_hold, view)),
                appointment: reached.then(shown),
            }
        })
        .collect();
    audit::appointments_read(
        &caller,
        calls.iter().filter_map(|call| call.appointment.as_ref()),
    );
    Ok(v1::ListCallsResponse {
        revision: caller.published.revision,
        calls,
    }
    .into())
}
