//! Where the same usage would have cost less, by the same prices.

mod cheaper;
mod words;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::sample;
use super::simulate::{Assumption, Bounds, Choice, Question, Simulated, Simulation, simulate};
use super::totals::{Grouping, Scope, sums};
use crate::domain::filter::{Dimension, Filter};
use crate::domain::money::Money;
use crate::domain::text::{LongName, Name};
use crate::domain::totals::Totals;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::Names;
use crate::pricing::{PriceBook, View};
use crate::store::totals::Row;
use crate::store::{self, Pool};

/// What cost less is nobody's matter: a dollar.
const COST_MIN: Money = Money::from_attos(10_i128.pow(18));
/// How many pairs of a feature and a model are looked at: the dearest.
const USES_MAX: usize = 8;
/// How many providers, and keys of other sums, are looked at.
const KEYS_MAX: i64 = 20;
/// How much of the log each of them may read.
const BOUNDS: Bounds = Bounds { records: 50_000, time: Duration::from_millis(1_500) };
/// After which time no further one is looked at.
const TIME_MAX: Duration = Duration::from_secs(12);
/// Inputs shorter than this are not cached by any provider.
const CACHED_INPUT_MIN: i64 = 1_024;
/// How much of the input is assumed to be cached, in percent.
const CACHED_PERCENT: u8 = 50;

/// What a suggestion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A cheaper model of the same provider.
    CheaperModel,
    /// Prompt caching.
    PromptCaching,
    /// The batch price, for jobs.
    Batch,
    /// Calls that failed.
    Failures,
    /// Usage without a price.
    Unpriced,
}

/// Where usage would have cost less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is about.
    pub kind: Kind,
    /// The feature; empty: any, or none was named.
    pub feature: String,
    /// The provider as reported.
    pub provider: String,
    /// The model as reported.
    pub model: String,
    /// The model to use in its place.
    pub suggested_model: String,
    /// What that usage cost.
    pub cost: Money,
    /// What it would have cost.
    pub simulated_cost: Money,
    /// How many records it is about.
    pub request_count: i64,
    /// What to do and what it rests on, for people.
    pub explanation: String,
}

impl Suggestion {
    /// What would have been saved.
    #[must_use]
    pub fn savings(&self) -> Money {
        self.cost.checked_sub(self.simulated_cost).unwrap_or_default()
    }
}

/// A feature's use of a model.
struct Use {
    feature: String,
    provider: String,
    model: String,
    totals: Totals,
}

impl Use {
    /// A filter for its records among those of `filter`.
    fn filter(&self, filter: &Filter) -> Filter {
        Filter {
            features: vec![self.feature.clone()],
            providers: vec![self.provider.clone()],
            models: vec![self.model.clone()],
            ..filter.clone()
        }
    }
}

/// Works out suggestions for the usage of `scope`: what saves most first.
pub async fn suggestions(
    pool: &Pool,
    book: &PriceBook,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<Suggestion>, store::Error> {
    let begin = Instant::now();
    let prices = book.of(scope.tenant.id);
    let range = scope.range(now);
    let models = by(pool, scope, &scope.filter, &[Dimension::Provider, Dimension::Model], now);
    let models = models.await?;
    let mut found: Vec<Suggestion> = models.iter().filter_map(words::unpriced).collect();
    found.extend(failures(pool, scope, now).await?);
    for one in uses(pool, scope, &models, now).await? {
        if begin.elapsed() >= TIME_MAX {
            break;
        }
        let at = range.end.min(now);
        let ideas = ideas(prices, &one, at);
        if ideas.is_empty() {
            continue;
        }
        let assumptions = ideas.iter().map(|idea| idea.assumption.clone()).collect();
        let filter = one.filter(&scope.filter);
        let question = Question { tenant: scope.tenant.id, range, filter, assumptions };
        let simulated = simulate(pool, book, &question, BOUNDS).await?;
        let results = ideas.iter().zip(&simulated.simulations);
        found.extend(results.filter_map(|(idea, result)| idea.judge(&one, &simulated, result)));
    }
    found.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.savings()));
    Ok(found)
}

async fn by(
    pool: &Pool,
    scope: &Scope,
    filter: &Filter,
    dimensions: &[Dimension],
    now: DateTime<Utc>,
) -> Result<Vec<Row>, store::Error> {
    let grouping = Grouping { dimensions, top: KEYS_MAX, by_bucket: false };
    let rows = sums(pool, scope.tenant, filter, &[scope.range(now)], grouping).await?;
    Ok(rows.into_iter().filter(|row| row.place.is_some()).collect())
}

