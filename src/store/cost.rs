//! Sums for questions about cost: one statement, one snapshot each.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgPool;

use super::Error;
use super::pool::fetch_unless_given_up;
use super::totals::TotalsRow;
use crate::domain::cost::CostBasis;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::spans;
use crate::domain::totals::{SumTooLarge, Totals};

/// Sums of one day, feature, provider and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCostRow {
    /// The day.
    pub day: NaiveDate,
    /// The feature.
    pub feature: String,
    /// The provider.
    pub provider: String,
    /// The requested model.
    pub model: String,
    /// Its sums.
    pub totals: Totals,
}

/// What was spent, and how much of it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spend {
    /// Cost of all records that have one.
    pub cost: Money,
    /// Records without a cost.
    pub unpriced_count: i64,
    /// Records of which only a part has a cost.
    pub partial_count: i64,
}

/// What everybody spent, and how many they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActiveCost {
    /// What was spent.
    pub spend: Spend,
    /// Distinct users with at least one record.
    pub active_user_count: i64,
}

/// Days as instants, for the log's side of a question: row `i` lies in `dates[i]`
/// when it is at or after `starts[i]` and before the next start.
#[derive(Debug, Clone, Default)]
pub struct DayStarts {
    /// The instants at which the days begin, in order.
    pub starts: Vec<DateTime<Utc>>,
    /// The days.
    pub dates: Vec<NaiveDate>,
}

/// One user's sums by day, feature, provider and model. A key may come twice,
/// from the summary and from the log.
pub async fn user_cost(
    pool: &PgPool,
    tenant: TenantId,
    user: &str,
    cover: &Cover<NaiveDate>,
    days: &DayStarts,
    basis: CostBasis,
) -> Result<Vec<UserCostRow>, Error> {
    let (first, end) = bounds(cover.whole, NaiveDate::default());
    let (edge_starts, edge_ends) = edges(cover.edges);
    let query = sqlx::query_as(include_str!("cost/user_cost.sql"))
        .bind(tenant.0)
        .bind(user)
        .bind(first)
        .bind(end)
        .bind(edge_starts)
        .bind(edge_ends)
        .bind(&days.starts)
        .bind(&days.dates)
        .bind(basis == CostBasis::Recorded);
    let rows: Vec<UserCostRecord> = fetch_unless_given_up(pool, query).await?;
    rows.into_iter().map(UserCostRecord::read).collect()
}

/// What one user spent, and what that snapshot knows of budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserSpend {
    /// The sums.
    pub spend: Spend,
    /// The epoch of the tenant's budgets.
    pub budget_epoch: i64,
}

#[derive(sqlx::FromRow)]
struct UserSpendRecord {
    #[sqlx(flatten)]
    spend: SpendRecord,
    budget_epoch: i64,
}

/// What one user spent.
pub async fn user_spend(
    pool: &PgPool,
    tenant: TenantId,
    user: &str,
    cover: &Cover<NaiveDate>,
) -> Result<UserSpend, Error> {
    let (first, end) = bounds(cover.whole, NaiveDate::default());
    let (edge_starts, edge_ends) = edges(cover.edges);
    let row: UserSpendRecord = sqlx::query_as(include_str!("cost/user_spend.sql"))
        .bind(tenant.0)
        .bind(user)
        .bind(first)
        .bind(end)
        .bind(edge_starts)
        .bind(edge_ends)
        .fetch_one(pool)
        .await?;
    Ok(UserSpend { spend: row.spend.read()?, budget_epoch: row.budget_epoch })
}

/// What everybody spent, and how many distinct users there were.
pub async fn active_cost(
    pool: &PgPool,
    tenant: TenantId,
    days: &Cover<NaiveDate>,
    hours: &Cover<DateTime<Utc>>,
) -> Result<ActiveCost, Error> {
    let (span_days, first_days, end_days) = columns(days.whole);
    let (day_edge_starts, day_edge_ends) = edges(days.edges);
    let (first_hour, end_hour) = bounds(hours.whole, DateTime::UNIX_EPOCH);
    let (hour_edge_starts, hour_edge_ends) = edges(hours.edges);
    let row: ActiveCostRecord = sqlx::query_as(include_str!("cost/active_cost.sql"))
        .bind(tenant.0)
        .bind(span_days)
        .bind(first_days)
        .bind(end_days)
        .bind(day_edge_starts)
        .bind(day_edge_ends)
        .bind(first_hour)
        .bind(end_hour)
        .bind(hour_edge_starts)
        .bind(hour_edge_ends)
        .fetch_one(pool)
        .await?;
    Ok(ActiveCost { spend: row.spend.read()?, active_user_count: row.active_user_count })
}

/// The whole units, or an empty range of them.
pub(super) fn bounds<Unit: Copy>(whole: Option<(Unit, Unit)>, any: Unit) -> (Unit, Unit) {
    whole.unwrap_or((any, any))
}

/// The spans that make up the whole days.
fn columns(days: Option<(NaiveDate, NaiveDate)>) -> (Vec<i16>, Vec<NaiveDate>, Vec<NaiveDate>) {
    let runs = days.map_or_else(Vec::new, |(first, end)| spans::cut(first, end));
    (
        runs.iter().map(|run| run.span_days).collect(),
        runs.iter().map(|run| run.first).collect(),
        runs.iter().map(|run| run.end).collect(),
    )
}

pub(super) fn edges(edges: [TimeRange; 2]) -> (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) {
    edges.into_iter().filter(|edge| !edge.is_empty()).map(|edge| (edge.start, edge.end)).unzip()
}

#[derive(sqlx::FromRow)]
struct UserCostRecord {
    day: NaiveDate,
    feature: String,
    provider: String,
    model: String,
    #[sqlx(flatten)]
    totals: TotalsRow,
}

impl UserCostRecord {
    fn read(self) -> Result<UserCostRow, Error> {
        Ok(UserCostRow {
            day: self.day,
            feature: self.feature,
            provider: self.provider,
            model: self.model,
            totals: self.totals.read()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct SpendRecord {
    cost: String,
    unpriced_count: i64,
    partial_count: i64,
}

impl SpendRecord {
    fn read(self) -> Result<Spend, Error> {
        let cost = amount(&self.cost)?;
        Ok(Spend { cost, unpriced_count: self.unpriced_count, partial_count: self.partial_count })
    }
}

#[derive(sqlx::FromRow)]
struct ActiveCostRecord {
    #[sqlx(flatten)]
    spend: SpendRecord,
    active_user_count: i64,
}

/// Sums come as text: the driver rounds a long NUMERIC without a word.
pub(super) fn amount(text: &str) -> Result<Money, Error> {
    Money::parse(text).map_err(|_| Error::SumTooLarge(SumTooLarge))
}
