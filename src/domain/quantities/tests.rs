use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn new(
    pairs: &[(&str, &str)],
    convention: TokenConvention,
) -> Result<Quantities, Vec<(String, String)>> {
    let pairs = pairs.iter().map(|(key, quantity)| {
        (Meter::by_key(key).expect("is registered"), quantity.parse().expect("is a number"))
    });
    Quantities::new(pairs, convention).map_err(|violations| {
        violations.as_slice().iter().map(|v| (v.field.clone(), v.description.clone())).collect()
    })
}

fn fields(pairs: &[(&str, &str)]) -> Vec<String> {
    let refused = new(pairs, TokenConvention::Inclusive).expect_err("is refused");
    refused.into_iter().map(|(field, _)| field).collect()
}

#[test]
fn nothing_is_fine() {
    assert!(new(&[], TokenConvention::Exclusive).expect("is valid").is_empty());
}

#[test]
fn quantities_keep_the_order_of_the_registry() {
    let kept = new(
        &[("audio_seconds", "12.50"), ("output_tokens", "7"), ("input_tokens", "0")],
        TokenConvention::Inclusive,
    );
    let kept: Vec<String> =
        kept.expect("is valid").iter().map(|(meter, q)| format!("{meter}={q}")).collect();
    assert_eq!(kept, ["input_tokens=0", "output_tokens=7", "audio_seconds=12.5"]);
}

#[test]
fn every_wrong_quantity_is_named() {
    let wrong = [
        ("input_tokens", "1.5"),
        ("output_tokens", "-1"),
        ("cache_read_tokens", "10000000001"),
        ("audio_seconds", "0.0000000001"),
        ("requests", "1"),
    ];
    let named = [
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "other_meters[\"audio_seconds\"]",
        "other_meters[\"requests\"]",
    ];
    assert_eq!(fields(&wrong), named);
    assert_eq!(fields(&[("input_tokens", "1"), ("input_tokens", "1")]), ["input_tokens"]);
}

#[test]
fn a_part_stays_within_its_whole() {
    assert_eq!(
        fields(&[("input_tokens", "10"), ("cache_read_tokens", "11")]),
        ["cache_read_tokens"]
    );
    let together =
        [("input_tokens", "10"), ("cache_read_tokens", "6"), ("cache_write_tokens", "5")];
    assert_eq!(fields(&together), ["input_tokens"]);
    assert_eq!(fields(&[("cache_read_tokens", "6")]), ["input_tokens"]);
    assert!(new(&[("cache_read_tokens", "0")], TokenConvention::Inclusive).is_ok());
}

#[test]
fn what_parts_share_must_be_reported() {
    let mut usage =
        vec![("input_tokens", "10"), ("cache_read_tokens", "6"), ("input_audio_tokens", "6")];
    assert_eq!(fields(&usage), ["input_tokens"]);
    usage.push(("cache_audio_read_tokens", "2"));
    assert!(new(&usage, TokenConvention::Inclusive).is_ok());
}

#[test]
fn exclusive_counts_become_inclusive() {
    let usage = [("input_tokens", "10"), ("cache_read_tokens", "600"), ("cache_write_tokens", "5")];
    let kept = new(&usage, TokenConvention::Exclusive).expect("is valid");
    assert_eq!(kept.get(Meter::INPUT_TOKENS), Some(Decimal::from(615)));
}

#[test]
fn reasoning_beside_the_output_is_added() {
    let usage = [
        ("input_tokens", "10"),
        ("cache_read_tokens", "6"),
        ("input_tool_tokens", "3"),
        ("output_tokens", "1"),
        ("output_reasoning_tokens", "600"),
        ("output_citation_tokens", "50"),
    ];
    let kept = new(&usage, TokenConvention::ReasoningExclusive).expect("is valid");
    assert_eq!(kept.get(Meter::INPUT_TOKENS), Some(Decimal::from(13)));
    assert_eq!(kept.get(Meter::OUTPUT_TOKENS), Some(Decimal::from(651)));
}

