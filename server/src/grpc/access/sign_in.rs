//! Signing in by passphrase.

use std::sync::Arc;

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_clinic::command::SetPassphrase;
use treadwell_clinic::id::{Ids, KeyId};
use treadwell_clinic::limits;
use treadwell_clinic::model::{Key, Record, RecordId, Role};
use treadwell_clinic::{Command, Context, sees_to_passphrase};

use super::super::audit;
use super::super::call::{self, Answer};
use super::super::status;
use super::Service;
use crate::access::{Caller, IDLE, LONGEST, Noted};
use crate::audit::Deed;
use crate::convert;
use crate::convert::values;

/// The shortest passphrase, in characters: what NIST SP 800-63B-4, section 3.1.1.2, asks of a password that stands alone.
const SHORTEST: usize = 15;

/// The longest one; the same section asks that 64 be allowed.
const LONGEST_PASSPHRASE: usize = 128;

pub(super) async fn sign_in(
    service: &Service,
    request: Request<v1::SignInRequest>,
) -> Answer<v1::SignInResponse> {
    let noted = Noted::of(request.extensions());
    let asked = request.into_inner();
    call::read(|f| {
        let name = f.text("name", &asked.name, 1..=limits::NAME_CHARS);
        let passphrase = f.text("passphrase", &asked.passphrase, 1..=LONGEST_PASSPHRASE);
        name.zip(passphrase)
    })?;
    let (engine, porter) = (&service.engine, &service.porter);
    let published = engine.snapshot();
    let now = engine.now();
    let signed_in = porter
        .sign_in(
            &noted,
            &asked.name,
            asked.passphrase,
            &published.clinic,
            now,
        )
        .await
        .map_err(status::denied)?;
    let key = &signed_in.key;
    let revision = published.clinic.revision_of(&RecordId::Key(key.id));
    let longest = jiff::SignedDuration::try_from(LONGEST).unwrap_or_default();
    let ends = now.checked_add(longest).unwrap_or(now);
    // The key may end before the session would.
    let ends = key.expires.map_or(ends, |expires| expires.min(ends));
    Ok(v1::SignInResponse {
        revision: published.revision,
        key: Some(convert::key::show(key, revision.unwrap_or(0))),
        secret: signed_in.secret.reveal().to_owned(),
        expires_at: Some(values::instant(ends)),
        idle_minutes: i32::try_from(IDLE.as_secs() / 60).unwrap_or(i32::MAX),
    }
    .into())
}

pub(super) async fn sign_out(
    service: &Service,
    request: Request<v1::SignOutRequest>,
) -> Answer<v1::SignOutResponse> {
    let (caller, _) = call::open(request)?;
    let session = &caller.entrance.session;
    if let Some(session) = session {
        session.close();
        // Whoever goes is let go, also when there is no room to note it: a session that could not be closed would be open to whoever
        // comes next. The trail keeps count of it and says so when there is room.
        let _unnoted = audit::noted(&service.ledger, &caller, Deed::SignedOut).await;
    }
    Ok(v1::SignOutResponse {
        revision: caller.published.revision,
        signed_out: session.is_some(),
    }
    .into())
}

pub(super) async fn set_passphrase(
    service: &Service,
    request: Request<v1::SetPassphraseRequest>,
) -> Answer<v1::SetPassphraseResponse> {
    let (caller, mut message) = call::open(request)?;
    let passphrase = std::mem::take(&mut message.passphrase);
    let current = std::mem::take(&mut message.current_passphrase);
    let porter = &service.porter;
    // A request is kept by a fast hash of what it holds, from which a passphrase could be guessed.
    message.passphrase = porter.veiled(&passphrase);
    let (options, id) = call::read(|f| {
        let options = call::options("SetPassphrase", &message, message.write.as_ref(), f);
        let id: Option<Option<KeyId>> = f.optional_id("key_id", &message.key_id);
        if !passphrase.is_empty() {
            f.text("passphrase", &passphrase, SHORTEST..=LONGEST_PASSPHRASE)?;
        }
        Some((options?, id?))
    })?;
    let id = id.unwrap_or(caller.actor.key);
    if id == caller.actor.key {
        knows(&caller, current).await?;
    } else if caller.actor.role != Role::Owner {
        return Err(status::role_not_allowed());
    }
    let hash = if passphrase.is_empty() {
        None
    } else {
        let hash = porter.hash(passphrase).await;
        Some(hash.map_err(status::denied)?)
    };
    let command = Command::SetPassphrase(SetPassphrase {
        key: id,
        passphrase: hash,
    });
    let write = options.write_of(RecordId::Key(id));
    let done = call::submit(&service.engine, &caller, command, write).await?;
    // Of a repeated request the first answer was lost, and maybe whoever was to do this with it.
    if !done.dry
        && let Some(key) = service.engine.snapshot().clinic.key(id)
    {
        porter.passphrase_changed(key);
    }
    // One's own is shown to whoever sees no other keys, too.
    let Some((Record::Key(key), revision)) = done.record(RecordId::Key(id)) else {
        return Err(status::internal("a key that was changed is none"));
    };
    Ok(v1::SetPassphraseResponse {
        revision: done.revision,
        key: Some(convert::key::show(&key, revision)),
    }
    .into())
}

/// Fails when somebody changes their own passphrase, is signed in by it, and does not know it: then it is somebody else, at a console
/// that was left open. Whoever has the key itself needs no passphrase.
async fn knows(caller: &Caller, current: String) -> Result<(), Status> {
    let entrance = &caller.entrance;
    if entrance.session.is_none() {
        return Ok(());
    }
    let key: Option<&Arc<Key>> = caller.clinic().key(caller.actor.key);
    let known = entrance
        .porter
        .judge(&caller.noted, &caller.actor.name, current, key);
    known.await.map_err(status::denied)
}

pub(super) async fn lift_lock_out(
    service: &Service,
    request: Request<v1::LiftLockOutRequest>,
) -> Answer<v1::LiftLockOutResponse> {
    let (caller, message) = call::open(request)?;
    let (id, reason) = call::read(|f| {
        let id: Option<KeyId> = f.id("key_id", &message.key_id);
        let reason = f.text("reason", &message.reason, 0..=limits::REASON_CHARS);
        Some((id?, reason?))
    })?;
    let context = Context {
        now: caller.now,
        actor: caller.actor.clone(),
        ids: Ids::new(caller.published.revision + 1),
    };
    sees_to_passphrase(caller.clinic(), id, &context)
        .map_err(|refusal| status::refused(&refusal, caller.clinic(), &caller.view))?;
    // Before it is lifted: nobody guesses on with nobody knowing who has let them.
    let lifted = Deed::Upkeep {
        what: "lock of a passphrase lifted, if there was one".to_owned(),
        about: id.to_string(),
        reason,
    };
    let noted = audit::noted(&service.ledger, &caller, lifted).await;
    noted.map_err(|why| status::not_audited(&why))?;
    tracing::info!(target: "audit", key = %caller.actor.key, of = %id, "lock of a passphrase lifted");
    Ok(v1::LiftLockOutResponse {
        revision: caller.published.revision,
        was_locked: caller.entrance.porter.lift_lock_out(id),
    }
    .into())
}
