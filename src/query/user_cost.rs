//! What one user's calls cost, and by what.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use tokio::try_join;

use super::When;
use super::coverage::{Coverage, LogStart};
use crate::domain::cost::CostBasis;
use crate::domain::period::{Cover, TimeRange, Zone};
use crate::domain::tenant::Tenant;
use crate::domain::text::UserId;
use crate::domain::totals::{SumTooLarge, Totals};
use crate::store::cost::{DayStarts, UserCostRow};
use crate::store::{self, Pool};

/// The answer: each breakdown adds up to the totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCost {
    /// The time that was looked at.
    pub range: TimeRange,
    /// Sums over everything.
    pub totals: Totals,
    /// By day, in order.
    pub by_day: Vec<(NaiveDate, Totals)>,
    /// By feature, dearest first.
    pub by_feature: Vec<(String, Totals)>,
    /// By provider, dearest first.
    pub by_provider: Vec<(String, Totals)>,
    /// By requested model, dearest first.
    pub by_model: Vec<(String, Totals)>,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

/// Where it is asked: what summaries know on connections for quick questions, what the log has
/// to be read for on those for long ones.
#[derive(Debug, Clone, Copy)]
pub struct Pools<'a> {
    /// For summaries.
    pub reading: &'a Pool,
    /// For the log.
    pub analysing: &'a Pool,
}

/// Answers what `user` cost.
pub async fn user_cost(
    pools: Pools<'_>,
    tenant: Tenant,
    user: &UserId,
    when: When,
    basis: CostBasis,
    now: DateTime<Utc>,
) -> Result<UserCost, store::Error> {
    let range = when.range(now);
    let cover = cover(range, when.zone, tenant.zone);
    let days = days_of(&cover, when.zone);
    let ask = |pool| store::cost::user_cost(pool, tenant.id, user.as_str(), &cover, &days, basis);
    let rows = async {
        match when.zone == tenant.zone {
            true => store::pool::read(ask(pools.reading)).await,
            // A user may have millions of records.
            false => store::pool::analyse(ask(pools.analysing)).await,
        }
    };
    let (rows, log) = try_join!(rows, LogStart::of(pools.reading, tenant.id))?;
    Ok(fold(range, &rows, log.for_edges(&cover.edges))?)
}

/// Whole days of the summary serve only a question in the summary's own zone;
/// in another one, the log alone knows which day a record lies in.
fn cover(range: TimeRange, asked: Zone, kept: Zone) -> Cover<NaiveDate> {
    if asked == kept {
        return Cover::by_day(range, kept);
    }
    let nothing = TimeRange { start: range.end, end: range.end };
    Cover { whole: None, edges: [range, nothing] }
}

/// The days that the edges touch.
fn days_of(cover: &Cover<NaiveDate>, zone: Zone) -> DayStarts {
    let mut days = DayStarts::default();
    for edge in cover.edges.iter().filter(|edge| !edge.is_empty()) {
        let mut day = zone.day_of(edge.start);
        while zone.start_of_day(day) < edge.end {
            days.starts.push(zone.start_of_day(day));
            days.dates.push(day);
            day = day + Days::new(1);
        }
    }
    days
}

fn fold(
    range: TimeRange,
    rows: &[UserCostRow],
    coverage: Coverage,
) -> Result<UserCost, SumTooLarge> {
    let mut totals = Totals::default();
    for row in rows {
        totals.add(&row.totals)?;
    }
    Ok(UserCost {
        range,
        totals,
        by_day: group(rows, |row| row.day)?.into_iter().collect(),
        by_feature: dearest_first(group(rows, |row| row.feature.clone())?),
        by_provider: dearest_first(group(rows, |row| row.provider.clone())?),
        by_model: dearest_first(group(rows, |row| row.model.clone())?),
        coverage,
    })
}

fn group<K: Ord>(
    rows: &[UserCostRow],
    key: impl Fn(&UserCostRow) -> K,
) -> Result<BTreeMap<K, Totals>, SumTooLarge> {
    let mut groups: BTreeMap<K, Totals> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().add(&row.totals)?;
    }
    Ok(groups)
}

/// Equal costs stay in the order of their keys.
fn dearest_first(groups: BTreeMap<String, Totals>) -> Vec<(String, Totals)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.cost));
    groups
}
