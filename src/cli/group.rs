//! `aiusage job` and `aiusage session`.

use std::fmt::Write;

use aiusage_client::{Client, GroupCost, Rest};
use clap::Args;

use super::cost::{show_parts, show_totals};
use super::figures::{count, dollars, time};
use super::output::Output;

/// What one background job cost, by function, model and user
#[derive(Debug, Args)]
pub(super) struct JobArgs {
    /// The job, as records name it
    job: String,
}

/// What one session cost, by function, model and user
#[derive(Debug, Args)]
pub(super) struct SessionArgs {
    /// The session, as records name it
    session: String,
}

/// Asks and shows.
pub(super) async fn run_job(args: JobArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let cost = client.get_job_cost(&args.job).await?;
    answer("Job", &args.job, &cost, output);
    Ok(())
}

/// Asks and shows.
pub(super) async fn run_session(
    args: SessionArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let cost = client.get_session_cost(&args.session).await?;
    answer("Session", &args.session, &cost, output);
    Ok(())
}

fn answer(what: &str, id: &str, cost: &GroupCost, output: &Output) {
    if output.is_json() {
        output.json(cost);
    } else {
        output.text(&show(what, id, cost, output));
    }
}

fn show(what: &str, id: &str, cost: &GroupCost, output: &Output) -> String {
    let mut text = output.strong(&format!("{what} {id}"));
    let Some((first, last)) = cost.first_event_time.zip(cost.last_event_time) else {
        text += "\n\nNo records. Check that the applications spell it like this.\n";
        return text + &missing(cost);
    };
    write!(text, ", {} to {}\n\n", time(first), time(last)).expect("text takes all");
    text += &show_totals(&cost.totals);
    let parts = [
        ("Function", &cost.by_function, &cost.function_rest),
        ("Model", &cost.by_model, &cost.model_rest),
        ("User", &cost.by_user, &cost.user_rest),
    ];
    for (title, parts, rest) in parts {
        write!(text, "\n{}", show_parts(title, parts, output)).expect("text takes all");
        text += &rest.as_ref().map(show_rest).unwrap_or_default();
    }
    text + &missing(cost)
}

fn show_rest(Rest { count: keys, totals, .. }: &Rest) -> String {
    let (keys, requests, cost) = (count(*keys), count(totals.request_count), dollars(totals.cost));
    format!("and {keys} more: {requests} records, {cost}\n")
}

fn missing(cost: &GroupCost) -> String {
    let explanation = &cost.coverage.explanation;
    if explanation.is_empty() { String::new() } else { format!("\n{explanation}\n") }
}
