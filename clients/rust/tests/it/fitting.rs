//! What is too large or cannot be is made to fit, as by the clients for other languages.

use std::time::{Duration, SystemTime};

use aiusage_client::{Record, Tracker, proto};
use serde_json::{Map, Value, json};

use crate::conformance::{cases, counts, folder, is_empty, object};
use crate::{client, fake};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn what_cannot_be_is_made_to_fit_as_by_the_other_clients() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    for case in cases(&folder().join("fitting.json")) {
        // Types forbid it here.
        if case["is_untyped"] == true {
            continue;
        }
        tracker.record(given(&case["record"]).into());
        assert!(tracker.flush(SOON).await);
        let record = fake.state().records.pop().expect("it came");
        let mut recorded = said(&record);
        let mut expected = with_texts(&case["recorded"]);
        for told in [&mut recorded, &mut expected] {
            sort_left_out(told);
        }
        assert_eq!(recorded, expected, "{}", case["name"]);
    }
}

/// `{"x": 300}` stands for a text of so many of them.
fn with_texts(value: &Value) -> Value {
    match value {
        Value::Object(object) => match object.iter().next() {
            Some((letter, Value::Number(count)))
                if object.len() == 1 && ["x", "ü"].contains(&letter.as_str()) =>
            {
                let count = usize::try_from(count.as_u64().expect("a count")).expect("a few");
                json!(letter.repeat(count))
            }
            _ => object.iter().map(|(name, value)| (name.clone(), with_texts(value))).collect(),
        },
        Value::Array(items) => items.iter().map(with_texts).collect(),
        other => other.clone(),
    }
}

fn sort_left_out(record: &mut Value) {
    for name in ["request_metadata", "response_metadata"] {
        if let Some(Value::Array(names)) = record.pointer_mut(&format!("/{name}/left_out")) {
            names.sort_by_key(ToString::to_string);
        }
    }
}

/// The message of a record as a case writes it.
fn given(record: &Value) -> proto::UsageRecord {
    let record = with_texts(record);
    let mut built = Record::new("ada").model("openai", "gpt-4o");
    if let Some(cost) = record["reported_cost"].as_str() {
        built = built.reported_cost(cost.parse().expect("a decimal"));
    }
    if let Some(time) = record["event_time"].as_str() {
        let time: prost_types::Timestamp = time.parse().expect("a time");
        built = built.event_time(SystemTime::try_from(time).expect("is after 1970"));
    }
    if let Some(seconds) = record["latency_s"].as_u64() {
        built = built.latency(Duration::from_secs(seconds));
    }
    for (key, value) in object_of(&record["tags"]).into_iter().flatten() {
        built = built.tag(key, value.as_str().expect("a text"));
    }
    for (key, value) in object_of(&record["price_context"]).into_iter().flatten() {
        built = built.price_context(key, value.as_str().expect("a text"));
    }
    if let Some(metadata) = object_of(&record["request_metadata"]) {
        built = built.request_metadata(metadata);
    }
    if let Some(metadata) = object_of(&record["response_metadata"]) {
        built = built.response_metadata(metadata);
    }
    if let Some(raw) = object_of(&record["usage"]["raw_usage"]) {
        built = built.raw_usage(raw);
    }
    let mut message = proto::UsageRecord::from(built);
    if let Some(usage) = object_of(&record["usage"]) {
        set_usage(message.usage.get_or_insert_default(), &usage);
    }
    message
}

fn object_of(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

fn set_usage(message: &mut proto::Usage, usage: &Map<String, Value>) {
    let count = |name: &str| usage.get(name).map(|count| count.as_i64().expect("a whole number"));
    message.input_tokens = count("input_tokens");
    message.output_tokens = count("output_tokens");
    message.cache_read_tokens = count("cache_read_tokens");
    for (meter, quantity) in
        usage.get("other_meters").and_then(Value::as_object).into_iter().flatten()
    {
        let quantity = quantity.as_str().expect("a text").to_owned();
        message.other_meters.insert(meter.clone(), quantity);
    }
    if usage.get("token_convention").is_some() {
        message.set_token_convention(proto::TokenConvention::Exclusive);
    }
}

/// What a record says, of what the cases are about.
fn said(record: &proto::UsageRecord) -> Value {
    let mut all = Map::new();
    all.insert("tags".to_owned(), json!(record.tags));
    all.insert("price_context".to_owned(), json!(record.price_context));
    all.insert("request_metadata".to_owned(), json!(record.request_metadata.clone().map(object)));
    all.insert("response_metadata".to_owned(), json!(record.response_metadata.clone().map(object)));
    let cost = record.reported_cost.as_ref().map(|cost| cost.amount.clone());
    all.insert("reported_cost".to_owned(), json!(cost));
    let time = record.event_time.as_ref().map(ToString::to_string);
    all.insert("event_time".to_owned(), json!(time));
    let seconds = record.latency.as_ref().map(|latency| latency.seconds);
    all.insert("latency_s".to_owned(), json!(seconds));
    let usage = record.usage.clone().map(counts);
    all.insert("usage".to_owned(), json!(usage));
    all.retain(|_, value| !is_empty(value));
    if let Some(usage) = all.get_mut("usage").and_then(Value::as_object_mut)
        && usage.get("token_convention") == Some(&json!("UNSPECIFIED"))
    {
        usage.remove("token_convention");
    }
    Value::Object(all)
}
