//! Versions of a price: what one source says that a model costs, from a time on.
//!
//! A version is never edited. A new price is a new version, and from its time on
//! it counts in place of those before it; the old one explains old costs for ever.

use chrono::{DateTime, Utc};

use super::set::{PriceSet, Variant};

/// Who says what a model costs. The later one in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A price list that was brought in as a whole.
    Catalogue,
    /// A fact that is known better than the price lists have it.
    Correction,
    /// A price that the operator of this service gave.
    Operator,
    /// A price that a tenant negotiated, for that tenant alone.
    Tenant,
}

impl Origin {
    /// Every origin, in order.
    pub const ALL: [Origin; 4] =
        [Origin::Catalogue, Origin::Correction, Origin::Operator, Origin::Tenant];

    /// The word the database stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Catalogue => "catalogue",
            Origin::Correction => "correction",
            Origin::Operator => "operator",
            Origin::Tenant => "tenant",
        }
    }

    /// Reads the word the database stores.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == word)
    }
}

/// What one source says that a model costs, in a range of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Who says it.
    pub origin: Origin,
    /// First instant; absent: since ever.
    pub from: Option<DateTime<Utc>>,
    /// First instant after; absent: until another version takes over.
    pub to: Option<DateTime<Utc>>,
    /// Name of the price list that it came with, such as `genai-prices`; empty: none.
    pub list: Box<str>,
    /// Where the figures come from, and when; for people.
    pub source: Box<str>,
    /// Price sets for all calls: of those that hold, the last one counts.
    pub base: Vec<PriceSet>,
    /// Price sets for calls on certain terms: for each meter, the first of those
    /// that hold counts.
    pub variants: Vec<Variant>,
}

impl Version {
    /// What a price list says, since ever.
    #[must_use]
    pub fn listed(base: Vec<PriceSet>, variants: Vec<Variant>) -> Self {
        Self {
            origin: Origin::Catalogue,
            from: None,
            to: None,
            list: Box::default(),
            source: Box::default(),
            base,
            variants,
        }
    }

    /// Whether it says that its origin has no price from now on.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.base.is_empty()
    }

    /// Its price sets: base, then variants.
    pub fn sets(&self) -> impl Iterator<Item = &PriceSet> {
        self.base.iter().chain(self.variants.iter().map(|variant| &variant.set))
    }

    /// Puts the rates of its sets into the order in which they are used.
    pub(super) fn sort(&mut self) {
        self.sets_mut().for_each(PriceSet::sort);
    }

    /// Its price sets, as [`Version::sets`].
    pub(super) fn sets_mut(&mut self) -> impl Iterator<Item = &mut PriceSet> {
        self.base.iter_mut().chain(self.variants.iter_mut().map(|variant| &mut variant.set))
    }

    fn covers(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    fn base_at(&self, at: DateTime<Utc>) -> Option<&PriceSet> {
        self.base.iter().rfind(|set| set.schedule.holds(at))
    }
}

/// The price in force: a base set, and the version that its variants are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce<'a> {
    /// The version.
    pub version: &'a Version,
    /// The base set in it.
    pub base: &'a PriceSet,
}

/// Which of `versions`, in order, is in force at `at`: the last one that has a price
/// then. One that ends the prices of its origin hides the older ones of that origin,
/// and what lies under these counts again.
pub(super) fn in_force<'a>(
    versions: impl DoubleEndedIterator<Item = &'a Version>,
    at: DateTime<Utc>,
) -> Option<InForce<'a>> {
    let mut ended = None;
    for version in versions.rev().filter(|version| version.covers(at)) {
        if ended == Some(version.origin) {
            continue;
        }
        if version.is_end() {
            ended = Some(version.origin);
        } else if let Some(base) = version.base_at(at) {
            return Some(InForce { version, base });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PriceSetId;
    use crate::pricing::schedule::Schedule;

    fn version(origin: Origin, from: &str, id: i64) -> Version {
        let set = PriceSet {
            id: PriceSetId(id),
            schedule: Schedule::default(),
            free: true,
            rates: Vec::new(),
        };
        let base = if id == 0 { Vec::new() } else { vec![set] };
        Version { origin, from: from.parse().ok(), ..Version::listed(base, Vec::new()) }
    }

    fn set_at(versions: &[Version], at: &str) -> i64 {
        let at = at.parse().expect("is a time");
        in_force(versions.iter(), at).map_or(0, |found| found.base.id.0)
    }

    #[test]
    fn the_newest_version_of_the_highest_origin_counts() {
        let list = [
            version(Origin::Catalogue, "", 1),
            version(Origin::Catalogue, "2026-03-01T00:00:00Z", 2),
            version(Origin::Operator, "2026-02-01T00:00:00Z", 3),
        ];
        assert_eq!(set_at(&list, "2026-01-31T23:59:59Z"), 1);
        assert_eq!(set_at(&list, "2026-04-01T00:00:00Z"), 3);
        assert_eq!(set_at(&list[..2], "2026-03-01T00:00:00Z"), 2);
    }

    #[test]
    fn an_end_shows_what_lies_under_its_origin() {
        let list = [
            version(Origin::Catalogue, "", 1),
            version(Origin::Operator, "", 2),
            version(Origin::Operator, "2026-02-01T00:00:00Z", 0),
        ];
        assert_eq!(set_at(&list, "2026-01-01T00:00:00Z"), 2);
        assert_eq!(set_at(&list, "2026-02-01T00:00:00Z"), 1);
        let ended = [list[0].clone(), version(Origin::Catalogue, "2026-02-01T00:00:00Z", 0)];
        assert_eq!(set_at(&ended, "2026-02-01T00:00:00Z"), 0);
    }
}
