//! Loads the price list.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::ids::{ModelId, PriceSetId};
use crate::domain::meter::Meter;
use crate::pricing::address::Address;
use crate::pricing::catalogue::{Catalogue, CatalogueError, Model, Provider, Source};
use crate::pricing::rule::Rule;
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{Amount, AmountError, PriceSet, Rate, Variant};

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

/// Loads the price list that is in force, with the database's ids.
pub async fn load(connection: &mut PgConnection) -> Result<Catalogue, LoadError> {
    let source = source(connection).await?;
    let mut rates = rates(connection).await?;
    let mut sets = sets(connection, &mut rates).await?;
    let mut models = models(connection, &mut sets).await?;
    let providers = providers(connection, &mut models).await?;
    Ok(Catalogue::new(source, providers)?)
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
struct RateRow {
    price_set_id: i64,
    meter_key: String,
    above_input_tokens: i64,
    amount: Decimal,
    per: i64,
    min_quantity: Option<Decimal>,
}

/// The rates by price set.
async fn rates(connection: &mut PgConnection) -> Result<HashMap<i64, Vec<Rate>>, LoadError> {
    let sql = "/* prices: load rates */
        SELECT price_set_id, meter_key, above_input_tokens, amount, per, min_quantity
        FROM price JOIN price_set USING (price_set_id) WHERE supersede_time IS NULL
        ORDER BY price_set_id, meter_key, above_input_tokens";
    let rows: Vec<RateRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut sets: HashMap<i64, Vec<Rate>> = HashMap::new();
    for row in rows {
        add_rate(sets.entry(row.price_set_id).or_default(), &row)?;
    }
    Ok(sets)
}

/// Adds a rate, or a tier to the rate before.
fn add_rate(rates: &mut Vec<Rate>, row: &RateRow) -> Result<(), LoadError> {
    let set = row.price_set_id;
    let unknown = || LoadError::UnknownMeter { set, meter: row.meter_key.clone() };
    let meter = Meter::by_key(&row.meter_key).ok_or_else(unknown)?;
    let amount = Amount::new(row.amount).map_err(|source| LoadError::Amount { set, source })?;
    let no_base = LoadError::Unknown { set, what: "price of requests in no tier" };
    match (u64::try_from(row.above_input_tokens), rates.last_mut()) {
        (Ok(above), Some(rate)) if rate.meter == meter => rate.above.push((above, amount)),
        (Ok(_), _) => return Err(no_base),
        (Err(_), _) => {
            let per = u32::try_from(row.per)
                .map_err(|_| LoadError::Unknown { set, what: "number of units" })?;
            let min_quantity = row.min_quantity.map(|least| least.normalize());
            rates.push(Rate { meter, per, base: amount, above: Vec::new(), min_quantity });
        }
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct SetRow {
    price_set_id: i64,
    model_id: i64,
    terms: Json<BTreeMap<Text, Text>>,
    free: bool,
    from_time: Option<DateTime<Utc>>,
    to_time: Option<DateTime<Utc>>,
    window_from: Option<NaiveTime>,
    window_to: Option<NaiveTime>,
    window_zone: Option<String>,
    window_days: Option<i16>,
}

/// The price sets of one model.
#[derive(Default)]
struct Sets {
    base: Vec<PriceSet>,
    variants: Vec<Variant>,
}

/// The price sets by model.
async fn sets(
    connection: &mut PgConnection,
    rates: &mut HashMap<i64, Vec<Rate>>,
) -> Result<HashMap<i64, Sets>, LoadError> {
    let sql = "/* prices: load sets */
        SELECT price_set_id, model_id, terms, free, from_time, to_time,
          window_from, window_to, window_zone, window_days
        FROM price_set WHERE supersede_time IS NULL ORDER BY model_id, kind, ordinal";
    let rows: Vec<SetRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut models: HashMap<i64, Sets> = HashMap::new();
    for row in rows {
        let schedule = Schedule { from: row.from_time, to: row.to_time, window: window(&row)? };
        let rates = rates.remove(&row.price_set_id).unwrap_or_default();
        let set = PriceSet { id: PriceSetId(row.price_set_id), schedule, free: row.free, rates };
        let sets = models.entry(row.model_id).or_default();
        match row.terms.0 {
            terms if terms.is_empty() => sets.base.push(set),
            terms => sets.variants.push(Variant { terms, set }),
        }
    }
    Ok(models)
}

fn window(row: &SetRow) -> Result<Option<Window>, LoadError> {
    let unknown = |what| LoadError::Unknown { set: row.price_set_id, what };
    let (Some(from), Some(to), Some(zone), Some(days)) =
        (row.window_from, row.window_to, &row.window_zone, row.window_days)
    else {
        return Ok(None);
    };
    let zone = zone.parse().map_err(|_| unknown("time zone"))?;
    let days =
        u8::try_from(days).ok().and_then(Days::from_mask).ok_or_else(|| unknown("set of days"))?;
    Ok(Some(Window { from, to, zone, days }))
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
    sets: &mut HashMap<i64, Sets>,
) -> sqlx::Result<HashMap<i64, Vec<Model>>> {
    let sql = "/* prices: load models */
        SELECT model_id, provider_id, key, name, match, context_window, deprecated
        FROM model ORDER BY provider_id, ordinal";
    let rows: Vec<ModelRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut providers: HashMap<i64, Vec<Model>> = HashMap::new();
    for row in rows {
        let Sets { base, variants } = sets.remove(&row.model_id).unwrap_or_default();
        providers.entry(row.provider_id).or_default().push(Model {
            id: ModelId(row.model_id),
            key: row.key,
            name: row.name,
            context_window: row.context_window.and_then(|window| u64::try_from(window).ok()),
            deprecated: row.deprecated,
            rule: row.r#match.0,
            base,
            variants,
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
