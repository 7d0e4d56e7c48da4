//! What can go wrong.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::budgets::BudgetRefusal;
use crate::proto::ErrorReason;
use crate::retry;

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client could not be set up.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody answered at the address, or the connection broke. A record may have
    /// been stored all the same: sent again, it counts once.
    #[error("cannot reach {address}: {cause}")]
    Unreachable {
        /// Where the service was looked for.
        address: String,
        /// What the network said.
        cause: String,
    },
    /// The service, or the deadline, ended the call.
    #[error(transparent)]
    Call(Box<CallError>),
    /// A budget has no room for the call.
    #[error("{0}")]
    BudgetExceeded(Box<BudgetRefusal>),
    /// The answer was not as promised.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Error {
    /// The status code of the call, where there was one.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Error::Unreachable { .. } => Some(Code::Unavailable),
            Error::Call(call) => Some(call.code),
            Error::Config(_) | Error::BudgetExceeded(_) | Error::Answer(_) => None,
        }
    }

    /// The service's reason, where it gave one that this client knows.
    #[must_use]
    pub fn reason(&self) -> Option<ErrorReason> {
        match self {
            Error::Call(call) => {
                ErrorReason::from_str_name(&format!("ERROR_REASON_{}", call.reason))
            }
            Error::Config(_)
            | Error::Unreachable { .. }
            | Error::BudgetExceeded(_)
            | Error::Answer(_) => None,
        }
    }

    /// Reads the status of a failed call.
    pub(crate) fn from_status(status: &Status, address: &str) -> Self {
        if retry::is_broken_connection(status) {
            let cause = root_cause(status);
            return Error::Unreachable { address: address.to_owned(), cause };
        }
        Error::Call(Box::new(CallError::from_status(status)))
    }

    /// The deadline passed without an answer.
    pub(crate) fn deadline(timeout: Duration) -> Self {
        Error::Call(Box::new(CallError {
            code: Code::DeadlineExceeded,
            reason: "DEADLINE_EXCEEDED".to_owned(),
            message: format!("no answer within {timeout:?}"),
            violations: Vec::new(),
            retry_after: None,
            metadata: BTreeMap::new(),
        }))
    }
}

/// What the service said when it ended a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallError {
    /// The status code.
    pub code: Code,
    /// Why, for programs, such as `RECORD_ID_REUSED`; empty when nothing was said.
    /// [`Error::reason`] has it as an enum.
    pub reason: String,
    /// What is wrong, for a person.
    pub message: String,
    /// Every wrong field.
    pub violations: Vec<Violation>,
    /// When to try again, where the service said so.
    pub retry_after: Option<Duration>,
    /// Facts about the reason, such as `record_id`.
    pub metadata: BTreeMap<String, String>,
}

impl CallError {
    fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().cloned();
        let (reason, metadata) = info.map(|info| (info.reason, info.metadata)).unwrap_or_default();
        let fields = details.bad_request().map(|bad| bad.field_violations.clone());
        let violations = fields.unwrap_or_default().into_iter();
        CallError {
            code: status.code(),
            reason,
            message: status.message().to_owned(),
            violations: violations
                .map(|v| Violation { field: v.field, description: v.description })
                .collect(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
            metadata: metadata.into_iter().collect(),
        }
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.message.as_str() {
            "" => write!(out, "{}", self.code)?,
            message => out.write_str(message)?,
        }
        if !self.reason.is_empty() {
            write!(out, " ({})", self.reason)?;
        }
        // The service's message has the first of them already.
        let told = |violation: &&Violation| self.message.contains(&violation.to_string());
        for violation in self.violations.iter().filter(|violation| !told(violation)) {
            write!(out, "\n  {violation}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Path of the field, such as `usage.cache_read_tokens`.
    pub field: String,
    /// What is wrong and what is expected.
    pub description: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.field, self.description)
    }
}

/// Why a client could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No API key was found.
    #[error("no API key was found; looked in {}", looked_in.join(", "))]
    NoKey {
        /// The places, in order.
        looked_in: Vec<String>,
    },
    /// The key has characters that no header may have. The key is not shown.
    #[error("the API key from {source_name} has characters that a header cannot carry")]
    MalformedKey {
        /// Where the key came from.
        source_name: String,
    },
    /// The credentials file is there but cannot be used.
    #[error("the credentials file {} cannot be used: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The address is no address.
    #[error(
        "the address {address:?} cannot be used: {cause}; expected one such as http://127.0.0.1:50051"
    )]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// An answer that was not as promised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the service's answer cannot be read: {what}")]
pub struct AnswerError {
    /// What is wrong with it.
    pub what: String,
}

impl AnswerError {
    /// `field` is missing.
    pub(crate) fn missing(field: &str) -> Self {
        Self { what: format!("{field} is missing") }
    }

    /// `field` has a value that it cannot have.
    pub(crate) fn bad(field: &str, value: &impl std::fmt::Debug) -> Self {
        Self { what: format!("{field} is {value:?}") }
    }
}

/// The innermost cause, which says most: "Connection refused", not "transport error".
fn root_cause(status: &Status) -> String {
    let mut cause = status.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| status.message().to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn details_of_a_status_are_read() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info("INVALID_FIELDS", "aiusage.v1", [("a".to_owned(), "b".to_owned())])
            .add_bad_request_violation("record.user_id", "must not be empty")
            .set_retry_info(Some(Duration::from_millis(50)));
        let status = Status::with_error_details(Code::InvalidArgument, "1 field is wrong", details);
        let error = Error::from_status(&status, "http://x");
        assert_eq!(error.reason(), Some(ErrorReason::InvalidFields));
        assert_eq!(error.code(), Some(Code::InvalidArgument));
        assert_eq!(
            error.to_string(),
            "1 field is wrong (INVALID_FIELDS)\n  record.user_id: must not be empty"
        );
        let Error::Call(call) = error else { panic!("a call error was expected") };
        assert_eq!(call.retry_after, Some(Duration::from_millis(50)));
        assert_eq!(call.metadata["a"], "b");
    }

    #[test]
    fn an_unknown_reason_is_kept_as_text() {
        let details = ErrorDetails::with_error_info("NEW_REASON", "aiusage.v1", []);
        let status = Status::with_error_details(Code::FailedPrecondition, "no", details);
        let error = Error::from_status(&status, "http://x");
        assert_eq!(error.reason(), None);
        assert_eq!(error.to_string(), "no (NEW_REASON)");
    }
}
