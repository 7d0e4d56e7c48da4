//! Adds versions of prices: the only statements that bring prices in.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::{ModelId, TenantId};
use crate::pricing::set::{PriceSet, Rate};
use crate::pricing::version::Version;
use crate::store::column;

/// A version to be added.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewVersion<'a> {
    /// The model, by the database's id.
    pub(super) model: ModelId,
    /// Whose it is, if one tenant's alone.
    pub(super) tenant: Option<TenantId>,
    /// The price list that it came with, by the database's id.
    pub(super) catalogue: Option<i64>,
    /// The API key that brought it; empty: the service itself.
    pub(super) created_by: &'a str,
    /// The version.
    pub(super) version: &'a Version,
}

impl<'a> NewVersion<'a> {
    /// A version that came with a price list.
    pub(super) fn listed(model: ModelId, catalogue: i64, version: &'a Version) -> Self {
        Self { model, tenant: None, catalogue: Some(catalogue), created_by: "", version }
    }
}

/// Adds `versions` in order. Call it in a transaction: it takes several statements.
pub(super) async fn versions(
    connection: &mut PgConnection,
    versions: &[NewVersion<'_>],
) -> sqlx::Result<()> {
    let ids = insert_versions(connection, versions).await?;
    let rows: Vec<SetRow<'_>> =
        ids.iter().zip(versions).flat_map(|(id, new)| set_rows(*id, new.version)).collect();
    let sets = insert_sets(connection, &rows).await?;
    insert_rates(connection, &rows, &sets).await
}

/// Gives the ids in order.
async fn insert_versions(
    connection: &mut PgConnection,
    versions: &[NewVersion<'_>],
) -> sqlx::Result<Vec<i64>> {
    let sql = "/* prices: versions */
        INSERT INTO price_version (model_id, origin, tenant_id, catalogue_id, from_time, to_time, source, created_by)
        SELECT model_id, origin, tenant_id, catalogue_id, from_time, to_time, source, created_by
        FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
          $7::text[], $8::text[]) WITH ORDINALITY
          AS new (model_id, origin, tenant_id, catalogue_id, from_time, to_time, source, created_by, position)
        ORDER BY position
        RETURNING price_version_id";
    let mut ids: Vec<i64> = sqlx::query_scalar(sql)
        .bind(column(versions, |new| new.model.0))
        .bind(column(versions, |new| new.version.origin.as_str()))
        .bind::<Vec<Option<Uuid>>>(column(versions, |new| new.tenant.map(|tenant| tenant.0)))
        .bind(column(versions, |new| new.catalogue))
        .bind::<Vec<Option<DateTime<Utc>>>>(column(versions, |new| new.version.from))
        .bind::<Vec<Option<DateTime<Utc>>>>(column(versions, |new| new.version.to))
        .bind(column(versions, |new| new.version.source.as_ref()))
        .bind(column(versions, |new| new.created_by))
        .fetch_all(connection)
        .await?;
    // They are given in the order of insertion, which sorting makes certain.
    ids.sort_unstable();
    Ok(ids)
}

/// A price set with its place.
struct SetRow<'a> {
    version: i64,
    kind: &'static str,
    ordinal: i32,
    terms: Json<serde_json::Value>,
    set: &'a PriceSet,
}

fn set_rows(id: i64, version: &Version) -> Vec<SetRow<'_>> {
    let base = (0..).zip(&version.base).map(|(ordinal, set)| SetRow {
        version: id,
        kind: "base",
        ordinal,
        terms: Json(serde_json::json!({})),
        set,
    });
    let variants = (0..).zip(&version.variants).map(|(ordinal, variant)| SetRow {
        version: id,
        kind: "variant",
        ordinal,
        terms: Json(serde_json::json!(variant.terms)),
        set: &variant.set,
    });
    base.chain(variants).collect()
}

/// A set's place: version, kind, ordinal.
type Place = (i64, String, i32);

fn place(row: &SetRow<'_>) -> Place {
    (row.version, row.kind.to_owned(), row.ordinal)
}

/// Gives the sets' ids by place.
async fn insert_sets(
    connection: &mut PgConnection,
    rows: &[SetRow<'_>],
) -> sqlx::Result<HashMap<Place, i64>> {
    let sql = "/* prices: sets */
        INSERT INTO price_set (price_version_id, kind, ordinal, terms, free, from_time, to_time,
          window_from, window_to, window_zone, window_days)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::int[], $4::jsonb[], $5::bool[],
          $6::timestamptz[], $7::timestamptz[], $8::time[], $9::time[], $10::text[], $11::smallint[])
        ORDER BY 1, 2, 3
        RETURNING price_version_id, kind, ordinal, price_set_id";
    let window = |row: &'_ SetRow<'_>| row.set.schedule.window.clone();
    let inserted: Vec<(i64, String, i32, i64)> = sqlx::query_as(sql)
        .bind(column(rows, |row| row.version))
        .bind(column(rows, |row| row.kind))
        .bind(column(rows, |row| row.ordinal))
        .bind(column(rows, |row| &row.terms))
        .bind(column(rows, |row| row.set.free))
        .bind::<Vec<Option<DateTime<Utc>>>>(column(rows, |row| row.set.schedule.from))
        .bind::<Vec<Option<DateTime<Utc>>>>(column(rows, |row| row.set.schedule.to))
        .bind::<Vec<Option<NaiveTime>>>(column(rows, |row| window(row).map(|window| window.from)))
        .bind::<Vec<Option<NaiveTime>>>(column(rows, |row| window(row).map(|window| window.to)))
        .bind::<Vec<Option<&str>>>(column(rows, |row| window(row).map(|window| window.zone.name())))
        .bind::<Vec<Option<i16>>>(column(rows, |row| {
            window(row).map(|window| window.days.mask().into())
        }))
        .fetch_all(connection)
        .await?;
    Ok(inserted
        .into_iter()
        .map(|(version, kind, ordinal, id)| ((version, kind, ordinal), id))
        .collect())
}

async fn insert_rates(
    connection: &mut PgConnection,
    rows: &[SetRow<'_>],
    sets: &HashMap<Place, i64>,
) -> sqlx::Result<()> {
    let sql = "/* prices: rates */
        INSERT INTO price (price_set_id, meter_key, above_input_tokens, amount, per, min_quantity)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::numeric[], $5::bigint[], $6::numeric[])";
    let mut rates: Vec<(i64, &Rate, Option<i64>, Decimal)> = Vec::new();
    for row in rows {
        for rate in &row.set.rates {
            for (above, amount) in rate.amounts() {
                let above = above.map(|above| i64::try_from(above).unwrap_or(i64::MAX));
                rates.push((sets[&place(row)], rate, above, amount.as_decimal()));
            }
        }
    }
    sqlx::query(sql)
        .bind(column(&rates, |row| row.0))
        .bind(column(&rates, |row| row.1.meter.key()))
        .bind(column(&rates, |row| row.2.unwrap_or(-1)))
        .bind(column(&rates, |row| row.3))
        .bind(column(&rates, |row| i64::from(row.1.per)))
        .bind(column(&rates, |row| row.1.min_quantity.filter(|_| row.2.is_none())))
        .execute(connection)
        .await
        .map(drop)
}
