//! Keys: who may open the clinic at all.

use std::sync::Arc;

use super::Work;
use super::check::Checks;
use crate::command::{CreateKey, SetPassphrase};
use crate::id::KeyId;
use crate::limits;
use crate::model::{Key, RecordId, Role, Sites};
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

pub(super) fn create(work: &mut Work<'_>, create: &CreateKey) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.name("name", &create.name);
    let later = create.expires.is_none_or(|at| work.now() < at);
    checks.expect(later, "expires", "in the future");
    let person = create.role != Role::Therapist || create.therapist.is_some();
    checks.expect(person, "therapist", "the therapist whose key it is");
    if let Sites::Only(sites) = &create.sites {
        checks.expect(!sites.is_empty(), "sites", "at least one site");
        checks.at_most("sites", sites.len(), limits::SITES_PER_KEY);
    }
    checks.finish()?;
    no_wider(work, &create.sites)?;
    if let Some(id) = create.therapist {
        let what = RecordId::Therapist(id);
        work.clinic
            .therapist(id)
            .ok_or(Refusal::NotFound { what })?;
    }
    if let Some(other) = work.clinic.key_by_hash(&create.hash) {
        let what = RecordId::Key(other.id);
        return Err(Refusal::AlreadyExists { what });
    }
    owners_only(work, create.role)?;
    let key = Key {
        id: KeyId::new(work.fresh()?),
        hash: create.hash,
        name: create.name.clone(),
        role: create.role,
        sites: create.sites.clone(),
        therapist: create.therapist,
        created: work.now(),
        expires: create.expires,
        revoked: None,
        passphrase: None,
    };
    work.create(key);
    Ok(())
}

pub(super) fn revoke(work: &mut Work<'_>, id: KeyId) -> Result<(), Refusal> {
    let key = in_sight(work, id)?;
    no_wider(work, &key.sites)?;
    if key.revoked.is_some() {
        return Err(Refusal::KeyRevoked { key: id });
    }
    owners_only(work, key.role)?;
    let rules_all =
        |key: &Key| key.role == Role::Owner && key.sites == Sites::All && key.is_live(work.now());
    // One that expires before this one would is no substitute for it.
    let lasts = |other: &Key| match (other.expires, key.expires) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(other), Some(this)) => this <= other,
    };
    let others = work
        .clinic
        .keys()
        .any(|other| other.id != id && rules_all(other) && lasts(other));
    if rules_all(key) && !others {
        return Err(Refusal::LastOwner { key: id });
    }
    let revoked = Key {
        revoked: Some(work.now()),
        ..Key::clone(key)
    };
    work.update(Arc::clone(key), revoked);
    Ok(())
}

pub(super) fn set_passphrase(work: &mut Work<'_>, set: &SetPassphrase) -> Result<(), Refusal> {
    let key = with_passphrase(work, set.key)?;
    if key.revoked.is_some() {
        return Err(Refusal::KeyRevoked { key: key.id });
    }
    let mut checks = Checks::default();
    if set.passphrase.is_some() {
        checks.expect(
            key.role.is_person(),
            "key",
            "the key of a person, not of a program or a display",
        );
        // Who signs in says by which name.
        let same = |other: &Key| {
            other.id != key.id
                && other.passphrase.is_some()
                && other.is_live(work.now())
                && other.name.to_lowercase() == key.name.to_lowercase()
        };
        let alone = !work.clinic.keys().any(|other| same(other));
        checks.expect(
            alone,
            "key",
            "a key whose name no other key with a passphrase has",
        );
    }
    checks.finish()?;
    let changed = Key {
        passphrase: set.passphrase.clone(),
        ..Key::clone(key)
    };
    work.update(Arc::clone(key), changed);
    Ok(())
}

/// The key of this id, if its passphrase is the actor's to see to: it is their own, or they are an owner who acts wherever it does.
pub(super) fn with_passphrase<'a>(work: &Work<'a>, id: KeyId) -> Result<&'a Arc<Key>, Refusal> {
    let others = id != work.context.actor.key;
    // Told of every key, one that does not exist too.
    if others && work.context.actor.role != Role::Owner {
        return Err(Refusal::OnlyForOwners);
    }
    let key = in_sight(work, id)?;
    if others {
        no_wider(work, &key.sites)?;
    }
    Ok(key)
}

/// A key that is in the actor's list of keys. Another one is as one that does not exist.
fn in_sight<'a>(work: &Work<'a>, id: KeyId) -> Result<&'a Arc<Key>, Refusal> {
    let what = RecordId::Key(id);
    let seen = |key: &&Arc<Key>| work.context.actor.sites.see(&key.sites.named());
    let key = work.clinic.key(id).filter(seen);
    key.ok_or(Refusal::NotFound { what })
}

/// Nobody makes or revokes a key for sites at which they may not act themselves.
fn no_wider(work: &Work<'_>, sites: &Sites) -> Result<(), Refusal> {
    match (sites, &work.context.actor.sites) {
        (_, Sites::All) => Ok(()),
        (Sites::Only(sites), Sites::Only(_)) => {
            for &site in sites {
                work.site(site)?;
            }
            Ok(())
        }
        (Sites::All, Sites::Only(_)) => work.everywhere(),
    }
}

fn owners_only(work: &Work<'_>, role: Role) -> Result<(), Refusal> {
    if role == Role::Owner && work.context.actor.role != Role::Owner {
        return Err(Refusal::OnlyForOwners);
    }
    Ok(())
}
