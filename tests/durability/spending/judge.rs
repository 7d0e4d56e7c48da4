//! Holds what the spenders were told against what is stored.

use std::collections::HashMap;
use std::fmt;

use aiusage_client::proto::{BudgetAmount, BudgetRefusal, budget_amount};
use rust_decimal::Decimal;
use tokio::time::Instant;

use super::Limits;
use super::looks::{Looks, Seen};
use super::spender::{Attempt, End, SHORT_LEASE};
use crate::server::Server;

pub(super) struct Judgement {
    pub(super) admitted: usize,
    pub(super) refused: usize,
    pub(super) unknown: usize,
    seen: Seen,
    pub(super) faults: Vec<String>,
}

impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} admitted, {} refused, {} sends of unknown outcome, {} snapshots, {} of them compared \
             with the log, {} faults {:?}",
            self.admitted,
            self.refused,
            self.unknown,
            self.seen.count,
            self.seen.compared,
            self.faults.len(),
            self.faults.iter().take(3).collect::<Vec<_>>(),
        )
    }
}

pub(super) async fn judge(
    attempts: &[Attempt],
    limits: Limits,
    server: &Server,
    looks: &Looks,
) -> Judgement {
    let seen = looks.seen();
    let mut faults = seen.faults.clone();
    faults.extend(false_refusals(attempts, limits));
    faults.extend(wrong_sums(attempts, limits, server).await);
    let deadlocks = server.deadlocks();
    if deadlocks > 0 {
        faults.push(format!("{deadlocks} circles of statements that waited for each other"));
    }
    if let Err(said) = server.verify().await {
        faults.push(said);
    }
    let refused = attempts.iter().filter(|attempt| attempt.end == End::Refused).count();
    Judgement {
        admitted: attempts.len() - refused,
        refused,
        unknown: attempts.iter().map(|attempt| attempt.unknown).sum(),
        seen,
        faults,
    }
}

/// What an attempt may have taken of a limit at any time from `from` to `to`.
fn taken_at_most(attempt: &Attempt, from: Instant, to: Instant) -> Decimal {
    if attempt.sent > to {
        return Decimal::ZERO;
    }
    match attempt.end {
        End::Refused => Decimal::ZERO,
        End::Cancelled(told) if told < from => Decimal::ZERO,
        // The lease begins when it was admitted, so before that was told.
        End::Forgotten if attempt.told + SHORT_LEASE < from => Decimal::ZERO,
        End::Recorded(cost, told) if told < from => cost,
        End::Cancelled(_) | End::Forgotten | End::Recorded(..) => attempt.amount,
    }
}

/// Refusals of what would have fitted, whatever was under way.
fn false_refusals(attempts: &[Attempt], limits: Limits) -> Vec<String> {
    let mut by_user: HashMap<&str, Vec<&Attempt>> = HashMap::new();
    for attempt in attempts {
        by_user.entry(&attempt.user).or_default().push(attempt);
    }
    let refusals = attempts.iter().filter_map(|attempt| Some((attempt, attempt.refusal.as_ref()?)));
    let wrong = refusals.filter_map(|(attempt, refusal)| {
        let of_user = refusal.budget_id == "each";
        let limit = if of_user { limits.each } else { limits.all };
        let [used, reserved, requested] = figures(refusal);
        let others: Vec<&Attempt> = if of_user {
            by_user[attempt.user.as_str()].clone()
        } else {
            attempts.iter().collect()
        };
        let at_most: Decimal =
            others.iter().map(|other| taken_at_most(other, attempt.sent, attempt.told)).sum();
        let is_true = used + reserved + requested > limit
            && used + reserved <= at_most
            && requested == attempt.amount;
        (!is_true).then(|| format!("refused although at most {at_most} was taken: {refusal:?}"))
    });
    wrong.collect()
}

fn figures(refusal: &BudgetRefusal) -> [Decimal; 3] {
    let cost = |amount: &Option<BudgetAmount>| match amount.as_ref().and_then(|a| a.amount.as_ref())
    {
        Some(budget_amount::Amount::Cost(cost)) => cost.amount.parse().expect("it is a decimal"),
        other => panic!("the limit is of costs: {other:?}"),
    };
    [cost(&refusal.used), cost(&refusal.reserved), cost(&refusal.requested)]
}

/// In the end nothing is reserved, and used is what was recorded, for each user.
async fn wrong_sums(attempts: &[Attempt], limits: Limits, server: &Server) -> Vec<String> {
    let mut recorded: HashMap<String, Decimal> = HashMap::new();
    for attempt in attempts {
        if let End::Recorded(cost, _) = attempt.end {
            *recorded.entry(attempt.user.clone()).or_default() += cost;
        }
    }
    let mut database = server.database().await;
    let rows: Vec<(String, Decimal, Decimal)> = sqlx::query_as(
        "SELECT tenant_user.user_id, used, reserved FROM budget_counter
        JOIN tenant_user USING (tenant_id, user_no)
        JOIN budget USING (tenant_id, budget_no) WHERE budget_id = 'each'",
    )
    .fetch_all(&mut database)
    .await
    .expect("Postgres is up");
    let wrong = rows.into_iter().filter_map(|(user, used, reserved)| {
        let told = recorded.get(&user).copied().unwrap_or_default();
        let is_right = used == told && reserved.is_zero() && used <= limits.each;
        (!is_right).then(|| format!("{user}: {used} used for {told}, {reserved} reserved"))
    });
    wrong.collect()
}
