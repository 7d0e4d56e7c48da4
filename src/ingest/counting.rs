//! Which budget counters records move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::budget::book::{Book, Books};
use crate::domain::ids::TenantId;
use crate::store;
use crate::store::budgets::Moves;
use crate::store::usage::Row;

/// Where each of `rows` counts, by the budgets that are remembered.
pub(super) async fn moves(books: &Books, rows: &[Row<'_>]) -> Result<Moves, store::Error> {
    let tenants: BTreeSet<TenantId> = rows.iter().map(|row| row.priced.usage.tenant).collect();
    let mut by_tenant: BTreeMap<TenantId, Arc<Book>> = BTreeMap::new();
    for tenant in tenants {
        by_tenant.insert(tenant, books.of(tenant).await?);
    }
    let mut moves = Moves::default();
    for row in rows {
        let usage = &row.priced.usage;
        let (facts, time) = (usage.facts(row.user_no), usage.call.event_time);
        let book = &by_tenant[&usage.tenant];
        moves.moved.extend(book.moved(usage.tenant, usage.record_id, &facts, time));
    }
    moves.epochs = by_tenant.iter().map(|(tenant, book)| (*tenant, book.epoch)).collect();
    Ok(moves)
}
