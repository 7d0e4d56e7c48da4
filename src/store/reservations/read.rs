//! Reservations as they are stored.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::budget::BudgetId;
use crate::domain::budget::reservation::{
    Expected, PlannedCall, Refusal, Reservation, ReservationId, State,
};
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::domain::text::{LongName, Name, UserId};
use crate::store::error::undecodable;
use crate::store::repricing::amount;
use crate::store::{Error, budgets};

/// A refusal as it is kept: amounts as text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RefusalRow {
    budget_id: String,
    user_id: Option<String>,
    unit: String,
    limit: String,
    used: String,
    reserved: String,
    requested: String,
    period_start: DateTime<Utc>,
    period_end: DateTime<Utc>,
}

impl From<&Refusal> for RefusalRow {
    fn from(refusal: &Refusal) -> Self {
        Self {
            budget_id: refusal.budget.to_string(),
            user_id: refusal.user.as_ref().map(ToString::to_string),
            unit: refusal.limit.unit.as_str().to_owned(),
            limit: refusal.limit.to_string(),
            used: refusal.used.to_string(),
            reserved: refusal.reserved.to_string(),
            requested: refusal.requested.to_string(),
            period_start: refusal.period.start,
            period_end: refusal.period.end,
        }
    }
}

impl RefusalRow {
    fn read(self) -> Result<Refusal, Error> {
        let unit = budgets::unit(&self.unit)?;
        let amount = |text: &str| budgets::amount(unit, text);
        Ok(Refusal {
            budget: BudgetId::new(&self.budget_id).map_err(undecodable)?,
            user: self.user_id.map(|user| UserId::new(&user)).transpose().map_err(undecodable)?,
            limit: amount(&self.limit)?,
            used: amount(&self.used)?,
            reserved: amount(&self.reserved)?,
            requested: amount(&self.requested)?,
            period: TimeRange { start: self.period_start, end: self.period_end },
        })
    }
}

#[derive(sqlx::FromRow)]
struct ReservationRow {
    tenant_id: Uuid,
    reservation_id: Uuid,
    state: String,
    /// As text: the driver rounds a long NUMERIC without a word.
    cost_text: String,
    token_count: i64,
    budget_ids: Vec<String>,
    request_sha256: Vec<u8>,
    create_time: DateTime<Utc>,
    expire_time: DateTime<Utc>,
    end_time: Option<DateTime<Utc>>,
    record_id: Option<Uuid>,
    refusal: Option<Json<RefusalRow>>,
}

impl ReservationRow {
    fn read(self) -> Result<Reservation, Error> {
        let state = State::from_word(&self.state).ok_or_else(|| undecodable("unknown state"))?;
        let budgets = self.budget_ids.iter().map(|id| BudgetId::new(id));
        Ok(Reservation {
            id: ReservationId(self.reservation_id),
            state,
            expected: Expected { cost: amount(&self.cost_text)?, tokens: self.token_count },
            budgets: budgets.collect::<Result<_, _>>().map_err(undecodable)?,
            create_time: self.create_time,
            expire_time: self.expire_time,
            end_time: self.end_time,
            record_id: self.record_id,
            refusal: self.refusal.map(|refusal| refusal.0.read()).transpose()?,
        })
    }
}

/// A reservation by its place: with the digest of what the caller sent.
pub type Found = HashMap<(TenantId, ReservationId), (Reservation, Vec<u8>)>;

/// Finds reservations.
pub async fn find_all(
    connection: &mut PgConnection,
    keys: &[(TenantId, ReservationId)],
) -> Result<Found, Error> {
    let rows: Vec<ReservationRow> = sqlx::query_as(
        "-- reservations.find_all
        SELECT r.*, r.cost::text AS cost_text, r.tokens::bigint AS token_count
        FROM unnest($1::uuid[], $2::uuid[]) AS asked (tenant_id, reservation_id)
        JOIN budget_reservation AS r USING (tenant_id, reservation_id)",
    )
    .bind(keys.iter().map(|(tenant, _)| tenant.0).collect::<Vec<Uuid>>())
    .bind(keys.iter().map(|(_, id)| id.0).collect::<Vec<Uuid>>())
    .fetch_all(connection)
    .await?;
    let entry = |row: ReservationRow| {
        let key = (TenantId(row.tenant_id), ReservationId(row.reservation_id));
        let digest = row.request_sha256.clone();
        Ok((key, (row.read()?, digest)))
    };
    rows.into_iter().map(entry).collect()
}

/// Finds one reservation.
pub async fn find(
    pool: &PgPool,
    tenant: TenantId,
    id: ReservationId,
) -> Result<Option<Reservation>, Error> {
    let found = find_with_digest(pool, tenant, id).await?;
    Ok(found.map(|(reservation, _)| reservation))
}

/// Finds one reservation, with the digest of what its caller sent.
pub async fn find_with_digest(
    pool: &PgPool,
    tenant: TenantId,
    id: ReservationId,
) -> Result<Option<(Reservation, Vec<u8>)>, Error> {
    let mut connection = pool.acquire().await?;
    let found = find_all(&mut connection, &[(tenant, id)]).await?;
    Ok(found.into_values().next())
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    reservation_id: Uuid,
    user_id: String,
    user_no: i32,
    feature: String,
    provider: String,
    model: String,
    job_id: String,
    tags: Json<BTreeMap<Box<str>, Box<str>>>,
    /// As text: the driver rounds a long NUMERIC without a word.
    cost_text: String,
    token_count: i64,
    create_time: DateTime<Utc>,
    expire_time: DateTime<Utc>,
}

/// A reservation that is held.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub id: ReservationId,
    /// The call.
    pub call: PlannedCall,
    /// Number of its user.
    pub user_no: i32,
    /// What is set aside.
    pub expected: Expected,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// When its lease ends.
    pub expire_time: DateTime<Utc>,
}

/// All reservations of a tenant that are held.
pub async fn held(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Held>, Error> {
    let rows: Vec<HeldRow> = sqlx::query_as(
        "-- reservations.held
        SELECT *, cost::text AS cost_text, tokens::bigint AS token_count
        FROM budget_reservation WHERE tenant_id = $1 AND state = 'held'",
    )
    .bind(tenant.0)
    .fetch_all(connection)
    .await?;
    let read = |row: HeldRow| {
        Ok(Held {
            id: ReservationId(row.reservation_id),
            call: PlannedCall {
                user: UserId::new(&row.user_id).map_err(undecodable)?,
                feature: Name::new(&row.feature).map_err(undecodable)?,
                provider: Name::new(&row.provider).map_err(undecodable)?,
                model: LongName::new(&row.model).map_err(undecodable)?,
                job_id: LongName::new(&row.job_id).map_err(undecodable)?,
                tags: row.tags.0,
            },
            user_no: row.user_no,
            expected: Expected { cost: amount(&row.cost_text)?, tokens: row.token_count },
            create_time: row.create_time,
            expire_time: row.expire_time,
        })
    };
    rows.into_iter().map(read).collect()
}
