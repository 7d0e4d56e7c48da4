//! Texts of a file as values of a record. No number passes through a float.

use std::str::FromStr;
use std::time::Duration;

use aiusage_client::{Decimal, Record};
use serde_json::{Map, Value};

use super::columns::Fields;
use super::fields::Field;
use crate::cli::usage;

/// Sets every field but those that make the record: user, time and id.
pub(super) fn set(mut record: Record, fields: &Fields) -> Result<Record, (String, String)> {
    for (field, text) in fields {
        let refuse = |reason| (field.to_string(), format!("{text:?} {reason}"));
        record = match field {
            Field::Plain(name) => plain(record, name, text).map_err(refuse)?,
            Field::Tag(key) => record.tag(key, text),
            Field::PriceContext(key) => record.price_context(key, text),
            Field::Meter(key) => record.meter(key, decimal(text).map_err(refuse)?),
        };
    }
    Ok(record)
}

fn plain(record: Record, name: &str, text: &str) -> Result<Record, String> {
    Ok(match name {
        "feature" => record.feature(text),
        "function_name" => record.function_name(text),
        "session_id" => record.session_id(text),
        "job_id" => record.job_id(text),
        "trace_id" => record.trace_id(text),
        "span_id" => record.span_id(text),
        "provider" => record.provider(text),
        "model" => record.requested_model(text),
        "response_model" => record.response_model(text),
        "response_id" => record.response_id(text),
        "operation" => record.operation(text),
        "api_url" => record.api_url(text),
        "status" => record.status(text),
        "error_message" => record.error_message(text),
        "latency_ms" => record.latency(duration(text, 1_000_000)?),
        "latency_seconds" => record.latency(duration(text, 1_000_000_000)?),
        "time_to_first_token_ms" => record.time_to_first_token(duration(text, 1_000_000)?),
        "time_to_first_token_seconds" => record.time_to_first_token(duration(text, 1_000_000_000)?),
        "cached_response" => record.cached_response(boolean(text)?),
        "reported_cost" => record.reported_cost(decimal(text)?),
        "request_metadata" => record.request_metadata(object(text)?),
        "response_metadata" => record.response_metadata(object(text)?),
        "raw_usage" => record.raw_usage(object(text)?),
        "token_convention" => record.token_convention(usage::token_convention(text)?),
        // They make the record itself.
        "user_id" | "event_time" | "record_id" => record,
        count_field => quantity(record, count_field, count(text)?),
    })
}

fn quantity(record: Record, name: &str, count: u64) -> Record {
    match name {
        "input_tokens" => record.input_tokens(count),
        "output_tokens" => record.output_tokens(count),
        "cache_read_tokens" => record.cache_read_tokens(count),
        "cache_write_tokens" => record.cache_write_tokens(count),
        "cache_write_1h_tokens" => record.cache_write_1h_tokens(count),
        "output_reasoning_tokens" => record.output_reasoning_tokens(count),
        "input_audio_tokens" => record.input_audio_tokens(count),
        "output_audio_tokens" => record.output_audio_tokens(count),
        "cache_audio_read_tokens" => record.cache_audio_read_tokens(count),
        "input_image_tokens" => record.input_image_tokens(count),
        "output_image_tokens" => record.output_image_tokens(count),
        "web_searches" => record.web_searches(count),
        other => unreachable!("{other} is a field that nothing sets"),
    }
}

/// Reads `12`, and `12.0` as tools that know only floats write it.
fn count(text: &str) -> Result<u64, String> {
    let refused = || "must be a whole number, 0 or more".to_owned();
    let number = decimal(text).map_err(|_| refused())?.normalize();
    if number.scale() > 0 {
        return Err(refused());
    }
    u64::try_from(number).map_err(|_| refused())
}

/// Reads `0.00875`, and `8.75e-3` as Python writes small floats; exactly, or not at all.
fn decimal(text: &str) -> Result<Decimal, String> {
    exact(text).ok_or_else(|| "must be a decimal such as 0.00875".to_owned())
}

