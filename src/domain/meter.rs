//! The registry of meters: what an AI call can be billed by.
//!
//! The registry is data (`catalogue/meters.toml`). It is closed: for any two
//! meters that can overlap, it has the meter of what they share.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

/// One meter of the registry. Meters are ordered as the registry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meter(u8);

/// The part of a cost that a meter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rollup {
    /// What went in.
    Input,
    /// What came out.
    Output,
    /// What has no direction.
    Other,
}

impl Rollup {
    /// The word the database stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rollup::Input => "input",
            Rollup::Output => "output",
            Rollup::Other => "other",
        }
    }
}

impl Meter {
    /// Input tokens, cached ones included.
    pub const INPUT_TOKENS: Meter = Meter(0);
    /// Output tokens, reasoning included.
    pub const OUTPUT_TOKENS: Meter = Meter(1);
    /// Input tokens read from the provider's prompt cache.
    pub const CACHE_READ_TOKENS: Meter = Meter(2);
    /// Input tokens written to the provider's prompt cache.
    pub const CACHE_WRITE_TOKENS: Meter = Meter(3);
    /// Input tokens written to the provider's prompt cache for one hour.
    pub const CACHE_WRITE_1H_TOKENS: Meter = Meter(4);
    /// Output tokens spent on reasoning.
    pub const OUTPUT_REASONING_TOKENS: Meter = Meter(5);
    /// Input tokens that encode audio.
    pub const INPUT_AUDIO_TOKENS: Meter = Meter(6);
    /// Output tokens that encode audio.
    pub const OUTPUT_AUDIO_TOKENS: Meter = Meter(7);
    /// Audio tokens read from the provider's prompt cache.
    pub const CACHE_AUDIO_READ_TOKENS: Meter = Meter(8);
    /// Input tokens that encode images.
    pub const INPUT_IMAGE_TOKENS: Meter = Meter(9);
    /// Output tokens that encode images.
    pub const OUTPUT_IMAGE_TOKENS: Meter = Meter(10);
    /// Web searches that the model made.
    pub const WEB_SEARCHES: Meter = Meter(11);
    /// Input tokens of the prompts that tools make.
    pub const INPUT_TOOL_TOKENS: Meter = Meter(32);
    /// Output tokens of citations.
    pub const OUTPUT_CITATION_TOKENS: Meter = Meter(41);

    /// Meters that have a field of their own in the message `Usage`.
    const WITH_FIELD: u8 = 12;

    /// The most meters that a registry can have: sets of them are bit masks.
    pub const LIMIT: usize = 128;

    /// The meter that `key` names.
    #[must_use]
    pub fn by_key(key: &str) -> Option<Meter> {
        REGISTRY.by_key.get(key).copied()
    }

    /// The meter that genai-prices spells `price_key`.
    #[must_use]
    pub fn by_price_key(price_key: &str) -> Option<Meter> {
        Meter::all().find(|meter| meter.price_key() == Some(price_key))
    }

    /// Every meter, in the order of the registry.
    pub fn all() -> impl DoubleEndedIterator<Item = Meter> + ExactSizeIterator {
        (0..REGISTRY.len).map(Meter)
    }

    /// What records and price lists call it.
    #[must_use]
    pub fn key(self) -> &'static str {
        &self.definition().key
    }

    /// What it counts, by dimension.
    #[must_use]
    pub fn dimensions(self) -> &'static BTreeMap<String, String> {
        &self.definition().dimensions
    }

    /// Its spelling in genai-prices, where it has one.
    #[must_use]
    pub fn price_key(self) -> Option<&'static str> {
        self.definition().price_key.as_deref()
    }

    /// Prices are for this many units.
    #[must_use]
    pub fn per(self) -> u32 {
        self.definition().per
    }

    /// The part of the cost it belongs to.
    #[must_use]
    pub fn rollup(self) -> Rollup {
        self.definition().rollup
    }

    /// Whether quantities may have decimals.
    #[must_use]
    pub fn is_fractional(self) -> bool {
        self.definition().fractional
    }

    /// Whether the service counts it by itself, one for each call.
    #[must_use]
    pub fn is_implicit(self) -> bool {
        self.definition().implicit
    }

    /// Whether all that `part` counts is counted by this meter too. No meter
    /// contains itself.
    #[must_use]
    pub fn contains(self, part: Meter) -> bool {
        REGISTRY.wholes[part.index()].contains(self)
    }

    /// The meters that contain this one.
    #[must_use]
    pub fn wholes(self) -> MeterSet {
        REGISTRY.wholes[self.index()]
    }

    /// Path of its field in the message `Usage`.
    #[must_use]
    pub fn field(self) -> String {
        if self.0 < Self::WITH_FIELD {
            self.key().to_owned()
        } else {
            format!("other_meters[\"{}\"]", self.key())
        }
    }

    /// Its place in the registry, below [`Meter::LIMIT`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    fn definition(self) -> &'static Definition {
        &REGISTRY.definitions[self.index()]
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.key())
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.key())
    }
}

/// A set of meters.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct MeterSet(u128);

impl MeterSet {
    /// Whether `meter` is one of them.
    #[must_use]
    pub fn contains(self, meter: Meter) -> bool {
        self.0 >> meter.0 & 1 == 1
    }

    /// Adds `meter`.
    pub fn insert(&mut self, meter: Meter) {
        self.0 |= 1 << meter.0;
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn common(self, other: MeterSet) -> MeterSet {
        MeterSet(self.0 & other.0)
    }

    /// Those of this set that are not in `other`.
    #[must_use]
    pub fn without(self, other: MeterSet) -> MeterSet {
        MeterSet(self.0 & !other.0)
    }

    /// The meters, in the order of the registry.
    pub fn iter(self) -> impl Iterator<Item = Meter> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let lowest = u8::try_from(rest.trailing_zeros()).expect("at most 128");
            (rest != 0).then(|| {
                rest &= rest - 1;
                Meter(lowest)
            })
        })
    }
}

