use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::quantities::TokenConvention;
use crate::domain::text::{LongName, Name, Url};
use crate::pricing::{Catalogue, file};

/// A catalogue of one provider `p` with the models of `text`.
fn catalogue(text: &str) -> Catalogue {
    let manifest = "providers = ['p']\n[source]\nname = 's'\nversion = '1'\nsha256 = ''\nlicence = ''\nattribution = ''";
    let provider = format!("[provider]\nkey = 'p'\nname = 'P'\n{text}");
    file::read(manifest, |_| Some(&provider)).expect("is a catalogue")
}

fn call(at: &str, terms: &[(&str, &str)], usage: &[(&str, &str)]) -> Call {
    let meter = |key: &str| Meter::by_key(key).expect("is registered");
    let pairs =
        usage.iter().map(|(key, quantity)| (meter(key), quantity.parse().expect("is a number")));
    Call {
        event_time: at.parse::<DateTime<Utc>>().expect("is a time"),
        provider: Name::new("p").expect("is a name"),
        model: LongName::new("m").expect("is a name"),
        response_model: LongName::new("").expect("may be empty"),
        api_url: Url::new("").expect("may be empty"),
        price_context: terms.iter().map(|(term, word)| ((*term).into(), (*word).into())).collect(),
        quantities: Quantities::new(pairs, TokenConvention::Inclusive).expect("are consistent"),
        cached_response: false,
        answered: false,
    }
}

const NOW: &str = "2026-11-22T12:00:00Z";

fn total(catalogue: &Catalogue, call: &Call) -> String {
    catalogue.view().price(call).cost.expect("has a price").total.to_string()
}

#[test]
fn each_unit_is_billed_once_at_its_most_special_price() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]
         rates = { input_tokens = '3', cache_read_tokens = '0.3', output_tokens = '15', web_searches = '10' }",
    );
    let usage = [
        ("input_tokens", "100"),
        ("cache_read_tokens", "60"),
        ("output_tokens", "7"),
        ("web_searches", "2"),
    ];
    let explanation = list.view().explain(&call(NOW, &[], &usage));
    let lines = explanation
        .lines
        .iter()
        .map(|line| format!("{} {} {}", line.meter, line.quantity, line.cost));
    let expected = [
        "cache_read_tokens 60 0.000018",
        "input_tokens 40 0.00012",
        "output_tokens 7 0.000105",
        "web_searches 2 0.02",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    let cost = explanation.pricing.cost.expect("has a price");
    let sides = [cost.input, cost.output, cost.other, cost.total].map(|side| side.to_string());
    assert_eq!(sides, ["0.000138", "0.000105", "0.02", "0.020243"]);
    assert_eq!(explanation.pricing, list.view().price(&call(NOW, &[], &usage)));
}

#[test]
fn what_has_no_price_is_partial_and_what_is_not_used_is_not() {
    let list = catalogue("[[model]]\nkey = 'm'\n[[model.price]]\nrates = { input_tokens = '3' }");
    let status = |usage: &[(&str, &str)]| list.view().price(&call(NOW, &[], usage)).status;
    assert_eq!(status(&[("input_tokens", "1"), ("cache_read_tokens", "1")]), CostStatus::Priced);
    assert_eq!(status(&[("input_tokens", "1"), ("output_tokens", "0")]), CostStatus::Priced);
    assert_eq!(status(&[("input_tokens", "1"), ("output_tokens", "1")]), CostStatus::Partial);
}

#[test]
fn the_last_set_that_holds_counts_and_without_one_there_is_no_price() {
    let list = catalogue(
        "[[model]]\nkey = 'm'
         [[model.price]]\nfrom = '2025-01-01T00:00:00Z'\nrates = { input_tokens = '1' }
         [[model.price]]\nfrom = '2026-01-01T16:00:00Z'\nrates = { input_tokens = '2' }
         [[model.price]]\nwindow = { from = '22:00', to = '02:00' }\nto = '2026-06-01T00:00:00Z'\nrates = { input_tokens = '3' }",
    );
    let usage = [("input_tokens", "1000000")];
    for (at, expected) in [
        ("2025-01-01T02:00:00Z", "1"),
        ("2026-01-01T15:59:59.999999Z", "1"),
        ("2026-01-01T16:00:00Z", "2"),
        ("2026-01-01T22:00:00Z", "3"),
        ("2026-06-01T22:00:00Z", "2"),
    ] {
        assert_eq!(total(&list, &call(at, &[], &usage)), expected, "{at}");
    }
    let before = list.view().price(&call("2024-12-31T12:00:00Z", &[], &usage));
    assert_eq!(
        (before.status, before.cost, before.resolved_by),
        (CostStatus::NoPrice, None, Some("model_key"))
    );
}

#[test]
fn variants_replace_meters_one_by_one_and_the_first_counts() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]\nrates = { input_tokens = '10', output_tokens = '20' }
         [[model.variant]]\nwhen = { processing = 'batch' }\nrates = { input_tokens = '5' }
         [[model.variant]]\nwhen = { service_tier = 'flex' }\nrates = { input_tokens = '6', output_tokens = '12' }",
    );
    let usage = [("input_tokens", "1000000"), ("output_tokens", "1000000")];
    let (batch, flex) = (("processing", "batch"), ("service_tier", "flex"));
    let with = |terms: &[(&str, &str)]| total(&list, &call(NOW, terms, &usage));
    assert_eq!(
        [with(&[]), with(&[batch]), with(&[flex]), with(&[batch, flex])],
        ["30", "25", "18", "17"]
    );
    assert_eq!(with(&[("service_tier", "FLEX")]), "30", "terms are exact");
}

