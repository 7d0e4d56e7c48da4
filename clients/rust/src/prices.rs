//! What does a model cost?

use std::collections::BTreeMap;
use std::time::SystemTime;

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::{proto, wire};

/// Asks for a page of the price list, by default the first with the prices of now.
///
/// ```
/// use aiusage_client::PriceListQuery;
///
/// let query = PriceListQuery::new().provider("anthropic").model_contains("sonnet");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceListQuery {
    provider: String,
    model_contains: String,
    effective_time: Option<SystemTime>,
    page_size: i32,
    page_token: String,
}

impl PriceListQuery {
    /// Every model.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this provider, by its key, such as `openai`.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.provider = provider.into();
        self
    }

    /// Only models whose key contains this text, in any case.
    #[must_use]
    pub fn model_contains(mut self, text: impl Into<String>) -> Self {
        self.model_contains = text.into();
        self
    }

    /// The prices that held at this time.
    #[must_use]
    pub fn effective_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.effective_time = Some(time.into());
        self
    }

    /// Models for one page: 1 to 1,000; by default 100.
    #[must_use]
    pub fn page_size(mut self, page_size: i32) -> Self {
        self.page_size = page_size;
        self
    }

    /// The page after the one that ended with this token.
    #[must_use]
    pub fn page_token(mut self, page_token: impl Into<String>) -> Self {
        self.page_token = page_token.into();
        self
    }

    pub(crate) fn into_proto(self) -> proto::ListPricesRequest {
        proto::ListPricesRequest {
            provider: self.provider,
            model_contains: self.model_contains,
            effective_time: self.effective_time.map(Into::into),
            page_size: self.page_size,
            page_token: self.page_token,
        }
    }
}

/// One page of the price list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PricePage {
    /// Models in the order of the price list.
    pub prices: Vec<ModelPrice>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

impl PricePage {
    pub(crate) fn from_proto(page: proto::ListPricesResponse) -> Result<Self, AnswerError> {
        let prices = page.prices.into_iter().map(ModelPrice::from_proto);
        Ok(Self {
            prices: prices.collect::<Result<_, _>>()?,
            next_page_token: page.next_page_token,
        })
    }
}

/// Asks for the price of one model by any name that records may carry.
///
/// ```
/// use aiusage_client::PriceQuery;
///
/// let query = PriceQuery::new("openai", "gpt-4o-2024-11-20").price_context("service_tier", "flex");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceQuery {
    provider: String,
    model: String,
    effective_time: Option<SystemTime>,
    price_context: BTreeMap<String, String>,
}

impl PriceQuery {
    /// The price of now. `provider` may be empty.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            effective_time: None,
            price_context: BTreeMap::new(),
        }
    }

    /// The price that held at this time.
    #[must_use]
    pub fn effective_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.effective_time = Some(time.into());
        self
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.price_context.insert(key.into(), value.into());
        self
    }

    pub(crate) fn into_proto(self) -> proto::GetPriceRequest {
        proto::GetPriceRequest {
            provider: self.provider,
            model: self.model,
            effective_time: self.effective_time.map(Into::into),
            price_context: self.price_context,
        }
    }
}

/// A model that was found by a name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FoundPrice {
    /// The model and its prices.
    pub price: ModelPrice,
    /// How the name was found, such as `model_key` or `match_rule`.
    pub resolved_by: String,
}

impl TryFrom<proto::GetPriceResponse> for FoundPrice {
    type Error = AnswerError;

    fn try_from(found: proto::GetPriceResponse) -> Result<Self, AnswerError> {
        let price = found.price.ok_or_else(|| AnswerError::missing("price"))?;
        Ok(Self { price: ModelPrice::from_proto(price)?, resolved_by: found.resolved_by })
    }
}

