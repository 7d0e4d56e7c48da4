//! The price list, as callers see it.

use std::collections::BTreeSet;

use aiusage_client::proto::{GetPriceRequest, ListPricesRequest, Rate};
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::*;

fn shown(rates: &[Rate]) -> Vec<(&str, &str, i64)> {
    rates
        .iter()
        .map(|rate| (rate.meter.as_str(), rate.price.as_ref().unwrap().amount.as_str(), rate.per))
        .collect()
}

#[tokio::test]
async fn a_price_is_found_by_the_names_that_records_carry() {
    let server = TestServer::start().await;
    let request = GetPriceRequest {
        provider: "openai".into(),
        model: "gpt-4o-2024-08-06".into(),
        ..Default::default()
    };
    let found = server.pricing().await.get_price(request).await.unwrap().into_inner();
    let price = found.price.unwrap();
    assert_eq!((price.provider.as_str(), price.model.as_str()), ("openai", "gpt-4o"));
    let mut rates = shown(&price.rates);
    rates.sort_unstable();
    assert!(rates.contains(&("input_tokens", "2.5", 1_000_000)), "{rates:?}");
    assert!(rates.contains(&("cache_read_tokens", "1.25", 1_000_000)), "{rates:?}");
    assert!(rates.contains(&("output_tokens", "10", 1_000_000)), "{rates:?}");
    server.finish().await;
}

#[tokio::test]
async fn an_unknown_model_is_not_found() {
    let server = TestServer::start().await;
    let request =
        GetPriceRequest { provider: "openai".into(), model: "gpt-99".into(), ..Default::default() };
    let status = server.pricing().await.get_price(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().reason, "PRICE_NOT_FOUND");
    server.finish().await;
}

#[tokio::test]
async fn pages_partition_the_list() {
    let server = TestServer::start().await;
    let mut client = server.pricing().await;
    let mut request = ListPricesRequest { page_size: 999, ..Default::default() };
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    loop {
        let page = client.list_prices(request.clone()).await.unwrap().into_inner();
        pages += 1;
        for price in page.prices {
            assert!(seen.insert((price.provider, price.model)), "a model came twice");
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let models = server.database.count("SELECT count(*) FROM model").await;
    assert_eq!((seen.len() as i64, pages), (models, 3));
    // The token of one query is no token of another.
    let other = ListPricesRequest {
        provider: "openai".into(),
        page_token: request.page_token,
        ..Default::default()
    };
    let status = client.list_prices(other).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "PAGE_TOKEN_INVALID");
    server.finish().await;
}

#[tokio::test]
async fn the_list_is_filtered_and_dated() {
    let server = TestServer::start().await;
    let request = ListPricesRequest {
        provider: "OpenAI".into(),
        model_contains: "O3".into(),
        effective_time: timestamp("2025-06-01T00:00:00Z"),
        ..Default::default()
    };
    let prices = server.pricing().await.list_prices(request).await.unwrap().into_inner().prices;
    assert!(prices.iter().all(|price| price.provider == "openai" && price.model.contains("o3")));
    let o3 = prices.iter().find(|price| price.model == "o3").expect("o3 is listed");
    assert!(shown(&o3.rates).contains(&("input_tokens", "10", 1_000_000)), "{o3:?}");
    assert_eq!(o3.effective_to_time, timestamp("2025-06-10T00:00:00Z"));
    server.finish().await;
}
