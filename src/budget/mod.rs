//! BUDGETS. Which budgets there are, and admission of calls under them.
//!
//! - [`book`]: what is remembered of each tenant's budgets. It is never trusted: whoever
//!   counts by it names its epoch, and is refused when that is not the one in force.
//! - [`reserver`]: sets amounts aside, for many calls in one transaction.
//! - [`leases`]: gives back what is not held any more.

pub mod book;
pub mod leases;
pub mod reserver;

mod plan;
