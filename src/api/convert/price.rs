//! Prices: questions in, rates out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{map, page, time};
use crate::api::pb;
use crate::domain::text::{self, LongName, Name};
use crate::domain::violation::Violations;
use crate::pricing::quote::{Found, Quote, Terms};
use crate::pricing::set::Rate;
use crate::pricing::version::{Origin, Version};
use crate::pricing::{Model, Provider};

/// Which models to list.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) provider: Name,
    /// In lower case.
    pub(crate) model_contains: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) page_size: usize,
}

/// Reads a request for a list of prices.
pub(crate) fn listing(
    request: &pb::ListPricesRequest,
    now: DateTime<Utc>,
) -> Result<Listing, Violations> {
    let mut violations = Violations::default();
    let provider = violations.take("provider", Name::new(&request.provider));
    let contains = violations.take("model_contains", LongName::new(&request.model_contains));
    let at = effective_time(request.effective_time, now, &mut violations);
    let page_size = page::size(request.page_size, &mut violations);
    violations.into_result()?;
    let ((provider, contains), at) =
        provider.zip(contains).zip(at).expect("what could not be read was noted");
    Ok(Listing { provider, model_contains: contains.as_str().to_lowercase(), at, page_size })
}

/// One model to find, by the names that a record may carry.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) provider: Name,
    pub(crate) model: Box<str>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) terms: Terms,
}

/// Reads a request for one price.
pub(crate) fn wanted(
    request: pb::GetPriceRequest,
    now: DateTime<Utc>,
) -> Result<Wanted, Violations> {
    let mut violations = Violations::default();
    let provider = violations.take("provider", Name::new(&request.provider));
    let model = violations.take("model", text::required(&request.model, LongName::MAX));
    let at = effective_time(request.effective_time, now, &mut violations);
    let terms: BTreeMap<_, _> =
        map::text_map("price_context", request.price_context, map::PRICE_CONTEXT, &mut violations);
    violations.into_result()?;
    let ((provider, model), at) =
        provider.zip(model).zip(at).expect("what could not be read was noted");
    Ok(Wanted { provider, model, at, terms })
}

fn effective_time(
    given: Option<prost_types::Timestamp>,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> Option<DateTime<Utc>> {
    match given {
        Some(given) => violations.take("effective_time", time::timestamp(given)),
        None => Some(now),
    }
}

/// Writes a model and its price.
pub(crate) fn model_price(
    provider: &Provider,
    model: &Model,
    quote: Option<&Quote<'_>>,
) -> pb::ModelPrice {
    let from = quote.and_then(|quote| quote.version.from.max(quote.set.schedule.from));
    pb::ModelPrice {
        provider: provider.key.to_string(),
        model: model.key.to_string(),
        price_set_id: quote.map_or(0, |quote| quote.set.id.0),
        effective_from_time: from.map(time::to_timestamp),
        effective_to_time: quote.and_then(|quote| quote.until).map(time::to_timestamp),
        free: quote.is_some_and(Quote::is_free),
        rates: quote
            .map(|quote| quote.rates.iter().flat_map(|quoted| rate_rows(quoted.rate)).collect())
            .unwrap_or_default(),
        origin: quote.map_or(0, |quote| origin(quote.version.origin).into()),
        source: quote.map(|quote| source(quote.version)).unwrap_or_default(),
    }
}

/// Writes who says what a model costs.
pub(crate) fn origin(origin: Origin) -> pb::PriceOrigin {
    match origin {
        Origin::Catalogue => pb::PriceOrigin::Catalogue,
        Origin::Correction => pb::PriceOrigin::Correction,
        Origin::Operator => pb::PriceOrigin::Operator,
        Origin::Tenant => pb::PriceOrigin::Tenant,
    }
}

/// Where figures come from; of a price list at least its name.
pub(crate) fn source(version: &Version) -> String {
    let text = if version.source.is_empty() { &version.list } else { &version.source };
    text.to_string()
}

/// Writes a model that was found by name.
pub(crate) fn found(found: &Found<'_>) -> pb::GetPriceResponse {
    pb::GetPriceResponse {
        price: Some(model_price(found.provider, found.model, found.quote.as_ref())),
        resolved_by: found.by.as_str().to_owned(),
    }
}

/// Writes a rate: a row for each tier.
pub(crate) fn rate_rows(rate: &Rate) -> impl Iterator<Item = pb::Rate> {
    rate.amounts().map(|(above, amount)| pb::Rate {
        meter: rate.meter.key().to_owned(),
        above_input_tokens: above.map(|above| i64::try_from(above).unwrap_or(i64::MAX)),
        price: Some(pb::Money {
            amount: amount.as_decimal().normalize().to_string(),
            currency_code: "USD".to_owned(),
        }),
        per: rate.per.into(),
    })
}
