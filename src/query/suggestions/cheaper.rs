//! The next cheaper model that does the same kind of work.
//!
//! Price lists do not say what models are good at, so names must do: a model of the same
//! provider, family and generation, whose name differs by a word for its size alone. Of
//! those that cost a quarter less or cheaper, the dearest is the nearest.

use std::collections::BTreeSet;

use crate::domain::money::Money;
use crate::domain::text::{LongName, Name};
use crate::domain::usage::Call;
use crate::pricing::{Model, Provider, View};

/// Words for the size of a model.
const SIZES: [&str; 15] = [
    "mini", "nano", "micro", "tiny", "lite", "flash", "small", "medium", "large", "pro", "haiku",
    "sonnet", "opus", "plus", "max",
];

/// Key of the model to try in place of `model`, for calls like `sample`.
pub(super) fn model(
    prices: View<'_>,
    provider: &Provider,
    model: &Model,
    sample: &Call,
) -> Option<String> {
    let own = cost(prices, provider, model, sample)?;
    let candidates = provider.models.iter().filter(|other| {
        let is_wide = other.context_window.zip(model.context_window).is_none_or(|(o, m)| o >= m);
        other.key != model.key && !other.deprecated && is_wide && is_of_size(&other.key, &model.key)
    });
    let priced =
        candidates.filter_map(|other| Some((cost(prices, provider, other, sample)?, other)));
    let cheaper = priced.filter(|(cost, _)| is_cheaper(*cost, own));
    let nearest = cheaper.max_by_key(|(cost, other)| (*cost, std::cmp::Reverse(&other.key)));
    nearest.map(|(_, other)| other.key.to_string())
}

/// Three quarters at most, and not for nothing: what is free has other limits.
fn is_cheaper(cost: Money, own: Money) -> bool {
    cost > Money::ZERO && cost <= own.share(4).checked_times(3).unwrap_or_default()
}

/// What the sample costs, where all of it has a price.
fn cost(prices: View<'_>, provider: &Provider, model: &Model, sample: &Call) -> Option<Money> {
    let provider = Name::new(&provider.key).ok()?;
    let call = Call { provider, model: LongName::new(&model.key).ok()?, ..sample.clone() };
    let pricing = prices.price(&call);
    let is_meant = pricing.model == Some(model.id) && pricing.status.is_whole();
    pricing.cost.filter(|_| is_meant).map(|cost| cost.total)
}

/// Whether two names differ by words for a size alone.
fn is_of_size(one: &str, other: &str) -> bool {
    rest(one) == rest(other)
}

/// The words of a name that are none for a size.
fn rest(key: &str) -> BTreeSet<&str> {
    let words = key.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    words.filter(|word| !SIZES.contains(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::meter::Meter;
    use crate::domain::quantities::{Quantities, TokenConvention};
    use crate::domain::text::Url;
    use crate::pricing::embedded;

    #[test]
    fn names_differ_by_size_alone() {
        assert!(is_of_size("gpt-4o-mini", "gpt-4o"));
        assert!(is_of_size("claude-haiku-4-5", "claude-sonnet-4-5"));
        assert!(is_of_size("gemini-2.5-flash", "gemini-2.5-pro"));
        for other in
            ["gpt-4.1-mini", "gpt-4o-mini-audio-preview", "gpt-3.5-turbo", "gpt-4o-2024-05-13"]
        {
            assert!(!is_of_size(other, "gpt-4o"), "{other}");
        }
    }

    #[test]
    fn the_nearest_cheaper_one_is_found() {
        let catalogue = embedded::catalogue().unwrap();
        let prices = catalogue.view();
        let sample = Call {
            event_time: "2026-11-22T12:00:00Z".parse().unwrap(),
            provider: Name::new("").unwrap(),
            model: LongName::new("").unwrap(),
            response_model: LongName::new("").unwrap(),
            api_url: Url::new("").unwrap(),
            price_context: Default::default(),
            quantities: Quantities::new(
                [(Meter::INPUT_TOKENS, 10_000.into()), (Meter::OUTPUT_TOKENS, 1_000.into())],
                TokenConvention::Inclusive,
            )
            .unwrap(),
            cached_response: false,
            answered: false,
        };
        let suggested = |provider: &str, key: &str| {
            let provider = prices.public().provider(provider).unwrap();
            let own = provider.models.iter().find(|model| &*model.key == key).unwrap();
            model(prices, provider, own, &sample)
        };
        assert_eq!(suggested("openai", "gpt-4o").as_deref(), Some("gpt-4o-mini"));
        assert_eq!(suggested("openai", "gpt-4.1").as_deref(), Some("gpt-4.1-mini"));
        assert_eq!(suggested("openai", "gpt-4.1-nano"), None);
    }
}
