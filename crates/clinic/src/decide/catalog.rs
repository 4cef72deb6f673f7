//! Sites, rooms, services, rule sets, therapists and the policy: what a manager sets up.
//!
//! A resource is put whole. One command puts one, or a whole catalog, all or nothing. Nothing is ever
//! removed from the catalog, because history speaks of it; it is retired.

mod fields;
mod guide;

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::command::{Catalog, Put, Scope};
use crate::id::{CredentialId, RuleSetId, SiteId};
use crate::model::{
    Mark, Policy, Record, RecordId, Room, RuleSet, RuleSetVersion, Service, Site, Therapist,
};
use crate::refusal::Refusal;

use super::check::Checks;
use super::{Work, check, prices, stock};

pub(super) fn put_site(work: &mut Work<'_>, put: &Put<Site>) -> Result<(), Refusal> {
    let site = &put.resource;
    let mut checks = Checks::default();
    fields::site(&mut checks, site);
    checks.finish()?;
    work.allow(site.id)?;
    work.fresh_enough(RecordId::Site(site.id), put.etag)?;
    if replace(work, site.clone().into()) {
        work.rejudge(Scope::Site(site.id));
    }
    Ok(())
}

pub(super) fn put_room(work: &mut Work<'_>, put: &Put<Room>) -> Result<(), Refusal> {
    let room = &put.resource;
    let mut checks = Checks::default();
    fields::room(&mut checks, room);
    checks.finish()?;
    work.site(room.site)?;
    work.fresh_enough(RecordId::Room(room.id), put.etag)?;
    stays_at_its_site(work, room)?;
    let room = with_its_inspection(work, room)?;
    if replace(work, room.clone().into()) {
        work.rejudge(Scope::Room(room.id));
    }
    Ok(())
}

pub(super) fn put_rule_set(work: &mut Work<'_>, put: &Put<RuleSet>) -> Result<(), Refusal> {
    let rule_set = &put.resource;
    let mut checks = Checks::default();
    fields::rule_set(&mut checks, rule_set);
    checks.finish()?;
    work.everywhere()?;
    work.fresh_enough(RecordId::RuleSet(rule_set.id), put.etag)?;
    if replace_rule_set(work, rule_set) {
        work.rejudge(Scope::All);
    }
    Ok(())
}

pub(super) fn put_service(work: &mut Work<'_>, put: &Put<Service>) -> Result<(), Refusal> {
    let service = &put.resource;
    let mut checks = Checks::default();
    fields::service(&mut checks, service);
    checks.finish()?;
    work.everywhere()?;
    rule_set_exists(work, &[], service.rule_set)?;
    work.fresh_enough(RecordId::Service(service.id), put.etag)?;
    if replace(work, service.clone().into()) {
        work.rejudge(Scope::All);
    }
    Ok(())
}

pub(super) fn put_policy(work: &mut Work<'_>, put: &Put<Policy>) -> Result<(), Refusal> {
    let policy = &put.resource;
    let mut checks = Checks::default();
    fields::policy(&mut checks, policy);
    checks.finish()?;
    work.everywhere()?;
    for gap in &policy.travel_between {
        site_exists(work, &[], gap.a)?;
        site_exists(work, &[], gap.b)?;
    }
    work.fresh_enough(RecordId::Policy, put.etag)?;
    if replace(work, policy.clone().into()) {
        work.rejudge(Scope::All);
    }
    Ok(())
}

pub(super) fn put_therapist(work: &mut Work<'_>, put: &Put<Therapist>) -> Result<(), Refusal> {
    let therapist = &put.resource;
    let mut checks = Checks::default();
    fields::therapist(&mut checks, therapist);
    checks.finish()?;
    may_change_therapist(work, therapist)?;
    for &site in &therapist.sites {
        site_exists(work, &[], site)?;
    }
    work.fresh_enough(RecordId::Therapist(therapist.id), put.etag)?;
    if replace(work, therapist.clone().into()) {
        work.rejudge(Scope::Therapist(therapist.id));
    }
    Ok(())
}

