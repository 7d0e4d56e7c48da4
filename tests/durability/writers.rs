//! Writers who send, wait, and do as told: come again with the same ids.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aiusage::clock::Clock;
use aiusage::domain::ids::RecordId;
use aiusage_client::proto::{Usage, UsageRecord};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::calls::{Call, Source};
use crate::dice::Dice;
use crate::history::{Attempt, History, Outcome};
use crate::pulse::Pulse;
use crate::service::Service;
use crate::way::{self, Way};

/// Of the records whose outcome is unknown, one in this many is left so.
const LEFT_UNKNOWN: u64 = 10;
/// A refused connection is refused at once; two cores have better things to do.
const BREATH: Duration = Duration::from_millis(25);
/// How long the last retries may take.
const STOP_MAX: Duration = Duration::from_secs(60);

/// All writers.
pub(crate) struct Crew {
    writers: JoinSet<History>,
    pulse: Arc<Pulse>,
    stop: CancellationToken,
}

impl Crew {
    pub(crate) fn start(
        service: &Service,
        callers: usize,
        streams: usize,
        source: &Source,
        dice: &mut Dice,
    ) -> Self {
        Self::start_with(service, callers, streams, (source, usize::MAX), dice)
    }

    /// Writes at least `count` records over streams, and returns what was told of them.
    pub(crate) async fn fill(
        service: &Service,
        count: usize,
        source: &Source,
        dice: &mut Dice,
    ) -> History {
        const STREAMS: usize = 8;
        let work = (source, count.div_ceil(STREAMS));
        let crew = Self::start_with(service, 0, STREAMS, work, dice);
        crew.finish().await
    }

    /// Work is what to write, and how many records each writer makes of it.
    fn start_with(
        service: &Service,
        callers: usize,
        streams: usize,
        (source, each): (&Source, usize),
        dice: &mut Dice,
    ) -> Self {
        let (pulse, stop) = (Arc::new(Pulse::new()), CancellationToken::new());
        let mut writers = JoinSet::new();
        for number in 0..callers + streams {
            let client = way::client(service.address(), &service.key());
            let calls = number < callers;
            let writer = Writer {
                way: if calls { Way::Calls(client) } else { Way::Stream(client, None) },
                dice: dice.split(),
                clock: Clock::system(),
                pulse: Arc::clone(&pulse),
                source: Arc::clone(source),
                records: each,
                history: History::default(),
            };
            writers.spawn(writer.run(stop.clone()));
        }
        Self { writers, pulse, stop }
    }

    pub(crate) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Lets everybody finish what is open, and returns what they were told.
    pub(crate) async fn stop(self) -> History {
        self.stop.cancel();
        self.finish().await
    }

    async fn finish(self) -> History {
        let histories = timeout(STOP_MAX, self.writers.join_all()).await;
        let mut all = History::default();
        for history in histories.expect("a service that is up answers the last retries") {
            all.merge(history);
        }
        all
    }
}

struct Writer {
    way: Way,
    dice: Dice,
    clock: Clock,
    pulse: Arc<Pulse>,
    source: Source,
    /// How many it makes.
    records: usize,
    history: History,
}

impl Writer {
    async fn run(mut self, stop: CancellationToken) -> History {
        while !stop.is_cancelled() && self.history.attempts.len() < self.records {
            let mut open = self.make_records();
            while !open.is_empty() {
                open = self.send(open).await;
            }
        }
        self.history
    }

    /// Sends `records`, and returns those to send again.
    async fn send(&mut self, records: Vec<UsageRecord>) -> Vec<UsageRecord> {
        let begun = self.pulse.begin();
        let outcomes = self.way.send(&records).await;
        self.pulse.end(begun, matches!(outcomes[0], Outcome::Acknowledged { .. }));
        let mut again = Vec::new();
        for (record, outcome) in records.into_iter().zip(outcomes) {
            let open = matches!(outcome, Outcome::Info(_) | Outcome::Unconnected);
            let id = id(&record);
            self.history.note(&id, outcome);
            let leave = self.history.is_newly_unknown(&id) && self.dice.one_in(LEFT_UNKNOWN);
            if open && !leave {
                again.push(record);
            }
        }
        if !again.is_empty() {
            sleep(BREATH).await;
        }
        again
    }

    fn make_records(&mut self) -> Vec<UsageRecord> {
        let count = self.dice.within(1..self.way.records_max() + 1);
        (0..count).map(|_| self.make_record()).collect()
    }

    fn make_record(&mut self) -> UsageRecord {
        let id = RecordId::make(self.clock.now(), self.dice.bytes());
        let call = (self.source)(&mut self.dice);
        let record = record(id, &call);
        self.history.attempts.insert(id.as_uuid(), Attempt::new(call));
        record
    }
}

fn record(id: RecordId, call: &Call) -> UsageRecord {
    UsageRecord {
        record_id: id.to_string(),
        event_time: call.time.map(|time| SystemTime::from(time).into()),
        user_id: call.user.clone(),
        feature: call.feature.to_owned(),
        provider: "openai".to_owned(),
        model: call.model.to_owned(),
        usage: Some(Usage {
            input_tokens: Some(call.input_tokens),
            output_tokens: Some(call.output_tokens),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn id(record: &UsageRecord) -> Uuid {
    record.record_id.parse().expect("it was made from one")
}
