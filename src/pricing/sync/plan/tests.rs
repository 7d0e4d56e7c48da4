use std::fmt::Write as _;

use super::*;
use crate::pricing::change::{EndPrice, NewPrice, Wanted};
use crate::pricing::embedded;
use crate::pricing::set::{PriceSet, Rate};
use crate::pricing::version::Origin;
use crate::pricing::{PriceBook, View};

mod properties;

const NOW: &str = "2026-06-01T00:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("is a time")
}

/// What a list says of provider `p`: its models, as TOML.
fn list(name: &str, models: &[&str]) -> Listing {
    let heading = "[provider]\nkey = 'p'\nname = 'P'\n";
    let text = models.iter().fold(heading.to_owned(), |mut text, model| {
        write!(text, "[[model]]\n{model}\n").expect("is a text");
        text
    });
    let mut listing = Listing::read_files(&[("p.toml", &text)], "7").expect("can be read");
    listing.source.name = name.into();
    listing
}

fn priced(key: &str, rates: &str) -> String {
    format!("key = '{key}'\n[[model.price]]\nrates = {{ {rates} }}")
}

/// A model with the price `amount` of input tokens.
fn costing(key: &str, amount: &str) -> String {
    priced(key, &format!("input_tokens = '{amount}'"))
}

fn dated(model: &str, from: &str, amount: &str) -> String {
    format!("{model}\n[[model.price]]\nfrom = '{from}'\nrates = {{ input_tokens = '{amount}' }}")
}

fn in_use(listing: Listing) -> Catalogue {
    listing.into_catalogue().expect("is consistent")
}

fn options() -> Options {
    Options { now: at(NOW), from: None, accept: BTreeSet::new(), created_by: "a key".to_owned() }
}

fn accepting(models: &[&str]) -> Options {
    Options { accept: models.iter().map(|&model| model.into()).collect(), ..options() }
}

fn planned(prices: &Catalogue, listing: &Listing) -> Plan {
    plan(prices, listing, &options()).expect("is consistent")
}

/// The prices with `listing` brought in, of which nothing is left to do.
fn synced(prices: &Catalogue, listing: &Listing, options: &Options) -> Catalogue {
    let changes = plan(prices, listing, options).expect("is consistent").changes;
    let after = changes.apply_to(prices).expect("is consistent");
    let again = plan(&after, listing, options).expect("is consistent");
    assert!(again.changes.is_empty(), "{:#?}", again.differences);
    after
}

/// One line for each difference.
fn told(plan: &Plan) -> Vec<String> {
    let amount = |amount: Option<Amount>| amount.map_or("-".to_owned(), |known| known.to_string());
    let rate = |rate: &RateDifference| {
        let tier = rate.above.map_or(String::new(), |above| format!(">{above}"));
        format!(" {}{tier} {} to {}", rate.meter, amount(rate.before), amount(rate.after))
    };
    let line = |difference: &Difference| {
        let Difference { kind, model, reason, from, rates } = difference;
        let from = from.map_or(String::new(), |from| format!(" {}", from.format("%F")));
        let rates: String = rates.iter().map(rate).collect();
        format!("{kind:?} {model}{from}{rates} {reason}").trim_end().to_owned()
    };
    plan.differences.iter().map(line).collect()
}

/// The price of input tokens.
fn input(prices: &Catalogue, model: &str, time: &str) -> Option<String> {
    let key = ModelKey { provider: "p".into(), model: model.into() };
    let (_, model) = prices.by_key(&key)?;
    let price = prices.view().in_force(model, at(time))?;
    price.base.rates.first().map(|rate| rate.base.to_string())
}

#[test]
fn the_shipped_prices_do_not_differ_from_themselves() {
    let shipped = embedded::catalogue().expect("is shipped");
    let listing = Listing::from(embedded::catalogue().expect("is shipped"));
    let plan = planned(&shipped, &listing);
    assert!(plan.changes.is_empty() && plan.differences.is_empty(), "{:?}", told(&plan));
    assert_eq!(plan.summary.unchanged, shipped.models().count());
    assert_eq!(
        (plan.summary.kept, plan.changes.what.as_str()),
        (0, "sync_prices genai-prices 0.2.3")
    );
}

