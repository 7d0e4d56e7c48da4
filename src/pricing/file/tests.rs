use super::*;

fn error(provider: &str) -> String {
    let manifest = "providers = ['p']\n[source]\nname = 's'\nversion = '1'\nsha256 = ''\nlicence = ''\nattribution = ''";
    let text = format!("[provider]\nkey = 'p'\nname = 'P'\n{provider}");
    read(manifest, |_| Some(&text)).expect_err("is refused").to_string()
}

fn model(rest: &str) -> String {
    error(&format!("[[model]]\nkey = 'm'\n{rest}"))
}

#[test]
fn errors_name_the_file_and_the_key() {
    assert!(error("colour = 'red'").starts_with("p.toml: TOML parse error at line 4"));
    assert_eq!(
        model("[[model.price]]\nrates = { input_tokens = '1e3' }"),
        "p.toml: model \"m\": rates.input_tokens: must be a decimal such as \"0.25\" with at most 18 decimals and 19 digits, and not negative"
    );
    assert!(
        model("[[model.price]]\nrates = { tokens = '1' }")
            .starts_with("p.toml: model \"m\": rates.tokens: there is no such meter")
    );
    assert!(
        model("[[model.price]]\nrates = { input_tokens = 1.5 }")
            .contains("a rate must be a price such as \"2.5\"")
    );
    assert!(
        model("[[model.price]]\nwindow = { from = '25:00', to = '1:00' }")
            .contains("must be a time of day")
    );
    assert!(
        model("[[model.price]]\nwindow = { from = '1:00', to = '2:00', days = ['moon'] }")
            .contains("must be days")
    );
    let missing = read(
        "providers = ['q']\n[source]\nname = ''\nversion = ''\nsha256 = ''\nlicence = ''\nattribution = ''",
        |_| None,
    );
    assert_eq!(
        missing.expect_err("is refused").to_string(),
        "q.toml: is listed in MANIFEST.toml and missing"
    );
}

#[test]
fn inconsistent_catalogues_are_refused() {
    let price = |rates: &str| model(&format!("[[model.price]]\nrates = {{ {rates} }}"));
    assert!(
        price("cache_read_tokens = '1'")
            .starts_with("p/m: cache_read_tokens is priced, so every meter")
    );
    let audio = "input_tokens = '1', cache_read_tokens = '1', input_audio_tokens = '1'";
    assert!(price(audio).contains("is priced, so every meter that contains it"));
    assert!(
        price("output_images = '6'").starts_with("p/m: the dearest unit prices add up to 6 USD")
    );
    assert!(model("[[model]]\nkey = 'M'").ends_with("the key is used twice"));
    assert!(model("match = { equals = ['Upper'] }").contains("must be in lower case"));
    assert!(
        model("[[model.price]]\nfree = true\nrates = { input_tokens = '1' }")
            .ends_with("cannot be free")
    );
    assert!(
        model("[[model.price]]\nfrom = '2026-01-01T00:00:00Z'\nto = '2026-01-01T00:00:00Z'")
            .contains("never holds")
    );
    assert!(error("fallbacks = ['q']").contains("no provider \"q\""));
}

#[test]
fn every_kind_of_entry_is_written_as_it_is_read() {
    let text = r#"[provider]
key = "p"
name = 'P "q"'
aliases = ["p_"]
api = ["*.p.example"]
id_match = { all = [{ contains = ["a"] }, { not = { ends_with = ["b"] } }] }
model_match = { dated_compact = ["a-"], dated_dashed = ["a-"], numbered = ["b"], starts_with = ["c"] }
fallbacks = ["p"]

[[model]]
key = "m"
name = "M"
context_window = 1000
deprecated = true
match = { equals = ["m-1"] }
[[model.price]]
from = "2026-01-01T16:00:00Z"
to = "2026-01-01T16:00:00.500Z"
window = { days = ["mon", "fri"], from = "22:30:00", to = "02:00:00", zone = "Asia/Shanghai" }
rates = { audio_seconds = { base = "0.1", min_quantity = "10" }, input_tokens = { above = { 200000 = "2", 32000 = "1.5" }, base = "1" } }
[[model.price]]
free = true
[[model.variant]]
when = { service_tier = "flex" }
rates = { input_tokens = "0.5" }
"#;
    let entries = parse("p.toml", text).expect("is TOML");
    let provider =
        entry::provider("p.toml", entries, &mut Numbering::default()).expect("is a provider");
    assert_eq!(write::provider(&provider), text);
}
