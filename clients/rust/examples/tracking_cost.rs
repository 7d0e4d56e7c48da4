//! Measures what recording costs the caller, and how much memory a service that is away
//! takes.
//!
//!     cargo run --release -p aiusage-client --example tracking_cost

use std::time::{Duration, Instant};

use aiusage_client::{Call, Client, Context, Record, Tracker};

const CALLS: usize = 200_000;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "figures for people to read")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Nobody listens there: the worst case for the memory.
    let client = Client::builder().address("http://127.0.0.1:9").api_key("none").build()?;
    let spool = std::env::temp_dir().join(format!("aiusage-tracking-cost-{}", std::process::id()));
    let tracker = Tracker::builder(client.clone()).spool(&spool).start();
    let context = Context::new().user_id("ada").feature("chat").tag("plan", "pro");
    let before = resident();

    let record = || drop(tracker.record(Record::new("ada").model("openai", "gpt-4o").tokens(9, 9)));
    println!("record: {}", context.clone().sync_scope(|| measure(record)));
    let folder = spool.join("always");
    let always = Tracker::builder(client).spool(&folder).spool_always().start();
    let record = || drop(always.record(Record::new("ada").model("openai", "gpt-4o").tokens(9, 9)));
    println!("record, always on the disk: {}", context.clone().sync_scope(|| measure(record)));
    let track = || {
        let mut call = tracker.track(Call::new("openai", "gpt-4o"));
        call.set_tokens(1_200, 350);
        call.finish();
    };
    println!("track:  {}", context.sync_scope(|| measure(track)));

    tracker.flush(Duration::from_secs(2)).await;
    println!("memory: {before} before, {} after {} records", resident(), 2 * CALLS);
    println!("{:?}", tracker.stats());
    tracker.close(Duration::from_secs(2)).await;
    println!("always on the disk: {:?}", always.stats());
    always.close(Duration::from_secs(2)).await;
    std::fs::remove_dir_all(spool)?;
    Ok(())
}

/// The middle and the slow end of many calls.
fn measure(call: impl Fn()) -> String {
    let timed = (0..CALLS).map(|_| {
        let began = Instant::now();
        call();
        began.elapsed()
    });
    let mut times: Vec<Duration> = timed.collect();
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100];
    format!("p50 {:?}, p99 {:?}", at(50), at(99))
}

/// What the process has in memory, as Linux tells it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}