fn exact(text: &str) -> Option<Decimal> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    // Decimal also takes underscores.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    let mut number = Decimal::from_str_exact(digits).ok().filter(|_| plain)?;
    let exponent = i32::from_str(exponent).ok().filter(|exponent| (-28..=28).contains(exponent))?;
    let scale = i32::try_from(number.scale()).ok()? - exponent;
    number.set_scale(u32::try_from(scale.max(0)).ok()?).ok()?;
    (scale..0).try_fold(number, |number, _| number.checked_mul(Decimal::TEN))
}

fn duration(text: &str, unit_nanoseconds: u64) -> Result<Duration, String> {
    let refused = || "must be a time of 0 or more".to_owned();
    let nanoseconds = decimal(text)?.checked_mul(unit_nanoseconds.into()).ok_or_else(refused)?;
    // Less than a nanosecond is of no interest.
    u64::try_from(nanoseconds.trunc()).map(Duration::from_nanos).map_err(|_| refused())
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("must be a JSON object: {error}"))
}

#[cfg(test)]
mod tests {
    use aiusage_client::TokenConvention;
    use aiusage_client::proto::UsageRecord;

    use super::*;

    fn message(pairs: &[(&str, &str)]) -> Result<UsageRecord, (String, String)> {
        let field = |name: &str| Field::parse(name).expect("a field");
        let fields = pairs.iter().map(|(name, text)| (field(name), (*text).to_owned())).collect();
        set(Record::new("ada"), &fields).map(Into::into)
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(count("12"), Ok(12));
        assert_eq!(count("12.0"), Ok(12));
        assert_eq!(count("1.2e3"), Ok(1200));
        for text in ["", "-1", "1.5", "1,000", "NaN", "0x1", "99999999999999999999"] {
            assert!(count(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        let read = |text| decimal(text).map(|number| number.normalize().to_string());
        assert_eq!(read("0.1"), Ok("0.1".to_owned()));
        assert_eq!(read("8.75e-05"), Ok("0.0000875".to_owned()));
        assert_eq!(read("1E+2"), Ok("100".to_owned()));
        assert_eq!(read("-1.25e1"), Ok("-12.5".to_owned()));
        for text in [
            "",
            "e5",
            "1e",
            "1e99999999999",
            "0.12345678901234567890123456789",
            "1e30",
            "1_0",
            "inf",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("830.5", 1_000_000), Ok(Duration::from_micros(830_500)));
        assert_eq!(duration("0.0000000001", 1_000_000_000), Ok(Duration::ZERO));
        assert!(duration("-1", 1_000_000).is_err());
    }

    #[test]
    fn fields_land_where_they_belong() {
        let pairs = [
            ("provider", "openai"),
            ("model", "gpt-4o"),
            ("input_tokens", "3"),
            ("tags.team", "search"),
            ("other_meters.audio_seconds", "12.50"),
            ("cached_response", "True"),
            ("token_convention", "Reasoning_exclusive"),
            ("raw_usage", r#"{"thoughtsTokenCount": 2}"#),
            ("request_metadata", r#"{"temperature": 0.5}"#),
        ];
        let message = message(&pairs).expect("all is right");
        assert_eq!((message.provider.as_str(), message.model.as_str()), ("openai", "gpt-4o"));
        assert_eq!(message.tags["team"], "search");
        assert!(message.cached_response && message.request_metadata.is_some());
        let usage = message.usage.expect("tokens were set");
        assert_eq!((usage.input_tokens, usage.output_tokens), (Some(3), None));
        assert_eq!(usage.other_meters["audio_seconds"], "12.5");
        assert_eq!(usage.token_convention(), TokenConvention::ReasoningExclusive);
        assert!(usage.raw_usage.is_some());
    }

    #[test]
    fn a_refusal_names_field_and_text() {
        let (field, reason) = message(&[("output_tokens", "many")]).expect_err("no number");
        assert_eq!(field, "output_tokens");
        assert_eq!(reason, "\"many\" must be a whole number, 0 or more");
    }

    #[test]
    fn every_field_can_be_set() {
        for line in super::super::fields::help().lines().filter_map(|line| line.strip_prefix("  "))
        {
            let name = line.split_whitespace().next().expect("a name");
            if let Some(Field::Plain(name)) = Field::parse(name) {
                // Texts that are no value are refused; what matters is that nothing panics.
                for text in ["1", "{}", "exclusive"] {
                    let _refusal = plain(Record::new("ada"), name, text);
                }
            }
        }
    }
}
