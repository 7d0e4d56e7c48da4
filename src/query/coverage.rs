//! How far an answer reaches.

use chrono::{DateTime, Utc};

/// Whether every record of a period is in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// The log is kept from this time on; absent: nothing of it was dropped.
    pub log_start: Option<DateTime<Utc>>,
    /// What is missing, for people; absent: nothing.
    pub missing: Option<String>,
}