/// Loads a catalog. What is in it may refer to what is in it, and to what is there already.
pub(super) fn import(work: &mut Work<'_>, catalog: &Catalog) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    fields::catalog(&mut checks, catalog);
    checks.finish()?;
    let shared =
        catalog.policy.is_some() || !catalog.rule_sets.is_empty() || !catalog.services.is_empty();
    if shared || prices::any(catalog) {
        work.everywhere()?;
    }
    for site in &catalog.sites {
        work.allow(site.id)?;
    }
    for room in &catalog.rooms {
        work.allow(room.site)?;
        site_exists(work, &catalog.sites, room.site)?;
        stays_at_its_site(work, room)?;
    }
    for service in &catalog.services {
        rule_set_exists(work, &catalog.rule_sets, service.rule_set)?;
    }
    for therapist in &catalog.therapists {
        may_change_therapist(work, therapist)?;
        for &site in &therapist.sites {
            site_exists(work, &catalog.sites, site)?;
        }
    }
    for gap in catalog
        .policy
        .iter()
        .flat_map(|policy| &policy.travel_between)
    {
        site_exists(work, &catalog.sites, gap.a)?;
        site_exists(work, &catalog.sites, gap.b)?;
    }
    for opening in &catalog.stock {
        work.allow(opening.item.site)?;
        site_exists(work, &catalog.sites, opening.item.site)?;
    }

    let rooms = catalog.rooms.iter();
    let rooms: Vec<_> = rooms
        .map(|room| with_its_inspection(work, room))
        .collect::<Result<_, _>>()?;
    let mut changed = false;
    changed |= replace_all(work, catalog.policy.iter().cloned());
    changed |= replace_all(work, catalog.sites.iter().cloned());
    changed |= replace_all(work, rooms);
    for rule_set in &catalog.rule_sets {
        changed |= replace_rule_set(work, rule_set);
    }
    changed |= replace_all(work, catalog.services.iter().cloned());
    changed |= replace_all(work, catalog.therapists.iter().cloned());
    prices::import(work, catalog)?;
    if changed {
        work.rejudge(Scope::All);
    }
    stock::open(work, &catalog.stock)
}

pub(super) fn replace_all<T: Into<Record>>(
    work: &mut Work<'_>,
    resources: impl IntoIterator<Item = T>,
) -> bool {
    let mut changed = false;
    for resource in resources {
        changed |= replace(work, resource.into());
    }
    changed
}

/// Puts a record in the place of the one with its id. Whether there was another one, on which something
/// may rest already.
pub(super) fn replace(work: &mut Work<'_>, record: Record) -> bool {
    let id = record.id();
    match work.clinic.get(&id) {
        Some(same) if same == record => {
            work.mention(id);
            false
        }
        Some(before) => {
            work.update(before, record);
            true
        }
        None => {
            work.create(record);
            // Nothing rests on a record that was not there, but on the default policy.
            id == RecordId::Policy
        }
    }
}

/// Puts a rule set with its version. An edit keeps the version for good, and the one before it too if nobody has yet: that was
/// stored before versions were. As [`replace`].
fn replace_rule_set(work: &mut Work<'_>, rule_set: &RuleSet) -> bool {
    let clinic = work.clinic;
    let before = clinic.rule_set(rule_set.id);
    let rule_set = next_version(clinic, rule_set);
    if before.is_none_or(|before| before.version != rule_set.version) {
        let unkept = before.filter(|it| clinic.rule_set_version(it.id, it.version).is_none());
        if let Some(before) = unkept {
            work.create_too(RuleSetVersion {
                rule_set: RuleSet::clone(before),
                edited: None,
            });
        }
        work.create_too(RuleSetVersion {
            rule_set: rule_set.clone(),
            edited: Some(Mark {
                by: work.context.actor.key,
                at: work.now(),
            }),
        });
    }
    replace(work, rule_set.into())
}

