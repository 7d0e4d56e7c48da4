//! Inserts a price list.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::ids::{ModelId, PriceSetId};
use crate::domain::meter::Meter;
use crate::pricing::catalogue::{Catalogue, Model, Provider, Source};
use crate::pricing::set::{PriceSet, Rate};

/// Inserts `catalogue` into tables that have none. Call it in a transaction: it
/// takes several statements.
pub(super) async fn insert_catalogue(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
) -> sqlx::Result<()> {
    insert_meters(connection).await?;
    let catalogue_id = insert_source(connection, catalogue.source()).await?;
    let providers = insert_providers(connection, catalogue.providers()).await?;
    insert_fallbacks(connection, catalogue.providers(), &providers).await?;
    let models = insert_models(connection, catalogue.providers(), &providers).await?;
    let rows = set_rows(catalogue, &models);
    let sets = insert_sets(connection, catalogue_id, &rows).await?;
    insert_rates(connection, &rows, &sets).await
}

async fn insert_meters(connection: &mut PgConnection) -> sqlx::Result<()> {
    let sql = "/* prices: meters */
        INSERT INTO meter (meter_key, dimensions, per, rollup, fractional, implicit)
        SELECT * FROM unnest($1::text[], $2::jsonb[], $3::bigint[], $4::text[], $5::bool[], $6::bool[])
        ON CONFLICT (meter_key) DO NOTHING";
    sqlx::query(sql)
        .bind(column(Meter::all(), Meter::key))
        .bind(column(Meter::all(), |meter| Json(meter.dimensions())))
        .bind(column(Meter::all(), |meter| i64::from(meter.per())))
        .bind(column(Meter::all(), |meter| meter.rollup().as_str()))
        .bind(column(Meter::all(), Meter::is_fractional))
        .bind(column(Meter::all(), Meter::is_implicit))
        .execute(connection)
        .await
        .map(drop)
}

async fn insert_source(connection: &mut PgConnection, source: &Source) -> sqlx::Result<i64> {
    let sql = "/* prices: catalogue */
        INSERT INTO catalogue (source, version, sha256, licence, attribution)
        VALUES ($1, $2, $3, $4, $5) RETURNING catalogue_id";
    sqlx::query_scalar(sql)
        .bind(&source.name)
        .bind(&source.version)
        .bind(&source.sha256)
        .bind(&source.licence)
        .bind(&source.attribution)
        .fetch_one(connection)
        .await
}

/// Inserts providers and gives the ids by key.
async fn insert_providers(
    connection: &mut PgConnection,
    providers: &[Provider],
) -> sqlx::Result<HashMap<String, i64>> {
    let sql = "/* prices: provider */
        INSERT INTO provider (key, ordinal, name, aliases, api, id_match, model_match)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING key, provider_id";
    let mut ids = HashMap::with_capacity(providers.len());
    for (ordinal, provider) in (0_i32..).zip(providers) {
        let row = sqlx::query_as(sql)
            .bind(&provider.key)
            .bind(ordinal)
            .bind(&provider.name)
            .bind(column(&provider.aliases, |alias| alias.as_ref()))
            .bind(column(&provider.api, |address| address.0.as_ref()))
            .bind(Json(&provider.id_match))
            .bind(Json(&provider.model_match))
            .fetch_one(&mut *connection);
        let (key, id): (String, i64) = row.await?;
        ids.insert(key, id);
    }
    Ok(ids)
}

async fn insert_fallbacks(
    connection: &mut PgConnection,
    providers: &[Provider],
    ids: &HashMap<String, i64>,
) -> sqlx::Result<()> {
    let sql = "/* prices: fallbacks */
        INSERT INTO provider_fallback (provider_id, ordinal, fallback_provider_id)
        SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[])";
    let mut rows: Vec<(i64, i32, i64)> = Vec::new();
    for provider in providers {
        let id = ids[&*provider.key];
        let fallbacks = provider.fallbacks.iter().map(|key| ids[&**key]);
        rows.extend((0_i32..).zip(fallbacks).map(|(ordinal, fallback)| (id, ordinal, fallback)));
    }
    sqlx::query(sql)
        .bind(column(&rows, |row| row.0))
        .bind(column(&rows, |row| row.1))
        .bind(column(&rows, |row| row.2))
        .execute(connection)
        .await
        .map(drop)
}

