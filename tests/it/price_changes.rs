//! Prices and names that are added and ended: what holds when, for whom, and that every
//! server follows.

use aiusage_client::proto::*;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::*;

fn price(provider: &str, model: &str, rates: Vec<Rate>) -> CreatePriceRequest {
    CreatePriceRequest {
        provider: provider.into(),
        model: model.into(),
        rates,
        source: "a test".into(),
        ..Default::default()
    }
}

fn of_everybody(request: CreatePriceRequest) -> CreatePriceRequest {
    CreatePriceRequest { scope: PriceScope::Public.into(), ..request }
}

async fn create(server: &TestServer, request: CreatePriceRequest) -> CreatePriceResponse {
    server.pricing().await.create_price(request).await.unwrap().into_inner()
}

/// A million tokens in, at a time.
fn million(provider: &str, model: &str, time: &str) -> UsageRecord {
    UsageRecord {
        provider: provider.into(),
        model: model.into(),
        event_time: timestamp(time),
        usage: Some(tokens(1_000_000, 0)),
        ..call("ada", 0, 0)
    }
}

async fn cost(server: &TestServer, record: UsageRecord) -> Option<Money> {
    server.record(UsageRecord { record_id: new_id(), ..record }).await.unwrap().cost
}

#[tokio::test]
async fn a_price_holds_in_its_range_and_what_lies_under_it_around() {
    let server = TestServer::start().await;
    let request = CreatePriceRequest {
        effective_from_time: timestamp("2026-03-01T00:00:00Z"),
        effective_to_time: timestamp("2026-04-01T00:00:00Z"),
        ..price("openai", "gpt-4o-2024-08-06", vec![rate("input_tokens", "1")])
    };
    let created = create(&server, request).await;
    assert_eq!((created.provider.as_str(), created.model.as_str()), ("openai", "gpt-4o"));
    assert!(!created.model_created);
    for (time, expected) in [
        ("2026-02-28T23:59:59.999999Z", "2.5"),
        ("2026-03-01T00:00:00Z", "1"),
        ("2026-03-31T23:59:59.999999Z", "1"),
        ("2026-04-01T00:00:00Z", "2.5"),
    ] {
        assert_eq!(cost(&server, million("openai", "gpt-4o", time)).await, usd(expected), "{time}");
    }
    server.finish().await;
}

#[tokio::test]
async fn tiers_and_terms_of_a_new_price_count() {
    let server = TestServer::start().await;
    let tier = Rate { above_input_tokens: Some(1_000), ..rate("input_tokens", "4") };
    let flex = PriceVariant {
        terms: [("service_tier".to_owned(), "flex".to_owned())].into(),
        rates: vec![rate("input_tokens", "1")],
    };
    let request = CreatePriceRequest {
        variants: vec![flex],
        accept_implausible: true,
        ..of_everybody(price("openai", "gpt-4o", vec![tier, rate("input_tokens", "2")]))
    };
    create(&server, request).await;
    let now = "2026-11-22T12:05:00Z";
    assert_eq!(cost(&server, million("openai", "gpt-4o", now)).await, usd("4"));
    let small = UsageRecord { usage: Some(tokens(1_000, 0)), ..million("openai", "gpt-4o", now) };
    assert_eq!(cost(&server, small).await, usd("0.002"));
    let context = [("service_tier".to_owned(), "flex".to_owned())].into();
    let flex = UsageRecord { price_context: context, ..million("openai", "gpt-4o", now) };
    assert_eq!(cost(&server, flex).await, usd("1"));
    server.finish().await;
}

