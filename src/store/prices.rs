//! The price list in the database.
//!
//! What is inserted and loaded again is the same but for its ids, which are then
//! the database's.

mod load;
mod write;

pub use load::{LoadError, load};

use sqlx::{Connection as _, PgConnection};

use super::Error;
use crate::pricing::Catalogue;

/// Whether no price list was ever imported.
pub async fn is_empty(connection: &mut PgConnection) -> Result<bool, Error> {
    let sql = "-- prices.is_empty\nSELECT NOT EXISTS (SELECT FROM catalogue)";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Imports a price list as a whole. Not to be dropped half-way: see [`super`].
pub async fn insert(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<(), Error> {
    let mut transaction = connection.begin().await?;
    write::insert_catalogue(&mut transaction, catalogue).await?;
    Ok(transaction.commit().await?)
}
