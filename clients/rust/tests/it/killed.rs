//! Processes that are killed: what lies on the disk is sent by the next one.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use aiusage_client::{Client, Record, Tracker};

use crate::folder::Folder;
use crate::{client, fake};

/// Tells the child what to do: the address, and the folder of the spool.
const ADDRESS: &str = "AIUSAGE_TEST_ADDRESS";
const SPOOL: &str = "AIUSAGE_TEST_SPOOL";
/// What the child prints before each id that it has on the disk.
const KEPT: &str = "kept ";

#[tokio::test]
async fn a_killed_process_leaves_its_records_to_the_next_one() {
    let (mut fake, folder) = (fake(), Folder::new());
    fake.kill();
    let mut child = Command::new(std::env::current_exe().expect("this test runs"))
        .args(["--exact", "killed::child", "--nocapture", "--include-ignored"])
        .env(ADDRESS, fake.url())
        .env(SPOOL, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can be run again");
    let output = BufReader::new(child.stdout.take().expect("is piped"));
    let lines = output.lines().map(|line| line.expect("is text"));
    let ids: Vec<String> =
        lines.filter_map(|line| line.strip_prefix(KEPT).map(str::to_owned)).take(3).collect();

    // While it lives, its records are its own.
    let other = Tracker::builder(client(&fake)).spool(folder.path()).start();
    let own = other.record(Record::new("bob").model("openai", "gpt-4o"));
    assert!(!other.close(Duration::from_secs(20)).await, "nobody is there");
    assert_eq!(other.stats().spooled, 1);
    drop(other);

    child.kill().expect("it waits to be killed");
    child.wait().expect("it is our child");
    fake.restart();
    let next = Tracker::builder(client(&fake)).spool(folder.path()).start();
    fake.until(|state| state.stored.len() == 4).await;
    assert!(ids.iter().chain([&own]).all(|id| fake.state().stored.contains(id)));
    assert!(next.close(Duration::from_secs(20)).await);
    assert!(folder.records().is_empty());
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_loses_nothing_where_all_goes_to_the_disk() {
    let (fake, folder) = (fake(), Folder::new());
    let mut child = Command::new(std::env::current_exe().expect("this test runs"))
        .args(["--exact", "killed::hasty_child", "--nocapture", "--include-ignored"])
        .env(ADDRESS, fake.url())
        .env(SPOOL, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can be run again");
    let output = BufReader::new(child.stdout.take().expect("is piped"));
    let mut lines = output.lines().map(|line| line.expect("is text"));
    let mut ids: Vec<String> = lines
        .by_ref()
        .filter_map(|line| line.strip_prefix(KEPT).map(str::to_owned))
        .take(300)
        .collect();
    child.kill().expect("it goes on until it is killed");
    child.wait().expect("it is our child");
    // What it had said by then, up to the line that was cut off.
    let rest = lines.filter_map(|line| line.strip_prefix(KEPT).map(str::to_owned));
    ids.extend(rest.filter(|id| id.len() == 36));

    let next = Tracker::builder(client(&fake)).spool(folder.path()).start();
    fake.until(|state| ids.iter().all(|id| state.stored.contains(id))).await;
    assert!(next.close(Duration::from_secs(20)).await);
}

/// Not a test of its own: the process that is killed while it records.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above"]
#[expect(clippy::print_stdout, reason = "tells the test what was recorded")]
async fn hasty_child() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let folder = std::env::var(SPOOL).expect("is set with the address");
    let client = Client::builder().address(address).api_key("aiusage_test").build();
    let builder = Tracker::builder(client.expect("all is given")).spool(folder).spool_always();
    let tracker = builder.linger(Duration::from_millis(5)).start();
    println!();
    loop {
        println!("{KEPT}{}", tracker.record(Record::new("ada").model("openai", "gpt-4o")));
        tokio::task::yield_now().await;
    }
}

/// Not a test of its own: the process that is killed.
#[tokio::test]
#[ignore = "run by the test above"]
#[expect(clippy::print_stdout, reason = "tells the test what is on the disk")]
async fn child() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let folder = std::env::var(SPOOL).expect("is set with the address");
    // Another address than the parent's would be another spool.
    let client = Client::builder().address(address).api_key("aiusage_test").build();
    let tracker = Tracker::builder(client.expect("all is given")).spool(folder).start();
    let ids: Vec<String> =
        (0..3).map(|_| tracker.record(Record::new("ada").model("openai", "gpt-4o"))).collect();
    while tracker.stats().spooled < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for id in ids {
        println!("\n{KEPT}{id}");
    }
    std::future::pending::<()>().await;
}
