//! `aiusage economics`.

use aiusage_client::{Client, Decimal, Economics, EconomicsQuery, UnitEconomics};
use clap::Args;

use super::figures::{count, dollars, range};
use super::output::{Column, Output};
use super::period::RecentArgs;

/// What users bring in against what they cost
#[derive(Debug, Args)]
pub(super) struct EconomicsArgs {
    /// The most users: those with the least margin
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: i32,

    #[command(flatten)]
    period: RecentArgs,
}

/// Asks and shows.
pub(super) async fn run(
    args: EconomicsArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let query = EconomicsQuery::new().top(args.top).time_zone(args.period.zone_name());
    let query = args.period.period()?.into_iter().fold(query, EconomicsQuery::period);
    let answer = client.get_unit_economics(query).await?;
    if output.is_json() {
        output.json(&answer);
    } else {
        output.text(&show(&answer, output));
    }
    Ok(())
}

fn show(answer: &Economics, output: &Output) -> String {
    let time = range(answer.range, &answer.time_zone);
    if answer.total.user_count == 0 {
        return format!(
            "No users: {time}. Keep one: aiusage users set USER --monthly-revenue 20\n"
        );
    }
    let mut plans: Vec<_> = answer.by_plan.iter().map(|plan| row(name(plan), plan)).collect();
    plans.push(row("All", &answer.total));
    let plans = output.table(columns("Plan"), plans);
    let users = output
        .table(columns("User"), answer.users.iter().map(|user| row(&user.key, user)).collect());
    format!("{time}\n\n{plans}\n{users}")
}

fn columns(title: &'static str) -> [Column; 7] {
    [
        Column::Text(title),
        Column::Figure("Users"),
        Column::Figure("Revenue"),
        Column::Figure("Cost"),
        Column::Figure("Margin"),
        Column::Figure("%"),
        Column::Figure("LTV : CAC"),
    ]
}

fn name(plan: &UnitEconomics) -> &str {
    if plan.key.is_empty() { "(none)" } else { &plan.key }
}

fn row(name: &str, one: &UnitEconomics) -> [String; 7] {
    let shown = |figure: Option<Decimal>| figure.map(|f| f.to_string()).unwrap_or_default();
    [
        name.to_owned(),
        count(one.user_count),
        dollars(one.revenue),
        dollars(one.cost),
        dollars(one.margin),
        shown(one.margin_percent),
        shown(one.ltv_to_cac),
    ]
}