impl FromIterator<Meter> for MeterSet {
    fn from_iter<I: IntoIterator<Item = Meter>>(meters: I) -> Self {
        let mut set = MeterSet::default();
        meters.into_iter().for_each(|meter| set.insert(meter));
        set
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    meter: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    key: String,
    dimensions: BTreeMap<String, String>,
    price_key: Option<String>,
    per: u32,
    rollup: Rollup,
    #[serde(default)]
    fractional: bool,
    #[serde(default)]
    implicit: bool,
}

struct Registry {
    definitions: Vec<Definition>,
    len: u8,
    by_key: HashMap<String, Meter>,
    wholes: Vec<MeterSet>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let text = include_str!("../../catalogue/meters.toml");
    let file: File = toml::from_str(text).expect("a test reads the embedded registry");
    Registry::new(file.meter)
});

impl Registry {
    fn new(definitions: Vec<Definition>) -> Self {
        assert!(
            definitions.len() <= Meter::LIMIT,
            "sets of meters are masks of {} bits",
            Meter::LIMIT
        );
        let len = u8::try_from(definitions.len()).expect("at most 128");
        let by_key =
            (0..len).map(|i| (definitions[usize::from(i)].key.clone(), Meter(i))).collect();
        let wholes = definitions.iter().map(|part| wholes_of(part, &definitions)).collect();
        Self { definitions, len, by_key, wholes }
    }
}

fn wholes_of(part: &Definition, all: &[Definition]) -> MeterSet {
    let is_whole = |whole: &Definition| {
        whole.dimensions.len() < part.dimensions.len()
            && whole.dimensions.iter().all(|(name, value)| part.dimensions.get(name) == Some(value))
    };
    (0..).zip(all).filter(|(_, whole)| is_whole(whole)).map(|(i, _)| Meter(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_name_their_meters() {
        let keys = [
            (Meter::INPUT_TOKENS, "input_tokens"),
            (Meter::OUTPUT_TOKENS, "output_tokens"),
            (Meter::CACHE_READ_TOKENS, "cache_read_tokens"),
            (Meter::CACHE_WRITE_TOKENS, "cache_write_tokens"),
            (Meter::CACHE_WRITE_1H_TOKENS, "cache_write_1h_tokens"),
            (Meter::OUTPUT_REASONING_TOKENS, "output_reasoning_tokens"),
            (Meter::INPUT_AUDIO_TOKENS, "input_audio_tokens"),
            (Meter::OUTPUT_AUDIO_TOKENS, "output_audio_tokens"),
            (Meter::CACHE_AUDIO_READ_TOKENS, "cache_audio_read_tokens"),
            (Meter::INPUT_IMAGE_TOKENS, "input_image_tokens"),
            (Meter::OUTPUT_IMAGE_TOKENS, "output_image_tokens"),
            (Meter::WEB_SEARCHES, "web_searches"),
        ];
        assert_eq!(keys.len(), usize::from(Meter::WITH_FIELD));
        for (meter, key) in keys {
            assert_eq!((meter.key(), meter.field().as_str()), (key, key));
        }
        assert_eq!(Meter::INPUT_TOOL_TOKENS.key(), "input_tool_tokens");
        assert_eq!(Meter::OUTPUT_CITATION_TOKENS.key(), "output_citation_tokens");
    }

    #[test]
    fn keys_dimensions_and_price_keys_are_unique() {
        for (a, b) in
            Meter::all().flat_map(|a| Meter::all().map(move |b| (a, b))).filter(|(a, b)| a != b)
        {
            assert_ne!(a.key(), b.key());
            assert_ne!(a.dimensions(), b.dimensions());
            assert!(a.price_key().is_none() || a.price_key() != b.price_key(), "{a}, {b}");
        }
    }

    #[test]
    fn meters_that_overlap_have_a_meter_of_what_they_share() {
        for (a, b) in Meter::all().flat_map(|a| Meter::all().map(move |b| (a, b))) {
            let (a, b) = (a.dimensions(), b.dimensions());
            let overlap =
                a.iter().all(|(name, value)| b.get(name).is_none_or(|other| other == value));
            let shared: BTreeMap<String, String> = a.clone().into_iter().chain(b.clone()).collect();
            assert!(
                !overlap || Meter::all().any(|meter| *meter.dimensions() == shared),
                "{a:?}, {b:?}"
            );
        }
    }

    #[test]
    fn containment_follows_the_dimensions() {
        let part = Meter::CACHE_AUDIO_READ_TOKENS;
        let wholes: Vec<Meter> = part.wholes().iter().collect();
        assert_eq!(
            wholes,
            [Meter::INPUT_TOKENS, Meter::CACHE_READ_TOKENS, Meter::INPUT_AUDIO_TOKENS]
        );
        assert!(!part.contains(part));
        assert!(
            Meter::all()
                .all(|meter| !Meter::OUTPUT_TOKENS.contains(meter)
                    || meter.rollup() == Rollup::Output)
        );
    }

    #[test]
    fn other_meters_have_a_path_with_their_key() {
        let seconds = Meter::by_key("audio_seconds").expect("is registered");
        assert_eq!(seconds.field(), "other_meters[\"audio_seconds\"]");
        assert!(seconds.is_fractional());
        assert_eq!(Meter::by_price_key("audio_hours"), Some(seconds));
        assert_eq!(Meter::by_key("audio_hours"), None);
    }
}
