//! Providers count the same usage in different ways. Whatever way it came, the log has
//! the same counts and the same cost, and beside them what the provider said.

use aiusage_client::proto::TokenConvention::{self, Exclusive, Inclusive, ReasoningExclusive};
use aiusage_client::proto::UsageRecord;
use aiusage_client::{Decimal, Record};
use serde_json::{Map, Value};

use crate::harness::*;

/// A thousand input tokens, 600 of them cached, and 500 output tokens, 200 of them
/// reasoning, as each API says it. Where the counts stand in it: input, cached, output
/// and reasoning.
const FORMS: &[(&str, TokenConvention, [&str; 4], &str)] = &[
    (
        "OpenAI Responses",
        Inclusive,
        [
            "/input_tokens",
            "/input_tokens_details/cached_tokens",
            "/output_tokens",
            "/output_tokens_details/reasoning_tokens",
        ],
        r#"{"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 600},
            "output_tokens": 500, "output_tokens_details": {"reasoning_tokens": 200},
            "total_tokens": 1500}"#,
    ),
    (
        "Anthropic Messages",
        Exclusive,
        ["/input_tokens", "/cache_read_input_tokens", "/output_tokens", ""],
        r#"{"input_tokens": 400, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 600,
            "output_tokens": 500, "service_tier": "standard"}"#,
    ),
    (
        "Amazon Bedrock Converse",
        Exclusive,
        ["/inputTokens", "/cacheReadInputTokens", "/outputTokens", ""],
        r#"{"inputTokens": 400, "cacheReadInputTokens": 600, "cacheWriteInputTokens": 0,
            "outputTokens": 500, "totalTokens": 1500}"#,
    ),
    (
        "Google Gemini",
        ReasoningExclusive,
        [
            "/promptTokenCount",
            "/cachedContentTokenCount",
            "/candidatesTokenCount",
            "/thoughtsTokenCount",
        ],
        r#"{"promptTokenCount": 900, "cachedContentTokenCount": 600, "candidatesTokenCount": 300,
            "thoughtsTokenCount": 200, "toolUsePromptTokenCount": 100, "totalTokenCount": 1500}"#,
    ),
    (
        "xAI chat completions",
        ReasoningExclusive,
        [
            "/prompt_tokens",
            "/prompt_tokens_details/cached_tokens",
            "/completion_tokens",
            "/completion_tokens_details/reasoning_tokens",
        ],
        r#"{"prompt_tokens": 1000, "prompt_tokens_details": {"cached_tokens": 600},
            "completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 200},
            "total_tokens": 1500}"#,
    ),
];

/// Sends the numbers of a provider's object as they stand there.
fn as_it_came(convention: TokenConvention, pointers: [&str; 4], raw: &Value) -> Record {
    let setters = [
        Record::input_tokens,
        Record::cache_read_tokens,
        Record::output_tokens,
        Record::output_reasoning_tokens,
    ];
    let counts = pointers.map(|pointer| raw.pointer(pointer).and_then(Value::as_u64));
    let record = Record::new("ada").token_convention(convention).raw_usage(object(raw));
    let record = setters.iter().zip(counts).fold(record, |record, (set, count)| match count {
        Some(count) => set(record, count),
        None => record,
    });
    match raw["toolUsePromptTokenCount"].as_u64() {
        Some(tool) => record.meter("input_tool_tokens", tool.into()),
        None => record,
    }
}

fn object(raw: &Value) -> Map<String, Value> {
    raw.as_object().unwrap().clone()
}

/// What the log says of the record with `id`: counts and cost, how they came, and the
/// provider's own object.
async fn stored(server: &TestServer, id: &str) -> (String, String, Option<Value>) {
    sqlx::query_as(
        "SELECT concat_ws(' ', input_tokens, cache_read_tokens, output_tokens, trim_scale(cost_total)),
           concat_ws(' ', token_convention, coalesce(output_reasoning_tokens::text, 'unknown')), raw_usage
         FROM usage_log WHERE record_id = $1::uuid",
    )
    .bind(id)
    .fetch_one(&server.database.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn one_usage_in_five_forms_is_one_usage() {
    let server = TestServer::start().await;
    for (api, convention, pointers, raw) in FORMS {
        let raw: Value = serde_json::from_str(raw).unwrap();
        // One model for all, so that nothing but the form differs. gpt-4o: 2.50 in, 1.25
        // cached, 10 out; 400 × 2.5 + 600 × 1.25 + 500 × 10 = 6750 millionths.
        let record = as_it_came(*convention, *pointers, &raw).model("openai", "gpt-4o");
        let id = new_id();
        let record = UsageRecord {
            record_id: id.clone(),
            event_time: timestamp("2026-11-20T00:00:00Z"),
            ..UsageRecord::from(record)
        };
        server.record(record.clone()).await.expect(api);
        let (counts, sent, raw_usage) = stored(&server, &id).await;
        assert_eq!(counts, "1000 600 500 0.00675", "{api}");
        let reasoning = if pointers[3].is_empty() { "unknown" } else { "200" };
        assert_eq!(sent, format!("{} {reasoning}", word(*convention)), "{api}");
        assert_eq!(raw_usage, Some(raw), "{api}");
        assert!(server.record(record).await.unwrap().duplicate, "{api}");
    }
    server.finish().await;
}

fn word(convention: TokenConvention) -> String {
    let name = convention.as_str_name().trim_start_matches("TOKEN_CONVENTION_");
    name.to_ascii_lowercase()
}

/// The counts are of a real answer: neither reasoning nor citations fit into its output.
#[tokio::test]
async fn citations_are_counted_beside_the_output_too() {
    let server = TestServer::start().await;
    let record = Record::new("ada")
        .model("perplexity", "sonar-deep-research")
        .tokens(108, 3_256)
        .output_reasoning_tokens(73_248)
        .meter("output_citation_tokens", Decimal::from(7_299))
        .web_searches(74)
        .token_convention(ReasoningExclusive);
    let id = new_id();
    let record = UsageRecord { record_id: id.clone(), ..record.into() };
    server.record(record).await.unwrap();
    let (counts, sent, raw_usage) = stored(&server, &id).await;
    // In 2, out 8, reasoning 3, citations 2, for a million; searches 5 for a thousand.
    assert_eq!(counts, "108 83803 0.630606");
    assert_eq!((sent.as_str(), raw_usage), ("reasoning_exclusive 73248", None));
    server.finish().await;
}

/// The log cannot say of an old record how its counts came; the counts alone decide.
#[tokio::test]
async fn a_retry_of_a_record_from_before_is_still_a_duplicate() {
    let server = TestServer::start().await;
    let record =
        Record::new("ada").model("openai", "gpt-4o").tokens(1, 1).token_convention(Exclusive);
    // The client's own ids are of the machine's time, which is not that of the test.
    let record = UsageRecord { record_id: new_id(), ..record.into() };
    server.record(record.clone()).await.unwrap();
    let forget = "SET session_replication_role = replica;
        UPDATE usage_log SET token_convention = NULL;
        RESET session_replication_role";
    sqlx::raw_sql(forget).execute(&server.database.pool).await.unwrap();
    assert!(server.record(record).await.unwrap().duplicate);
    server.finish().await;
}
