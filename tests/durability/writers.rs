//! Writers who send, wait, and do as told: come again with the same ids.

use std::sync::Arc;
use std::time::Duration;

use aiusage::clock::Clock;
use aiusage::domain::ids::RecordId;
use aiusage_client::proto::{Usage, UsageRecord};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::dice::Dice;
use crate::history::{Attempt, History, Outcome};
use crate::pulse::Pulse;
use crate::service::Service;
use crate::way::{self, Way};

/// Few users, so that writers meet on the same rows of the summaries.
const USERS: u64 = 10;
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
    history: History,
}

impl Writer {
    async fn run(mut self, stop: CancellationToken) -> History {
        while !stop.is_cancelled() {
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
        let attempt = Attempt {
            user: format!("user-{}", self.dice.within(0..USERS)),
            input_tokens: self.dice.count(1..100_000),
            output_tokens: self.dice.count(0..10_000),
            infos: 0,
            in_vain: 0,
            last: None,
        };
        let record = record(id, &attempt);
        self.history.attempts.insert(id.as_uuid(), attempt);
        record
    }
}

fn record(id: RecordId, attempt: &Attempt) -> UsageRecord {
    UsageRecord {
        record_id: id.to_string(),
        user_id: attempt.user.clone(),
        feature: "chat".to_owned(),
        provider: "openai".to_owned(),
        model: "gpt-4o".to_owned(),
        usage: Some(Usage {
            input_tokens: Some(attempt.input_tokens),
            output_tokens: Some(attempt.output_tokens),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn id(record: &UsageRecord) -> Uuid {
    record.record_id.parse().expect("it was made from one")
}
