//! `aiusage prices list`.

use aiusage_client::{Client, ModelPrice, PriceListQuery, PriceOrigin, Rate};
use chrono_tz::Tz;
use clap::Args;

use super::{origin_name, price};
use crate::cli::figures::counted;
use crate::cli::output::{Column, Output};
use crate::cli::{pages, times};

/// The models of the price list with their prices
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this provider, by its key, such as openai
    #[arg(long, default_value = "", hide_default_value = true)]
    provider: String,

    /// Only models whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    model: String,

    /// The prices that held at this time; UTC unless it says otherwise
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// Asks page by page and shows all.
pub(super) async fn run(args: ListArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut query = PriceListQuery::new().provider(args.provider).model_contains(args.model);
    query = query.page_size(pages::PAGE_SIZE);
    if let Some(at) = times::flag("at", args.at.as_deref(), Tz::UTC)? {
        query = query.effective_time(at);
    }
    let page = async |token| {
        let page = client.list_prices(query.clone().page_token(token)).await?;
        Ok((page.prices, page.next_page_token))
    };
    let prices = pages::all(page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "prices": prices }));
    } else {
        output.text(&show(&prices, output));
    }
    Ok(())
}

fn show(prices: &[ModelPrice], output: &Output) -> String {
    if prices.is_empty() {
        return "No model of the price list is like that. Try fewer filters.\n".to_owned();
    }
    let columns = [
        Column::Text("Provider"),
        Column::Text("Model"),
        Column::Figure("Input"),
        Column::Figure("Output"),
        Column::Figure("Cache read"),
        Column::Text("More"),
    ];
    let table = output.table(columns, prices.iter().map(row).collect());
    let models =
        i64::try_from(prices.len()).map(|count| counted(count, "model")).unwrap_or_default();
    format!("{table}\n{models}. All rates of one: aiusage prices show PROVIDER MODEL\n")
}

const SHOWN: [&str; 3] = ["input_tokens", "output_tokens", "cache_read_tokens"];

fn row(model: &ModelPrice) -> [String; 6] {
    let [input, output, cache_read] = SHOWN.map(|meter| cell(model, meter));
    let shown =
        |rate: &Rate| SHOWN.contains(&rate.meter.as_str()) && rate.above_input_tokens.is_none();
    let hidden =
        i64::try_from(model.rates.iter().filter(|rate| !shown(rate)).count()).unwrap_or(i64::MAX);
    let mut more = match (model.free, model.price_set_id) {
        (true, _) => "free".to_owned(),
        (false, None) => "no price at this time".to_owned(),
        (false, Some(_)) if hidden > 0 => format!("+ {}", counted(hidden, "rate")),
        _ => String::new(),
    };
    if let Some(origin) = model.origin.filter(|origin| *origin != PriceOrigin::Catalogue) {
        let separator = if more.is_empty() { "" } else { ", " };
        more = format!("{}{separator}{more}", origin_name(origin));
    }
    [model.provider.clone(), model.model.clone(), input, output, cache_read, more]
}

fn cell(model: &ModelPrice, meter: &str) -> String {
    let rate =
        model.rates.iter().find(|rate| rate.meter == meter && rate.above_input_tokens.is_none());
    rate.map(price).unwrap_or_default()
}
