//! Keys: no tenant without one, and no tenant but its own.

use aiusage_client::proto::{GetUserCostRequest, ListPricesRequest, RecordUsageRequest};
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::*;

#[tokio::test]
async fn every_call_needs_a_key_and_all_bad_keys_are_alike() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let (body, last) = server.key.split_at(server.key.len() - 1);
    // The last digit may itself be a 0.
    let typo = format!("{body}{}", if last == "0" { "1" } else { "0" });
    let mut answers = Vec::new();
    for key in ["", "nonsense", &typo, &other.key, &"x".repeat(5000)] {
        let mut client = server.usage_with_key(key).await;
        let status = client.get_user_cost(GetUserCostRequest::default()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{key}");
        assert_eq!(status.get_details_error_info().unwrap().reason, "API_KEY_INVALID");
        answers.push(status.message().to_owned());
        let status = client.record_usage(RecordUsageRequest::default()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        let status = client.record_usage_batch(tokio_stream::empty()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let mut prices = aiusage_client::proto::pricing_service_client::PricingServiceClient::new(
        server.channel().await,
    );
    let status = prices.list_prices(ListPricesRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    other.finish().await;
    server.finish().await;
}

#[tokio::test]
async fn a_revoked_or_expired_key_is_as_good_as_none() {
    for change in [
        "UPDATE api_key SET revoke_time = now()",
        "UPDATE api_key SET expire_time = '2026-11-22T11:59:59Z'",
    ] {
        let server = TestServer::start().await;
        sqlx::query(change).execute(&server.database.pool).await.unwrap();
        let status = server.record(call("ada", 1, 1)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{change}");
        server.finish().await;
    }
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let server = TestServer::start().await;
    let id = new_id();
    let record = aiusage_client::proto::UsageRecord { record_id: id, ..call("ada", 1000, 0) };
    server.record(record.clone()).await.unwrap();
    let mut stranger = server.usage_with_key(&server.another_tenant().await).await;

    let cost = stranger
        .get_user_cost(GetUserCostRequest { user_id: "ada".into(), ..Default::default() })
        .await
        .unwrap();
    assert_eq!(cost.into_inner().totals.unwrap().request_count, 0);
    let cau = stranger.get_cau(aiusage_client::proto::GetCauRequest::default()).await.unwrap();
    assert_eq!(cau.into_inner().windows[0].active_user_count, 0);
    // The same id in another tenant is another record.
    let receipt = stranger.record_usage(RecordUsageRequest { record: Some(record) }).await.unwrap();
    assert!(!receipt.into_inner().receipt.unwrap().duplicate);
    server.finish().await;
}
