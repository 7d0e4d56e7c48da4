//! Converts the price list of genai-prices (its `data.json`).
//!
//! Taken: keys, names, match rules, figures with their dates, hours, tiers and
//! terms. Not taken: prose, links, and how to read responses. Numbers are read as
//! the text they are written as.

mod upstream;

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::Value;

use super::listing::sha256;
use super::pattern::{self, Unsayable};
use crate::domain::meter::Meter;
use crate::pricing::catalogue::{Catalogue, CatalogueError, Model, Provider, Source};
use crate::pricing::file::Numbering;
use crate::pricing::rule::Rule;
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{Amount, AmountError, PriceSet, Rate, Variant};
use crate::pricing::version::Version;

/// Why a price list could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It does not have the form that this converter knows.
    #[error("the price list has an unknown form: {0}")]
    Form(#[from] serde_json::Error),
    /// An entry says something that this converter does not know.
    #[error("{place}: {problem}")]
    Entry {
        /// The provider or model.
        place: String,
        /// What is unknown.
        problem: EntryError,
    },
    /// The whole is no consistent catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// What an entry says that is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A price for a unit that no meter stands for.
    #[error("there is no meter for the price key {0:?}")]
    UnknownPriceKey(String),
    /// A price that is no number or has too many digits.
    #[error("the price of {0}: {1}")]
    Price(String, AmountError),
    /// A price that is neither a number nor tiers.
    #[error("the price of {0} has an unknown form")]
    PriceForm(String),
    /// A match rule that data cannot say.
    #[error(transparent)]
    Pattern(#[from] Unsayable),
    /// Match rules that cannot be put into one.
    #[error("the match rules cannot be put into one")]
    Rules,
    /// A condition of another kind, or with a time that is not in UTC.
    #[error("a price has an unknown condition")]
    Constraint,
}

/// Other names of providers: those of OpenTelemetry, litellm and others that
/// upstream takes for another provider, or for none, or only takes where they are
/// not in front of a model's name.
const ALIASES: [(&str, &[&str]); 16] = [
    (
        "aws",
        &[
            "bedrock",
            "bedrock_converse",
            "aws.bedrock",
            "amazon-bedrock",
            "anthropic-bedrock",
            "anthropic_bedrock",
            "bedrock-anthropic",
        ],
    ),
    (
        "azure",
        &[
            "azure.ai.openai",
            "azure.ai.inference",
            "azure_ai",
            "azure_openai",
            "azure-openai",
            "azure openai",
            "azureopenai",
            "azure_text",
        ],
    ),
    ("cohere", &["cohere_chat"]),
    ("fireworks", &["fireworks_ai", "fireworks-ai"]),
    ("github-copilot", &["github_copilot"]),
    (
        "google",
        &[
            "gcp.gen_ai",
            "gcp.gemini",
            "gcp.vertex_ai",
            "gemini",
            "vertex_ai",
            "vertex_ai_beta",
            "vertex_ai-anthropic_models",
            "anthropic-vertex",
            "anthropic_vertex",
            "vertex-anthropic",
        ],
    ),
    ("mistral", &["mistralai", "mistral_ai"]),
    ("moonshotai", &["moonshot", "moonshot_ai"]),
    ("novita", &["novita_ai", "novita-ai"]),
    ("openai", &["text-completion-openai"]),
    ("openrouter", &["open_router", "open-router"]),
    ("perplexity", &["perplexity_ai", "perplexity-ai"]),
    ("together", &["together_ai", "together-ai", "togetherai"]),
    ("voyageai", &["voyage"]),
    ("x-ai", &["x_ai", "xai"]),
    ("zai", &["z_ai", "z-ai", "z.ai"]),
];

/// Models that are billed at least 10 seconds of audio: upstream says so in code.
const AT_LEAST_10_SECONDS: (&str, [&str; 2]) =
    ("groq", ["whisper-large-v3", "whisper-large-v3-turbo"]);

/// Converts `data`, the text of `data.json` of the given `version`.
pub fn convert(data: &str, version: &str) -> Result<Catalogue, ConvertError> {
    let upstream: Vec<upstream::Provider> = serde_json::from_str(data)?;
    let source = Source {
        name: "genai-prices".into(),
        version: version.into(),
        sha256: sha256(data).into(),
        licence: "MIT".into(),
        attribution: "Copyright (c) Pydantic Services Inc. 2025 to present".into(),
    };
    let mut numbering = Numbering::default();
    let providers = upstream
        .into_iter()
        .map(|entry| provider(entry, &mut numbering))
        .collect::<Result<_, _>>()?;
    Ok(Catalogue::new(source, providers)?)
}

fn provider(
    entry: upstream::Provider,
    numbering: &mut Numbering,
) -> Result<Provider, ConvertError> {
    let at = |problem| ConvertError::Entry { place: entry.id.clone(), problem };
    let optional_rule =
        |clause: &Option<_>| clause.as_ref().map_or(Ok(Rule::default()), rule).map_err(at);
    let aliases =
        ALIASES.iter().find(|(key, _)| *key == entry.id).map_or(&[][..], |(_, aliases)| aliases);
    Ok(Provider {
        name: entry.name.as_str().into(),
        aliases: aliases.iter().map(|alias| (*alias).into()).collect(),
        api: pattern::addresses(&entry.api_pattern).map_err(|error| at(error.into()))?,
        id_match: optional_rule(&entry.provider_match)?,
        model_match: optional_rule(&entry.model_match)?,
        fallbacks: entry.fallback_model_providers.iter().map(|key| key.as_str().into()).collect(),
        models: entry
            .models
            .iter()
            .map(|m| model(&entry.id, m, numbering))
            .collect::<Result<_, _>>()?,
        key: entry.id.as_str().into(),
    })
}

fn model(
    provider: &str,
    entry: &upstream::Model,
    numbering: &mut Numbering,
) -> Result<Model, ConvertError> {
    let mut convert = || -> Result<Model, EntryError> {
        let id = numbering.model();
        let mut rule = rule(&entry.matching)?;
        // The key always names its model.
        rule.equals.retain(|name| **name != entry.id.to_lowercase());
        let mut base = base_sets(entry, numbering)?;
        let mut variants = variants(entry, numbering)?;
        if provider == AT_LEAST_10_SECONDS.0 && AT_LEAST_10_SECONDS.1.contains(&entry.id.as_str()) {
            let sets = base.iter_mut().chain(variants.iter_mut().map(|variant| &mut variant.set));
            sets.flat_map(|set| &mut set.rates).for_each(bill_at_least_10_seconds);
        }
        Ok(Model {
            id,
            versions: vec![Version::listed(base, variants)],
            name: entry.name.as_deref().filter(|name| *name != entry.id).map(Into::into),
            context_window: entry.context_window,
            deprecated: entry.deprecated,
            rule,
            key: entry.id.as_str().into(),
        })
    };
    convert().map_err(|problem| ConvertError::Entry {
        place: format!("{provider}/{}", entry.id),
        problem,
    })
}

fn bill_at_least_10_seconds(rate: &mut Rate) {
    if matches!(rate.meter.key(), "audio_seconds" | "input_audio_seconds") {
        rate.min_quantity = Some(Decimal::TEN);
    }
}

fn base_sets(
    entry: &upstream::Model,
    numbering: &mut Numbering,
) -> Result<Vec<PriceSet>, EntryError> {
    // Upstream does not tell "costs nothing" from "price not known". Only a name
    // that says so makes an empty list of prices a price.
    let is_free = entry.id.ends_with(":free");
    let mut base = |prices: &upstream::Prices, constraint: Option<&upstream::Constraint>| {
        set(prices, constraint, numbering)
            .map(|set| PriceSet { free: is_free && set.rates.is_empty(), ..set })
    };
    match &entry.prices {
        upstream::PriceList::Always(prices) => Ok(vec![base(prices, None)?]),
        upstream::PriceList::Conditional(list) => {
            list.iter().map(|entry| base(&entry.prices, entry.constraint.as_ref())).collect()
        }
    }
}

fn variants(
    entry: &upstream::Model,
    numbering: &mut Numbering,
) -> Result<Vec<Variant>, EntryError> {
    // Upstream lists terms that change nothing with no prices at all.
    let changes = entry.price_variants.iter().filter(|variant| !variant.prices.is_empty());
    changes.map(|entry| variant(entry, numbering)).collect()
}

fn variant(entry: &upstream::Variant, numbering: &mut Numbering) -> Result<Variant, EntryError> {
    let terms = entry
        .when
        .iter()
        .map(|(term, word)| (term.as_str().into(), word.as_str().into()))
        .collect();
    Ok(Variant { terms, set: set(&entry.prices, entry.constraint.as_ref(), numbering)? })
}

fn set(
    prices: &upstream::Prices,
    constraint: Option<&upstream::Constraint>,
    numbering: &mut Numbering,
) -> Result<PriceSet, EntryError> {
    let rates = prices.iter().map(|(key, price)| rate(key, price)).collect::<Result<_, _>>()?;
    let schedule = constraint.map_or(Ok(Schedule::default()), schedule)?;
    Ok(PriceSet { id: numbering.set(), schedule, free: false, rates })
}

fn rate(price_key: &str, price: &Value) -> Result<Rate, EntryError> {
    let meter = Meter::by_price_key(price_key)
        .ok_or_else(|| EntryError::UnknownPriceKey(price_key.to_owned()))?;
    let form = || EntryError::PriceForm(price_key.to_owned());
    let amount = |value: &Value| match value {
        Value::Number(number) => Amount::parse(&number.to_string())
            .map_err(|error| EntryError::Price(price_key.to_owned(), error)),
        _ => Err(form()),
    };
    let mut above = Vec::new();
    let base = match price {
        Value::Object(tiered) => {
            let tiers: Vec<upstream::Tier> = tiered
                .get("tiers")
                .and_then(|tiers| serde_json::from_value(tiers.clone()).ok())
                .ok_or_else(form)?;
            for tier in &tiers {
                above.push((tier.start, amount(&tier.price)?));
            }
            amount(tiered.get("base").filter(|_| tiered.len() == 2).ok_or_else(form)?)?
        }
        flat => amount(flat)?,
    };
    above.sort_by_key(|(start, _)| *start);
    Ok(Rate { meter, per: meter.per(), base, above, min_quantity: None })
}

fn schedule(constraint: &upstream::Constraint) -> Result<Schedule, EntryError> {
    match constraint {
        upstream::Constraint::StartDate { start_date } => {
            let from: DateTime<Utc> = start_date.and_time(NaiveTime::MIN).and_utc();
            Ok(Schedule { from: Some(from), ..Schedule::default() })
        }
        upstream::Constraint::Hours { start_time, end_time } => {
            let window = Window {
                from: utc(start_time)?,
                to: utc(end_time)?,
                zone: Tz::UTC,
                days: Days::ALL,
            };
            Ok(Schedule { window: Some(window), ..Schedule::default() })
        }
    }
}

fn utc(time: &str) -> Result<NaiveTime, EntryError> {
    NaiveTime::parse_from_str(time.trim_end_matches('Z'), "%H:%M:%S")
        .map_err(|_| EntryError::Constraint)
}

fn rule(clause: &upstream::Clause) -> Result<Rule, EntryError> {
    use upstream::Clause;
    let word = |word: &String| vec![word.to_lowercase().into()];
    match clause {
        Clause::Equals(name) => Ok(Rule { equals: word(name), ..Rule::default() }),
        Clause::StartsWith(name) => Ok(Rule { starts_with: word(name), ..Rule::default() }),
        Clause::EndsWith(name) => Ok(Rule { ends_with: word(name), ..Rule::default() }),
        Clause::Contains(name) => Ok(Rule { contains: word(name), ..Rule::default() }),
        Clause::Regex(regex) => Ok(pattern::rule(regex)?),
        Clause::And(clauses) => {
            Ok(Rule { all: clauses.iter().map(rule).collect::<Result<_, _>>()?, ..Rule::default() })
        }
        Clause::Or(clauses) => {
            clauses.iter().try_fold(Rule::default(), |any, clause| either(any, rule(clause)?))
        }
    }
}

/// The rule that holds when one of the two holds.
fn either(mut a: Rule, b: Rule) -> Result<Rule, EntryError> {
    let Rule {
        equals,
        starts_with,
        ends_with,
        contains,
        dated_compact,
        dated_dashed,
        numbered,
        all,
        not,
    } = b;
    let lists = [
        (&mut a.equals, equals),
        (&mut a.starts_with, starts_with),
        (&mut a.ends_with, ends_with),
        (&mut a.contains, contains),
        (&mut a.dated_compact, dated_compact),
        (&mut a.dated_dashed, dated_dashed),
        (&mut a.numbered, numbered),
    ];
    for (words, more) in lists {
        more.into_iter().for_each(|word| {
            if !words.contains(&word) {
                words.push(word)
            }
        });
    }
    if !all.is_empty() && !a.all.is_empty() || not.is_some() && a.not.is_some() {
        return Err(EntryError::Rules);
    }
    a.all.extend(all);
    a.not = a.not.or(not);
    Ok(a)
}

#[cfg(test)]
mod tests;
