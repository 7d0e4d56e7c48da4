//! Why an invoice and the log differ. Each day of each model gets one cause, so that the
//! causes always add up to the gap.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::money::Money;
use crate::domain::totals::SumTooLarge;

/// A cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// They do not differ.
    None,
    /// The log has usage without a price.
    Unpriced,
    /// The log knows nothing of it.
    MissingInLog,
    /// The invoice says nothing of it.
    MissingInInvoice,
    /// The invoice is rounded.
    Rounding,
    /// They differ by the factor of other terms of the price.
    Tier,
    /// Usage moves between neighbouring days.
    DayShift,
    /// Some calls are in one and not in the other.
    Part,
}

/// What the log says of a day of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The cost of what has one.
    pub cost: Money,
    /// Whether something has no cost, or not a whole one.
    pub has_unpriced: bool,
    /// What the same usage costs on each of the terms that the price list has for the model,
    /// with words for them; the plain terms have none.
    pub variants: Vec<(String, Money)>,
}

/// A day of a model, as the invoice and as the log have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The day.
    pub day: NaiveDate,
    /// The model.
    pub model: String,
    /// Whether the price list knows the model.
    pub is_known: bool,
    /// What the invoice says, and in how many lines.
    pub invoiced: Option<(Money, i64)>,
    /// What the log says.
    pub recorded: Option<Recorded>,
}

/// A pair and why it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The pair.
    pub pair: Pair,
    /// What the invoice has more than the log.
    pub gap: Money,
    /// Why.
    pub kind: GapKind,
    /// For [`GapKind::Tier`]: the terms that explain the invoice.
    pub terms: String,
}

/// Finds the cause of each pair. `decimals` says how finely the invoice is written.
pub fn judge(pairs: Vec<Pair>, decimals: u32) -> Result<Vec<Judged>, SumTooLarge> {
    let mut judged = Vec::with_capacity(pairs.len());
    for pair in pairs {
        judged.push(judge_one(pair, decimals)?);
    }
    name_unpriced_days(&mut judged);
    find_shifts(&mut judged);
    Ok(judged)
}

/// The cause as far as one day tells.
fn judge_one(pair: Pair, decimals: u32) -> Result<Judged, SumTooLarge> {
    let invoiced = pair.invoiced.map(|(amount, _)| amount);
    let recorded = pair.recorded.as_ref().map(|recorded| recorded.cost);
    let gap = invoiced.unwrap_or_default().checked_sub(recorded.unwrap_or_default());
    let gap = gap.ok_or(SumTooLarge)?;
    let mut terms = String::new();
    let kind = match (&pair.invoiced, &pair.recorded) {
        // A cost of nothing that is not known does not agree with an invoice of nothing.
        (_, Some(recorded)) if gap == Money::ZERO && recorded.has_unpriced => GapKind::Unpriced,
        _ if gap == Money::ZERO => GapKind::None,
        (None, _) => GapKind::MissingInInvoice,
        (Some(_), None) => GapKind::MissingInLog,
        (Some((_, lines)), Some(_)) if is_rounding(gap, *lines, decimals) => GapKind::Rounding,
        (Some(_), Some(recorded)) if recorded.has_unpriced && gap > Money::ZERO => {
            GapKind::Unpriced
        }
        (Some((invoiced, _)), Some(recorded)) => match tier(*invoiced, recorded) {
            Some(words) => {
                terms = words;
                GapKind::Tier
            }
            None => GapKind::Part,
        },
    };
    Ok(Judged { pair, gap, kind, terms })
}

/// Each line may be rounded, or cut, by less than a unit of its last digit.
fn is_rounding(gap: Money, lines: i64, decimals: u32) -> bool {
    let unit = 10_i128.pow(Money::SCALE.saturating_sub(decimals));
    gap.as_attos().unsigned_abs() < unit.unsigned_abs() * u128::from(lines.unsigned_abs())
}

/// The terms on which the recorded usage would cost what the invoice says, to half a
/// percent. The log may have had terms too, so each is compared with each.
fn tier(invoiced: Money, recorded: &Recorded) -> Option<String> {
    let mut best: Option<(u128, &str)> = None;
    for (had, had_cost) in &recorded.variants {
        for (words, cost) in recorded.variants.iter().filter(|(words, _)| words != had) {
            let Some(expected) = in_ratio(recorded.cost, *cost, *had_cost) else { continue };
            let is_other = miss(expected, recorded.cost) * 200 > size(expected);
            let missed = miss(invoiced, expected);
            let fits = is_other && missed * 200 <= size(expected);
            if fits && best.is_none_or(|(least, _)| missed < least) {
                best = Some((missed, if words.is_empty() { "plain terms" } else { words }));
            }
        }
    }
    best.map(|(_, words)| words.to_owned())
}

