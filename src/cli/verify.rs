//! `aiusage verify`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::app;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::store::Pool;
use crate::store::budgets::{self, Count};
use crate::store::verify::{self, Difference, Extent};

/// Compare the log with all summaries and budget counters, to the last digit.
///
/// Exits with 1 when anything differs. Safe beside a running service.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Count the budgets anew whose counters differ, and compare again
    #[arg(long)]
    repair: bool,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Verifies.
pub(super) async fn run(args: VerifyArgs, output: &Output) -> anyhow::Result<ExitCode> {
    let database = args.database.existing()?;
    let (extent, differences) = app::with_database(&database, async |pool| {
        if !verify::is_there(&pool).await? {
            bail!(
                "this database has no ledger yet; `aiusage serve` or `aiusage migrate` makes one"
            );
        }
        let mut differences = verify::differences(&pool).await?;
        if args.repair && repair(&pool, &differences).await? {
            differences = verify::differences(&pool).await?;
        }
        Ok((verify::extent(&pool).await?, differences))
    })
    .await?;
    show(output, extent, &differences);
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Counts budgets anew, and says whether any was wrong. What budgets count is moved by
/// every record meanwhile, as when they are made.
async fn repair(pool: &Pool, differences: &[Difference]) -> anyhow::Result<bool> {
    let wrong: BTreeSet<(TenantId, i32)> =
        differences.iter().filter_map(Difference::budget).collect();
    for (tenant, budget_no) in &wrong {
        budgets::recount(pool, *tenant, *budget_no).await?;
        let now = Clock::system().now();
        // Where a service was quicker it counts, and this waits for nobody.
        if let Some(count) = Count::begin(pool, *tenant, *budget_no, now).await? {
            count.finish(now).await?;
        }
    }
    Ok(!wrong.is_empty())
}

fn show(output: &Output, extent: Extent, differences: &[Difference]) {
    if output.is_json() {
        let rows: Vec<_> = differences
            .iter()
            .map(
                |row| json!({"summary": row.summary, "source": row.source, "content": row.content}),
            )
            .collect();
        return output.json(&json!({
            "record_count": extent.record_count,
            "summary_count": extent.summary_count,
            "differences": rows,
        }));
    }
    let Extent { record_count, summary_count } = extent;
    if differences.is_empty() {
        output.text(&format!("Clean: {record_count} records of the log make up the {summary_count} rows of its summaries.\n"));
        return;
    }
    output.text("The log and its summaries differ:\n");
    for row in differences {
        let side = if row.source == "log" { "the log says   " } else { "the summary has" };
        output.text(&format!("  {}  {side}  {}\n", row.summary, row.content));
    }
}
