//! How long calls took, as histograms.

use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

use super::Error;
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

/// Histograms of each of `buckets`, which may overlap.
pub async fn latencies(
    pool: &PgPool,
    tenant: TenantId,
    zone: Zone,
    filter: &Filter,
    buckets: &[TimeRange],
) -> Result<Vec<Latencies>, Error> {
    let by_day = Detail::needed(filter, &[]) <= Detail::Model;
    let statement = if by_day {
        concat!(
            "-- latency.by_day\nWITH part AS (\n",
            include_str!("latency/by_day.sql"),
            "UNION ALL\n",
            include_str!("latency/entries.sql"),
            include_str!("latency/summed.sql"),
        )
    } else {
        concat!(
            "-- latency.entries\nWITH part AS (\n",
            include_str!("latency/entries.sql"),
            include_str!("latency/summed.sql"),
        )
    };
    // The summary has days, no hours.
    let units = if by_day { Detail::Function } else { Detail::Everything };
    let slices = Slices::of(buckets, units, zone);
    let users = user_numbers(pool, tenant, &filter.users).await?;
    let query: QueryAs<'_, _, (i32, String, i16, i64), PgArguments> = sqlx::query_as(statement);
    let query = query.bind(tenant.0).bind("").bind("").bind("");
    let query = totals::bind_filter(totals::bind_slices(query, &slices), filter, users);
    let mut found = vec![Latencies::default(); buckets.len()];
    for (slice, measure, bucket, count) in query.fetch_all(pool).await? {
        let latencies = &mut found[usize::try_from(slice).unwrap_or_default()];
        let histogram = match measure.as_str() {
            "latency" => &mut latencies.latency,
            _ => &mut latencies.first_token,
        };
        histogram.add(u16::try_from(bucket).unwrap_or_default(), count);
    }
    Ok(found)
}