#[test]
fn a_new_model_has_its_price_since_ever() {
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let listing = list("l", &[&costing("m", "1"), &costing("n", "2")]);
    let plan = planned(&prices, &listing);
    assert_eq!(told(&plan), ["New p/n input_tokens - to 2"]);
    let version = &plan.changes.versions[0].version;
    assert_eq!((version.origin, version.from), (Origin::Catalogue, None));
    assert_eq!((&*version.list, &*version.source), ("l", "l 7"));
    let after = synced(&prices, &listing, &options());
    assert_eq!(input(&after, "n", "2020-01-01T00:00:00Z").as_deref(), Some("2"));
    let later = Options { from: Some(at("2026-07-01T00:00:00Z")), ..options() };
    let after = synced(&prices, &listing, &later);
    assert_eq!(input(&after, "n", NOW), None);
}

#[test]
fn a_new_provider_comes_last() {
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let mut listing = list("l", &[&costing("m", "2")]);
    listing.providers[0].key = "a".into();
    let after = synced(&prices, &listing, &options());
    let keys: Vec<&str> = after.providers().iter().map(|provider| &*provider.key).collect();
    assert_eq!((keys, planned(&prices, &listing).summary.kept), (vec!["p", "a"], 1));
}

#[test]
fn a_change_without_a_date_holds_from_now_on() {
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let listing = list("l", &[&costing("m", "2")]);
    assert_eq!(told(&planned(&prices, &listing)), ["Changed p/m 2026-06-01 input_tokens 1 to 2"]);
    let after = synced(&prices, &listing, &options());
    assert_eq!(input(&after, "m", "2026-05-31T23:59:59Z").as_deref(), Some("1"));
    assert_eq!(input(&after, "m", NOW).as_deref(), Some("2"));
    let from = Options { from: Some(at("2026-07-01T00:00:00Z")), ..options() };
    let after = synced(&prices, &listing, &from);
    assert_eq!(input(&after, "m", "2026-06-30T23:59:59Z").as_deref(), Some("1"));
}

#[test]
fn what_is_appended_with_a_date_holds_from_then_on() {
    let model = costing("m", "1");
    let prices = in_use(list("l", &[&model]));
    let more = dated(&dated(&model, "2026-08-01T00:00:00Z", "3"), "2026-04-01T00:00:00Z", "2");
    let plan = planned(&prices, &list("l", &[&more]));
    assert_eq!(told(&plan), ["Changed p/m 2026-04-01 input_tokens 1 to 2"]);
    let past = synced(&prices, &list("l", &[&more]), &options());
    assert_eq!(input(&past, "m", "2026-03-31T23:59:59Z").as_deref(), Some("1"));
    let variant = format!(
        "{model}\n[[model.variant]]\nfrom = '2026-09-01T00:00:00Z'\nwhen = {{ service_tier = 'flex' }}\nrates = {{ input_tokens = '0.5' }}"
    );
    let plan = planned(&prices, &list("l", &[&variant]));
    assert_eq!(told(&plan), ["Changed p/m 2026-09-01"]);
    synced(&prices, &list("l", &[&variant]), &options());
}

#[test]
fn a_date_before_the_last_change_changes_nothing_before_it() {
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let changed = costing("m", "2");
    let prices = synced(&prices, &list("l", &[&changed]), &options());
    let appended = dated(&changed, "2026-03-01T00:00:00Z", "3");
    let plan = planned(&prices, &list("l", &[&appended]));
    assert_eq!(told(&plan), ["Changed p/m 2026-06-01 input_tokens 2 to 3"]);
}

