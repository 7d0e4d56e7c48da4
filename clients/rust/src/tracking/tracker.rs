//! Records calls in the background.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::tracked::TrackedCall;
use crate::client::Client;
use crate::error::Error;
use crate::record::Record;
use crate::sending::{
    DropReason, RecordState, Sender, SenderStats, Settings, SpoolPlace, is_disabled,
};

/// Measures AI calls and records them in the background. Clones are cheap and share one
/// queue.
///
/// Nothing here waits for the service or gives an error into the application: while the
/// service is away, records wait on the disk, and what cannot be kept is counted, logged
/// and given to [`on_drop`](TrackerBuilder::on_drop).
///
/// ```no_run
/// use aiusage_client::{Call, Tracker};
///
/// # async fn ask() -> Result<serde_json::Value, std::io::Error> { Ok(serde_json::Value::Null) }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let tracker = Tracker::connect()?;
/// let call = Call::new("openai", "gpt-4o").user_id("ada").feature("chat");
/// let answer = tracker.run(call, async |call| {
///     let body = ask().await?;
///     call.set_response(&body);
///     Ok::<_, std::io::Error>(body)
/// }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Tracker {
    /// `None` where nothing is recorded.
    sender: Option<Arc<Sender>>,
}

impl Tracker {
    /// A tracker whose address and key come from the environment or the credentials
    /// file; [`disabled`](Tracker::disabled) where `AIUSAGE_DISABLED` says so.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`](crate::ClientBuilder::build).
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn connect() -> Result<Self, Error> {
        if is_disabled() {
            return Ok(Self::disabled());
        }
        Ok(Self::builder(Client::connect()?).start())
    }

    /// A tracker that measures and records nothing, such as for tests of an application. It
    /// needs no address, no key and no runtime.
    ///
    /// ```
    /// use aiusage_client::{Call, Record, Tracker};
    ///
    /// let tracker = Tracker::disabled();
    /// tracker.track(Call::new("openai", "gpt-4o").user_id("ada")).finish();
    /// tracker.record(Record::new("ada").model("openai", "gpt-4o"));
    /// assert_eq!((tracker.is_enabled(), tracker.stats()), (false, Default::default()));
    /// ```
    #[must_use]
    pub const fn disabled() -> Self {
        Self { sender: None }
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.sender.is_some()
    }

    /// A tracker with settings of its own.
    pub fn builder(client: Client) -> TrackerBuilder {
        TrackerBuilder { client, settings: Settings::default() }
    }

    /// Starts to measure a call, which is recorded when the result ends or is dropped.
    pub fn track(&self, call: Call) -> TrackedCall {
        TrackedCall::begin(self.sender.clone(), call)
    }

    /// Measures a call that is made inside, and records it as its result says. When the
    /// future is dropped, it is recorded as `cancelled`.
    ///
    /// For errors that are boxes, such as those of `anyhow`, there is
    /// [`run_with`](Tracker::run_with).
    ///
    /// # Errors
    ///
    /// Those of `function`, unchanged.
    pub async fn run<T, E, F>(&self, call: Call, function: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut TrackedCall) -> Result<T, E>,
        E: StdError + 'static,
    {
        self.run_with(call, function, |error| error).await
    }

    /// As [`Tracker::run`], where `cause` finds the error in a box:
    /// `|error| error.as_ref()`.
    ///
    /// # Errors
    ///
    /// Those of `function`, unchanged.
    pub async fn run_with<T, E, F>(
        &self,
        call: Call,
        function: F,
        cause: impl Fn(&E) -> &(dyn StdError + 'static),
    ) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut TrackedCall) -> Result<T, E>,
    {
        let mut call = self.track(call);
        let result = function(&mut call).await;
        match &result {
            Ok(_) => call.finish(),
            Err(error) => call.fail(cause(error)),
        };
        result
    }

    /// Records a call that has ended. Takes from the [`Context`](crate::Context) what
    /// the record leaves open, and gives its id back.
    pub fn record(&self, record: Record) -> String {
        match &self.sender {
            Some(sender) => sender.record(record),
            None => record.id().to_owned(),
        }
    }

