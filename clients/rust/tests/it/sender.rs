//! Records in the background, while the service comes and goes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aiusage_client::{Client, DropReason, Record, Tracker, TrackerBuilder};
use tonic::Status;

use crate::fake::{Fake, State};
use crate::folder::Folder;
use crate::{client, fake};

const SOON: Duration = Duration::from_secs(20);

/// Drops that were told: ids and reasons.
type Told = Arc<Mutex<Vec<(String, DropReason)>>>;

fn telling(builder: TrackerBuilder) -> (TrackerBuilder, Told) {
    let told = Told::default();
    let tell = Arc::clone(&told);
    let builder = builder.on_drop(move |record, reason| {
        let drop = (record.id().to_owned(), reason.clone());
        tell.lock().expect("no test panics while it holds the lock").push(drop);
    });
    (builder, told)
}

fn in_memory(fake: &Fake) -> (Tracker, Told) {
    let (builder, told) = telling(Tracker::builder(client(fake)).without_spool());
    (builder.start(), told)
}

fn record() -> Record {
    Record::new("ada").model("openai", "gpt-4o").tokens(1, 2)
}

#[tokio::test]
async fn records_of_many_tasks_arrive() {
    let fake = fake();
    let (tracker, _) = in_memory(&fake);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let tracker = tracker.clone();
            std::thread::spawn(move || {
                (0..500).map(|_| tracker.record(record())).collect::<Vec<_>>()
            })
        })
        .collect();
    let ids: Vec<String> =
        tasks.into_iter().flat_map(|task| task.join().expect("no thread panics")).collect();
    assert!(tracker.flush(SOON).await);
    let stored = fake.state().stored.clone();
    assert!(ids.len() == 4_000 && ids.iter().all(|id| stored.contains(id)));
    let stats = tracker.stats();
    assert_eq!((stats.sent, stats.queued, stats.queued_bytes, stats.dropped), (4_000, 0, 0, 0));
}

#[tokio::test]
async fn a_flush_of_nothing_needs_no_service() {
    let mut fake = fake();
    fake.kill();
    let (tracker, _) = in_memory(&fake);
    assert!(tracker.flush(SOON).await);
    assert!(tracker.close(SOON).await);
}

