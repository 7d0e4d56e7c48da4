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

/// Amounts by the time from which they count, summed up to each.
struct Sums(Vec<(Instant, Decimal)>);

impl Sums {
    fn of(mut amounts: Vec<(Instant, Decimal)>) -> Self {
        amounts.sort_unstable_by_key(|(time, _)| *time);
        let mut sum = Decimal::ZERO;
        for (_, amount) in &mut amounts {
            sum += *amount;
            *amount = sum;
        }
        Self(amounts)
    }

    /// The sum of those for which `is_counted` holds of the time; the earlier ones first.
    fn while_counted(&self, is_counted: impl Fn(Instant) -> bool) -> Decimal {
        let count = self.0.partition_point(|(time, _)| is_counted(*time));
        count.checked_sub(1).map_or(Decimal::ZERO, |last| self.0[last].1)
    }
}

/// What a set of attempts may have taken of a limit.
struct Taken {
    /// Each amount from when it was sent.
    begun: Sums,
    /// What of each amount was certainly free again, from when.
    ended: Sums,
}

impl Taken {
    fn by<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> Self {
        let admitted: Vec<&Attempt> =
            attempts.filter(|attempt| attempt.end != End::Refused).collect();
        let begun = admitted.iter().map(|attempt| (attempt.sent, attempt.amount)).collect();
        let ended = admitted.iter().filter_map(|attempt| match attempt.end {
            End::Refused => None,
            End::Cancelled(told) => Some((told, attempt.amount)),
            End::Recorded(cost, told) => Some((told, attempt.amount - cost)),
            // The lease begins when it was admitted, so before that was told.
            End::Forgotten => Some((attempt.told + SHORT_LEASE, attempt.amount)),
        });
        Self { begun: Sums::of(begun), ended: Sums::of(ended.collect()) }
    }

    /// The most at any time from `from` to `to`.
    fn at_most(&self, from: Instant, to: Instant) -> Decimal {
        self.begun.while_counted(|sent| sent <= to) - self.ended.while_counted(|told| told < from)
    }
}

/// Refusals of what would have fitted, whatever was under way.
fn false_refusals(attempts: &[Attempt], limits: Limits) -> Vec<String> {
    let mut by_user: HashMap<&str, Vec<&Attempt>> = HashMap::new();
    for attempt in attempts {
        by_user.entry(&attempt.user).or_default().push(attempt);
    }
    let by_user: HashMap<&str, Taken> =
        by_user.into_iter().map(|(user, own)| (user, Taken::by(own.into_iter()))).collect();
    let by_all = Taken::by(attempts.iter());
    let refusals = attempts.iter().filter_map(|attempt| Some((attempt, attempt.refusal.as_ref()?)));
    let wrong = refusals.filter_map(|(attempt, refusal)| {
        let (limit, taken) = match refusal.budget_id.as_str() {
            "each" => (limits.each, &by_user[attempt.user.as_str()]),
            _ => (limits.all, &by_all),
        };
        let [used, reserved, requested] = figures(refusal);
        let at_most = taken.at_most(attempt.sent, attempt.told);
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
