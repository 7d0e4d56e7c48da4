use super::*;
use crate::pricing::file::write;

fn list(model: &str) -> String {
    format!(
        r#"[{{"id": "p", "name": "P", "api_pattern": "https://api\\.p\\.example", "description": "prose",
             "models": [{{"id": "m", "description": "prose", {model}}}]}}]"#
    )
}

fn converted(model: &str) -> String {
    let catalogue = convert(&list(model), "1").expect("can be converted");
    let text = write::provider(&catalogue.providers()[0]);
    text.split_once("[[model]]\n").expect("has a model").1.to_owned()
}

fn refused(model: &str) -> String {
    convert(&list(model), "1").expect_err("is refused").to_string()
}

#[test]
fn prices_keep_their_digits() {
    let model = r#""match": {"equals": "M"}, "prices": {"input_mtok": 0.041666666666666664, "output_mtok": 2.50}"#;
    assert_eq!(
        converted(model),
        "key = \"m\"\n[[model.price]]\nrates = { input_tokens = \"0.041666666666666664\", output_tokens = \"2.5\" }\n"
    );
}

#[test]
fn dates_hours_tiers_and_terms_are_kept() {
    let model = r#""match": {"or": [{"equals": "m"}, {"regex": "^m-\\d{8}$"}]},
        "prices": [{"prices": {"input_mtok": 1}},
                   {"constraint": {"start_date": "2026-01-02"}, "prices": {"input_mtok": {"base": 1, "tiers": [{"start": 9, "price": 2}]}}},
                   {"constraint": {"start_time": "16:30:00Z", "end_time": "00:30:00Z"}, "prices": {"input_mtok": 0.5}}],
        "price_variants": [{"when": {"service_tier": "flex"}, "prices": {"input_mtok": 3}},
                           {"when": {"service_tier": "default"}, "prices": {}}]"#;
    let expected = "key = \"m\"
match = { dated_compact = [\"m-\"] }
[[model.price]]
rates = { input_tokens = \"1\" }
[[model.price]]
from = \"2026-01-02T00:00:00Z\"
rates = { input_tokens = { above = { 9 = \"2\" }, base = \"1\" } }
[[model.price]]
window = { from = \"16:30:00\", to = \"00:30:00\", zone = \"UTC\" }
rates = { input_tokens = \"0.5\" }
[[model.variant]]
when = { service_tier = \"flex\" }
rates = { input_tokens = \"3\" }
";
    assert_eq!(converted(model), expected);
}

#[test]
fn only_a_name_makes_an_empty_list_of_prices_free() {
    assert!(!converted(r#""match": {"equals": "m"}, "prices": {}"#).contains("free"));
    let free =
        list(r#""match": {"equals": "m:free"}, "prices": {}"#).replace("\"m\"", "\"m:free\"");
    let catalogue = convert(&free, "1").expect("can be converted");
    assert!(catalogue.providers()[0].models[0].versions[0].base[0].free);
}

#[test]
fn what_is_unknown_is_refused() {
    let plain = r#""match": {"equals": "m"}"#;
    assert!(
        refused(&format!(r#"{plain}, "prices": {{}}, "surcharge": 2"#))
            .contains("unknown field `surcharge`")
    );
    assert!(
        refused(&format!(r#"{plain}, "prices": {{"moon_mtok": 2}}"#))
            .contains("no meter for the price key")
    );
    assert!(
        refused(&format!(r#"{plain}, "prices": {{"input_mtok": 1e-3}}"#))
            .starts_with("p/m: the price of input_mtok")
    );
    assert!(
        refused(&format!(
            r#"{plain}, "prices": {{"input_mtok": {{"base": 1, "tiers": [], "step": 1}}}}"#
        ))
        .contains("unknown form")
    );
    assert!(
        refused(r#""match": {"regex": "m.*"}, "prices": {}"#).contains("cannot be said as data")
    );
}
