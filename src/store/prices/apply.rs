//! Applies a change of prices and names: one transaction, one after the other.

use std::collections::HashMap;

use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection};

use super::add::{self, NewVersion};
use super::write;
use super::{Error, last_change};
use crate::domain::ids::ModelId;
use crate::pricing::catalogue::{Model, Provider};
use crate::pricing::change::{AddedAlias, Changes, ModelKey};
use crate::pricing::version::Origin;
use crate::store::column;

/// Applies `changes` to prices whose last change is `known`, and gives the number of
/// this one; `None` when others were changed meanwhile: load and plan again. Not to be
/// dropped half-way: see [`crate::store`].
pub async fn apply(
    connection: &mut PgConnection,
    changes: &Changes,
    known: i64,
) -> Result<Option<i64>, Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query(super::PATIENCE).execute(&mut *transaction).await?;
    // Held to the end: a later change gets a higher number and is seen later.
    sqlx::query("/* prices: lock */ SELECT pg_advisory_xact_lock(hashtext('aiusage prices'))")
        .execute(&mut *transaction)
        .await?;
    if last_change(&mut transaction).await? != known {
        return Ok(None);
    }
    store(&mut transaction, changes).await?;
    let number: i64 = sqlx::query_scalar(
        "/* prices: note change */
        WITH change AS (
          INSERT INTO price_change (what, created_by) VALUES ($1, $2) RETURNING change_no
        )
        SELECT change_no FROM change, pg_notify('aiusage_prices', change_no::text)",
    )
    .bind(&changes.what)
    .bind(&changes.created_by)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Some(number))
}

async fn store(connection: &mut PgConnection, changes: &Changes) -> sqlx::Result<()> {
    let catalogue = match &changes.source {
        Some(source) => Some(write::insert_source(connection, source).await?),
        None => None,
    };
    write::insert_meters(connection).await?;
    for provider in &changes.providers {
        upsert_provider(connection, provider).await?;
    }
    for provider in &changes.providers {
        replace_fallbacks(connection, provider).await?;
    }
    let models = models(connection, changes).await?;
    let versions: Vec<NewVersion<'_>> = changes
        .versions
        .iter()
        .filter_map(|added| {
            let listed = matches!(added.version.origin, Origin::Catalogue | Origin::Correction);
            Some(NewVersion {
                model: *models.get(&added.model)?,
                tenant: added.tenant,
                catalogue: catalogue.filter(|_| listed),
                created_by: &changes.created_by,
                version: &added.version,
            })
        })
        .collect();
    if versions.len() < changes.versions.len() {
        // A plan names models that are there.
        return Err(sqlx::Error::RowNotFound);
    }
    add::versions(connection, &versions).await?;
    insert_aliases(connection, &changes.aliases, &models, &changes.created_by).await
}

async fn upsert_provider(connection: &mut PgConnection, provider: &Provider) -> sqlx::Result<()> {
    let id: i64 = sqlx::query_scalar(
        "/* prices: upsert provider */
        INSERT INTO provider (key, ordinal, name, aliases, api, id_match, model_match)
        VALUES ($1, (SELECT coalesce(max(ordinal), -1) + 1 FROM provider), $2, $3, $4, $5, $6)
        ON CONFLICT (key) DO UPDATE SET name = excluded.name, aliases = excluded.aliases,
          api = excluded.api, id_match = excluded.id_match, model_match = excluded.model_match
        RETURNING provider_id",
    )
    .bind(&provider.key)
    .bind(&provider.name)
    .bind(column(&provider.aliases, |alias| alias.as_ref()))
    .bind(column(&provider.api, |address| address.0.as_ref()))
    .bind(Json(&provider.id_match))
    .bind(Json(&provider.model_match))
    .fetch_one(&mut *connection)
    .await?;
    upsert_models(connection, id, &provider.models).await
}

async fn upsert_models(
    connection: &mut PgConnection,
    provider: i64,
    models: &[Model],
) -> sqlx::Result<()> {
    let window = |model: &Model| model.context_window.and_then(|window| i64::try_from(window).ok());
    sqlx::query(
        "/* prices: upsert models */
        INSERT INTO model (provider_id, ordinal, key, name, match, context_window, deprecated)
        SELECT $1, position - 1, key, name, match, context_window, deprecated
        FROM unnest($2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::bool[]) WITH ORDINALITY
          AS new (key, name, match, context_window, deprecated, position)
        ORDER BY position
        ON CONFLICT (provider_id, key) DO UPDATE SET ordinal = excluded.ordinal, name = excluded.name,
          match = excluded.match, context_window = excluded.context_window, deprecated = excluded.deprecated",
    )
    .bind(provider)
    .bind(column(models, |model| model.key.as_ref()))
    .bind(column(models, |model| model.name.as_deref()))
    .bind(column(models, |model| Json(&model.rule)))
    .bind(column(models, window))
    .bind(column(models, |model| model.deprecated))
    .execute(connection)
    .await
    .map(drop)
}

async fn replace_fallbacks(connection: &mut PgConnection, provider: &Provider) -> sqlx::Result<()> {
    sqlx::query(
        "/* prices: drop fallbacks */
        DELETE FROM provider_fallback WHERE provider_id = (SELECT provider_id FROM provider WHERE key = $1)",
    )
    .bind(&provider.key)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* prices: add fallbacks */
        INSERT INTO provider_fallback (provider_id, ordinal, fallback_provider_id)
        SELECT own.provider_id, position - 1, other.provider_id
        FROM unnest($2::text[]) WITH ORDINALITY AS new (key, position)
        JOIN provider AS other ON other.key = new.key
        JOIN provider AS own ON own.key = $1",
    )
    .bind(&provider.key)
    .bind(column(&provider.fallbacks, |key| key.as_ref()))
    .execute(connection)
    .await
    .map(drop)
}

/// The database's ids of the models that `changes` names.
async fn models(
    connection: &mut PgConnection,
    changes: &Changes,
) -> sqlx::Result<HashMap<ModelKey, ModelId>> {
    let aliased = changes.aliases.iter().filter_map(|added| added.model.as_ref());
    let named: Vec<&ModelKey> =
        changes.versions.iter().map(|added| &added.model).chain(aliased).collect();
    let rows: Vec<(Box<str>, Box<str>, i64)> = sqlx::query_as(
        "/* prices: model ids */
        SELECT DISTINCT provider.key, model.key, model_id
        FROM unnest($1::text[], $2::text[]) AS named (provider_key, model_key)
        JOIN provider ON provider.key = named.provider_key
        JOIN model ON model.provider_id = provider.provider_id AND model.key = named.model_key",
    )
    .bind(column(&named, |named| named.provider.as_ref()))
    .bind(column(&named, |named| named.model.as_ref()))
    .fetch_all(connection)
    .await?;
    let entry = |(provider, model, id)| (ModelKey { provider, model }, ModelId(id));
    Ok(rows.into_iter().map(entry).collect())
}

async fn insert_aliases(
    connection: &mut PgConnection,
    aliases: &[AddedAlias],
    models: &HashMap<ModelKey, ModelId>,
    created_by: &str,
) -> sqlx::Result<()> {
    for added in aliases {
        let model = added.model.as_ref().map(|key| models[key].0);
        sqlx::query(
            "/* prices: alias */
            INSERT INTO model_alias (tenant_id, provider, alias, model_id, from_time, created_by)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(added.tenant.0)
        .bind(&added.provider)
        .bind(&added.alias)
        .bind(model)
        .bind(added.from)
        .bind(created_by)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
