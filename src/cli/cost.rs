//! `aiusage cost`.

use std::fmt::Write;

use aiusage_client::{Breakdown, Client, CostBasis, Totals, UserCost, UserCostQuery};
use clap::{Args, ValueEnum};

use super::figures::{count, counted, dollars, dollars_at_least, range, unknown_part};
use super::output::{Column, Output};
use super::period::PeriodArgs;

/// What one user's AI calls cost
#[derive(Debug, Args)]
pub(super) struct CostArgs {
    /// The user, in your own ids
    user: String,

    /// Break the cost down only by these
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    by: Vec<By>,

    /// The costs as they were recorded, without any correction since
    #[arg(long)]
    as_recorded: bool,

    #[command(flatten)]
    period: PeriodArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Feature,
    Provider,
    Model,
    Day,
}

/// Asks and shows.
pub(super) async fn run(args: CostArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = UserCostQuery::new(&args.user).period(args.period.period()?);
    let basis = if args.as_recorded { CostBasis::Recorded } else { CostBasis::Corrected };
    let query = query.cost_basis(basis);
    let cost = client.get_user_cost(query.time_zone(args.period.zone_name())).await?;
    if output.is_json() {
        output.json(&cost);
    } else {
        output.text(&show(&cost, &args.by, output));
    }
    Ok(())
}

fn show(cost: &UserCost, by: &[By], output: &Output) -> String {
    let when = range(cost.range, &cost.time_zone);
    let mut text = format!("{}, {when}\n\n", output.strong(&cost.user_id));
    if cost.totals.request_count == 0 {
        text += "No records. Look at another time with --month, --days or --from and --to, or check\n\
                 that the applications spell the user like this.\n";
        return text;
    }
    text += &show_totals(&cost.totals);
    for by in if by.is_empty() { By::value_variants() } else { by } {
        let (title, parts) = by.part(cost);
        write!(text, "\n{}", show_parts(title, parts, output)).expect("text takes all");
    }
    text
}

impl By {
    fn part(self, cost: &UserCost) -> (&'static str, &[Breakdown]) {
        match self {
            By::Feature => ("Feature", &cost.by_feature),
            By::Provider => ("Provider", &cost.by_provider),
            By::Model => ("Model", &cost.by_model),
            By::Day => ("Day", &cost.by_day),
        }
    }
}

pub(super) fn show_totals(totals: &Totals) -> String {
    let unknown = unknown_part(totals.unpriced_count, totals.partial_count);
    let unknown = unknown.map(|part| format!(" ({part})")).unwrap_or_default();
    format!(
        "Cost      {}{unknown}\nRequests  {}, {} from your own cache, {} failed\nTokens    {} in ({} read from cache, {} written), {} out ({} of reasoning)\n",
        dollars_at_least(totals.cost, totals.is_lower_bound()),
        counted(totals.request_count, "record"),
        count(totals.cached_count),
        count(totals.error_count),
        count(totals.input_tokens),
        count(totals.cache_read_tokens),
        count(totals.cache_write_tokens),
        count(totals.output_tokens),
        count(totals.output_reasoning_tokens),
    )
}

pub(super) fn show_parts(title: &'static str, parts: &[Breakdown], output: &Output) -> String {
    let columns = [
        Column::Text(title),
        Column::Figure("Cost"),
        Column::Figure("Records"),
        Column::Figure("Input tokens"),
        Column::Figure("Output tokens"),
        Column::Text(""),
    ];
    let row = |part: &Breakdown| {
        let totals = &part.totals;
        let key = if part.key.is_empty() { "(none)" } else { &part.key };
        [
            key.to_owned(),
            dollars(totals.cost),
            count(totals.request_count),
            count(totals.input_tokens),
            count(totals.output_tokens),
            if totals.is_lower_bound() { "at least" } else { "" }.to_owned(),
        ]
    };
    output.table(columns, parts.iter().map(row).collect())
}
