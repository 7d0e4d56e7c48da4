//! Where records count: which counters a statement moves, and the budgets that this was
//! worked out with.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::postgres::PgArguments;
use sqlx::{PgConnection, Postgres};
use uuid::Uuid;

use crate::domain::budget::{Amount, Budget, CounterKey};
use crate::domain::ids::{RecordId, TenantId};
use crate::store::{Error, column};

/// One record in one counter.
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    tenant: TenantId,
    record: RecordId,
    counter: CounterKey,
    unit: &'static str,
    alert_at: Option<Amount>,
}

impl Moved {
    /// A record of `tenant` that counts in `budget`, in `counter`.
    #[must_use]
    pub fn new(tenant: TenantId, record: RecordId, budget: &Budget, counter: CounterKey) -> Self {
        let (unit, alert_at) = (budget.terms.limit.unit.as_str(), budget.first_alert_at());
        Self { tenant, record, counter, unit, alert_at }
    }
}

/// All counters that a statement moves.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    /// Each tenant with the epoch of its budgets.
    pub epochs: Vec<(TenantId, i64)>,
    /// Each record in each counter.
    pub moved: Vec<Moved>,
}

/// Makes sure, until the transaction ends, that the budgets are those that were loaded
/// at these epochs. A statement of its own: joined to others it would not be made where
/// they find nothing.
pub async fn hold(connection: &mut PgConnection, epochs: &[(TenantId, i64)]) -> Result<(), Error> {
    sqlx::query("-- budgets.hold\nSELECT hold_budgets($1, $2)")
        .bind(column(epochs, |(tenant, _)| tenant.0))
        .bind(column(epochs, |(_, epoch)| *epoch))
        .execute(connection)
        .await?;
    Ok(())
}

/// What binds arguments: a query of whatever kind.
pub(in crate::store) trait Bind<'q>: Sized {
    fn bind_array<T>(self, values: Vec<T>) -> Self
    where
        Vec<T>: 'q + sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>;
}

impl<'q> Bind<'q> for sqlx::query::Query<'q, Postgres, PgArguments> {
    fn bind_array<T>(self, values: Vec<T>) -> Self
    where
        Vec<T>: 'q + sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        self.bind(values)
    }
}

impl<'q, O> Bind<'q> for sqlx::query::QueryAs<'q, Postgres, O, PgArguments> {
    fn bind_array<T>(self, values: Vec<T>) -> Self
    where
        Vec<T>: 'q + sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        self.bind(values)
    }
}

impl Moves {
    /// Binds tenants and epochs.
    pub(in crate::store) fn bind_epochs<'q, Q: Bind<'q>>(&self, query: Q) -> Q {
        query
            .bind_array::<Uuid>(self.epochs.iter().map(|(tenant, _)| tenant.0).collect())
            .bind_array::<i64>(self.epochs.iter().map(|(_, epoch)| *epoch).collect())
    }

    /// Binds one array for each column of the moves.
    pub(in crate::store) fn bind_moved<'q, Q: Bind<'q>>(&self, query: Q) -> Q {
        fn each<T>(moves: &Moves, value: impl Fn(&Moved) -> T) -> Vec<T> {
            moves.moved.iter().map(value).collect()
        }
        query
            .bind_array::<Uuid>(each(self, |one| one.tenant.0))
            .bind_array::<Uuid>(each(self, |one| one.record.as_uuid()))
            .bind_array::<i32>(each(self, |one| one.counter.budget_no))
            .bind_array::<i32>(each(self, |one| one.counter.user_no))
            .bind_array::<DateTime<Utc>>(each(self, |one| one.counter.period.start))
            .bind_array::<DateTime<Utc>>(each(self, |one| one.counter.period.end))
            .bind_array::<&'static str>(each(self, |one| one.unit))
            .bind_array::<Option<Decimal>>(each(self, |one| one.alert_at.map(numeric)))
    }
}

/// An amount for Postgres' driver, whose decimals end at about 79 billion dollars.
/// Larger ones have 9 decimals, rounded up.
pub(in crate::store) fn numeric(amount: Amount) -> Decimal {
    const FEWER: i128 = 10_i128.pow(9);
    let exact = match amount.as_money() {
        Some(money) => money.as_decimal(),
        None => Decimal::try_from_i128_with_scale(amount.parts(), 0).ok(),
    };
    exact
        .or_else(|| Decimal::try_from_i128_with_scale(amount.parts() / FEWER + 1, 9).ok())
        .unwrap_or(Decimal::MAX)
}
