//! Recorded usage priced on other terms.

use aiusage_client::proto::*;
use tonic::{Code, Status};

use crate::harness::*;

async fn simulate(
    server: &TestServer,
    request: SimulateCostRequest,
) -> Result<SimulateCostResponse, Status> {
    Ok(server.analytics().await.simulate_cost(request).await?.into_inner())
}

fn model(provider: &str, model: &str) -> ModelChoice {
    ModelChoice { provider: provider.into(), model: model.into() }
}

fn with_models(models: &[ModelChoice]) -> SimulateCostRequest {
    SimulateCostRequest { models: models.to_vec(), ..Default::default() }
}

/// Usage of every shape that has a price of its own, and some that has none.
async fn use_much(server: &TestServer) {
    for step in 0..40_i64 {
        let usage = Usage {
            cache_read_tokens: (step % 3 == 0).then_some(7 * step),
            cache_write_tokens: (step % 4 == 0).then_some(step),
            output_reasoning_tokens: (step % 5 == 0).then_some(step),
            ..tokens(1_013 * (step + 1), 97 * step)
        };
        let names = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "nobody-knows"];
        let name = names[usize::try_from(step % 4).unwrap()];
        let provider = if name.starts_with("claude") { "anthropic" } else { "openai" };
        let record = UsageRecord {
            record_id: new_id(),
            provider: provider.into(),
            model: name.into(),
            usage: Some(usage),
            feature: if step < 20 { "chat" } else { "search" }.into(),
            cached_response: step == 8,
            event_time: timestamp(&format!("2026-11-{:02}T10:00:00Z", 1 + step % 20)),
            ..call("ada", 0, 0)
        };
        server.record(record).await.unwrap();
    }
}

#[tokio::test]
async fn the_very_same_models_cost_what_was_recorded() {
    let server = TestServer::start().await;
    use_much(&server).await;
    let by_model = |name: &str| {
        let filter = UsageFilter { models: vec![name.into()], ..Default::default() };
        SimulateCostRequest { filter: Some(filter), ..with_models(&[model("openai", name)]) }
    };
    for name in ["gpt-4o", "gpt-4o-mini"] {
        let answer = simulate(&server, by_model(name)).await.unwrap();
        let simulation = &answer.simulations[0];
        assert_eq!(simulation.cost, answer.totals.as_ref().unwrap().cost);
        assert_eq!(simulation.recorded_cost, simulation.cost);
        assert_eq!((simulation.priced_count, simulation.unpriced_count), (10, 0));
        assert_eq!((simulation.savings.clone(), &*simulation.savings_percent), (usd("0"), "0"));
        assert_eq!(simulation.priced_model, name);
        assert!(answer.coverage.unwrap().complete);
    }
    // All of them at once, on terms that no price knows.
    let all = SimulateCostRequest {
        filter: Some(UsageFilter { unpriced: Some(false), ..Default::default() }),
        price_context: [("nobody".to_owned(), "asks".to_owned())].into(),
        ..Default::default()
    };
    let answer = simulate(&server, all).await.unwrap();
    let (simulation, totals) = (&answer.simulations[0], answer.totals.unwrap());
    assert_eq!((totals.request_count, totals.cached_count, totals.unpriced_count), (30, 1, 0));
    assert_eq!(simulation.cost, totals.cost);
    assert_eq!((simulation.priced_count, simulation.unpriced_count), (30, 0));
    server.finish().await;
}

#[tokio::test]
async fn other_models_are_priced_record_by_record() {
    let server = TestServer::start().await;
    // A million tokens in and one out of gpt-4o: 2.5 + 0.00001.
    server.record(call("ada", 1_000_000, 1)).await.unwrap();
    let unknown = UsageRecord { record_id: new_id(), model: "gpt-99".into(), ..call("bob", 5, 5) };
    server.record(unknown).await.unwrap();
    let hit = UsageRecord { record_id: new_id(), cached_response: true, ..call("bob", 500, 5) };
    server.record(hit).await.unwrap();
    let choices = [model("openai", "gpt-4o-mini"), model("openai", "gpt-99")];
    let answer = simulate(&server, with_models(&choices)).await.unwrap();
    let [mini, nothing] = &answer.simulations[..] else { panic!("{answer:?}") };
    // 0.15 a million in, 0.6 a million out.
    assert_eq!(mini.cost, usd("0.1500006"));
    assert_eq!(mini.recorded_cost, usd("2.50001"));
    assert_eq!(mini.savings, usd("2.3500094"));
    assert_eq!(mini.savings_percent, "94");
    assert_eq!((mini.priced_count, mini.unpriced_count), (2, 1));
    assert_eq!(nothing.choice, Some(model("openai", "gpt-99")));
    assert_eq!((nothing.cost.clone(), &*nothing.priced_model), (usd("0"), ""));
    assert_eq!((nothing.priced_count, nothing.unpriced_count), (1, 2));
    assert_eq!(answer.totals.unwrap().request_count, 3);
    server.finish().await;
}

