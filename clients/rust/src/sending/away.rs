//! While the service is away: when to try again.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE_MS: u64 = 200;
/// The longest pause that the client chooses by itself.
const LONGEST_PAUSE_MS: u64 = 15_000;

/// Failures since the last answer.
#[derive(Debug, Default)]
pub(super) struct Away {
    failures: u32,
    until: Option<Instant>,
    /// Whether the service itself said how long.
    told: bool,
}

impl Away {
    /// Until when nothing is tried, unless somebody is in a hurry: then only until when
    /// the service said.
    pub(super) fn until(&self, hurry: bool) -> Option<Instant> {
        self.until.filter(|until| (self.told || !hurry) && Instant::now() < *until)
    }

    /// Whether the last attempt failed.
    pub(super) fn is_away(&self) -> bool {
        self.failures > 0
    }

    pub(super) fn answered(&mut self, address: &str) {
        if self.is_away() {
            tracing::info!(address, "usage records are sent again");
        }
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, error: &Error) {
        if !self.is_away() {
            tracing::warn!(%error, "usage records cannot be sent, and wait");
        }
        let told = match error {
            Error::Call(call) => call.retry_after,
            _ => None,
        };
        self.told = told.is_some();
        let pause = told.unwrap_or_else(|| backoff(self.failures));
        self.until = Some(Instant::now() + pause + jitter(pause / 5));
        self.failures = self.failures.saturating_add(1);
    }
}

fn backoff(failures: u32) -> Duration {
    let doublings = failures.min(10);
    Duration::from_millis((FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS))
}

fn jitter(range: Duration) -> Duration {
    let range_us = u64::try_from(range.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(fastrand::u64(0..=range_us))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::{ErrorDetails, StatusExt};

    #[test]
    fn pauses_double_up_to_15_seconds() {
        let pauses: Vec<_> = (0..9).map(|failures| backoff(failures).as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
    }

    #[test]
    fn a_hurry_waits_for_what_the_service_said_alone() {
        let mut away = Away::default();
        away.failed(&Error::from_status(&Status::unavailable("gone"), "http://x"));
        assert!(away.until(false).is_some() && away.until(true).is_none());

        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(60)));
        let full = Status::with_error_details(tonic::Code::Unavailable, "full", details);
        away.failed(&Error::from_status(&full, "http://x"));
        let until = away.until(true).expect("the service said so");
        let left = until - Instant::now();
        assert!(left > Duration::from_secs(59) && left <= Duration::from_secs(72), "{left:?}");

        away.answered("http://x");
        assert!(!away.is_away() && away.until(false).is_none());
    }
}
