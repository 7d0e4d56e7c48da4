//! Where the same usage would have cost less.

use aiusage_client::proto::*;

use crate::harness::*;

async fn suggestions(server: &TestServer) -> Vec<Suggestion> {
    let answer = server.analytics().await.get_suggestions(GetSuggestionsRequest::default()).await;
    answer.unwrap().into_inner().suggestions
}

fn of_kind(all: &[Suggestion], kind: SuggestionKind) -> Option<&Suggestion> {
    all.iter().find(|one| one.kind() == kind)
}

async fn record(server: &TestServer, count: usize, record: UsageRecord) {
    for _ in 0..count {
        let record = UsageRecord { record_id: new_id(), ..record.clone() };
        server.record(record).await.unwrap();
    }
}

#[tokio::test]
async fn long_inputs_should_be_cached_and_a_smaller_model_tried() {
    let server = TestServer::start().await;
    record(&server, 4, call("ada", 1_000_000, 0)).await;
    let found = suggestions(&server).await;
    let cheaper = of_kind(&found, SuggestionKind::CheaperModel).unwrap();
    assert_eq!((&*cheaper.feature, &*cheaper.model), ("chat", "gpt-4o"));
    assert_eq!(cheaper.suggested_model, "gpt-4o-mini");
    assert_eq!((cheaper.cost.clone(), cheaper.simulated_cost.clone()), (usd("10"), usd("0.6")));
    assert_eq!((cheaper.savings.clone(), cheaper.request_count), (usd("9.4"), 4));
    assert!(cheaper.explanation.contains("only a test on your own cases can tell"));
    let caching = of_kind(&found, SuggestionKind::PromptCaching).unwrap();
    assert_eq!((caching.cost.clone(), caching.simulated_cost.clone()), (usd("10"), usd("7.5")));
    assert!(caching.explanation.contains("1000000 tokens in the mean"), "{caching:?}");
    // What saves most comes first, and nothing else is suggested.
    assert_eq!(found.iter().map(Suggestion::kind).collect::<Vec<_>>().len(), 2);
    assert_eq!(found[0].kind(), SuggestionKind::CheaperModel);
    server.finish().await;
}

#[tokio::test]
async fn jobs_should_go_into_a_batch() {
    let server = TestServer::start().await;
    let job = UsageRecord { job_id: "night".into(), ..call("ada", 1_000, 1_000_000) };
    let record_of = |model: &str| UsageRecord { model: model.into(), ..job.clone() };
    record(&server, 2, record_of("gpt-4o")).await;
    // Nobody waits for a job, but somebody does for this.
    record(&server, 1, UsageRecord { job_id: String::new(), ..record_of("gpt-4o") }).await;
    let found = suggestions(&server).await;
    let batch = of_kind(&found, SuggestionKind::Batch).unwrap();
    assert_eq!((batch.cost.clone(), batch.request_count), (usd("20.005"), 2));
    assert_eq!(batch.simulated_cost, usd("10.0025"));
    assert!(of_kind(&found, SuggestionKind::PromptCaching).is_none());
    server.finish().await;
}

#[tokio::test]
async fn failures_and_missing_prices_are_pointed_out() {
    let server = TestServer::start().await;
    record(&server, 3, UsageRecord { status: "timeout".into(), ..call("ada", 0, 100_000) }).await;
    record(&server, 2, UsageRecord { model: "our-own".into(), ..call("ada", 10, 10) }).await;
    let found = suggestions(&server).await;
    let failures = of_kind(&found, SuggestionKind::Failures).unwrap();
    assert_eq!((&*failures.feature, failures.savings.clone()), ("chat", usd("3")));
    assert_eq!(failures.request_count, 3);
    let unpriced = of_kind(&found, SuggestionKind::Unpriced).unwrap();
    assert_eq!((&*unpriced.model, unpriced.request_count), ("our-own", 2));
    assert_eq!(found.last().unwrap().kind(), SuggestionKind::Unpriced);
    server.finish().await;
}

#[tokio::test]
async fn nothing_is_suggested_for_pennies() {
    let server = TestServer::start().await;
    record(&server, 3, call("ada", 2_000, 100)).await;
    assert_eq!(suggestions(&server).await, []);
    server.finish().await;
}