#[test]
fn a_tier_prices_the_whole_request_by_all_input_tokens() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]
         rates = { input_tokens = { base = '1', above = { 200000 = '2' } }, output_tokens = { base = '4', above = { 200000 = '8' } } }",
    );
    let at = |input: &str| {
        let usage = [
            ("input_tokens", input),
            ("cache_read_tokens", "199999"),
            ("output_tokens", "1000000"),
        ];
        total(&list, &call(NOW, &[], &usage))
    };
    assert_eq!([at("200000"), at("200001")], ["4.2", "8.400002"]);
}

#[test]
fn little_is_billed_as_the_least_and_nothing_as_nothing() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]\nrates = { audio_seconds = { base = '0.36', min_quantity = '10' } }",
    );
    let at = |seconds| total(&list, &call(NOW, &[], &[("audio_seconds", seconds)]));
    assert_eq!([at("0"), at("0.5"), at("10"), at("12")], ["0", "0.001", "0.001", "0.0012"]);
}

#[test]
fn each_call_is_one_request() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]\nrates = { requests = '5', input_tokens = '1' }",
    );
    assert_eq!(total(&list, &call(NOW, &[], &[])), "0.005");
}

#[test]
fn free_is_said_and_not_guessed() {
    let said = catalogue("[[model]]\nkey = 'm'\n[[model.price]]\nfree = true").view().price(&call(
        NOW,
        &[],
        &[],
    ));
    assert_eq!((said.status, said.cost), (CostStatus::Free, Some(Cost::default())));
    let silent =
        catalogue("[[model]]\nkey = 'm'\n[[model.price]]").view().price(&call(NOW, &[], &[]));
    assert_eq!((silent.status, silent.cost), (CostStatus::NoPrice, None));
    let cached = Call { cached_response: true, ..call(NOW, &[], &[("input_tokens", "9")]) };
    let cached = catalogue("").view().price(&cached);
    assert_eq!((cached.status, cached.cost), (CostStatus::Free, Some(Cost::default())));
}

#[test]
fn what_nobody_told_does_not_cost_nothing() {
    let list = |rates: &str| {
        catalogue(&format!("[[model]]\nkey = 'm'\n[[model.price]]\nrates = {{ {rates} }}"))
    };
    let status = |rates: &str, answered: bool, quantities: &[(&str, &str)]| {
        let call = Call { answered, ..call(NOW, &[], quantities) };
        let list = list(rates);
        assert_eq!(list.view().explain(&call).pricing, list.view().price(&call));
        list.view().price(&call).status
    };
    let tokens = "input_tokens = '1', output_tokens = '2'";
    assert_eq!(status(tokens, true, &[]), CostStatus::Partial);
    // What is told to be nothing, and what nobody answered, cost nothing.
    assert_eq!(status(tokens, true, &[("input_tokens", "0")]), CostStatus::Priced);
    assert_eq!(status(tokens, false, &[]), CostStatus::Priced);
    // A call that has one price, whatever it used.
    assert_eq!(status("requests = '0.005'", true, &[]), CostStatus::Priced);
    assert_eq!(status("requests = '0.005', input_tokens = '1'", true, &[]), CostStatus::Partial);
}

#[test]
fn halves_are_rounded_to_even_once() {
    let list = |price: &str| {
        catalogue(&format!(
            "[[model]]\nkey = 'm'\n[[model.price]]\nrates = {{ audio_seconds = '{price}' }}"
        ))
    };
    let one = |price: &str| total(&list(price), &call(NOW, &[], &[("audio_seconds", "1.8")]));
    // 1.8 of 3600 seconds: a two-thousandth.
    assert_eq!(one("0.000000000000001"), "0");
    assert_eq!(one("0.000000000000003"), "0.000000000000000002");
    assert_eq!(one("0.000000000000001001"), "0.000000000000000001");
}

#[test]
fn the_largest_calls_fit() {
    let list = catalogue(
        "[[model]]\nkey = 'm'\n[[model.price]]\nrates = { output_images = '4.999999999999999999' }",
    );
    let most = call(NOW, &[], &[("output_images", "10000000000")]);
    assert_eq!(total(&list, &most), "49999999999.99999999");
}

proptest! {
    /// The arithmetic agrees with the definition, in whole numbers of any size.
    #[test]
    fn lines_are_exact(digits in any::<u64>(), scale in 0_u32..=18, billed in 0_u64..=10_000_000_000_000_000_000, per in 1_u32..) {
        let amount = Amount::new(Decimal::from_i128_with_scale(digits.into(), scale)).expect("fits");
        let rate = crate::pricing::set::Rate { meter: Meter::OUTPUT_TOKENS, per, base: amount, above: vec![], min_quantity: None };
        let quoted = Quoted { set: PriceSetId(1), rate: &rate };
        let product = u128::from(digits) * u128::from(billed);
        // The catalogue bounds costs to 5 * 10^10 dollars.
        prop_assume!(product / 10_u128.pow(scale + 9) / u128::from(per) < 50_000_000_000);
        let attos = Charge { quoted, tier: None, amount, count: billed, own: billed, billed }.attos();
        // Twice the error, in units of the product, is at most one divisor: |2 * (attos * d - n)| <= d.
        let (shift_up, shift_down) = (18_u32.saturating_sub(scale + 9), (scale + 9).saturating_sub(18));
        let divisor = u128::from(per) * 10_u128.pow(shift_down);
        let (whole, rest) = (product / divisor, product % divisor);
        let scaled_rest = rest * 10_u128.pow(shift_up);
        let error = (attos - whole * 10_u128.pow(shift_up)) * divisor;
        prop_assert!(2 * error.abs_diff(scaled_rest) <= divisor);
    }
}
