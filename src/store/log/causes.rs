//! What failures have in common.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{Place, Wanted, Way, bind};
use crate::store::Error;

const CAUSES: &str = concat!(include_str!("judged.sql"), include_str!("causes.sql"));

/// Failures that are looked at.
const LOOKED_AT_MAX: i64 = 10_000;
/// Messages that are answered.
const CAUSES_MAX: i64 = 20;

/// A message, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Cause {
    /// How the calls ended.
    pub status: String,
    /// The message.
    pub error_message: String,
    /// Records that have it.
    pub request_count: i64,
    /// When the latest of their calls was made.
    pub last_event_time: DateTime<Utc>,
}

/// The messages of wanted records that came most often among the newest failures.
pub async fn causes(pool: &PgPool, wanted: Wanted<'_>) -> Result<Vec<Cause>, Error> {
    let way = Way { failed: true, ..Way::to(wanted) };
    let newest = Place::newest(wanted.range);
    let query = sqlx::query_as(CAUSES);
    Ok(bind(query, wanted, way, newest, LOOKED_AT_MAX, CAUSES_MAX).fetch_all(pool).await?)
}
