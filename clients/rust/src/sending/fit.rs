//! Makes a record fit the service's limits: one that is too long is cut, not refused.

use std::collections::BTreeMap;
use std::time::SystemTime;

use prost_types::Duration;
use uuid::Uuid;

use super::fit_numbers::{fit_cost, fit_time, fit_usage};
use crate::{metadata, proto};

/// Characters of an error message, which may have several lines.
const ERROR_MESSAGE_MAX: usize = 4_096;
/// Pairs, and characters of keys and values.
const TAGS: (usize, usize, usize) = (32, 64, 256);
const PRICE_CONTEXT: (usize, usize, usize) = (16, 64, 64);
const METERS_MAX: usize = 32;
/// Metadata: bytes as JSON, and levels.
const METADATA_BYTES: usize = 8 * 1024;
const METADATA_LEVELS: usize = 8;
/// The model of a call that names none; it has no price.
const UNKNOWN_MODEL: &str = "unknown";
const DAY_S: i64 = 24 * 60 * 60;

/// Cuts what is too long, takes away what no record may have, and names user and model
/// where nobody did.
pub(super) fn fit(
    record: &mut proto::UsageRecord,
    default_user_id: &str,
    now: impl FnOnce() -> SystemTime,
) {
    if record.user_id.trim().is_empty() {
        default_user_id.clone_into(&mut record.user_id);
    }
    if record.model.trim().is_empty() && record.response_model.trim().is_empty() {
        UNKNOWN_MODEL.clone_into(&mut record.model);
    }
    for (field, max) in [
        (&mut record.user_id, 256),
        (&mut record.feature, 128),
        (&mut record.function_name, 256),
        (&mut record.session_id, 256),
        (&mut record.job_id, 256),
        (&mut record.provider, 128),
        (&mut record.model, 256),
        (&mut record.response_model, 256),
        (&mut record.response_id, 256),
        (&mut record.operation, 64),
        (&mut record.api_url, 512),
        (&mut record.status, 64),
    ] {
        fit_text(field, max, |_| false);
    }
    fit_text(&mut record.error_message, ERROR_MESSAGE_MAX, |c| matches!(c, '\n' | '\r' | '\t'));
    keep_if(&mut record.trace_id, |id| is_hex(id, 32));
    keep_if(&mut record.span_id, |id| is_hex(id, 16));
    keep_if(&mut record.reservation_id, |id| Uuid::try_parse(id).is_ok());
    fit_pairs(&mut record.tags, TAGS);
    fit_pairs(&mut record.price_context, PRICE_CONTEXT);
    fit_durations(record);
    fit_numbers(record, now);
    let raw_usage = record.usage.as_mut().and_then(|usage| usage.raw_usage.as_mut());
    let metadata = [&mut record.request_metadata, &mut record.response_metadata];
    for object in metadata.into_iter().flatten().chain(raw_usage) {
        metadata::fit(object, METADATA_BYTES, METADATA_LEVELS);
    }
    if let Some(usage) = &mut record.usage {
        while usage.other_meters.len() > METERS_MAX {
            usage.other_meters.pop_last();
        }
    }
}

/// Control characters become spaces, and what is beyond `max` characters is cut.
fn fit_text(text: &mut String, max: usize, welcome: impl Fn(char) -> bool) {
    let unwelcome = |c: char| c.is_control() && !welcome(c);
    if text.contains(unwelcome) {
        *text = text.replace(unwelcome, " ");
    }
    // A text has at most as many characters as bytes.
    if text.len() > max
        && let Some((end, _)) = text.char_indices().nth(max)
    {
        text.truncate(end);
    }
}