/// One model with the prices in force at a time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ModelPrice {
    /// The provider's key.
    pub provider: String,
    /// The model's key.
    pub model: String,
    /// The price set in force, if any.
    pub price_set_id: Option<i64>,
    /// When the price set began to hold; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// When the price set ends to hold; `None`: no end is known.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_to_time: Option<SystemTime>,
    /// Whether the price list says that the model costs nothing.
    pub free: bool,
    /// The rates, one for each meter and tier.
    pub rates: Vec<Rate>,
    /// Who says so; `None` where there is no price.
    pub origin: Option<PriceOrigin>,
    /// Where the figures come from, for people.
    pub source: String,
}

impl ModelPrice {
    pub(crate) fn from_proto(price: proto::ModelPrice) -> Result<Self, AnswerError> {
        let from = wire::optional_time("effective_from_time", price.effective_from_time)?;
        let to = wire::optional_time("effective_to_time", price.effective_to_time)?;
        let rates = price.rates.into_iter().map(Rate::from_proto);
        Ok(Self {
            provider: price.provider,
            model: price.model,
            price_set_id: (price.price_set_id != 0).then_some(price.price_set_id),
            effective_from_time: from,
            effective_to_time: to,
            free: price.free,
            rates: rates.collect::<Result<_, _>>()?,
            origin: PriceOrigin::from_proto(price.origin),
            source: price.source,
        })
    }
}

/// Who says what a model costs. Of several, the last of this list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PriceOrigin {
    /// A price list that was brought in as a whole.
    Catalogue,
    /// A fact that is known better than the price lists have it, shipped with the
    /// service.
    Correction,
    /// A price that the operator of the service gave.
    Operator,
    /// A price that the tenant negotiated, for the tenant alone.
    Tenant,
    /// An origin that is newer than this client.
    Unrecognised,
}

impl PriceOrigin {
    pub(crate) fn from_proto(origin: i32) -> Option<Self> {
        match proto::PriceOrigin::try_from(origin) {
            Ok(proto::PriceOrigin::Unspecified) => None,
            Ok(proto::PriceOrigin::Catalogue) => Some(PriceOrigin::Catalogue),
            Ok(proto::PriceOrigin::Correction) => Some(PriceOrigin::Correction),
            Ok(proto::PriceOrigin::Operator) => Some(PriceOrigin::Operator),
            Ok(proto::PriceOrigin::Tenant) => Some(PriceOrigin::Tenant),
            Err(_) => Some(PriceOrigin::Unrecognised),
        }
    }
}

/// The price of one meter.
///
/// ```
/// use aiusage_client::{Decimal, Rate};
///
/// let input = Rate::per_million("input_tokens", Decimal::new(25, 1));
/// let long = Rate::per_million("input_tokens", Decimal::from(5)).above(200_000);
/// let search = Rate::new("web_searches", Decimal::from(10), 1_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Rate {
    /// Key of the meter, such as `input_tokens`.
    pub meter: String,
    /// The rate holds above this many input tokens; `None`: from the first on.
    pub above_input_tokens: Option<i64>,
    /// Price of `per` units, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub price: Decimal,
    /// How many units the price is for, such as 1,000,000 tokens.
    pub per: i64,
}

impl Rate {
    /// `price` dollars for `per` units.
    pub fn new(meter: impl Into<String>, price: Decimal, per: i64) -> Self {
        Self { meter: meter.into(), above_input_tokens: None, price, per }
    }

    /// `price` dollars for a million units, as tokens are usually priced.
    pub fn per_million(meter: impl Into<String>, price: Decimal) -> Self {
        Self::new(meter, price, 1_000_000)
    }

    /// Only for requests with more input tokens than this.
    #[must_use]
    pub fn above(mut self, input_tokens: i64) -> Self {
        self.above_input_tokens = Some(input_tokens);
        self
    }

    pub(crate) fn into_proto(self) -> proto::Rate {
        proto::Rate {
            meter: self.meter,
            above_input_tokens: self.above_input_tokens,
            price: Some(wire::money(self.price)),
            per: self.per,
        }
    }

    pub(crate) fn from_proto(rate: proto::Rate) -> Result<Self, AnswerError> {
        Ok(Self {
            meter: rate.meter,
            above_input_tokens: rate.above_input_tokens,
            price: wire::amount("rate.price", rate.price)?,
            per: rate.per,
        })
    }
}
