//! `aiusage repricings`.

use aiusage_client::{Client, PageQuery, Repricing, RepricingReport, Uuid};
use clap::Args;

use super::difference;
use crate::cli::figures::{change, count, range, time};
use crate::cli::output::{Column, Output};
use crate::cli::pages;

/// What was priced anew: by whom, why and when; or one with its difference
#[derive(Debug, Args)]
pub(in crate::cli) struct RepricingsArgs {
    /// Show this one
    id: Option<Uuid>,

    /// Show every row of the difference, not just the largest
    #[arg(long, requires = "id")]
    all: bool,
}

/// Asks and shows.
pub(in crate::cli) async fn run(
    args: RepricingsArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    match args.id {
        Some(id) => one(&client.get_repricing(id).await?, args.all, output),
        None => list(client, output).await?,
    }
    Ok(())
}

fn one(report: &RepricingReport, all: bool, output: &Output) {
    if output.is_json() {
        return output.json(report);
    }
    let repricing = &report.repricing;
    let mut text = difference::totals(repricing, false, output);
    text += &format!("State     {}\n", state(repricing));
    if !repricing.reason.is_empty() {
        text += &format!("Why       {}\n", repricing.reason);
    }
    text += &format!("Asked by  {}\n", who(repricing));
    if let Some(difference) = &report.difference {
        text += &difference::show(difference, all, output);
    }
    output.text(&text);
}

async fn list(client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = PageQuery::new().page_size(pages::PAGE_SIZE);
    let page = async |token| {
        let page = client.list_repricings(query.clone().page_token(token)).await?;
        Ok((page.repricings, page.next_page_token))
    };
    let repricings = pages::all(page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "repricings": repricings }));
    } else {
        output.text(&show(&repricings, output));
    }
    Ok(())
}

fn show(repricings: &[Repricing], output: &Output) -> String {
    if repricings.is_empty() {
        return "Nothing was ever priced anew.\n".to_owned();
    }
    let columns = [
        Column::Text("Repricing"),
        Column::Text("Asked"),
        Column::Text("Time"),
        Column::Figure("Changed"),
        Column::Figure("By"),
        Column::Text("State"),
        Column::Text("Why"),
    ];
    let row = |repricing: &Repricing| {
        [
            repricing.repricing_id.map(|id| id.to_string()).unwrap_or_default(),
            repricing.create_time.map(time).unwrap_or_default(),
            range(repricing.range, "UTC"),
            count(repricing.revised_count),
            change(repricing.change()),
            state(repricing).to_owned(),
            why(repricing),
        ]
    };
    let table = output.table(columns, repricings.iter().map(row).collect());
    format!("{table}\nWhat one changed: aiusage repricings REPRICING\n")
}

fn state(repricing: &Repricing) -> &'static str {
    match (repricing.done, repricing.error.is_empty()) {
        (_, false) => "failed",
        (true, true) => "done",
        (false, true) => "under way",
    }
}

fn who(repricing: &Repricing) -> String {
    match repricing.created_by.as_str() {
        "" => "the service itself".to_owned(),
        key => format!("key {key}"),
    }
}

fn why(repricing: &Repricing) -> String {
    match (repricing.reason.is_empty(), repricing.unpriced_only) {
        (true, true) => "a price became known".to_owned(),
        _ => repricing.reason.clone(),
    }
}
