//! Google's Gemini, from its own API and from Vertex: generated content and embeddings.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ResponseFacts;
use super::counts::{FittedUsage, Told, fitted_usage};
use super::fields::{count, get, items, merge, raw_usage, text};
use super::stream::Reading;
use super::terms::{metadata, service_terms};
use crate::proto::TokenConvention;

const CONVENTION: TokenConvention = TokenConvention::ReasoningExclusive;
const PROMPT: [&str; 2] = ["prompt_token_count", "promptTokenCount"];
const THOUGHTS: [&str; 2] = ["thoughts_token_count", "thoughtsTokenCount"];
const TOOLS: [&str; 2] = ["tool_use_prompt_token_count", "toolUsePromptTokenCount"];
/// Each modality with the meters of its input, of its output and of the cache.
const MODALITIES: [(&str, [&str; 3]); 3] = [
    ("AUDIO", ["input_audio_tokens", "output_audio_tokens", "cache_audio_read_tokens"]),
    ("IMAGE", ["input_image_tokens", "output_image_tokens", "cache_image_read_tokens"]),
    ("VIDEO", ["input_video_tokens", "output_video_tokens", "cache_video_read_tokens"]),
];

/// Whether this is generated content or an embedding.
pub(super) fn recognises(body: &Value) -> bool {
    !usage_of(body).is_null()
        || is_embedding(body)
        || !items(body, ["candidates"]).is_empty()
        || !get(body, ["promptFeedback"]).is_null()
}

/// The facts of either.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let is_embedding = is_embedding(body);
    let read = if is_embedding { read_embedding(body) } else { read_usage(body) };
    let candidates = items(body, ["candidates"]).iter();
    let reasons = candidates.map(|each| text(each, ["finish_reason", "finishReason"]));
    ResponseFacts {
        provider: "google".to_owned(),
        response_model: text(body, ["model_version", "modelVersion"]).to_owned(),
        response_id: text(body, ["response_id", "responseId"]).to_owned(),
        operation: if is_embedding { "embeddings" } else { "generate_content" }.to_owned(),
        price_context: terms(usage_of(body)),
        response_metadata: metadata(&read, reasons, true),
        usage: read.usage,
        ..ResponseFacts::default()
    }
}

fn usage_of(body: &Value) -> &Value {
    get(body, ["usage_metadata", "usageMetadata"])
}

/// One body has a list of embeddings, the other a single one.
fn is_embedding(body: &Value) -> bool {
    let first = items(body, ["embeddings"]).first().unwrap_or(get(body, ["embedding"]));
    get(first, ["values"]).is_array()
}

fn read_usage(body: &Value) -> FittedUsage {
    let usage = usage_of(body);
    if usage.is_null() {
        return FittedUsage::default();
    }
    let cached = ["cached_content_token_count", "cachedContentTokenCount"];
    let mut told = vec![
        ("input_tokens", count(usage, PROMPT)),
        ("output_tokens", candidates_tokens(usage)),
        ("cache_read_tokens", count(usage, cached)),
        ("output_reasoning_tokens", count(usage, THOUGHTS)),
        ("input_tool_tokens", count(usage, TOOLS)),
        ("web_searches", searches(body)),
    ];
    told.extend(modalities(usage));
    fitted_usage(told, CONVENTION, raw_usage(usage))
}

/// Google leaves a count of zero out; the total tells that it is zero.
fn candidates_tokens(usage: &Value) -> Option<Decimal> {
    let names = [
        "candidates_token_count",
        "candidatesTokenCount",
        "response_token_count",
        "responseTokenCount",
    ];
    let others = [PROMPT, THOUGHTS, TOOLS].map(|names| count(usage, names).unwrap_or_default());
    let all_others = || count(usage, ["total_token_count", "totalTokenCount"]) == Some(sum(others));
    count(usage, names).or_else(|| all_others().then_some(Decimal::ZERO))
}

fn sum(counts: [Decimal; 3]) -> Decimal {
    counts.into_iter().sum()
}

fn modalities(usage: &Value) -> Told<'static> {
    let prompt = details(usage, ["prompt_tokens_details", "promptTokensDetails"]);
    let candidates = details(usage, ["candidates_tokens_details", "candidatesTokensDetails"]);
    // The Live API's.
    let response = details(usage, ["response_tokens_details", "responseTokensDetails"]);
    let output = if candidates.is_empty() { response } else { candidates };
    let cached = details(usage, ["cache_tokens_details", "cacheTokensDetails"]);
    let count = |of: &BTreeMap<String, Decimal>, modality| of.get(modality).copied();
    let meters =
        MODALITIES.into_iter().flat_map(|(modality, [input_meter, output_meter, cache_meter])| {
            [
                (input_meter, count(&prompt, modality)),
                (output_meter, count(&output, modality)),
                (cache_meter, count(&cached, modality)),
            ]
        });
    meters.collect()
}

