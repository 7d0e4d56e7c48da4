//! The directory of users.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::Error;
use super::error::undecodable;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::user::{Known, ProfileChange, User};

#[derive(sqlx::FromRow)]
struct UserRow {
    user_id: String,
    display_name: Option<String>,
    email: Option<String>,
    plan: Option<String>,
    monthly_revenue: Option<String>,
    acquisition_cost: Option<String>,
    signup_time: Option<DateTime<Utc>>,
    create_time: Option<DateTime<Utc>>,
    update_time: Option<DateTime<Utc>>,
}

impl UserRow {
    fn read(self) -> Result<User, Error> {
        let known = self.create_time.zip(self.update_time);
        Ok(User {
            id: self.user_id,
            display_name: self.display_name.unwrap_or_default(),
            email: self.email.unwrap_or_default(),
            plan: self.plan.unwrap_or_default(),
            monthly_revenue: amount(self.monthly_revenue)?,
            acquisition_cost: amount(self.acquisition_cost)?,
            signup_time: self.signup_time,
            known: known.map(|(create_time, update_time)| Known { create_time, update_time }),
        })
    }
}

fn amount(text: Option<String>) -> Result<Option<Money>, Error> {
    text.map(|text| Money::parse(&text).map_err(undecodable)).transpose()
}

/// Finds a user who has records or whom the directory knows.
pub async fn find(pool: &PgPool, tenant: TenantId, user: &str) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = sqlx::query_as(
        "-- profiles.find
        SELECT
          u.user_id, p.display_name, p.email, p.plan, trim_scale(p.monthly_revenue)::text AS monthly_revenue,
          trim_scale(p.acquisition_cost)::text AS acquisition_cost, p.signup_time, p.create_time, p.update_time
        FROM tenant_user AS u LEFT JOIN user_profile AS p USING (tenant_id, user_no)
        WHERE u.tenant_id = $1 AND u.user_id = $2",
    )
    .bind(tenant.0)
    .bind(user)
    .fetch_optional(pool)
    .await?;
    row.map(UserRow::read).transpose()
}

/// What people call a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    /// The name; empty: none is known.
    pub display_name: String,
    /// The plan; empty: none is known.
    pub plan: String,
}

/// What people call those of `users` whom the directory knows, by their ids.
pub async fn titles(
    pool: &PgPool,
    tenant: TenantId,
    users: &[String],
) -> Result<HashMap<String, Title>, Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "-- profiles.titles
        SELECT u.user_id, p.display_name, p.plan
        FROM tenant_user AS u JOIN user_profile AS p USING (tenant_id, user_no)
        WHERE u.tenant_id = $1 AND u.user_id = ANY ($2)",
    )
    .bind(tenant.0)
    .bind(users)
    .fetch_all(pool)
    .await?;
    let title = |(user, display_name, plan)| (user, Title { display_name, plan });
    Ok(rows.into_iter().map(title).collect())
}

/// Which users to list.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What occurs in the id, the name or the e-mail address, whatever the case; empty:
    /// anything.
    pub text: &'a str,
    /// The plan; empty: any.
    pub plan: &'a str,
    /// The id after which the page begins; `None`: from the first one.
    pub after: Option<&'a str>,
    /// The most users.
    pub max: i64,
}

/// Users in the order of their ids. A text that is rare is looked for in all of them.
pub async fn list(pool: &PgPool, tenant: TenantId, search: Search<'_>) -> Result<Vec<User>, Error> {
    let rows: Vec<UserRow> = sqlx::query_as(
        "-- profiles.list
        SELECT
          u.user_id, p.display_name, p.email, p.plan, trim_scale(p.monthly_revenue)::text AS monthly_revenue,
          trim_scale(p.acquisition_cost)::text AS acquisition_cost, p.signup_time, p.create_time, p.update_time
        FROM tenant_user AS u LEFT JOIN user_profile AS p USING (tenant_id, user_no)
        WHERE u.tenant_id = $1
          AND ($2 = '' OR strpos(lower(u.user_id), lower($2)) > 0
            OR strpos(lower(p.display_name), lower($2)) > 0 OR strpos(lower(p.email), lower($2)) > 0)
          AND ($3 = '' OR p.plan = $3)
          AND ($4::text IS NULL OR u.user_id > $4)
        ORDER BY u.user_id LIMIT $5",
    )
    .bind(tenant.0)
    .bind(search.text)
    .bind(search.plan)
    .bind(search.after)
    .bind(search.max)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(UserRow::read).collect()
}

/// Changes what is known of `user`, who has a number; `None`: nobody has the id any
/// more. What is as it was keeps its time.
///
/// The user's row is held, so that an erasure comes before or after: what is written
/// down here can never belong to a number that has lost its id.
pub async fn change(
    pool: &PgPool,
    tenant: TenantId,
    user: &str,
    change: &ProfileChange,
    now: DateTime<Utc>,
) -> Result<Option<User>, Error> {
    let row: Option<UserRow> = sqlx::query_as(include_str!("profiles/change.sql"))
        .bind(tenant.0)
        .bind(user)
        .bind(change.display_name.as_deref())
        .bind(change.email.as_deref())
        .bind(change.plan.as_deref())
        .bind(change.monthly_revenue.is_some())
        .bind(change.monthly_revenue.flatten().map(|money| money.to_string()))
        .bind(change.acquisition_cost.is_some())
        .bind(change.acquisition_cost.flatten().map(|money| money.to_string()))
        .bind(change.signup_time.is_some())
        .bind(change.signup_time.flatten())
        .bind(now)
        .fetch_optional(pool)
        .await?;
    row.map(UserRow::read).transpose()
}
