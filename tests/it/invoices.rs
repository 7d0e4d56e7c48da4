//! Providers' invoices beside the log.

use aiusage_client::proto::*;
use tonic::{Code, Status};

use crate::harness::*;

async fn compare(
    server: &TestServer,
    request: CompareInvoiceRequest,
) -> Result<CompareInvoiceResponse, Status> {
    Ok(server.analytics().await.compare_invoice(request).await?.into_inner())
}

fn of_openai(invoice: impl Into<String>) -> CompareInvoiceRequest {
    CompareInvoiceRequest {
        provider: "openai".into(),
        invoice: invoice.into(),
        ..Default::default()
    }
}

async fn use_tokens(server: &TestServer, time: &str, model: &str, input_tokens: i64) {
    let record = UsageRecord {
        record_id: new_id(),
        model: model.into(),
        event_time: timestamp(time),
        ..call("ada", input_tokens, 0)
    };
    server.record(record).await.unwrap();
}

fn causes(answer: &CompareInvoiceResponse) -> Vec<(GapKind, &str, i64)> {
    let cause = |cause: &'_ GapCause| (cause.kind(), cause.row_count);
    let gaps = answer.causes.iter().map(|cause| &*cause.gap.as_ref().unwrap().amount);
    answer.causes.iter().map(cause).zip(gaps).map(|((kind, rows), gap)| (kind, gap, rows)).collect()
}

#[tokio::test]
async fn every_difference_has_its_cause() {
    let server = TestServer::start().await;
    // Agreed, under another spelling of the model: 2.5.
    use_tokens(&server, "2026-11-01T10:00:00Z", "gpt-4o-2024-08-06", 1_000_000).await;
    // Rounded: 0.0025 is written as 0.
    use_tokens(&server, "2026-11-02T10:00:00Z", "gpt-4o", 1_000).await;
    // A part: 5 in the log.
    use_tokens(&server, "2026-11-03T10:00:00Z", "gpt-4o", 2_000_000).await;
    // Not in the invoice: 0.15.
    use_tokens(&server, "2026-11-04T10:00:00Z", "gpt-4o-mini", 1_000_000).await;
    // Without a price, and nearly as the invoice says it.
    use_tokens(&server, "2026-11-05T10:00:00Z", "gtp-4.1-mini", 1_000_000).await;
    // On the day before: 2.5.
    use_tokens(&server, "2026-11-06T23:59:59Z", "gpt-4o", 1_000_000).await;
    // Of another provider.
    let other = UsageRecord {
        record_id: new_id(),
        provider: "anthropic".into(),
        model: "claude-sonnet-4-5".into(),
        event_time: timestamp("2026-11-03T10:00:00Z"),
        ..call("ada", 1_000_000, 0)
    };
    server.record(other).await.unwrap();
    let invoice = "date,line_item,amount_usd\n\
        2026-11-01,\"gpt-4o-2024-08-06, input\",1.50\n\
        2026-11-01,\"gpt-4o-2024-08-06, cached input\",1.00\n\
        2026-11-02,\"gpt-4o-2024-08-06, input\",0.00\n\
        2026-11-03,\"gpt-4o-2024-08-06, input\",7.00\n\
        2026-11-05,\"gpt-4.1-mini, input\",4.00\n\
        2026-11-07,\"gpt-4o-2024-08-06, input\",2.50\n\
        2026-11-09,\"gpt-4o-mini, input\",1.00\n\
        2026-11-09,VAT,3.00\n";
    let answer = compare(&server, of_openai(invoice)).await.unwrap();
    assert_eq!(answer.invoiced, usd("17"));
    assert_eq!(answer.recorded, usd("10.1525"));
    assert_eq!(answer.gap, usd("6.8475"));
    assert_eq!(answer.other_line_count, 1);
    let expected = [
        (GapKind::Unpriced, "4", 2),
        (GapKind::Part, "2", 1),
        (GapKind::MissingInLog, "1", 1),
        (GapKind::MissingInInvoice, "-0.15", 1),
        (GapKind::Rounding, "-0.0025", 1),
        (GapKind::DayShift, "0", 2),
    ];
    assert_eq!(causes(&answer), expected);
    let first = &answer.rows[0];
    assert_eq!((&*first.day, &*first.model), ("2026-11-05", "gpt-4.1-mini"));
    assert_eq!((first.invoiced.clone(), first.recorded.clone()), (usd("4"), None));
    let agreed = answer.rows.iter().find(|row| row.day == "2026-11-01").unwrap();
    assert_eq!((agreed.kind(), agreed.gap.clone()), (GapKind::Unspecified, usd("0")));
    assert!(answer.causes.iter().all(|cause| !cause.explanation.is_empty()));
    server.finish().await;
}

