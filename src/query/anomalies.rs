//! Days on which something cost far more or less than it does.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::daily::{self, Series};
use super::totals::Scope;
use crate::domain::anomaly::{self, Anomaly, BEFORE_DAYS};
use crate::domain::filter::Dimension;
use crate::domain::forecast::Day;
use crate::domain::median::{median, middle};
use crate::domain::money::Money;
use crate::store::{self, Pool};

/// The most features, and models, that are looked at: the dearest.
const KEYS_MAX: i64 = 100;
/// The most anomalies of an answer.
const FOUND_MAX: usize = 100;

/// What cost more or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Everything together.
    All,
    /// A feature.
    Feature,
    /// A requested model.
    Model,
}

/// A day that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What.
    pub what: What,
    /// Which feature or model.
    pub key: String,
    /// How it stands out.
    pub anomaly: Anomaly,
    /// What stood out that day, for people.
    pub explanation: String,
}

/// Daily costs of everything, and of each feature and model.
struct History {
    all: Vec<Line>,
    features: Vec<Line>,
    models: Vec<Line>,
}

/// One of them.
struct Line {
    series: Series,
    costs: Vec<Day>,
}

/// Finds the days of `scope` that stand out, the largest difference first. The day of `now`
/// is not over: it stands out only where it cost more already.
pub async fn anomalies(
    pool: &Pool,
    scope: &Scope,
    sensitivity: i128,
    now: DateTime<Utc>,
) -> Result<Vec<Found>, store::Error> {
    let (range, zone) = (scope.range(now), scope.when.zone);
    let today = zone.day_of(now);
    let first = zone.day_of(range.start);
    let last = zone.day_of(range.end - TimeDelta::microseconds(1)).min(today);
    let before = u64::try_from(BEFORE_DAYS).expect("is small");
    let begin = first - Days::new(before);
    let days: Vec<NaiveDate> = begin.iter_days().take_while(|day| *day <= last).collect();
    let history = History::read(pool, scope, days).await?;
    let mut outliers = Vec::new();
    for (what, all) in history.kinds() {
        for line in all {
            let places = BEFORE_DAYS..line.costs.len();
            let here = places.filter_map(|place| {
                let anomaly = anomaly::anomaly(&line.costs, place, sensitivity)?;
                let is_over = anomaly.date < today || anomaly.difference > Money::ZERO;
                is_over.then_some(Outlier { what, line, place, anomaly })
            });
            outliers.extend(here);
        }
    }
    let size = |outlier: &Outlier<'_>| outlier.anomaly.difference.as_attos().unsigned_abs();
    outliers.sort_by_key(|outlier| (std::cmp::Reverse(size(outlier)), outlier.anomaly.date));
    // To explain one takes a look at every line: only those that are answered are worth it.
    outliers.truncate(FOUND_MAX);
    Ok(outliers.into_iter().map(|outlier| history.explained(outlier)).collect())
}

/// A day of one line that stands out.
struct Outlier<'a> {
    what: What,
    line: &'a Line,
    place: usize,
    anomaly: Anomaly,
}

impl History {
    async fn read(pool: &Pool, scope: &Scope, days: Vec<NaiveDate>) -> Result<Self, store::Error> {
        let read = async |dimension: Option<Dimension>| {
            let when = (&days[..], scope.when.zone);
            let of = dimension.as_ref();
            let all = daily::series(pool, scope.tenant, &scope.filter, when, of, KEYS_MAX).await?;
            let line = |series: Series| Line { costs: series.costs(&days), series };
            Ok::<_, store::Error>(all.into_iter().map(line).collect())
        };
        let all = read(None).await?;
        let features = read(Some(Dimension::Feature)).await?;
        let models = read(Some(Dimension::Model)).await?;
        Ok(Self { all, features, models })
    }

    fn kinds(&self) -> [(What, &[Line]); 3] {
        [(What::All, &self.all), (What::Feature, &self.features), (What::Model, &self.models)]
    }

    fn explained(&self, outlier: Outlier<'_>) -> Found {
        let Outlier { what, line, place, anomaly } = outlier;
        let parts = match what {
            What::All => {
                let is_more = anomaly.difference > Money::ZERO;
                let parts = [("feature", &self.features), ("model", &self.models)];
                let parts = parts.map(|(word, all)| self.part(word, all, place, is_more));
                parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
            }
            What::Feature | What::Model => String::new(),
        };
        let calls = calls(line, place);
        let sentences = [calls, parts].into_iter().filter(|part| !part.is_empty());
        let explanation = sentences.collect::<Vec<_>>().join(". Most of it: ");
        Found { what, key: line.series.key.clone(), anomaly, explanation: explanation + "." }
    }

    /// The feature or model whose cost differs most that day, in the same direction.
    fn part(&self, word: &str, all: &[Line], place: usize, is_more: bool) -> Option<String> {
        let difference = |Line { series, costs }: &Line| {
            let usual = median(anomaly::alike(costs, place).map(|day| costs[day].cost).collect());
            let cost = costs[place].cost;
            let difference = cost.as_attos() - usual.as_attos();
            (if is_more { difference } else { -difference }, cost, usual, series.key.clone())
        };
        let (difference, cost, usual, key) = all.iter().map(difference).max()?;
        let (cost, usual) = (brief(cost), brief(usual));
        (difference > 0).then(|| format!("{word} {key:?}, {cost} USD, usually {usual}"))
    }
}

/// An amount as a sentence takes it: to a millionth of a dollar, and what is less than a
/// hundredth of a cent to a billionth.
fn brief(amount: Money) -> Money {
    const MILLIONTH: i64 = 1_000_000_000_000;
    const BILLIONTH: i64 = MILLIONTH / 1000;
    let is_tiny = amount.as_attos().abs() < 100 * i128::from(MILLIONTH);
    let unit = if is_tiny { BILLIONTH } else { MILLIONTH };
    amount.share(unit).checked_times(unit).unwrap_or(amount)
}

/// How many calls there were, and what each cost.
fn calls(Line { series, costs }: &Line, place: usize) -> String {
    let alike: Vec<usize> = anomaly::alike(costs, place).collect();
    let count = |day: usize| series.totals[day].request_count;
    let usual_count = middle(alike.iter().map(|day| i128::from(count(*day))).collect());
    let mean = |day: usize| costs[day].cost.share(count(day));
    let usual_mean = median(alike.iter().map(|day| mean(*day)).collect());
    let (now, each, usual_mean) = (count(place), brief(mean(place)), brief(usual_mean));
    format!("{now} calls at {each} USD each, usually {usual_count} at {usual_mean}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_few_digits_and_never_turn_something_to_nothing() {
        let told = |amount: &str| brief(Money::parse(amount).unwrap()).to_string();
        assert_eq!(told("22.5"), "22.5");
        assert_eq!(told("0.005986062619502868"), "0.005986");
        assert_eq!(told("3.1307107500001"), "3.130711");
        assert_eq!(told("0.000003217999"), "0.000003218");
        assert_eq!(told("0"), "0");
    }
}
