//! What a directory knows of users.

use chrono::{DateTime, Utc};

use super::money::Money;

/// A user of a tenant, and what the directory knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The tenant's own id.
    pub id: String,
    /// A name to show; empty: none.
    pub display_name: String,
    /// An e-mail address; empty: none.
    pub email: String,
    /// The plan; empty: none.
    pub plan: String,
    /// What the user pays in a calendar month, if known.
    pub monthly_revenue: Option<Money>,
    /// What it cost to win the user, if known.
    pub acquisition_cost: Option<Money>,
    /// When the user signed up, if known.
    pub signup_time: Option<DateTime<Utc>>,
    /// When the directory heard of the user first, and when it changed last; `None`: it
    /// knows nothing but that there are records.
    pub known: Option<Known>,
}

/// Since when the directory knows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The first time.
    pub create_time: DateTime<Utc>,
    /// The last change.
    pub update_time: DateTime<Utc>,
}

/// A change of what the directory knows. `None` leaves a field as it is; the inner
/// `None` and an empty text clear it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChange {
    /// A name to show, up to [`DISPLAY_NAME_MAX`] characters.
    pub display_name: Option<Box<str>>,
    /// An e-mail address, up to [`EMAIL_MAX`] characters.
    pub email: Option<Box<str>>,
    /// The plan, up to [`PLAN_MAX`] characters.
    pub plan: Option<Box<str>>,
    /// What the user pays in a calendar month.
    pub monthly_revenue: Option<Option<Money>>,
    /// What it cost to win the user.
    pub acquisition_cost: Option<Option<Money>>,
    /// When the user signed up.
    pub signup_time: Option<Option<DateTime<Utc>>>,
}

/// The most characters of a name to show.
pub const DISPLAY_NAME_MAX: usize = 256;
/// The most characters of an e-mail address: 64 before the @ and 255 after it.
pub const EMAIL_MAX: usize = 320;
/// The most characters of a plan.
pub const PLAN_MAX: usize = 64;
