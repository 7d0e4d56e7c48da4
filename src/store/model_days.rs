//! What everybody used, by day, provider and model.

use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::PgPool;

use super::Error;
use super::repricing::amount;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::period::{Cover, TimeRange, Zone};

/// One day of one model. Counts are of all its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDay {
    /// The day.
    pub day: NaiveDate,
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// Records.
    pub request_count: i64,
    /// Records that the application's own cache answered.
    pub cached_count: i64,
    /// Records without a cost, or with a part of one.
    pub unpriced_count: i64,
    /// Input tokens, cached ones included.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Input tokens read from the provider's cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the provider's cache.
    pub cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    pub output_reasoning_tokens: i64,
    /// Cost of all that have one, as it is known now.
    pub cost: Money,
}

/// What was used from `first` to `last`, both included, by days of `zone`.
pub async fn model_days(
    pool: &PgPool,
    tenant: TenantId,
    (first, last): (NaiveDate, NaiveDate),
    zone: Zone,
) -> Result<Vec<ModelDay>, Error> {
    let pieces = Pieces::of(first, last, zone);
    let rows: Vec<Row> = sqlx::query_as(include_str!("model_days/model_days.sql"))
        .bind(tenant.0)
        .bind(pieces.whole.days)
        .bind(pieces.whole.starts)
        .bind(pieces.whole.ends)
        .bind(pieces.edges.days)
        .bind(pieces.edges.starts)
        .bind(pieces.edges.ends)
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Parts of days, a column each.
#[derive(Debug, Default)]
struct Parts {
    days: Vec<NaiveDate>,
    starts: Vec<DateTime<Utc>>,
    ends: Vec<DateTime<Utc>>,
}

impl Parts {
    fn push(&mut self, day: NaiveDate, start: DateTime<Utc>, end: DateTime<Utc>) {
        self.days.push(day);
        self.starts.push(start);
        self.ends.push(end);
    }
}

/// Days cut into whole hours of UTC and edges.
#[derive(Debug, Default)]
struct Pieces {
    whole: Parts,
    edges: Parts,
}

impl Pieces {
    fn of(first: NaiveDate, last: NaiveDate, zone: Zone) -> Self {
        let mut pieces = Self::default();
        let mut day = first;
        while day <= last {
            let next = day + Days::new(1);
            let range = TimeRange { start: zone.start_of_day(day), end: zone.start_of_day(next) };
            let cover = Cover::<DateTime<Utc>>::by_hour(range);
            if let Some((start, end)) = cover.whole {
                pieces.whole.push(day, start, end);
            }
            for edge in cover.edges.iter().filter(|edge| !edge.is_empty()) {
                pieces.edges.push(day, edge.start, edge.end);
            }
            day = next;
        }
        pieces
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    day: NaiveDate,
    provider: String,
    model: String,
    request_count: i64,
    cached_count: i64,
    unpriced_count: i64,
    partial_count: i64,
    input_tokens: i64,
    output_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_reasoning_tokens: i64,
    cost: String,
}

impl Row {
    fn read(self) -> Result<ModelDay, Error> {
        Ok(ModelDay {
            cost: amount(&self.cost)?,
            day: self.day,
            provider: self.provider,
            model: self.model,
            request_count: self.request_count,
            cached_count: self.cached_count,
            unpriced_count: self.unpriced_count + self.partial_count,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens,
            output_reasoning_tokens: self.output_reasoning_tokens,
        })
    }
}
