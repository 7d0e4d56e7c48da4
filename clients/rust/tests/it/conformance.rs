//! The cases that the clients for all languages must agree on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aiusage_client::{
    Call, Decimal, Record, ResponseFacts, ResponseStream, Tracker, proto, read_response,
};
use serde_json::{Map, Value, json};
use tonic::{Code, Status};

use crate::fake::{Fake, State};
use crate::{client, fake};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance")
}

/// The cases of a file.
pub(crate) fn cases(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("it is there");
    let mut all: Value = serde_json::from_str(&text).expect("it is JSON");
    serde_json::from_value(all["cases"].take()).expect("a list of cases")
}

fn files() -> Vec<PathBuf> {
    let files = folder().read_dir().expect("the cases are in the repository");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("it can be read").path()).collect();
    files.retain(|file| {
        let name = file.file_name().expect("a file").to_string_lossy();
        name.starts_with("responses-") && name.ends_with(".json")
    });
    files.sort();
    files
}

/// The facts as the cases write them.
fn written(facts: &ResponseFacts) -> Value {
    let mut all = Map::new();
    for (name, fact) in [
        ("provider", &facts.provider),
        ("response_model", &facts.response_model),
        ("response_id", &facts.response_id),
        ("operation", &facts.operation),
        ("status", &facts.status),
        ("error_message", &facts.error_message),
    ] {
        all.insert(name.to_owned(), json!(fact));
    }
    all.insert("price_context".to_owned(), json!(facts.price_context));
    all.insert("response_metadata".to_owned(), json!(facts.response_metadata));
    all.insert("reported_cost".to_owned(), json!(facts.reported_cost.map(plain)));
    all.insert("usage".to_owned(), json!(facts.usage.clone().map(|usage| counts(usage.into()))));
    all.retain(|_, value| !is_empty(value));
    Value::Object(all)
}

pub(crate) fn counts(usage: proto::Usage) -> Value {
    let mut counts = BTreeMap::new();
    for (name, count) in [
        ("input_tokens", usage.input_tokens),
        ("output_tokens", usage.output_tokens),
        ("cache_read_tokens", usage.cache_read_tokens),
        ("cache_write_tokens", usage.cache_write_tokens),
        ("cache_write_1h_tokens", usage.cache_write_1h_tokens),
        ("output_reasoning_tokens", usage.output_reasoning_tokens),
        ("input_audio_tokens", usage.input_audio_tokens),
        ("output_audio_tokens", usage.output_audio_tokens),
        ("cache_audio_read_tokens", usage.cache_audio_read_tokens),
        ("input_image_tokens", usage.input_image_tokens),
        ("output_image_tokens", usage.output_image_tokens),
        ("web_searches", usage.web_searches),
    ] {
        count.map(|count| counts.insert(name, json!(count)));
    }
    if !usage.other_meters.is_empty() {
        counts.insert("other_meters", json!(usage.other_meters));
    }
    let convention = usage.token_convention().as_str_name().replace("TOKEN_CONVENTION_", "");
    counts.insert("token_convention", json!(convention));
    counts.insert("raw_usage", usage.raw_usage.map_or(Value::Null, object));
    counts.retain(|_, value| !value.is_null());
    json!(counts)
}

fn plain(cost: Decimal) -> String {
    cost.normalize().to_string()
}

pub(crate) fn object(fields: prost_types::Struct) -> Value {
    Value::Object(fields.fields.into_iter().map(|(name, value)| (name, value_of(value))).collect())
}

fn value_of(value: prost_types::Value) -> Value {
    use prost_types::value::Kind;
    match value.kind.expect("every value has a kind") {
        Kind::NullValue(_) => Value::Null,
        Kind::BoolValue(truth) => json!(truth),
        // As whole as JSON writes it.
        Kind::NumberValue(number) => serde_json::from_str(&number.to_string()).expect("finite"),
        Kind::StringValue(text) => json!(text),
        Kind::StructValue(fields) => object(fields),
        Kind::ListValue(list) => list.values.into_iter().map(value_of).collect(),
    }
}

pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// What is expected, in the same way: money without trailing zeros, the raw usage only
/// where it is listed.
fn compared(read: Option<&ResponseFacts>, expected: &Value) -> (Value, Value) {
    let mut read = read.map_or(Value::Null, written);
    let mut expected = expected.clone();
    if let Some(expected) = expected.as_object_mut() {
        expected.retain(|_, value| !is_empty(value));
        if let Some(cost) = expected.get_mut("reported_cost") {
            let exact = Decimal::from_str_exact(cost.as_str().expect("a text")).expect("a number");
            *cost = json!(plain(exact));
        }
    }
    let Some(usage) = expected.get_mut("usage").and_then(Value::as_object_mut) else {
        return (read, expected);
    };
    match usage.get("raw_usage") {
        // It must not be there.
        Some(Value::Null) => drop(usage.remove("raw_usage")),
        Some(_) => {}
        None => drop(read["usage"].as_object_mut().and_then(|usage| usage.remove("raw_usage"))),
    }
    (read, expected)
}

