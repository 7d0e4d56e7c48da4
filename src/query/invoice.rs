//! A provider's invoice beside the log, by day and by model of the price list.

mod names;
mod variants;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use self::names::Meaning;
use super::coverage::{Coverage, LogStart};
use super::model_days::PAIRS_MAX;
use super::{daily, model_days};
use crate::domain::filter::Filter;
use crate::domain::invoice::{GapKind, Invoice, Judged, Pair, Recorded, judge};
use crate::domain::money::Money;
use crate::domain::period::{TimeRange, Zone};
use crate::domain::tenant::Tenant;
use crate::domain::totals::{SumTooLarge, Totals};
use crate::pricing::{PriceBook, View};
use crate::store::totals::Row;
use crate::store::{self, Pool};

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose log.
    pub tenant: Tenant,
    /// The provider, as records report it.
    pub provider: &'a str,
    /// The invoice.
    pub invoice: &'a Invoice,
    /// The zone of its days.
    pub zone: Zone,
}

/// The answer: the rows' gaps add up to `invoiced - recorded`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// From the first day of the invoice to the last.
    pub range: TimeRange,
    /// What the invoice comes to.
    pub invoiced: Money,
    /// What the log comes to.
    pub recorded: Money,
    /// What the invoice has more.
    pub gap: Money,
    /// Every day of every model, the largest gap first.
    pub rows: Vec<Judged>,
    /// The gaps by cause, the largest first.
    pub causes: Vec<Cause>,
    /// How far the log's side reaches.
    pub coverage: Coverage,
}

/// A cause and its part of the gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Why.
    pub kind: GapKind,
    /// Its part.
    pub gap: Money,
    /// How many rows.
    pub row_count: i64,
    /// The terms that explain a [`GapKind::Tier`].
    pub terms: Vec<String>,
}

/// Compares an invoice with the log.
pub async fn compare(
    pool: &Pool,
    book: &PriceBook,
    question: Question<'_>,
) -> Result<Comparison, store::Error> {
    let Question { tenant, invoice, zone, .. } = question;
    let (first, last) = invoice.days();
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).collect();
    let buckets = daily::ranges(&days, zone);
    let everything = Filter::default();
    let used = model_days::model_days(pool, tenant, &everything, &buckets, PAIRS_MAX).await?;
    let read = model_days::slices(tenant, &everything, &buckets);
    let mut coverage = LogStart::of(pool, tenant.id).await?.for_sums(&[read]);
    used.missing("The log's figures").into_iter().for_each(|missing| coverage.lacks(missing));
    let pairs = pairs(book.of(tenant.id), question, &model_days_of(used.rows, &days))?;
    let range = zone.days(first, last + Days::new(1));
    Ok(sum_up(range, judge(pairs, invoice.decimals)?, coverage)?)
}

/// What was used on one day of one model, as records report them.
#[derive(Debug, Clone)]
struct ModelDay {
    day: NaiveDate,
    provider: String,
    model: String,
    totals: Totals,
}

/// The same, of these days.
fn model_days_of(rows: Vec<Row>, days: &[NaiveDate]) -> Vec<ModelDay> {
    let read = rows.into_iter().map(|row| {
        let [provider, model] = row.keys;
        ModelDay { day: days[row.bucket], provider, model, totals: row.totals }
    });
    read.collect()
}

/// What the log says of one day and model, before it is known what it would cost on other
/// terms.
#[derive(Default)]
struct Logged<'a> {
    cost: Money,
    has_unpriced: bool,
    days: Vec<&'a ModelDay>,
}

/// Both sides by day and model.
fn pairs(
    prices: View<'_>,
    question: Question<'_>,
    days: &[ModelDay],
) -> Result<Vec<Pair>, SumTooLarge> {
    let Question { invoice, zone, .. } = question;
    let mut meaning = Meaning::new(prices, question.provider, invoice.has_names(), zone);
    let mut invoiced: BTreeMap<(NaiveDate, String), (Money, i64)> = BTreeMap::new();
    for line in &invoice.lines {
        let model = meaning.of_line(line);
        let (sum, lines) = invoiced.entry((line.day, model)).or_default();
        *sum = sum.checked_add(line.amount).ok_or(SumTooLarge)?;
        *lines += 1;
    }
    let mut logged: BTreeMap<(NaiveDate, String), Logged<'_>> = BTreeMap::new();
    for day in days {
        let Some(model) = meaning.of_day(day) else { continue };
        let entry = logged.entry((day.day, model)).or_default();
        entry.cost = entry.cost.checked_add(day.totals.cost).ok_or(SumTooLarge)?;
        entry.has_unpriced |= day.totals.unpriced_count + day.totals.partial_count > 0;
        entry.days.push(day);
    }
    let mut keys: Vec<(NaiveDate, String)> =
        invoiced.keys().chain(logged.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    let pair = |key: (NaiveDate, String)| {
        let invoiced = invoiced.get(&key).copied();
        let recorded = logged.get(&key).map(|logged| recorded(prices, question, logged, invoiced));
        let is_known = meaning.knows(&key.1);
        Pair { day: key.0, model: key.1, is_known, invoiced, recorded }
    };
    Ok(keys.into_iter().map(pair).collect())
}

/// Other terms are only of interest where the figures differ, and of one model.
fn recorded(
    prices: View<'_>,
    question: Question<'_>,
    logged: &Logged<'_>,
    invoiced: Option<(Money, i64)>,
) -> Recorded {
    let differs = invoiced.is_some_and(|(amount, _)| amount != logged.cost);
    let asks = differs && question.invoice.has_names() && !logged.has_unpriced;
    let variants =
        if asks { variants::of_days(prices, &logged.days, question.zone) } else { Vec::new() };
    Recorded { cost: logged.cost, has_unpriced: logged.has_unpriced, variants }
}

fn sum_up(
    range: TimeRange,
    mut rows: Vec<Judged>,
    coverage: Coverage,
) -> Result<Comparison, SumTooLarge> {
    let (mut invoiced, mut recorded) = (Money::ZERO, Money::ZERO);
    let mut causes: BTreeMap<GapKind, Cause> = BTreeMap::new();
    for row in &rows {
        let (amount, log) = (row.pair.invoiced, row.pair.recorded.as_ref());
        let amount = amount.map(|(amount, _)| amount).unwrap_or_default();
        invoiced = invoiced.checked_add(amount).ok_or(SumTooLarge)?;
        let cost = log.map(|log| log.cost).unwrap_or_default();
        recorded = recorded.checked_add(cost).ok_or(SumTooLarge)?;
        let empty = Cause { kind: row.kind, gap: Money::ZERO, row_count: 0, terms: Vec::new() };
        let cause = causes.entry(row.kind).or_insert(empty);
        cause.gap = cause.gap.checked_add(row.gap).ok_or(SumTooLarge)?;
        cause.row_count += 1;
        if !row.terms.is_empty() && !cause.terms.contains(&row.terms) {
            cause.terms.push(row.terms.clone());
        }
    }
    causes.remove(&GapKind::None);
    let size = |money: Money| std::cmp::Reverse(money.as_attos().unsigned_abs());
    rows.sort_by_key(|row| (size(row.gap), row.pair.day));
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by_key(|cause| size(cause.gap));
    let gap = invoiced.checked_sub(recorded).ok_or(SumTooLarge)?;
    Ok(Comparison { range, invoiced, recorded, gap, rows, causes, coverage })
}