#[test]
fn prices_are_compared_by_what_they_come_to() {
    let rates = "input_tokens = { base = '2', above = { 100 = '4' } }, output_tokens = '3'";
    let prices = in_use(list("l", &[&priced("m", rates)]));
    let mut listing = list("l", &[&priced("m", rates)]);
    let rates = &mut listing.providers[0].models[0].versions[0].base[0].rates;
    rates.reverse();
    let amount = |text: &str| Amount::parse(text).expect("is an amount");
    let input = rates.iter_mut().find(|rate| rate.meter == Meter::INPUT_TOKENS).expect("is there");
    (input.per, input.base, input.above) = (1_000, amount("0.002"), vec![(100, amount("0.004"))]);
    assert!(planned(&prices, &listing).changes.is_empty());
    let input = listing.providers[0].models[0].versions[0].base[0].rates.iter_mut();
    input.filter(|rate| rate.per == 1_000).for_each(|rate| rate.base = amount("0.003"));
    assert_eq!(
        told(&planned(&prices, &listing)),
        [
            "Changed p/m 2026-06-01 input_tokens 2 to - input_tokens>100 4 to - input_tokens - to 0.003 input_tokens>100 - to 0.004"
        ]
    );
}

#[test]
fn a_price_that_the_list_no_longer_knows_ends() {
    let prices = in_use(list("l", &[&costing("m", "1"), &costing("n", "1")]));
    let listing =
        list("l", &["key = 'm'", &dated(&costing("n", "1"), "2026-07-01T00:00:00Z", "1")]);
    let mut ends = listing.clone();
    ends.providers[0].models[1].versions[0].base[1].rates.clear();
    let told = told(&planned(&prices, &ends));
    assert_eq!(
        told,
        ["Ended p/m 2026-06-01 input_tokens 1 to -", "Ended p/n 2026-07-01 input_tokens 1 to -"]
    );
    let after = synced(&prices, &ends, &options());
    assert_eq!(input(&after, "m", NOW), None);
    assert_eq!(input(&after, "m", "2026-05-31T00:00:00Z").as_deref(), Some("1"));
    // It may have a price again.
    let back = synced(&after, &list("l", &[&costing("m", "1")]), &options());
    assert_eq!(input(&back, "m", NOW).as_deref(), Some("1"));
}

#[test]
fn what_the_list_lacks_is_kept() {
    let prices = in_use(list("l", &[&costing("m", "1"), &costing("n", "1")]));
    let plan = planned(&prices, &list("l", &[&costing("n", "1")]));
    assert_eq!((plan.summary.kept, plan.summary.unchanged), (1, 1));
    assert!(plan.differences.is_empty() && plan.changes.versions.is_empty());
    let of_another = planned(&prices, &list("k", &[&costing("n", "1")]));
    assert_eq!((of_another.summary.kept, of_another.changes.is_empty()), (0, true));
}

#[test]
fn another_list_does_not_change_a_price_unless_it_is_accepted() {
    let prices = in_use(list("l", &[&costing("m", "1"), &costing("n", "1")]));
    let other = list("k", &[&costing("n", "2"), &costing("m", "1"), &costing("o", "1")]);
    assert_eq!(
        told(&planned(&prices, &other)),
        [
            "New p/o input_tokens - to 1",
            "Foreign p/n 2026-06-01 input_tokens 1 to 2 its price comes from l"
        ]
    );
    let after = synced(&prices, &other, &accepting(&["p/n"]));
    assert_eq!(input(&after, "n", NOW).as_deref(), Some("2"));
    assert_eq!(
        told(&planned(&after, &list("l", &[&costing("n", "1")]))),
        ["Foreign p/n 2026-06-01 input_tokens 2 to 1 its price comes from k"]
    );
    assert_eq!(planned(&after, &list("k", &[])).summary.kept, 2);
}

