//! `AIUSAGE_DISABLED`, which is the process's: each case is one of its own.

use std::process::{Command, Stdio};
use std::time::Duration;

use aiusage_client::{Call, Client, Record, RecordState, SenderStats, Tracker};

use crate::conformance::{cases, folder};
use crate::{client, fake};

const VARIABLE: &str = "AIUSAGE_DISABLED";
/// Tells the child that it is one.
const IS_CHILD: &str = "AIUSAGE_TEST_IS_CHILD";
const SOON: Duration = Duration::from_secs(20);

#[test]
fn the_environment_says_the_same_to_all_clients() {
    for case in cases(&folder().join("disabled.json")) {
        let mut child = Command::new(std::env::current_exe().expect("this test runs"));
        child.args(["--exact", "disabled::child", "--nocapture", "--include-ignored"]);
        child.env(IS_CHILD, "1").env_remove(VARIABLE).stderr(Stdio::null());
        if let Some(value) = case["value"].as_str() {
            child.env(VARIABLE, value);
        }
        let output = child.output().expect("this test can be run again");
        let said = String::from_utf8(output.stdout).expect("is text");
        let expected = if case["is_disabled"] == true { "it is off" } else { "it is on" };
        assert!(output.status.success() && said.contains(expected), "{}: {said}", case["name"]);
    }
}

/// Not a test of its own: the process that is told by its environment.
#[tokio::test]
#[ignore = "run by the test above"]
#[expect(clippy::print_stdout, reason = "tells the test what the environment said")]
async fn child() {
    if std::env::var_os(IS_CHILD).is_none() {
        return;
    }
    let builder = || {
        let client = Client::builder().address("http://127.0.0.1:9").api_key("aiusage_test");
        Tracker::builder(client.build().expect("all is given")).without_spool()
    };
    // What the application says itself counts.
    assert!(builder().enabled(true).start().is_enabled());
    assert!(!builder().enabled(false).start().is_enabled());
    let is_enabled = builder().start().is_enabled();
    // No key is looked for where none is needed.
    assert!(is_enabled || Tracker::connect().is_ok_and(|tracker| !tracker.is_enabled()));
    println!("\nit is {}", if is_enabled { "on" } else { "off" });
}

#[tokio::test]
async fn a_disabled_tracker_sends_nothing() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().enabled(false).start();
    let record = Record::new("ada").model("openai", "gpt-4o");
    assert_eq!(tracker.record(record.clone()), record.id());
    let call = tracker.track(Call::new("openai", "gpt-4o"));
    let id = call.record_id().to_owned();
    assert_eq!(call.finish(), id);
    assert_eq!(tracker.record_and_wait(record).await, RecordState::Disabled);
    let call = tracker.track(Call::new("openai", "gpt-4o"));
    assert_eq!(call.finish_and_wait().await, RecordState::Disabled);
    assert!(tracker.flush(SOON).await && tracker.close(SOON).await);
    assert_eq!(tracker.stats(), SenderStats::default());
    let state = fake.state();
    assert_eq!((state.streams, state.attempts.len()), (0, 0));
}
