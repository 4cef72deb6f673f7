//! The accounts of commits of format 1 as they are kept when their commits are compacted: what could be personal is sealed in them,
//! as it is in those of format 2 from the beginning.
//!
//! What it deliberately is not: a way to read accounts. They are read as any commit's metadata is.

use bytes::Bytes;
use prost::Message;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::command::Actor;
use treadwell_clinic::id::ClientId;
use treadwell_clinic::{CommandKind, Revision};
use treadwell_journal::Commit;

use super::commit::{private_place, sealed_with};
use super::owner;
use crate::keyring::Keyring;

/// To whom it belongs why a commit was made, and the like.
#[derive(Clone, Copy)]
enum Whose {
    /// The client whose records alone it changed.
    Client(ClientId),
    /// Nobody, or several.
    House,
}

/// What is kept of the metadata of a commit in the clear. What belonged to a client who was erased since is left out; why they were
/// erased is kept, as it was given without a name.
pub(crate) fn sealed_account(keys: &Keyring, commit: &Commit) -> Bytes {
    let form = stored::CommitMeta::decode(commit.meta.clone());
    // What can not be read, nobody has written; it is kept for whoever looks into it.
    let sealed = form.ok().and_then(|form| seal(keys, commit, form));
    sealed.map_or_else(|| commit.meta.clone(), |form| form.encode_to_vec().into())
}

fn seal(
    keys: &Keyring,
    commit: &Commit,
    mut form: stored::CommitMeta,
) -> Option<stored::CommitMeta> {
    let by = match &*form.actor {
        "" => Actor::SYSTEM,
        actor => actor.parse().ok()?,
    };
    let mut private = stored::Private {
        reason: std::mem::take(&mut form.reason),
        payload_hash: Bytes::new(),
        impossible: std::mem::take(&mut form.impossible),
    };
    if let Some(request) = form.request.as_mut().filter(|it| it.name.is_empty()) {
        private.payload_hash = std::mem::take(&mut request.payload_hash);
        let name = keys.request_name(by, &std::mem::take(&mut request.request_id));
        request.name = Bytes::copy_from_slice(&name);
    }
    if form.private.is_none() && private != stored::Private::default() {
        form.private = sealed(keys, whose(commit, &form.verb), commit.revision, &private);
    }
    Some(form)
}

fn sealed(
    keys: &Keyring,
    whose: Whose,
    revision: Revision,
    private: &stored::Private,
) -> Option<stored::Sealed> {
    let place = private_place(revision);
    match whose {
        Whose::House => Some(sealed_with(keys.house(), &place, private)),
        // Nobody on file is without a key: who has none was erased.
        Whose::Client(client) => {
            let (id, sealing) = keys.live_of(client)?;
            Some(sealed_with((&id, &sealing), &place, private))
        }
    }
}

fn whose(commit: &Commit, verb: &str) -> Whose {
    if verb == CommandKind::EraseClient.as_str() {
        return Whose::House;
    }
    let changes = commit.changes.iter();
    let images = changes.flat_map(|change| change.before.iter().chain(&change.after));
    let mut owners = images.filter_map(owner);
    let first = owners.next();
    match first.filter(|first| owners.all(|owner| owner == *first)) {
        Some(owner) => owner.parse().map_or(Whose::House, Whose::Client),
        None => Whose::House,
    }
}
