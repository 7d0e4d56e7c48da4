//! How long calls took, as histograms.

use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

use super::Error;
use super::pool::fetch_unless_given_up;
use super::totals::{self, user_numbers};
use crate::domain::filter::{Detail, Filter};
use crate::domain::histogram::Histogram;
use crate::domain::ids::TenantId;
use crate::domain::period::{TimeRange, Zone};
use crate::domain::slices::Slices;

/// The two times that calls report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latencies {
    /// From request to response.
    pub latency: Histogram,
    /// From request to first token.
    pub first_token: Histogram,
}

macro_rules! statement {
    ($name:literal, $first:literal $(, $further:literal)*) => {
        concat!(
            "-- latency.", $name, "\nWITH part AS (\n",
            include_str!(concat!("latency/", $first, ".sql")),
            $("UNION ALL\n", include_str!(concat!("latency/", $further, ".sql")),)*
            include_str!("latency/summed.sql"),
        )
    };
}

/// The statement that reads the smallest summary that knows enough.
fn statement(detail: Detail, needs_log: bool) -> &'static str {
    match (detail, needs_log) {
        (Detail::Nothing, false) => statement!("total", "total_by_day"),
        (Detail::Nothing, true) => statement!("total_and_log", "total_by_day", "entries"),
        (Detail::Model, false) => statement!("model", "by_day"),
        (Detail::Model, true) => statement!("model_and_log", "by_day", "entries"),
        _ => statement!("entries", "entries"),
    }
}

/// What the histograms of each of `buckets` are read from.
#[must_use]
pub fn slices(zone: Zone, filter: &Filter, buckets: &[TimeRange]) -> Slices {
    let by_day = Detail::needed(filter, &[]) <= Detail::Model;
    // The summaries have days, no hours.
    let units = if by_day { Detail::Function } else { Detail::Everything };
    Slices::of(buckets, units, zone)
}

/// Histograms of each of `buckets`, which may overlap.
pub async fn latencies(
    pool: &PgPool,
    tenant: TenantId,
    zone: Zone,
    filter: &Filter,
    buckets: &[TimeRange],
) -> Result<Vec<Latencies>, Error> {
    let detail = Detail::needed(filter, &[]);
    let slices = slices(zone, filter, buckets);
    let statement = statement(detail, !slices.log.is_empty());
    let users = user_numbers(pool, tenant, &filter.users).await?;
    let query: QueryAs<'_, _, (i32, String, i16, i64), PgArguments> = sqlx::query_as(statement);
    let query = query.bind(tenant.0).bind("").bind("").bind("");
    let query = totals::bind_filter(totals::bind_slices(query, &slices), filter, users);
    let mut found = vec![Latencies::default(); buckets.len()];
    for (slice, measure, bucket, count) in fetch_unless_given_up(pool, query).await? {
        let latencies = &mut found[usize::try_from(slice).unwrap_or_default()];
        let histogram = match measure.as_str() {
            "latency" => &mut latencies.latency,
            _ => &mut latencies.first_token,
        };
        histogram.add(u16::try_from(bucket).unwrap_or_default(), count);
    }
    Ok(found)
}
