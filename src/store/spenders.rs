//! What each user costs and brings in: one statement for any number of users, of which
//! only the answer leaves the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use tokio::sync::mpsc;

use super::cost::{amount, bounds, edges};
use super::{Error, pool};
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::months::MonthPlace;
use crate::domain::period::Cover;

/// What users are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CohortBy {
    /// The plan in the directory.
    Plan,
    /// The month of the first record.
    FirstMonth,
}

/// How spending is spread over users: the cost of one of them, where it is not a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// The plan or the month; `None`: all of them.
    pub key: Option<String>,
    /// Users with at least one record.
    pub user_count: i64,
    /// What they cost.
    pub cost: Money,
    /// Half of the users cost at most this.
    pub p50: Money,
    /// 90 of 100 cost at most this.
    pub p90: Money,
    /// 99 of 100 cost at most this.
    pub p99: Money,
    /// The dearest.
    pub max: Money,
}

#[derive(sqlx::FromRow)]
struct CohortRow {
    cohort: Option<String>,
    user_count: i64,
    cost: String,
    p50: String,
    p90: String,
    p99: String,
    max: String,
}

impl CohortRow {
    fn read(self) -> Result<Cohort, Error> {
        Ok(Cohort {
            key: self.cohort,
            user_count: self.user_count,
            cost: amount(&self.cost)?,
            p50: amount(&self.p50)?,
            p90: amount(&self.p90)?,
            p99: amount(&self.p99)?,
            max: amount(&self.max)?,
        })
    }
}

/// All active users first, if there are any, then by plan the dearest first, or by month
/// in order of time.
pub async fn cohorts(
    pool: &PgPool,
    tenant: TenantId,
    cover: &Cover<NaiveDate>,
    by: CohortBy,
) -> Result<Vec<Cohort>, Error> {
    let (first, end) = bounds(cover.whole, NaiveDate::default());
    let (edge_starts, edge_ends) = edges(cover.edges);
    let rows: Vec<CohortRow> = sqlx::query_as(include_str!("spenders/cohorts.sql"))
        .bind(tenant.0)
        .bind(first)
        .bind(end)
        .bind(edge_starts)
        .bind(edge_ends)
        .bind(by == CohortBy::FirstMonth)
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(CohortRow::read).collect()
}

/// A question about what users bring in.
#[derive(Debug, Clone, Copy)]
pub struct Economics<'a> {
    /// Whose users.
    pub tenant: TenantId,
    /// The period, in the tenant's days.
    pub cover: &'a Cover<NaiveDate>,
    /// Where the period begins.
    pub start: DateTime<Utc>,
    /// Where it ends, or the day that runs if that is earlier, and its place in its month.
    pub passed: (DateTime<Utc>, MonthPlace),
    /// Where the day that runs ends, and its place in its month.
    pub begun: (DateTime<Utc>, MonthPlace),
    /// Where months begin, from the first to the one after that.
    pub months: &'a [DateTime<Utc>],
    /// The name of the zone of the tenant's days.
    pub zone: &'static str,
    /// The most users.
    pub top: i64,
}

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All users'.
    Total,
    /// A plan's.
    Plan,
    /// One user's.
    User,
    /// That of the users past the top; absent where there are none.
    Rest,
}

/// What came in and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub part: Part,
    /// The plan or the user; of all, empty.
    pub key: String,
    /// The user's name in the directory.
    pub display_name: String,
    /// The user's plan in the directory.
    pub plan: String,
    /// How many users.
    pub user_count: i64,
    /// What they brought in.
    pub revenue: Money,
    /// What their calls cost.
    pub cost: Money,
    /// What it cost to win those of whom that is known.
    pub acquisition_cost: Option<Money>,
    /// What those have brought in to date, less their calls.
    pub lifetime_margin: Option<Money>,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    part: i32,
    key: String,
    display_name: String,
    plan: String,
    user_count: i64,
    revenue: String,
    cost: String,
    acquisition_cost: Option<String>,
    lifetime_margin: Option<String>,
}

impl AccountRow {
    fn read(self) -> Result<Account, Error> {
        Ok(Account {
            part: match self.part {
                0 => Part::Total,
                1 => Part::Plan,
                2 => Part::User,
                _ => Part::Rest,
            },
            key: self.key,
            display_name: self.display_name,
            plan: self.plan,
            user_count: self.user_count,
            revenue: amount(&self.revenue)?,
            cost: amount(&self.cost)?,
            acquisition_cost: self.acquisition_cost.as_deref().map(amount).transpose()?,
            lifetime_margin: self.lifetime_margin.as_deref().map(amount).transpose()?,
        })
    }
}

/// All users' account, those of plans, those of the users with the least margin, and that of the
/// others; each part with the least margin first.
pub async fn economics(pool: &PgPool, question: Economics<'_>) -> Result<Vec<Account>, Error> {
    let rows = accounts(question).fetch_all(pool).await?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// Hands on the same accounts, which may be any number.
pub async fn all_economics(
    pool: &PgPool,
    question: Economics<'_>,
    out: mpsc::Sender<Vec<Account>>,
) -> Result<(), Error> {
    pool::hand_on_unless_given_up(pool, accounts(question), AccountRow::read, out).await
}

fn accounts(question: Economics<'_>) -> QueryAs<'_, sqlx::Postgres, AccountRow, PgArguments> {
    let (first, end) = bounds(question.cover.whole, NaiveDate::default());
    let (edge_starts, edge_ends) = edges(question.cover.edges);
    let ((passed, passed_place), (begun, begun_place)) = (question.passed, question.begun);
    sqlx::query_as(include_str!("spenders/economics.sql"))
        .bind(question.tenant.0)
        .bind(first)
        .bind(end)
        .bind(edge_starts)
        .bind(edge_ends)
        .bind(question.start)
        .bind(question.months)
        .bind(passed_place.month)
        .bind(passed_place.past_us)
        .bind(passed_place.length_us)
        .bind(begun_place.month)
        .bind(begun_place.past_us)
        .bind(begun_place.length_us)
        .bind(passed)
        .bind(begun)
        .bind(question.zone)
        .bind(question.top)
}
