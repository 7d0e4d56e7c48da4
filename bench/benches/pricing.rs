//! What it takes to price one call, with the whole price list in memory.

use std::collections::HashMap;
use std::hint::black_box;

use aiusage::domain::ids::TenantId;
use aiusage::domain::meter::Meter;
use aiusage::domain::quantities::{Quantities, TokenConvention};
use aiusage::domain::text::{LongName, Name, Url};
use aiusage::domain::usage::Call;
use aiusage::pricing::book::{Alias, TenantPrices};
use aiusage::pricing::change::ModelKey;
use aiusage::pricing::corrections::corrections;
use aiusage::pricing::embedded::catalogue;
use aiusage::pricing::resolve::Names;
use aiusage::pricing::{PriceBook, View};
use criterion::Criterion;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::nil());
const CHAT: &[(&str, &str)] = &[("input_tokens", "1200"), ("output_tokens", "350")];
const CACHED: &[(&str, &str)] = &[
    ("input_tokens", "52000"),
    ("cache_read_tokens", "48000"),
    ("cache_write_tokens", "2000"),
    ("output_tokens", "900"),
];

/// A call as it is reported: names, terms, quantities.
struct Case {
    name: &'static str,
    provider: &'static str,
    model: &'static str,
    terms: &'static [(&'static str, &'static str)],
    usage: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 9] = [
    case("OpenAI, by key", "openai", "gpt-4o", CHAT),
    case("OpenAI, a dated name", "openai", "gpt-4o-2024-11-20", CHAT),
    case("Anthropic, with a cache", "anthropic", "claude-sonnet-4-5", CACHED),
    case("Bedrock, by rule", "bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", CACHED),
    case("OpenRouter, a suffix", "openrouter", "openai/gpt-4o:nitro", CHAT),
    case("no provider named", "", "gemini-2.5-flash", CHAT),
    case("a model that nobody knows", "openai", "my-own-model", CHAT),
    case("a name of the tenant's", "azure", "chat-prod", CHAT),
    Case { terms: &[("service_tier", "flex")], ..case("OpenAI, flex", "openai", "gpt-5", CHAT) },
];

const fn case(
    name: &'static str,
    provider: &'static str,
    model: &'static str,
    usage: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, provider, model, terms: &[], usage }
}

impl Case {
    fn call(&self) -> Call {
        let usage = self.usage.iter().map(|(key, quantity)| {
            let meter = Meter::by_key(key).expect("the meter is registered");
            (meter, quantity.parse().expect("it is a number"))
        });
        Call {
            event_time: "2026-11-20T12:00:00Z".parse().expect("it is a time"),
            provider: Name::new(self.provider).expect("it is a name"),
            model: LongName::new(self.model).expect("it is a name"),
            response_model: LongName::new("").expect("it may be empty"),
            api_url: Url::new("").expect("it may be empty"),
            price_context: self
                .terms
                .iter()
                .map(|(key, word)| ((*key).into(), (*word).into()))
                .collect(),
            quantities: Quantities::new(usage, TokenConvention::Inclusive).expect("they add up"),
            cached_response: false,
            answered: true,
        }
    }
}

/// The price list as a server has it, and a tenant with a name of its own.
fn book() -> PriceBook {
    let list = catalogue().expect("it is embedded");
    let list = list.with(&corrections().expect("they are embedded")).expect("they fit");
    let key = ModelKey { provider: "openai".into(), model: "gpt-4o".into() };
    let (_, model) = list.by_key(&key).expect("it is in the list");
    let model = model.id;
    let mut own = TenantPrices::default();
    own.add_alias("chat-prod", Alias { provider: "azure".into(), from: None, model: Some(model) });
    PriceBook::new(list, HashMap::from([(TENANT, own)]), 0)
}

/// Finds the model, and the price that holds.
fn look_up(view: View<'_>, call: &Call) -> bool {
    let found = view.resolve(Names::from(call), call.event_time);
    found.is_ok_and(|found| view.in_force(found.model, call.event_time).is_some())
}

fn main() {
    let book = book();
    let view = book.of(TENANT);
    let mut criterion = Criterion::default().configure_from_args();
    for case in CASES {
        let call = case.call();
        let mut group = criterion.benchmark_group(case.name);
        group.bench_function("look up", |b| b.iter(|| look_up(view, black_box(&call))));
        group.bench_function("price", |b| b.iter(|| view.price(black_box(&call))));
        group.finish();
    }
    criterion.final_summary();
}
