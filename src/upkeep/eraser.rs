//! Blanks what the records of erased users carry: whatever the call that erased them did
//! not get done, on this server or on one that has died.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::erasure::{self, Erased};
use crate::store::{self, Pool};

/// Pause between two looks.
const INTERVAL: Duration = Duration::from_secs(5);
/// By then whoever read an id before it was taken away has written what it wrote: no
/// transaction takes a quarter of this.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(1);

/// Blanks records. Several may run: each takes a user of its own.
#[derive(Debug)]
pub struct Eraser {
    pool: Pool,
    clock: Clock,
}

impl Eraser {
    /// An eraser.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock) -> Self {
        Self { pool, clock }
    }

    /// Blanks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.step(&stop).await {
                tracing::warn!(%error, "records could not be blanked; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn step(&self, stop: &CancellationToken) -> Result<(), store::Error> {
        let mut seen: Vec<Erased> = Vec::new();
        while let Some(erased) = erasure::next(&self.pool, &seen).await? {
            while !stop.is_cancelled() && erasure::blank(&self.pool, erased).await? {}
            if stop.is_cancelled() {
                return Ok(());
            }
            seen.push(erased);
        }
        erasure::settle(&self.pool, self.clock.now() - SETTLED_AFTER).await
    }
}