#[test]
fn a_name_that_means_a_model_is_not_taken_from_it() {
    let rule = "key = 'm'\nmatch = { starts_with = ['m-'] }\n[[model.price]]\nrates = { input_tokens = '1' }";
    let prices = in_use(list("l", &[rule]));
    let other = list("k", &[&costing("m-1", "2"), &costing("m-2", "1")]);
    let plan = planned(&prices, &other);
    assert_eq!(
        told(&plan),
        ["Foreign p/m-1 input_tokens 1 to 2 the name means p/m, whose price comes from l"]
    );
    assert_eq!((plan.summary.unchanged, plan.changes.is_empty()), (1, true));
    let own = planned(&prices, &list("l", &[rule, &costing("m-1", "2")]));
    assert_eq!(told(&own), ["New p/m-1 input_tokens - to 2"]);
    let accepted = plan_accepting(&prices, &other, "p/m-1");
    assert_eq!(told(&accepted), ["New p/m-1 input_tokens - to 2"]);
}

#[test]
fn names_that_come_to_mean_a_new_model_are_the_lists_own() {
    let rule = "key = 'm'\nmatch = { starts_with = ['m-'] }\n[[model.price]]\nrates = { input_tokens = '1' }";
    let prices = in_use(list("l", &[rule]));
    // Without the name of its provider, the second name means the first model.
    let other = list("k", &[&costing("m-1", "2"), &costing("p/m-1", "1")]);
    let accepted = plan_accepting(&prices, &other, "p/m-1");
    assert_eq!(
        told(&accepted),
        ["New p/m-1 input_tokens - to 2", "New p/p/m-1 input_tokens - to 1"]
    );
    synced(&prices, &other, &accepting(&["p/m-1"]));
    assert_eq!(planned(&prices, &other).changes.versions, []);
}

fn plan_accepting(prices: &Catalogue, listing: &Listing, model: &str) -> Plan {
    plan(prices, listing, &accepting(&[model])).expect("is consistent")
}

#[test]
fn what_is_hard_to_believe_is_refused_unless_it_is_accepted() {
    let dear = priced("n", "input_tokens = '1', output_tokens = '2000', cache_read_tokens = '3'");
    let prices = in_use(list("l", &[&costing("m", "1"), &dear]));
    let listing = list("l", &[&costing("m", "6"), &dear]);
    let plan = planned(&prices, &listing);
    assert_eq!(
        told(&plan),
        [
            "Refused p/m 2026-06-01 input_tokens 1 to 6 input_tokens goes from 1 USD / 1000000 to 6 USD / 1000000"
        ]
    );
    // What it was refused for in use is no news.
    assert_eq!((plan.summary.unchanged, plan.changes.is_empty()), (1, true));
    let after = synced(&prices, &listing, &accepting(&["p/m"]));
    assert_eq!(input(&after, "m", NOW).as_deref(), Some("6"));
    let first = planned(&in_use(list("l", &[])), &list("l", &[&dear]));
    assert!(told(&first)[0].contains("is more than 1000 USD for a million tokens; cache_read"));
    assert_eq!((first.summary.refused, first.changes.versions.len()), (1, 0));
}

#[test]
fn a_model_that_cannot_be_used_does_not_spoil_the_list() {
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let wrong = "key = 'm'\nmatch = { equals = ['M-1'] }\n[[model.price]]\nrates = { cache_read_tokens = '1' }";
    let mut listing = list("l", &[wrong, &costing("n", "1"), &costing("N", "3")]);
    let (provider, model, reason) = ("p".to_owned(), "x".to_owned(), "no figures".to_owned());
    listing.refused.push(super::super::Refused { provider, model, reason });
    let plan = planned(&prices, &listing);
    assert_eq!(
        told(&plan),
        [
            "New p/n input_tokens - to 1",
            "Refused p/N the list has it twice",
            "Refused p/m 2026-06-01 input_tokens 1 to - cache_read_tokens - to 1 the word \"M-1\" must be in lower case and not empty",
            "Refused p/x no figures",
        ]
    );
    let after = synced(&prices, &listing, &options());
    assert_eq!(after.models().count(), 2);
    let mut fallback = list("l", &[]);
    fallback.providers[0].fallbacks = vec!["nobody".into()];
    super::plan(&prices, &fallback, &options()).expect_err("is no catalogue");
}

