//! Numbers of users: the only place that knows their own ids.

use std::collections::HashMap;

use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::Error;
use crate::domain::ids::TenantId;

/// A user of a tenant, by their own id.
pub type UserKey = (TenantId, Box<str>);

/// Finds the numbers of `users`, each named once, and gives the next free ones to
/// those who have none.
pub async fn find_or_create(
    pool: &PgPool,
    users: &[UserKey],
) -> Result<HashMap<UserKey, i32>, Error> {
    let mut connection = pool.acquire().await?;
    let mut found = find(&mut connection, users).await?;
    let new: Vec<&UserKey> = users.iter().filter(|user| !found.contains_key(*user)).collect();
    if !new.is_empty() {
        found.extend(create(&mut connection, &new).await?);
    }
    if found.len() < users.len() {
        return Err(Error::Unexpected(sqlx::Error::RowNotFound));
    }
    Ok(found)
}

/// The users' own ids, by number.
pub async fn ids(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    numbers: &[i32],
) -> Result<HashMap<i32, String>, Error> {
    let rows: Vec<(i32, String)> = sqlx::query_as(
        "-- users.ids
        SELECT user_no, user_id FROM tenant_user WHERE tenant_id = $1 AND user_no = ANY ($2)",
    )
    .bind(tenant.0)
    .bind(numbers)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Finds the numbers of those of `users` who have one.
pub async fn find(
    connection: &mut PgConnection,
    users: &[UserKey],
) -> Result<HashMap<UserKey, i32>, Error> {
    let (tenants, ids) = columns(users.iter());
    let rows: Vec<(Uuid, String, i32)> = sqlx::query_as(
        "-- users.find
        SELECT tenant_id, user_id, user_no
        FROM unnest($1::uuid[], $2::text[]) AS asked (tenant_id, user_id)
        JOIN tenant_user USING (tenant_id, user_id)",
    )
    .bind(tenants)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(by_key(rows))
}

/// One statement, so that it may be dropped half-way: the function locks the
/// tenant, and another server that meets the same new user sees the number.
async fn create(
    connection: &mut PgConnection,
    users: &[&UserKey],
) -> Result<HashMap<UserKey, i32>, Error> {
    let (tenants, ids) = columns(users.iter().copied());
    let rows: Vec<(Uuid, String, i32)> = sqlx::query_as(
        "-- users.create\nSELECT tenant_id, user_id, user_no FROM number_users($1, $2)",
    )
    .bind(tenants)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(by_key(rows))
}

fn columns<'a>(users: impl Iterator<Item = &'a UserKey>) -> (Vec<Uuid>, Vec<&'a str>) {
    users.map(|(tenant, id)| (tenant.0, &**id)).unzip()
}

fn by_key(rows: Vec<(Uuid, String, i32)>) -> HashMap<UserKey, i32> {
    rows.into_iter()
        .map(|(tenant, id, number)| ((TenantId(tenant), id.into_boxed_str()), number))
        .collect()
}