    /// Records a call that has ended, and waits until the service has it, or where that
    /// cannot be reached, until it lies on the disk. It waits no longer than the client's
    /// timeout for each answer, and gives no error: the result tells where the record is.
    ///
    /// When the future is dropped meanwhile, the record is sent in the background.
    ///
    /// ```no_run
    /// use aiusage_client::{Record, Tracker};
    ///
    /// # async fn example(tracker: &Tracker) {
    /// let record = Record::new("ada").model("openai", "gpt-4o").tokens(1_200, 350);
    /// assert!(tracker.record_and_wait(record).await.is_durable());
    /// # }
    /// ```
    pub async fn record_and_wait(&self, record: Record) -> RecordState {
        match &self.sender {
            Some(sender) => sender.record_and_wait(record).await,
            None => RecordState::Disabled,
        }
    }

    /// Waits until everything recorded so far is stored or refused. False when that
    /// took longer than `timeout`: the rest is tried further.
    pub async fn flush(&self, timeout: Duration) -> bool {
        match &self.sender {
            Some(sender) => sender.flush(timeout).await,
            None => true,
        }
    }

    /// Sends what is left and stops. What is not sent within `timeout` stays on the
    /// disk for the next process, or is dropped where there is no spool. True when
    /// nothing was left. What is recorded later goes the same way.
    pub async fn close(&self, timeout: Duration) -> bool {
        match &self.sender {
            Some(sender) => sender.close(timeout).await,
            None => true,
        }
    }

    /// What became of the records so far.
    #[must_use]
    pub fn stats(&self) -> SenderStats {
        self.sender.as_ref().map_or_else(SenderStats::default, |sender| sender.stats())
    }
}

/// Sets a [`Tracker`] up.
#[derive(Debug)]
#[must_use = "a tracker starts by `start`"]
pub struct TrackerBuilder {
    client: Client,
    settings: Settings,
}

impl TrackerBuilder {
    /// False: nothing is recorded, as by [`Tracker::disabled`]. True: everything is, whatever
    /// the environment says. Unless said, `AIUSAGE_DISABLED` decides: set to anything but
    /// `0`, `false` or `no`, it disables.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.settings.enabled = Some(enabled);
        self
    }

    /// The folder for records that wait while the service is away. By default
    /// `$AIUSAGE_SPOOL_DIR`, or `aiusage/spool` in `$XDG_STATE_HOME` or
    /// `~/.local/state`.
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.spool = SpoolPlace::Folder(folder.into());
        self
    }

    /// Writes each record to the disk before the call that records it returns: a process
    /// that is killed at any moment leaves all of them to the next one. It costs the caller
    /// a few µs more. Without it, records go to the disk while the service is away.
    pub fn spool_always(mut self) -> Self {
        self.settings.spool_always = true;
        self
    }

    /// Keeps records in memory alone: those that are not sent when the process ends
    /// are lost.
    pub fn without_spool(mut self) -> Self {
        self.settings.spool = SpoolPlace::Nowhere;
        self
    }

    /// The most bytes on the disk, those of other processes that share the folder
    /// included. 256 MiB unless said.
    pub fn spool_bytes(mut self, bytes: u64) -> Self {
        self.settings.spool_bytes = bytes;
        self
    }

    /// The most records in memory. 20,000 unless said.
    pub fn queue_records(mut self, records: usize) -> Self {
        self.settings.queue_records = records;
        self
    }

    /// The most bytes in memory, as records on the wire. 32 MiB unless said.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.queue_bytes = bytes;
        self
    }

    /// How long a record waits for others to be sent with. 200 ms unless said.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.settings.linger = linger;
        self
    }

    /// How long the service may take for each answer. One that is silent for longer counts
    /// as away. 6 s unless said.
    pub fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.settings.answer_timeout = timeout;
        self
    }

    /// The user of records that name none and are made in no context. `unknown` unless
    /// said.
    pub fn default_user_id(mut self, user_id: impl Into<String>) -> Self {
        self.settings.default_user_id = user_id.into();
        self
    }

    /// Is told of every record that cannot be kept, and why. It runs where that is
    /// found, so it should be quick.
    pub fn on_drop(
        mut self,
        on_drop: impl Fn(&Record, &DropReason) + Send + Sync + 'static,
    ) -> Self {
        self.settings.on_drop = Some(Arc::new(on_drop));
        self
    }

    /// Starts the background task, which ends by [`Tracker::close`], or a moment after
    /// the last clone of the tracker is dropped.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn start(self) -> Tracker {
        if !self.settings.is_enabled() {
            return Tracker::disabled();
        }
        Tracker { sender: Some(Sender::start(self.client, self.settings)) }
    }
}
