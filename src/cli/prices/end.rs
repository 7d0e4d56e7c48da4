//! `aiusage prices end`.

use aiusage_client::{Client, EndedPrice, PriceEnd};
use chrono_tz::Tz;
use clap::Args;

use super::{origin_name, price};
use crate::cli::figures::tier;
use crate::cli::output::{Column, Output};
use crate::cli::times;

/// End a model's price: your own, or with --public everybody's
///
/// From then on what lies under it counts: under your own price the public one,
/// under the operator's the price list's, and under that nothing, so that records
/// are stored without a cost.
#[derive(Debug, Args)]
pub(super) struct EndArgs {
    /// The provider: its key, or a name that records carry
    provider: String,

    /// The model: its key, or a name that records carry
    model: String,

    /// Why, or where that is said
    #[arg(long, value_name = "TEXT")]
    source: String,

    /// First time at which it does not hold any more [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// The price of everybody, not that of your tenant; takes a key of the operator
    #[arg(long)]
    public: bool,

    /// Check everything, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Ends the price and shows what holds from then on.
pub(super) async fn run(args: EndArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut end = PriceEnd::new(args.provider, args.model, args.source).public(args.public);
    if let Some(at) = times::flag("at", args.at.as_deref(), Tz::UTC)? {
        end = end.end_time(at);
    }
    let ended = client.end_price(end.validate_only(args.dry_run)).await?;
    if output.is_json() {
        output.json(&ended);
    } else {
        output.text(&show(&ended, args.dry_run, output));
    }
    Ok(())
}

fn show(ended: &EndedPrice, dry_run: bool, output: &Output) -> String {
    let name = output.strong(&format!("{} {}", ended.provider, ended.model));
    let done = if dry_run { "would end" } else { "ended" };
    let Some(next) = &ended.price else {
        if dry_run {
            // What holds then is only worked out when the price really ends.
            return format!("The price of {name} {done}. A dry run: nothing was changed.\n");
        }
        return format!(
            "The price of {name} {done}. No other price holds from then on: its records are \
             stored without a cost.\n"
        );
    };
    let origin = next.origin.map_or("unknown origin", origin_name);
    let columns = [Column::Text("Meter"), Column::Figure("Price"), Column::Text("Where")];
    let row = |rate: &aiusage_client::Rate| {
        [rate.meter.clone(), price(rate), tier(rate.above_input_tokens)]
    };
    let rates = match next.free {
        true => "free\n".to_owned(),
        false => output.table(columns, next.rates.iter().map(row).collect()),
    };
    format!("The price of {name} {done}. From then on ({origin}: {}):\n\n{rates}", next.source)
}
