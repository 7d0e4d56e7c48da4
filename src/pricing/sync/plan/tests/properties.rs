//! What holds for any lists that follow each other.

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{ModelId, PriceSetId};
use crate::pricing::rule::Rule;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::Variant;

/// Beginning of a month of 2026.
fn month(number: u32) -> DateTime<Utc> {
    at(&format!("2026-{number:02}-01T00:00:00Z"))
}

fn set(from: Option<u32>, amount: u32) -> PriceSet {
    let rate = Rate {
        meter: Meter::INPUT_TOKENS,
        per: 1_000_000,
        base: Amount::new(amount.into()).expect("is small"),
        above: Vec::new(),
        min_quantity: None,
    };
    PriceSet {
        id: PriceSetId(0),
        schedule: Schedule { from: from.map(month), ..Schedule::default() },
        free: false,
        // No price, now and then.
        rates: if amount == 0 { Vec::new() } else { vec![rate] },
    }
}

/// A price, and its months: most lists only add to what they said.
fn model() -> impl Strategy<Value = Model> {
    let key = prop::sample::select(vec!["a", "b", "c", "d"]);
    let more = prop::collection::vec((prop::option::weighted(0.8, 1..12_u32), 0..8_u32), 0..3);
    let variants = prop::collection::vec((prop::option::of(1..12_u32), 1..3_u32), 0..2);
    (key, 0..3_u32, more, variants).prop_map(|(key, first, more, variants)| {
        let more = more.into_iter().map(|(from, amount)| set(from, amount));
        let base: Vec<PriceSet> = std::iter::once(set(None, first)).chain(more).collect();
        let variant = |(from, amount)| Variant {
            terms: [("service_tier".into(), "flex".into())].into(),
            set: set(from, amount),
        };
        Model {
            id: ModelId(0),
            key: key.into(),
            name: None,
            context_window: None,
            deprecated: false,
            rule: Rule::default(),
            versions: vec![Version::listed(base, variants.into_iter().map(variant).collect())],
        }
    })
}

fn any_list() -> impl Strategy<Value = Listing> {
    let models = prop::collection::vec(model(), 0..5);
    (prop::sample::select(vec!["k", "l"]), any::<bool>(), models).prop_map(
        |(name, is_named, models)| {
            let mut listing = list(name, &[]);
            if !is_named {
                listing.providers[0].name = "p".into();
            }
            listing.providers[0].models = models;
            listing
        },
    )
}

/// What a model's input tokens cost in each month, by all versions.
fn costs(view: View<'_>, key: &ModelKey, before: DateTime<Utc>) -> Vec<Option<Amount>> {
    let (_, model) = view.public().by_key(key).expect("is there");
    let months = (1..=12).map(month).filter(|month| *month < before);
    let price = |at| view.in_force(model, at)?.base.rates.first().map(|rate| rate.base);
    months.map(price).collect()
}

/// Nothing before a version is changed by it, and it is not from the past unless the
/// list says so.
fn check_version(prices: &Catalogue, after: &Catalogue, added: &AddedVersion, now: DateTime<Utc>) {
    let AddedVersion { model: key, version, .. } = added;
    let Some((_, model)) = prices.by_key(key) else {
        return assert_eq!(version.from, None);
    };
    let from = version.from.expect("only new models have a price since ever");
    let dates = || version.sets().map(|set| set.schedule.from);
    let known = model.versions.iter().any(|known| known.from == Some(from));
    assert!(from >= now || known || dates().any(|date| date == Some(from)));
    assert_eq!(costs(prices.view(), key, from), costs(after.view(), key, from));
}

proptest! {
    #[test]
    fn lists_that_follow_each_other_never_rewrite_the_past(
        lists in prop::collection::vec((any_list(), any::<bool>()), 1..5),
    ) {
        let mut prices = in_use(list("l", &[&costing("a", "1"), &costing("b", "2")]));
        for ((listing, accepts), number) in lists.into_iter().zip(4..) {
            let accept: &[&str] = if accepts { &["p/a", "p/b", "p/c"] } else { &[] };
            let options = Options { now: month(number), ..accepting(accept) };
            let plan = plan(&prices, &listing, &options).expect("is consistent");
            let Summary { new, changed, ended, refused, foreign, unchanged, .. } = plan.summary;
            prop_assert_eq!(
                new + changed + ended + refused + foreign + unchanged,
                listing.providers[0].models.len()
            );
            prop_assert_eq!(new + changed + ended, plan.changes.versions.len());
            let after = synced(&prices, &listing, &options);
            for added in &plan.changes.versions {
                check_version(&prices, &after, added, options.now);
            }
            // What was accepted once need not be accepted again.
            let again = Options { now: month(number), ..super::options() };
            let again = super::plan(&after, &listing, &again).expect("is consistent");
            prop_assert!(again.changes.is_empty(), "{:?}", told(&again));
            prices = after;
        }
    }
}
