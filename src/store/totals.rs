//! Sums of any range, filter and dimension: one statement, one snapshot each.

mod row;
mod titled;

pub(super) use row::TotalsRow;
pub use titled::{Titled, titled};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

use super::Error;
use super::pool::fetch_unless_given_up;
use crate::domain::filter::{Detail, Dimension, Filter};
use crate::domain::ids::TenantId;
use crate::domain::slices::{Slice, Slices};
use crate::domain::totals::{SumTooLarge, Times, Totals};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose records.
    pub tenant: TenantId,
    /// What must be known of them.
    pub detail: Detail,
    /// When: cut for `detail`.
    pub slices: &'a Slices,
    /// Which of them.
    pub filter: &'a Filter,
    /// What they are put together by: at most two.
    pub dimensions: &'a [Dimension],
    /// How many keys come by themselves; the others come together.
    pub top: i64,
    /// Whether each bucket is a key of its own, rather than a part of every key.
    pub by_bucket: bool,
}

/// Sums of one bucket and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The bucket. Of the keys that come together 0, where buckets are keys.
    pub bucket: usize,
    /// The key's place, from 1 for the dearest; `None`: those that come together.
    pub place: Option<i64>,
    /// A value for each dimension.
    pub keys: [String; 2],
    /// How many keys these are.
    pub key_count: i64,
    /// Their sums.
    pub totals: Totals,
    /// Their times.
    pub times: Times,
}

macro_rules! statement {
    ($name:literal, $first:literal $(, $further:literal)*) => {
        concat!(
            "-- totals.", $name, "\nWITH part AS (\n",
            include_str!(concat!("totals/", $first, ".sql")),
            $("UNION ALL\n", include_str!(concat!("totals/", $further, ".sql")),)*
            include_str!("totals/grouped.sql"),
        )
    };
}

/// The statement that reads the smallest summaries that know enough.
///
/// The log has many partitions: where it has nothing to add, planning how to read it would
/// take longer than the answer.
fn statement(detail: Detail, needs_log: bool) -> &'static str {
    match (detail, needs_log) {
        (Detail::Nothing, false) => statement!("nothing", "by_hour"),
        (Detail::Nothing, true) => statement!("nothing_and_log", "by_hour", "entries"),
        (Detail::Model, false) => statement!("model", "by_model_day", "by_model_hour"),
        (Detail::Model, true) => {
            statement!("model_and_log", "by_model_day", "by_model_hour", "entries")
        }
        (Detail::Function, false) => statement!("function", "by_function_day"),
        (Detail::Function, true) => {
            statement!("function_and_log", "by_function_day", "all_entries")
        }
        (Detail::UserAlone, false) => statement!("user_alone", "by_user_alone_day"),
        (Detail::UserAlone, true) => {
            statement!("user_alone_and_log", "by_user_alone_day", "entries")
        }
        (Detail::User, false) => statement!("user", "by_user_day"),
        (Detail::User, true) => statement!("user_and_log", "by_user_day", "entries"),
        (Detail::Everything, _) => statement!("everything", "all_entries"),
    }
}

/// Puts what the directory says of users beside their sums, and what all of them cost.
macro_rules! titled {
    ($sums:expr) => {
        concat!(
            "-- totals.titled
            SELECT
              sums.*, coalesce(profile.display_name, '') AS display_name,
              coalesce(profile.plan, '') AS plan,
              trim_scale(sum(sums.cost::numeric) OVER ())::text AS cost_of_all
            FROM (\n",
            $sums,
            "\n) AS sums
            LEFT JOIN tenant_user AS one
              ON sums.place IS NOT NULL AND one.tenant_id = $1 AND one.user_id = sums.first_key
            LEFT JOIN user_profile AS profile
              ON profile.tenant_id = $1 AND profile.user_no = one.user_no
            ORDER BY sums.place",
        )
    };
}

/// The statement of sums by user.
fn titled_statement(detail: Detail, needs_log: bool) -> &'static str {
    match (detail, needs_log) {
        (Detail::UserAlone, false) => titled!(statement!("user_alone", "by_user_alone_day")),
        (Detail::UserAlone, true) => {
            titled!(statement!("user_alone_and_log", "by_user_alone_day", "entries"))
        }
        (Detail::User, false) => titled!(statement!("user", "by_user_day")),
        (Detail::User, true) => titled!(statement!("user_and_log", "by_user_day", "entries")),
        _ => titled!(statement!("everything", "all_entries")),
    }
}

/// Sums by bucket and key, the dearest key first.
pub async fn sums(pool: &PgPool, question: Question<'_>) -> Result<Vec<Row>, Error> {
    let sql = statement(question.detail, !question.slices.log.is_empty());
    let query: Asked<'_, SumsRow> = ask(pool, sql, question).await?;
    let rows = fetch_unless_given_up(pool, query).await?;
    rows.into_iter().map(SumsRow::read).collect()
}

