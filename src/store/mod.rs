//! POSTGRES. The only code with SQL: plain functions over a connection.
//!
//! A transaction runs only in tasks that no caller can cancel: the driver can lose one
//! whose future is dropped half-way. Other statements are single: they are safe to drop,
//! and see one snapshot each.

pub mod cost;
pub mod embedded;
pub mod error;
pub mod keys;
pub mod partitions;
pub mod pool;
pub mod prices;
pub mod record;
pub mod repricing;
pub mod tenants;
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
