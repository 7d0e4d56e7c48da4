//! The price list in the database.
//!
//! What is inserted and loaded again is the same but for its ids, which are then
//! the database's.

mod add;
mod aliases;
mod apply;
mod load;
mod versions;
mod write;

pub use aliases::{StoredAlias, list_aliases};
pub use apply::apply;
pub use load::{LoadError, load};

use sqlx::{Connection as _, PgConnection};

use super::Error;
use crate::pricing::Catalogue;

/// Prices are read and changed whole, which may take longer than any question.
const PATIENCE: &str = "SET LOCAL statement_timeout = '30s'";

/// Whether no price list was ever imported.
pub async fn is_empty(connection: &mut PgConnection) -> Result<bool, Error> {
    let sql = "-- prices.is_empty\nSELECT NOT EXISTS (SELECT FROM catalogue)";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Imports the first price list as a whole. Not to be dropped half-way: see
/// [`super`].
pub async fn insert(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<(), Error> {
    let mut transaction = connection.begin().await?;
    write::insert_catalogue(&mut transaction, catalogue).await?;
    Ok(transaction.commit().await?)
}

/// Number of the last change of prices or names; 0 before the first.
pub async fn last_change(connection: &mut PgConnection) -> sqlx::Result<i64> {
    let sql = "-- prices.last_change\nSELECT coalesce(max(change_no), 0) FROM price_change";
    sqlx::query_scalar(sql).fetch_one(connection).await
}
