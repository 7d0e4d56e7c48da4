//! Tenants.

use super::cost::CostPolicy;
use super::ids::TenantId;
use super::period::Zone;

/// A customer, and how its costs and days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its reporting time zone, for good: with another one its days would change.
    pub zone: Zone,
    /// Which cost of a record counts.
    pub policy: CostPolicy,
    /// Whether it operates this service, and may change the public price list.
    pub operator: bool,
}
