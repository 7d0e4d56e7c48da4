//! What a tracked call leaves behind.

use std::io;
use std::time::Duration;

use aiusage_client::{Call, Context, Tracker, Usage, proto};
use serde_json::json;

use crate::fake::Fake;
use crate::{client, fake};

const SOON: Duration = Duration::from_secs(20);

fn tracker(fake: &Fake) -> Tracker {
    Tracker::builder(client(fake)).without_spool().start()
}

fn call() -> Call {
    Call::new("openai", "gpt-4o").user_id("ada").feature("chat")
}

/// The one record that arrived.
async fn only_record(tracker: &Tracker, fake: &Fake) -> proto::UsageRecord {
    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let [record] = state.records.as_slice() else { panic!("one record: {:?}", state.records) };
    record.clone()
}

fn seconds(duration: Option<prost_types::Duration>) -> Duration {
    duration.expect("was measured").try_into().expect("is positive")
}

#[tokio::test]
async fn a_finished_call_has_everything() {
    let fake = fake();
    let tracker = tracker(&fake);
    let mut call = tracker.track(call().operation("chat").tag("plan", "pro"));
    std::thread::sleep(Duration::from_millis(2));
    call.first_token();
    std::thread::sleep(Duration::from_millis(2));
    call.first_token();
    call.set_usage(Usage::new().cache_read_tokens(7));
    call.set_tokens(10, 20);
    call.set_tag("team", "search");
    call.set_response_model("gpt-4o-2024-08-06");
    let id = call.finish();

    let record = only_record(&tracker, &fake).await;
    assert_eq!((record.record_id, record.status.as_str()), (id, "success"));
    assert_eq!((record.user_id.as_str(), record.feature.as_str()), ("ada", "chat"));
    assert_eq!(record.response_model, "gpt-4o-2024-08-06");
    let usage = record.usage.expect("was set");
    let counts = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens);
    assert_eq!(counts, (Some(10), Some(20), Some(7)));
    assert_eq!(record.tags.len(), 2);
    let (first, whole) = (seconds(record.time_to_first_token), seconds(record.latency));
    assert!(first >= Duration::from_millis(2) && whole >= first + Duration::from_millis(2));
}

#[tokio::test]
async fn a_guard_that_is_dropped_is_cancelled() {
    let fake = fake();
    let tracker = tracker(&fake);
    drop(tracker.track(call()));
    assert_eq!(only_record(&tracker, &fake).await.status, "cancelled");
}

#[tokio::test]
async fn a_guard_that_is_dropped_after_the_answer_succeeded() {
    let fake = fake();
    let tracker = tracker(&fake);
    let mut guard = tracker.track(call());
    guard.set_tokens(1, 1);
    drop(guard);
    assert_eq!(only_record(&tracker, &fake).await.status, "success");
}

#[tokio::test]
async fn a_panic_is_an_error() {
    let fake = fake();
    let tracker = tracker(&fake);
    let mut guard = tracker.track(call());
    let thread = std::thread::spawn(move || {
        guard.set_tokens(1, 1);
        panic!("in the middle of the call");
    });
    assert!(thread.join().is_err());
    let record = only_record(&tracker, &fake).await;
    assert_eq!((record.status.as_str(), record.error_message.as_str()), ("error", "panicked"));
    assert_eq!(record.usage.expect("was set").input_tokens, Some(1));
}

#[tokio::test]
async fn a_future_that_is_dropped_is_cancelled() {
    let fake = fake();
    let tracker = tracker(&fake);
    let endless = tracker.run(call(), async |call| {
        call.first_token();
        std::future::pending::<Result<(), io::Error>>().await
    });
    tokio::time::timeout(Duration::from_millis(10), endless).await.expect_err("it never ends");
    let record = only_record(&tracker, &fake).await;
    assert_eq!(record.status, "cancelled");
    assert!(record.time_to_first_token.is_some());
}

#[tokio::test]
async fn run_tells_success_and_failure() {
    let fake = fake();
    let tracker = tracker(&fake);
    // In a task of its own: the future can go to another thread.
    let in_task = tracker.clone();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let answer = in_task.run(call(), async |call| {
            call.set_tokens(3, 4);
            Ok::<_, io::Error>("hello")
        });
        answer.await
    });
    let answer = tasks.join_next().await.expect("one task").expect("no panic");
    assert_eq!(answer.expect("no error"), "hello");
    let late = async |_: &mut _| Err::<(), _>(io::Error::new(io::ErrorKind::TimedOut, "too late"));
    let error = tracker.run(call(), late).await.expect_err("it failed");
    assert_eq!(error.to_string(), "too late");
    let boxed =
        async |_: &mut _| Err::<(), Box<dyn std::error::Error>>("429 Too Many Requests".into());
    tracker.run_with(call(), boxed, |error| error.as_ref()).await.expect_err("it failed");

    assert!(tracker.flush(SOON).await);
    let ends: Vec<_> =
        fake.state().records.iter().map(|r| (r.status.clone(), r.error_message.clone())).collect();
    let expected =
        [("success", ""), ("timeout", "too late"), ("rate_limited", "429 Too Many Requests")];
    assert_eq!(ends, expected.map(|(status, message)| (status.to_owned(), message.to_owned())));
}

#[tokio::test]
async fn what_is_discarded_is_not_recorded() {
    let fake = fake();
    let tracker = tracker(&fake);
    tracker.track(call()).discard();
    let id = tracker.track(call()).finish();
    assert_eq!(only_record(&tracker, &fake).await.record_id, id);
}

