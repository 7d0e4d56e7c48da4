//! `AdminService`: convert in, make, list or end keys, convert out.

use tonic::{Request, Response, Status};

use super::auth::{self, Caller};
use super::convert::{key, page};
use super::key::ApiKey;
use super::page_token::QueryHash;
use super::pb;
use super::pb::admin_service_server::AdminService;
use super::status::{AccessError, Error, Refused};
use crate::clock::Clock;
use crate::domain::violation::Violations;
use crate::store::keys::{self, KEYS_MAX, ListedKey, Revoked};
use crate::store::{self, Pool};

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Admin {
    pub(super) pool: Pool,
    pub(super) clock: Clock,
}

impl Admin {
    async fn caller(&self, caller: Caller) -> Result<pb::GetCallerResponse, Error> {
        let name = store::tenants::name(&self.pool, caller.tenant.id);
        Ok(pb::GetCallerResponse {
            tenant: store::pool::read(name).await?,
            time_zone: caller.tenant.zone.name().to_owned(),
            key_id: caller.key.as_str().to_owned(),
            user_id: caller.user.as_ref().map(ToString::to_string).unwrap_or_default(),
            operator: caller.tenant.operator,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    async fn create(
        &self,
        caller: Caller,
        request: pb::CreateKeyRequest,
    ) -> Result<pb::CreateKeyResponse, Error> {
        let terms = key::terms(request, self.clock.now())?;
        let (tenant, new) = (caller.tenant.id, ApiKey::generate());
        let stored = async {
            let mut connection = self.pool.acquire().await?;
            let hash = new.secret_sha256();
            keys::insert(&mut connection, tenant, new.id(), &hash, &terms).await
        };
        if !store::pool::read(stored).await? {
            return Err(Refused::LimitReached { what: "keys", max: KEYS_MAX }.into());
        }
        let shown = ListedKey {
            key_id: new.id().to_owned(),
            name: terms.name.into(),
            user_id: terms.user.map(|user| user.to_string()),
            create_time: terms.create_time,
            expire_time: terms.expire_time,
            revoke_time: None,
        };
        Ok(pb::CreateKeyResponse { secret: new.reveal(), key: Some(key::key(shown)) })
    }

    async fn list(
        &self,
        caller: Caller,
        request: pb::ListKeysRequest,
    ) -> Result<pb::ListKeysResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["keys"]);
        let after = hash.last(&request.page_token)?;
        let after = after.as_deref().map(read_place).transpose()?;
        let listed = keys::list(&self.pool, caller.tenant.id, after, size + 1);
        let mut keys = store::pool::read(listed).await?;
        let more = page::cut(&mut keys, size);
        let last = keys.last().filter(|_| more);
        Ok(pb::ListKeysResponse {
            next_page_token: last.map(|last| hash.token(&place(last))).unwrap_or_default(),
            keys: keys.into_iter().map(key::key).collect(),
        })
    }

    async fn revoke(
        &self,
        caller: Caller,
        request: pb::RevokeKeyRequest,
    ) -> Result<pb::RevokeKeyResponse, Error> {
        let key_id = request.key_id;
        if key_id.is_empty() {
            let mut violations = Violations::default();
            violations.add("key_id", "is required");
            return Err(violations.into());
        }
        let tenant = caller.tenant.id;
        let done = async {
            let done = keys::revoke(&self.pool, tenant, &key_id, self.clock.now(), false).await?;
            Ok((done, keys::show(&self.pool, tenant, &key_id).await?))
        };
        match store::pool::read(done).await? {
            (Revoked::Done, Some(shown)) => {
                Ok(pb::RevokeKeyResponse { key: Some(key::key(shown)) })
            }
            (Revoked::Last, _) => Err(AccessError::LastKey { key_id }.into()),
            _ => Err(AccessError::NoKey { key_id }.into()),
        }
    }
}

/// A key's place in the list.
fn place(key: &ListedKey) -> String {
    format!("{}/{}", key.create_time.timestamp_micros(), key.key_id)
}

fn read_place(place: &str) -> Result<(chrono::DateTime<chrono::Utc>, &str), Error> {
    let read = || {
        let (time, id) = place.split_once('/')?;
        Some((chrono::DateTime::from_timestamp_micros(time.parse().ok()?)?, id))
    };
    read().ok_or(Error::PageTokenInvalid)
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_caller(
        &self,
        request: Request<pb::GetCallerRequest>,
    ) -> Result<Response<pb::GetCallerResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.caller(caller).await?))
    }

    async fn create_key(
        &self,
        request: Request<pb::CreateKeyRequest>,
    ) -> Result<Response<pb::CreateKeyResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.create(caller, request.into_inner()).await?))
    }

    async fn list_keys(
        &self,
        request: Request<pb::ListKeysRequest>,
    ) -> Result<Response<pb::ListKeysResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.list(caller, request.into_inner()).await?))
    }

    async fn revoke_key(
        &self,
        request: Request<pb::RevokeKeyRequest>,
    ) -> Result<Response<pb::RevokeKeyResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.revoke(caller, request.into_inner()).await?))
    }
}
