//! The way of alerts to those who want to know.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{AlertId, Kind};

/// Names a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookId(pub Uuid);

impl std::fmt::Display for WebhookId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// A destination to which alerts are posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where to.
    pub url: String,
    /// Only these kinds; none: all.
    pub kinds: Vec<Kind>,
    /// When it was made.
    pub create_time: DateTime<Utc>,
}

/// What deliveries to a webhook are signed with. Not shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret(redacted)")
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be tried (again).
    Pending,
    /// The destination has taken it.
    Delivered,
    /// It was given up.
    Dead,
}

impl DeliveryState {
    /// All of them, in the order of the wire.
    pub const ALL: [DeliveryState; 3] =
        [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead];

    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }

    /// Reads the word it is stored as.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One alert on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The alert.
    pub alert: AlertId,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempt_count: i32,
    /// When it is tried next, if it is.
    pub next_attempt_time: Option<DateTime<Utc>>,
    /// When it was last tried.
    pub last_attempt_time: Option<DateTime<Utc>>,
    /// HTTP status of the last answer; 0: there was none.
    pub last_status: i32,
    /// What went wrong last; empty: nothing.
    pub last_error: String,
    /// When the delivery was made, with its alert.
    pub create_time: DateTime<Utc>,
}

/// How long a delivery is tried, from the alert or its replay on.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);

/// Seconds to wait after a failed try: the first as long as the delivery is younger than
/// the first, and so on. Later ones are as far apart as the last.
const PAUSES: [i64; 8] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400];

/// When a delivery that is tried until `give_up` is tried again after it failed at
/// `now`; `None`: never. `jitter` is any byte: what fails together does not come back
/// together.
///
/// The pause follows from how long it has been tried, and not from how often, so that a
/// replay begins with short ones again.
#[must_use]
pub fn next_attempt(
    now: DateTime<Utc>,
    give_up: DateTime<Utc>,
    jitter: u8,
) -> Option<DateTime<Utc>> {
    let tried = PATIENCE - (give_up - now);
    let mut waited = 0;
    let pause = PAUSES.into_iter().find(|pause| {
        waited += pause;
        tried.num_seconds() < waited
    });
    let pause = pause.unwrap_or(PAUSES[PAUSES.len() - 1]);
    // Up to a fifth longer.
    let jitter = pause * 200 * i64::from(jitter) / 255;
    let next = now + TimeDelta::seconds(pause) + TimeDelta::milliseconds(jitter);
    (next <= give_up).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_it_is_given_up_after_a_day() {
        let begin: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let (give_up, mut now, mut pauses) = (begin + PATIENCE, begin, Vec::new());
        while let Some(next) = next_attempt(now, give_up, 0) {
            pauses.push((next - now).num_seconds());
            now = next;
        }
        let first = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 14_400, 14_400];
        assert_eq!(pauses[..10], first);
        assert!(now <= give_up && give_up - now < TimeDelta::hours(4), "{now}");
    }

    #[test]
    fn jitter_only_makes_it_later() {
        let begin: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let next = |jitter| next_attempt(begin, begin + PATIENCE, jitter).unwrap() - begin;
        assert_eq!(next(0), TimeDelta::seconds(5));
        assert_eq!(next(255), TimeDelta::seconds(6));
    }

    #[test]
    fn a_replay_begins_with_short_pauses_again() {
        let now: DateTime<Utc> = "2026-12-22T12:00:00Z".parse().unwrap();
        assert_eq!(next_attempt(now, now + PATIENCE, 0), Some(now + TimeDelta::seconds(5)));
        assert_eq!(next_attempt(now, now, 0), None);
    }
}
