//! Budgets as tests of alerts need them: made in the database, as the service does.

use std::collections::BTreeMap;

use aiusage::domain::budget::period::Cycle;
use aiusage::domain::budget::{Amount, BudgetId, BudgetPeriod, Scope, Terms};
use aiusage::domain::ids::TenantId;
use aiusage::domain::money::Money;
use aiusage::domain::period::Zone;
use aiusage::domain::text::{LongName, Name};
use aiusage::store::budgets::{self, Change, Changed};

use crate::harness::*;

pub(crate) fn dollars(text: &str) -> Amount {
    Amount::cost(Money::parse(text).unwrap())
}

/// A budget of everything.
pub(crate) fn terms(cycle: Cycle, limit: Amount, percents: &[i32]) -> Terms {
    let (name, long) = (Name::new("").unwrap(), LongName::new("").unwrap());
    Terms {
        display_name: name.clone(),
        scope: Scope {
            user: None,
            each_user: false,
            feature: name.clone(),
            provider: name,
            model: long.clone(),
            job_id: long,
            tags: BTreeMap::new(),
        },
        period: BudgetPeriod { cycle, zone: Zone::UTC },
        limit,
        hard: true,
        threshold_percents: percents.to_vec(),
        active_from: None,
        active_to: None,
    }
}

pub(crate) fn of_each_user(mut terms: Terms) -> Terms {
    terms.scope.each_user = true;
    terms
}

pub(crate) const MONTH: Cycle = Cycle::Month { anchor_day: 1 };

impl TestServer {
    /// The tenant of the server's key.
    pub(crate) async fn tenant(&self) -> TenantId {
        let sql = "SELECT tenant_id FROM tenant WHERE operator";
        TenantId(sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap())
    }

    /// Makes a budget and waits until it counts.
    pub(crate) async fn budget(&self, id: &str, terms: Terms) {
        let id = BudgetId::new(id).unwrap();
        let create = Change::Create { id, terms: Box::new(terms), replaces: None };
        let mut connection = self.database.pool.acquire().await.unwrap();
        let now = self.clock.now();
        let made = budgets::apply(&mut connection, self.tenant().await, &create, now).await;
        assert!(matches!(made.unwrap(), Changed::Done(_)));
        drop(connection);
        let counting = "SELECT count(*) FROM budget WHERE state = 'counting'";
        self.eventually(0, async || self.database.count(counting).await).await;
    }

    /// Waits until so many alerts are raised, and nothing is due.
    pub(crate) async fn alerts_raised(&self, count: i64) {
        let due = "SELECT count(*) FROM budget_due";
        self.eventually(0, async || self.database.count(due).await).await;
        let raised = "SELECT count(*) FROM alert";
        self.eventually(count, async || self.database.count(raised).await).await;
    }
}
