//! Drops the log of long ago, a month at a time, where the server was told to.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::retention::KeptDays;
use crate::store::{self, Pool};

/// How often it looks: partitions are months.
const INTERVAL: Duration = Duration::from_secs(3600);
/// When it comes again after it could not have the log for itself.
const AGAIN: Duration = Duration::from_secs(60);

/// Drops old partitions of the log. One server at a time does.
#[derive(Debug)]
pub struct Retention {
    pool: Pool,
    clock: Clock,
    kept: KeptDays,
}

impl Retention {
    /// Keeps the log for so many days.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, kept: KeptDays) -> Self {
        Self { pool, clock, kept }
    }

    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.drop_old().await {
                Ok(()) => INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "old records could not be dropped; trying again");
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Drops every partition that is old by now.
    async fn drop_old(&self) -> Result<(), store::Error> {
        while let Some(name) =
            store::retention::freeze(&self.pool, self.before(), self.now()).await?
        {
            let Some(records) =
                store::retention::drop_frozen(&self.pool, &name, self.now()).await?
            else {
                return Ok(());
            };
            tracing::info!(partition = name, records, "old records were dropped; their sums stay");
        }
        Ok(())
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What was before this time goes.
    fn before(&self) -> DateTime<Utc> {
        self.now() - TimeDelta::days(self.kept.days().into())
    }
}
