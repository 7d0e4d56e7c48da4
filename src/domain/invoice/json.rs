//! Exports as the cost APIs of OpenAI and Anthropic answer them: one page, an array of
//! pages, or pages one after the other.
//!
//! Of OpenAI's `organization/costs` this is read: buckets with `start_time` in seconds, and
//! in their `results` `amount.value` (dollars, as a number), `amount.currency`, and
//! `line_item` such as "gpt-4o-2024-08-06, input", which is null unless the question was
//! grouped by it. Of Anthropic's `organizations/cost_report`: buckets with `starting_at`,
//! and in their `results` `amount` (a decimal text in cents), `currency`, `model`, which is
//! null for what has none, and `description`.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Number, Value};

use super::amount::{self, Amount, Excess};
use super::{Problem, RawLine, Read, day};
use crate::domain::period::Zone;

#[derive(Deserialize)]
struct Page<Bucket> {
    data: Vec<Bucket>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct OpenAiBucket {
    start_time: i64,
    #[serde(alias = "result")]
    results: Vec<OpenAiResult>,
}

#[derive(Deserialize)]
struct OpenAiResult {
    amount: OpenAiAmount,
    line_item: Option<String>,
}

#[derive(Deserialize)]
struct OpenAiAmount {
    value: Figure,
    currency: Option<String>,
}

#[derive(Deserialize)]
struct AnthropicBucket {
    starting_at: String,
    results: Vec<AnthropicResult>,
}

#[derive(Deserialize)]
struct AnthropicResult {
    amount: Figure,
    currency: Option<String>,
    model: Option<String>,
    description: Option<String>,
}

/// A number, or its text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Figure {
    Number(Number),
    Text(String),
}

impl Figure {
    fn text(&self) -> String {
        match self {
            Figure::Number(number) => number.to_string(),
            Figure::Text(text) => text.clone(),
        }
    }
}

/// Reads pages of OpenAI's costs. Its amounts are binary fractions: what lies behind their
/// 18th decimal means nothing and is rounded.
pub(super) fn read_openai(text: &str, zone: Zone) -> Result<Vec<Read>, String> {
    let buckets = buckets::<OpenAiBucket>(text)?;
    let mut lines = Vec::new();
    for (number, bucket) in buckets.iter().enumerate() {
        let day = day(&bucket.start_time.to_string(), zone);
        for (index, result) in bucket.results.iter().enumerate() {
            let OpenAiAmount { value, currency } = &result.amount;
            let amount = || amount::read(&value.text(), 0, Excess::Round);
            let name = result.line_item.clone().unwrap_or_default();
            lines.push(line((number, index), day.clone(), currency.as_deref(), amount, name));
        }
    }
    Ok(lines)
}

/// Reads pages of Anthropic's cost report.
pub(super) fn read_anthropic(text: &str, zone: Zone) -> Result<Vec<Read>, String> {
    let buckets = buckets::<AnthropicBucket>(text)?;
    let mut lines = Vec::new();
    for (number, bucket) in buckets.iter().enumerate() {
        let day = day(&bucket.starting_at, zone);
        for (index, result) in bucket.results.iter().enumerate() {
            let amount = || amount::read(&result.amount.text(), 2, Excess::Refuse);
            let name = result.model.clone().or_else(|| result.description.clone());
            let currency = result.currency.as_deref();
            let name = name.unwrap_or_default();
            lines.push(line((number, index), day.clone(), currency, amount, name));
        }
    }
    Ok(lines)
}

fn line(
    (bucket, result): (usize, usize),
    day: Result<NaiveDate, String>,
    currency: Option<&str>,
    amount: impl FnOnce() -> Result<Amount, String>,
    name: String,
) -> Read {
    let place = format!("data[{bucket}].results[{result}]");
    let problem = |what: String| Problem { place: place.clone(), what };
    if let Some(currency) = currency.filter(|currency| !currency.eq_ignore_ascii_case("usd")) {
        return Err(problem(format!("the currency must be USD, is {currency:?}")));
    }
    let amount = amount().map_err(problem)?;
    Ok(RawLine { day: day.map_err(problem)?, name, amount })
}

/// The buckets of all pages.
fn buckets<Bucket: DeserializeOwned>(text: &str) -> Result<Vec<Bucket>, String> {
    let mut pages: Vec<Page<Bucket>> = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        match value.map_err(|error| format!("is no JSON: {error}"))? {
            Value::Array(values) => {
                for value in values {
                    pages.push(page(value)?);
                }
            }
            value => pages.push(page(value)?),
        }
    }
    if pages.last().is_some_and(|page| page.has_more) {
        return Err("the last page has has_more: true; append the pages that follow".to_owned());
    }
    Ok(pages.into_iter().flat_map(|page| page.data).collect())
}

fn page<Bucket: DeserializeOwned>(value: Value) -> Result<Page<Bucket>, String> {
    serde_json::from_value(value).map_err(|error| format!("is no page of a cost API: {error}"))
}
