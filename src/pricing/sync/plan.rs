//! PLAN. What bringing a price list in would change, worked out as data.
//!
//! The past is never rewritten: a price that changes is a new version that holds
//! from a time on, and what a list does not mention any more is kept. Only what
//! price lists said is compared; what an operator or a tenant gave, and facts that
//! are known better, stay as they are.
//!
//! A model has its price from one list. Where another one says otherwise, a person
//! decides, and so where a price is hard to believe.

mod compare;
mod judge;
mod names;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};

use self::judge::{Case, Rules, Verdict};
use super::listing::Listing;
use crate::domain::meter::Meter;
use crate::pricing::catalogue::{Catalogue, CatalogueError, Model, Provider};
use crate::pricing::change::{AddedVersion, Changes, ModelKey};
use crate::pricing::set::Amount;
use crate::pricing::version::Version;

/// How a list is brought in.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time of this.
    pub now: DateTime<Utc>,
    /// From when on changes hold that the list does not date; absent: now.
    pub from: Option<DateTime<Utc>>,
    /// Models, as `provider/model`, that are taken although they look like a mistake
    /// or have their price from another list.
    pub accept: BTreeSet<String>,
    /// The API key that asks; empty: the service itself.
    pub created_by: String,
}

/// What bringing a list in comes to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is to be changed; nothing, where list and prices agree.
    pub changes: Changes,
    /// What differs, by kind and then by model.
    pub differences: Vec<Difference>,
    /// How much of everything there is.
    pub summary: Summary,
}

/// What differs for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What kind of a difference it is.
    pub kind: Kind,
    /// The model.
    pub model: ModelKey,
    /// Why it is not taken; empty where it is.
    pub reason: String,
    /// From when on the list's prices hold, or would; absent: since ever.
    pub from: Option<DateTime<Utc>>,
    /// The rates for all calls that differ then, or now if that is later.
    pub rates: Vec<RateDifference>,
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// No list had the model.
    New,
    /// Its price changes.
    Changed,
    /// The list says that it has no price any more.
    Ended,
    /// Not taken: it cannot be used, or looks like a mistake.
    Refused,
    /// Not taken: its price comes from elsewhere, and differs.
    Foreign,
}

/// One rate before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateDifference {
    /// What is billed.
    pub meter: Meter,
    /// The tier: requests with more input tokens than this; absent: no tier.
    pub above: Option<u64>,
    /// The price before; absent: there was none.
    pub before: Option<Amount>,
    /// The price after; absent: there is none.
    pub after: Option<Amount>,
    /// How many units the prices are for.
    pub per: u32,
}

/// How much of everything a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Models in the list that have a price.
    pub models: usize,
    /// Rates in the list.
    pub rates: usize,
    /// Models that no list had.
    pub new: usize,
    /// Models whose price changes.
    pub changed: usize,
    /// Models that lose their price.
    pub ended: usize,
    /// Models that cannot be used or look like a mistake.
    pub refused: usize,
    /// Models with another price in the list that theirs comes from.
    pub foreign: usize,
    /// Models that have the same price already.
    pub unchanged: usize,
    /// Models with a price from this list that it does not mention any more.
    pub kept: usize,
    /// Entries that are no models with a price.
    pub skipped: usize,
}

/// Compares `listing` with the prices `in_use`. An error is about the list as a whole;
/// a model that cannot be used is a difference.
///
/// Once the changes are made, the same list with the same options changes nothing.
pub fn plan(
    in_use: &Catalogue,
    listing: &Listing,
    options: &Options,
) -> Result<Plan, CatalogueError> {
    let mut own = BTreeSet::new();
    loop {
        let plan = Planning::of(in_use, listing, options, &own);
        // What is stored must load again.
        let after = plan.changes.apply_to(in_use)?;
        if plan.summary.new == 0 {
            return Ok(plan);
        }
        // Names that meant another list's model may mean one that is new. The list then
        // has its own say about these, too.
        let rest = Planning::of(&after, listing, options, &own).changes.versions;
        let known = own.len();
        own.extend(rest.into_iter().map(|added| added.model));
        if own.len() == known {
            return Ok(plan);
        }
    }
}

struct Planning<'a> {
    rules: Rules<'a>,
    /// All providers as they will be, without versions.
    providers: Vec<Provider>,
    /// Models that the list mentions, by provider and key in lower case.
    seen: HashSet<(Box<str>, String)>,
    versions: Vec<AddedVersion>,
    differences: Vec<Difference>,
    summary: Summary,
}