#[test]
fn a_change_cannot_be_dated_before_one_that_is_known() {
    let model = dated(&costing("m", "1"), "2026-04-01T00:00:00Z", "2");
    let prices = in_use(list("l", &[&model, &costing("n", "1")]));
    let listing = list("l", &[&costing("m", "3"), &costing("n", "2")]);
    let early = |from: &str| Options { from: Some(at(from)), ..accepting(&["p/m"]) };
    let plan = plan(&prices, &listing, &early("2026-03-31T00:00:00Z")).expect("is consistent");
    assert_eq!(
        told(&plan),
        [
            "Changed p/n 2026-03-31 input_tokens 1 to 2",
            "Refused p/m 2026-03-31 input_tokens 2 to 3 its price of 2026-04-01 00:00:00 UTC is in use; a change cannot hold from 2026-03-31 00:00:00 UTC on",
        ]
    );
    synced(&prices, &listing, &early("2026-04-01T00:00:00Z"));
    let dated = list("l", &[&dated(&model, "2026-05-01T00:00:00Z", "3")]);
    let plan = super::plan(&prices, &dated, &early("2026-03-31T00:00:00Z")).expect("is consistent");
    assert_eq!(told(&plan), ["Changed p/m 2026-05-01 input_tokens 2 to 3"]);
}