#[tokio::test]
async fn away_and_back_loses_and_doubles_nothing() {
    let mut fake = fake();
    let (tracker, told) = in_memory(&fake);
    let mut ids = vec![tracker.record(record())];
    assert!(tracker.flush(SOON).await);
    fake.kill();
    ids.extend((0..1_500).map(|_| tracker.record(record())));
    assert!(!tracker.flush(Duration::from_millis(50)).await, "nobody is there");
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored.len(), ids.len());
    assert_eq!(tracker.stats().sent + tracker.stats().duplicates, 1_501);
    assert!(told.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn a_full_queue_is_told() {
    let mut fake = fake();
    fake.kill();
    let (builder, told) = telling(Tracker::builder(client(&fake)).without_spool());
    let tracker = builder.queue_records(3).start();
    let ids: Vec<String> = (0..5).map(|_| tracker.record(record())).collect();
    let told = told.lock().expect("no panic").clone();
    let expected = [ids[3].clone(), ids[4].clone()].map(|id| (id, DropReason::QueueFull));
    assert_eq!(told, expected);
    assert_eq!((tracker.stats().queued, tracker.stats().dropped), (3, 2));
}

#[tokio::test]
async fn what_cannot_be_sent_at_the_end_is_told() {
    let mut fake = fake();
    fake.kill();
    let (tracker, told) = in_memory(&fake);
    let id = tracker.record(record());
    assert!(!tracker.close(Duration::from_millis(100)).await);
    let late = tracker.record(record());
    let told = told.lock().expect("no panic").clone();
    assert_eq!(told, [(id, DropReason::Closed), (late, DropReason::Closed)]);
}

#[tokio::test]
async fn a_refused_record_is_told_and_holds_nothing_up() {
    let fake = fake();
    let (tracker, told) = in_memory(&fake);
    tracker.record(record());
    let bad = tracker.record(Record::new("bad"));
    tracker.record(record());
    assert!(tracker.flush(SOON).await);
    let told = told.lock().expect("no panic").clone();
    let [(id, DropReason::Refused { reason, violations, .. })] = told.as_slice() else {
        panic!("one refusal: {told:?}")
    };
    assert_eq!((id, reason.as_str(), violations.len()), (&bad, "INVALID_FIELDS", 1));
    assert_eq!((tracker.stats().sent, tracker.stats().refused), (2, 1));
}

#[tokio::test]
async fn a_message_that_is_refused_whole_costs_the_record_at_fault_alone() {
    let fake = Fake::start(State {
        stream_failures: vec![Status::invalid_argument("the message is malformed")],
        failures: vec![Status::invalid_argument("this one is")],
        ..State::default()
    });
    let (tracker, told) = in_memory(&fake);
    let ids: Vec<String> = (0..3).map(|_| tracker.record(record())).collect();
    assert!(tracker.flush(SOON).await);
    let told = told.lock().expect("no panic").clone();
    assert!(matches!(told.as_slice(), [(id, DropReason::Refused { .. })] if *id == ids[0]));
    assert_eq!(fake.state().stored.len(), 2);
}

#[tokio::test]
async fn a_wrong_key_loses_nothing() {
    let fake = Fake::start(State {
        stream_failures: vec![Status::unauthenticated("the key is not known"); 2],
        ..State::default()
    });
    let (tracker, told) = in_memory(&fake);
    tracker.record(record());
    assert!(tracker.flush(SOON).await);
    let (stored, streams) = {
        let state = fake.state();
        (state.stored.len(), state.streams)
    };
    assert_eq!((stored, streams), (1, 3));
    assert!(told.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn the_service_says_when_to_come_back() {
    use tonic_types::{ErrorDetails, StatusExt};
    let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(3_600)));
    let full = Status::with_error_details(tonic::Code::Unavailable, "full", details);
    let fake = Fake::start(State { stream_failures: vec![full], ..State::default() });
    let (tracker, _) = in_memory(&fake);
    tracker.record(record());
    assert!(!tracker.flush(Duration::from_millis(300)).await);
    assert!(!tracker.flush(Duration::from_millis(300)).await, "a hurry does not shorten it");
    assert_eq!(fake.state().streams, 1);
}

#[tokio::test]
async fn a_tracker_that_is_dropped_sends_what_it_has() {
    let fake = fake();
    let (tracker, _) = in_memory(&fake);
    let id = tracker.record(record());
    drop(tracker);
    fake.until(|state| state.stored.contains(&id)).await;
}

#[tokio::test]
async fn on_drop_may_panic() {
    let fake = fake();
    let builder = Tracker::builder(client(&fake)).without_spool();
    let tracker = builder.on_drop(|_, _| panic!("the application's fault")).start();
    tracker.record(Record::new("bad"));
    tracker.record(record());
    assert!(tracker.flush(SOON).await);
    assert_eq!((tracker.stats().sent, tracker.stats().refused), (1, 1));
}

fn spooling(fake: &Fake, folder: &Folder) -> (Tracker, Told) {
    let (builder, told) = telling(Tracker::builder(client(fake)).spool(folder.path()));
    (builder.start(), told)
}

#[tokio::test]
async fn what_waits_on_the_disk_is_sent_when_the_service_is_back() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let (tracker, told) = spooling(&fake, &folder);
    let ids: Vec<String> = (0..300).map(|_| tracker.record(record())).collect();
    assert!(!tracker.flush(Duration::from_millis(500)).await);
    assert_eq!((tracker.stats().queued, tracker.stats().spooled), (0, 300));
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored, ids.into_iter().collect());
    assert_eq!((tracker.stats().sent, tracker.stats().spooled), (300, 0));
    assert_eq!(folder.records(), [] as [std::path::PathBuf; 0]);
    assert!(told.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn the_next_process_sends_what_the_last_one_could_not() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let (first, told) = spooling(&fake, &folder);
    let mut ids = vec![first.record(record())];
    assert!(!first.close(SOON).await, "it is not sent");
    ids.push(first.record(record()));
    assert_eq!(first.stats().dropped, 0, "what comes late is kept, too");
    drop(first);

    fake.restart();
    let (second, _) = spooling(&fake, &folder);
    fake.until(|state| state.stored.len() == 2).await;
    assert!(second.close(SOON).await);
    assert_eq!(fake.state().stored, ids.into_iter().collect());
    assert!(folder.records().is_empty() && told.lock().expect("no panic").is_empty());
}

#[test]
fn a_runtime_that_stops_loses_nothing() {
    let folder = Folder::new();
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1).enable_all().build().expect("a runtime can be made")
    };
    let mut fake = fake();
    fake.kill();
    let first = runtime();
    let (tracker, _) = first.block_on(async { spooling(&fake, &folder) });
    let id = tracker.record(record());
    drop(first);
    assert_eq!((tracker.stats().spooled, tracker.stats().dropped), (1, 0));
    drop(tracker);

    fake.restart();
    runtime().block_on(async {
        let (_tracker, _) = spooling(&fake, &folder);
        fake.until(|state| state.stored.contains(&id)).await;
    });
}

#[tokio::test]
async fn trackers_share_a_folder() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let trackers: Vec<_> = (0..4).map(|_| spooling(&fake, &folder).0).collect();
    let ids: Vec<String> = (0..400).map(|n| trackers[n % 4].record(record())).collect();
    for tracker in &trackers {
        assert!(!tracker.flush(Duration::from_millis(300)).await);
    }
    fake.restart();
    for tracker in &trackers {
        assert!(tracker.flush(SOON).await);
    }
    assert_eq!(fake.state().stored, ids.into_iter().collect());
    let doubled: u64 = trackers.iter().map(|tracker| tracker.stats().duplicates).sum();
    assert_eq!((doubled, folder.records().len()), (0, 0), "nobody sends what another one holds");
}