fn size(money: Money) -> u128 {
    money.as_attos().unsigned_abs()
}

fn miss(one: Money, other: Money) -> u128 {
    one.as_attos().abs_diff(other.as_attos())
}

/// `amount * over / under`, to nine digits of the ratio.
fn in_ratio(amount: Money, over: Money, under: Money) -> Option<Money> {
    const DIGITS: i128 = 1_000_000_000;
    let ratio = over.as_attos().checked_mul(DIGITS)?.checked_div(under.as_attos())?;
    let product = amount.as_attos().checked_mul(ratio)?;
    Some(Money::from_attos(product / DIGITS))
}

/// Usage under a name without a price may be what the invoice has under another name: where
/// the log has such usage on a day, that is why a model of a name much like it is missing.
fn name_unpriced_days(judged: &mut [Judged]) {
    let is_nameless = |one: &&Judged| {
        !one.pair.is_known && one.pair.recorded.as_ref().is_some_and(|log| log.has_unpriced)
    };
    let nameless: Vec<(NaiveDate, String)> = judged
        .iter()
        .filter(is_nameless)
        .map(|one| (one.pair.day, one.pair.model.clone()))
        .collect();
    for one in judged.iter_mut().filter(|one| one.kind == GapKind::MissingInLog) {
        let is_same = |(day, name): &(NaiveDate, String)| {
            *day == one.pair.day && are_alike(name, &one.pair.model)
        };
        if nameless.iter().any(is_same) {
            one.kind = GapKind::Unpriced;
        }
    }
}

/// Whether one name may be the other one, misspelt or with more around it: one contains the
/// other, or less than a third of the longer one was changed.
fn are_alike(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(str::to_lowercase);
    let longer = one.chars().count().max(other.chars().count());
    one.contains(&other)
        || other.contains(&one)
        || strsim::osa_distance(&one, &other).saturating_mul(3) < longer
}

/// Whether a cause may turn out to be a shift between days.
fn may_be_shifted(one: &Judged) -> bool {
    matches!(one.kind, GapKind::Part | GapKind::MissingInLog | GapKind::MissingInInvoice)
}

/// Gaps of neighbouring days of one model that cancel out are a shift: a whole run of days,
/// or else two of them.
fn find_shifts(judged: &mut [Judged]) {
    let mut by_model: BTreeMap<String, BTreeMap<NaiveDate, usize>> = BTreeMap::new();
    for (index, one) in judged.iter().enumerate().filter(|(_, one)| may_be_shifted(one)) {
        by_model.entry(one.pair.model.clone()).or_default().insert(one.pair.day, index);
    }
    for days in by_model.into_values() {
        for run in runs(&days) {
            mark(judged, &run);
        }
    }
}

/// The longest rows of days without a hole, as places.
fn runs(days: &BTreeMap<NaiveDate, usize>) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut before: Option<NaiveDate> = None;
    for (day, index) in days {
        let follows = before.is_some_and(|before| before + Days::new(1) == *day);
        match runs.last_mut().filter(|_| follows) {
            Some(run) => run.push(*index),
            None => runs.push(vec![*index]),
        }
        before = Some(*day);
    }
    runs
}

fn mark(judged: &mut [Judged], run: &[usize]) {
    let cancels = |places: &[usize], judged: &[Judged]| {
        let gaps = || places.iter().map(|place| judged[*place].gap.as_attos());
        let moved: u128 = gaps().map(i128::unsigned_abs).sum();
        let net: i128 = gaps().sum();
        places.len() > 1 && net.unsigned_abs() * 20 <= moved
    };
    if cancels(run, judged) {
        run.iter().for_each(|place| judged[*place].kind = GapKind::DayShift);
        return;
    }
    let mut rest = run;
    while let [first, second, ..] = rest {
        let is_shift = cancels(&[*first, *second], judged);
        if is_shift {
            judged[*first].kind = GapKind::DayShift;
            judged[*second].kind = GapKind::DayShift;
        }
        rest = &rest[if is_shift { 2 } else { 1 }..];
    }
}

#[cfg(test)]
mod tests;
