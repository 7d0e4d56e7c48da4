//! The price list in the database.
//!
//! What is inserted and loaded again is the same but for its ids, which are then
//! the database's.

mod load;
mod write;

pub use load::{LoadError, load};
pub use write::insert_catalogue;

use sqlx::PgConnection;

/// Whether no price list was ever imported.
pub async fn is_empty(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let sql = "/* prices: is empty */ SELECT NOT EXISTS (SELECT FROM catalogue)";
    sqlx::query_scalar(sql).fetch_one(connection).await
}