/// Inserts models and gives the database's ids by those of the catalogue.
async fn insert_models(
    connection: &mut PgConnection,
    providers: &[Provider],
    ids: &HashMap<String, i64>,
) -> sqlx::Result<HashMap<ModelId, i64>> {
    let sql = "/* prices: models */
        INSERT INTO model (provider_id, ordinal, key, name, match, context_window, deprecated)
        SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::jsonb[], $6::bigint[], $7::bool[])
        ORDER BY 1, 2
        RETURNING provider_id, ordinal, model_id";
    let mut rows: Vec<(i64, i32, &Model)> = Vec::new();
    for provider in providers {
        let id = ids[&*provider.key];
        rows.extend((0_i32..).zip(&provider.models).map(|(ordinal, model)| (id, ordinal, model)));
    }
    let window = |model: &Model| model.context_window.and_then(|window| i64::try_from(window).ok());
    let inserted: Vec<(i64, i32, i64)> = sqlx::query_as(sql)
        .bind(column(&rows, |row| row.0))
        .bind(column(&rows, |row| row.1))
        .bind(column(&rows, |row| row.2.key.as_ref()))
        .bind(column(&rows, |row| row.2.name.as_deref()))
        .bind(column(&rows, |row| Json(&row.2.rule)))
        .bind(column(&rows, |row| window(row.2)))
        .bind(column(&rows, |row| row.2.deprecated))
        .fetch_all(connection)
        .await?;
    let ids: HashMap<(i64, i32), i64> =
        inserted.into_iter().map(|(p, o, id)| ((p, o), id)).collect();
    Ok(rows
        .into_iter()
        .map(|(provider, ordinal, model)| (model.id, ids[&(provider, ordinal)]))
        .collect())
}

/// A price set with its place.
struct SetRow<'a> {
    model: i64,
    kind: &'static str,
    ordinal: i32,
    terms: Json<serde_json::Value>,
    set: &'a PriceSet,
}

fn set_rows<'a>(catalogue: &'a Catalogue, models: &HashMap<ModelId, i64>) -> Vec<SetRow<'a>> {
    let mut rows = Vec::new();
    for (_, model) in catalogue.models() {
        let id = models[&model.id];
        for (ordinal, set) in (0..).zip(&model.base) {
            rows.push(SetRow {
                model: id,
                kind: "base",
                ordinal,
                terms: Json(serde_json::json!({})),
                set,
            });
        }
        for (ordinal, variant) in (0..).zip(&model.variants) {
            let terms = Json(serde_json::json!(variant.terms));
            rows.push(SetRow { model: id, kind: "variant", ordinal, terms, set: &variant.set });
        }
    }
    rows
}

/// Inserts price sets and gives the database's ids by those of the catalogue.
async fn insert_sets(
    connection: &mut PgConnection,
    catalogue_id: i64,
    rows: &[SetRow<'_>],
) -> sqlx::Result<HashMap<PriceSetId, i64>> {
    let sql = "/* prices: sets */
        INSERT INTO price_set (catalogue_id, model_id, kind, ordinal, terms, free, from_time, to_time,
          window_from, window_to, window_zone, window_days)
        SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::int[], $5::jsonb[], $6::bool[],
          $7::timestamptz[], $8::timestamptz[], $9::time[], $10::time[], $11::text[], $12::smallint[])
        ORDER BY 2, 3, 4
        RETURNING model_id, kind, ordinal, price_set_id";
    let window = |row: &'_ SetRow<'_>| row.set.schedule.window.clone();
    let inserted: Vec<(i64, String, i32, i64)> = sqlx::query_as(sql)
        .bind(catalogue_id)
        .bind(column(rows, |row| row.model))
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
    let ids: HashMap<(i64, String, i32), i64> = inserted
        .into_iter()
        .map(|(model, kind, ordinal, id)| ((model, kind, ordinal), id))
        .collect();
    let place = |row: &SetRow<'_>| (row.model, row.kind.to_owned(), row.ordinal);
    Ok(rows.iter().map(|row| (row.set.id, ids[&place(row)])).collect())
}

async fn insert_rates(
    connection: &mut PgConnection,
    rows: &[SetRow<'_>],
    sets: &HashMap<PriceSetId, i64>,
) -> sqlx::Result<()> {
    let sql = "/* prices: rates */
        INSERT INTO price (price_set_id, meter_key, above_input_tokens, amount, per, min_quantity)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::numeric[], $5::bigint[], $6::numeric[])";
    let mut rates: Vec<(i64, &Rate, Option<i64>, Decimal)> = Vec::new();
    for row in rows {
        for rate in &row.set.rates {
            for (above, amount) in rate.amounts() {
                let above = above.map(|above| i64::try_from(above).unwrap_or(i64::MAX));
                rates.push((sets[&row.set.id], rate, above, amount.as_decimal()));
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

/// One column of rows, to be unnested.
fn column<R, T>(rows: impl IntoIterator<Item = R>, value: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}
