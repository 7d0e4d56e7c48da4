//! New versions of prices, and their ends.

use std::time::SystemTime;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::price_versions::PriceVersion;
use crate::prices::{ModelPrice, Rate};
use crate::proto;

impl Client {
    /// Adds a version of a price. Not tried again by itself: a second try would add
    /// a second version.
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when no model has this name, `OperatorOnly` when a public
    /// price needs another key, `PriceImplausible` when a rate looks like a mistake;
    /// those of [`Error`] otherwise.
    pub async fn create_price(&self, price: NewPrice) -> Result<CreatedPrice, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.create_price(request).await }
        };
        Ok(CreatedPrice::from_proto(self.once(price.message, call).await?)?)
    }

    /// Ends a price. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when there is no such price, `OperatorOnly` when a public
    /// price needs another key; those of [`Error`] otherwise.
    pub async fn end_price(&self, end: PriceEnd) -> Result<EndedPrice, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.end_price(request).await }
        };
        Ok(EndedPrice::from_proto(self.once(end.message, call).await?)?)
    }
}

/// A new version of a price, by default for the tenant alone and from now on.
///
/// ```
/// use aiusage_client::{Decimal, NewPrice, Rate};
///
/// let price = NewPrice::new("openai", "gpt-4o", "contract of 2026-11-01")
///     .rate(Rate::per_million("input_tokens", Decimal::from(2)))
///     .rate(Rate::per_million("output_tokens", Decimal::from(8)))
///     .variant([("service_tier", "flex")], [Rate::per_million("input_tokens", Decimal::ONE)]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewPrice {
    message: proto::CreatePriceRequest,
}

impl NewPrice {
    /// A price without rates so far. `source` says where the figures come from.
    pub fn new(
        provider: impl Into<String>,
        model: impl Into<String>,
        source: impl Into<String>,
    ) -> Self {
        let message = proto::CreatePriceRequest {
            provider: provider.into(),
            model: model.into(),
            source: source.into(),
            scope: proto::PriceScope::Tenant.into(),
            ..Default::default()
        };
        Self { message }
    }

    /// Whether it holds for everybody, which needs a key of the operator.
    #[must_use]
    pub fn public(mut self, public: bool) -> Self {
        self.message.scope = scope(public).into();
        self
    }

    /// First time at which it holds; may lie in the past.
    #[must_use]
    pub fn effective_from_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.effective_from_time = Some(time.into().into());
        self
    }

    /// First time after it.
    #[must_use]
    pub fn effective_to_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.effective_to_time = Some(time.into().into());
        self
    }

    /// One more rate, up to 64.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.message.rates.push(rate.into_proto());
        self
    }

    /// Rates for calls on certain terms. Meters without one keep the rate for all
    /// calls.
    #[must_use]
    pub fn variant<K: Into<String>, V: Into<String>>(
        mut self,
        terms: impl IntoIterator<Item = (K, V)>,
        rates: impl IntoIterator<Item = Rate>,
    ) -> Self {
        let terms = terms.into_iter().map(|(key, value)| (key.into(), value.into()));
        let rates = rates.into_iter().map(Rate::into_proto);
        let variant = proto::PriceVariant { terms: terms.collect(), rates: rates.collect() };
        self.message.variants.push(variant);
        self
    }

    /// Whether calls cost nothing.
    #[must_use]
    pub fn free(mut self, free: bool) -> Self {
        self.message.free = free;
        self
    }

    /// Whether to take rates that look like a mistake.
    #[must_use]
    pub fn accept_implausible(mut self, accept: bool) -> Self {
        self.message.accept_implausible = accept;
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

/// The end of a price, by default of the tenant's own and now.
///
/// ```
/// use aiusage_client::PriceEnd;
///
/// let end = PriceEnd::new("openai", "gpt-4o", "the contract ended");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceEnd {
    message: proto::EndPriceRequest,
}

impl PriceEnd {
    /// Ends the price. `source` says why, or where that is said.
    pub fn new(
        provider: impl Into<String>,
        model: impl Into<String>,
        source: impl Into<String>,
    ) -> Self {
        let message = proto::EndPriceRequest {
            provider: provider.into(),
            model: model.into(),
            source: source.into(),
            scope: proto::PriceScope::Tenant.into(),
            ..Default::default()
        };
        Self { message }
    }

    /// Whether the public price ends, which needs a key of the operator.
    #[must_use]
    pub fn public(mut self, public: bool) -> Self {
        self.message.scope = scope(public).into();
        self
    }

    /// First time at which it does not hold any more.
    #[must_use]
    pub fn end_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.end_time = Some(time.into().into());
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

fn scope(public: bool) -> proto::PriceScope {
    if public { proto::PriceScope::Public } else { proto::PriceScope::Tenant }
}

/// A price as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CreatedPrice {
    /// Key of the provider.
    pub provider: String,
    /// Key of the model.
    pub model: String,
    /// The version.
    pub version: PriceVersion,
    /// Whether the model was not in the list before.
    pub model_created: bool,
}

impl CreatedPrice {
    fn from_proto(answer: proto::CreatePriceResponse) -> Result<Self, AnswerError> {
        let version = answer.version.ok_or_else(|| AnswerError::missing("version"))?;
        Ok(Self {
            provider: answer.provider,
            model: answer.model,
            version: PriceVersion::from_proto(version)?,
            model_created: answer.model_created,
        })
    }
}

/// What holds after a price ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct EndedPrice {
    /// Key of the provider.
    pub provider: String,
    /// Key of the model.
    pub model: String,
    /// The price that holds from then on; `None` when there is none.
    pub price: Option<ModelPrice>,
}

impl EndedPrice {
    fn from_proto(answer: proto::EndPriceResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            provider: answer.provider,
            model: answer.model,
            price: answer.price.map(ModelPrice::from_proto).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::wire;

    #[test]
    fn a_new_price_lands_where_it_belongs() {
        let input = Rate::per_million("input_tokens", Decimal::new(250, 2));
        let price = NewPrice::new("openai", "gpt-4o", "contract").public(true).rate(input.clone());
        let flex = Rate::per_million("input_tokens", Decimal::ONE).above(200_000);
        let message = price.variant([("service_tier", "flex")], [flex]).message;
        assert_eq!(message.scope(), proto::PriceScope::Public);
        assert_eq!(message.rates[0].price, Some(wire::money(input.price)));
        assert_eq!(message.rates[0].per, 1_000_000);
        assert_eq!(message.variants[0].terms["service_tier"], "flex");
        assert_eq!(message.variants[0].rates[0].above_input_tokens, Some(200_000));
        assert_eq!(Rate::from_proto(message.rates[0].clone()), Ok(input));
    }
}
