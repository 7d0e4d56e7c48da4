//! What Prometheus sees, in the OpenMetrics text form: for the operator alone, since
//! the names of models are those of all tenants.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::auth::{Authenticator, Caller};
use crate::store::unpriced::UnpricedName;
use crate::store::{self, Pool};

/// Names that have a figure of their own: those with the most records.
const NAMES_MAX: i64 = 1_000;

#[derive(Debug, Clone)]
struct Metrics {
    authenticator: Authenticator,
    pool: Pool,
}

/// The page, behind an operator's key.
pub(super) fn router(authenticator: Authenticator, pool: Pool) -> Router {
    Router::new().route("/metrics", get(page)).with_state(Metrics { authenticator, pool })
}

async fn page(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    let caller = metrics.authenticator.caller(&headers).await;
    let may_see =
        |caller: Caller| caller.must_operate().and(caller.must_be_allowed("/metrics")).is_ok();
    if !caller.is_ok_and(may_see) {
        let hint = "/metrics needs an API key of the operator: authorization: Bearer <key>\n";
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], hint).into_response();
    }
    match store::pool::read(store::unpriced::largest(&metrics.pool, NAMES_MAX)).await {
        Ok(names) => {
            let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, form)], text(names)).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "metrics could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "Postgres did not answer in time\n").into_response()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    provider: String,
    model: String,
    response_model: String,
    cost_status: String,
}

/// The figures, summed over tenants.
fn text(names: Vec<UnpricedName>) -> String {
    let unpriced = Family::<Name, Gauge>::default();
    for name in names {
        let labels = Name {
            provider: name.provider,
            model: name.model,
            response_model: name.response_model,
            cost_status: name.status.as_str().to_owned(),
        };
        unpriced.get_or_create(&labels).inc_by(name.request_count);
    }
    let mut registry = Registry::default();
    let help = "Records without a cost now, by the names that they report";
    registry.register("aiusage_unpriced_records", help, unpriced);
    let mut text = String::new();
    encode(&mut text, &registry).expect("a string takes anything");
    text
}
