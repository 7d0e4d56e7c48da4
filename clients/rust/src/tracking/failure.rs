//! How a call ended, read from its error.

use std::error::Error;
use std::io;

use tokio::time::error::Elapsed;

/// The call gave an answer.
pub(crate) const SUCCESS: &str = "success";
/// It failed, and nothing more is known.
pub(crate) const ERROR: &str = "error";
/// It took too long.
pub(crate) const TIMEOUT: &str = "timeout";
/// The provider asked to come back later.
pub(crate) const RATE_LIMITED: &str = "rate_limited";
/// Nobody waited for its end.
pub(crate) const CANCELLED: &str = "cancelled";

/// The status that an error stands for, by itself or by one of its causes.
pub(crate) fn status(error: &(dyn Error + 'static)) -> &'static str {
    causes(error).find_map(known).unwrap_or(ERROR)
}

/// An error and its causes, in one line. A cause that the text before it has already is
/// left out.
pub(crate) fn message(error: &(dyn Error + 'static)) -> String {
    let mut message = String::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if message.is_empty() {
            message = text;
        } else if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
    }
    message
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| error.source())
}

/// The status that an HTTP status stands for.
pub(crate) fn of_http_status(status: u16) -> &'static str {
    match status {
        429 => RATE_LIMITED,
        408 | 504 => TIMEOUT,
        _ => ERROR,
    }
}

fn known(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(status) = error.downcast_ref::<tonic::Status>() {
        return of_code(status.code());
    }
    let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    if error.is::<Elapsed>() || io == Some(io::ErrorKind::TimedOut) {
        return Some(TIMEOUT);
    }
    of_text(&error.to_string()).or_else(|| of_name(&format!("{error:?}")))
}

fn of_code(code: tonic::Code) -> Option<&'static str> {
    match code {
        tonic::Code::DeadlineExceeded => Some(TIMEOUT),
        tonic::Code::ResourceExhausted => Some(RATE_LIMITED),
        tonic::Code::Cancelled => Some(CANCELLED),
        _ => None,
    }
}

/// HTTP clients keep their types to themselves, and say the status as HTTP spells it.
fn of_text(text: &str) -> Option<&'static str> {
    const SAID: [(&str, &str); 8] = [
        ("429 Too Many Requests", RATE_LIMITED),
        ("status: 429", RATE_LIMITED),
        ("status code 429", RATE_LIMITED),
        ("status code: 429", RATE_LIMITED),
        ("408 Request Timeout", TIMEOUT),
        ("504 Gateway Timeout", TIMEOUT),
        ("operation timed out", TIMEOUT),
        ("deadline has elapsed", TIMEOUT),
    ];
    SAID.iter().find(|(said, _)| text.contains(said)).map(|(_, status)| *status)
}

/// SDKs name an error by what it is, which its debug output begins with.
fn of_name(debug: &str) -> Option<&'static str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let name = debug.split(|c| !is_part(c)).next().unwrap_or_default();
    let name = name.replace('_', "").to_lowercase();
    const NAMED: [(&str, &str); 4] = [
        ("timeout", TIMEOUT),
        ("timedout", TIMEOUT),
        ("ratelimit", RATE_LIMITED),
        ("toomanyrequests", RATE_LIMITED),
    ];
    NAMED.iter().find(|(part, _)| name.contains(part)).map(|(_, status)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the call failed")]
    struct Failed(#[source] Box<dyn Error + Send + Sync>);

    fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Failed {
        Failed(cause.into())
    }

    #[test]
    fn the_cause_decides() {
        let io = |kind| io::Error::new(kind, "no");
        assert_eq!(status(&failed(io(io::ErrorKind::TimedOut))), TIMEOUT);
        assert_eq!(status(&failed(io(io::ErrorKind::ConnectionReset))), ERROR);
        assert_eq!(status(&failed(tonic::Status::resource_exhausted("slow"))), RATE_LIMITED);
        assert_eq!(
            status(&failed("HTTP status client error (429 Too Many Requests)")),
            RATE_LIMITED
        );
        assert_eq!(status(&failed("operation timed out")), TIMEOUT);
        assert_eq!(status(&failed("an image of 429 bytes")), ERROR);
    }

    #[tokio::test]
    async fn tokio_s_timeout_is_one() {
        let never = std::future::pending::<()>();
        let late = tokio::time::timeout(std::time::Duration::ZERO, never);
        assert_eq!(status(&late.await.expect_err("it never ends")), TIMEOUT);
    }

    #[test]
    fn causes_are_told_once() {
        assert_eq!(message(&failed(failed("no route"))), "the call failed: no route");
    }
}
