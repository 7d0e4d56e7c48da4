//! What becomes of one model of a list.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::{guard, listed};
use super::{Difference, Kind, Options, compare};
use crate::domain::ids::PriceSetId;
use crate::pricing::catalogue::{Catalogue, Model, Source};
use crate::pricing::change::ModelKey;
use crate::pricing::invariants;
use crate::pricing::resolve::{Names, Resolved};
use crate::pricing::schedule::Schedule;
use crate::pricing::set::PriceSet;
use crate::pricing::version::{self, Origin, Version};

/// What models are judged by.
pub(super) struct Rules<'a> {
    pub(super) in_use: &'a Catalogue,
    pub(super) source: &'a Source,
    pub(super) options: &'a Options,
    /// Models that are this list's own whatever their names mean until now.
    pub(super) own: &'a BTreeSet<ModelKey>,
}

/// A model of the list, and the one in use that has its key.
pub(super) struct Case<'a> {
    pub(super) key: ModelKey,
    pub(super) listed: &'a Model,
    pub(super) in_use: Option<&'a Model>,
}

/// What becomes of a model.
pub(super) enum Verdict {
    /// It has this price already.
    Unchanged,
    /// The version is added.
    Taken(Kind, Version),
    /// Nothing is done, for a reason.
    Left(Kind, String),
}

/// What a price list said of `model` last. That a person ended its price is not what
/// a list said.
fn said(model: &Model) -> Option<&Version> {
    let mut versions = model.versions.iter();
    let said = |version: &&Version| version.origin == Origin::Catalogue && !version.is_end();
    versions.rfind(said).or_else(|| model.listed())
}

/// The price set of calls on no terms at `at`, as lists have it or as it is known better.
/// A list that is right where another one was corrected says nothing new.
fn known(model: &Model, at: DateTime<Utc>) -> Option<&PriceSet> {
    let public = model.versions.iter().filter(|version| version.origin <= Origin::Correction);
    version::in_force(public, at).map(|found| found.base)
}

impl Case<'_> {
    fn said(&self) -> Option<&Version> {
        self.in_use.and_then(said)
    }

    /// A person ended the price that a list gave; the list does not bring it back.
    fn is_ended_by_hand(&self) -> bool {
        let is_ended = self.in_use.and_then(Model::listed).is_some_and(Version::is_end);
        is_ended && self.said().is_some_and(|said| !said.is_end())
    }

    fn is_unchanged(&self) -> bool {
        let (base, variants) = (listed::base(self.listed), listed::variants(self.listed));
        self.said().is_some_and(|said| compare::is_same(said, base, variants))
    }

    /// The latest time up to `now` from which on the price in use is known to hold.
    fn known_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let said = self.said()?;
        let times = said.sets().map(|set| set.schedule.from).chain([said.from]);
        times.flatten().filter(|from| *from <= now).max()
    }
}

impl<'a> Rules<'a> {
    pub(super) fn judge(&self, case: &Case<'_>) -> Verdict {
        let is_accepted = self.options.accept.contains(&case.key.to_string());
        let comes_back = is_accepted && case.is_ended_by_hand();
        if case.is_unchanged() && !comes_back {
            return Verdict::Unchanged;
        }
        if let Err(problem) = invariants::check_model(case.listed) {
            return Verdict::Left(Kind::Refused, problem.to_string());
        }
        if let Some(reason) = self.too_early(case) {
            return Verdict::Left(Kind::Refused, reason);
        }
        if is_accepted {
            return self.taken(case);
        }
        let meant = self.meant(case);
        if let Some(reason) = self.foreign(case, meant) {
            let before = case.in_use.or(meant.map(|meant| meant.model));
            return if before.is_some_and(|before| self.costs_the_same(before, case.listed)) {
                Verdict::Unchanged
            } else {
                Verdict::Left(Kind::Foreign, reason)
            };
        }
        let doubts = self.doubts(case);
        if doubts.is_empty() {
            self.taken(case)
        } else {
            Verdict::Left(Kind::Refused, doubts.join("; "))
        }
    }

    /// Where the figures come from, for people.
    pub(super) fn source_text(&self) -> String {
        format!("{} {}", self.source.name, self.source.version).trim_end().to_owned()
    }

    /// Whether the price of `model` comes from this list.
    pub(super) fn is_own(&self, model: &Model) -> bool {
        said(model).is_some_and(|said| said.list == self.source.name)
    }

    /// Whether this list says how the provider and its models are named: the one that
    /// had it first. Others only add models, however many.
    pub(super) fn names_it(&self, provider: &str) -> bool {
        let known = self.in_use.providers().iter().find(|known| *known.key == *provider);
        let models = known.into_iter().flat_map(|known| &known.models);
        let versions = models.flat_map(|model| &model.versions);
        let listed = versions.filter(|version| version.origin == Origin::Catalogue);
        let oldest = listed.flat_map(|version| version.sets().map(move |set| (set.id, version)));
        let oldest = oldest.min_by_key(|(id, _)| id.0);
        oldest.is_none_or(|(_, version)| version.list == self.source.name)
    }

    /// The difference, for people.
    pub(super) fn difference(&self, case: &Case<'_>, kind: Kind, reason: String) -> Difference {
        let from = self.from(case);
        let at = self.options.now.max(from.unwrap_or(self.options.now));
        let before = match case.in_use.or_else(|| Some(self.meant(case)?.model)) {
            Some(before) if kind == Kind::Foreign => known(before, at),
            _ => case.in_use.and_then(|in_use| listed::in_force(in_use, at)),
        };
        let rates = compare::rates(before, listed::in_force(case.listed, at));
        Difference { kind, model: case.key.clone(), reason, from, rates }
    }

