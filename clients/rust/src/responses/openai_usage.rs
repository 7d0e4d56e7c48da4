//! The usage object that OpenAI's APIs and all that speak their language answer with.

use rust_decimal::Decimal;
use serde_json::Value;

use super::counts::{FittedUsage, Told, fitted_usage};
use super::fields::{count, decimal, get, raw_usage, seconds, text};
use crate::proto::TokenConvention;

/// xAI counts money in ticks: 10,000,000,000 to the dollar.
const TICK_DECIMALS: u32 = 10;

/// The counts of any dialect.
pub(super) fn read_usage(usage: &Value) -> FittedUsage {
    if usage.is_null() {
        return FittedUsage::default();
    }
    let mut told = input(usage);
    told.extend(output(usage));
    told.extend(others(usage));
    fitted_usage(told, convention(usage), raw_usage(usage))
}

/// What OpenRouter, Perplexity and xAI say the call cost.
pub(super) fn reported_cost(usage: &Value) -> Option<Decimal> {
    let cost = get(usage, ["cost"]);
    if cost.is_null() {
        let ticks = count(usage, ["cost_in_usd_ticks"])?;
        return ticks.checked_mul(Decimal::new(1, TICK_DECIMALS));
    }
    let total = get(cost, ["total_cost"]);
    decimal(if total.is_null() { cost } else { total })
}

/// Whether a usage has what only Perplexity's has.
pub(super) fn is_perplexity(usage: &Value) -> bool {
    !get(usage, ["citation_tokens", "num_search_queries", "search_context_size"]).is_null()
}

fn input(usage: &Value) -> Told<'static> {
    let details =
        get(usage, ["prompt_tokens_details", "input_tokens_details", "input_token_details"]);
    let lifetimes = get(details, ["cache_creation_token_details"]);
    let cached = get(details, ["cached_tokens_details"]);
    // DeepSeek, Moonshot and LiteLLM tell it beside the details.
    let beside = ["prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"];
    let read = count(details, ["cached_tokens"]).or_else(|| count(usage, beside));
    let written = count(details, ["cache_write_tokens", "cache_creation_tokens"])
        .or_else(|| count(usage, ["cache_creation_input_tokens"]));
    vec![
        ("input_tokens", input_tokens(usage)),
        ("cache_read_tokens", read),
        ("cache_write_tokens", written),
        ("cache_write_1h_tokens", count(lifetimes, ["ephemeral_1h_input_tokens"])),
        ("input_audio_tokens", count(details, ["audio_tokens"])),
        ("input_image_tokens", count(details, ["image_tokens"])),
        ("input_video_tokens", count(details, ["video_tokens"])),
        ("cache_audio_read_tokens", count(cached, ["audio_tokens"])),
        ("cache_image_read_tokens", count(cached, ["image_tokens"])),
    ]
}

fn output(usage: &Value) -> Told<'static> {
    let details = output_details(usage);
    vec![
        ("output_tokens", output_tokens(usage)),
        ("output_reasoning_tokens", reasoning_tokens(usage)),
        ("output_audio_tokens", count(details, ["audio_tokens"])),
        ("output_image_tokens", count(details, ["image_tokens"])),
    ]
}

fn others(usage: &Value) -> Told<'static> {
    // Mistral's; a part that the service takes with its whole alone.
    let heard = seconds(get(usage, ["prompt_audio_seconds"]));
    let is_duration = text(usage, ["type"]) == "duration";
    let length = is_duration.then(|| seconds(get(usage, ["seconds"]))).flatten();
    let mut told = vec![
        ("web_searches", count(get(usage, ["server_tool_use"]), ["web_search_requests"])),
        ("audio_seconds", length.or(heard)),
        ("input_audio_seconds", heard),
    ];
    if is_perplexity(usage) {
        told.push(("web_searches", count(usage, ["num_search_queries"])));
        told.push(("output_citation_tokens", count(usage, ["citation_tokens"])));
    }
    told
}

fn input_tokens(usage: &Value) -> Option<Decimal> {
    count(usage, ["prompt_tokens", "input_tokens"])
}

fn output_tokens(usage: &Value) -> Option<Decimal> {
    count(usage, ["completion_tokens", "output_tokens"])
}

fn output_details(usage: &Value) -> &Value {
    get(usage, ["completion_tokens_details", "output_tokens_details", "output_token_details"])
}

fn reasoning_tokens(usage: &Value) -> Option<Decimal> {
    count(output_details(usage), ["reasoning_tokens"])
        .or_else(|| count(usage, ["reasoning_tokens"]))
}

/// Whether reasoning is inside the output: the response's own sum decides.
fn convention(usage: &Value) -> TokenConvention {
    if is_perplexity(usage) {
        return TokenConvention::ReasoningExclusive;
    }
    let reasoning = reasoning_tokens(usage).filter(|reasoning| !reasoning.is_zero());
    let (Some(reasoning), Some(output)) = (reasoning, output_tokens(usage)) else {
        return TokenConvention::Inclusive;
    };
    let both = input_tokens(usage).unwrap_or_default() + output;
    let is_outside = match count(usage, ["total_tokens"]) {
        Some(total) if total == both => reasoning > output,
        Some(total) if total == both + reasoning => true,
        // No sum that says it. Only xAI has this field, and counts reasoning outside.
        _ => reasoning > output || !get(usage, ["num_sources_used"]).is_null(),
    };
    if is_outside { TokenConvention::ReasoningExclusive } else { TokenConvention::Inclusive }
}