/// The dearest pairs of feature and model.
async fn uses(
    pool: &Pool,
    scope: &Scope,
    models: &[Row],
    now: DateTime<Utc>,
) -> Result<Vec<Use>, store::Error> {
    let mut providers: Vec<&String> = models.iter().map(|row| &row.keys[0]).collect();
    providers.sort();
    providers.dedup();
    let mut uses = Vec::new();
    for provider in providers {
        let filter = Filter { providers: vec![provider.clone()], ..scope.filter.clone() };
        let rows = by(pool, scope, &filter, &[Dimension::Feature, Dimension::Model], now).await?;
        uses.extend(rows.into_iter().filter(|row| row.totals.cost >= COST_MIN).map(|row| {
            let [feature, model] = row.keys;
            Use { feature, provider: provider.clone(), model, totals: row.totals }
        }));
    }
    uses.sort_by_key(|one| std::cmp::Reverse(one.totals.cost));
    uses.truncate(USES_MAX);
    Ok(uses)
}

/// What failed calls cost, by feature.
async fn failures(
    pool: &Pool,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<Suggestion>, store::Error> {
    if scope.filter.failed == Some(false) {
        return Ok(Vec::new());
    }
    let filter = Filter { failed: Some(true), ..scope.filter.clone() };
    let rows = by(pool, scope, &filter, &[Dimension::Feature], now).await?;
    let dear = rows.iter().filter(|row| row.totals.cost >= COST_MIN);
    Ok(dear.map(words::failures).collect())
}

/// Terms that are worth a try.
struct Idea {
    kind: Kind,
    assumption: Assumption,
    suggested_model: String,
}

/// What to try for a feature's use of a model.
fn ideas(prices: View<'_>, one: &Use, at: DateTime<Utc>) -> Vec<Idea> {
    let sample = sample::call(&one.provider, &one.model, &one.totals, at);
    let Some(sample) = sample else { return Vec::new() };
    let Ok(resolved) = prices.resolve(Names::from(&sample), at) else { return Vec::new() };
    let cheaper = cheaper::model(prices, resolved.provider, resolved.model, &sample);
    let cheaper = cheaper.and_then(|key| {
        let provider = Name::new(&resolved.provider.key).ok()?;
        let choice = Choice { provider, model: LongName::new(&key).ok()? };
        let assumption = Assumption { choice: Some(choice), ..Assumption::default() };
        Some(Idea { kind: Kind::CheaperModel, assumption, suggested_model: key })
    });
    let caching = has_room_for_caching(&one.totals).then(|| Idea {
        kind: Kind::PromptCaching,
        assumption: Assumption { cached_percent: Some(CACHED_PERCENT), ..Assumption::default() },
        suggested_model: String::new(),
    });
    let price = prices.in_force(resolved.model, at);
    let batch = price.and_then(|price| {
        let terms = price.version.variants.iter().map(|variant| &variant.terms);
        let is_batch = |terms: &&Terms| terms.values().any(|word| &**word == "batch");
        let terms = terms.into_iter().find(is_batch)?.clone();
        let assumption =
            Assumption { terms: Some(terms), jobs_only: true, ..Assumption::default() };
        Some(Idea { kind: Kind::Batch, assumption, suggested_model: String::new() })
    });
    [cheaper, caching, batch].into_iter().flatten().collect()
}

/// Long inputs of which less than a tenth is read from a cache.
fn has_room_for_caching(totals: &Totals) -> bool {
    let calls = totals.request_count - totals.cached_count;
    calls > 1
        && totals.input_tokens / calls >= CACHED_INPUT_MIN
        && totals.cache_read_tokens < totals.input_tokens / 10
}

impl Idea {
    /// A suggestion, where it saves more than a twentieth of the cost.
    fn judge(&self, one: &Use, simulated: &Simulated, result: &Simulation) -> Option<Suggestion> {
        let Simulation { cost, recorded_cost, .. } = *result;
        let savings = recorded_cost.checked_sub(cost)?;
        if recorded_cost < COST_MIN || savings <= recorded_cost.share(20) {
            return None;
        }
        Some(Suggestion {
            kind: self.kind,
            feature: one.feature.clone(),
            provider: one.provider.clone(),
            model: one.model.clone(),
            suggested_model: self.suggested_model.clone(),
            cost: recorded_cost,
            simulated_cost: cost,
            request_count: result.priced_count,
            explanation: words::idea(self, one, simulated),
        })
    }
}