#[tokio::test]
async fn another_key_s_records_stay() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let (tracker, _) = spooling(&fake, &folder);
    tracker.record(record());
    assert!(!tracker.close(SOON).await);
    drop(tracker);
    fake.restart();
    let other = Client::builder().address(fake.url()).api_key("another").build().expect("is set");
    let other = Tracker::builder(other).spool(folder.path()).start();
    other.record(record());
    assert!(other.flush(SOON).await && other.close(SOON).await);
    assert_eq!((fake.state().stored.len(), folder.records().len()), (1, 1));
    let path = folder.records()[0].to_string_lossy().into_owned();
    let bytes = std::fs::read(&folder.records()[0]).expect("it is there");
    let has_key = |text: &[u8]| text.windows(12).any(|part| part == b"aiusage_test");
    assert!(!has_key(path.as_bytes()) && !has_key(&bytes), "the key is not on the disk");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_records() {
    use std::os::unix::fs::PermissionsExt;
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let (tracker, _) = spooling(&fake, &folder);
    tracker.record(record());
    tracker.close(SOON).await;
    let file = folder.records().pop().expect("one file");
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
}

#[tokio::test]
async fn a_full_spool_keeps_records_in_memory_and_then_tells() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let builder = Tracker::builder(client(&fake)).spool(folder.path()).spool_bytes(1_000);
    let (builder, told) = telling(builder.queue_records(50));
    let tracker = builder.start();
    let ids: Vec<String> = (0..50).map(|_| tracker.record(record())).collect();
    assert!(!tracker.flush(Duration::from_millis(500)).await);
    let stats = tracker.stats();
    assert!(stats.spooled > 0 && stats.queued > 0, "{stats:?}");
    assert_eq!((stats.spooled + stats.queued, stats.dropped), (50, 0));

    assert!(!tracker.close(SOON).await);
    let told = told.lock().expect("no panic").clone();
    let kept = usize::try_from(stats.spooled).expect("a few");
    assert!(told.iter().all(|(_, reason)| *reason == DropReason::SpoolFull), "{told:?}");
    let lost: Vec<&String> = told.iter().map(|(id, _)| id).collect();
    assert_eq!(lost, ids[kept..].iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_leaves_the_memory() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("the folder can be written");
    let (builder, told) = telling(Tracker::builder(client(&fake)).spool(&file));
    let tracker = builder.start();
    let id = tracker.record(record());
    assert!(!tracker.flush(Duration::from_millis(500)).await);
    assert_eq!((tracker.stats().queued, tracker.stats().dropped), (1, 0));
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(&id) && told.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn a_break_in_the_middle_of_the_spool_doubles_nothing() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let (tracker, _) = spooling(&fake, &folder);
    let ids: Vec<String> = (0..2_000).map(|_| tracker.record(record())).collect();
    assert!(!tracker.flush(Duration::from_millis(500)).await);
    fake.state().stream_lengths = vec![1, 0, 2];
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored, ids.into_iter().collect());
}

const NEVER: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_service_that_falls_silent_counts_as_away() {
    let (fake, folder) = (Fake::start(State { delay: NEVER, ..State::default() }), Folder::new());
    let builder = Tracker::builder(client(&fake)).answer_timeout(Duration::from_millis(100));
    let (builder, told) = telling(builder.spool(folder.path()).queue_records(3));
    let tracker = builder.start();
    let ids: Vec<String> = (0..10).map(|_| tracker.record(record())).collect();
    let stats = tracker.stats();
    assert_eq!((stats.spooled, stats.dropped), (7, 0), "what the queue cannot take is on the disk");
    assert!(!tracker.flush(Duration::from_millis(500)).await, "nobody answers");
    assert_eq!(tracker.stats().sent, 0);

    fake.state().delay = Duration::ZERO;
    assert!(tracker.flush(SOON).await);
    assert_eq!(fake.state().stored, ids.into_iter().collect());
    let stats = tracker.stats();
    assert_eq!((stats.sent + stats.duplicates, stats.spooled, stats.queued), (10, 0, 0));
    assert!(told.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn a_flush_waits_for_what_the_queue_could_not_take() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let builder = Tracker::builder(client(&fake)).spool(folder.path()).queue_records(0);
    let tracker = builder.start();
    let id = tracker.record(record());
    assert!(!tracker.flush(Duration::from_millis(100)).await, "nobody is there");
    fake.restart();
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(&id));
}

#[tokio::test]
async fn silence_loses_nothing_in_memory() {
    let fake = Fake::start(State { delay: NEVER, ..State::default() });
    let builder = Tracker::builder(client(&fake)).answer_timeout(Duration::from_millis(50));
    let tracker = builder.without_spool().start();
    let id = tracker.record(record());
    fake.until(|state| state.streams > 1).await;
    fake.state().delay = Duration::ZERO;
    assert!(tracker.flush(SOON).await);
    assert!(fake.state().stored.contains(&id) && tracker.stats().dropped == 0);
}
