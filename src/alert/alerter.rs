//! Makes alerts of what was counted: a step that may run anywhere, any number of times.
//!
//! What is due stands in the database, written with what made it due, and an alert is
//! raised in the transaction that takes it back. So a crash costs nothing, and several
//! servers may try.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{new_id, new_ids};
use crate::clock::Clock;
use crate::domain::period::TimeRange;
use crate::store::{self, Pool};

/// How often it is looked for what is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// Counters of one tenant that are looked at together.
const COUNTERS_MAX: usize = 500;
/// Tenants whose new names are looked at together.
const TENANTS_MAX: i64 = 50;
/// Calls may be recorded so long after an hour before what it cost is judged.
const HOUR_SETTLES: TimeDelta = TimeDelta::minutes(1);

/// Raises alerts.
#[derive(Debug)]
pub struct Alerter {
    pool: Pool,
    clock: Clock,
    /// Says that there is something to deliver.
    deliverer: Arc<Notify>,
    /// More is due than was looked at.
    more: bool,
    /// The last hour that was judged by this server.
    judged: Option<DateTime<Utc>>,
}

impl Alerter {
    /// An alerter that wakes `deliverer`.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, deliverer: Arc<Notify>) -> Self {
        Self { pool, clock, deliverer, more: false, judged: None }
    }

    /// Raises what is due until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let raised = self.step().await;
            if raised > 0 {
                tracing::info!(raised, "alerts raised");
                self.deliverer.notify_one();
            }
            let pause = if self.more { Duration::ZERO } else { INTERVAL };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One of them failing does not hold up the others, nor one tenant the others.
    async fn step(&mut self) -> u64 {
        self.more = false;
        let budgets = self.budgets().await;
        let unpriced = self.unpriced().await;
        let anomalies = self.anomalies().await;
        [budgets, unpriced, anomalies].into_iter().map(or_told).sum()
    }

    async fn budgets(&mut self) -> Result<u64, store::Error> {
        let limit = i64::try_from(COUNTERS_MAX).expect("it is small");
        let mut raised = 0;
        for (tenant, counters) in store::alerts::due(&self.pool, limit).await? {
            let now = self.clock.now();
            let ids = new_ids(now);
            let mut connection = self.pool.acquire().await?;
            let made = store::alerts::raise_due(&mut connection, tenant, &counters, now, &ids);
            let made = made.await;
            self.more |= made.is_ok() && counters.len() == COUNTERS_MAX;
            raised += or_told(made);
        }
        Ok(raised)
    }

    async fn unpriced(&self) -> Result<u64, store::Error> {
        let mut raised = 0;
        for tenant in store::alerts::new_names(&self.pool, TENANTS_MAX).await? {
            let now = self.clock.now();
            let ids = new_ids(now);
            let mut connection = self.pool.acquire().await?;
            let made = store::alerts::raise_unpriced(&mut connection, tenant, now, &ids);
            raised += or_told(made.await);
        }
        Ok(raised)
    }

    /// Judges the last full hour, once it has settled. A server that was restarted does so
    /// again: a day has one alert all the same.
    async fn anomalies(&mut self) -> Result<u64, store::Error> {
        let now = self.clock.now();
        let hour = hour_before(now - HOUR_SETTLES);
        if self.judged == Some(hour.start) {
            return Ok(0);
        }
        let mut raised = 0;
        for found in store::alerts::anomalies(&self.pool, hour.start).await? {
            let mut connection = self.pool.acquire().await?;
            let id = new_id(now);
            raised += store::alerts::raise_anomaly(&mut connection, found, hour, id, now).await?;
        }
        self.judged = Some(hour.start);
        Ok(raised)
    }
}

/// How many were raised; what went wrong is in the log, and tried again.
fn or_told(raised: Result<u64, store::Error>) -> u64 {
    raised.unwrap_or_else(|error| {
        if error.is_transient() {
            tracing::debug!(%error, "alerts could not be raised; trying again");
        } else {
            tracing::error!(%error, "alerts could not be raised; trying again");
        }
        0
    })
}

/// The last full hour of UTC before `time`.
fn hour_before(time: DateTime<Utc>) -> TimeRange {
    let into = TimeDelta::seconds(i64::from(time.minute() * 60 + time.second()))
        + TimeDelta::nanoseconds(i64::from(time.nanosecond()));
    let end = time - into;
    TimeRange { start: end - TimeDelta::hours(1), end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_full_hour_is_judged() {
        let hour = hour_before("2026-11-22T12:59:59.999999Z".parse().unwrap());
        assert_eq!(hour.start.to_string(), "2026-11-22 11:00:00 UTC");
        assert_eq!(hour_before(hour.end), hour);
    }
}