#[test]
fn a_total_that_is_unknown_is_not_made_of_its_parts() {
    let usage = [("input_tokens", "1"), ("output_reasoning_tokens", "5")];
    let refused = new(&usage, TokenConvention::ReasoningExclusive).expect_err("no output");
    assert_eq!(refused[0].0, "output_tokens");
}

#[test]
fn a_total_that_grows_too_large_is_named_with_its_parts() {
    let usage = [("output_tokens", "10000000000"), ("output_reasoning_tokens", "1")];
    let refused = new(&usage, TokenConvention::ReasoningExclusive).expect_err("is too large");
    let description = "must be at most 10,000,000,000 together with output_reasoning_tokens and \
                       output_citation_tokens, is 10000000001";
    assert_eq!(refused, [("output_tokens".to_owned(), description.to_owned())]);
}

#[test]
fn only_the_canonical_form_is_read() {
    assert_eq!(parse("12.50").map(|q| q.to_string()), Ok("12.50".to_owned()));
    for malformed in ["", ".5", "5.", "1e3", "+1", "-1", "1_000", " 1", "1.2.3"] {
        assert_eq!(parse(malformed), Err(QuantityError::Malformed), "{malformed:?}");
    }
    assert_eq!(parse(&"9".repeat(40)), Err(QuantityError::OutOfRange));
}

/// What was used, each unit named by the most special meter that counts it.
fn atoms() -> impl Strategy<Value = BTreeMap<Meter, u32>> {
    let meters: Vec<Meter> = Meter::all().filter(|meter| !meter.is_implicit()).collect();
    proptest::collection::btree_map(proptest::sample::select(meters), 0..1_000_000_u32, 0..12)
}

/// The honest report of what was used: each meter of an atom, and its wholes.
fn report(atoms: &BTreeMap<Meter, u32>) -> BTreeMap<Meter, Decimal> {
    let mut counts = BTreeMap::new();
    for (meter, count) in atoms {
        for counted in std::iter::once(*meter).chain(meter.wholes().iter()) {
            *counts.entry(counted).or_insert(Decimal::ZERO) += Decimal::from(*count);
        }
    }
    counts
}

/// Every convention, with what its providers count beside a total.
const CONVENTIONS: &[(TokenConvention, &[(Meter, Meter)])] = &[
    (TokenConvention::Inclusive, &[]),
    (
        TokenConvention::Exclusive,
        &[
            (Meter::INPUT_TOKENS, Meter::CACHE_READ_TOKENS),
            (Meter::INPUT_TOKENS, Meter::CACHE_WRITE_TOKENS),
        ],
    ),
    (
        TokenConvention::ReasoningExclusive,
        &[
            (Meter::INPUT_TOKENS, Meter::INPUT_TOOL_TOKENS),
            (Meter::OUTPUT_TOKENS, Meter::OUTPUT_REASONING_TOKENS),
            (Meter::OUTPUT_TOKENS, Meter::OUTPUT_CITATION_TOKENS),
        ],
    ),
];

fn any_convention() -> impl Strategy<Value = (TokenConvention, &'static [(Meter, Meter)])> {
    proptest::sample::select(CONVENTIONS)
}

