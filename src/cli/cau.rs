//! `aiusage cau`.

use aiusage_client::{Cau, CauQuery, Client};
use clap::Args;

use super::figures::{count, dollars, range, unknown_part};
use super::output::{Column, Output};
use super::period::RangeArgs;

/// Cost per active user: total cost / users with at least one record
#[derive(Debug, Args)]
pub(super) struct CauArgs {
    /// Windows of the last N days, today included [default: 7,30,90]
    #[arg(long, value_delimiter = ',', value_name = "N")]
    days: Vec<i32>,

    #[command(flatten)]
    range: RangeArgs,
}

/// Asks and shows.
pub(super) async fn run(args: CauArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut query = CauQuery::new().time_zone(args.range.zone_name());
    let range = args.range.range()?;
    let usual = [7, 30, 90];
    let days = if args.days.is_empty() && range.is_none() { &usual[..] } else { &args.days };
    query = days.iter().fold(query, |query, days| query.days(*days));
    query = range.into_iter().fold(query, CauQuery::range);
    let windows = client.get_cau(query).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "windows": windows }));
    } else {
        output.text(&show(&windows, output));
    }
    Ok(())
}

fn show(windows: &[Cau], output: &Output) -> String {
    let columns = [
        Column::Text("Window"),
        Column::Figure("Cost per active user"),
        Column::Figure("Active users"),
        Column::Figure("Total cost"),
        Column::Text(""),
        Column::Text("Time"),
    ];
    let row = |cau: &Cau| {
        let window = cau.days.map_or_else(|| "range".to_owned(), |days| format!("{days} days"));
        [
            window,
            dollars(cau.cost_per_active_user),
            count(cau.active_user_count),
            dollars(cau.total_cost),
            if cau.is_lower_bound() { "at least" } else { "" }.to_owned(),
            range(cau.range, &cau.time_zone),
        ]
    };
    let mut text = output.table(columns, windows.iter().map(row).collect());
    let unknown = windows.iter().max_by_key(|cau| cau.unpriced_count + cau.partial_count);
    if let Some(part) = unknown.and_then(|cau| unknown_part(cau.unpriced_count, cau.partial_count))
    {
        text += &format!("\nAt least: up to {part}.\n");
    }
    if windows.iter().all(|cau| cau.active_user_count == 0) {
        text += "\nNobody was active. Record a call with `aiusage record`.\n";
    }
    text
}
