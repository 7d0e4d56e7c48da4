//! From a key to a tenant. No message carries a tenant; this is the only way in.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::key::{ApiKey, KeyId};
use super::status::{self, Error, Refused};
use crate::clock::Clock;
use crate::domain::tenant::Tenant;
use crate::store::{self, Pool};

/// How long a good key is remembered, and so works after it was revoked.
const REMEMBERED_FOR: Duration = Duration::from_secs(5);
/// Keys remembered at once: about 100 bytes each.
const REMEMBERED_MAX: u64 = 10_000;

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) tenant: Tenant,
    pub(super) key: KeyId,
}

impl Caller {
    /// Refuses who may not change what holds for every tenant.
    pub(super) fn must_operate(&self) -> Result<(), Error> {
        if self.tenant.operator { Ok(()) } else { Err(Refused::OperatorOnly.into()) }
    }
}

/// Who a key stands for, as its holder is told.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) key_id: KeyId,
    pub(crate) tenant: Tenant,
    pub(crate) tenant_name: String,
}

/// Checks keys. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Authenticator {
    pool: Pool,
    clock: Clock,
    /// By hash, so that no key lies in memory.
    known: Cache<[u8; 32], Caller>,
}

impl Authenticator {
    /// Checks keys against those that `pool` has.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock) -> Self {
        let known =
            Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED_FOR).build();
        Self { pool, clock, known }
    }

    pub(super) async fn caller(&self, header: Option<&http::HeaderValue>) -> Result<Caller, Error> {
        let text = header
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or(Error::ApiKeyInvalid)?;
        let hash = Sha256::digest(text).into();
        if let Some(caller) = self.known.get(&hash) {
            return Ok(caller);
        }
        let caller = self.look_up(text).await?;
        self.known.insert(hash, caller);
        Ok(caller)
    }

    /// Who the key of an authorization header stands for.
    pub(crate) async fn holder(&self, header: &http::HeaderValue) -> Result<Holder, Status> {
        let caller = self.caller(Some(header)).await?;
        let name = store::tenants::name(&self.pool, caller.tenant.id);
        let tenant_name = store::pool::read(name).await.map_err(Error::from)?;
        Ok(Holder { key_id: caller.key, tenant: caller.tenant, tenant_name })
    }

    /// Unknown, wrong, expired and revoked keys get the same answer.
    async fn look_up(&self, text: &str) -> Result<Caller, Error> {
        let key = ApiKey::parse(text).ok_or(Error::ApiKeyInvalid)?;
        let stored = store::keys::find(&self.pool, key.id(), self.clock.now());
        let stored = store::pool::read(stored).await?.ok_or(Error::ApiKeyInvalid)?;
        if key.matches(&stored.secret_sha256) {
            Ok(Caller { tenant: stored.tenant, key: key.key_id() })
        } else {
            Err(Error::ApiKeyInvalid)
        }
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Lets a request pass with its [`Caller`], or answers UNAUTHENTICATED.
pub(super) async fn authenticate(
    State(authenticator): State<Authenticator>,
    mut request: Request,
    next: Next,
) -> Response {
    match authenticator.caller(request.headers().get(http::header::AUTHORIZATION)).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            status::blame_the_caller_of(next.run(request).await)
        }
        Err(error) => Status::from(error).into_http(),
    }
}

/// The caller of an authenticated request.
pub(super) fn caller<T>(request: &tonic::Request<T>) -> Result<Caller, Error> {
    request.extensions().get().copied().ok_or(Error::ApiKeyInvalid)
}
