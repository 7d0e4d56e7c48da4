//! What a day's usage costs on each of the terms that the price list has for its model.

use std::collections::BTreeMap;

use super::ModelDay;
use super::names::noon;
use crate::domain::money::Money;
use crate::domain::period::Zone;
use crate::domain::usage::Call;
use crate::pricing::View;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::Names;
use crate::query::sample;

/// The costs of a sample of the usage of `days`, which are of one day and model: on plain
/// terms, whose words are empty, and on others. Only their ratios mean something.
pub(super) fn of_days(prices: View<'_>, days: &[&ModelDay], zone: Zone) -> Vec<(String, Money)> {
    let Some(largest) = days.iter().max_by_key(|day| day.totals.cost) else { return Vec::new() };
    let at = noon(largest.day, zone);
    let call = sample::call(&largest.provider, &largest.model, &largest.totals, at);
    let Some(call) = call else { return Vec::new() };
    let Ok(resolved) = prices.resolve(Names::from(&call), at) else { return Vec::new() };
    let Some(price) = prices.in_force(resolved.model, at) else { return Vec::new() };
    let terms = price.version.variants.iter().map(|variant| variant.terms.clone());
    let mut costs: Vec<(String, Money)> = Vec::new();
    for terms in std::iter::once(BTreeMap::new()).chain(terms) {
        let words = words(&terms);
        let cost = prices.price(&Call { price_context: terms, ..call.clone() }).cost;
        if let Some(cost) = cost.filter(|_| costs.iter().all(|(known, _)| *known != words)) {
            costs.push((words, cost.total));
        }
    }
    costs
}

fn words(terms: &Terms) -> String {
    let words: Vec<String> = terms.iter().map(|(term, word)| format!("{term}={word}")).collect();
    words.join(", ")
}
