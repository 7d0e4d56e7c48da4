//! Timestamps and durations.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};

/// Why a time was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeError {
    /// Seconds or nanoseconds out of range.
    #[error("must be a time from 1970-01-01T00:00:00Z to 2999-12-31T23:59:59Z")]
    OutOfRange,
    /// A duration that is negative or too long.
    #[error("must be 0 to 24 hours")]
    Duration,
}

/// 3000-01-01T00:00:00Z.
const END_OF_TIME: i64 = 32_503_680_000;
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a timestamp; digits finer than a microsecond are dropped.
pub(crate) fn timestamp(time: prost_types::Timestamp) -> Result<DateTime<Utc>, TimeError> {
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    match nanos {
        Some(nanos) if (0..END_OF_TIME).contains(&time.seconds) => {
            DateTime::from_timestamp(time.seconds, nanos)
                .map(|time| time.trunc_subsecs(6))
                .ok_or(TimeError::OutOfRange)
        }
        _ => Err(TimeError::OutOfRange),
    }
}

/// Writes a timestamp.
pub(crate) fn to_timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).expect("nanoseconds of a second fit");
    prost_types::Timestamp { seconds: time.timestamp(), nanos }
}

/// Reads a duration of up to a day. Not with the library's own conversion, which
/// panics on the smallest numbers there are.
pub(crate) fn duration(duration: prost_types::Duration) -> Result<Duration, TimeError> {
    let seconds = u64::try_from(duration.seconds).map_err(|_| TimeError::Duration)?;
    let nanos = u32::try_from(duration.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let duration = Duration::new(seconds, nanos.ok_or(TimeError::Duration)?);
    if duration <= DURATION_MAX { Ok(duration) } else { Err(TimeError::Duration) }
}

/// Writes a duration of up to a day.
pub(crate) fn to_duration(duration: Duration) -> prost_types::Duration {
    let seconds = i64::try_from(duration.as_secs()).expect("a day has few seconds");
    let nanos = i32::try_from(duration.subsec_nanos()).expect("nanoseconds of a second fit");
    prost_types::Duration { seconds, nanos }
}
