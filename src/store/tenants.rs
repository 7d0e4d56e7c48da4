//! Tenants.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Error;
use crate::domain::ids::TenantId;
use crate::domain::period::Zone;
use crate::domain::tenant::Tenant;

/// A zone that this program does not know was written by a newer one; counting its
/// days in UTC would split a day in two, so it is an error.
pub(super) fn from_row(id: Uuid, zone: &str) -> Result<Tenant, Error> {
    let zone =
        Zone::parse(zone).map_err(|error| Error::Unexpected(sqlx::Error::Decode(error.into())))?;
    Ok(Tenant { id: TenantId(id), zone })
}

/// Finds a tenant by name, or makes it with `zone`. A tenant's zone never
/// changes: its days would.
pub async fn find_or_create(
    connection: &mut PgConnection,
    id: TenantId,
    name: &str,
    zone: Zone,
) -> Result<Tenant, Error> {
    let (id, zone): (Uuid, String) = sqlx::query_as(
        "-- tenants.find_or_create
        INSERT INTO tenant (tenant_id, name, time_zone) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET name = excluded.name
        RETURNING tenant_id, time_zone",
    )
    .bind(id.0)
    .bind(name)
    .bind(zone.name())
    .fetch_one(connection)
    .await?;
    from_row(id, &zone)
}
