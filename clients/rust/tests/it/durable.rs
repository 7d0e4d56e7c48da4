//! Records that are safe when the call that records them returns.

use std::time::Duration;

use aiusage_client::{Call, DropReason, Record, RecordState, Tracker};
use tonic::Status;

use crate::fake::{Fake, State};
use crate::folder::Folder;
use crate::{client, fake};

const SOON: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_secs(3_600);

fn record() -> Record {
    Record::new("ada").model("openai", "gpt-4o").tokens(1, 2)
}

fn spooling(fake: &Fake, folder: &Folder) -> Tracker {
    Tracker::builder(client(fake)).spool(folder.path()).start()
}

fn always(fake: &Fake, folder: &Folder) -> Tracker {
    Tracker::builder(client(fake)).spool(folder.path()).spool_always().start()
}

#[tokio::test]
async fn a_record_that_was_waited_for_is_stored() {
    let (fake, folder) = (fake(), Folder::new());
    let tracker = spooling(&fake, &folder);
    let record = record();
    assert_eq!(tracker.record_and_wait(record.clone()).await, RecordState::Stored);
    assert!(fake.state().stored.contains(record.id()));
    assert_eq!(tracker.record_and_wait(record).await, RecordState::Stored);
    let stats = tracker.stats();
    assert_eq!((stats.sent, stats.duplicates, stats.queued, stats.spooled), (1, 1, 0, 0));
}

#[tokio::test]
async fn a_call_that_was_waited_for_is_stored() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let begin = || tracker.track(Call::new("openai", "gpt-4o").user_id("ada"));
    let (good, bad) = (begin(), begin());
    let ids = [good.record_id().to_owned(), bad.record_id().to_owned()];
    assert!(good.finish_and_wait().await.is_durable());
    // In a task of its own: the future holds nothing of the error.
    let waiting = bad.fail_and_wait(&std::io::Error::from(std::io::ErrorKind::TimedOut));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(waiting);
    assert_eq!(tasks.join_all().await, [RecordState::Stored]);
    assert_eq!(fake.state().attempts, ids);
    assert_eq!(tracker.stats().sent, 2, "each of them once");
}

#[tokio::test]
async fn without_the_service_it_lies_on_the_disk() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let tracker = spooling(&fake, &folder);
    let record = record();
    let state = tracker.record_and_wait(record.clone()).await;
    assert!(state == RecordState::OnDisk && state.is_durable());
    assert_eq!((folder.records().len(), tracker.stats().spooled), (1, 1));
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(record.id()) && folder.records().is_empty());
}

#[tokio::test]
async fn without_service_and_disk_it_waits_in_memory() {
    let mut fake = fake();
    fake.kill();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let state = tracker.record_and_wait(record()).await;
    assert!(state == RecordState::InMemory && !state.is_durable());
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored.len(), 1);
}

#[tokio::test]
async fn a_refusal_is_told() {
    let failures = vec![Status::invalid_argument("the record is malformed")];
    let fake = Fake::start(State { failures, ..State::default() });
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let state = tracker.record_and_wait(record()).await;
    assert!(matches!(state, RecordState::Dropped(DropReason::Refused { .. })), "{state:?}");
    assert_eq!(tracker.stats().refused, 1);
}

#[tokio::test]
async fn a_future_that_is_dropped_loses_nothing() {
    let (fake, folder) = (Fake::start(State { delay: NEVER, ..State::default() }), Folder::new());
    let tracker = spooling(&fake, &folder);
    let record = record();
    let waiting = tracker.record_and_wait(record.clone());
    tokio::time::timeout(Duration::from_millis(50), waiting).await.expect_err("nobody answers");
    assert_eq!(tracker.stats().spooled, 1);
    fake.state().delay = Duration::ZERO;
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(record.id()));
}

#[tokio::test]
async fn always_on_the_disk_means_before_the_call_returns() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let tracker = always(&fake, &folder);
    let ids: Vec<String> = (0..5).map(|_| tracker.record(record())).collect();
    let call = tracker.track(Call::new("openai", "gpt-4o").user_id("ada"));
    let id = call.finish();
    assert_eq!((tracker.stats().spooled, tracker.stats().queued), (6, 0));
    let size = |path: &std::path::PathBuf| std::fs::metadata(path).expect("it is there").len();
    assert!(folder.records().iter().map(size).sum::<u64>() > 6 * 50, "each of them is written");
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored, ids.into_iter().chain([id]).collect());
    assert!(folder.records().is_empty());
}

#[tokio::test]
async fn what_goes_by_the_disk_arrives_by_itself_and_once() {
    let (fake, folder) = (fake(), Folder::new());
    let tracker = always(&fake, &folder);
    for _ in 0..3 {
        let before = fake.state().stored.len();
        (0..700).for_each(|_| drop(tracker.record(record())));
        fake.until(|state| state.stored.len() == before + 700).await;
    }
    assert!(tracker.flush(SOON).await);
    let stats = tracker.stats();
    assert_eq!((stats.sent, stats.duplicates, stats.spooled, stats.dropped), (2_100, 0, 0, 0));
    assert!(tracker.close(SOON).await && folder.records().is_empty());
}

#[tokio::test]
async fn records_that_wait_on_the_disk_travel_together() {
    let (fake, folder) = (fake(), Folder::new());
    let builder = Tracker::builder(client(&fake)).spool(folder.path()).spool_always();
    let tracker = builder.linger(NEVER).start();
    (0..100).for_each(|_| drop(tracker.record(record())));
    assert!(tracker.flush(SOON).await, "a flush does not wait for others");
    let state = fake.state();
    assert_eq!((state.streams, state.stored.len()), (1, 100));
}

#[tokio::test]
async fn a_flush_waits_for_what_was_before_it_alone() {
    let (fake, folder) = (fake(), Folder::new());
    let tracker = always(&fake, &folder);
    let writer = tracker.clone();
    let goes_on = tokio_stream::StreamExt::throttle(
        tokio_stream::iter(std::iter::repeat(())),
        Duration::from_millis(1),
    );
    let recording = async {
        let mut goes_on = std::pin::pin!(goes_on);
        while tokio_stream::StreamExt::next(&mut goes_on).await.is_some() {
            writer.record(record());
        }
    };
    tokio::select! {
        () = recording => unreachable!("it never ends"),
        is_flushed = tracker.flush(SOON) => assert!(is_flushed),
    }
}

#[tokio::test]
async fn a_disk_in_trouble_leaves_the_memory() {
    let (fake, folder) = (fake(), Folder::new());
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("the folder can be written");
    let builder = Tracker::builder(client(&fake)).spool(&file).spool_always();
    let tracker = builder.start();
    let id = tracker.record(record());
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(&id) && tracker.stats().dropped == 0);
}
