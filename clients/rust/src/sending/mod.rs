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
mod state;
mod stats;
mod worker;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub use self::drops::DropReason;
pub(crate) use self::settings::{Settings, SpoolPlace, is_disabled};
pub use self::state::RecordState;
pub use self::stats::SenderStats;

use self::drops::Drops;
use self::outlet::Outlet;
use self::queue::{Queue, Refused};
use self::spool::Spool;
use self::worker::{Worker, refusal};
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
    client: Client,
    queue: Arc<Queue>,
    outlet: Arc<Outlet>,
    default_user_id: String,
    spool_always: bool,
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
        let worker =
            Worker::new(client.clone(), Arc::clone(&queue), Arc::clone(&outlet), publish, times);
        #[expect(
            clippy::disallowed_methods,
            reason = "the application's runtime is the only one there is; the handle tells its end"
        )]
        let _detached = tokio::spawn(worker.run());
        let Settings { default_user_id, spool_always, .. } = settings;
        Arc::new(Self { client, queue, outlet, default_user_id, spool_always, progress })
    }

    /// Takes a record of the current context. Gives its id back.
    pub(crate) fn record(&self, record: Record) -> String {
        let id = record.id().to_owned();
        self.send(in_context(record));
        id
    }

    /// Takes a record of the current context, and waits until it is safe.
    pub(crate) fn record_and_wait(
        self: &Arc<Self>,
        record: Record,
    ) -> impl Future<Output = RecordState> + Send + use<> {
        Arc::clone(self).deliver(in_context(record))
    }

    /// Takes a record, which from here on is sent, put away, or told to be dropped.
    pub(crate) fn send(&self, mut message: Box<proto::UsageRecord>) {
        self.fit(&mut message);
        // What becomes of it is counted and told.
        let _place = self.keep(message, self.spool_always);
    }

    /// Sends a record now. What cannot be sent waits on the disk, or without one in memory.
    pub(crate) async fn deliver(
        self: Arc<Self>,
        mut message: Box<proto::UsageRecord>,
    ) -> RecordState {
        self.fit(&mut message);
        let client = if self.outlet.has_spool() {
            self.client.without_retries()
        } else {
            self.client.clone()
        };
        let mut unsettled = Unsettled { sender: self, message: Some(message) };
        let answer = client.record_usage(unsettled.record()).await;
        let message = unsettled.message.take().expect("nobody else takes it");
        let outlet = &unsettled.sender.outlet;
        match answer {
            Ok(receipt) => {
                let duplicates = u64::from(receipt.duplicate);
                outlet.count(1 - duplicates, duplicates);
                RecordState::Stored
            }
            Err(error) => match refusal(&error) {
                Some(why) => outlet.give_up(*message, why),
                None => unsettled.sender.keep(message, true),
            },
        }
    }

    fn fit(&self, message: &mut proto::UsageRecord) {
        #[expect(clippy::disallowed_methods, reason = "a client has the machine's clock alone")]
        fit::fit(message, &self.default_user_id, SystemTime::now);
    }

    /// Finds a place where a record waits.
    fn keep(&self, message: Box<proto::UsageRecord>, disk_first: bool) -> RecordState {
        if disk_first && self.outlet.write(&message, &self.queue).is_ok() {
            return RecordState::OnDisk;
        }
        match self.queue.push(message) {
            Ok(()) => RecordState::InMemory,
            Err((message, Refused::Full)) => self.outlet.overflow(*message, &self.queue),
            Err((message, Refused::Ended)) => self.outlet.put_away_one(*message),
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

fn in_context(record: Record) -> Box<proto::UsageRecord> {
    let mut message: Box<proto::UsageRecord> = Box::new(record.into());
    Context::fill_current(&mut message);
    message
}

/// A record that somebody waits for. When nobody does any more, it goes the way of all
/// others: sent twice, it counts once.
struct Unsettled {
    sender: Arc<Sender>,
    message: Option<Box<proto::UsageRecord>>,
}

impl Unsettled {
    fn record(&self) -> Record {
        let message = self.message.as_ref().expect("it is there until it is settled");
        Record::from(proto::UsageRecord::clone(message))
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            let _place = self.sender.keep(message, true);
        }
    }
}
