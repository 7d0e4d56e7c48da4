//! What can go wrong with the database, by what the caller may do about it.

use crate::domain::totals::SumTooLarge;

/// A failed database call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres cannot be reached, is starting or stopping, gave up on a lock or
    /// ran out of time or room: the same call may succeed later.
    #[error("Postgres is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The call did not end in time.
    #[error("Postgres did not answer in time")]
    TimedOut,
    /// Budgets were changed since the counters to move were worked out: load them and
    /// try again.
    #[error("the budgets were changed meanwhile")]
    BudgetsChanged,
    /// The log of a record is dropped, or about to be: look again which partitions there
    /// are, and try again without it.
    #[error("the log of that time is not kept any more")]
    LogNotKept,
    /// A sum has more digits than an amount can hold.
    #[error(transparent)]
    SumTooLarge(#[from] SumTooLarge),
    /// Anything else is a fault of this program or of the data.
    #[error("unexpected database error: {0}")]
    Unexpected(#[source] sqlx::Error),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::Unavailable(_) | Error::TimedOut | Error::BudgetsChanged | Error::LogNotKept
        )
    }
}

/// What is stored is not what this version can read.
pub(super) fn undecodable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unexpected(sqlx::Error::Decode(cause.into()))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|database| database.code());
        if code.as_deref() == Some(BUDGETS_CHANGED) {
            return Error::BudgetsChanged;
        }
        if code.as_deref() == Some(LOG_FROZEN) || is_without_partition(&error) {
            return Error::LogNotKept;
        }
        let transient = match &error {
            sqlx::Error::Database(database) => {
                database.code().is_some_and(|code| is_transient_code(&code))
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        if transient { Error::Unavailable(error) } else { Error::Unexpected(error) }
    }
}

/// What `hold_budgets` raises.
const BUDGETS_CHANGED: &str = "BU001";
/// What a frozen partition raises.
const LOG_FROZEN: &str = "RT001";

/// Whether a row has no partition to go to: a check that has no name.
fn is_without_partition(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|database| database.is_check_violation() && database.constraint().is_none())
}

/// Connection failures, a server that went read-only in a failover, refused
/// log-ins, forgotten statements, serialization failures and deadlocks, no room,
/// locks not had in time, operator intervention, disk errors.
fn is_transient_code(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    ["08", "25", "26", "28", "40", "53", "55", "57", "58"].contains(&class)
}
