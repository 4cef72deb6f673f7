//! Rule sets as they were, and what an edit of one would do.

use std::sync::Arc;

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_clinic::id::RuleSetId;
use treadwell_clinic::model::{RecordId, RuleSetVersion};
use treadwell_clinic::screening::{self, Preview};

use super::call::{self, Answer};
use super::page::{Page, paged};
use super::turn::Turn;
use super::{audit, status};
use crate::access::Caller;
use crate::convert;
use crate::convert::screening::show_outcome;
use crate::convert::session_record::key_name;
use crate::convert::values;
use crate::engine::{Committed, Engine};

#[cfg(test)]
mod tests;

paged!(ListRuleSetVersionsRequest);

pub(super) async fn versions(
    engine: &Engine,
    request: Request<v1::ListRuleSetVersionsRequest>,
) -> Answer<v1::ListRuleSetVersionsResponse> {
    let (caller, message) = call::open(request)?;
    let page = Page::of(&message)?;
    let (id, only) = call::read(|f| {
        let id: Option<RuleSetId> = f.id("rule_set_id", &message.rule_set_id);
        let only = f.number("version", message.version, 0..=i64::from(i32::MAX));
        Some((id?, only?))
    })?;
    let clinic = caller.clinic();
    if clinic.rule_set(id).is_none() {
        return Err(status::not_found("rule_set", id.to_string()));
    }
    if only > 0 && clinic.rule_set_version(id, only).is_none() {
        return Err(status::not_found(
            "rule_set_version",
            format!("{id}/{only}"),
        ));
    }
    let before: u32 = page.after()?.unwrap_or(u32::MAX);
    let all = clinic.rule_set_versions(id, before);
    let wanted = all.filter(|it| only == 0 || it.rule_set.version == only);
    let (found, next_page_token) = page.cut(wanted, |it| it.rule_set.version);
    let mut versions = Vec::with_capacity(found.len());
    for version in found {
        versions.push(show(engine, &caller, version).await?);
    }
    Ok(v1::ListRuleSetVersionsResponse {
        revision: caller.published.revision,
        versions,
        next_page_token,
    }
    .into())
}

/// A version, with the reason that its commit gives.
async fn show(
    engine: &Engine,
    caller: &Caller,
    version: &RuleSetVersion,
) -> Result<v1::RuleSetVersion, Status> {
    let clinic = caller.clinic();
    let set = &version.rule_set;
    let record = RecordId::RuleSetVersion(set.id, set.version);
    let revision = clinic.revision_of(&record).unwrap_or(0);
    let edited = version.edited;
    let reason = match edited {
        Some(_) => engine.history().reason(revision).await,
        // It was kept with a later edit, whose reason was another.
        None => Ok(String::new()),
    };
    let reason = reason.map_err(|_| status::internal("the commit of an edit can not be read"))?;
    let by = edited.map(|edit| edit.by);
    Ok(v1::RuleSetVersion {
        rule_set: Some(v1::RuleSet {
            etag: String::new(),
            ..convert::rule_set::show(set, revision)
        }),
        edited_by: by.map(|by| by.to_string()).unwrap_or_default(),
        edited_by_name: by.map(|by| key_name(by, clinic)).unwrap_or_default(),
        edited_at: edited.map(|edit| values::instant(edit.at)),
        reason,
    })
}

/// What an edit that was only tried would do, and how many appointments would become unsound. Both look at every
/// appointment to come, and so wait for their turn.
pub(super) async fn preview(
    turn: &Turn,
    caller: &Caller,
    tried: &Committed,
    id: RuleSetId,
) -> Result<(v1::RuleSetPreview, i32), Status> {
    let place = turn.enter()?;
    let (published, done) = (Arc::clone(&caller.published), tried.clone());
    let look = move || {
        let (before, after) = (&published.clinic, done.clinic());
        let found = screening::preview(before, after, id, done.at);
        (found, flagged(&done))
    };
    let (found, flagged_count) = place.run("rule set", look).await?;
    Ok((show_preview(caller, tried, &found), flagged_count))
}

/// How many appointments an edit makes unsound, or would.
pub(super) fn flagged(done: &Committed) -> i32 {
    let clinic = done.clinic();
    let rooms = clinic.rooms();
    call::flagged(
        done,
        rooms.flat_map(|room| call::in_room(clinic, room.id, done.at)),
    )
}

fn show_preview(caller: &Caller, tried: &Committed, found: &Preview) -> v1::RuleSetPreview {
    let (before, after) = (caller.clinic(), tried.clinic());
    let small = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let changes = found.changes.iter().filter_map(|change| {
        let booked = before.appointment(change.appointment)?;
        let zone = &before.site(booked.slot.site)?.zone;
        let shown = |screening, clinic| {
            let service = Some(booked.slot.service);
            convert::screening::show(screening, service, clinic, zone, &caller.view)
        };
        let (was, is) = (shown(&change.before, before), shown(&change.after, after));
        audit::reasons_read(caller, booked.client, [&was, &is]);
        let revision = before.revision_of(&RecordId::Appointment(booked.id));
        let appointment =
            convert::appointment::show(booked, revision.unwrap_or(0), before, &caller.view);
        Some(v1::OutcomeChange {
            appointment: Some(v1::Appointment {
                screening: Some(was),
                ..appointment
            }),
            after: Some(is),
        })
    });
    v1::RuleSetPreview {
        judged_count: small(found.judged),
        changes: changes.collect(),
        counts: found
            .counts
            .iter()
            .map(|((before, after), count)| v1::OutcomeCount {
                before: show_outcome(*before).into(),
                after: show_outcome(*after).into(),
                count: small(*count),
            })
            .collect(),
        voided_decision_count: small(found.voided),
        newly_asked_condition_ids: found.newly_asked.iter().map(ToString::to_string).collect(),
        incomplete_client_count: small(found.incomplete_clients),
        rule_changes: found
            .rules
            .iter()
            .map(convert::rule_set::show_change)
            .collect(),
    }
}
