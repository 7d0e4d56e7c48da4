use proptest::prelude::*;

use super::*;

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
}

fn pair(number: u32, invoiced: Option<&str>, recorded: Option<&str>) -> Pair {
    Pair {
        day: day(number),
        model: "m".to_owned(),
        is_known: true,
        invoiced: invoiced.map(|text| (money(text), 1)),
        recorded: recorded.map(|text| Recorded {
            cost: money(text),
            has_unpriced: false,
            variants: Vec::new(),
        }),
    }
}

fn kinds(pairs: Vec<Pair>) -> Vec<GapKind> {
    judge(pairs, 2).unwrap().into_iter().map(|one| one.kind).collect()
}

#[test]
fn one_day_tells_what_is_missing() {
    assert_eq!(kinds(vec![pair(1, Some("5"), Some("5"))]), [GapKind::None]);
    assert_eq!(kinds(vec![pair(1, Some("5"), None)]), [GapKind::MissingInLog]);
    assert_eq!(kinds(vec![pair(1, None, Some("5"))]), [GapKind::MissingInInvoice]);
    assert_eq!(kinds(vec![pair(1, None, Some("0"))]), [GapKind::None]);
    assert_eq!(kinds(vec![pair(1, Some("5"), Some("3"))]), [GapKind::Part]);
}

#[test]
fn cents_are_rounded_by_less_than_a_cent_a_line() {
    assert_eq!(kinds(vec![pair(1, Some("5"), Some("5.0099"))]), [GapKind::Rounding]);
    assert_eq!(kinds(vec![pair(1, Some("5"), Some("5.01"))]), [GapKind::Part]);
    let two_lines = Pair { invoiced: Some((money("5"), 2)), ..pair(1, None, Some("5.01")) };
    assert_eq!(kinds(vec![two_lines]), [GapKind::Rounding]);
}

#[test]
fn usage_without_a_price_explains_what_the_log_lacks() {
    let unpriced = |mut pair: Pair| {
        pair.recorded.as_mut().unwrap().has_unpriced = true;
        pair
    };
    assert_eq!(kinds(vec![unpriced(pair(1, Some("5"), Some("3")))]), [GapKind::Unpriced]);
    // What the log has more is not explained by what it lacks.
    assert_eq!(kinds(vec![unpriced(pair(1, Some("3"), Some("5")))]), [GapKind::Part]);
    // Nothing agrees with what is not known.
    assert_eq!(kinds(vec![unpriced(pair(1, Some("0"), Some("0")))]), [GapKind::Unpriced]);
    let named = |model: &str, pair: Pair| Pair { model: model.to_owned(), ..pair };
    let other =
        |model: &str| Pair { is_known: false, ..unpriced(named(model, pair(1, None, Some("0")))) };
    let invoiced = || named("gpt-4o", pair(1, Some("5"), None));
    for alike in ["gtp-4o", "GPT-4o-eu", "gpt-4o"] {
        assert_eq!(kinds(vec![invoiced(), other(alike)]), [GapKind::Unpriced; 2], "{alike}");
    }
    let found = kinds(vec![invoiced(), other("their-name")]);
    assert_eq!(found, [GapKind::MissingInLog, GapKind::Unpriced]);
    let found = kinds(vec![invoiced(), Pair { day: day(2), ..other("gtp-4o") }]);
    assert_eq!(found, [GapKind::MissingInLog, GapKind::Unpriced]);
}