fn keep_if(text: &mut String, good: impl Fn(&str) -> bool) {
    if !good(text) {
        text.clear();
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn fit_pairs(pairs: &mut BTreeMap<String, String>, limits: (usize, usize, usize)) {
    let (pairs_max, key_max, value_max) = limits;
    let fits = |text: &str, max| text.len() <= max && !text.contains(char::is_control);
    let all_fit = |(key, value): (&String, &String)| {
        !key.trim().is_empty() && fits(key, key_max) && fits(value, value_max)
    };
    if pairs.len() <= pairs_max && pairs.iter().all(all_fit) {
        return;
    }
    let fitted = std::mem::take(pairs).into_iter().map(|(mut key, mut value)| {
        fit_text(&mut key, key_max, |_| false);
        fit_text(&mut value, value_max, |_| false);
        (key, value)
    });
    *pairs = fitted.filter(|(key, _)| !key.trim().is_empty()).take(pairs_max).collect();
}

fn fit_numbers(record: &mut proto::UsageRecord, now: impl FnOnce() -> SystemTime) {
    let left_out = [
        ("usage", record.usage.as_mut().is_some_and(fit_usage)),
        ("reported_cost", fit_cost(&mut record.reported_cost)),
        ("event_time", fit_time(&mut record.event_time, now)),
    ];
    for (field, _) in left_out.iter().filter(|(_, is_left_out)| *is_left_out) {
        let record_id = &record.record_id;
        tracing::warn!(record_id, field, "what no usage record may say is left out of one");
    }
}

/// Durations are 0 to 24 hours.
fn fit_durations(record: &mut proto::UsageRecord) {
    let day = Duration { seconds: DAY_S, nanos: 0 };
    for time in [&mut record.latency, &mut record.time_to_first_token] {
        match time {
            Some(long) if long.seconds >= DAY_S => *long = day,
            Some(negative) if negative.seconds < 0 || negative.nanos < 0 => *time = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Struct;
    use serde_json::json;

    fn fitted(mut record: proto::UsageRecord) -> proto::UsageRecord {
        fit(&mut record, "unknown", || SystemTime::UNIX_EPOCH);
        record
    }

    fn object(json: serde_json::Value) -> Struct {
        let serde_json::Value::Object(object) = json else { panic!("an object") };
        metadata::to_struct(object)
    }

    #[test]
    fn a_record_that_fits_stays() {
        let record = proto::UsageRecord {
            user_id: "ä".repeat(256),
            model: "gpt-4o".to_owned(),
            error_message: "one\n\ttwo".to_owned(),
            trace_id: "0123456789abcdef0123456789ABCDEF".to_owned(),
            tags: [("k".repeat(64), "é".repeat(256))].into(),
            request_metadata: Some(object(json!({"a": [{"b": 1}]}))),
            latency: Some(Duration { seconds: DAY_S, nanos: 0 }),
            ..Default::default()
        };
        assert_eq!(fitted(record.clone()), record);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let record = fitted(proto::UsageRecord {
            user_id: "ä".repeat(300),
            feature: "a\u{0}b".to_owned(),
            error_message: "x".repeat(5_000),
            trace_id: "none".to_owned(),
            reservation_id: "none".to_owned(),
            tags: (0..40).map(|n| (format!("{n:02}{}", "k".repeat(80)), "v".repeat(300))).collect(),
            latency: Some(Duration { seconds: i64::MAX, nanos: 5 }),
            ..Default::default()
        });
        assert_eq!((record.user_id, record.feature.as_str()), ("ä".repeat(256), "a b"));
        assert_eq!(record.error_message.len(), 4_096);
        assert_eq!((record.trace_id, record.reservation_id), Default::default());
        assert_eq!(record.tags.len(), 32);
        assert!(record.tags.iter().all(|(key, value)| key.len() == 64 && value.len() == 256));
        assert_eq!(record.latency, Some(Duration { seconds: DAY_S, nanos: 0 }));
    }

    #[test]
    fn nobody_is_named() {
        let user = |id: &str| {
            fitted(proto::UsageRecord { user_id: id.to_owned(), ..Default::default() }).user_id
        };
        assert_eq!(
            (user(""), user(" \t"), user("ada")),
            ("unknown".into(), "unknown".into(), "ada".into())
        );
    }

    #[test]
    fn metadata_that_is_too_large_loses_its_largest_fields() {
        let kept = |json| {
            let request_metadata = Some(object(json));
            fitted(proto::UsageRecord { request_metadata, ..Default::default() }).request_metadata
        };
        let fits = |json: serde_json::Value| assert_eq!(kept(json.clone()), Some(object(json)));
        fits(json!({"a": "x".repeat(8_000)}));
        fits(json!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {}}}}}}}}));
        let many = |count: usize, length: usize| {
            let fields = (0..count).map(|n| (format!("{n:020}"), "x".repeat(length)));
            let kept = kept(json!(fields.collect::<BTreeMap<_, _>>())).expect("something stays");
            assert!(metadata::fits(&kept, METADATA_BYTES, METADATA_LEVELS));
            kept.fields.len()
        };
        assert_eq!(many(40, 300), 24, "and the names of those that were left out");
        // The names of all of them alone would be too large.
        assert!(many(2_000, 1) > 200);
    }
}