#[tokio::test]
async fn another_tier_is_known_by_its_factor() {
    let server = TestServer::start().await;
    let request = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "2.5"), rate("output_tokens", "10")],
        variants: vec![PriceVariant {
            terms: [("processing".to_owned(), "batch".to_owned())].into(),
            rates: vec![rate("input_tokens", "1.25"), rate("output_tokens", "5")],
        }],
        source: "a contract".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(request).await.unwrap();
    for _ in 0..3 {
        use_tokens(&server, "2026-11-03T10:00:00Z", "gpt-4o", 1_300_000).await;
    }
    let answer = compare(&server, of_openai("day,model,cost\n2026-11-03,gpt-4o,4.875\n"));
    let answer = answer.await.unwrap();
    assert_eq!(causes(&answer), [(GapKind::Tier, "-4.875", 1)]);
    assert!(answer.causes[0].explanation.contains("processing=batch"), "{answer:?}");
    server.finish().await;
}

#[tokio::test]
async fn days_are_those_of_the_invoice() {
    let server = TestServer::start_in("America/New_York").await;
    // 05:45 ahead: a quarter to seven in the evening is half past midnight.
    use_tokens(&server, "2026-11-02T18:14:59Z", "gpt-4o", 1_000_000).await;
    use_tokens(&server, "2026-11-02T18:15:00Z", "gpt-4o", 2_000_000).await;
    let invoice = "day,model,cost\n2026-11-02,gpt-4o,2.5\n2026-11-03,gpt-4o,5\n";
    let in_kathmandu =
        CompareInvoiceRequest { time_zone: "Asia/Kathmandu".into(), ..of_openai(invoice) };
    let answer = compare(&server, in_kathmandu).await.unwrap();
    assert_eq!((causes(&answer), answer.time_zone.as_str()), (vec![], "Asia/Kathmandu"));
    let in_utc = compare(&server, of_openai(invoice)).await.unwrap();
    assert_eq!(causes(&in_utc), [(GapKind::DayShift, "0", 2)]);
    assert_eq!(in_utc.time_zone, "UTC");
    server.finish().await;
}

#[tokio::test]
async fn an_invoice_without_models_is_compared_by_day() {
    let server = TestServer::start().await;
    use_tokens(&server, "2026-11-01T10:00:00Z", "gpt-4o", 1_000_000).await;
    use_tokens(&server, "2026-11-01T11:00:00Z", "gpt-4o-mini", 1_000_000).await;
    let page = r#"{"object": "page", "has_more": false, "data": [{"object": "bucket",
        "start_time": 1793491200, "end_time": 1793577600, "results": [{"line_item": null,
        "amount": {"value": 3.65, "currency": "usd"}, "project_id": null}]}]}"#;
    let answer = compare(&server, of_openai(page)).await.unwrap();
    assert_eq!((answer.recorded.clone(), answer.gap.clone()), (usd("2.65"), usd("1")));
    assert_eq!(causes(&answer), [(GapKind::Part, "1", 1)]);
    server.finish().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_line() {
    let server = TestServer::start().await;
    let refused = async |request| {
        let status = compare(&server, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        status.message().to_owned()
    };
    let bad = refused(of_openai("day,model,cost\n2026-11-01,m,\"1,5\"\n2026-11-01,m,x\n")).await;
    assert!(bad.contains("invoice: line 2: \"1,5\" has a comma"), "{bad}");
    assert!(bad.contains("invoice: line 3: \"x\" is no amount"), "{bad}");
    let euro = refused(of_openai("day,model,cost,currency\n2026-11-01,m,1,EUR\n")).await;
    assert!(euro.contains("line 2: the currency must be USD"), "{euro}");
    let empty = refused(CompareInvoiceRequest::default()).await;
    assert!(empty.contains("provider: is required; invoice: is required"), "{empty}");
    assert!(refused(of_openai("day,model,cost\n")).await.contains("has no line about usage"));
    let long = "day,cost\n2006-01-01,1\n2026-11-01,1\n";
    assert!(refused(of_openai(long)).await.contains("must span at most 3660 days"));
    server.finish().await;
}
