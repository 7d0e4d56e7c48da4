//! Which model of the price list the names of an invoice and of the log mean.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::ModelDay;
use crate::domain::invoice::Line;
use crate::domain::period::Zone;
use crate::pricing::View;
use crate::pricing::resolve::Names;

/// Finds models by name, and remembers them.
pub(super) struct Meaning<'a> {
    prices: View<'a>,
    provider: &'a str,
    provider_key: Option<&'a str>,
    /// Where the invoice names no models, days alone are compared.
    by_model: bool,
    zone: Zone,
    lines: HashMap<(NaiveDate, String), String>,
    known: HashSet<String>,
}

/// A time of the day, at which its prices and aliases are looked up.
pub(super) fn noon(day: NaiveDate, zone: Zone) -> DateTime<Utc> {
    zone.start_of_day(day) + TimeDelta::hours(12)
}

impl<'a> Meaning<'a> {
    pub(super) fn new(prices: View<'a>, provider: &'a str, by_model: bool, zone: Zone) -> Self {
        Self {
            prices,
            provider,
            provider_key: provider_key(prices, provider),
            by_model,
            zone,
            lines: HashMap::new(),
            known: HashSet::new(),
        }
    }

    /// The model that a line is about; as it is written where the price list has none.
    pub(super) fn of_line(&mut self, line: &Line) -> String {
        if !self.by_model {
            return String::new();
        }
        let place = (line.day, line.name.clone());
        if let Some(known) = self.lines.get(&place) {
            return known.clone();
        }
        let at = noon(line.day, self.zone);
        let found = spellings(&line.name).find_map(|name| self.key(self.provider, &name, at));
        let model = found.unwrap_or_else(|| plain(&line.name));
        self.lines.insert(place, model.clone());
        model
    }

    /// The model of a day's usage; `None` where it is of another provider.
    pub(super) fn of_day(&mut self, day: &ModelDay) -> Option<String> {
        if !self.is_of_provider(day) {
            return None;
        }
        if !self.by_model {
            return Some(String::new());
        }
        let found = self.key(&day.provider, &day.model, noon(day.day, self.zone));
        Some(found.unwrap_or_else(|| plain(&day.model)))
    }

    /// Whether the price list has the model.
    pub(super) fn knows(&self, model: &str) -> bool {
        self.known.contains(model)
    }

    fn is_of_provider(&self, day: &ModelDay) -> bool {
        if day.provider.trim().eq_ignore_ascii_case(self.provider.trim()) {
            return true;
        }
        let key = if day.provider.trim().is_empty() {
            let names = Names { model: &day.model, ..Names::default() };
            let found = self.prices.resolve(names, noon(day.day, self.zone)).ok();
            found.map(|found| &*found.provider.key)
        } else {
            provider_key(self.prices, &day.provider)
        };
        key.is_some() && key == self.provider_key
    }

    fn key(&mut self, provider: &str, model: &str, at: DateTime<Utc>) -> Option<String> {
        let names = Names { provider, model, ..Names::default() };
        let found = self.prices.resolve(names, at).ok()?;
        let key = found.model.key.to_string();
        self.known.insert(key.clone());
        Some(key)
    }
}

fn provider_key<'a>(prices: View<'a>, name: &str) -> Option<&'a str> {
    let named = prices.public().provider_named(&name.trim().to_lowercase())?;
    Some(&named.key)
}

/// A name as it is compared where the price list does not know it.
fn plain(name: &str) -> String {
    before_comma(name).trim().to_lowercase()
}

/// Exports say after a comma what of the model was used, as in "gpt-4o, input".
fn before_comma(name: &str) -> &str {
    name.split(',').next().unwrap_or(name).trim()
}

/// The ways to read a name of an invoice: as it is, as the part before a comma, and as the
/// name for people that it may be, such as "Claude Sonnet 4.5 Usage - Input Tokens".
fn spellings(name: &str) -> impl Iterator<Item = String> {
    let people = before_comma(name).to_lowercase();
    let people = people.split(" usage").next().unwrap_or(&people).trim().replace(' ', "-");
    let dashed = people.replace('.', "-");
    [name.trim().to_owned(), before_comma(name).to_owned(), people, dashed].into_iter()
}
