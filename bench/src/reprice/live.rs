//! Calls that go on whatever happens, and how long each takes until its record is durable.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aiusage_client::proto::{RecordUsageRequest, UsageRecord};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::records::{Records, Times};
use crate::report::Rate;
use crate::service::{Service, UsageClient};

/// Calls under way at once.
pub(crate) const IN_FLIGHT: u32 = 16;
/// A refused connection is refused at once; the service has better things to do.
const BREATH: Duration = Duration::from_millis(10);

/// Callers at work. They end when it is dropped.
pub(crate) struct Live {
    seen: Arc<Mutex<Seen>>,
    callers: JoinSet<()>,
}

struct Seen {
    since: Instant,
    latency_us: Histogram<u64>,
    retry_count: u64,
}

/// What was seen in some time.
pub(crate) struct Window {
    pub(crate) rate: Rate,
    pub(crate) latency_us: Histogram<u64>,
    /// Tries that were not answered, or told to come again.
    pub(crate) retry_count: u64,
}

impl Seen {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { since: Instant::now(), latency_us: Histogram::new(3)?, retry_count: 0 })
    }
}

impl Live {
    /// Starts callers of `users` users, `per_second` calls altogether, half of them of the
    /// `days` before.
    pub(crate) fn start(
        service: &Service,
        users: usize,
        days: u64,
        per_second: u32,
    ) -> anyhow::Result<Self> {
        let seen = Arc::new(Mutex::new(Seen::new()?));
        let mut callers = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let records = Records::of(fastrand::u64(..), users, Times::Mixed { days });
            let pace = Duration::from_secs(1) * IN_FLIGHT / per_second;
            callers.spawn(call_on(service.usage(), records, pace, Arc::clone(&seen)));
        }
        Ok(Self { seen, callers })
    }

    /// Forgets what was seen before, and begins anew.
    pub(crate) fn take(&self) -> anyhow::Result<Window> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { since, latency_us, retry_count } = std::mem::replace(&mut *seen, Seen::new()?);
        let rate = Rate { count: latency_us.len(), elapsed: since.elapsed() };
        Ok(Window { rate, latency_us, retry_count })
    }

    /// Lets nobody call any more.
    pub(crate) async fn stop(mut self) {
        self.callers.shutdown().await;
    }
}

async fn call_on(
    mut client: UsageClient,
    mut records: Records,
    pace: Duration,
    seen: Arc<Mutex<Seen>>,
) {
    let mut ticks = tokio::time::interval(pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let begin = Instant::now();
        let retries = store(&mut client, &records.one()).await;
        let took_us = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.latency_us.record(took_us).expect("it grows with what it is given");
        seen.retry_count += retries;
    }
}

/// Comes again with the same id until the record is durable, and says how often.
async fn store(client: &mut UsageClient, record: &UsageRecord) -> u64 {
    let mut retries = 0;
    let request = || RecordUsageRequest { record: Some(record.clone()) };
    while client.record_usage(request()).await.is_err() {
        retries += 1;
        tokio::time::sleep(BREATH).await;
    }
    retries
}
