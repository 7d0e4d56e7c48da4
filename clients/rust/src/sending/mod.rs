//! Records on their way to the service: a bounded queue, a task that empties it, and a
//! folder for what has to wait longer.

mod away;
mod drops;
mod fit;
mod fit_numbers;
mod outlet;
mod queue;
mod settings;
mod spool;
mod stats;
mod worker;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub use self::drops::DropReason;
pub(crate) use self::settings::{Settings, SpoolPlace};
pub use self::stats::SenderStats;

use self::drops::Drops;
use self::outlet::Outlet;
use self::queue::{Queue, Refused};
use self::spool::Spool;
use self::worker::Worker;
use crate::client::Client;
use crate::proto;
use crate::record::Record;
use crate::tracking::context::Context;

/// How long the rest is sent after the last tracker was dropped.
const FAREWELL: Duration = Duration::from_secs(5);
/// Time for the task to put away what it could not send.
const PUT_AWAY: Duration = Duration::from_secs(1);

/// The handle of the task that sends.
#[derive(Debug)]
pub(crate) struct Sender {
    queue: Arc<Queue>,
    outlet: Arc<Outlet>,
    default_user_id: String,
    /// The number of the oldest record that is not settled. Closed when the task ends.
    progress: watch::Receiver<u64>,
}

impl Sender {
    pub(crate) fn start(client: Client, settings: Settings) -> Arc<Self> {
        let queue = Arc::new(Queue::new(settings.queue_records, settings.queue_bytes));
        let drops = Drops::new(settings.on_drop);
        let spool = Spool::open(&settings.spool, &client.spool_tag(), settings.spool_bytes);
        let outlet = Arc::new(Outlet::new(spool, drops));
        let (publish, progress) = watch::channel(0);
        let times = (settings.linger, settings.answer_timeout);
        let worker = Worker::new(client, Arc::clone(&queue), Arc::clone(&outlet), publish, times);
        #[expect(
            clippy::disallowed_methods,
            reason = "the application's runtime is the only one there is; the handle tells its end"
        )]
        let _detached = tokio::spawn(worker.run());
        Arc::new(Self { queue, outlet, default_user_id: settings.default_user_id, progress })
    }

    /// Takes a record of the current context. Gives its id back.
    pub(crate) fn record(&self, record: Record) -> String {
        let id = record.id().to_owned();
        let mut message: Box<proto::UsageRecord> = Box::new(record.into());
        Context::fill_current(&mut message);
        self.send(message);
        id
    }

    /// Takes a record, which from here on is sent, put away, or told to be dropped.
    pub(crate) fn send(&self, mut message: Box<proto::UsageRecord>) {
        #[expect(clippy::disallowed_methods, reason = "a client has the machine's clock alone")]
        fit::fit(&mut message, &self.default_user_id, SystemTime::now);
        match self.queue.push(message) {
            Ok(()) => {}
            Err((message, Refused::Full)) => self.outlet.overflow(*message, &self.queue),
            Err((message, Refused::Ended)) => self.outlet.put_away([*message].into()),
        }
    }

    pub(crate) async fn flush(&self, timeout: Duration) -> bool {
        let target = self.queue.hurry();
        let mut progress = self.progress.clone();
        let settled = progress.wait_for(|oldest| *oldest >= target);
        match tokio::time::timeout(timeout, settled).await {
            Ok(Ok(_)) => true,
            // The task ended: what it could not send is not settled.
            Ok(Err(_)) => *self.progress.borrow() >= target,
            Err(_) => false,
        }
    }

    pub(crate) async fn close(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let target = self.queue.close(deadline);
        let mut progress = self.progress.clone();
        let ended = async { while progress.changed().await.is_ok() {} };
        // The task ends by itself at the deadline, and then puts away what is left.
        let _late = timeout_at(deadline + PUT_AWAY, ended).await;
        *self.progress.borrow() >= target
    }

    pub(crate) fn stats(&self) -> SenderStats {
        let mut stats = self.outlet.stats();
        (stats.queued, stats.queued_bytes) = self.queue.waiting();
        stats
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.queue.close(Instant::now() + FAREWELL);
    }
}
