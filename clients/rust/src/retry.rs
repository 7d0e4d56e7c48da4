//! When a failed call is tried again, and after how long.

use std::error::Error;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

/// The pause before the second attempt; each further one doubles it.
const FIRST_PAUSE_MS: u64 = 100;
/// The longest pause that the client chooses by itself.
const LONGEST_PAUSE_MS: u64 = 1_000;

/// Attempts at a stream since its last answer, and how long they may go on.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    began: Option<Instant>,
    attempts: u32,
}

impl Patience {
    /// Patience that ends `limit` after the last answer.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, began: None, attempts: 0 }
    }

    /// An answer came.
    pub(crate) fn renew(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Waits before the next attempt, or gives the status back when it is no use.
    pub(crate) async fn wait(&mut self, status: Status) -> Result<(), Status> {
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        self.attempts += 1;
        match pause(&status, self.attempts).filter(|pause| now + *pause < began + self.limit) {
            Some(pause) => sleep(pause).await,
            None => {
                self.renew();
                return Err(status);
            }
        }
        Ok(())
    }
}

/// How long to wait after attempt number `attempt` (from 1), or `None` when
/// trying again cannot help.
pub(crate) fn pause(status: &Status, attempt: u32) -> Option<Duration> {
    if !is_unavailable(status) {
        return None;
    }
    match pushback(status) {
        Pushback::Never => None,
        Pushback::After(asked) => Some(asked + jitter(asked / 5)),
        Pushback::None => Some(backoff(attempt)),
    }
}

/// 0.1 s, 0.2 s, 0.4 s … 1 s, each within 20 % either way, so that many clients
/// do not come back at once.
fn backoff(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(10);
    let middle_ms = (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS);
    let low = Duration::from_millis(middle_ms * 8 / 10);
    low + jitter(Duration::from_millis(middle_ms * 4 / 10))
}

fn jitter(range: Duration) -> Duration {
    let range_us = u64::try_from(range.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(fastrand::u64(0..=range_us))
}

/// What the server said about trying again.
#[derive(Debug, PartialEq, Eq)]
enum Pushback {
    Never,
    After(Duration),
    None,
}

fn pushback(status: &Status) -> Pushback {
    if let Some(value) = status.metadata().get("grpc-retry-pushback-ms") {
        // The gRPC retry design: below zero, or unreadable, means "do not retry".
        let milliseconds = value.to_str().ok().and_then(|text| text.parse().ok());
        return milliseconds
            .map_or(Pushback::Never, |ms| Pushback::After(Duration::from_millis(ms)));
    }
    let asked = status.get_details_retry_info().and_then(|info| info.retry_delay);
    asked.map_or(Pushback::None, Pushback::After)
}

/// Whether the service is away or asks to come back later.
pub(crate) fn is_unavailable(status: &Status) -> bool {
    status.code() == Code::Unavailable || is_broken_connection(status)
}

/// Whether the transport made this status, not the service.
///
/// A connection that breaks in the middle of a call comes out of tonic as
/// `UNKNOWN`, `CANCELLED` or `INTERNAL` with a source; what a service says has none.
pub(crate) fn is_broken_connection(status: &Status) -> bool {
    let codes = [Code::Unavailable, Code::Unknown, Code::Cancelled, Code::Internal];
    status.source().is_some() && codes.contains(&status.code()) && !is_timeout(status)
}

/// Whether tonic's timer ended the call, here or in the server: it calls that
/// `CANCELLED`, and this client cancels nothing.
pub(crate) fn is_timeout(status: &Status) -> bool {
    status.code() == Code::Cancelled && status.message() == TimeoutExpired(()).to_string()
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn pauses_double_up_to_a_second() {
        let unavailable = Status::unavailable("away");
        for (attempt, middle) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (99, 1_000)] {
            let pause = pause(&unavailable, attempt).expect("unavailable is tried again");
            assert!(
                pause >= ms(middle * 8 / 10) && pause <= ms(middle * 12 / 10),
                "{attempt}: {pause:?}"
            );
        }
    }

    #[test]
    fn only_unavailable_is_tried_again() {
        for code in [Code::InvalidArgument, Code::DeadlineExceeded, Code::Internal, Code::Unknown] {
            assert_eq!(pause(&Status::new(code, "no"), 1), None, "{code:?}");
        }
        let mut broken = Status::unknown("transport error");
        broken.set_source(std::sync::Arc::new(std::io::Error::other("connection reset")));
        assert!(pause(&broken, 1).is_some());
    }

    #[test]
    fn the_server_decides_the_pause() {
        let details = ErrorDetails::with_retry_info(Some(ms(2_000)));
        let full = Status::with_error_details(Code::Unavailable, "full", details);
        let asked = pause(&full, 1).expect("unavailable is tried again");
        assert!(asked >= ms(2_000) && asked <= ms(2_400));

        for (pushback, expected) in [("0", Some(ms(0))), ("-1", None), ("soon", None)] {
            let mut status = full.clone();
            let value = pushback.parse().expect("ASCII");
            status.metadata_mut().insert("grpc-retry-pushback-ms", value);
            assert_eq!(pause(&status, 1), expected, "{pushback}");
        }
    }
}
