//! Recorded usage priced as if it had been made on other terms, record by record.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tokio::time::Instant;

use crate::domain::filter::Filter;
use crate::domain::ids::TenantId;
use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::period::TimeRange;
use crate::domain::text::{LongName, Name, Url};
use crate::domain::totals::{SumTooLarge, Totals};
use crate::domain::usage::Call;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::Names;
use crate::pricing::{PriceBook, View};
use crate::store::past_calls::PastCall;
use crate::store::{self, Pool};

/// Records of one page: enough to spread the cost of a statement.
const PAGE_RECORDS: usize = 4_000;
/// Records priced before others have their turn on the thread.
const TURN_RECORDS: usize = 250;

/// How much of the log one question may read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most records.
    pub records: usize,
    /// After which time no further page is read.
    pub time: Duration,
}

impl Bounds {
    /// Two million records, or as many as fifteen seconds give.
    pub const USUAL: Bounds = Bounds { records: 2_000_000, time: Duration::from_secs(15) };
}

/// A model to price usage with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The provider, as a record would report it.
    pub provider: Name,
    /// The model, as a record would report it.
    pub model: LongName,
}

/// Other terms for recorded usage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assumption {
    /// The model in place of the recorded one.
    pub choice: Option<Choice>,
    /// How much of the input is read from a prompt cache, in percent.
    pub cached_percent: Option<u8>,
    /// The terms of the price in place of those that were reported.
    pub terms: Option<Terms>,
    /// Whether only records of background jobs are looked at.
    pub jobs_only: bool,
}

impl Assumption {
    /// The call as it would have been.
    fn apply(&self, call: &Call) -> Call {
        let mut call = call.clone();
        if let Some(choice) = &self.choice {
            call.provider = choice.provider.clone();
            call.model = choice.model.clone();
            call.response_model = LongName::new("").expect("may be empty");
            call.api_url = Url::new("").expect("may be empty");
        }
        if let Some(percent) = self.cached_percent {
            call.quantities = call.quantities.with_cached_input(percent);
        }
        if let Some(terms) = &self.terms {
            call.price_context.clone_from(terms);
        }
        call
    }
}

/// What usage costs, and what it would have cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Simulation {
    /// What it would have cost: those records that can be compared.
    pub cost: Money,
    /// What the same records cost, as it is known now.
    pub recorded_cost: Money,
    /// How many records can be compared: both costs are known in full.
    pub priced_count: i64,
    /// How many cannot.
    pub unpriced_count: i64,
}

impl Simulation {
    /// Adds a record under an assumption.
    fn add(
        &mut self,
        prices: View<'_>,
        past: &PastCall,
        assumption: &Assumption,
    ) -> Result<(), SumTooLarge> {
        if assumption.jobs_only && !past.is_of_job {
            return Ok(());
        }
        let simulated = prices.price(&assumption.apply(&past.call));
        let whole = simulated.status.is_whole() && past.status.is_whole();
        let costs = simulated.cost.map(|cost| cost.total).zip(past.cost).filter(|_| whole);
        let Some((cost, recorded)) = costs else {
            self.unpriced_count += 1;
            return Ok(());
        };
        self.cost = self.cost.checked_add(cost).ok_or(SumTooLarge)?;
        self.recorded_cost = self.recorded_cost.checked_add(recorded).ok_or(SumTooLarge)?;
        self.priced_count += 1;
        Ok(())
    }
}

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose usage.
    pub tenant: TenantId,
    /// By event time.
    pub range: TimeRange,
    /// Which records.
    pub filter: Filter,
    /// The terms, each for all records.
    pub assumptions: Vec<Assumption>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// What was recorded, of the records that were looked at.
    pub totals: Totals,
    /// One for each assumption, in their order.
    pub simulations: Vec<Simulation>,
    /// Records before this time were too many to look at.
    pub from: Option<DateTime<Utc>>,
}

/// Prices the records of `question` under each of its assumptions, each at its own time, by
/// the prices of `book`. The newest records are looked at first, as many as `bounds` allow.
pub async fn simulate(
    pool: &Pool,
    book: &PriceBook,
    question: &Question,
    bounds: Bounds,
) -> Result<Simulated, store::Error> {
    let begin = Instant::now();
    let prices = book.of(question.tenant);
    let mut answer = Simulated {
        totals: Totals::default(),
        simulations: vec![Simulation::default(); question.assumptions.len()],
        from: None,
    };
    let mut cursor = store::past_calls::end_of(question.range);
    let mut left = bounds.records;
    loop {
        let size = PAGE_RECORDS.min(left);
        let limit = i64::try_from(size).expect("a page is small");
        let Question { tenant, range, filter, .. } = question;
        let page = store::past_calls::next(pool, *tenant, *range, filter, cursor, limit).await?;
        for turn in page.chunks(TURN_RECORDS) {
            answer.add(prices, turn, &question.assumptions)?;
            tokio::task::yield_now().await;
        }
        left -= page.len();
        match page.last() {
            Some(last) if page.len() == size => cursor = last.place,
            _ => return Ok(answer),
        }
        if left == 0 || begin.elapsed() >= bounds.time {
            let rest = store::past_calls::next(pool, *tenant, *range, filter, cursor, 1).await?;
            answer.from = (!rest.is_empty()).then_some(cursor.time);
            return Ok(answer);
        }
    }
}

impl Simulated {
    fn add(
        &mut self,
        prices: View<'_>,
        records: &[PastCall],
        assumptions: &[Assumption],
    ) -> Result<(), SumTooLarge> {
        for past in records {
            self.totals.add(&totals(past))?;
            for (simulation, assumption) in self.simulations.iter_mut().zip(assumptions) {
                simulation.add(prices, past, assumption)?;
            }
        }
        Ok(())
    }
}

/// The sums of one record.
fn totals(past: &PastCall) -> Totals {
    let count = |meter: Meter| -> i64 {
        let quantity: Option<Decimal> = past.call.quantities.get(meter);
        quantity.map_or(0, |quantity| quantity.try_into().expect("tokens are whole and bounded"))
    };
    Totals {
        cost: past.cost.unwrap_or_default(),
        request_count: 1,
        error_count: i64::from(past.has_failed),
        cached_count: i64::from(past.call.cached_response),
        unpriced_count: i64::from(past.cost.is_none()),
        partial_count: i64::from(past.status == crate::domain::cost::CostStatus::Partial),
        input_tokens: count(Meter::INPUT_TOKENS),
        output_tokens: count(Meter::OUTPUT_TOKENS),
        cache_read_tokens: count(Meter::CACHE_READ_TOKENS),
        cache_write_tokens: count(Meter::CACHE_WRITE_TOKENS),
        output_reasoning_tokens: count(Meter::OUTPUT_REASONING_TOKENS),
    }
}

/// Key of the model that `choice` means at `at`, where there is one.
#[must_use]
pub fn priced_model(prices: View<'_>, choice: &Choice, at: DateTime<Utc>) -> Option<String> {
    let names = Names {
        provider: choice.provider.as_str(),
        model: choice.model.as_str(),
        ..Names::default()
    };
    let found = prices.find(names, at, &BTreeMap::new()).ok()?;
    Some(found.model.key.to_string())
}