#[test]
fn a_known_factor_is_another_tier() {
    let with_variants = |invoiced: &str, recorded: &str| {
        let variants = [("", "10"), ("processing=batch", "5"), ("service_tier=priority", "17.5")];
        let variants = variants.map(|(words, cost)| (words.to_owned(), money(cost)));
        let mut pair = pair(1, Some(invoiced), Some(recorded));
        pair.recorded.as_mut().unwrap().variants = variants.to_vec();
        judge(vec![pair], 2).unwrap().remove(0)
    };
    let batch = with_variants("61.7", "123.4");
    assert_eq!((batch.kind, &*batch.terms), (GapKind::Tier, "processing=batch"));
    let priority = with_variants("215.95", "123.4");
    assert_eq!((priority.kind, &*priority.terms), (GapKind::Tier, "service_tier=priority"));
    // The log had it as batch, the invoice has not.
    let plain = with_variants("246.8", "123.4");
    assert_eq!((plain.kind, &*plain.terms), (GapKind::Tier, "plain terms"));
    assert_eq!(with_variants("80", "123.4").kind, GapKind::Part);
}

#[test]
fn neighbouring_days_that_cancel_are_a_shift() {
    let shifted = vec![pair(1, Some("8"), Some("10")), pair(2, Some("12"), Some("10"))];
    assert_eq!(kinds(shifted), [GapKind::DayShift; 2]);
    let moved = vec![pair(1, None, Some("10")), pair(2, Some("10"), None)];
    assert_eq!(kinds(moved), [GapKind::DayShift; 2]);
    let with_a_hole = vec![pair(1, Some("8"), Some("10")), pair(3, Some("12"), Some("10"))];
    assert_eq!(kinds(with_a_hole), [GapKind::Part; 2]);
    let run = [("8", "10"), ("11", "10"), ("10.5", "10"), ("10.5", "10")];
    let run = (1..).zip(run).map(|(day, (invoiced, log))| pair(day, Some(invoiced), Some(log)));
    assert_eq!(kinds(run.collect()), [GapKind::DayShift; 4]);
    let two_of_three = [("20", "10"), ("8", "10"), ("12", "10")];
    let two_of_three =
        (1..).zip(two_of_three).map(|(day, (invoiced, log))| pair(day, Some(invoiced), Some(log)));
    let expected = [GapKind::Part, GapKind::DayShift, GapKind::DayShift];
    assert_eq!(kinds(two_of_three.collect()), expected);
}

fn any_pair() -> impl Strategy<Value = Pair> {
    let amount = || proptest::option::of(-1_000_000_i128..1_000_000_000);
    (1_u32..28, 0_u8..3, any::<bool>(), amount(), amount(), any::<bool>()).prop_map(
        |(day, model, is_known, invoiced, recorded, has_unpriced)| Pair {
            day: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            model: model.to_string(),
            is_known,
            invoiced: invoiced.map(|attos| (Money::from_attos(attos), 1)),
            recorded: recorded.map(|attos| Recorded {
                cost: Money::from_attos(attos.abs()),
                has_unpriced,
                variants: vec![
                    (String::new(), Money::from_attos(10)),
                    ("x=y".to_owned(), Money::from_attos(5)),
                ],
            }),
        },
    )
}

proptest! {
    #[test]
    fn causes_add_up_to_the_gap(
        pairs in proptest::collection::vec(any_pair(), 0..60), decimals in 0_u32..=18,
    ) {
        let sum = |of: &dyn Fn(&Pair) -> Money| -> i128 {
            pairs.iter().map(|pair| of(pair).as_attos()).sum()
        };
        let invoiced = sum(&|pair| pair.invoiced.map(|(money, _)| money).unwrap_or_default());
        let recorded =
            sum(&|pair| pair.recorded.as_ref().map(|log| log.cost).unwrap_or_default());
        let judged = judge(pairs.clone(), decimals).unwrap();
        let mut by_kind: BTreeMap<GapKind, i128> = BTreeMap::new();
        for one in &judged {
            *by_kind.entry(one.kind).or_default() += one.gap.as_attos();
        }
        prop_assert_eq!(by_kind.remove(&GapKind::None).unwrap_or_default(), 0);
        prop_assert_eq!(by_kind.values().sum::<i128>(), invoiced - recorded);
        prop_assert_eq!(judged.len(), pairs.len());
    }
}
