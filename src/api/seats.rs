//! Seats for answers that go on: so many on one server, and fewer for each tenant, so that none
//! keeps all others out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::status::Refused;
use crate::domain::ids::TenantId;

/// How many there are, of what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Who sits there, as a refusal names them.
    pub(super) what: &'static str,
    /// On one server.
    pub(super) max: usize,
    /// Of one tenant.
    pub(super) tenant_max: usize,
}

/// Who has taken all seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The tenant has its own.
    Tenant,
    /// All tenants together.
    Server,
}

/// The seats. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    plan: Plan,
    /// Taken ones by tenant; none with 0.
    taken: Arc<Mutex<HashMap<TenantId, usize>>>,
}

impl Seats {
    /// All free.
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, taken: Arc::default() }
    }

    /// Takes one.
    pub(super) fn take(&self, tenant: TenantId) -> Result<Seat, Full> {
        let mut taken = self.taken();
        let own = taken.get(&tenant).copied().unwrap_or_default();
        if own >= self.plan.tenant_max {
            return Err(Full::Tenant);
        }
        if taken.values().sum::<usize>() >= self.plan.max {
            return Err(Full::Server);
        }
        taken.insert(tenant, own + 1);
        drop(taken);
        Ok(Seat { seats: self.clone(), tenant })
    }

    /// What is told to who gets none.
    pub(super) fn refusal(&self, full: Full) -> Refused {
        let Plan { what, max, tenant_max } = self.plan;
        match full {
            Full::Tenant => Refused::LimitReached { what, max: tenant_max },
            Full::Server => Refused::ServerFull { what, max },
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A seat that is taken until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    tenant: TenantId,
}

impl Seat {
    /// Whose it is.
    pub(super) fn tenant(&self) -> TenantId {
        self.tenant
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tenant_gets_all_and_who_leaves_makes_room() {
        let seats = Seats::new(Plan { what: "guests", max: 3, tenant_max: 2 });
        let [one, other] = [1, 2].map(|number| TenantId(uuid::Uuid::from_u128(number)));
        let mut taken = vec![seats.take(one).unwrap(), seats.take(one).unwrap()];
        assert_eq!(seats.take(one).unwrap_err(), Full::Tenant);
        taken.push(seats.take(other).unwrap());
        assert_eq!(seats.take(other).unwrap_err(), Full::Server);
        taken.remove(0);
        taken.push(seats.take(other).unwrap());
        assert_eq!(taken.iter().map(Seat::tenant).collect::<Vec<_>>(), [one, other, other]);
        drop(taken);
        assert!(seats.taken().is_empty());
    }
}
