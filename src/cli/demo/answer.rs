//! How one call went: what it used, how long it took, and how it failed.

use std::time::Duration;

use aiusage_client::Record;

use super::chance::Chance;
use super::features::Feature;
use super::models::Model;

/// Failed calls, of 1,000: `FAILURES` say which.
const FAILED: u64 = 34;
/// Prompts that are shorter are not cached by providers.
const CACHED_TOKENS_MIN: u64 = 1_024;
/// How often a prompt that is not in the provider's cache is written there, of 1,000.
const CACHE_WRITES: u64 = 300;
const TIMEOUT: Duration = Duration::from_secs(60);

/// A way to fail.
#[derive(Debug)]
struct Failure {
    status: &'static str,
    message: &'static str,
    weight: u64,
}

const fn failure(status: &'static str, message: &'static str, weight: u64) -> Failure {
    Failure { status, message, weight }
}

const FAILURES: [Failure; 8] = [
    failure("rate_limited", "429: requests per minute exceeded, retry after 6 s", 28),
    failure("rate_limited", "429: input tokens per minute exceeded, retry after 21 s", 14),
    failure("timeout", "no response within 60 s", 20),
    failure("error", "503: the model is overloaded", 12),
    failure("error", "500: internal server error", 6),
    failure("error", "400: the prompt is longer than the model's context window", 5),
    failure("error", "connection reset by peer", 3),
    failure("cancelled", "the user closed the page", 12),
];

/// What a call that is answered uses, in tokens.
#[derive(Debug, Clone, Copy)]
struct Tokens {
    input: u64,
    image: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    reasoning: u64,
}

/// Adds to a record how its call went.
pub(super) fn answer(
    record: Record,
    feature: &Feature,
    model: &Model,
    chance: &mut Chance,
) -> Record {
    let tokens = tokens(feature, model, chance);
    if chance.happens(FAILED) {
        return fail(record, tokens, chance);
    }
    if chance.happens(feature.answer_cache) {
        let record = record.cached_response(true).latency(milliseconds(chance.around(6)));
        return used(record, tokens, feature);
    }
    let first = chance.around(model.first_token_ms);
    let record = if feature.output_percent == 0 {
        record.latency(milliseconds(first))
    } else {
        let rest = chance.around(1_000 * tokens.output / model.tokens_per_second);
        record.time_to_first_token(milliseconds(first)).latency(milliseconds(first + rest))
    };
    used(record, tokens, feature)
}

fn tokens(feature: &Feature, model: &Model, chance: &mut Chance) -> Tokens {
    let pair = feature.trace.draw(chance);
    let image = feature.image_tokens;
    let input = (pair.context * feature.input_percent / 100).max(1) + image;
    let answer = (pair.generated * feature.output_percent / 100).max(1);
    let reasoning = chance.around(answer * model.reasoning_percent / 100);
    let part = input * chance.between(50..93) / 100;
    let is_long = input >= CACHED_TOKENS_MIN;
    let is_read = is_long && chance.happens(feature.prompt_cache);
    let may_write = is_long && !is_read && model.is_cache_write_billed && feature.prompt_cache > 0;
    let is_written = may_write && chance.happens(CACHE_WRITES);
    Tokens {
        input,
        image,
        cache_read: if is_read { part } else { 0 },
        cache_write: if is_written { part } else { 0 },
        output: if feature.output_percent == 0 { 0 } else { answer + reasoning },
        reasoning,
    }
}

/// Says what a call used, and leaves out what its provider does not report.
fn used(record: Record, tokens: Tokens, feature: &Feature) -> Record {
    let Tokens { input, image, cache_read, cache_write, output, reasoning } = tokens;
    let mut record = record.input_tokens(input);
    if feature.output_percent > 0 {
        record = record.output_tokens(output);
    }
    if feature.prompt_cache > 0 {
        record = record.cache_read_tokens(cache_read);
    }
    if cache_write > 0 {
        record = record.cache_write_tokens(cache_write);
    }
    if reasoning > 0 && output > 0 {
        record = record.output_reasoning_tokens(reasoning);
    }
    if image > 0 {
        record = record.input_image_tokens(image);
    }
    record
}

/// A call that was cut short is billed as far as it came, one that was refused is not.
fn fail(record: Record, tokens: Tokens, chance: &mut Chance) -> Record {
    let failure = chance.pick(&FAILURES, |failure| failure.weight);
    let record = record.status(failure.status).error_message(failure.message);
    match failure.status {
        "timeout" => record.latency(TIMEOUT).tokens(tokens.input, 0),
        "cancelled" => record
            .latency(milliseconds(chance.around(2_500)))
            .tokens(tokens.input, tokens.output / 3),
        _ => record.latency(milliseconds(chance.around(140))).tokens(0, 0),
    }
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up() {
        assert_eq!(FAILURES.iter().map(|failure| failure.weight).sum::<u64>(), 100);
    }
}
