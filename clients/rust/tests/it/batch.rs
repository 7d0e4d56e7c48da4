//! Many records over streams that break.

use std::time::Duration;

use aiusage_client::{Code, Record};

use crate::fake::{Fake, State};
use crate::{client, fake};

fn records(count: u64) -> impl Iterator<Item = Record> + Send {
    (0..count).map(|n| Record::new("ada").model("openai", "gpt-4o").tokens(n, 1))
}

#[tokio::test]
async fn progress_comes_chunk_by_chunk() {
    let fake = fake();
    let mut batch = client(&fake).record_batch(records(1_234));
    let mut chunks = Vec::new();
    while let Some(chunk) = batch.next().await.expect("the service answers") {
        chunks.push((chunk.first_position, chunk.record_count, chunk.stored_count));
    }
    assert_eq!(chunks, [(0, 500, 500), (500, 500, 500), (1_000, 234, 234)]);
    assert_eq!(batch.next().await.expect("nothing is left to fail"), None);
}

#[tokio::test]
async fn no_records_need_no_stream() {
    let fake = fake();
    let summary = client(&fake).record_batch(records(0)).finish().await.expect("nothing to do");
    assert_eq!(summary.stored_count, 0);
    assert_eq!(fake.state().streams, 0);
}

#[tokio::test]
async fn a_refused_record_is_an_answer() {
    let fake = fake();
    let bad = Record::new("bad");
    let id = bad.id().to_owned();
    let mixed = records(700).chain([bad]).chain(records(3));
    let summary = client(&fake).record_batch(mixed).finish().await.expect("the service answers");
    assert_eq!((summary.stored_count, summary.duplicate_count), (703, 0));
    let [refused] = summary.refused.as_slice() else { panic!("one is refused: {summary:?}") };
    assert_eq!((refused.position, &refused.record_id), (700, &id));
    assert_eq!(refused.violations[0].field, "user_id");
}

#[tokio::test]
async fn a_stream_that_ends_goes_on_where_it_stopped() {
    let fake = Fake::start(State { stream_lengths: vec![2, 0, 3], ..State::default() });
    let summary = client(&fake).record_batch(records(10_000)).finish().await.expect("it recovers");
    assert_eq!(summary.stored_count + summary.duplicate_count, 10_000);
    // Each broken stream stored one chunk without answering.
    assert_eq!(summary.duplicate_count, 1_000);
    assert_eq!(fake.state().stored.len(), 10_000);
    assert_eq!(fake.state().streams, 4);
}

#[tokio::test]
async fn a_restart_loses_and_doubles_nothing() {
    let mut fake = Fake::start(State { delay: Duration::from_millis(5), ..State::default() });
    let mut batch = client(&fake).record_batch(records(20_000));
    let (mut answered, mut chunks) = (0, 0);
    while let Some(chunk) = batch.next().await.expect("it recovers") {
        answered += chunk.record_count;
        chunks += 1;
        if chunks % 10 == 0 {
            fake.restart();
        }
    }
    assert_eq!((answered, fake.state().stored.len()), (20_000, 20_000));
}

#[tokio::test]
async fn patience_has_an_end() {
    let mut fake = fake();
    fake.kill();
    let batch = client(&fake).record_batch(records(1)).patience(Duration::from_millis(300));
    let error = batch.finish().await.expect_err("nobody listens");
    assert_eq!(error.code(), Some(Code::Unavailable));
}