/// A statement with its parameters.
async fn ask<Row>(
    pool: &PgPool,
    sql: &'static str,
    question: Question<'_>,
) -> Result<Asked<'static, Row>, Error>
where
    Row: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let Question { tenant, filter, dimensions, .. } = question;
    let users = user_numbers(pool, tenant, &filter.users).await?;
    let word = |index: usize| dimensions.get(index).map_or("", Dimension::word).to_owned();
    let query = sqlx::query_as(sql).bind(tenant.0).bind(word(0)).bind(word(1));
    let query = bind_slices(query.bind(tag_key(dimensions).to_owned()), question.slices);
    Ok(bind_filter(query, filter, users).bind(question.top).bind(question.by_bucket))
}

/// The numbers of `ids`; `None` when none are given. Who is not known has no number.
pub async fn user_numbers(
    pool: &PgPool,
    tenant: TenantId,
    ids: &[String],
) -> Result<Option<Vec<i32>>, Error> {
    if ids.is_empty() {
        return Ok(None);
    }
    let numbers = sqlx::query_scalar(
        "-- totals.user_numbers
        SELECT user_no FROM tenant_user WHERE tenant_id = $1 AND user_id = ANY ($2)",
    );
    Ok(Some(numbers.bind(tenant.0).bind(ids).fetch_all(pool).await?))
}

fn tag_key(dimensions: &[Dimension]) -> &str {
    let mut keys = dimensions.iter().filter_map(|dimension| match dimension {
        Dimension::Tag(key) => Some(&**key),
        _ => None,
    });
    keys.next_back().unwrap_or_default()
}

/// A statement whose parameters are numbered as those of this file.
type Asked<'q, Row> = QueryAs<'q, sqlx::Postgres, Row, PgArguments>;

/// Binds $5 to $13.
pub(super) fn bind_slices<'q, Row>(query: Asked<'q, Row>, slices: &Slices) -> Asked<'q, Row> {
    let (day_buckets, first_days, end_days): (_, Vec<NaiveDate>, Vec<NaiveDate>) =
        columns(&slices.days);
    let (hour_buckets, first_hours, end_hours): (_, Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) =
        columns(&slices.hours);
    let (log_buckets, starts, ends): (_, Vec<DateTime<Utc>>, Vec<DateTime<Utc>>) =
        columns(&slices.log);
    let query = query.bind(day_buckets).bind(first_days).bind(end_days);
    let query = query.bind(hour_buckets).bind(first_hours).bind(end_hours);
    query.bind(log_buckets).bind(starts).bind(ends)
}

fn columns<Unit: Copy>(slices: &[Slice<Unit>]) -> (Vec<i32>, Vec<Unit>, Vec<Unit>) {
    let bucket = |slice: &Slice<Unit>| {
        i32::try_from(slice.bucket).expect("a question has at most 10,000 buckets")
    };
    (
        slices.iter().map(bucket).collect(),
        slices.iter().map(|slice| slice.from).collect(),
        slices.iter().map(|slice| slice.to).collect(),
    )
}

/// Binds $14 to $25.
pub(super) fn bind_filter<'q, Row>(
    query: Asked<'q, Row>,
    filter: &Filter,
    users: Option<Vec<i32>>,
) -> Asked<'q, Row> {
    let list = |values: &[String]| (!values.is_empty()).then(|| values.to_vec());
    query
        .bind(users)
        .bind(list(&filter.features))
        .bind(list(&filter.functions))
        .bind(list(&filter.providers))
        .bind(list(&filter.models))
        .bind(list(&filter.statuses))
        .bind(list(&filter.jobs))
        .bind(list(&filter.sessions))
        .bind(tags(filter))
        .bind(filter.cached)
        .bind(filter.unpriced)
        .bind(filter.failed)
}

/// The labels as the log has them; `None` without any.
#[must_use]
pub fn tags(filter: &Filter) -> Option<Value> {
    let pairs = filter.tags.iter().map(|(key, value)| (key.to_string(), Value::from(&**value)));
    (!filter.tags.is_empty()).then(|| Value::Object(pairs.collect()))
}

#[derive(sqlx::FromRow)]
struct SumsRow {
    bucket: i32,
    place: Option<i64>,
    first_key: String,
    second_key: String,
    key_count: i64,
    #[sqlx(flatten)]
    totals: TotalsRow,
    #[sqlx(flatten)]
    times: TimesRow,
}

/// The columns of [`Times`].
#[derive(sqlx::FromRow)]
struct TimesRow {
    latency_count: i64,
    latency_sum_us: String,
    first_token_count: i64,
    first_token_sum_us: String,
}

impl SumsRow {
    fn read(self) -> Result<Row, Error> {
        Ok(Row {
            bucket: usize::try_from(self.bucket).unwrap_or_default(),
            place: self.place,
            keys: [self.first_key, self.second_key],
            key_count: self.key_count,
            totals: self.totals.read()?,
            times: self.times.read()?,
        })
    }
}

impl TimesRow {
    fn read(self) -> Result<Times, SumTooLarge> {
        let sum = |text: &str| text.parse().map_err(|_| SumTooLarge);
        Ok(Times {
            latency_count: self.latency_count,
            latency_sum_us: sum(&self.latency_sum_us)?,
            first_token_count: self.first_token_count,
            first_token_sum_us: sum(&self.first_token_sum_us)?,
        })
    }
}
