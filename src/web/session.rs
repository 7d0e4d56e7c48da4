//! Signing in with a browser: `POST /session` takes a key and keeps it in a cookie, `GET` says
//! whose it is, `DELETE` forgets it. There is nothing to remember in the server, so every server
//! over the same database knows every session.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::Code;
use tonic::transport::server::TcpConnectInfo;

use super::error::Failure;
use super::methods::Methods;
use super::refusal::Refusal;
use super::{cookie, error, origin, request};
use crate::api::key::ApiKey;
use crate::api::{Authenticator, Holder};
use crate::domain::text::UserId;

/// The largest request: a key has some 70 characters.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// Wrong keys that one address may send in [`FORGIVEN_AFTER`]. None can be guessed; this
/// keeps the database from being asked.
const FAILURES_MAX: u32 = 20;
/// When an address may try again.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);
/// Addresses remembered at once: about 100 bytes each.
const ADDRESSES_MAX: u64 = 10_000;

#[derive(Debug, Clone)]
struct Sessions {
    authenticator: Authenticator,
    methods: Arc<Methods>,
    failures: Cache<IpAddr, Arc<AtomicU32>>,
}

/// What is sent to sign in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    key: String,
}

/// `/session`.
pub(super) fn router(authenticator: Authenticator, methods: Arc<Methods>) -> Router {
    let failures =
        Cache::builder().max_capacity(ADDRESSES_MAX).time_to_live(FORGIVEN_AFTER).build();
    Router::new().route("/session", get(show).post(sign_in).delete(sign_out)).with_state(Sessions {
        authenticator,
        methods,
        failures,
    })
}

async fn show(State(sessions): State<Sessions>, request: Request) -> Response {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return nobody() };
    match sessions.authenticator.holder(header).await {
        Ok(holder) => answer(&shown(&holder)),
        Err(status) if status.code() == Code::Unauthenticated => nobody(),
        Err(status) => error::answer(sessions.methods.pool(), status),
    }
}

async fn sign_in(State(sessions): State<Sessions>, request: Request) -> Response {
    let secure = origin::is_secure(&request);
    match sessions.check(request).await {
        Ok((key, holder)) => {
            let cookie = [(SET_COOKIE, cookie::set(&key.reveal(), secure))];
            (cookie, answer(&shown(&holder))).into_response()
        }
        Err(failure) => error::answer(sessions.methods.pool(), failure),
    }
}

async fn sign_out(State(sessions): State<Sessions>, request: Request) -> Response {
    if !origin::is_ours(&request) {
        return error::answer(sessions.methods.pool(), Refusal::OtherSite);
    }
    let cookies = cookie::clear().map(|cookie| (SET_COOKIE, cookie));
    (StatusCode::OK, AppendHeaders(cookies), nobody()).into_response()
}

impl Sessions {
    /// The key that a request brings, if it is a good one.
    async fn check(&self, request: Request) -> Result<(ApiKey, Holder), Failure> {
        if !origin::is_ours(&request) {
            return Err(Refusal::OtherSite.into());
        }
        if request::essence(request.headers()) != "application/json" {
            return Err(Refusal::ContentType.into());
        }
        let failures = self.failures_of(&request);
        if failures.load(Ordering::Relaxed) >= FAILURES_MAX {
            return Err(Refusal::TooManyFailures(FORGIVEN_AFTER).into());
        }
        let checked = self.holder(request.into_body()).await;
        if checked.as_ref().is_err_and(|failure| failure.status.code() == Code::Unauthenticated) {
            failures.fetch_add(1, Ordering::Relaxed);
        }
        checked
    }

    async fn holder(&self, body: Body) -> Result<(ApiKey, Holder), Failure> {
        let text = axum::body::to_bytes(body, BODY_BYTES_MAX)
            .await
            .map_err(|_| Refusal::TooLarge { max: BODY_BYTES_MAX })?;
        let sign_in: SignIn = serde_json::from_slice(&text).map_err(|_| Refusal::NoKey)?;
        let key = ApiKey::parse(sign_in.key.trim()).ok_or(Refusal::WrongKey)?;
        let holder = self.authenticator.holder(&cookie::bearer(&key.reveal())).await;
        match holder {
            Err(status) if status.code() == Code::Unauthenticated => Err(Refusal::WrongKey.into()),
            holder => Ok((key, holder?)),
        }
    }

    fn failures_of(&self, request: &Request) -> Arc<AtomicU32> {
        let caller = request.extensions().get::<TcpConnectInfo>();
        let address = caller.and_then(TcpConnectInfo::remote_addr).map(|address| address.ip());
        address.map_or_else(Arc::default, |ip| self.failures.get_with(ip, Arc::default))
    }
}

fn shown(holder: &Holder) -> Value {
    json!({
        "signedIn": true,
        "tenantName": holder.tenant_name,
        "keyId": holder.key_id.as_str(),
        // Empty: the key sees everybody's figures.
        "userId": holder.user.as_ref().map(UserId::as_str).unwrap_or_default(),
        "operator": holder.tenant.operator,
        "timeZone": holder.tenant.zone.name(),
    })
}

fn nobody() -> Response {
    answer(&json!({ "signedIn": false }))
}

fn answer(body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, format!("{body}\n")).into_response()
}
