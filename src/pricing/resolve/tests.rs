use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use super::*;
use crate::pricing::quote::Terms;
use crate::pricing::{PriceBook, Prices, embedded, file};

fn names<'a>(provider: &'a str, model: &'a str) -> Names<'a> {
    Names { provider, model, ..Names::default() }
}

fn found(catalogue: &Catalogue, names: Names<'_>) -> Result<String, Unresolved> {
    let resolved = catalogue.view().resolve(names, DateTime::UNIX_EPOCH)?;
    Ok(format!("{}/{} {}", resolved.provider.key, resolved.model.key, resolved.by.as_str()))
}

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(shipped);

fn book(public: Catalogue) -> PriceBook {
    PriceBook::new(public, HashMap::new(), 0)
}

fn shipped() -> Catalogue {
    embedded::catalogue().expect("a test reads it")
}

#[test]
fn names_are_found_step_by_step() {
    let list = &*SHIPPED;
    for (provider, model, expected) in [
        ("openai", "gpt-4o", "openai/gpt-4o model_key"),
        (" OpenAI ", "GPT-4o", "openai/gpt-4o model_key"),
        ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o model_alias"),
        ("openai", "ft:gpt-4o-2024-08-06:me::x", "openai/ft:gpt-4o fine_tune_base"),
        ("openai", "gpt-5.2-20251211", "openai/gpt-5.2 dashed_date"),
        ("openai", "openai/gpt-4o", "openai/gpt-4o provider_removed"),
        ("gcp.gemini", "models/gemini-2.5-pro", "google/gemini-2.5-pro path_removed"),
        (
            "gcp.vertex_ai",
            "publishers/google/models/gemini-2.5-pro",
            "google/gemini-2.5-pro path_removed",
        ),
        ("openrouter", "openai/gpt-4o:nitro", "openrouter/openai/gpt-4o suffix_removed"),
        ("azure.ai.openai", "text-embedding-ada-002", "azure/ada model_alias"),
        ("azure", "gpt-4-turbo", "openai/gpt-4-turbo fallback_provider"),
        ("x_ai", "grok-4.3", "x-ai/grok-4.3 model_key"),
        ("litellm", "openai/gpt-4o", "openai/gpt-4o provider_removed"),
        ("", "gpt-4o", "openai/gpt-4o model_key"),
        ("", "openai/gpt-4o", "openai/gpt-4o provider_removed"),
    ] {
        assert_eq!(
            found(list, names(provider, model)).as_deref(),
            Ok(expected),
            "{provider} {model}"
        );
    }
}

#[test]
fn nothing_is_found_by_being_near() {
    let list = &*SHIPPED;
    for (provider, model, expected) in [
        ("openai", "gpt-4x", Unresolved::Model),
        ("openai", "", Unresolved::Model),
        ("my-gateway", "gpt-4o", Unresolved::Provider),
        ("", "llama-of-mine", Unresolved::Provider),
        ("", "", Unresolved::Provider),
        ("openrouter", "openai/gpt-4o:unheard-of", Unresolved::Model),
    ] {
        assert_eq!(found(list, names(provider, model)), Err(expected), "{provider} {model}");
    }
}

#[test]
fn a_fine_tune_is_found_as_itself_then_as_one_of_its_base_and_else_not_at_all() {
    let manifest = "providers = ['p']\n[source]\nname = ''\nversion = ''\nsha256 = ''\nlicence = ''\nattribution = ''";
    let models = "[provider]\nkey = 'p'\nname = 'P'\n\
        [[model]]\nkey = 'any'\nmatch = { contains = ['m'] }\n\
        [[model]]\nkey = 'ft:m-1'\nmatch = { starts_with = ['ft:m-1-'] }\n\
        [[model]]\nkey = 'ft:m-1:me::mine'\n";
    let list = file::read(manifest, |_| Some(models)).expect("is a catalogue");
    let found = |model| found(&list, names("p", model));
    assert_eq!(found("m-2").as_deref(), Ok("p/any match_rule"));
    assert_eq!(found("ft:m-1:me::mine").as_deref(), Ok("p/ft:m-1:me::mine model_key"));
    assert_eq!(found("ft:m-1:me::other").as_deref(), Ok("p/ft:m-1 fine_tune_base"));
    assert_eq!(found("ft:m-1-0613:me::x").as_deref(), Ok("p/ft:m-1 fine_tune_base"));
    assert_eq!(found("ft:m-2:me::x"), Err(Unresolved::Model));
    assert_eq!(found("m-2.ft-x"), Err(Unresolved::Model));
}

#[test]
fn the_model_that_answered_comes_first() {
    let list = &*SHIPPED;
    let both = |response_model| Names { response_model, ..names("openai", "gpt-4o-mini") };
    assert_eq!(found(list, both("gpt-4o")).as_deref(), Ok("openai/gpt-4o model_key"));
    assert_eq!(found(list, both("unheard-of")).as_deref(), Ok("openai/gpt-4o-mini model_key"));
}

#[test]
fn an_address_counts_where_no_known_provider_is_stated() {
    let list = &*SHIPPED;
    let at = |provider, api_url| found(list, Names { api_url, ..names(provider, "gpt-4o") });
    assert_eq!(at("", "https://api.openai.com/v1").as_deref(), Ok("openai/gpt-4o model_key"));
    assert_eq!(
        at("my-gateway", "https://me.openai.azure.com").as_deref(),
        Ok("openai/gpt-4o fallback_provider")
    );
    assert_eq!(at("openai", "http://localhost:8000").as_deref(), Ok("openai/gpt-4o model_key"));
    assert_eq!(at("", "http://localhost:8000"), Err(Unresolved::Provider));
}

#[test]
fn a_quote_tells_the_set_in_force_and_when_it_ends() {
    let list = &*SHIPPED;
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("is a time");
    let quote = |time: &str, terms: &Terms| {
        let found = list.view().find(names("openai", "o3"), at(time), terms).expect("is known");
        let quote = found.quote.expect("has a price");
        let rates =
            quote.rates.iter().map(|quoted| format!("{} {}", quoted.rate.meter, quoted.rate.base));
        (quote.until, rates.collect::<Vec<_>>())
    };
    let (until, rates) = quote("2025-06-09T23:59:59Z", &Terms::new());
    assert_eq!(until, Some(at("2025-06-10T00:00:00Z")));
    assert_eq!(rates[..3], ["cache_read_tokens 0.5", "input_tokens 10", "output_tokens 40"]);
    let (until, rates) = quote("2025-06-10T00:00:00Z", &Terms::new());
    assert_eq!((until, rates[1].as_str()), (None, "input_tokens 2"));
    let flex = Terms::from([("service_tier".into(), "flex".into())]);
    assert_eq!(quote("2026-11-22T00:00:00Z", &flex).1[1], "input_tokens 1");
}

#[test]
fn a_catalogue_is_swapped_whole_and_stays_for_its_holder() {
    let prices = Prices::new(book(shipped()));
    let (handle, held) = (prices.clone(), prices.current());
    let empty = Catalogue::new(held.public().source().clone(), Vec::new()).expect("is consistent");
    handle.replace(book(empty));
    assert_eq!(
        (prices.current().public().models().count(), held.public().models().count()),
        (0, 2330)
    );
}