    /// The model that the name means until now, if none in use has it as its key.
    fn meant(&self, case: &Case<'_>) -> Option<Resolved<'a>> {
        let names =
            Names { provider: &case.key.provider, model: &case.key.model, ..Names::default() };
        let resolve = || self.in_use.view().resolve(names, self.options.now).ok();
        if case.in_use.is_some() { None } else { resolve() }
    }

    /// What was asked for would change prices that are in use already.
    fn too_early(&self, case: &Case<'_>) -> Option<String> {
        let from = self.options.from.filter(|from| self.from(case) == Some(*from))?;
        let since = case.known_since(self.options.now).filter(|since| from < *since)?;
        Some(format!("its price of {since} is in use; a change cannot hold from {from} on"))
    }

    /// Why the price is another list's to change. A key counts over every rule: a model
    /// of its own would take the name away from what it means until now.
    fn foreign(&self, case: &Case<'_>, meant: Option<Resolved<'_>>) -> Option<String> {
        let of = |model: &Model| match said(model) {
            Some(said) => format!("comes from {}", said.list),
            None => "comes from no list".to_owned(),
        };
        // The list that names the provider may come to have what was only corrected.
        let names_it = || self.names_it(&case.key.provider);
        let is_own = |model: &Model| self.is_own(model) || said(model).is_none() && names_it();
        match (case.said(), meant) {
            (Some(said), _) if said.list != self.source.name => {
                Some(format!("its price comes from {}", said.list))
            }
            (None, Some(meant)) if !is_own(meant.model) && !self.own.contains(&case.key) => {
                let key = ModelKey::of(meant.provider, meant.model);
                Some(format!("the name means {key}, whose price {}", of(meant.model)))
            }
            // What only corrections have a price for.
            (None, None) if case.in_use.is_some_and(|it| !is_own(it) && self.is_known(it)) => {
                Some("its price comes from no list".to_owned())
            }
            _ => None,
        }
    }

    fn is_known(&self, model: &Model) -> bool {
        known(model, self.options.now).is_some_and(compare::is_price)
    }

    /// Whether the list only says of `model` what is known of it.
    fn costs_the_same(&self, model: &Model, listed: &Model) -> bool {
        let now = self.options.now;
        match (known(model, now), listed::in_force(listed, now)) {
            (Some(one), Some(other)) => compare::is_same_price(one, other),
            (None, None) => true,
            (Some(one), None) => !compare::is_price(one),
            (None, Some(other)) => !compare::is_price(other),
        }
    }

    fn doubts(&self, case: &Case<'_>) -> Vec<String> {
        let at = self.from(case).map_or(self.options.now, |from| from.max(self.options.now));
        let mut doubts = guard::implausible(case.listed);
        doubts.extend(case.in_use.and_then(|in_use| guard::jump(in_use, case.listed, at)));
        if case.is_ended_by_hand() {
            doubts.push("its price was ended by hand".to_owned());
        }
        doubts
    }

    /// From when on the list's price holds.
    fn from(&self, case: &Case<'_>) -> Option<DateTime<Utc>> {
        let Some(said) = case.said() else {
            // Usage of a model is often recorded before a list has it. It is priced once
            // the price is known, and there is no other price that this contradicts.
            return self.options.from;
        };
        let (base, variants) = (listed::base(case.listed), listed::variants(case.listed));
        let added = compare::added_from(said, base, variants).filter(|_| !case.is_ended_by_hand());
        // What was said last holds from a time on; the list now repeats it without one.
        let dated = added.map(|added| said.from.map_or(added, |from| added.max(from)));
        Some(dated.unwrap_or_else(|| self.options.undated()))
    }

    fn taken(&self, case: &Case<'_>) -> Verdict {
        let version = Version {
            from: self.from(case),
            list: self.source.name.clone(),
            source: self.source_text().into(),
            ..unnumbered(case.listed)
        };
        Verdict::Taken(self.kind(case, version.from), version)
    }

    fn kind(&self, case: &Case<'_>, from: Option<DateTime<Utc>>) -> Kind {
        let Some(in_use) = case.in_use.filter(|in_use| said(in_use).is_some()) else {
            return Kind::New;
        };
        let at = from.map_or(self.options.now, |from| from.max(self.options.now));
        let had_price = listed::in_force(in_use, at).is_some_and(compare::is_price);
        let has_price = match listed::in_force(case.listed, at) {
            Some(set) => compare::is_price(set),
            // It may have prices at other hours.
            None => listed::base(case.listed).iter().any(compare::is_price),
        };
        if had_price && !has_price { Kind::Ended } else { Kind::Changed }
    }
}

/// What a list says of `model`, with at least one price set: a version without any is
/// how people end prices.
fn unnumbered(model: &Model) -> Version {
    let mut version =
        Version::listed(listed::base(model).to_vec(), listed::variants(model).to_vec());
    if version.is_end() {
        version.base.push(listed::set(Schedule::default(), false, Vec::new()));
    }
    version.sort();
    let unnumber = |set: &mut PriceSet| set.id = PriceSetId(0);
    version.base.iter_mut().for_each(unnumber);
    version.variants.iter_mut().for_each(|variant| unnumber(&mut variant.set));
    version
}
