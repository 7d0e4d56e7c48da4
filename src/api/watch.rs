//! The stream of alerts: first those that are open, then each change.
//!
//! Changes of a tenant's alerts become visible in the order of their numbers. So the
//! number of the last one that was sent says where to go on, whatever happened between.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::alerts::Alerts;
use super::convert::alert;
use super::page_token::QueryHash;
use super::pb;
use super::seats::{Plan, Seat};
use super::status::Error;
use crate::alert::news::Follower;
use crate::domain::alert::Alert;
use crate::domain::ids::TenantId;
use crate::domain::violation::Violations;
use crate::ingest;
use crate::store::{self, Pool};

/// Alerts, and signs of life.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<pb::WatchAlertsResponse, Status>> + Send>>;

/// How many callers watch at once.
pub(super) const WATCHERS: Plan = Plan { what: "watchers of alerts", max: 256, tenant_max: 128 };
/// How often changes are looked for that nobody told about.
const INTERVAL: Duration = Duration::from_secs(5);
/// How often there is a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Alerts that are read, and held, at once.
const ALERTS_AT_ONCE: i64 = 100;

/// Where a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the snapshot: open alerts of changes after the one up to the other.
    Snapshot { after: i64, until: i64 },
    /// After this change.
    Changes { after: i64 },
}

impl Place {
    fn write(self) -> String {
        match self {
            Place::Snapshot { after, until } => format!("{after}/{until}"),
            Place::Changes { after } => after.to_string(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        match text.split_once('/') {
            Some((after, until)) => {
                let (after, until) = (number(after)?, number(until)?);
                (after <= until).then_some(Place::Snapshot { after, until })
            }
            None => Some(Place::Changes { after: number(text)? }),
        }
    }

    /// The last change that it knows of.
    fn last(self) -> i64 {
        match self {
            Place::Snapshot { until, .. } => until,
            Place::Changes { after } => after,
        }
    }
}

/// One stream.
#[derive(Debug)]
pub(super) struct Watch {
    pool: Pool,
    tenant: TenantId,
    hash: QueryHash,
    place: Place,
    /// Read, and not sent yet.
    waiting: VecDeque<Alert>,
    news: Follower,
    /// When it is looked again, and when a sign of life is due.
    next_look: Instant,
    next_sign: Instant,
    stop: CancellationToken,
    _seat: Seat,
}

impl Watch {
    /// Begins with a snapshot, or where `token` says.
    pub(super) async fn begin(
        alerts: &Alerts,
        tenant: TenantId,
        token: &str,
    ) -> Result<Self, Error> {
        let seat = alerts.watchers.take(tenant);
        let seat = seat.map_err(|full| alerts.watchers.refusal(full))?;
        // Before the first look: nothing falls between the two.
        let news = alerts.news.follow(tenant);
        let last = store::pool::read(store::alerts::last_change(&alerts.pool, tenant)).await?;
        let hash = QueryHash::of(&["watch", &tenant.0.to_string()]);
        let place = match token {
            "" => Place::Snapshot { after: 0, until: last },
            token => resumed(hash, token, last).ok_or_else(token_invalid)?,
        };
        let now = Instant::now();
        Ok(Self {
            pool: alerts.pool.clone(),
            tenant,
            hash,
            place,
            waiting: VecDeque::new(),
            news,
            next_look: now,
            next_sign: now + SIGN_OF_LIFE,
            stop: alerts.stop.clone(),
            _seat: seat,
        })
    }

    /// What is sent, until it fails or the server stops.
    pub(super) fn answers(self) -> Answers {
        Box::pin(stream::unfold(Some(self), |watch| async {
            let mut watch = watch?;
            match watch.next().await {
                Ok(answer) => Some((Ok(answer), Some(watch))),
                Err(error) => Some((Err(error.into()), None)),
            }
        }))
    }

    async fn next(&mut self) -> Result<pb::WatchAlertsResponse, Error> {
        loop {
            if self.stop.is_cancelled() {
                return Err(ingest::Error::ShuttingDown.into());
            }
            if let Some(alert) = self.waiting.pop_front() {
                return Ok(self.sent(alert));
            }
            if let Place::Snapshot { after, until } = self.place {
                let open =
                    store::alerts::open(&self.pool, self.tenant, after, until, ALERTS_AT_ONCE);
                self.waiting = store::pool::read(open).await?.into();
                if self.waiting.is_empty() {
                    self.place = Place::Changes { after: until };
                    return Ok(self.sign());
                }
            } else if Instant::now() >= self.next_sign {
                return Ok(self.sign());
            } else if Instant::now() >= self.next_look {
                self.look().await?;
            } else {
                self.wait().await;
            }
        }
    }

    async fn look(&mut self) -> Result<(), Error> {
        let after = self.place.last();
        let changed = store::alerts::changed(&self.pool, self.tenant, after, ALERTS_AT_ONCE);
        self.waiting = store::pool::read(changed).await?.into();
        if self.waiting.is_empty() {
            self.next_look = Instant::now() + INTERVAL;
        }
        Ok(())
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        let until = self.next_look.min(self.next_sign);
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.news.changed() => self.next_look = Instant::now(),
            () = tokio::time::sleep_until(until) => {}
        }
    }

    fn sent(&mut self, alert: Alert) -> pb::WatchAlertsResponse {
        self.place = match self.place {
            Place::Snapshot { until, .. } => Place::Snapshot { after: alert.change_no, until },
            Place::Changes { .. } => Place::Changes { after: alert.change_no },
        };
        self.answer(Some(alert))
    }

    fn sign(&mut self) -> pb::WatchAlertsResponse {
        self.answer(None)
    }

    fn answer(&mut self, alert: Option<Alert>) -> pb::WatchAlertsResponse {
        self.next_sign = Instant::now() + SIGN_OF_LIFE;
        pb::WatchAlertsResponse {
            alert: alert.map(alert::alert),
            resume_token: self.hash.token(&self.place.write()),
        }
    }
}

/// Where `token` says to go on; `None`: it is not one of this tenant, or knows changes
/// that are not there, as after a backup was restored.
fn resumed(hash: QueryHash, token: &str, last: i64) -> Option<Place> {
    let place = Place::read(&hash.last(token).ok()??)?;
    (place.last() <= last).then_some(place)
}

fn token_invalid() -> Error {
    let mut violations = Violations::default();
    violations.add("resume_token", "is not one of these alerts; begin again without one");
    violations.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_and_nowhere_else() {
        let hash = QueryHash::of(&["watch", "a"]);
        for place in [Place::Snapshot { after: 3, until: 7 }, Place::Changes { after: 7 }] {
            let token = hash.token(&place.write());
            assert_eq!(resumed(hash, &token, 7), Some(place));
            assert_eq!(resumed(hash, &token, 6), None, "it knows what is not there");
            assert_eq!(resumed(QueryHash::of(&["watch", "b"]), &token, 7), None);
        }
        for text in ["", "-1", "x", "7/3", "1/2/3"] {
            assert_eq!(resumed(hash, &hash.token(text), 9), None, "{text}");
        }
    }
}
