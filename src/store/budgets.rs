//! Budgets: what was decided, and counters of what was used.
//!
//! Whoever moves counters holds the tenant's budgets (`hold_budgets` in the schema) and
//! names the epoch that the moves were worked out with; whoever changes budgets has
//! them alone. So no record is counted by a list of budgets that is not the one in
//! force, whatever another server remembers.

mod change;
mod count;
mod moves;
mod read;
mod sums;

pub(super) use change::shared;
pub use change::{BUDGETS_MAX, Change, Changed, WIDE_BUDGETS_MAX, apply, look_at_thresholds};
pub use count::{Count, next_to_count, recount};
pub(super) use moves::numeric;
pub use moves::{Moved, Moves, hold};
pub use read::{Loaded, find_by_nos, load_since, page};
pub(super) use read::{amount, unit};
pub use sums::{UserSums, WindowSums, sums, user_sums};
