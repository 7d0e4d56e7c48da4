//! One call, tried again.

use std::time::Duration;

use aiusage_client::{Client, Code, CostStatus, Decimal, Error, Record};
use tonic::Status;

use crate::fake::{Fake, State};
use crate::{client, fake};

fn record() -> Record {
    Record::new("ada").model("openai", "gpt-4o").tokens(1, 2)
}

fn failing(failures: Vec<Status>) -> Fake {
    Fake::start(State { failures, ..State::default() })
}

#[tokio::test]
async fn a_receipt_is_read_exactly() {
    let fake = fake();
    let receipt = client(&fake).record_usage(record()).await.expect("the service answers");
    assert_eq!(receipt.cost, Some(Decimal::new(875, 5)));
    assert_eq!(receipt.cost_status, CostStatus::Priced);
    assert_eq!(receipt.price_set_id, Some(7));
    assert_eq!(fake.state().keys, ["Bearer aiusage_test"]);
}

#[tokio::test]
async fn unavailable_is_tried_again_with_the_same_id() {
    let fake = failing(vec![Status::unavailable("full"), Status::unavailable("full")]);
    let record = record();
    let id = record.id().to_owned();
    client(&fake).record_usage(record).await.expect("the third attempt succeeds");
    assert_eq!(fake.state().attempts, [id.clone(), id.clone(), id]);
}

#[tokio::test]
async fn the_fourth_attempt_is_the_last() {
    let fake = failing(vec![Status::unavailable("full"); 9]);
    let error = client(&fake).record_usage(record()).await.expect_err("it stays full");
    assert_eq!(error.code(), Some(Code::Unavailable));
    assert_eq!(fake.state().attempts.len(), 4);
}

#[tokio::test]
async fn nothing_else_is_tried_again() {
    let fake = failing(vec![Status::internal("a fault"); 9]);
    let error = client(&fake).record_usage(record()).await.expect_err("a fault");
    assert_eq!(error.to_string(), "a fault");
    assert_eq!(fake.state().attempts.len(), 1);
}

#[tokio::test]
async fn a_call_ends_within_its_deadline() {
    let fake = Fake::start(State { delay: Duration::from_secs(9), ..State::default() });
    let builder = Client::builder().address(fake.url()).api_key("k");
    let client = builder.timeout(Duration::from_millis(100)).build().expect("all is given");
    let error = client.record_usage(record()).await.expect_err("it takes too long");
    assert_eq!(error.code(), Some(Code::DeadlineExceeded), "{error}");
}

#[tokio::test]
async fn a_missing_service_is_unreachable() {
    let mut fake = fake();
    fake.kill();
    let error = client(&fake).record_usage(record()).await.expect_err("nobody listens");
    let Error::Unreachable { address, cause } = error else { panic!("not that: {error}") };
    assert_eq!(address, fake.url());
    assert!(cause.contains("Connection refused"), "{cause}");
}
