//! Totals, breakdowns and series.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::{filter, totals, usage_entry};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::filter::Dimension;
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::domain::steps::{Interval, Step};
use crate::domain::violation::Violations;
use crate::query;
use crate::query::breakdown::By;
use crate::query::series::Split;
use crate::query::totals::Scope;
use crate::store;
use crate::store::profiles::Title;

/// The most points of a series that is split: an answer has to be sent.
const POINTS_MAX: usize = 50_000;

impl Analytics {
    pub(in crate::api) async fn stats(
        &self,
        caller: Caller,
        request: pb::GetStatsRequest,
    ) -> Result<pb::GetStatsResponse, Error> {
        let now = self.clock.now();
        let mut violations = Violations::default();
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        let days = steps(scope.as_ref(), Interval::Day, now, &mut violations);
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let stats = query::stats::stats(&self.pool, &self.prices, &scope, &days, now).await?;
        Ok(totals::stats(&stats, scope.when.zone.name()))
    }

    pub(in crate::api) async fn breakdown(
        &self,
        caller: Caller,
        request: pb::GetBreakdownRequest,
    ) -> Result<pb::GetBreakdownResponse, Error> {
        let now = self.clock.now();
        let mut violations = Violations::default();
        let by = Dimensions::read(&request, &mut violations);
        let top = filter::top(request.top, 20, 1_000, &mut violations);
        let dimensions: Vec<_> = request.dimensions().collect();
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        let interval = by.time.map(|(interval, _)| interval);
        let steps = interval.map(|i| steps(scope.as_ref(), i, now, &mut violations));
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let steps = steps.zip(by.time).map(|(steps, (_, place))| (steps, place));
        let by = By { steps, dimensions: by.others, top };
        let answer = query::breakdown::breakdown(&self.pool, &scope, &by, now).await?;
        let buckets = by.buckets(answer.range);
        let mut wire = totals::breakdown(&answer, scope.when.zone.name());
        wire.coverage = self.coverage(&scope, &by.dimensions, &buckets).await?;
        if let Some(place) = dimensions.iter().position(|d| *d == pb::Dimension::User) {
            let users = wire.rows.iter().map(|row| row.keys[place].clone()).collect();
            let titles = self.titles(scope.tenant.id, users).await?;
            for row in &mut wire.rows {
                row.display_names = vec![String::new(); row.keys.len()];
                row.display_names[place] = titles.display_name(&row.keys[place]);
            }
        }
        Ok(wire)
    }

    pub(in crate::api) async fn time_series(
        &self,
        caller: Caller,
        request: pb::GetTimeSeriesRequest,
    ) -> Result<pb::GetTimeSeriesResponse, Error> {
        let now = self.clock.now();
        let mut violations = Violations::default();
        let interval = interval(request.interval());
        let by = match request.split_by() {
            pb::Dimension::Unspecified => None,
            given => filter::dimension("split_by", given, &request.tag_key, &mut violations),
        };
        let top = filter::top(request.top, 8, 50, &mut violations);
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        let steps = steps(scope.as_ref(), interval, now, &mut violations);
        if by.is_some() && steps.len().saturating_mul(as_size(top) + 1) > POINTS_MAX {
            let advice = "ask for longer steps, a shorter period or a smaller top";
            violations.add("period", format!("would make more than {POINTS_MAX} points: {advice}"));
        }
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let split = Split { by, top };
        let answer = query::series::time_series(&self.pool, &scope, &steps, &split, now).await?;
        let mut wire = totals::time_series(&answer, &steps, interval, scope.when.zone.name());
        let buckets: Vec<TimeRange> = steps.iter().map(|step| step.range).collect();
        wire.coverage = self.coverage(&scope, split.by.as_slice(), &buckets).await?;
        if split.by == Some(Dimension::User) {
            let users = wire.series.iter().map(|series| series.key.clone()).collect();
            let titles = self.titles(scope.tenant.id, users).await?;
            for series in &mut wire.series {
                series.display_name = titles.display_name(&series.key);
            }
        }
        Ok(wire)
    }

