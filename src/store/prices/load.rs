//! Loads the price list.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::versions;
use crate::domain::ids::{ModelId, TenantId};
use crate::pricing::address::Address;
use crate::pricing::book::{Alias, PriceBook, Problem, TenantPrices};
use crate::pricing::catalogue::{Catalogue, CatalogueError, Model, Provider, Source};
use crate::pricing::rule::Rule;
use crate::pricing::set::AmountError;
use crate::pricing::version::Version;

/// Why the price list could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The rows are no consistent catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A price is for a meter that this program does not know.
    #[error("price set {set} prices {meter:?}, which is no meter of this version")]
    UnknownMeter {
        /// The price set.
        set: i64,
        /// The meter's key.
        meter: String,
    },
    /// A tenant's own price cannot be used.
    #[error("tenant {tenant}: {problem}")]
    Tenant {
        /// The tenant.
        tenant: Uuid,
        /// What is wrong.
        problem: Problem,
    },
    /// A price has too many digits.
    #[error("price set {set}: {source}")]
    Amount {
        /// The price set.
        set: i64,
        /// What is wrong.
        source: AmountError,
    },
    /// A price set has a time zone or a number that this program does not know.
    #[error("price set {set} has an unknown {what}")]
    Unknown {
        /// The price set.
        set: i64,
        /// What is unknown.
        what: &'static str,
    },
}

/// Loads all prices and names, with the database's ids: all of one snapshot. Not to be dropped half-way: see
/// [`crate::store`].
pub async fn load(connection: &mut PgConnection) -> Result<PriceBook, LoadError> {
    let mut snapshot = connection.begin().await?;
    for setting in ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", super::PATIENCE] {
        sqlx::query(setting).execute(&mut *snapshot).await?;
    }
    let loaded = load_in(&mut snapshot).await?;
    snapshot.commit().await?;
    Ok(loaded)
}

async fn load_in(connection: &mut PgConnection) -> Result<PriceBook, LoadError> {
    let change = super::last_change(connection).await?;
    let source = source(connection).await?;
    let (mut versions, tenant_versions) = versions::load(connection).await?;
    let mut models = models(connection, &mut versions).await?;
    let public = Catalogue::new(source, providers(connection, &mut models).await?)?;
    let mut tenants: HashMap<TenantId, TenantPrices> = HashMap::new();
    for row in aliases(connection).await? {
        row.add_to(&mut tenants);
    }
    for (tenant, model, version) in tenant_versions {
        let added = tenants.entry(tenant).or_default().add_version(model, version);
        added.map_err(|problem| LoadError::Tenant { tenant: tenant.0, problem })?;
    }
    Ok(PriceBook::new(public, tenants, change))
}

type Text = Box<str>;

async fn source(connection: &mut PgConnection) -> sqlx::Result<Source> {
    let sql = "/* prices: latest catalogue */
        SELECT source, version, sha256, licence, attribution FROM catalogue ORDER BY catalogue_id DESC LIMIT 1";
    let row: (Text, Text, Text, Text, Text) = sqlx::query_as(sql).fetch_one(connection).await?;
    let (name, version, sha256, licence, attribution) = row;
    Ok(Source { name, version, sha256, licence, attribution })
}

#[derive(sqlx::FromRow)]
struct ModelRow {
    model_id: i64,
    provider_id: i64,
    key: Text,
    name: Option<Text>,
    r#match: Json<Rule>,
    context_window: Option<i64>,
    deprecated: bool,
}

/// The models by provider, in order.
async fn models(
    connection: &mut PgConnection,
    versions: &mut HashMap<i64, Vec<Version>>,
) -> sqlx::Result<HashMap<i64, Vec<Model>>> {
    let sql = "/* prices: load models */
        SELECT model_id, provider_id, key, name, match, context_window, deprecated
        FROM model ORDER BY provider_id, ordinal";
    let rows: Vec<ModelRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut providers: HashMap<i64, Vec<Model>> = HashMap::new();
    for row in rows {
        providers.entry(row.provider_id).or_default().push(Model {
            id: ModelId(row.model_id),
            key: row.key,
            name: row.name,
            context_window: row.context_window.and_then(|window| u64::try_from(window).ok()),
            deprecated: row.deprecated,
            rule: row.r#match.0,
            versions: versions.remove(&row.model_id).unwrap_or_default(),
        });
    }
    Ok(providers)
}

#[derive(sqlx::FromRow)]
struct ProviderRow {
    provider_id: i64,
    key: Text,
    name: Text,
    aliases: Vec<String>,
    api: Vec<String>,
    id_match: Json<Rule>,
    model_match: Json<Rule>,
    fallbacks: Vec<String>,
}

async fn providers(
    connection: &mut PgConnection,
    models: &mut HashMap<i64, Vec<Model>>,
) -> sqlx::Result<Vec<Provider>> {
    let sql = "/* prices: load providers */
        SELECT provider_id, key, name, aliases, api, id_match, model_match,
          ARRAY(SELECT other.key FROM provider_fallback fallback
                JOIN provider other ON other.provider_id = fallback.fallback_provider_id
                WHERE fallback.provider_id = provider.provider_id ORDER BY fallback.ordinal) AS fallbacks
        FROM provider ORDER BY ordinal";
    let rows: Vec<ProviderRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let provider = |row: ProviderRow| Provider {
        key: row.key,
        name: row.name,
        aliases: row.aliases.into_iter().map(Into::into).collect(),
        api: row.api.into_iter().map(|address| Address(address.into())).collect(),
        id_match: row.id_match.0,
        model_match: row.model_match.0,
        fallbacks: row.fallbacks.into_iter().map(Into::into).collect(),
        models: models.remove(&row.provider_id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(provider).collect())
}

#[derive(sqlx::FromRow)]
struct AliasRow {
    tenant_id: Uuid,
    provider: Text,
    alias: String,
    model_id: Option<i64>,
    from_time: Option<DateTime<Utc>>,
}

impl AliasRow {
    fn add_to(self, tenants: &mut HashMap<TenantId, TenantPrices>) {
        let model = self.model_id.map(ModelId);
        let alias = Alias { provider: self.provider, from: self.from_time, model };
        tenants.entry(TenantId(self.tenant_id)).or_default().add_alias(&self.alias, alias);
    }
}

async fn aliases(connection: &mut PgConnection) -> sqlx::Result<Vec<AliasRow>> {
    let sql = "/* prices: load aliases */
        SELECT tenant_id, provider, alias, model_id, from_time FROM model_alias ORDER BY model_alias_id";
    sqlx::query_as(sql).fetch_all(connection).await
}
