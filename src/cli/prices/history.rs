//! `aiusage prices history`.

use aiusage_client::{Client, PriceSet, PriceVersion, PriceVersions, PriceWindow, Rate};
use clap::Args;

use super::{origin_name, price};
use crate::cli::figures::{holds, terms, tier};
use crate::cli::output::{Column, Output};

/// Every version of a model's price there ever was, newest first
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// The provider, spelled as in a record; "" to find it from the model
    provider: String,

    /// The model, spelled as in a record
    model: String,
}

/// Asks and shows.
pub(super) async fn run(args: HistoryArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let versions = client.list_price_versions(args.provider, args.model).await?;
    if output.is_json() {
        output.json(&versions);
    } else {
        output.text(&show(&versions, output));
    }
    Ok(())
}

fn show(history: &PriceVersions, output: &Output) -> String {
    let name = format!("{} {}", history.provider, history.model);
    let head = format!("{}\n\nFound by   {}\n", output.strong(&name), history.resolved_by);
    if history.versions.is_empty() {
        return format!("{head}Price      there never was one\n");
    }
    let versions: Vec<_> = history.versions.iter().map(|v| version(v, output)).collect();
    format!("{head}\n{}", versions.join("\n"))
}

/// One version with its rates.
pub(super) fn version(version: &PriceVersion, output: &Output) -> String {
    let origin = version.origin.map_or("unknown origin", origin_name);
    let now = if version.in_force { ", in force" } else { "" };
    let holds = holds(version.effective_from_time, version.effective_to_time);
    let mut head = format!("{}\n", output.strong(&format!("{origin}, {holds}{now}")));
    if !version.source.is_empty() {
        head += &format!("  {}\n", version.source);
    }
    if version.end {
        return format!("{head}  ends the prices of this origin\n");
    }
    let rows: Vec<_> = version.sets.iter().flat_map(rows).collect();
    let columns = [
        Column::Text("  For"),
        Column::Text("Meter"),
        Column::Figure("Price"),
        Column::Text("Where"),
        Column::Figure("Price set"),
    ];
    head + &output.table(columns, rows)
}

fn rows(set: &PriceSet) -> Vec<[String; 5]> {
    let calls = format!("  {}", calls(set));
    let id = set.price_set_id.map(|id| id.to_string()).unwrap_or_default();
    if set.free {
        return vec![[calls, String::new(), "free".to_owned(), String::new(), id]];
    }
    let row = |(index, rate): (usize, &Rate)| {
        // Said once for all rates of the set.
        let (calls, id) = if index == 0 { (calls.clone(), id.clone()) } else { Default::default() };
        [calls, rate.meter.clone(), price(rate), tier(rate.above_input_tokens), id]
    };
    set.rates.iter().enumerate().map(row).collect()
}

/// The calls that a set is for.
fn calls(set: &PriceSet) -> String {
    let terms = if set.terms.is_empty() { "all calls".to_owned() } else { terms(&set.terms) };
    let hours = set.window.as_ref().map(hours).unwrap_or_default();
    let bounded = set.effective_from_time.is_some() || set.effective_to_time.is_some();
    let times = bounded.then(|| holds(set.effective_from_time, set.effective_to_time));
    let times = times.map(|times| format!(" {times}")).unwrap_or_default();
    format!("{terms}{hours}{times}")
}

fn hours(window: &PriceWindow) -> String {
    let PriceWindow { from_time_of_day, to_time_of_day, time_zone, days, .. } = window;
    let days = if days.is_empty() { String::new() } else { format!(" {}", days.join(",")) };
    format!(" {from_time_of_day}-{to_time_of_day} {time_zone}{days}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aiusage_client::{Decimal, proto};

    use super::*;
    use crate::cli::output::Color;

    fn set(terms: &[(&str, &str)], rate: Rate) -> proto::PriceSet {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let price = proto::Money { amount: rate.price.to_string(), currency_code: String::new() };
        let rate = proto::Rate {
            meter: rate.meter,
            above_input_tokens: rate.above_input_tokens,
            price: Some(price),
            per: rate.per,
        };
        proto::PriceSet {
            price_set_id: 12,
            terms: terms.iter().map(owned).collect::<BTreeMap<_, _>>(),
            rates: vec![rate],
            ..Default::default()
        }
    }

    #[test]
    fn each_version_tells_who_says_so_and_since_when() {
        let input = Rate::per_million("input_tokens", Decimal::new(25, 1));
        let own = proto::PriceVersion {
            origin: proto::PriceOrigin::Tenant.into(),
            source: "contract".to_owned(),
            effective_from_time: Some(prost_types::Timestamp { seconds: 1_793_491_200, nanos: 0 }),
            in_force: true,
            sets: vec![
                set(&[], input.clone()),
                set(&[("service_tier", "flex")], input.above(200_000)),
            ],
            ..Default::default()
        };
        let ended = proto::PriceVersion { end: true, origin: 1, ..Default::default() };
        let answer = proto::ListPriceVersionsResponse {
            provider: "openai".to_owned(),
            model: "gpt-4o".to_owned(),
            resolved_by: "model_key".to_owned(),
            versions: vec![own, ended],
        };
        let history = PriceVersions::try_from(answer).unwrap();
        let expected = "\
openai gpt-4o

Found by   model_key

your own, from 2026-11-01T00:00:00Z, in force
  contract
  For                Meter             Price  Where                       Price set
  all calls          input_tokens  $2.5 / 1M                                     12
  service_tier=flex  input_tokens  $2.5 / 1M  above 200,000 input tokens         12

price list, since ever
  ends the prices of this origin
";
        assert_eq!(show(&history, &Output::new(false, Color::Never)), expected);
    }
}
