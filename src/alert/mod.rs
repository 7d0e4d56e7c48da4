//! ALERTS. What somebody should know, once.
//!
//! - [`alerter`]: makes alerts of what was counted, each once.
//! - [`news`]: wakes those who watch.
//! - [`deliverer`]: posts alerts to webhooks until they are taken, signed by [`sign`];
//!   [`destination`] says where to, and [`post`] holds it.

pub mod alerter;
pub mod deliverer;
pub mod destination;
pub mod news;
pub mod post;
pub mod sign;

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::random_bytes;
use crate::domain::alert::AlertId;
use crate::domain::ids::RecordId;

/// A new id. Lists are in the order of ids, so it has the microseconds too, where RFC 9562
/// has room for them.
fn new_id(now: DateTime<Utc>) -> AlertId {
    let mut random: [u8; 10] = random_bytes();
    let fraction = now.timestamp_subsec_micros() % 1_000 * 4_096 / 1_000;
    let [_, _, high, low] = fraction.to_be_bytes();
    (random[0], random[1]) = (high, low);
    AlertId(RecordId::make(now, random).as_uuid())
}

/// New ids, each later than the one before.
fn new_ids(now: DateTime<Utc>) -> impl Fn() -> AlertId + Send + Sync {
    let made = AtomicI64::new(0);
    move || new_id(now + TimeDelta::microseconds(made.fetch_add(1, Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_time() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00.000997Z".parse().unwrap();
        let ids = new_ids(now);
        let made: Vec<AlertId> = std::iter::repeat_with(ids).take(2_000).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert_eq!(
            (made[0].0.get_version_num(), made[0].0.get_variant()),
            (7, uuid::Variant::RFC4122)
        );
    }
}
