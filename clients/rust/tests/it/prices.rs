//! Price lists, prices and repricings over connections that break.

use std::time::SystemTime;

use aiusage_client::{
    Code, Decimal, ErrorReason, NewPrice, Rate, Reprice, SyncEvent, SyncPrices, TimeRange,
};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::fake::{Fake, State};
use crate::{client, fake};

fn reprice() -> Reprice {
    Reprice::new(TimeRange::new(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH)).reason("a test")
}

#[tokio::test]
async fn a_repricing_that_breaks_is_followed_and_not_begun_anew() {
    let fake = Fake::start(State { stream_lengths: vec![2, 0], ..State::default() });
    let reprice = reprice();
    let id = reprice.id().to_owned();
    let mut run = client(&fake).reprice_usage(reprice);
    let mut examined = Vec::new();
    while let Some(report) = run.next().await.expect("it recovers") {
        examined.push((report.repricing.examined_count, report.difference.is_some()));
    }
    let expected = [(1, false), (2, false), (1, false), (2, false), (3, true)];
    assert_eq!(examined, expected);
    assert_eq!(fake.state().attempts, [id.clone(), id.clone(), id]);
    assert!(run.next().await.expect("nothing is left to fail").is_none());
}

#[tokio::test]
async fn the_last_report_has_the_difference() {
    let fake = fake();
    let report = client(&fake).reprice_usage(reprice()).finish().await.expect("it answers");
    assert!(report.repricing.done && report.difference.is_some());
}

#[tokio::test]
async fn a_price_list_arrives_whole() {
    let fake = fake();
    let file: Vec<u8> = (0..=u8::MAX).cycle().take(1_000_001).collect();
    let mut sync = client(&fake).sync_prices(SyncPrices::new("list.csv"), file.clone());
    let mut events = Vec::new();
    while let Some(event) = sync.next().await.expect("it answers") {
        events.push(event);
    }
    let [SyncEvent::Progress(_), SyncEvent::Difference(_), SyncEvent::Summary(summary)] =
        events.as_slice()
    else {
        panic!("all is said in its order: {events:?}")
    };
    assert!(summary.applied);
    assert!(fake.state().file == file, "a byte is lost");
}

#[tokio::test]
async fn a_refused_price_list_is_not_sent_again() {
    let details = ErrorDetails::with_error_info("PRICE_LIST_INVALID", "aiusage.v1", []);
    let refused = Status::with_error_details(Code::InvalidArgument, "line 7", details);
    let fake = Fake::start(State { failures: vec![refused], ..State::default() });
    let mut sync = client(&fake).sync_prices(SyncPrices::new("list.csv"), b"a,b".to_vec());
    let error = sync.next().await.expect_err("it is refused");
    assert_eq!(error.reason(), Some(ErrorReason::PriceListInvalid));
    assert!(sync.next().await.expect("the end is no error").is_none());
    assert_eq!(fake.state().attempts, ["list.csv"]);
}

#[tokio::test]
async fn a_price_is_sent_once() {
    let failures = vec![Status::unavailable("full")];
    let fake = Fake::start(State { failures, ..State::default() });
    let rate = Rate::per_million("input_tokens", Decimal::ONE);
    let price = NewPrice::new("openai", "gpt-4o", "a test").rate(rate);
    let error = client(&fake).create_price(price.clone()).await.expect_err("the service is full");
    assert_eq!(error.code(), Some(Code::Unavailable));
    let created = client(&fake).create_price(price).await.expect("a second call is the caller's");
    assert_eq!((created.model.as_str(), fake.state().attempts.len()), ("gpt-4o", 2));
}