#[tokio::test]
async fn a_tenant_s_price_is_its_own_and_wins() {
    let server = TestServer::start().await;
    let stranger = server.another_tenant().await;
    let ours = CreatePriceRequest {
        effective_from_time: timestamp("2026-11-01T00:00:00Z"),
        ..of_everybody(price("openai", "gpt-4o", vec![rate("input_tokens", "2")]))
    };
    create(&server, ours).await;
    let mut client = server.pricing().await;
    let mut strangers = pricing_service_client::PricingServiceClient::with_interceptor(
        server.channel().await,
        WithKey::new(&stranger),
    );
    let theirs = CreatePriceRequest {
        effective_from_time: timestamp("2026-11-01T00:00:00Z"),
        ..price("openai", "gpt-4o", vec![rate("input_tokens", "1.5")])
    };
    strangers.create_price(theirs.clone()).await.unwrap();

    let now = "2026-11-22T12:05:00Z";
    assert_eq!(cost(&server, million("openai", "gpt-4o", now)).await, usd("2"));
    let request = RecordUsageRequest { record: Some(million("openai", "gpt-4o", now)) };
    let mut usage = server.usage_with_key(&stranger).await;
    let receipt = usage.record_usage(request.clone()).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.cost, usd("1.5"));

    // What is everybody's is not theirs to change.
    let status = strangers.create_price(of_everybody(theirs)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(status.get_details_error_info().unwrap().reason, "OPERATOR_ONLY");
    let options = SyncPricesRequest {
        content: Some(sync_prices_request::Content::Options(SyncPricesOptions::default())),
    };
    let status = strangers.sync_prices(tokio_stream::once(options)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);

    // Once theirs ends, the public one counts again.
    let end = EndPriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        end_time: timestamp(BEGINNING),
        source: "the contract ended".into(),
        ..Default::default()
    };
    let ended = strangers.end_price(end.clone()).await.unwrap().into_inner();
    assert_eq!(ended.price.unwrap().origin(), PriceOrigin::Operator);
    let receipt = usage.record_usage(request).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.cost, usd("2"));
    let status = strangers.end_price(end).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "nothing is left to end");

    // History shows both, the newest first.
    let asked = ListPriceVersionsRequest { provider: "openai".into(), model: "gpt-4o".into() };
    let listed = strangers.list_price_versions(asked.clone()).await.unwrap().into_inner();
    let origins: Vec<_> = listed.versions.iter().map(|v| (v.origin(), v.end, v.in_force)).collect();
    assert_eq!(
        origins,
        [
            (PriceOrigin::Tenant, true, false),
            (PriceOrigin::Tenant, false, false),
            (PriceOrigin::Operator, false, true),
            (PriceOrigin::Catalogue, false, false),
        ]
    );
    let own = client.list_price_versions(asked).await.unwrap().into_inner().versions;
    assert_eq!(own.len(), 2, "of a stranger's prices nothing is seen");
    server.finish().await;
}

#[tokio::test]
async fn a_price_list_s_price_that_ends_leaves_records_unpriced() {
    let server = TestServer::start().await;
    let end = EndPriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        scope: PriceScope::Public.into(),
        end_time: timestamp("2026-11-22T12:00:00Z"),
        source: "retired".into(),
        ..Default::default()
    };
    let checked = EndPriceRequest { validate_only: true, ..end.clone() };
    server.pricing().await.end_price(checked).await.unwrap();
    assert_eq!(cost(&server, million("openai", "gpt-4o", BEGINNING)).await, usd("2.5"));
    let ended = server.pricing().await.end_price(end).await.unwrap().into_inner();
    assert_eq!(ended.price, None);
    assert_eq!(cost(&server, million("openai", "gpt-4o", BEGINNING)).await, None);
    let before = "2026-11-22T11:59:59Z";
    assert_eq!(cost(&server, million("openai", "gpt-4o", before)).await, usd("2.5"));
    server.finish().await;
}

#[tokio::test]
async fn what_looks_like_a_mistake_needs_a_word() {
    let server = TestServer::start().await;
    let dear = price("openai", "gpt-4o", vec![rate("input_tokens", "2500")]);
    let status = server.pricing().await.create_price(dear.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.get_details_error_info().unwrap().reason, "PRICE_IMPLAUSIBLE");
    assert!(status.message().contains("input_tokens"), "{}", status.message());
    let checked =
        CreatePriceRequest { validate_only: true, accept_implausible: true, ..dear.clone() };
    let version = create(&server, checked).await.version.unwrap();
    assert_eq!(version.sets[0].price_set_id, 0, "nothing was stored");
    assert_eq!(cost(&server, million("openai", "gpt-4o", BEGINNING)).await, usd("2.5"));
    create(&server, CreatePriceRequest { accept_implausible: true, ..dear }).await;
    let later = "2026-11-22T12:05:00Z";
    assert_eq!(cost(&server, million("openai", "gpt-4o", later)).await, usd("2500"));
    server.finish().await;
}

