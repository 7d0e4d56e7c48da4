//! `aiusage prices show`.

use aiusage_client::{Client, FoundPrice, ModelPrice, PriceOrigin, PriceQuery, Rate};
use chrono_tz::Tz;
use clap::Args;

use super::{origin_name, price, tier};
use crate::cli::figures::holds;
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
    if let Some(at) = times::flag("at", args.at.as_deref(), Tz::UTC)? {
        query = query.effective_time(at);
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
    let holds = holds(price.effective_from_time, price.effective_to_time);
    let head = format!("{head}Holds      {holds}\nPrice set  {price_set}\n{}", source(price));
    if price.free {
        return format!("{head}Price      free\n");
    }
    format!("{head}\n{}", rates(&price.rates, output))
}

/// Who says so, where it is not a price list.
fn source(price: &ModelPrice) -> String {
    match price.origin.filter(|origin| *origin != PriceOrigin::Catalogue) {
        Some(origin) => format!("Source     {}: {}\n", origin_name(origin), price.source),
        None => String::new(),
    }
}

fn rates(rates: &[Rate], output: &Output) -> String {
    let columns = [Column::Text("Meter"), Column::Figure("Price"), Column::Text("Where")];
    let row = |rate: &Rate| [rate.meter.clone(), price(rate), tier(rate.above_input_tokens)];
    output.table(columns, rates.iter().map(row).collect())
}
