//! `aiusage budget delete`.

use aiusage_client::Client;
use clap::Args;

use crate::cli::output::Output;

/// Delete a budget; what was recorded stays
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The budget
    budget: String,

    /// Only say whether it could be deleted
    #[arg(long)]
    dry_run: bool,
}

/// Deletes it and says so.
pub(super) async fn run(args: DeleteArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let DeleteArgs { budget, dry_run } = args;
    client.delete_budget(&budget, dry_run).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "budget_id": budget, "deleted": !dry_run }));
    } else if dry_run {
        output.text(&format!("A dry run, nothing was deleted: {}\n", output.strong(&budget)));
    } else {
        output.text(&format!("Deleted {}\n", output.strong(&budget)));
    }
    Ok(())
}