proptest! {
    #[test]
    fn every_convention_says_the_same((convention, beside) in any_convention(), atoms in atoms()) {
        let inclusive = report(&atoms);
        let mut written = inclusive.clone();
        for (whole, part) in beside {
            if let Some(count) = inclusive.get(part) {
                *written.get_mut(whole).expect("is reported with its part") -= count;
            }
        }
        let read = Quantities::new(written, convention);
        prop_assert_eq!(read, Quantities::new(inclusive, TokenConvention::Inclusive));
    }

    #[test]
    fn a_sum_above_the_limit_is_refused((convention, beside) in any_convention(), part in 0_u32..1_000_000, over in 1_u32..1_000_000) {
        for (whole, meter) in beside {
            let fits = Quantities::MAX - Decimal::from(part);
            let report = |total: Decimal| Quantities::new([(*whole, total), (*meter, part.into())], convention);
            let kept = report(fits).map(|kept| kept.get(*whole));
            prop_assert_eq!(kept, Ok(Some(Quantities::MAX)));
            let refused = report(fits + Decimal::from(part.min(over))).map(|_| ());
            let fields = refused.map_err(|all| all.as_slice().iter().map(|v| v.field.clone()).collect::<Vec<_>>());
            let expected = if part == 0 { Ok(()) } else { Err(vec![whole.field()]) };
            prop_assert_eq!(fields, expected);
        }
    }

    #[test]
    fn a_negative_count_is_refused_in_every_convention((convention, _) in any_convention(), atoms in atoms(), pick in any::<proptest::sample::Index>()) {
        let mut counts: Vec<(Meter, Decimal)> = report(&atoms).into_iter().collect();
        prop_assume!(!counts.is_empty());
        let index = pick.index(counts.len());
        counts[index].1 = -counts[index].1 - Decimal::ONE;
        let refused = Quantities::new(counts.clone(), convention).expect_err("is negative");
        let fields: Vec<String> = refused.as_slice().iter().map(|v| v.field.clone()).collect();
        prop_assert_eq!(fields, [counts[index].0.field()]);
    }

    #[test]
    fn honest_reports_are_kept(atoms in atoms()) {
        let counts = report(&atoms);
        let kept = Quantities::new(counts.clone(), TokenConvention::Inclusive);
        prop_assert_eq!(kept.map(|kept| kept.iter().collect::<Vec<_>>()), Ok(counts.into_iter().collect::<Vec<_>>()));
    }

    #[test]
    fn a_whole_that_lacks_a_unit_is_refused(atoms in atoms(), pick in any::<proptest::sample::Index>()) {
        // A whole without units of its own cannot lose one.
        let mut counts = report(&atoms);
        let own = |meter: &Meter| atoms.get(meter).copied().unwrap_or(0);
        let full: Vec<Meter> = counts.iter().filter(|(m, count)| own(m) == 0 && !count.is_zero()).map(|(m, _)| *m).collect();
        prop_assume!(!full.is_empty());
        let whole = full[pick.index(full.len())];
        *counts.get_mut(&whole).expect("was taken from it") -= Decimal::ONE;
        prop_assert!(Quantities::new(counts, TokenConvention::Inclusive).is_err());
    }

    #[test]
    fn a_missing_whole_is_refused(atoms in atoms(), pick in any::<proptest::sample::Index>()) {
        let mut counts = report(&atoms);
        let used = atoms.iter().filter(|(_, count)| **count > 0);
        let wholes: Vec<Meter> = used.flat_map(|(m, _)| m.wholes().iter().collect::<Vec<_>>()).collect();
        prop_assume!(!wholes.is_empty());
        let whole = wholes[pick.index(wholes.len())];
        counts.remove(&whole);
        let refused = Quantities::new(counts, TokenConvention::Inclusive).expect_err("the whole is missing");
        let is_named = refused.as_slice().iter().any(|v| v.field == whole.field());
        prop_assert!(is_named);
    }

    #[test]
    fn any_numbers_are_kept_or_refused((convention, _) in any_convention(), numbers in proptest::collection::vec((any::<i64>(), 0_u32..28), 0..8)) {
        let pairs = Meter::all().zip(numbers).map(|(meter, (n, scale))| (meter, Decimal::new(n, scale)));
        if let Ok(kept) = Quantities::new(pairs, convention) {
            prop_assert!(kept.iter().all(|(_, q)| q >= Decimal::ZERO && q <= Quantities::MAX && q.scale() <= Quantities::SCALE));
        }
    }
}
