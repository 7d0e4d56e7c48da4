//! How stored budgets stand.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::budget::book::{Book, Books};
use crate::domain::budget::admission::Place;
use crate::domain::budget::reservation::{Expected, PlannedCall};
use crate::domain::budget::status::Status;
use crate::domain::budget::{Amount, Budget, CounterKey};
use crate::domain::ids::TenantId;
use crate::store::{self, Pool};
use crate::users::Users;

/// How often budgets are loaded anew when they change while they are looked at.
const TRIES_MAX: usize = 5;

/// What questions about budgets are answered from. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Connections for questions.
    pub pool: Pool,
    /// Which budgets there are.
    pub books: Books,
    /// Which numbers users have.
    pub users: Users,
}

/// Statuses of one snapshot, with the budgets they were worked out by.
#[derive(Debug, Clone)]
pub struct Statuses {
    /// The statuses.
    pub statuses: Vec<Status>,
    /// All budgets.
    pub book: Arc<Book>,
}

impl Standing {
    /// How every budget stands that holds `call` to its limit, the tightest first.
    pub async fn of_call(
        &self,
        tenant: TenantId,
        call: &PlannedCall,
        expected: Expected,
        now: DateTime<Utc>,
    ) -> Result<Statuses, store::Error> {
        let user_no = self.number_of(tenant, call.user.as_str()).await?;
        let facts = call.facts(user_no);
        let select = |book: &Book| {
            let counting = book.counting(&facts).filter(|one| one.counts_at(now));
            counting.filter(|one| book.is_binding(one, &facts, now)).map(Arc::clone).collect()
        };
        let mut found = self.standing(tenant, user_no, expected, now, select).await?;
        found.statuses.sort_by(|one, other| {
            let tightest = other.tightness().cmp(&one.tightness());
            let by_name = || one.budget.id.cmp(&other.budget.id);
            one.allowed.cmp(&other.allowed).then(tightest).then_with(by_name)
        });
        Ok(found)
    }

    /// The number of a user, if there is one; not that of one who was erased, which may be
    /// remembered under the id that a new user has.
    pub async fn number_of(
        &self,
        tenant: TenantId,
        user: &str,
    ) -> Result<Option<i32>, store::Error> {
        let found = self.users.find(tenant, user).await?;
        let Some(user_no) = found else { return Ok(None) };
        if !self.books.of(tenant).await?.is_erased(user_no) {
            return Ok(found);
        }
        self.users.forget_one(tenant, user);
        self.users.find(tenant, user).await
    }

    /// Nothing, where the tenant has no budgets at `epoch` and that is known.
    pub async fn none_at(
        &self,
        tenant: TenantId,
        epoch: i64,
    ) -> Result<Option<Statuses>, store::Error> {
        let book = self.books.of(tenant).await?;
        let is_known = book.epoch == epoch && book.all().next().is_none();
        Ok(is_known.then(|| Statuses { statuses: Vec::new(), book }))
    }

    /// How the budgets stand that `select` takes, for `user_no` where each user has the
    /// limit alone.
    pub async fn standing(
        &self,
        tenant: TenantId,
        user_no: Option<i32>,
        expected: Expected,
        now: DateTime<Utc>,
        select: impl Fn(&Book) -> Vec<Arc<Budget>>,
    ) -> Result<Statuses, store::Error> {
        let mut book = self.books.of(tenant).await?;
        for _ in 0..TRIES_MAX {
            let budgets = select(&book);
            let windows: Vec<(&Budget, Place)> = budgets
                .iter()
                .map(|budget| {
                    (&**budget, Place::at(budget, user_no.unwrap_or(CounterKey::NOBODY), now))
                })
                .collect();
            let found = async {
                let mut connection = self.pool.acquire().await?;
                store::budgets::sums(&mut connection, tenant, &windows).await
            };
            let found = store::pool::read(found).await?;
            if found.epoch == book.epoch {
                let statuses = budgets.into_iter().zip(found.sums);
                let status = |(budget, sums): (Arc<Budget>, _)| {
                    let asked = expected.of(budget.terms.limit.unit);
                    let user_no = user_no.filter(|_| budget.terms.scope.each_user);
                    Status::new(budget, user_no, sums, asked, now)
                };
                return Ok(Statuses { statuses: statuses.map(status).collect(), book });
            }
            book = self.books.refreshed(tenant).await?;
        }
        Err(store::Error::BudgetsChanged)
    }

    /// How `budget` stands for each user who used something of it, who used most first,
    /// after the user `after` who used so much: with the users' own ids.
    pub async fn of_users(
        &self,
        tenant: TenantId,
        budget: &Arc<Budget>,
        after: Option<(Amount, i32)>,
        max: i64,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Status, String)>, store::Error> {
        let window = budget.terms.period.window_at(now);
        let found = store::budgets::user_sums(&self.pool, tenant, budget, window, after, max);
        let asked = Expected::default().of(budget.terms.limit.unit);
        let status = |one: store::budgets::UserSums| {
            let status = Status::new(Arc::clone(budget), Some(one.user_no), one.sums, asked, now);
            (status, one.user_id)
        };
        Ok(store::pool::read(found).await?.into_iter().map(status).collect())
    }
}
