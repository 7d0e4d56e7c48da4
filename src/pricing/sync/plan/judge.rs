//! What becomes of one model of a list.

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
use crate::pricing::version::{Origin, Version};

/// What models are judged by.
pub(super) struct Rules<'a> {
    pub(super) in_use: &'a Catalogue,
    pub(super) source: &'a Source,
    pub(super) options: &'a Options,
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
            return match before {
                Some(before) if self.costs_the_same(before, case.listed) => Verdict::Unchanged,
                _ => Verdict::Left(Kind::Foreign, reason),
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
    /// brought the first of them. Others only add models after it, so that this does
    /// not change when they bring more.
    pub(super) fn names_it(&self, provider: &str) -> bool {
        let known = self.in_use.providers().iter().find(|known| *known.key == *provider);
        let models = known.into_iter().flat_map(|known| &known.models);
        let mut listed = models.flat_map(|model| &model.versions);
        let first = listed.find(|version| version.origin == Origin::Catalogue);
        first.is_none_or(|first| first.list == self.source.name)
    }

    /// The difference, for people.
    pub(super) fn difference(
        &self,
        case: &Case<'_>,
        kind: Kind,
        reason: String,
        from: Option<DateTime<Utc>>,
    ) -> Difference {
        let at = self.options.now.max(from.unwrap_or(self.options.now));
        let before = case.in_use.or_else(|| {
            let meant = self.meant(case)?;
            (kind == Kind::Foreign).then_some(meant.model)
        });
        let before = before.and_then(|before| listed::in_force(before, at));
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
        let from = self.options.from?;
        let since = case.known_since(self.options.now).filter(|since| from < *since)?;
        Some(format!("its price of {since} is in use; a change cannot hold from {from} on"))
    }

    /// Why the price is another list's to change. A key counts over every rule: a model
    /// of its own would take the name away from what it means until now.
    fn foreign(&self, case: &Case<'_>, meant: Option<Resolved<'_>>) -> Option<String> {
        let of = |model: &Model| match said(model) {
            Some(said) => format!("comes from {}", said.list),
            None => "was given by hand".to_owned(),
        };
        match (case.said(), meant) {
            (Some(said), _) if said.list != self.source.name => {
                Some(format!("its price comes from {}", said.list))
            }
            (None, Some(meant)) if !self.is_own(meant.model) => {
                let key = ModelKey::of(meant.provider, meant.model);
                Some(format!("the name means {key}, whose price {}", of(meant.model)))
            }
            _ => None,
        }
    }

    fn costs_the_same(&self, one: &Model, other: &Model) -> bool {
        let in_force = |model| listed::in_force(model, self.options.now);
        match (in_force(one), in_force(other)) {
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
