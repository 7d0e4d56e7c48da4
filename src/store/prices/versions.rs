//! Loads versions of prices.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::load::LoadError;
use crate::domain::ids::{ModelId, PriceSetId, TenantId};
use crate::domain::meter::Meter;
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{Amount, PriceSet, Rate, Variant};
use crate::pricing::version::{Origin, Version};

/// Public versions by model.
type ByModel = HashMap<i64, Vec<Version>>;
/// Versions that are one tenant's alone.
type Private = Vec<(TenantId, ModelId, Version)>;

#[derive(sqlx::FromRow)]
struct VersionRow {
    price_version_id: i64,
    model_id: i64,
    origin: String,
    tenant_id: Option<Uuid>,
    from_time: Option<DateTime<Utc>>,
    to_time: Option<DateTime<Utc>>,
    list: Box<str>,
    source: Box<str>,
}

/// Loads every version there ever was, in the order in which they count.
pub(super) async fn load(connection: &mut PgConnection) -> Result<(ByModel, Private), LoadError> {
    let sql = "/* prices: load versions */
        SELECT price_version_id, model_id, origin, tenant_id, from_time, to_time,
          coalesce(catalogue.source, '') AS list, price_version.source
        FROM price_version LEFT JOIN catalogue USING (catalogue_id) ORDER BY price_version_id";
    let mut rates = rates(connection).await?;
    let mut sets = sets(connection, &mut rates).await?;
    let rows: Vec<VersionRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let (mut public, mut private) = (ByModel::new(), Private::new());
    for row in rows {
        let Sets { base, variants } = sets.remove(&row.price_version_id).unwrap_or_default();
        let origin = Origin::from_word(&row.origin)
            .ok_or(LoadError::Unknown { set: row.price_version_id, what: "origin" })?;
        let VersionRow { from_time: from, to_time: to, list, source, .. } = row;
        let version = Version { origin, from, to, list, source, base, variants };
        match row.tenant_id {
            Some(tenant) => private.push((TenantId(tenant), ModelId(row.model_id), version)),
            None => public.entry(row.model_id).or_default().push(version),
        }
    }
    Ok((public, private))
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
        FROM price
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
    price_version_id: i64,
    terms: Json<BTreeMap<Box<str>, Box<str>>>,
    free: bool,
    from_time: Option<DateTime<Utc>>,
    to_time: Option<DateTime<Utc>>,
    window_from: Option<NaiveTime>,
    window_to: Option<NaiveTime>,
    window_zone: Option<String>,
    window_days: Option<i16>,
}

/// The price sets of one version.
#[derive(Default)]
struct Sets {
    base: Vec<PriceSet>,
    variants: Vec<Variant>,
}

/// The price sets by version.
async fn sets(
    connection: &mut PgConnection,
    rates: &mut HashMap<i64, Vec<Rate>>,
) -> Result<HashMap<i64, Sets>, LoadError> {
    let sql = "/* prices: load sets */
        SELECT price_set_id, price_version_id, terms, free, from_time, to_time,
          window_from, window_to, window_zone, window_days
        FROM price_set ORDER BY price_version_id, kind, ordinal";
    let rows: Vec<SetRow> = sqlx::query_as(sql).fetch_all(connection).await?;
    let mut versions: HashMap<i64, Sets> = HashMap::new();
    for row in rows {
        let schedule = Schedule { from: row.from_time, to: row.to_time, window: window(&row)? };
        let rates = rates.remove(&row.price_set_id).unwrap_or_default();
        let set = PriceSet { id: PriceSetId(row.price_set_id), schedule, free: row.free, rates };
        let sets = versions.entry(row.price_version_id).or_default();
        match row.terms.0 {
            terms if terms.is_empty() => sets.base.push(set),
            terms => sets.variants.push(Variant { terms, set }),
        }
    }
    Ok(versions)
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
