//! `aiusage budget watch`.

use std::time::Duration;

use aiusage_client::Client;
use chrono::SubsecRound;
use clap::Args;
use tokio::time::MissedTickBehavior;

use super::status::{WhichArgs, show};
use crate::cli::figures::time;
use crate::cli::output::Output;
use crate::cli::times;
use crate::clock::Clock;

/// How budgets stand, again and again, until Ctrl-C
///
/// With --json, each look is one line.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// Time from one look to the next, such as 2s or 1m
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = times::duration)]
    interval: Duration,
}

/// Looks until Ctrl-C, or until nobody reads any more.
pub(super) async fn run(args: WatchArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(args.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    while !output.is_closed() {
        let look = async {
            ticks.tick().await;
            client.budget_statuses(args.which.query()).await
        };
        let statuses = tokio::select! {
            interrupted = &mut interrupt => return Ok(interrupted?),
            statuses = look => statuses?,
        };
        let now = time(Clock::system().now().trunc_subsecs(0).into());
        if output.is_json() {
            output.json_line(&serde_json::json!({ "time": now, "statuses": statuses }));
        } else {
            output.redraw(&format!("{now}\n\n{}", show(&statuses, output)));
        }
    }
    Ok(())
}
