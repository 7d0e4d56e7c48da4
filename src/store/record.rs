//! One record of the log with everything that its cost came from.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::Error;
use super::repricing::{CallRow, amount, money, status};
use crate::domain::cost::CostStatus;
use crate::domain::ids::{PriceSetId, RecordId, RepricingId, TenantId};
use crate::domain::money::Money;
use crate::domain::usage::Call;
use crate::pricing::resolve::ResolvedBy;

/// A record, its cost as it was recorded, and every correction since.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// The user.
    pub user: String,
    /// When it was stored.
    pub record_time: DateTime<Utc>,
    /// What its price depends on.
    pub call: Call,
    /// What somebody else says it cost.
    pub reported_cost: Option<Money>,
    /// Its cost as it was recorded.
    pub recorded: StoredCost,
    /// Corrections, oldest first.
    pub revisions: Vec<StoredRevision>,
}

impl StoredRecord {
    /// Its cost now.
    #[must_use]
    pub fn current(&self) -> StoredCost {
        self.revisions.last().map_or(self.recorded, |revision| revision.cost)
    }
}

/// A cost, and what it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCost {
    /// How much is known.
    pub status: CostStatus,
    /// The cost.
    pub total: Option<Money>,
    /// The price set that explains it.
    pub price_set: Option<PriceSetId>,
    /// How the model was found.
    pub resolved_by: Option<ResolvedBy>,
}

/// A correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRevision {
    /// From 1.
    pub number: i32,
    /// The cost before.
    pub old_cost: Option<Money>,
    /// How much was known before.
    pub old_status: CostStatus,
    /// The cost after.
    pub cost: StoredCost,
    /// When it was made.
    pub record_time: DateTime<Utc>,
    /// The repricing that made it.
    pub repricing: RepricingId,
    /// Why.
    pub reason: String,
    /// The API key that asked for it; empty: the service itself.
    pub created_by: String,
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    user_id: String,
    record_time: DateTime<Utc>,
    #[sqlx(flatten)]
    call: CallRow,
    reported_cost: Option<Decimal>,
    #[sqlx(flatten)]
    cost: CostRow,
}

#[derive(sqlx::FromRow)]
struct CostRow {
    cost_status: String,
    cost_total: Option<String>,
    price_set_id: Option<i64>,
    resolved_by: Option<String>,
}

impl CostRow {
    fn read(self) -> Result<StoredCost, Error> {
        Ok(StoredCost {
            status: status(&self.cost_status)?,
            total: self.cost_total.as_deref().map(amount).transpose()?,
            price_set: self.price_set_id.map(PriceSetId),
            resolved_by: self.resolved_by.as_deref().and_then(ResolvedBy::from_word),
        })
    }
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    revision: i32,
    old_cost_status: String,
    old_cost_total: Option<String>,
    #[sqlx(flatten)]
    cost: CostRow,
    record_time: DateTime<Utc>,
    repricing_id: Uuid,
    reason: String,
    created_by: String,
}

impl RevisionRow {
    fn read(self) -> Result<StoredRevision, Error> {
        Ok(StoredRevision {
            number: self.revision,
            old_cost: self.old_cost_total.as_deref().map(amount).transpose()?,
            old_status: status(&self.old_cost_status)?,
            cost: self.cost.read()?,
            record_time: self.record_time,
            repricing: RepricingId(self.repricing_id),
            reason: self.reason,
            created_by: self.created_by,
        })
    }
}

/// Finds a record of `tenant`. Its revisions are read after it: one that is made
/// between the two is told, with the record as it always was.
pub async fn find(
    pool: &PgPool,
    tenant: TenantId,
    id: RecordId,
) -> Result<Option<StoredRecord>, Error> {
    let row: Option<RecordRow> = sqlx::query_as(
        "-- record.find
        SELECT user_id, record_time, event_time, provider, model, response_model, api_url, input_tokens,
          output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens, other_meters,
          cached_response, status, price_context, reported_cost, cost_status, cost_total::text AS cost_total,
          price_set_id, resolved_by
        FROM usage_log JOIN tenant_user USING (tenant_id, user_no)
        WHERE tenant_id = $1 AND record_id = $2",
    )
    .bind(tenant.0)
    .bind(id.as_uuid())
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredRecord {
        user: row.user_id,
        record_time: row.record_time,
        call: row.call.read()?,
        reported_cost: row.reported_cost.map(money).transpose()?,
        recorded: row.cost.read()?,
        revisions: revisions(pool, tenant, id).await?,
    }))
}

async fn revisions(
    pool: &PgPool,
    tenant: TenantId,
    id: RecordId,
) -> Result<Vec<StoredRevision>, Error> {
    let rows: Vec<RevisionRow> = sqlx::query_as(
        "-- record.revisions
        SELECT revision, old_cost_status, old_cost_total::text AS old_cost_total, cost_status,
          cost_total::text AS cost_total, price_set_id, resolved_by, record_time, repricing_id, reason,
          created_by
        FROM cost_revision JOIN repricing USING (tenant_id, repricing_id)
        WHERE tenant_id = $1 AND record_id = $2 ORDER BY revision",
    )
    .bind(tenant.0)
    .bind(id.as_uuid())
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(RevisionRow::read).collect()
}
