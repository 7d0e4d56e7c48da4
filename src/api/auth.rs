//! From a key to a tenant. No message carries a tenant; this is the only way in.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::key::{ApiKey, KeyId};
use super::status::{self, Error, Refused};
use crate::clock::Clock;
use crate::domain::tenant::Tenant;
use crate::domain::text::UserId;
use crate::domain::violation::Violations;
use crate::store::{self, Pool};

/// How long a good key is remembered, and so works after it was revoked.
const REMEMBERED_FOR: Duration = Duration::from_secs(5);
/// Keys remembered at once: about 100 bytes each.
const REMEMBERED_MAX: u64 = 10_000;

/// Binds one call to a user: for an application that asks on behalf of who is signed in.
/// The second form is for ids that are not ASCII; base64, as gRPC does with such names.
const USER_HEADER: &str = "aiusage-user";
const USER_HEADER_BIN: &str = "aiusage-user-bin";

/// Who calls.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) tenant: Tenant,
    pub(super) key: KeyId,
    /// The one user whose figures the call sees; `None`: all.
    pub(super) user: Option<UserId>,
}

impl Caller {
    /// Refuses who may not change what holds for every tenant.
    pub(super) fn must_operate(&self) -> Result<(), Error> {
        if self.tenant.operator { Ok(()) } else { Err(Refused::OperatorOnly.into()) }
    }

    /// The same caller, bound to `user` too: a call may see less than its key does, never
    /// more.
    fn bound_to(self, user: Option<UserId>) -> Result<Self, Error> {
        match user {
            None => Ok(self),
            Some(user) => {
                self.own(user.as_str())?;
                Ok(Self { user: Some(user), ..self })
            }
        }
    }
}

/// Who a key stands for, as its holder is told.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) key_id: KeyId,
    pub(crate) tenant: Tenant,
    pub(crate) tenant_name: String,
    /// The one user whose figures the key sees.
    pub(crate) user: Option<UserId>,
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

    /// Who calls with these headers.
    pub(super) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Error> {
        let caller = self.of_key(headers.get(AUTHORIZATION)).await?;
        caller.bound_to(user_of(headers)?)
    }

    /// Whose key it is.
    async fn of_key(&self, header: Option<&HeaderValue>) -> Result<Caller, Error> {
        let text = header
            .and_then(|value| value.to_str().ok())
            .and_then(bearer)
            .ok_or(Error::ApiKeyInvalid)?;
        let hash = Sha256::digest(text).into();
        if let Some(caller) = self.known.get(&hash) {
            return Ok(caller);
        }
        let caller = self.look_up(text).await?;
        self.known.insert(hash, caller.clone());
        Ok(caller)
    }

    /// Who the key of an authorization header stands for.
    pub(crate) async fn holder(&self, header: &HeaderValue) -> Result<Holder, Status> {
        let caller = self.of_key(Some(header)).await?;
        let name = store::tenants::name(&self.pool, caller.tenant.id);
        let tenant_name = store::pool::read(name).await.map_err(Error::from)?;
        Ok(Holder { key_id: caller.key, tenant: caller.tenant, tenant_name, user: caller.user })
    }

    /// Unknown, wrong, expired and revoked keys get the same answer.
    async fn look_up(&self, text: &str) -> Result<Caller, Error> {
        let key = ApiKey::parse(text).ok_or(Error::ApiKeyInvalid)?;
        let stored = store::keys::find(&self.pool, key.id(), self.clock.now());
        let stored = store::pool::read(stored).await?.ok_or(Error::ApiKeyInvalid)?;
        if key.matches(&stored.secret_sha256) {
            Ok(Caller { tenant: stored.tenant, key: key.key_id(), user: stored.user })
        } else {
            Err(Error::ApiKeyInvalid)
        }
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The user to whom a call binds itself. One that cannot be read must not be left out:
/// the call would see everybody.
fn user_of(headers: &HeaderMap) -> Result<Option<UserId>, Error> {
    let plain = headers.get_all(USER_HEADER).iter().map(|value| Some(value.as_bytes().to_vec()));
    let coded = headers.get_all(USER_HEADER_BIN).iter().map(|value| {
        let text = value.to_str().ok()?;
        STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()
    });
    let given: Vec<Option<Vec<u8>>> = plain.chain(coded).collect();
    let mut violations = Violations::default();
    let read = |bytes: &[u8]| UserId::new(std::str::from_utf8(bytes).unwrap_or_default());
    let user = match given.as_slice() {
        [] => return Ok(None),
        [Some(bytes)] => violations.take(USER_HEADER, read(bytes)),
        [None] => {
            violations.add(USER_HEADER_BIN, "must be base64");
            None
        }
        _ => {
            violations.add(USER_HEADER, "must come once");
            None
        }
    };
    violations.into_result()?;
    Ok(user)
}

/// Lets a request pass with its [`Caller`], or answers why not.
pub(super) async fn authenticate(
    State(authenticator): State<Authenticator>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = authenticator.caller(request.headers()).await;
    let allowed = caller.and_then(|caller| {
        caller.must_be_allowed(request.uri().path())?;
        Ok(caller)
    });
    match allowed {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            status::blame_the_caller_of(next.run(request).await)
        }
        Err(error) => Status::from(error).into_http(),
    }
}

/// The caller of an authenticated request.
pub(super) fn caller<T>(request: &tonic::Request<T>) -> Result<Caller, Error> {
    request.extensions().get().cloned().ok_or(Error::ApiKeyInvalid)
}
