//! Tenants.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Error;
use super::error::undecodable;
use crate::domain::cost::CostPolicy;
use crate::domain::ids::TenantId;
use crate::domain::period::Zone;
use crate::domain::tenant::Tenant;

#[derive(sqlx::FromRow)]
pub(super) struct TenantRow {
    tenant_id: Uuid,
    time_zone: String,
    cost_policy: String,
    operator: bool,
}

impl TenantRow {
    /// A zone that this program does not know was written by a newer one; counting
    /// its days in UTC would split a day in two, so it is an error.
    pub(super) fn read(self) -> Result<Tenant, Error> {
        let zone = Zone::parse(&self.time_zone).map_err(undecodable)?;
        let policy = CostPolicy::from_word(&self.cost_policy)
            .ok_or_else(|| undecodable("unknown cost policy"))?;
        Ok(Tenant { id: TenantId(self.tenant_id), zone, policy, operator: self.operator })
    }
}

/// Finds a tenant by name, or makes it with `zone`. A tenant's zone never changes: its
/// days would. An operator may change what holds for every tenant.
pub async fn find_or_create(
    connection: &mut PgConnection,
    id: TenantId,
    name: &str,
    zone: Zone,
    operator: bool,
) -> Result<Tenant, Error> {
    let row: TenantRow = sqlx::query_as(
        "-- tenants.find_or_create
        INSERT INTO tenant (tenant_id, name, time_zone, operator) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET name = excluded.name
        RETURNING tenant_id, time_zone, cost_policy, operator",
    )
    .bind(id.0)
    .bind(name)
    .bind(zone.name())
    .bind(operator)
    .fetch_one(connection)
    .await?;
    row.read()
}

/// Finds a tenant.
pub async fn find(pool: &PgPool, id: TenantId) -> Result<Tenant, Error> {
    let row: TenantRow = sqlx::query_as(
        "-- tenants.find
        SELECT tenant_id, time_zone, cost_policy, operator FROM tenant WHERE tenant_id = $1",
    )
    .bind(id.0)
    .fetch_one(pool)
    .await?;
    row.read()
}

/// The name of a tenant.
pub async fn name(pool: &PgPool, id: TenantId) -> Result<String, Error> {
    let name = sqlx::query_scalar("-- tenants.name\nSELECT name FROM tenant WHERE tenant_id = $1");
    Ok(name.bind(id.0).fetch_one(pool).await?)
}

/// Sets which cost of a record counts from now on.
pub async fn set_policy(pool: &PgPool, id: TenantId, policy: CostPolicy) -> Result<(), Error> {
    sqlx::query("-- tenants.set_policy\nUPDATE tenant SET cost_policy = $2 WHERE tenant_id = $1")
        .bind(id.0)
        .bind(policy.as_str())
        .execute(pool)
        .await?;
    Ok(())
}