#[tokio::test]
async fn caching_and_terms_are_assumed() {
    let server = TestServer::start().await;
    server.record(call("ada", 1_000_000, 0)).await.unwrap();
    let caching = SimulateCostRequest { prompt_caching_percent: 50, ..Default::default() };
    let answer = simulate(&server, caching).await.unwrap();
    // Half of it at 1.25 a million, half at 2.5.
    assert_eq!(answer.simulations[0].cost, usd("1.875"));
    assert_eq!(answer.simulations[0].choice, None);
    let request = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "2.5"), rate("output_tokens", "10")],
        variants: vec![PriceVariant {
            terms: [("processing".to_owned(), "batch".to_owned())].into(),
            rates: vec![rate("input_tokens", "1"), rate("output_tokens", "5")],
        }],
        source: "a contract".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(request).await.unwrap();
    let batch = SimulateCostRequest {
        price_context: [("processing".to_owned(), "batch".to_owned())].into(),
        ..Default::default()
    };
    let answer = simulate(&server, batch).await.unwrap();
    assert_eq!(answer.simulations[0].cost, usd("1"));
    assert_eq!(answer.simulations[0].recorded_cost, usd("2.5"));
    server.finish().await;
}

#[tokio::test]
async fn a_filter_says_which_records_are_simulated() {
    let server = TestServer::start().await;
    use_much(&server).await;
    let tagged = UsageRecord {
        record_id: new_id(),
        tags: [("team".to_owned(), "a".to_owned())].into(),
        status: "timeout".into(),
        job_id: "night".into(),
        ..call("bob", 1_000_000, 0)
    };
    server.record(tagged).await.unwrap();
    let count = async |filter: UsageFilter| {
        let choices = with_models(&[model("openai", "gpt-4o")]);
        let request = SimulateCostRequest { filter: Some(filter), ..choices };
        simulate(&server, request).await.unwrap().totals.unwrap().request_count
    };
    let any = UsageFilter::default;
    assert_eq!(count(any()).await, 41);
    assert_eq!(count(UsageFilter { user_ids: vec!["bob".into()], ..any() }).await, 1);
    assert_eq!(count(UsageFilter { user_ids: vec!["eve".into()], ..any() }).await, 0);
    assert_eq!(count(UsageFilter { features: vec!["chat".into()], ..any() }).await, 21);
    assert_eq!(count(UsageFilter { providers: vec!["anthropic".into()], ..any() }).await, 10);
    assert_eq!(count(UsageFilter { statuses: vec!["timeout".into()], ..any() }).await, 1);
    assert_eq!(count(UsageFilter { job_ids: vec![String::new()], ..any() }).await, 40);
    assert_eq!(count(UsageFilter { failed: Some(false), ..any() }).await, 40);
    assert_eq!(count(UsageFilter { unpriced: Some(true), ..any() }).await, 10);
    assert_eq!(count(UsageFilter { cached: Some(true), ..any() }).await, 1);
    let tags = [("team".to_owned(), "a".to_owned())].into();
    assert_eq!(count(UsageFilter { tags, ..any() }).await, 1);
    server.finish().await;
}

#[tokio::test]
async fn a_question_that_asks_for_nothing_is_refused() {
    let server = TestServer::start().await;
    let refused = async |request| {
        let status = simulate(&server, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        status.message().to_owned()
    };
    assert!(refused(with_models(&[])).await.contains("models: must have 1 to 8 items"));
    let many = vec![model("openai", "gpt-4o"); 9];
    assert!(refused(with_models(&many)).await.contains("has 9"));
    assert!(refused(with_models(&[model("openai", " ")])).await.contains("models[0].model"));
    let percent = SimulateCostRequest { prompt_caching_percent: 101, ..Default::default() };
    assert!(refused(percent).await.contains("prompt_caching_percent: must be 0 to 100"));
    server.finish().await;
}
