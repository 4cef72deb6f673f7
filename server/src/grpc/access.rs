//! Keys, roles and who may do what.

use std::sync::Arc;

use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::access_service_server::AccessService;
use treadwell_clinic::Command;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Key, Record, RecordId, Role, Sites};

use super::call::{self, Answer, pick};
use super::page::{Page, paged};
use super::status;
use crate::access::table::{Grant, TABLE};
use crate::access::{Caller, Porter, Secret};
use crate::audit::Ledger;
use crate::convert;
use crate::engine::Engine;

paged!(ListKeysRequest);

mod sign_in;

/// Every role, in the order of the access table's columns.
const ROLES: [Role; 6] = [
    Role::Owner,
    Role::Manager,
    Role::FrontDesk,
    Role::Therapist,
    Role::Integration,
    Role::Wallboard,
];

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
    porter: Arc<Porter>,
    ledger: Ledger,
}

impl Service {
    /// The service on this engine, with whom keeps its door, and the trail in which it notes what is done about that.
    pub(crate) const fn new(engine: Engine, porter: Arc<Porter>, ledger: Ledger) -> Self {
        Self {
            engine,
            porter,
            ledger,
        }
    }
}

fn show(caller: &Caller, key: &Key) -> v1::Key {
    let revision = caller
        .clinic()
        .revision_of(&RecordId::Key(key.id))
        .unwrap_or(0);
    let last_used = caller.entrance.porter.last_used(key.id);
    v1::Key {
        last_used_at: last_used.map(convert::values::instant),
        ..convert::key::show(key, revision)
    }
}

/// Fails unless the sites that a key is limited to exist: a misspelt one would make a key that opens
/// nothing.
fn sites_exist(caller: &Caller, sites: &Sites) -> Result<(), Status> {
    let Sites::Only(sites) = sites else {
        return Ok(());
    };
    let unknown = sites.iter().find(|&&id| caller.clinic().site(id).is_none());
    unknown.map_or(Ok(()), |id| Err(status::not_found("site", id.to_string())))
}

#[tonic::async_trait]
impl AccessService for Service {
    async fn who_am_i(&self, request: Request<v1::WhoAmIRequest>) -> Answer<v1::WhoAmIResponse> {
        let (caller, _) = call::open(request)?;
        let key = caller
            .clinic()
            .key(caller.actor.key)
            .ok_or_else(status::no_key)?;
        Ok(v1::WhoAmIResponse {
            revision: caller.published.revision,
            key: Some(show(&caller, key)),
        }
        .into())
    }

    async fn create_key(
        &self,
        request: Request<v1::CreateKeyRequest>,
    ) -> Answer<v1::CreateKeyResponse> {
        let (caller, message) = call::open(request)?;
        let secret = Secret::generate()
            .map_err(|_| status::internal("the system has no randomness for a secret"))?;
        let (options, create) = call::read(|f| {
            let options = call::options("CreateKey", &message, message.write.as_ref(), f);
            let key = f.required("key", message.key.as_ref())?;
            let create = convert::key::read(key, secret.hash(), &mut f.inside("key"));
            Some((options?, create?))
        })?;
        sites_exist(&caller, &create.sites)?;
        let command = Command::CreateKey(create);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        // A repeated request made another secret than the one that was kept.
        let kept = !done.repeated && !done.dry;
        Ok(v1::CreateKeyResponse {
            revision: done.revision,
            key: Some(call::answer(&done, &caller, pick!(Key))?),
            secret: if kept {
                secret.reveal().to_owned()
            } else {
                String::new()
            },
        }
        .into())
    }

    async fn revoke_key(
        &self,
        request: Request<v1::RevokeKeyRequest>,
    ) -> Answer<v1::RevokeKeyResponse> {
        let (caller, message) = call::open(request)?;
        let (options, id) = call::read(|f| {
            let options = call::options("RevokeKey", &message, message.write.as_ref(), f);
            let id: Option<KeyId> = f.id("key_id", &message.key_id);
            Some((options?, id?))
        })?;
        let command = Command::RevokeKey { key: id };
        let write = options.write_of(RecordId::Key(id));
        let done = call::submit(&self.engine, &caller, command, write).await?;
        Ok(v1::RevokeKeyResponse {
            revision: done.revision,
            key: Some(call::answer(&done, &caller, pick!(Key))?),
        }
        .into())
    }

    async fn list_keys(
        &self,
        request: Request<v1::ListKeysRequest>,
    ) -> Answer<v1::ListKeysResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let after: Option<KeyId> = page.after()?;
        let keys = caller
            .clinic()
            .keys()
            .filter(|key| after.is_none_or(|after| key.id > after))
            .filter(|key| convert::within(&Record::Key(Arc::clone(key)), &caller.view));
        let (keys, next_page_token) = page.cut(keys, |key| key.id);
        Ok(v1::ListKeysResponse {
            revision: caller.published.revision,
            keys: keys.into_iter().map(|key| show(&caller, key)).collect(),
            next_page_token,
        }
        .into())
    }

    async fn sign_in(&self, request: Request<v1::SignInRequest>) -> Answer<v1::SignInResponse> {
        sign_in::sign_in(self, request).await
    }

    async fn sign_out(&self, request: Request<v1::SignOutRequest>) -> Answer<v1::SignOutResponse> {
        sign_in::sign_out(self, request).await
    }

    async fn set_passphrase(
        &self,
        request: Request<v1::SetPassphraseRequest>,
    ) -> Answer<v1::SetPassphraseResponse> {
        sign_in::set_passphrase(self, request).await
    }

    async fn lift_lock_out(
        &self,
        request: Request<v1::LiftLockOutRequest>,
    ) -> Answer<v1::LiftLockOutResponse> {
        sign_in::lift_lock_out(self, request).await
    }

    async fn get_access_table(
        &self,
        request: Request<v1::GetAccessTableRequest>,
    ) -> Answer<v1::GetAccessTableResponse> {
        let (caller, _) = call::open(request)?;
        let grants = TABLE.iter().map(|&(method, grant)| {
            let may = ROLES.iter().filter(|&&role| grant.includes(role));
            v1::Grant {
                method: method.to_owned(),
                roles: may
                    .map(|&role| convert::key::show_role(role).into())
                    .collect(),
                public: grant == Grant::Public,
            }
        });
        Ok(v1::GetAccessTableResponse {
            revision: caller.published.revision,
            grants: grants.collect(),
        }
        .into())
    }
}
