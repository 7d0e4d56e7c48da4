//! Filters, dimensions and periods of questions about usage.

use super::map;
use super::period::{WirePeriod, when};
use crate::api::pb;
use crate::domain::filter::{Dimension, Filter};
use crate::domain::period::{Period, Zone};
use crate::domain::text;
use crate::domain::violation::Violations;
use crate::query::When;

/// The most values of one list.
const VALUES_MAX: usize = 100;
/// The period of a question that names none.
const DEFAULT_PERIOD: Period = Period::Days(30);

impl From<pb::period::Period> for WirePeriod {
    fn from(period: pb::period::Period) -> Self {
        match period {
            pb::period::Period::Month(month) => WirePeriod::Month(month),
            pb::period::Period::Days(days) => WirePeriod::Days(days),
            pb::period::Period::Range(range) => WirePeriod::Range(range),
        }
    }
}

/// Reads a period; an absent one is the last 30 days in the tenant's own zone.
pub(crate) fn period(
    wire: Option<pb::Period>,
    own: Zone,
    violations: &mut Violations,
) -> Option<When> {
    let pb::Period { period, time_zone } = wire.unwrap_or_default();
    let mut inner = Violations::default();
    let given = period.map(WirePeriod::from);
    let is_default = given.is_none();
    let found = when(given.unwrap_or(WirePeriod::Default), &time_zone, own, &mut inner);
    violations.extend_under("period", inner);
    found.map(|when| When { period: if is_default { DEFAULT_PERIOD } else { when.period }, ..when })
}

/// Reads a filter; an absent one has no condition.
pub(crate) fn filter(wire: Option<pb::UsageFilter>, violations: &mut Violations) -> Filter {
    let wire = wire.unwrap_or_default();
    let mut inner = Violations::default();
    let mut list = |field: &str, values: Vec<String>, max: usize| {
        if values.len() > VALUES_MAX {
            inner
                .add(field, format!("must have at most {VALUES_MAX} values, has {}", values.len()));
        }
        for (index, value) in values.iter().enumerate().take(VALUES_MAX) {
            inner.take(&format!("{field}[{index}]"), text::optional(value, max));
        }
        values
    };
    let mut filter = Filter {
        users: list("user_ids", wire.user_ids, text::UserId::MAX),
        features: list("features", wire.features, text::Name::MAX),
        functions: list("function_names", wire.function_names, text::LongName::MAX),
        providers: list("providers", wire.providers, text::Name::MAX),
        models: list("models", wire.models, text::LongName::MAX),
        statuses: list("statuses", wire.statuses, text::Word::MAX),
        jobs: list("job_ids", wire.job_ids, text::LongName::MAX),
        sessions: list("session_ids", wire.session_ids, text::LongName::MAX),
        cached: wire.cached,
        unpriced: wire.unpriced,
        failed: wire.failed,
        ..Filter::default()
    };
    filter.tags = map::text_map("tags", wire.tags, map::TAGS, &mut inner);
    violations.extend_under("filter", inner);
    filter
}

/// Reads a dimension that is neither a day nor an hour.
pub(crate) fn dimension(
    field: &str,
    wire: pb::Dimension,
    tag_key: &str,
    violations: &mut Violations,
) -> Option<Dimension> {
    let dimension = match wire {
        pb::Dimension::Feature => Dimension::Feature,
        pb::Dimension::Function => Dimension::Function,
        pb::Dimension::Provider => Dimension::Provider,
        pb::Dimension::Model => Dimension::Model,
        pb::Dimension::User => Dimension::User,
        pb::Dimension::Status => Dimension::Status,
        pb::Dimension::Job => Dimension::Job,
        pb::Dimension::Session => Dimension::Session,
        pb::Dimension::Tag => {
            let key = violations.take("tag_key", text::required(tag_key, map::TAGS.key))?;
            Dimension::Tag(key)
        }
        pb::Dimension::Unspecified | pb::Dimension::Day | pb::Dimension::Hour => {
            violations.add(field, "must be a dimension such as DIMENSION_MODEL");
            return None;
        }
    };
    Some(dimension)
}

/// Reads how many keys come by themselves; 0 means `default`.
pub(crate) fn top(wire: i32, default: i64, max: i64, violations: &mut Violations) -> i64 {
    match i64::from(wire) {
        0 => default,
        top if (1..=max).contains(&top) => top,
        _ => {
            violations.add("top", format!("must be 0 to {max}"));
            default
        }
    }
}