/// The rule set with its version: one more than that of other rules under its id.
fn next_version(clinic: &Clinic, rule_set: &RuleSet) -> RuleSet {
    let version = match clinic.rule_set(rule_set.id) {
        None => 1,
        Some(old) if old.rules == rule_set.rules => old.version,
        Some(old) => old.version + 1,
    };
    RuleSet {
        version,
        ..rule_set.clone()
    }
}

fn stays_at_its_site(work: &Work<'_>, room: &Room) -> Result<(), Refusal> {
    match work.clinic.room(room.id) {
        Some(old) if old.site != room.site => Err(Refusal::RoomOfAnotherSite {
            room: room.id,
            site: old.site,
        }),
        _ => Ok(()),
    }
}

/// The room with the inspection that it has: only the log of inspections gives it another one. Who names none means
/// that; with a new room comes what is known of it so far.
fn with_its_inspection(work: &Work<'_>, room: &Room) -> Result<Room, Refusal> {
    let mut room = room.clone();
    let Some(before) = work.clinic.room(room.id) else {
        return Ok(room);
    };
    if room.inspection.is_some() && room.inspection != before.inspection {
        let expected =
            "none, or the one that the room has: another one is recorded as an inspection";
        return Err(check::invalid("inspection", expected));
    }
    room.inspection = before.inspection;
    Ok(room)
}

/// Whoever is limited to some sites may change a therapist of theirs, but neither take the therapist from another site nor send
/// them there, nor change what they can be booked for there.
pub(super) fn may_change_therapist(work: &Work<'_>, therapist: &Therapist) -> Result<(), Refusal> {
    let old = work.clinic.therapist(therapist.id);
    let before: &[SiteId] = old.map_or(&[], |old| &old.sites);
    let works_on = old.is_some_and(|old| work_of(old) == work_of(therapist));
    let mut one_of_theirs = false;
    for &site in before.iter().chain(&therapist.sites) {
        let stays = works_on && before.contains(&site) && therapist.sites.contains(&site);
        match work.allow(site) {
            Ok(()) => one_of_theirs = true,
            Err(_) if stays => {}
            Err(refusal) => return Err(refusal),
        }
    }
    match therapist.sites.first() {
        Some(&site) if !one_of_theirs => Err(Refusal::SiteNotAllowed { site }),
        _ => Ok(()),
    }
}

/// What decides, wherever they work, what a therapist can be booked for: whether they take work at all, and what they are
/// certified for until when.
fn work_of(therapist: &Therapist) -> (bool, BTreeMap<CredentialId, Option<Date>>) {
    let held = therapist.credentials.iter();
    let held = held.map(|credential| (credential.kind, credential.expires));
    (therapist.retired, held.collect())
}

fn site_exists(work: &Work<'_>, coming: &[Site], site: SiteId) -> Result<(), Refusal> {
    if coming.iter().any(|new| new.id == site) || work.clinic.site(site).is_some() {
        return Ok(());
    }
    Err(Refusal::NotFound {
        what: RecordId::Site(site),
    })
}

fn rule_set_exists(work: &Work<'_>, coming: &[RuleSet], id: RuleSetId) -> Result<(), Refusal> {
    if coming.iter().any(|new| new.id == id) || work.clinic.rule_set(id).is_some() {
        return Ok(());
    }
    Err(Refusal::NotFound {
        what: RecordId::RuleSet(id),
    })
}

/// How many records a catalog holds.
fn size(catalog: &Catalog) -> usize {
    catalog.sites.len()
        + catalog.rooms.len()
        + catalog.rule_sets.len()
        + catalog.services.len()
        + catalog.therapists.len()
        + catalog.price_lists.len()
        + catalog.stock.len()
}

#[cfg(test)]
mod tests;
