//! Somebody who reserves, spends, gives back or forgets, and tries again until told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aiusage::clock::Clock;
use aiusage::domain::ids::RecordId;
use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::{
    BudgetRefusal, CancelReservationRequest, Money, PlannedCall, RecordUsageRequest,
    ReserveBudgetRequest, Usage, UsageRecord,
};
use rust_decimal::Decimal;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status};

use super::USERS;
use crate::dice::Dice;
use crate::way::{self, Client, Connection};

/// Of what is recorded or given back, whatever is killed meanwhile.
const LONG_LEASE: Duration = Duration::from_secs(120);
/// Of what is forgotten.
pub(super) const SHORT_LEASE: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_millis(5_500);
const PAUSE: Duration = Duration::from_millis(30);
/// A service that is down for longer does not heal itself.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// How many attempts are to be made, and where.
pub(super) struct Plan {
    pub(super) attempts: usize,
    begun: AtomicUsize,
    addresses: [String; 2],
}

impl Plan {
    pub(super) fn new(attempts: usize, addresses: [String; 2]) -> Self {
        Self { attempts, begun: AtomicUsize::new(0), addresses }
    }

    /// Waits until so many were begun.
    pub(super) async fn reach(&self, count: usize) {
        while self.begun.load(Ordering::Relaxed) < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn next(&self) -> bool {
        self.begun.fetch_add(1, Ordering::Relaxed) < self.attempts
    }
}

/// What became of an admitted amount.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// A record of this cost took its place; told at.
    Recorded(Decimal, Instant),
    /// It was given back; told at.
    Cancelled(Instant),
    /// It was forgotten: its lease ends.
    Forgotten,
    /// It was refused.
    Refused,
}

/// One attempt and all that was told of it.
pub(super) struct Attempt {
    pub(super) user: String,
    pub(super) amount: Decimal,
    pub(super) sent: Instant,
    pub(super) told: Instant,
    pub(super) refusal: Option<BudgetRefusal>,
    pub(super) end: End,
    /// Sends of which nothing was told.
    pub(super) unknown: usize,
}

/// Makes attempts until the plan has enough.
pub(super) async fn spend(plan: std::sync::Arc<Plan>, key: String, mut dice: Dice) -> Vec<Attempt> {
    let mut spender = Spender {
        budgets: plan
            .addresses
            .clone()
            .map(|address| BudgetServiceClient::new(way::connection(address, &key))),
        usage: plan.addresses.clone().map(|address| way::client(address, &key)),
        unknown: 0,
    };
    let mut attempts = Vec::new();
    while plan.next() {
        attempts.push(spender.attempt(&mut dice).await);
    }
    attempts
}

struct Spender {
    budgets: [BudgetServiceClient<Connection>; 2],
    usage: [Client; 2],
    unknown: usize,
}

/// What so many input tokens of gpt-4o cost.
fn cost(tokens: u64) -> Decimal {
    Decimal::from(tokens) * Decimal::new(25, 7)
}

fn new_id(dice: &mut Dice) -> String {
    RecordId::make(Clock::system().now(), dice.bytes()).to_string()
}

impl Spender {
    async fn attempt(&mut self, dice: &mut Dice) -> Attempt {
        self.unknown = 0;
        let user = format!("user-{}", dice.within(0..USERS));
        let tokens = dice.within(2_000..40_000);
        let way = dice.within(0..10);
        let lease = if way == 0 { SHORT_LEASE } else { LONG_LEASE };
        let request = ReserveBudgetRequest {
            reservation_id: new_id(dice),
            call: Some(PlannedCall { user_id: user.clone(), ..PlannedCall::default() }),
            amount: Some(Money { amount: cost(tokens).to_string(), ..Money::default() }),
            lease: prost_types::Duration::try_from(lease).ok(),
        };
        let id = request.reservation_id.clone();
        let sent = Instant::now();
        let answer = self.reserve(request, dice).await;
        let told = Instant::now();
        let end = match (answer.admitted, way) {
            (false, _) => End::Refused,
            (true, 0) => End::Forgotten,
            (true, 1 | 2) => {
                self.cancel(id, dice).await;
                End::Cancelled(Instant::now())
            }
            (true, _) => {
                // A call may turn out cheaper than was feared.
                let used = dice.within(1_000..tokens + 1);
                self.record(&user, used, id, dice).await;
                End::Recorded(cost(used), Instant::now())
            }
        };
        let (refusal, unknown, amount) = (answer.refusal, self.unknown, cost(tokens));
        Attempt { user, amount, sent, told, refusal, end, unknown }
    }

    async fn reserve(
        &mut self,
        request: ReserveBudgetRequest,
        dice: &mut Dice,
    ) -> aiusage_client::proto::ReserveBudgetResponse {
        let begun = Instant::now();
        loop {
            let client = &mut self.budgets[usize::from(dice.one_in(2))];
            let answer = timeout(ANSWER_MAX, client.reserve_budget(request.clone())).await;
            match judged(answer) {
                Some(answer) => return answer.into_inner(),
                None => self.again(begun).await,
            }
        }
    }

    async fn cancel(&mut self, reservation_id: String, dice: &mut Dice) {
        let begun = Instant::now();
        let request = CancelReservationRequest { reservation_id };
        loop {
            let client = &mut self.budgets[usize::from(dice.one_in(2))];
            let answer = timeout(ANSWER_MAX, client.cancel_reservation(request.clone())).await;
            match judged(answer) {
                Some(_) => return,
                None => self.again(begun).await,
            }
        }
    }

    async fn record(&mut self, user: &str, tokens: u64, reservation_id: String, dice: &mut Dice) {
        let begun = Instant::now();
        let usage = Usage { input_tokens: Some(tokens.cast_signed()), ..Usage::default() };
        let record = UsageRecord {
            record_id: new_id(dice),
            user_id: user.to_owned(),
            provider: "openai".to_owned(),
            model: "gpt-4o".to_owned(),
            usage: Some(usage),
            reservation_id,
            ..UsageRecord::default()
        };
        loop {
            let client = &mut self.usage[usize::from(dice.one_in(2))];
            let request = RecordUsageRequest { record: Some(record.clone()) };
            match judged(timeout(ANSWER_MAX, client.record_usage(request)).await) {
                Some(_) => return,
                None => self.again(begun).await,
            }
        }
    }

    async fn again(&mut self, begun: Instant) {
        self.unknown += 1;
        assert!(begun.elapsed() < GIVE_UP_AFTER, "nobody is served");
        sleep(PAUSE).await;
    }
}

/// The answer, or nothing where it has to be asked for again.
fn judged<T>(answer: Result<Result<T, Status>, tokio::time::error::Elapsed>) -> Option<T> {
    match answer {
        Ok(Ok(answer)) => Some(answer),
        Err(_) => None,
        Ok(Err(status)) => {
            let is_passing = matches!(
                status.code(),
                Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled
            );
            // What the library itself says of a connection that broke has no reason.
            let by_service = tonic_types::StatusExt::get_details_error_info(&status).is_some();
            assert!(is_passing || !by_service, "refused: {status:?}");
            None
        }
    }
}