#[test]
fn every_response_is_read_as_by_the_other_clients() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files() {
        for case in cases(&file) {
            count += 1;
            wrong.extend(
                failure(&case).map(|why| format!("{}: {}: {why}", file.display(), case["name"])),
            );
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 50, "the cases were not found");
}

fn failure(case: &Value) -> Option<String> {
    let facts = match case["events"].as_array() {
        None => read_response(&case["body"]),
        Some(events) => {
            let mut stream = ResponseStream::new();
            let carries: Vec<bool> = events.iter().map(|event| stream.push(event)).collect();
            let first = carries.iter().position(|carries| *carries);
            let first = first.map_or(json!(-1), |first| json!(first));
            let expected = &case["first_token"];
            if !expected.is_null() && *expected != first {
                return Some(format!("the first token is {first}, not {expected}"));
            }
            stream.facts()
        }
    };
    let (read, expected) = compared(facts.as_ref(), &case["facts"]);
    (read != expected).then(|| format!("\n  read     {read}\n  expected {expected}"))
}

const SOON: std::time::Duration = std::time::Duration::from_secs(20);

/// An error of an SDK: its debug output begins with its name, as derived.
#[derive(thiserror::Error)]
#[error("no")]
struct Named(String);

impl std::fmt::Debug for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct(&self.0).finish()
    }
}

/// An error that tells an HTTP status as HTTP clients do.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status error ({0}) for url (https://api.example.org/)")]
struct Answered(http::StatusCode);

#[tokio::test]
async fn a_call_that_failed_has_the_status_of_the_other_clients() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let mut expected = Vec::new();
    for case in cases(&folder().join("outcomes.json")) {
        let error = &case["error"];
        let begin = || tracker.track(Call::new("openai", "gpt-4o"));
        let status = case["status"].as_str().expect("a text").to_owned();
        if let Some(code) = error["http_status"].as_u64() {
            let code = u16::try_from(code).expect("a status");
            let answered = http::StatusCode::from_u16(code).expect("a status");
            begin().fail(&Answered(answered));
            let mut call = begin();
            call.mark_http_status(code, "no");
            call.finish();
            expected.push(status.clone());
        } else if let Some(name) = error["name"].as_str() {
            begin().fail(&Named(name.to_owned()));
        } else {
            drop(begin());
        }
        expected.push(status);
    }
    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let statuses: Vec<&str> = state.records.iter().map(|record| record.status.as_str()).collect();
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn what_is_tried_again_is_that_of_the_other_clients() {
    for case in cases(&folder().join("retries.json")) {
        let name = case["code"].as_str().expect("a text");
        let code = (0..17).map(Code::from_i32).find(|code| screaming(*code) == name);
        let failures = vec![Status::new(code.expect("a code"), "no")];
        let fake = Fake::start(State { failures, ..State::default() });
        let answer = client(&fake).record_usage(Record::new("ada").model("openai", "gpt-4o")).await;
        let is_repeated = fake.state().attempts.len() > 1;
        assert_eq!(json!(is_repeated), case["is_repeated"], "{name}");
        assert_eq!(answer.is_ok(), is_repeated, "{name}");
    }
}

/// `InvalidArgument` as `INVALID_ARGUMENT`.
fn screaming(code: Code) -> String {
    let name = format!("{code:?}");
    let word =
        |c: char| if c.is_uppercase() { format!("_{c}") } else { c.to_uppercase().to_string() };
    name.chars().map(word).collect::<String>().trim_start_matches('_').to_owned()
}

#[tokio::test]
async fn what_is_too_long_is_cut_where_the_other_clients_cut_it() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let long = "ä".repeat(5_000);
    for case in cases(&folder().join("limits.json")) {
        let field = case["field"].as_str().expect("a text");
        let record = Record::new("ada").model("openai", "gpt-4o");
        tracker.record(with(record, field, &long));
        assert!(tracker.flush(SOON).await);
        let record = fake.state().records.pop().expect("it came");
        let most = usize::try_from(case["max_characters"].as_u64().expect("a number"));
        assert_eq!(text_of(&record, field), "ä".repeat(most.expect("a few")), "{field}");
    }
}

/// Makes a setter and a getter of fields by their name.
macro_rules! by_name {
    ($($field:ident => $setter:ident),* $(,)?) => {
        fn with(record: Record, field: &str, text: &str) -> Record {
            match field {
                $(stringify!($field) => record.$setter(text),)*
                other => panic!("{other} is new here"),
            }
        }

        fn text_of<'a>(record: &'a proto::UsageRecord, field: &str) -> &'a str {
            match field {
                $(stringify!($field) => &record.$field,)*
                other => panic!("{other} is new here"),
            }
        }
    };
}

by_name! {
    user_id => user_id,
    feature => feature,
    function_name => function_name,
    session_id => session_id,
    job_id => job_id,
    provider => provider,
    model => requested_model,
    response_model => response_model,
    response_id => response_id,
    operation => operation,
    api_url => api_url,
    status => status,
    error_message => error_message,
}
