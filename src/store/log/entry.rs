//! A record in short.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::Place;
use crate::domain::cost::CostStatus;
use crate::domain::ids::RecordId;
use crate::domain::money::Money;
use crate::store::Error;
use crate::store::error::undecodable;
use crate::store::repricing::{amount, status};

/// A record as a page of the log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub record_id: RecordId,
    /// When the call was made.
    pub event_time: DateTime<Utc>,
    /// Who caused it.
    pub user: String,
    /// The part of the product.
    pub feature: String,
    /// The function inside the feature.
    pub function_name: String,
    /// The session.
    pub session_id: String,
    /// The background job.
    pub job_id: String,
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// The model that answered, as reported.
    pub response_model: String,
    /// Input tokens, cached ones included.
    pub input_tokens: Option<i64>,
    /// Output tokens, reasoning included.
    pub output_tokens: Option<i64>,
    /// Input tokens read from the provider's cache.
    pub cache_read_tokens: Option<i64>,
    /// Input tokens written to the provider's cache.
    pub cache_write_tokens: Option<i64>,
    /// Output tokens spent on reasoning.
    pub output_reasoning_tokens: Option<i64>,
    /// Time to the complete response.
    pub latency: Option<Duration>,
    /// Time to the first token.
    pub time_to_first_token: Option<Duration>,
    /// How the call ended.
    pub status: String,
    /// Why it failed.
    pub error_message: String,
    /// Whether the application's own cache answered.
    pub cached_response: bool,
    /// The cost as it is known now.
    pub cost: Option<Money>,
    /// How much of it is known.
    pub cost_status: CostStatus,
    /// The labels.
    pub tags: BTreeMap<String, String>,
}

/// A row of `entries.sql`.
#[derive(sqlx::FromRow)]
pub(super) struct EntryRow {
    pub(super) is_wanted: bool,
    /// From 1, in the order of the log.
    pub(super) position: i64,
    record_id: Uuid,
    event_time: DateTime<Utc>,
    user_id: String,
    feature: String,
    function_name: String,
    session_id: String,
    job_id: String,
    provider: String,
    model: String,
    response_model: String,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cache_read_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    output_reasoning_tokens: Option<i64>,
    latency_us: Option<i64>,
    first_token_us: Option<i64>,
    status: String,
    error_message: String,
    cached_response: bool,
    tags: Option<Json<BTreeMap<String, String>>>,
    cost_status: String,
    cost_total: Option<String>,
}

impl EntryRow {
    /// Where the record stands.
    pub(super) fn place(&self) -> Place {
        Place { time: self.event_time, id: self.record_id }
    }

    pub(super) fn read(self) -> Result<Entry, Error> {
        Ok(Entry {
            record_id: RecordId::from_uuid(self.record_id).map_err(undecodable)?,
            event_time: self.event_time,
            user: self.user_id,
            feature: self.feature,
            function_name: self.function_name,
            session_id: self.session_id,
            job_id: self.job_id,
            provider: self.provider,
            model: self.model,
            response_model: self.response_model,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens,
            output_reasoning_tokens: self.output_reasoning_tokens,
            latency: self.latency_us.map(microseconds).transpose()?,
            time_to_first_token: self.first_token_us.map(microseconds).transpose()?,
            status: self.status,
            error_message: self.error_message,
            cached_response: self.cached_response,
            cost: self.cost_total.as_deref().map(amount).transpose()?,
            cost_status: status(&self.cost_status)?,
            tags: self.tags.map(|tags| tags.0).unwrap_or_default(),
        })
    }
}

fn microseconds(count: i64) -> Result<Duration, Error> {
    Ok(Duration::from_micros(u64::try_from(count).map_err(undecodable)?))
}