#[tokio::test]
async fn a_call_is_of_the_context_that_it_began_in() {
    let fake = fake();
    let tracker = tracker(&fake);
    let context = Context::new().user_id("bob").job_id("nightly").tag("plan", "pro");
    let guard = context.sync_scope(|| tracker.track(Call::new("openai", "gpt-4o").job_id("own")));
    Context::new().user_id("eve").feature("another").sync_scope(|| guard.finish());
    let record = only_record(&tracker, &fake).await;
    assert_eq!((record.user_id.as_str(), record.job_id.as_str()), ("bob", "own"));
    assert_eq!(record.feature, "", "where it ends says nothing");
    assert_eq!(record.tags["plan"], "pro");
}

#[tokio::test]
async fn nobody_s_call_is_kept_under_a_name() {
    let fake = fake();
    let tracker = tracker(&fake);
    tracker.track(Call::new("openai", "gpt-4o")).finish();
    assert_eq!(only_record(&tracker, &fake).await.user_id, "unknown");
}

#[tokio::test]
async fn a_stream_is_read_event_by_event() {
    let fake = fake();
    let tracker = tracker(&fake);
    let mut guard = tracker.track(call());
    let chunk = |delta: serde_json::Value, usage: serde_json::Value| {
        json!({"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o-2024-08-06",
               "choices": [{"index": 0, "delta": delta}], "usage": usage})
    };
    guard.add_event(&chunk(json!({"role": "assistant", "content": ""}), json!(null)));
    guard.add_event(&chunk(json!({"content": "Hi"}), json!(null)));
    guard.add_event(&chunk(json!({}), json!({"prompt_tokens": 5, "completion_tokens": 6})));
    guard.finish();
    let record = only_record(&tracker, &fake).await;
    assert!(record.time_to_first_token.is_some());
    assert_eq!(record.response_model, "gpt-4o-2024-08-06");
    let usage = record.usage.expect("the last event tells it");
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(5), Some(6)));
}

#[tokio::test]
async fn a_body_that_is_no_response_changes_nothing() {
    let fake = fake();
    let tracker = tracker(&fake);
    let mut guard = tracker.track(call());
    assert!(!guard.set_response(&json!({"error": {"message": "overloaded"}})));
    assert!(guard.set_response(&json!({
        "object": "chat.completion", "id": "c1", "model": "m", "choices": [],
        "usage": {"prompt_tokens": 5, "completion_tokens": 6},
    })));
    guard.finish();
    assert_eq!(only_record(&tracker, &fake).await.response_id, "c1");
}

#[tokio::test]
async fn a_response_that_says_it_failed_is_an_error() {
    let fake = fake();
    let tracker = tracker(&fake);
    let failed =
        |error| json!({"object": "response", "id": "r1", "status": "failed", "error": error});
    let mut whole = tracker.track(call());
    whole.set_response(&failed(json!({"code": "server_error", "message": "try again"})));
    whole.finish();
    let mut streamed = tracker.track(call());
    let response = failed(json!({"message": "too long"}));
    streamed.add_event(&json!({"type": "response.failed", "response": response}));
    drop(streamed);
    let mut bare = tracker.track(call());
    bare.set_response(&failed(json!(null)));
    bare.finish();
    let mut marked = tracker.track(call());
    marked.set_response(&failed(json!(null)));
    marked.mark_error("timeout", "mine");
    marked.finish();

    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let ends: Vec<_> =
        state.records.iter().map(|r| (r.status.as_str(), r.error_message.as_str())).collect();
    let expected = [
        ("error", "server_error: try again"),
        ("error", "too long"),
        ("error", "the response failed"),
        ("timeout", "mine"),
    ];
    assert_eq!(ends, expected);
}

fn chunk(reason: Option<&str>, usage: serde_json::Value) -> serde_json::Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o",
           "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": reason}],
           "usage": usage})
}

#[tokio::test]
async fn a_stream_that_was_told_whole_and_dropped_succeeded() {
    let fake = fake();
    let tracker = tracker(&fake);
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 6});
    let mut whole = tracker.track(call());
    whole.add_event(&chunk(None, json!(null)));
    whole.add_event(&chunk(Some("stop"), usage.clone()));
    drop(whole);
    let mut no_end = tracker.track(call());
    no_end.add_event(&chunk(None, usage));
    drop(no_end);
    let mut no_usage = tracker.track(call());
    no_usage.add_event(&chunk(Some("stop"), json!(null)));
    drop(no_usage);

    assert!(tracker.flush(SOON).await);
    let statuses: Vec<_> = fake.state().records.iter().map(|r| r.status.clone()).collect();
    assert_eq!(statuses, ["success", "cancelled", "cancelled"]);
}

#[tokio::test]
async fn quantities_that_are_set_after_the_events_count() {
    let fake = fake();
    let tracker = tracker(&fake);
    let told = json!({"prompt_tokens": 5, "completion_tokens": 6,
                      "prompt_tokens_details": {"cached_tokens": 2}});
    let mut before = tracker.track(call());
    before.set_tokens(10, 20);
    before.add_event(&chunk(Some("stop"), told.clone()));
    before.finish();
    let mut tokens = tracker.track(call());
    tokens.add_event(&chunk(Some("stop"), told.clone()));
    tokens.set_tokens(10, 20);
    tokens.finish();
    let mut usage = tracker.track(call());
    usage.add_event(&chunk(Some("stop"), told));
    usage.set_usage(Usage::new().tokens(30, 40));
    usage.finish();

    assert!(tracker.flush(SOON).await);
    let state = fake.state();
    let usages = state.records.iter().map(|record| record.usage.as_ref().expect("was told"));
    let counts: Vec<_> =
        usages.map(|u| (u.input_tokens, u.output_tokens, u.cache_read_tokens)).collect();
    let expected =
        [(Some(5), Some(6), Some(2)), (Some(10), Some(20), Some(2)), (Some(30), Some(40), None)];
    assert_eq!(counts, expected);
}
