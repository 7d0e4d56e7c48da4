//! POSTGRES. The only code with SQL: plain functions over a connection.
//!
//! A transaction runs only in tasks that no caller can cancel: the driver can lose one
//! whose future is dropped half-way. Other statements are single: they are safe to drop,
//! and see one snapshot each.

pub mod alerts;
pub mod budgets;
pub mod cost;
pub mod embedded;
pub mod erasure;
pub mod error;
pub mod keys;
pub mod latency;
pub mod log;
pub mod news;
pub mod partitions;
pub mod past_calls;
pub mod pool;
pub mod prices;
pub mod profiles;
pub mod record;
pub mod repricing;
pub mod reservations;
pub mod retention;
pub mod spenders;
pub mod tenants;
pub mod totals;
pub mod unpriced;
pub mod usage;
pub mod users;
pub mod verify;

pub use error::Error;

/// One connection.
pub use sqlx::PgConnection as Connection;
/// Connections to one database. Cloning is cheap.
pub use sqlx::PgPool as Pool;
/// How to connect.
pub use sqlx::postgres::PgConnectOptions as ConnectOptions;

use crate::domain::money::Money;

/// Begins a transaction. Not to be dropped half-way: see above.
pub async fn begin(
    connection: &mut Connection,
) -> Result<sqlx::Transaction<'_, sqlx::Postgres>, Error> {
    use sqlx::Connection as _;
    Ok(connection.begin().await?)
}

/// One column of rows, to be unnested.
fn column<R, T>(rows: impl IntoIterator<Item = R>, value: impl FnMut(R) -> T) -> Vec<T> {
    rows.into_iter().map(value).collect()
}

/// What one record costs, as a column has it.
fn decimal(money: Money) -> rust_decimal::Decimal {
    money.as_decimal().expect("what one record costs was checked to fit")
}