impl<'a> Planning<'a> {
    fn of(
        in_use: &'a Catalogue,
        listing: &'a Listing,
        options: &'a Options,
        own: &'a BTreeSet<ModelKey>,
    ) -> Plan {
        let mut planning = Planning {
            rules: Rules { in_use, source: &listing.source, options, own },
            providers: in_use.providers().iter().map(names::of_provider).collect(),
            seen: HashSet::new(),
            versions: Vec::new(),
            differences: Vec::new(),
            summary: Summary { skipped: listing.skipped, ..Summary::default() },
        };
        listing.providers.iter().for_each(|provider| planning.add(provider));
        for refused in &listing.refused {
            let provider = refused.provider.as_str().into();
            let model = ModelKey { provider, model: refused.model.as_str().into() };
            planning.refuse(model, &refused.reason);
        }
        planning.finish()
    }

    fn add(&mut self, listed: &Provider) {
        let place = self.place(listed);
        let key = self.providers[place].key.clone();
        let mut taken = Vec::new();
        for model in &listed.models {
            self.count(model);
            let mut name = ModelKey { provider: key.clone(), model: model.key.clone() };
            let known = self.rules.in_use.by_key(&name).map(|(_, known)| known);
            if let Some(known) = known {
                name.model = known.key.clone();
            }
            if !self.see(&name) {
                self.refuse(name, "the list has it twice");
            } else if self.decide(&Case { key: name, listed: model, in_use: known }) {
                taken.push(model);
            }
        }
        let names_it = self.rules.names_it(&key);
        names::take(&mut self.providers[place], listed, &taken, names_it);
    }

    /// Where the provider is, or will be. A list that only has prices calls providers
    /// by any of their names; one that has names too means its own keys.
    fn place(&mut self, listed: &Provider) -> usize {
        let known = self.providers.iter().position(|provider| provider.key == listed.key);
        let meant = || {
            let is_plain = names::is_plain(listed);
            is_plain.then(|| self.rules.in_use.provider_by_name(&listed.key)).flatten()
        };
        known.or_else(meant).unwrap_or_else(|| {
            self.providers.push(names::new_provider(listed));
            self.providers.len() - 1
        })
    }

    fn count(&mut self, model: &Model) {
        let sets = || model.listed().into_iter().flat_map(Version::sets);
        self.summary.models += usize::from(sets().any(compare::is_price));
        self.summary.rates += sets().map(|set| set.rates.len()).sum::<usize>();
    }

    /// Notes that the list mentions the model; false where it did before.
    fn see(&mut self, model: &ModelKey) -> bool {
        self.seen.insert((model.provider.clone(), model.model.to_lowercase()))
    }

    /// Whether the model is in use from now on if it was not.
    fn decide(&mut self, case: &Case<'_>) -> bool {
        match self.rules.judge(case) {
            Verdict::Unchanged => {
                self.summary.unchanged += 1;
                // It may have the price of another one, which its name means.
                case.in_use.is_some()
            }
            Verdict::Taken(kind, version) => {
                self.differ(self.rules.difference(case, kind, String::new()));
                self.versions.push(AddedVersion { model: case.key.clone(), tenant: None, version });
                true
            }
            Verdict::Left(kind, reason) => {
                self.differ(self.rules.difference(case, kind, reason));
                false
            }
        }
    }

    fn refuse(&mut self, model: ModelKey, reason: &str) {
        self.see(&model);
        let (kind, reason) = (Kind::Refused, reason.to_owned());
        self.differ(Difference { kind, model, reason, from: None, rates: Vec::new() });
    }

    fn differ(&mut self, difference: Difference) {
        let summary = &mut self.summary;
        let count = match difference.kind {
            Kind::New => &mut summary.new,
            Kind::Changed => &mut summary.changed,
            Kind::Ended => &mut summary.ended,
            Kind::Refused => &mut summary.refused,
            Kind::Foreign => &mut summary.foreign,
        };
        *count += 1;
        self.differences.push(difference);
    }

    fn finish(mut self) -> Plan {
        self.summary.kept = self.kept();
        self.differences.sort_by(|a, b| (a.kind, &a.model).cmp(&(b.kind, &b.model)));
        let source = self.rules.source;
        let in_use = self.rules.in_use;
        let changes = Changes {
            what: format!("sync_prices {}", self.rules.source_text()),
            created_by: self.rules.options.created_by.clone(),
            source: Some(source.clone()),
            providers: names::changed(self.providers, in_use.providers()),
            versions: self.versions,
            aliases: Vec::new(),
        };
        Plan { changes, differences: self.differences, summary: self.summary }
    }

    fn kept(&self) -> usize {
        let is_kept = |(provider, model): &(&Provider, &Model)| {
            let key = (provider.key.clone(), model.key.to_lowercase());
            self.rules.is_own(model) && !self.seen.contains(&key)
        };
        self.rules.in_use.models().filter(is_kept).count()
    }
}

impl Options {
    /// From when on a change holds that the list does not date.
    fn undated(&self) -> DateTime<Utc> {
        self.from.unwrap_or(self.now)
    }
}

#[cfg(test)]
mod tests;
