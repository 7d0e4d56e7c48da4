//! Rows of the log that are priced anew.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::cost::CostStatus;
use crate::domain::ids::RecordId;
use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::repricing::PastRecord;
use crate::domain::text::{LongName, Name, Url};
use crate::domain::usage::{Call, Outcome};
use crate::store::Error;
use crate::store::error::undecodable;

/// The part of a row that a price depends on.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::store) struct CallRow {
    event_time: DateTime<Utc>,
    provider: String,
    model: String,
    response_model: String,
    api_url: String,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cache_read_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    output_reasoning_tokens: Option<i64>,
    other_meters: Option<Json<BTreeMap<String, String>>>,
    cached_response: bool,
    status: String,
    price_context: Option<Json<BTreeMap<Box<str>, Box<str>>>>,
}

impl CallRow {
    /// The call as it was when it came in.
    pub(in crate::store) fn read(self) -> Result<Call, Error> {
        let quantities = Quantities::new(self.reported()?, TokenConvention::Inclusive);
        Ok(Call {
            event_time: self.event_time,
            provider: Name::new(&self.provider).map_err(undecodable)?,
            model: LongName::new(&self.model).map_err(undecodable)?,
            response_model: LongName::new(&self.response_model).map_err(undecodable)?,
            api_url: Url::new(&self.api_url).map_err(undecodable)?,
            price_context: self.price_context.map(|terms| terms.0).unwrap_or_default(),
            quantities: quantities.map_err(|violations| undecodable(violations.to_string()))?,
            cached_response: self.cached_response,
            answered: Outcome::is_answered(&self.status),
        })
    }

    fn reported(&self) -> Result<Vec<(Meter, Decimal)>, Error> {
        let common = [
            (Meter::INPUT_TOKENS, self.input_tokens),
            (Meter::OUTPUT_TOKENS, self.output_tokens),
            (Meter::CACHE_READ_TOKENS, self.cache_read_tokens),
            (Meter::CACHE_WRITE_TOKENS, self.cache_write_tokens),
            (Meter::OUTPUT_REASONING_TOKENS, self.output_reasoning_tokens),
        ];
        let mut reported: Vec<(Meter, Decimal)> = common
            .into_iter()
            .filter_map(|(meter, count)| Some((meter, Decimal::from(count?))))
            .collect();
        for (key, quantity) in self.other_meters.iter().flat_map(|meters| &meters.0) {
            let meter = Meter::by_key(key)
                .ok_or_else(|| undecodable(format!("{key} is no meter of this version")))?;
            reported.push((meter, Decimal::from_str_exact(quantity).map_err(undecodable)?));
        }
        Ok(reported)
    }
}

/// A row of `next.sql`.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct NextRow {
    pub(super) cursor_time: DateTime<Utc>,
    pub(super) cursor_id: Uuid,
    pub(super) examined_count: i64,
    #[sqlx(flatten)]
    record: RecordRow,
}

/// A record, or none.
#[derive(Debug)]
struct RecordRow(Option<FullRow>);

impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for RecordRow {
    fn from_row(row: &'r sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        use sqlx::Row as _;
        let id: Option<Uuid> = row.try_get("record_id")?;
        id.map(|_| FullRow::from_row(row)).transpose().map(Self)
    }
}

#[derive(Debug, sqlx::FromRow)]
struct FullRow {
    record_id: Uuid,
    day: NaiveDate,
    user_no: i32,
    feature: String,
    job_id: String,
    tags: Option<Json<BTreeMap<Box<str>, Box<str>>>>,
    #[sqlx(flatten)]
    call: CallRow,
    reported_cost: Option<Decimal>,
    revision: i32,
    cost_status: String,
    cost_total: Option<String>,
}

impl NextRow {
    pub(super) fn read(self) -> Result<Option<PastRecord>, Error> {
        let Some(row) = self.record.0 else { return Ok(None) };
        Ok(Some(PastRecord {
            record_id: RecordId::from_uuid(row.record_id).map_err(undecodable)?,
            day: row.day,
            user_no: row.user_no,
            feature: row.feature,
            job_id: row.job_id,
            tags: row.tags.map(|tags| tags.0).unwrap_or_default(),
            call: row.call.read()?,
            reported_cost: row.reported_cost.map(money).transpose()?,
            revision: row.revision,
            status: status(&row.cost_status)?,
            cost: row.cost_total.as_deref().map(amount).transpose()?,
        }))
    }
}

pub(in crate::store) fn status(word: &str) -> Result<CostStatus, Error> {
    CostStatus::from_word(word)
        .ok_or_else(|| undecodable(format!("{word:?} is no cost status of this version")))
}

pub(in crate::store) fn amount(text: &str) -> Result<Money, Error> {
    Money::parse(text).map_err(undecodable)
}

pub(in crate::store) fn money(decimal: Decimal) -> Result<Money, Error> {
    amount(&decimal.to_string())
}
