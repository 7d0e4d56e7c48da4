//! `aiusage anomalies`.

use aiusage_client::{Anomalies, Anomaly, AnomalyQuery, Client};
use clap::Args;

use super::scope::{FilterArgs, TimeArgs};
use super::{named, note};
use crate::cli::figures::{change, dollars, range};
use crate::cli::output::{Column, Output};

/// Days on which a feature or model cost far more or less than it does
#[derive(Debug, Args)]
pub(in crate::cli) struct AnomaliesArgs {
    /// How far a day must lie from the usual: in multiples of how far days do, 2 to 100
    #[arg(long, value_name = "N", default_value_t = 6)]
    sensitivity: i32,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    time: TimeArgs,
}

/// Asks and shows.
pub(in crate::cli) async fn run(
    args: AnomaliesArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let scope = args.time.within(args.filter.scope())?;
    let query = AnomalyQuery::new(scope).sensitivity(args.sensitivity);
    let found = client.list_anomalies(query).await?;
    if output.is_json() {
        output.json(&found);
    } else {
        output.text(&show(&found, output));
    }
    Ok(())
}

fn show(found: &Anomalies, output: &Output) -> String {
    let when = range(found.range, &found.time_zone);
    if found.anomalies.is_empty() {
        let text = format!("No day stands out in {when}.\n\n{}\n", found.method);
        return text + &note(&found.missing);
    }
    let columns = [
        Column::Text("Day"),
        Column::Text("What"),
        Column::Figure("Cost"),
        Column::Figure("Usually"),
        Column::Figure("Difference"),
        Column::Figure("Deviations"),
        Column::Text("Why"),
    ];
    let row = |one: &Anomaly| {
        let what = match one.what {
            "all" => "all together".to_owned(),
            kind => format!("{kind} {}", named(&one.key)),
        };
        [
            one.day.clone(),
            what,
            dollars(one.cost),
            dollars(one.usual_cost),
            change(one.difference),
            one.deviations.to_string(),
            one.explanation.clone(),
        ]
    };
    let table = output.table(columns, found.anomalies.iter().map(row).collect());
    format!("{}\n\n{table}", output.strong(&when)) + &note(&found.missing)
}
