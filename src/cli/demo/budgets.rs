//! A handful of budgets, with limits beside what is used: one that is nearly used, one
//! that is exceeded, and some of each user.

use std::collections::HashSet;
use std::time::Duration;

use aiusage_client::{
    BudgetAmount, BudgetChange, BudgetCycle, BudgetEnforcement, BudgetScope, BudgetState,
    BudgetStatusQuery, Client, Code, Decimal, Error, ErrorReason, NewBudget,
};
use anyhow::bail;

use super::features::{FEATURES, RUNAWAY};
use super::people::Plan;

/// The limit while it is not known yet what is used.
const BEFORE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
const POLL: Duration = Duration::from_millis(200);
/// How long a budget may sum up what was recorded before it was made.
const COUNTING_POLLS_MAX: u32 = 1_500;
/// How often a change is asked for that does not come through at once: what was just recorded
/// is still looked through for alerts, and a change waits for that.
const TRIES_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);
/// The user whose use decides the limit of each one: those who use more exceed it.
const DECISIVE_USER: usize = 4;

/// A budget of the last 30 days.
struct Wanted {
    budget_id: &'static str,
    display_name: &'static str,
    scope: BudgetScope,
    enforcement: BudgetEnforcement,
    /// What is used, in percent of the limit.
    percent_used: i64,
}

fn wanted() -> [Wanted; 5] {
    let [soft, hard] = [BudgetEnforcement::Soft, BudgetEnforcement::Hard];
    let of_plan = |plan: Plan| BudgetScope::new().each_user().tag("plan", plan.name());
    let budget = |budget_id, display_name, scope, enforcement, percent_used| Wanted {
        budget_id,
        display_name,
        scope,
        enforcement,
        percent_used,
    };
    let all = BudgetScope::new();
    let chat = BudgetScope::new().feature(FEATURES[0].name);
    let summaries = BudgetScope::new().feature(RUNAWAY.name);
    [
        budget("demo-everything", "Everything (demo)", all, soft, 62),
        budget("demo-chat", "Chat (demo)", chat, hard, 94),
        budget("demo-summaries", "Summaries (demo)", summaries, soft, 118),
        budget("demo-each-pro-user", "Each pro user (demo)", of_plan(Plan::Pro), hard, 100),
        budget("demo-each-free-user", "Each free user (demo)", of_plan(Plan::Free), soft, 100),
    ]
}

/// Makes those that are not there, and returns their names.
pub(super) async fn make(client: &Client) -> anyhow::Result<Vec<&'static str>> {
    let there: HashSet<String> =
        client.budgets(None).await?.into_iter().map(|budget| budget.budget_id).collect();
    let mut made = Vec::new();
    for wanted in wanted() {
        if !there.contains(wanted.budget_id) {
            made.push(wanted.budget_id);
            wanted.make(client).await?;
        }
    }
    Ok(made)
}

impl Wanted {
    async fn make(self, client: &Client) -> anyhow::Result<()> {
        let Self { budget_id, display_name, scope, enforcement, percent_used } = self;
        let period = BudgetCycle::RollingDays { days: 30 };
        let rank = if scope.each_user { DECISIVE_USER } else { 0 };
        let budget = NewBudget::new(budget_id, BudgetAmount::Cost(BEFORE), period)
            .display_name(display_name)
            .scope(scope)
            .enforcement(enforcement);
        let made = patiently(PAUSE, async || client.create_budget(budget.clone()).await).await;
        // A try of which nothing was heard may have made it.
        if let Err(error) = made
            && error.reason() != Some(ErrorReason::BudgetExists)
        {
            return Err(error.into());
        }
        counted(client, budget_id).await?;
        let query = BudgetStatusQuery::new().budget(budget_id);
        let statuses = client.budget_statuses(query).await?;
        let used = statuses.get(rank).or(statuses.last()).map(|status| status.used.number());
        if let Some(limit) = used.and_then(|used| limit(used, percent_used)) {
            let change = || BudgetChange::new().limit(BudgetAmount::Cost(limit));
            patiently(PAUSE, async || client.update_budget(budget_id, change()).await).await?;
        }
        Ok(())
    }
}

/// Asks again while the service has no time for it.
async fn patiently<T>(
    pause: Duration,
    ask: impl AsyncFn() -> Result<T, Error>,
) -> Result<T, Error> {
    let busy = [Some(Code::Unavailable), Some(Code::DeadlineExceeded)];
    let mut tries = 1;
    loop {
        match ask().await {
            Err(error) if tries < TRIES_MAX && busy.contains(&error.code()) => {
                tries += 1;
                tokio::time::sleep(pause).await;
            }
            answer => return answer,
        }
    }
}

/// Waits until a budget has summed up what was recorded before it was made.
async fn counted(client: &Client, budget_id: &str) -> anyhow::Result<()> {
    for _ in 0..COUNTING_POLLS_MAX {
        if client.budget(budget_id).await?.state == Some(BudgetState::Active) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("budget {budget_id} is still being counted")
}

/// The limit of which `percent` is used, with three digits; `None` where nothing is.
fn limit(used: Decimal, percent: i64) -> Option<Decimal> {
    let limit = used * Decimal::ONE_HUNDRED / Decimal::from(percent);
    limit.round_sf(3).filter(|limit| *limit > Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody listens at the address, so each try fails as those of a busy service do.
    #[tokio::test]
    async fn a_change_that_does_not_come_through_is_asked_for_again() {
        let nobody = || Error::Unreachable { address: String::new(), cause: String::new() };
        let tries = std::cell::Cell::new(0);
        let ask = async || {
            tries.set(tries.get() + 1);
            if tries.get() < 5 { Err(nobody()) } else { Ok(tries.get()) }
        };
        assert_eq!(patiently(Duration::ZERO, ask).await.ok(), Some(5));
        let never = patiently(Duration::ZERO, async || Err::<(), _>(nobody())).await;
        assert_eq!(never.unwrap_err().code(), Some(Code::Unavailable));
    }

    #[test]
    fn a_limit_has_the_share_that_is_wanted_used() {
        let shown = |used: &str, percent| {
            let used = Decimal::from_str_exact(used).expect("a decimal");
            limit(used, percent).map(|limit| limit.normalize().to_string())
        };
        assert_eq!(shown("94", 94).as_deref(), Some("100"));
        assert_eq!(shown("1234.567891234567891234", 118).as_deref(), Some("1050"));
        assert_eq!(shown("0.000123456", 100).as_deref(), Some("0.000123"));
        assert_eq!(shown("0", 94), None);
    }
}