#[test]
fn the_list_that_had_a_provider_first_says_how_it_is_named() {
    let prices = in_use(list("l", &[&costing("m", "1"), &costing("n", "1")]));
    let others: Vec<String> = (0..5).map(|number| costing(&format!("k{number}"), "1")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let mut other = list("k", &others);
    other.providers[0].name = "Another".into();
    let prices = synced(&prices, &other, &options());
    assert_eq!(&*prices.providers()[0].name, "P");
    let named = "key = 'n'\nname = 'N'\nmatch = { equals = ['nn'] }\n[[model.price]]\nrates = { input_tokens = '1' }";
    let mut own = list("l", &[&costing("x", "1"), named, &costing("m", "1")]);
    own.providers[0].aliases = vec!["pp".into()];
    let plan = planned(&prices, &own);
    assert_eq!((plan.summary.new, plan.summary.unchanged, plan.changes.providers.len()), (1, 2, 1));
    let after = synced(&prices, &own, &options());
    let provider = after.provider("pp").expect("has that name");
    let keys: Vec<&str> = provider.models.iter().map(|model| &*model.key).collect();
    assert_eq!(keys, ["x", "n", "m", "k0", "k1", "k2", "k3", "k4"]);
    assert_eq!(provider.models[1].name.as_deref(), Some("N"));
}

#[test]
fn a_list_without_names_leaves_them_and_knows_providers_by_any_name() {
    let named = "key = 'm'\nname = 'M'\ncontext_window = 5\n[[model.price]]\nrates = { input_tokens = '1' }";
    let mut first = list("l", &[named, &costing("n", "1")]);
    first.providers[0].aliases = vec!["pp".into()];
    let prices = in_use(first);
    let mut plain = list("l", &[&costing("o", "1"), &costing("n", "1"), &costing("M", "1")]);
    (plain.providers[0].key, plain.providers[0].name) = ("pp".into(), "pp".into());
    plain.providers[0].models[2].context_window = Some(9);
    let after = synced(&prices, &plain, &options());
    let [provider] = after.providers() else { panic!("there is one provider") };
    let model = &provider.models[0];
    assert_eq!((&*provider.name, model.name.as_deref()), ("P", Some("M")));
    assert_eq!((&*model.key, model.context_window), ("m", Some(9)));
    assert_eq!(&*provider.models[2].key, "o");
}

#[test]
fn corrections_stay_and_lists_that_agree_with_them_say_nothing_new() {
    let corrected = |key: &str| AddedVersion {
        model: ModelKey { provider: "p".into(), model: key.into() },
        tenant: None,
        version: Version {
            origin: Origin::Correction,
            ..list("", &[&costing("", "5")]).providers[0].models[0].versions[0].clone()
        },
    };
    let mut changes =
        Changes { versions: vec![corrected("m"), corrected("n")], ..Changes::default() };
    changes.providers = list("", &[&costing("m", "0"), &costing("n", "0")]).providers;
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let prices = changes.apply_to(&prices).expect("is consistent");
    let right = planned(&prices, &list("k", &[&costing("m", "5"), &costing("n", "5")]));
    assert_eq!((right.summary.unchanged, right.changes.is_empty()), (2, true));
    let wrong = planned(&prices, &list("k", &[&costing("m", "4"), &costing("n", "1")]));
    assert_eq!(
        told(&wrong),
        [
            "Foreign p/m 2026-06-01 input_tokens 5 to 4 its price comes from l",
            "Foreign p/n input_tokens 5 to 1 its price comes from no list",
        ]
    );
    let own = list("l", &[&costing("m", "2"), &costing("n", "3")]);
    assert_eq!(
        told(&planned(&prices, &own)),
        ["New p/n input_tokens - to 3", "Changed p/m 2026-06-01 input_tokens 1 to 2"]
    );
    assert_eq!(input(&synced(&prices, &own, &options()), "m", NOW).as_deref(), Some("5"));
}

/// The prices with what a person changes in them.
fn by_hand(prices: Catalogue, change: impl FnOnce(&PriceBook) -> Changes) -> Catalogue {
    let book = PriceBook::new(prices, Default::default(), 0);
    change(&book).apply_to(book.public()).expect("is consistent")
}

#[test]
fn what_people_gave_stays() {
    let tenant = crate::domain::ids::TenantId(uuid::Uuid::nil());
    let rate = |amount| Rate {
        meter: Meter::INPUT_TOKENS,
        per: 1_000_000,
        base: Amount::parse(amount).expect("is an amount"),
        above: Vec::new(),
        min_quantity: None,
    };
    let create = |model: &str| NewPrice {
        tenant,
        public: true,
        wanted: Wanted { provider: "p".to_owned(), model: model.to_owned() },
        from: at("2026-02-01T00:00:00Z"),
        to: None,
        free: false,
        rates: vec![rate("9")],
        variants: Vec::new(),
        source: String::new(),
        accept_implausible: true,
        created_by: String::new(),
    };
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let prices = by_hand(prices, |book| create("m").plan(book).expect("is fine"));
    let prices = by_hand(prices, |book| create("n").plan(book).expect("is fine"));
    let listing = list("l", &[&costing("m", "2"), &costing("n", "3")]);
    assert_eq!(
        told(&planned(&prices, &listing)),
        ["New p/n input_tokens - to 3", "Changed p/m 2026-06-01 input_tokens 1 to 2"]
    );
    let after = synced(&prices, &listing, &options());
    assert_eq!(input(&after, "m", NOW).as_deref(), Some("9"));
    assert_eq!(input(&after, "n", NOW).as_deref(), Some("9"));
    assert_eq!(input(&after, "n", "2026-01-01T00:00:00Z").as_deref(), Some("3"));
}

#[test]
fn a_price_that_a_person_ended_only_comes_back_when_it_is_accepted() {
    let end = EndPrice {
        tenant: crate::domain::ids::TenantId(uuid::Uuid::nil()),
        public: true,
        wanted: Wanted { provider: "p".to_owned(), model: "m".to_owned() },
        at: at("2026-05-01T00:00:00Z"),
        source: String::new(),
        created_by: String::new(),
    };
    let prices = in_use(list("l", &[&costing("m", "1")]));
    let prices = by_hand(prices, |book| end.plan(book).expect("is in force"));
    let same = list("l", &[&costing("m", "1")]);
    assert!(planned(&prices, &same).changes.is_empty());
    let other = planned(&prices, &list("l", &[&costing("m", "2")]));
    assert_eq!(
        told(&other),
        ["Refused p/m 2026-06-01 input_tokens - to 2 its price was ended by hand"]
    );
    let after = synced(&prices, &same, &accepting(&["p/m"]));
    assert_eq!(input(&after, "m", "2026-05-31T00:00:00Z"), None);
    assert_eq!(input(&after, "m", NOW).as_deref(), Some("1"));
}
