//! The stream of record batches.

use aiusage_client::proto::record_result::Outcome;
use aiusage_client::proto::{RecordUsageBatchRequest, RecordUsageBatchResponse, UsageRecord};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{StreamExt, iter};
use tonic::{Code, Status};

use crate::harness::*;

async fn send(
    server: &TestServer,
    requests: Vec<RecordUsageBatchRequest>,
) -> Vec<Result<RecordUsageBatchResponse, Status>> {
    let responses = server.usage().await.record_usage_batch(iter(requests)).await.unwrap();
    responses.into_inner().collect().await
}

fn request(sequence: i64, records: Vec<UsageRecord>) -> RecordUsageBatchRequest {
    RecordUsageBatchRequest { sequence, records }
}

fn with_id(id: &str, input_tokens: i64) -> UsageRecord {
    UsageRecord { record_id: id.to_owned(), ..call("ada", input_tokens, 1) }
}

#[tokio::test]
async fn a_bad_record_is_an_answer_and_not_the_end() {
    let server = TestServer::start().await;
    let (known, reused) = (new_id(), new_id());
    let bad = UsageRecord { user_id: String::new(), model: String::new(), ..call("", 5, 5) };
    let responses = send(
        &server,
        vec![
            request(1, vec![with_id(&known, 1), with_id(&reused, 1), bad]),
            request(7, vec![with_id(&known, 1), with_id(&reused, 2), call("bob", 3, 3)]),
        ],
    )
    .await;
    let [Ok(first), Ok(second)] = &responses[..] else { panic!("{responses:?}") };
    assert_eq!((first.sequence, first.stored_count, first.refused_count), (1, 2, 1));
    let Some(Outcome::Refusal(refusal)) = &first.results[0].outcome else { panic!("{first:?}") };
    assert_eq!((first.results[0].index, refusal.reason.as_str()), (2, "INVALID_FIELDS"));
    let fields: Vec<_> =
        refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["user_id", "model"]);
    assert_eq!(
        (second.sequence, second.stored_count, second.duplicate_count, second.refused_count),
        (7, 1, 1, 1)
    );
    assert!(
        matches!(&second.results[0].outcome, Some(Outcome::Duplicate(receipt)) if receipt.duplicate)
    );
    assert!(
        matches!(&second.results[1].outcome, Some(Outcome::Refusal(refusal)) if refusal.reason == "RECORD_ID_REUSED")
    );
    server.finish().await;
}

#[tokio::test]
async fn one_id_twice_in_a_request_counts_once() {
    let server = TestServer::start().await;
    let (same, changed) = (new_id(), new_id());
    let records =
        vec![with_id(&same, 1), with_id(&changed, 1), with_id(&same, 1), with_id(&changed, 2)];
    let responses = send(&server, vec![request(1, records)]).await;
    let response = responses[0].as_ref().unwrap();
    assert_eq!(
        (response.stored_count, response.duplicate_count, response.refused_count),
        (2, 1, 1)
    );
    assert_eq!(response.results.iter().map(|result| result.index).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(server.database.count("SELECT sum(input_tokens)::bigint FROM usage_log").await, 2);
    server.finish().await;
}

#[tokio::test]
async fn the_first_bad_request_ends_the_stream_after_what_came_before() {
    let server = TestServer::start().await;
    for bad in [
        request(1, vec![call("ada", 1, 1)]),
        request(2, vec![]),
        request(2, vec![call("ada", 1, 1); 501]),
    ] {
        let responses = send(
            &server,
            vec![request(1, vec![call("ada", 1, 1)]), bad, request(3, vec![call("ada", 1, 1)])],
        )
        .await;
        assert_eq!(responses.len(), 2, "{responses:?}");
        assert_eq!(responses[0].as_ref().unwrap().stored_count, 1);
        assert_eq!(responses[1].as_ref().unwrap_err().code(), Code::InvalidArgument);
    }
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 3);
    server.finish().await;
}

#[tokio::test]
async fn an_answer_comes_while_the_stream_is_open() {
    let server = TestServer::start().await;
    let (sender, receiver) = mpsc::channel(1);
    let mut responses = server
        .usage()
        .await
        .record_usage_batch(ReceiverStream::new(receiver))
        .await
        .unwrap()
        .into_inner();
    for sequence in 1..=3 {
        sender.send(request(sequence, vec![call("ada", 1, 1)])).await.unwrap();
        assert_eq!(responses.message().await.unwrap().unwrap().sequence, sequence);
    }
    drop(sender);
    assert_eq!(responses.message().await.unwrap(), None);
    server.finish().await;
}

/// A flood of frames that each carry next to nothing must not make HTTP/2 close
/// the connection: see the window sizes in `api::serve`.
#[tokio::test]
async fn twenty_thousand_tiny_messages_pass() {
    let server = TestServer::start().await;
    let requests = (1..=20_000).map(|sequence| request(sequence, vec![UsageRecord::default()]));
    let responses =
        server.usage().await.record_usage_batch(iter(requests)).await.unwrap().into_inner();
    let refused: Vec<_> = responses.collect::<Result<_, _>>().await.unwrap();
    assert_eq!(refused.len(), 20_000);
    assert!(refused.iter().all(|response| response.refused_count == 1));
    server.finish().await;
}

#[tokio::test]
async fn five_hundred_large_records_fit_in_one_request() {
    let server = TestServer::start().await;
    let text =
        prost_types::Value { kind: Some(prost_types::value::Kind::StringValue("m".repeat(1_800))) };
    let metadata = prost_types::Struct { fields: [("prompt_template".to_owned(), text)].into() };
    let record = UsageRecord { request_metadata: Some(metadata), ..call("ada", 1, 1) };
    let responses = send(&server, vec![request(1, vec![record; 500])]).await;
    assert_eq!(responses[0].as_ref().unwrap().stored_count, 500);
    server.finish().await;
}
