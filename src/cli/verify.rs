//! `aiusage verify`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::app;
use crate::store::verify::{self, Difference, Extent};

/// Compare the log with all summaries, to the last digit.
///
/// Exits with 1 when anything differs. Safe beside a running service.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
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
        Ok((verify::extent(&pool).await?, verify::differences(&pool).await?))
    })
    .await?;
    show(output, extent, &differences);
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