#[tokio::test]
async fn every_violation_of_a_price_comes_at_once() {
    let server = TestServer::start().await;
    let wrong = CreatePriceRequest {
        rates: vec![
            rate("moon_tokens", "1"),
            rate("input_tokens", "-1"),
            Rate { above_input_tokens: Some(5), ..rate("output_tokens", "1") },
        ],
        variants: vec![PriceVariant::default()],
        scope: 9,
        effective_to_time: timestamp("2020-01-01T00:00:00Z"),
        ..Default::default()
    };
    let status = server.pricing().await.create_price(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_details_bad_request().unwrap();
    let fields: Vec<_> = details.field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "provider",
            "model",
            "scope",
            "effective_to_time",
            "rates[0].meter",
            "rates[1].price",
            "rates[2]",
            "variants[0].terms",
            "source"
        ]
    );
    // A part without its whole cannot be billed.
    let open = price("openai", "gpt-4o", vec![rate("cache_read_tokens", "1")]);
    let status = server.pricing().await.create_price(open).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn an_operator_adds_what_no_list_has_and_its_records_are_priced() {
    let server = TestServer::start().await;
    let unpriced = million("my-own", "llama-at-home", "2026-11-20T00:00:00Z");
    assert_eq!(cost(&server, unpriced.clone()).await, None);
    let new = CreatePriceRequest {
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        ..price("My-Own", "Llama-At-Home", vec![rate("input_tokens", "0.05")])
    };
    let status = server.pricing().await.create_price(new.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "a tenant alone cannot add a model");
    let created = create(&server, of_everybody(new)).await;
    assert!(created.model_created);
    assert_eq!((created.provider.as_str(), created.model.as_str()), ("my-own", "llama-at-home"));
    let total = async || {
        let asked = GetUserCostRequest { user_id: "ada".into(), ..Default::default() };
        server.user_cost(asked).await.totals.unwrap().cost
    };
    server.eventually(usd("0.05"), total).await;
    assert_eq!(cost(&server, unpriced).await, usd("0.05"));
    server.finish().await;
}

/// A provider may be spelled in many ways: a new model of it goes to the provider, and
/// the spelling goes on to mean it.
#[tokio::test]
async fn a_new_model_goes_to_the_provider_that_its_name_means() {
    let server = TestServer::start().await;
    let vertex = million("google-vertex", "gemini-2.5-pro", BEGINNING);
    let before = cost(&server, vertex.clone()).await;
    let new =
        of_everybody(price("google-vertex", "our-tuned-gemini", vec![rate("input_tokens", "3")]));
    assert_eq!(create(&server, new.clone()).await.provider, "google");
    assert_eq!(cost(&server, vertex).await, before);
    let later = "2026-11-22T12:05:00Z";
    assert_eq!(cost(&server, million("google-vertex", "our-tuned-gemini", later)).await, usd("3"));
    // The same once more is a further version of the same model.
    assert!(!create(&server, new).await.model_created);
    // What only says which protocol is spoken is nobody's model.
    let nobody = of_everybody(price("openai_compatible", "m", vec![rate("input_tokens", "3")]));
    let status = server.pricing().await.create_price(nobody).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    server.finish().await;
}

/// A tenant's own names are its own, even where the tenant operates the service.
#[tokio::test]
async fn what_holds_for_everybody_is_named_as_everybody_names_it() {
    let server = TestServer::start().await;
    let alias = CreateModelAliasRequest {
        alias: "gpt-4o".into(),
        target_provider: "openai".into(),
        target_model: "gpt-4o-mini".into(),
        ..Default::default()
    };
    server.pricing().await.create_model_alias(alias).await.unwrap();
    let public = of_everybody(price("openai", "gpt-4o", vec![rate("input_tokens", "2")]));
    assert_eq!(create(&server, public).await.model, "gpt-4o");
    let own = price("openai", "gpt-4o", vec![rate("input_tokens", "0.1")]);
    assert_eq!(create(&server, own).await.model, "gpt-4o-mini");
    server.finish().await;
}

