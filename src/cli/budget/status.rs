//! `aiusage budget status`.

use aiusage_client::{BudgetStatus, BudgetStatusQuery, Client};
use clap::Args;

use super::standing;
use crate::cli::output::Output;

/// How budgets stand: used, reserved, left, and when they run out
///
/// Budgets that hold each user alone are shown for one user, with --user, or one by
/// its name, for every user who used something.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    which: WhichArgs,
}

/// Which budgets.
#[derive(Debug, Args)]
pub(super) struct WhichArgs {
    /// Only this budget [default: all]
    #[arg(default_value = "", hide_default_value = true)]
    budget: String,

    /// Only budgets that apply to this user
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    user: String,
}

impl WhichArgs {
    /// The question.
    pub(super) fn query(&self) -> BudgetStatusQuery {
        BudgetStatusQuery::new().budget(&self.budget).user(&self.user)
    }
}

/// Asks and shows.
pub(super) async fn run(args: StatusArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let statuses = client.budget_statuses(args.which.query()).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "statuses": statuses }));
    } else {
        output.text(&show(&statuses, output));
    }
    Ok(())
}

/// The table, or why there is none.
pub(super) fn show(statuses: &[BudgetStatus], output: &Output) -> String {
    if statuses.is_empty() {
        return "No budget to show. `aiusage budget list` lists all; those that hold each user \
                alone\nare shown with --user, or by their name.\n"
            .to_owned();
    }
    standing::table(statuses, output)
}
