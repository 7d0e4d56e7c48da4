//! `aiusage cohorts`.

use aiusage_client::{Client, Cohort, CohortQuery, Cohorts, Decimal};
use clap::{Args, ValueEnum};

use super::figures::{count, dollars, range};
use super::output::{Column, Output};
use super::period::RecentArgs;

/// How spending is spread over users, and over groups of users
#[derive(Debug, Args)]
pub(super) struct CohortsArgs {
    /// What users are put together by
    #[arg(long, value_enum, default_value_t)]
    by: By,

    #[command(flatten)]
    period: RecentArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    /// The plan in the directory
    #[default]
    Plan,
    /// The month of the first record
    FirstMonth,
}

/// Asks and shows.
pub(super) async fn run(args: CohortsArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = match args.by {
        By::Plan => CohortQuery::by_plan(),
        By::FirstMonth => CohortQuery::by_first_month(),
    };
    let query = query.time_zone(args.period.zone_name());
    let query = args.period.period()?.into_iter().fold(query, CohortQuery::period);
    let answer = client.get_cohorts(query).await?;
    if output.is_json() {
        output.json(&answer);
    } else {
        output.text(&show(&answer, args.by, output));
    }
    Ok(())
}

fn show(answer: &Cohorts, by: By, output: &Output) -> String {
    let time = range(answer.range, &answer.time_zone);
    if answer.total.active_user_count == 0 {
        return format!("Nobody was active: {time}.\n");
    }
    let title = match by {
        By::Plan => "Plan",
        By::FirstMonth => "First month",
    };
    let columns = [
        Column::Text(title),
        Column::Figure("Users"),
        Column::Figure("Cost"),
        Column::Figure("Each"),
        Column::Figure("Half at most"),
        Column::Figure("90 % at most"),
        Column::Figure("99 % at most"),
        Column::Figure("Dearest"),
    ];
    let shown = |amount: Option<Decimal>| amount.map(dollars).unwrap_or_default();
    let row = |name: &str, cohort: &Cohort| {
        [
            name.to_owned(),
            count(cohort.active_user_count),
            dollars(cohort.cost),
            dollars(cohort.cost_per_active_user),
            shown(cohort.p50),
            shown(cohort.p90),
            shown(cohort.p99),
            shown(cohort.max),
        ]
    };
    let mut rows: Vec<_> = answer.cohorts.iter().map(|cohort| row(name(cohort), cohort)).collect();
    rows.push(row("All", &answer.total));
    format!("{time}\n\n{}", output.table(columns, rows))
}

fn name(cohort: &Cohort) -> &str {
    if cohort.key.is_empty() { "(none)" } else { &cohort.key }
}
