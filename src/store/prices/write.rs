//! Inserts a price list.

use std::collections::HashMap;

use sqlx::PgConnection;
use sqlx::types::Json;

use super::add::{self, NewVersion};
use crate::domain::ids::ModelId;
use crate::domain::meter::Meter;
use crate::pricing::catalogue::{Catalogue, Model, Provider, Source};
use crate::store::column;

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
    let versions: Vec<NewVersion<'_>> = catalogue
        .models()
        .flat_map(|(_, model)| model.versions.iter().map(|version| (models[&model.id], version)))
        .map(|(model, version)| NewVersion::listed(model, catalogue_id, version))
        .collect();
    add::versions(connection, &versions).await
}

pub(super) async fn insert_meters(connection: &mut PgConnection) -> sqlx::Result<()> {
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

pub(super) async fn insert_source(
    connection: &mut PgConnection,
    source: &Source,
) -> sqlx::Result<i64> {
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
) -> sqlx::Result<HashMap<ModelId, ModelId>> {
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
        .map(|(provider, ordinal, model)| (model.id, ModelId(ids[&(provider, ordinal)])))
        .collect())
}