/// Corrections come again with each start; what the operator ended stays ended.
#[tokio::test]
async fn a_correction_that_was_ended_does_not_come_back() {
    let server = TestServer::start().await;
    let asked = GetPriceRequest {
        provider: "cohere".into(),
        model: "rerank-v3.5".into(),
        effective_time: timestamp("2026-11-22T12:05:00Z"),
        ..Default::default()
    };
    let told = async |server: &TestServer| {
        let found = server.pricing().await.get_price(asked.clone()).await.unwrap().into_inner();
        found.price.unwrap()
    };
    assert_eq!(told(&server).await.origin(), PriceOrigin::Correction);
    let end = EndPriceRequest {
        provider: "cohere".into(),
        model: "rerank-v3.5".into(),
        scope: PriceScope::Public.into(),
        source: "retired".into(),
        ..Default::default()
    };
    server.pricing().await.end_price(end).await.unwrap();
    assert!(told(&server).await.rates.is_empty());
    let replica = server.replica().await;
    assert!(told(&replica).await.rates.is_empty());
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn other_servers_follow() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    create(&server, of_everybody(price("openai", "gpt-4o", vec![rate("input_tokens", "2")]))).await;
    let asked =
        GetPriceRequest { provider: "openai".into(), model: "gpt-4o".into(), ..Default::default() };
    let told = async || {
        let price = replica.pricing().await.get_price(asked.clone()).await.unwrap().into_inner();
        price.price.unwrap().origin()
    };
    replica.eventually(PriceOrigin::Operator, told).await;
    // Two that change prices at once both succeed.
    let (one, other) = tokio::join!(
        async {
            create(&server, price("openai", "gpt-4o", vec![rate("input_tokens", "1.9")])).await
        },
        async {
            create(&replica, price("openai", "gpt-4o-mini", vec![rate("input_tokens", "0.1")]))
                .await
        },
    );
    assert!(one.version.unwrap().in_force && other.version.unwrap().in_force);
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn names_are_matched_as_they_were_given() {
    let server = TestServer::start().await;
    let alias = |alias: &str, provider: &str, model: &str| CreateModelAliasRequest {
        alias: alias.into(),
        provider: provider.into(),
        target_provider: "openai".into(),
        target_model: model.into(),
        ..Default::default()
    };
    let mut client = server.pricing().await;
    client.create_model_alias(alias("prod", "", "gpt-4o")).await.unwrap();
    client.create_model_alias(alias("prod", "azure", "gpt-4o-mini")).await.unwrap();
    let status = client.create_model_alias(alias("x", "", "gpt-4oo")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let now = "2026-11-22T12:05:00Z";
    // For this provider, in any spelling of it; for any other one, known or not.
    assert_eq!(cost(&server, million("azure.ai.openai", "PROD", now)).await, usd("0.15"));
    assert_eq!(cost(&server, million("our-gateway", "prod", now)).await, usd("2.5"));
    assert_eq!(cost(&server, million("", "prod", now)).await, usd("2.5"));
    let end = EndModelAliasRequest {
        alias: "prod".into(),
        provider: "azure".into(),
        end_time: timestamp("2026-11-22T12:04:00Z"),
        ..Default::default()
    };
    client.end_model_alias(end.clone()).await.unwrap();
    assert_eq!(cost(&server, million("azure", "prod", now)).await, usd("2.5"));
    assert_eq!(cost(&server, million("azure", "prod", BEGINNING)).await, usd("0.15"));
    let again = EndModelAliasRequest { end_time: timestamp(now), ..end };
    let status = client.end_model_alias(again).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "ALIAS_NOT_FOUND");
    let page = ListModelAliasesRequest { page_size: 2, ..Default::default() };
    let listed = client.list_model_aliases(page.clone()).await.unwrap().into_inner();
    assert_eq!(listed.aliases.len(), 2);
    let rest = ListModelAliasesRequest { page_token: listed.next_page_token, ..page };
    let rest = client.list_model_aliases(rest).await.unwrap().into_inner();
    assert_eq!((rest.aliases.len(), rest.next_page_token.as_str()), (1, ""));
    server.finish().await;
}

#[tokio::test]
async fn prices_are_never_edited() {
    let server = TestServer::start().await;
    for change in [
        "UPDATE price_version SET to_time = now()",
        "DELETE FROM price_set",
        "UPDATE price SET amount = 0",
        "TRUNCATE model_alias",
        "UPDATE model_alias SET alias = 'x'",
    ] {
        let refused = sqlx::query(change).execute(&server.database.pool).await;
        assert!(refused.unwrap_err().to_string().contains("refused"), "{change}");
    }
    server.finish().await;
}

#[tokio::test]
async fn a_start_changes_nothing_that_is_there() {
    let server = TestServer::start().await;
    let count = "SELECT count(*) FROM price_version";
    let before = server.database.count(count).await;
    let replica = server.replica().await;
    assert_eq!(server.database.count(count).await, before);
    replica.leave().await;
    server.finish().await;
}
