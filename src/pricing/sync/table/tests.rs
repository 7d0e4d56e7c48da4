use super::super::listed;
use super::*;
use crate::pricing::catalogue::Model;
use crate::pricing::embedded;
use crate::pricing::file::write as toml;

fn wrong(csv: &str) -> Vec<String> {
    let error = read_csv(csv, "1").expect_err("is refused");
    error.to_string().lines().map(ToOwned::to_owned).collect()
}

fn provider(listing: &Listing) -> String {
    toml::provider(&listing.providers[0])
}

#[test]
fn four_columns_are_enough() {
    let listing =
        read_csv("provider,model,meter,amount\np,m,input_tokens,2.5\np,m,output_tokens,1E1\n", "1")
            .expect("can be read");
    assert_eq!(
        provider(&listing),
        "[provider]\nkey = \"p\"\nname = \"p\"\n\n[[model]]\nkey = \"m\"\n[[model.price]]\nrates = { input_tokens = \"2.5\", output_tokens = \"10\" }\n"
    );
}

const FULL: &str = "\u{feff}model, provider,context,days,effective_from,window_from,window_to,zone,meter,tier_above,amount,per,currency,ordinal
m,p,,,2026-01-01,,,,input_tokens,,1,,USD,1
m,p,,,2026-01-01,,,,input_tokens,200000,2,1000000,usd,1
m,p,,,,,,,input_tokens,,3,,,0
m,p,service_tier=flex; processing=batch,\"fri-sun,tue\",,16:30,00:30,Asia/Shanghai,input_tokens,,0.5,,,
";

#[test]
fn every_column_is_read() {
    let listing = read_csv(FULL, "1").expect("can be read");
    let expected = "[[model.price]]
rates = { input_tokens = \"3\" }
[[model.price]]
from = \"2026-01-01T00:00:00Z\"
rates = { input_tokens = { above = { 200000 = \"2\" }, base = \"1\" } }
[[model.variant]]
when = { processing = \"batch\", service_tier = \"flex\" }
window = { days = [\"tue\", \"fri\", \"sat\", \"sun\"], from = \"16:30:00\", to = \"00:30:00\", zone = \"Asia/Shanghai\" }
rates = { input_tokens = \"0.5\" }
";
    assert!(provider(&listing).ends_with(expected), "{}", provider(&listing));
}

#[test]
fn json_says_the_same() {
    let csv = read_csv(
        "provider,model,meter,amount,tier_above\np,m,input_tokens,0.0000025,\np,m,input_tokens,3,128000",
        "1",
    )
    .expect("can be read");
    let json = r#"[{"provider": "p", "model": "m", "meter": "input_tokens", "amount": 2.5e-06, "days": null},
                   {"provider": "p", "model": "m", "meter": "input_tokens", "amount": "3", "tier_above": 128000}]"#;
    let json = read_json(json, "1").expect("can be read");
    assert_eq!(json.providers, csv.providers);
    let error = read_json(r#"[{"provider": "p", "colour": 1, "meter": [], "amount": true}]"#, "1");
    assert_eq!(
        error.expect_err("is refused").to_string(),
        "entry 1, amount: must be a string or a number\nentry 1, colour: there is no column of this name to read\nentry 1, meter: must be a string or a number"
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once_by_line_and_column() {
    let header = "provider,model,kind,ordinal,effective_from,window_from,days,context,meter,tier_above,amount,per,currency";
    let rows = "P,,base,x,soon,25:00,moon,flex,moons,1.5,-1,0,EUR
p,m,free,,,,,,input_tokens,,1,,
p,m,variant,,,,,,input_tokens,,1,,
p,m,,,,,,,input_tokens,,,,
p,m,,,,,,,output_tokens,9,1,,
p,m,,,,,,,cache_read_tokens,,1,,
p,m,,,,,,,cache_read_tokens,,2,,
p,m,,,,,,,cache_read_tokens,9,2,1000,";
    assert_eq!(
        wrong(&format!("{header}\n{rows}")),
        [
            "line 2, provider: must be in lower case",
            "line 2, model: must not be empty",
            "line 2, context: must be terms such as service_tier=flex;processing=batch",
            "line 2, ordinal: must be a whole number",
            "line 2, effective_from: must be a day such as 2026-01-31 or a time such as 2026-01-31T16:00:00Z",
            "line 2, window_from: must be a time of day such as 16:30",
            "line 2, window_to: must not be empty",
            "line 2, days: must be days of the week such as mon-fri or mon,wed",
            "line 2, currency: must be USD",
            "line 2, meter: there is no such meter in meters.toml",
            "line 2, tier_above: must be a whole number",
            "line 2, amount: must be a number that is not negative",
            "line 2, per: must be a whole number of units from 1",
            "line 2, context: must be empty in a row of this kind",
            "line 3, meter: must be empty in a row of this kind",
            "line 3, amount: must be empty in a row of this kind",
            "line 4, context: must not be empty",
            "line 5, amount: must not be empty",
            "line 8, meter: is given twice",
            "line 9, per: must be the same in all rows of the rate",
            "line 6, tier_above: the rate needs a row without a tier too",
        ]
    );
    assert_eq!(
        wrong("provider,model,meter,amont,model\n"),
        [
            "line 1, amount: there is no such column, and it is required",
            "line 1, amont: there is no column of this name to read",
            "line 1, model: is given twice",
        ]
    );
}

#[test]
fn prices_that_no_catalogue_can_hold_are_refused_by_model() {
    let listing =
        read_csv("provider,model,meter,amount\np,m,cache_read_tokens,1\np,n,input_tokens,1", "1")
            .expect("can be read");
    assert_eq!(listing.providers[0].models.len(), 1);
    let refused = &listing.refused[0];
    assert_eq!((refused.provider.as_str(), refused.model.as_str()), ("p", "m"));
    assert!(refused.reason.starts_with("cache_read_tokens is priced, so every meter"));
}

#[test]
fn the_shipped_prices_are_read_as_they_are_written() {
    let catalogue = embedded::catalogue().expect("is shipped");
    let listing = read_csv(&write(&catalogue), "1").expect("can be read");
    assert_eq!(listing.refused, []);
    let read: Vec<(&str, &Model)> = listing
        .providers
        .iter()
        .flat_map(|provider| provider.models.iter().map(|model| (provider.key.as_ref(), model)))
        .collect();
    let shipped: Vec<(&str, &Model)> =
        catalogue.models().map(|(provider, model)| (provider.key.as_ref(), model)).collect();
    assert_eq!(read.len(), shipped.len());
    for ((provider, read), (home, shipped)) in read.into_iter().zip(shipped) {
        assert_eq!((provider, &read.key, read.id), (home, &shipped.key, shipped.id));
        assert!(listed::cost_the_same(read, shipped), "{provider}/{}", read.key);
    }
}