    /// What people call these users.
    pub(super) async fn titles(
        &self,
        tenant: TenantId,
        users: Vec<String>,
    ) -> Result<Titles, Error> {
        let titles = store::profiles::titles(&self.pool, tenant, &users);
        Ok(Titles(store::pool::analyse(titles).await?))
    }

    /// How far sums by `dimensions` in each of `buckets` reach.
    pub(in crate::api) async fn coverage(
        &self,
        scope: &Scope,
        dimensions: &[Dimension],
        buckets: &[TimeRange],
    ) -> Result<Option<pb::Coverage>, Error> {
        let coverage = query::totals::coverage(&self.pool, scope, dimensions, buckets).await?;
        Ok(Some(usage_entry::coverage(&coverage)))
    }
}

fn as_size(top: i64) -> usize {
    usize::try_from(top).unwrap_or_default()
}

/// What people call users, by their ids.
pub(super) struct Titles(HashMap<String, Title>);

impl Titles {
    /// The name; empty where none is known.
    pub(super) fn display_name(&self, user: &str) -> String {
        self.0.get(user).map(|title| title.display_name.clone()).unwrap_or_default()
    }

    /// The plan; empty where none is known.
    pub(super) fn plan(&self, user: &str) -> String {
        self.0.get(user).map(|title| title.plan.clone()).unwrap_or_default()
    }
}

/// Reads what every question has. The filter is narrowed to what the caller sees.
pub(in crate::api) fn scope(
    caller: Caller,
    period: Option<pb::Period>,
    filter: Option<pb::UsageFilter>,
    violations: &mut Violations,
) -> Result<Option<Scope>, Error> {
    let when = filter::period(period, caller.tenant.zone, violations);
    let filter = caller.narrow(filter::filter(filter, violations))?;
    Ok(when.map(|when| Scope { tenant: caller.tenant, when, filter }))
}

fn steps(
    scope: Option<&Scope>,
    interval: Interval,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> Vec<Step> {
    let Some(scope) = scope else { return Vec::new() };
    let steps = interval.steps(scope.range(now), scope.when.zone);
    violations.take("period", steps).unwrap_or_default()
}

fn interval(wire: pb::Interval) -> Interval {
    match wire {
        pb::Interval::Unspecified | pb::Interval::Day => Interval::Day,
        pb::Interval::Hour => Interval::Hour,
        pb::Interval::Week => Interval::Week,
        pb::Interval::Month => Interval::Month,
    }
}

/// What a breakdown is by, as it was asked.
struct Dimensions {
    /// Steps of time, and their place among the dimensions.
    time: Option<(Interval, usize)>,
    others: Vec<Dimension>,
}

impl Dimensions {
    fn read(request: &pb::GetBreakdownRequest, violations: &mut Violations) -> Self {
        let mut by = Self { time: None, others: Vec::new() };
        let given: Vec<pb::Dimension> = request.dimensions().collect();
        let differ = given.first() != given.get(1);
        if given.len() != request.dimensions.len() || !matches!(given.len(), 1 | 2) || !differ {
            violations.add("dimensions", "must be one or two dimensions that differ");
            return by;
        }
        for (place, wire) in given.into_iter().enumerate() {
            let field = format!("dimensions[{place}]");
            let interval = match wire {
                pb::Dimension::Day => Some(Interval::Day),
                pb::Dimension::Hour => Some(Interval::Hour),
                _ => None,
            };
            match interval {
                Some(_) if by.time.is_some() => violations.add(field, "must not be a second time"),
                Some(interval) => by.time = Some((interval, place)),
                None => {
                    let read = filter::dimension(&field, wire, &request.tag_key, violations);
                    by.others.extend(read);
                }
            }
        }
        by
    }
}
