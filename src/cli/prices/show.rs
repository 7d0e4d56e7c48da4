//! `aiusage prices show`.

use aiusage_client::{Client, FoundPrice, PriceQuery, Rate};
use chrono_tz::Tz;
use clap::Args;

use super::price;
use crate::cli::failure::Usage;
use crate::cli::figures::{count, time};
use crate::cli::output::{Column, Output};
use crate::cli::record::pair;
use crate::cli::times;

/// The price of one model, by any name that records may carry
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The provider, spelled as in a record; "" to find it from the model
    provider: String,

    /// The model, spelled as in a record
    model: String,

    /// The price that held at this time; UTC unless it says otherwise
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// A term that the price depends on, such as service_tier=flex
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    price_context: Vec<(String, String)>,
}

/// Asks and shows.
pub(super) async fn run(args: ShowArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut query = PriceQuery::new(args.provider, args.model);
    if let Some(at) = &args.at {
        let time =
            times::parse(at, Tz::UTC).map_err(|error| Usage(format!("--at {at:?} {error}")))?;
        query = query.effective_time(time);
    }
    for (key, value) in args.price_context {
        query = query.price_context(key, value);
    }
    let found = client.get_price(query).await?;
    if output.is_json() {
        output.json(&found);
    } else {
        output.text(&show(&found, output));
    }
    Ok(())
}

fn show(found: &FoundPrice, output: &Output) -> String {
    let price = &found.price;
    let name = format!("{} {}", price.provider, price.model);
    let head = format!("{}\n\nFound by   {}\n", output.strong(&name), found.resolved_by);
    let Some(price_set) = price.price_set_id else {
        return format!("{head}Price      none at this time\n");
    };
    let from = price
        .effective_from_time
        .map_or_else(|| "since ever".to_owned(), |t| format!("from {}", time(t)));
    let to = price.effective_to_time.map(|t| format!(" until {}", time(t))).unwrap_or_default();
    let head = format!("{head}Holds      {from}{to}\nPrice set  {price_set}\n");
    if price.free {
        return format!("{head}Price      free\n");
    }
    format!("{head}\n{}", rates(&price.rates, output))
}

fn rates(rates: &[Rate], output: &Output) -> String {
    let columns = [Column::Text("Meter"), Column::Figure("Price"), Column::Text("Where")];
    let row = |rate: &Rate| {
        let tier = |tokens| format!("above {} input tokens", count(tokens));
        [rate.meter.clone(), price(rate), rate.above_input_tokens.map(tier).unwrap_or_default()]
    };
    output.table(columns, rates.iter().map(row).collect())
}
