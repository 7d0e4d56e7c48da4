//! Which budget counters records move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::budget::book::{Book, Books};
use crate::domain::ids::TenantId;
use crate::store;
use crate::store::budgets::Moves;
use crate::store::usage::Row;
use crate::users::Users;

/// The budgets that are remembered of each tenant.
pub(super) type BooksOf = BTreeMap<TenantId, Arc<Book>>;

/// What is remembered of the tenants of `rows`.
pub(super) async fn books_of(books: &Books, rows: &[Row<'_>]) -> Result<BooksOf, store::Error> {
    let tenants: BTreeSet<TenantId> = rows.iter().map(|row| row.priced.usage.tenant).collect();
    let mut by_tenant = BooksOf::new();
    for tenant in tenants {
        by_tenant.insert(tenant, books.of(tenant).await?);
    }
    Ok(by_tenant)
}

/// Gives rows of erased users the numbers that their ids have now. A number that was looked
/// up after `books` was loaded is right as long as the epochs of `books` are those of now,
/// and the statement refuses others.
pub(super) async fn renumber(
    users: &Users,
    books: &BooksOf,
    rows: &mut [Row<'_>],
) -> Result<(), store::Error> {
    for row in rows {
        let usage = &row.priced.usage;
        if books[&usage.tenant].is_erased(row.user_no) {
            let key = (usage.tenant, usage.cause.user.as_str().into());
            row.user_no = users.look_again(key).await?;
        }
    }
    Ok(())
}

/// Where each of `rows` counts, by `books`.
pub(super) fn moves(books: &BooksOf, rows: &[Row<'_>]) -> Moves {
    let mut moves = Moves::default();
    for row in rows {
        let usage = &row.priced.usage;
        let (facts, time) = (usage.facts(row.user_no), usage.call.event_time);
        let book = &books[&usage.tenant];
        moves.moved.extend(book.moved(usage.tenant, usage.record_id, &facts, time));
    }
    moves.epochs = books.iter().map(|(tenant, book)| (*tenant, book.epoch)).collect();
    moves
}