fn details(usage: &Value, names: [&str; 2]) -> BTreeMap<String, Decimal> {
    let each = items(usage, names).iter();
    each.filter_map(|each| {
        let tokens = count(each, ["token_count", "tokenCount"])?;
        Some((text(each, ["modality"]).to_uppercase(), tokens))
    })
    .collect()
}

/// Searches as Google bills them: each query from Gemini 3 on, before that each answer.
fn searches(body: &Value) -> Option<Decimal> {
    let candidates = items(body, ["candidates"]).iter();
    let queries = candidates.flat_map(|candidate| {
        let grounding = get(candidate, ["grounding_metadata", "groundingMetadata"]);
        items(grounding, ["web_search_queries", "webSearchQueries"])
    });
    let queries = queries.filter(|query| query.as_str().is_some_and(|text| !text.is_empty()));
    let count = queries.count();
    let model = text(body, ["model_version", "modelVersion"]);
    let model = model.rsplit('/').next().unwrap_or(model);
    let by_answer = model.starts_with("gemini-1") || model.starts_with("gemini-2");
    (count > 0).then(|| if by_answer { Decimal::ONE } else { Decimal::from(count) })
}

fn terms(usage: &Value) -> BTreeMap<String, String> {
    let tier = match text(usage, ["service_tier", "serviceTier"]) {
        "" => match text(usage, ["traffic_type", "trafficType"]).to_lowercase().as_str() {
            "on_demand_priority" => "priority",
            "on_demand_flex" => "flex",
            "on_demand_offpeak" => "offpeak",
            "provisioned_throughput" => "provisioned_throughput",
            _ => "",
        },
        tier if tier.to_lowercase().ends_with("unspecified") => "",
        tier => tier,
    };
    service_terms(tier, [])
}

fn read_embedding(body: &Value) -> FittedUsage {
    let usage = usage_of(body);
    let tokens = count(usage, PROMPT).or_else(|| embedded_tokens(body));
    let characters = ["billable_character_count", "billableCharacterCount"];
    let told = match tokens {
        Some(tokens) => vec![("input_tokens", Some(tokens))],
        None => vec![("input_characters", count(get(body, ["metadata"]), characters))],
    };
    fitted_usage(told, CONVENTION, raw_usage(usage))
}

/// Vertex counts each text by itself.
fn embedded_tokens(body: &Value) -> Option<Decimal> {
    let embeddings = items(body, ["embeddings"]).iter();
    let counts = embeddings.map(|each| {
        let tokens = count(get(each, ["statistics"]), ["token_count", "tokenCount"]);
        tokens.filter(|tokens| !tokens.is_zero())
    });
    let counts: Vec<Decimal> = counts.collect::<Option<_>>()?;
    (!counts.is_empty()).then(|| counts.into_iter().sum())
}

/// Pieces of generated content. Each has the usage so far.
#[derive(Debug)]
pub(super) struct ContentStream {
    body: Value,
    candidate: Value,
}

impl ContentStream {
    pub(super) fn new() -> Self {
        Self { body: json!({}), candidate: json!({}) }
    }

    fn take(&mut self, candidate: &Value) -> bool {
        let reason = text(candidate, ["finish_reason", "finishReason"]);
        if !reason.is_empty() {
            self.candidate["finish_reason"] = reason.into();
        }
        let grounding = get(candidate, ["grounding_metadata", "groundingMetadata"]);
        if !items(grounding, ["web_search_queries", "webSearchQueries"]).is_empty() {
            self.candidate["grounding_metadata"] = grounding.clone();
        }
        !items(get(candidate, ["content"]), ["parts"]).is_empty()
    }
}

impl Reading for ContentStream {
    fn feed(&mut self, event: &Value) -> bool {
        for names in [["model_version", "modelVersion"], ["response_id", "responseId"]] {
            let told = text(event, names);
            if !told.is_empty() {
                self.body[names[0]] = told.into();
            }
        }
        merge(&mut self.body["usage_metadata"], usage_of(event));
        let mut carries_output = false;
        for candidate in items(event, ["candidates"]) {
            carries_output |= self.take(candidate);
        }
        carries_output
    }

    fn facts(&self) -> ResponseFacts {
        let mut body = self.body.clone();
        body["candidates"] = json!([self.candidate]);
        read(&body)
    }
}
