//! 64 spenders on two servers over one Postgres, 200 users near their limits, and kills:
//! no snapshot has more admitted than the limit, nothing is refused that would have
//! fitted, and nothing stays set aside.
//!
//! `AIUSAGE_ATTEMPTS` sets the number of attempts.

mod judge;
mod looks;
mod replica;
mod spender;

use std::sync::Arc;
use std::time::Duration;

use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::{
    Budget, BudgetAmount, BudgetCycle, BudgetPeriod, BudgetScope, BudgetState, CreateBudgetRequest,
    Money, budget_amount,
};
use rust_decimal::Decimal;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::looks::Looks;
use self::replica::Replica;
use self::spender::{Attempt, Plan};
use crate::dice::{self, Dice};
use crate::server::Server;
use crate::{report, turn, way};

const SPENDERS: usize = 64;
const USERS: u64 = 200;
/// What continuous integration runs.
const ATTEMPTS: usize = 8_000;
/// What each user may spend, and what all may: less than each alone.
#[derive(Debug, Clone, Copy)]
struct Limits {
    each: Decimal,
    all: Decimal,
}

impl Limits {
    /// Limits that so many attempts reach about half-way.
    fn for_attempts(attempts: usize) -> Self {
        let each = Decimal::from(attempts) / Decimal::from(USERS) * Decimal::new(6, 3);
        Self { each, all: each * Decimal::from(USERS) * Decimal::new(9, 1) }
    }
}

/// What is killed, one after the other.
#[derive(Debug, Clone, Copy)]
enum Kill {
    Replica,
    Postgres,
    Server,
}

const KILLS: [Kill; 5] =
    [Kill::Replica, Kill::Postgres, Kill::Server, Kill::Postgres, Kill::Replica];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_spends_more_than_there_is() {
    let _turn = turn().await;
    let seed = dice::seed();
    report::say(&format!("\nspending under kills: seed {seed}\n"));
    let mut dice = Dice::new(seed);
    let begun = Instant::now();
    let mut server = Server::start(&mut dice).await;
    let mut replica = Replica::start(&server, &mut dice).await;
    let limits = Limits::for_attempts(attempts_wanted());
    make_budgets(&server, limits).await;
    let plan =
        Arc::new(Plan::new(attempts_wanted(), [server.credentials().address, replica.address()]));
    let looks = Looks::start(&server);
    let key = server.credentials().api_key;
    let mut spenders = JoinSet::new();
    for _ in 0..SPENDERS {
        spenders.spawn(spender::spend(Arc::clone(&plan), key.clone(), dice.split()));
    }
    for (index, kill) in KILLS.into_iter().enumerate() {
        plan.reach((index + 1) * plan.attempts / (KILLS.len() + 1)).await;
        match kill {
            Kill::Replica => replica.kill_and_restart(&server).await,
            Kill::Postgres => server.kill_postgres(),
            Kill::Server => {
                server.kill().await;
                server.restart();
            }
        }
    }
    let attempts: Vec<Attempt> = spenders.join_all().await.into_iter().flatten().collect();
    let took = begun.elapsed();
    // Leases of what was left lying end by themselves.
    sleep(spender::SHORT_LEASE + Duration::from_secs(3)).await;
    let judgement = judge::judge(&attempts, limits, &server, &looks).await;
    report::say(&format!("  {} attempts in {took:.1?}: {judgement}\n", attempts.len()));
    assert!(judgement.admitted > 0 && judgement.refused > 0, "nothing was shown: {judgement}");
    assert!(judgement.unknown > 0, "no kill hit anything, so nothing was shown");
    assert!(judgement.faults.is_empty(), "seed {seed}: {judgement}\n{}", server.log_tail());
}

fn attempts_wanted() -> usize {
    let wanted = std::env::var("AIUSAGE_ATTEMPTS").ok();
    wanted.map_or(ATTEMPTS, |text| text.parse().expect("AIUSAGE_ATTEMPTS is a number"))
}

async fn make_budgets(server: &Server, limits: Limits) {
    let credentials = server.credentials();
    let connection = way::connection(credentials.address, &credentials.api_key);
    let mut client = BudgetServiceClient::new(connection);
    for (id, limit, each_user) in [("each", limits.each, true), ("all", limits.all, false)] {
        let limit = Money { amount: limit.to_string(), ..Money::default() };
        let budget = Budget {
            budget_id: id.to_owned(),
            scope: Some(BudgetScope { each_user, ..BudgetScope::default() }),
            period: Some(BudgetPeriod {
                cycle: BudgetCycle::Lifetime.into(),
                ..BudgetPeriod::default()
            }),
            limit: Some(BudgetAmount { amount: Some(budget_amount::Amount::Cost(limit)) }),
            ..Budget::default()
        };
        let request = CreateBudgetRequest { budget: Some(budget), validate_only: false };
        let made = client.create_budget(request).await.expect("the budget is sound").into_inner();
        assert_eq!(made.budget.expect("it was made").state(), BudgetState::Active);
    }
}
