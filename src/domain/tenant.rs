//! Tenants.

use super::ids::TenantId;
use super::period::Zone;

/// A customer and the zone its days are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its reporting time zone, for good: with another one its days would change.
    pub zone: Zone,
}
