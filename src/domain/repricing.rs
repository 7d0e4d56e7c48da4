//! Costs that are corrected after they were recorded.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::budget::CallFacts;
use super::cost::{CostStatus, Pricing};
use super::ids::{RecordId, RepricingId, TenantId};
use super::money::Money;
use super::period::TimeRange;
use super::totals::SumTooLarge;
use super::usage::Call;

/// Which records are priced anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Whose.
    pub tenant: TenantId,
    /// By event time.
    pub range: TimeRange,
    /// By the provider as reported; empty: any.
    pub provider: String,
    /// By the requested model as reported; empty: any.
    pub model: String,
    /// Only records without a cost; then provider and model are exactly those.
    pub unpriced_only: bool,
}

impl Selection {
    /// Whether both are about the same names, at whatever time.
    #[must_use]
    pub fn is_of(&self, other: &Selection) -> bool {
        *self == Selection { range: self.range, ..other.clone() }
    }
}

impl Repricing {
    /// Takes in the time of `other` too. It must not have begun.
    pub fn widen(&mut self, other: &Repricing) {
        let (own, more) = (&mut self.selection.range, other.selection.range);
        own.start = own.start.min(more.start);
        own.end = own.end.max(more.end);
        self.cursor = Cursor::before(*own);
    }
}

/// A place in the order of records by time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Event time of the last record that was looked at.
    pub time: DateTime<Utc>,
    /// Its id.
    pub id: uuid::Uuid,
}

impl Cursor {
    /// Before every record of `range`.
    #[must_use]
    pub fn before(range: TimeRange) -> Self {
        Self { time: range.start, id: uuid::Uuid::nil() }
    }
}

/// A request to price records anew, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repricing {
    /// Its id.
    pub id: RepricingId,
    /// Which records.
    pub selection: Selection,
    /// Why.
    pub reason: String,
    /// The API key that asked for it; empty: the service itself.
    pub created_by: String,
    /// Number of the change of prices that it must be priced with, or a later one.
    pub price_change: i64,
    /// When.
    pub create_time: DateTime<Utc>,
    /// When it last went on.
    pub update_time: DateTime<Utc>,
    /// How it stands.
    pub state: State,
    /// How far it is.
    pub cursor: Cursor,
    /// What it did so far.
    pub tally: Tally,
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It goes on.
    Running,
    /// It has come to its end.
    Done,
    /// It cannot go on, for this reason. What it did so far holds.
    Failed(String),
}

/// What was looked at and found to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Records looked at.
    pub examined_count: i64,
    /// Records whose cost differs.
    pub revised_count: i64,
    /// What these cost before.
    pub cost_before: Money,
    /// What these cost after.
    pub cost_after: Money,
}

/// A record of the log, as far as its price and the sums it is in are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRecord {
    /// Its id.
    pub record_id: RecordId,
    /// Its tenant-local day.
    pub day: NaiveDate,
    /// Number of its user.
    pub user_no: i32,
    /// The part of the product.
    pub feature: String,
    /// The job.
    pub job_id: String,
    /// Free labels.
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// What its price depends on.
    pub call: Call,
    /// What somebody else says it cost.
    pub reported_cost: Option<Money>,
    /// How often its cost was corrected.
    pub revision: i32,
    /// How much of its cost is known now.
    pub status: CostStatus,
    /// Its cost now.
    pub cost: Option<Money>,
}

/// A record whose cost differs, and the cost that it has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    /// The record as it was.
    pub record: PastRecord,
    /// Its cost as it is.
    pub pricing: Pricing,
}

impl PastRecord {
    /// What budgets look at.
    #[must_use]
    pub fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            user_no: Some(self.user_no),
            feature: &self.feature,
            provider: self.call.provider.as_str(),
            model: self.call.model.as_str(),
            job_id: &self.job_id,
            tags: &self.tags,
        }
    }
}

impl Revised {
    /// `record` with `pricing`, if that is another cost or another reason for none.
    #[must_use]
    pub fn of(record: PastRecord, pricing: Pricing) -> Option<Self> {
        let cost = pricing.cost.map(|cost| cost.total);
        let is_same = cost == record.cost && pricing.status == record.status;
        (!is_same).then_some(Self { record, pricing })
    }

    /// What changes by it.
    #[must_use]
    pub fn change(&self) -> Change {
        let after = self.pricing.cost.map(|cost| cost.total);
        Change {
            request_count: 1,
            cost_before: self.record.cost.unwrap_or_default(),
            cost_after: after.unwrap_or_default(),
            unpriced_before_count: i64::from(self.record.cost.is_none()),
            unpriced_after_count: i64::from(after.is_none()),
        }
    }
}

/// What changes for a set of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Records whose cost differs.
    pub request_count: i64,
    /// What they cost before.
    pub cost_before: Money,
    /// What they cost after.
    pub cost_after: Money,
    /// Records that had no cost before.
    pub unpriced_before_count: i64,
    /// Records that have none after.
    pub unpriced_after_count: i64,
}

impl Change {
    /// Adds another one.
    pub fn add(&mut self, other: &Change) -> Result<(), SumTooLarge> {
        let sum = |a: Money, b: Money| a.checked_add(b).ok_or(SumTooLarge);
        self.cost_before = sum(self.cost_before, other.cost_before)?;
        self.cost_after = sum(self.cost_after, other.cost_after)?;
        self.request_count += other.request_count;
        self.unpriced_before_count += other.unpriced_before_count;
        self.unpriced_after_count += other.unpriced_after_count;
        Ok(())
    }

    /// How much the cost moves, whichever way: the key of the order of changes.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.cost_after.as_attos().abs_diff(self.cost_before.as_attos())
    }
}

/// What changes, by user number, day and model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference<User: Ord> {
    /// By user.
    pub by_user: BTreeMap<User, Change>,
    /// By tenant-local day.
    pub by_day: BTreeMap<NaiveDate, Change>,
    /// By requested model.
    pub by_model: BTreeMap<String, Change>,
}

impl Difference<i32> {
    /// Adds a record.
    pub fn add(&mut self, revised: &Revised) -> Result<(), SumTooLarge> {
        let change = revised.change();
        let model = revised.record.call.model.as_str().to_owned();
        self.by_user.entry(revised.record.user_no).or_default().add(&change)?;
        self.by_day.entry(revised.record.day).or_default().add(&change)?;
        self.by_model.entry(model).or_default().add(&change)
    }
}

impl Tally {
    /// Adds records that were looked at, and what changes for some of them.
    pub fn add(&mut self, examined: i64, change: &Change) -> Result<(), SumTooLarge> {
        let sum = |a: Money, b: Money| a.checked_add(b).ok_or(SumTooLarge);
        self.examined_count += examined;
        self.revised_count += change.request_count;
        self.cost_before = sum(self.cost_before, change.cost_before)?;
        self.cost_after = sum(self.cost_after, change.cost_after)?;
        Ok(())
    }
}
