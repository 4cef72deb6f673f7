//! Keys, without their secrets.

use std::collections::BTreeSet;

use treadwell_api::v1;
use treadwell_clinic::command::{CreateKey, Revision};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Key, KeyHash, Role, Sites};

use super::fields::Fields;
use super::values;

/// Reads a key to create, whose secret has the given hash.
pub fn read(key: &v1::Key, hash: KeyHash, f: &mut Fields<'_>) -> Option<CreateKey> {
    let name = f.text("name", &key.name, 1..=limits::NAME_CHARS);
    let role = f.choice("role", key.role, |role: v1::Role| match role {
        v1::Role::Unspecified => None,
        v1::Role::Owner => Some(Role::Owner),
        v1::Role::Manager => Some(Role::Manager),
        v1::Role::FrontDesk => Some(Role::FrontDesk),
        v1::Role::Therapist => Some(Role::Therapist),
        v1::Role::Integration => Some(Role::Integration),
        v1::Role::Wallboard => Some(Role::Wallboard),
    });
    let sites = f
        .ids("site_ids", &key.site_ids, limits::SITES_PER_KEY)
        .map(|sites| {
            if sites.is_empty() {
                Sites::All
            } else {
                Sites::Only(BTreeSet::from_iter(sites))
            }
        });
    let therapist = f.optional_id("therapist_id", &key.therapist_id);
    if role == Some(Role::Therapist) && therapist == Some(None) {
        f.wrong::<()>("therapist_id", "must be set for a therapist's key");
    }
    let expires = f.optional_instant("expires_at", key.expires_at.as_ref());
    Some(CreateKey {
        hash,
        name: name?,
        role: role?,
        sites: sites?,
        therapist: therapist?,
        expires: expires?,
    })
}

/// The API's word for a role.
pub fn show_role(role: Role) -> v1::Role {
    match role {
        Role::Owner => v1::Role::Owner,
        Role::Manager => v1::Role::Manager,
        Role::FrontDesk => v1::Role::FrontDesk,
        Role::Therapist => v1::Role::Therapist,
        Role::Integration => v1::Role::Integration,
        Role::Wallboard => v1::Role::Wallboard,
    }
}

/// Shows a key.
pub fn show(key: &Key, revision: Revision) -> v1::Key {
    v1::Key {
        id: key.id.to_string(),
        name: key.name.clone(),
        role: show_role(key.role).into(),
        site_ids: match &key.sites {
            Sites::All => Vec::new(),
            Sites::Only(sites) => sites.iter().map(ToString::to_string).collect(),
        },
        therapist_id: key.therapist.map(|id| id.to_string()).unwrap_or_default(),
        created_at: Some(values::instant(key.created)),
        expires_at: key.expires.map(values::instant),
        revoked_at: key.revoked.map(values::instant),
        has_passphrase: key.passphrase.is_some(),
        last_used_at: None,
        etag: values::etag(revision),
    }
}
