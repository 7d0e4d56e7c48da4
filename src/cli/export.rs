//! `aiusage export`.

use std::path::{Path, PathBuf};

use aiusage_client::{Client, ExportFormat, ExportPart, LogQuery};
use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::failure::Usage;
use super::figures::count;
use super::log::FilterArgs;
use super::output::Output;
use super::period::RecentArgs;
use super::spinner::draw_target;

/// Write the recorded calls to a file, newest first
///
/// The file takes its name when it is whole; until then it is FILE.part. What of the log is not
/// kept any more is said on standard error. Amounts are exact decimals. What a spreadsheet could take for a formula begins with an apostrophe in CSV.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage export usage.csv --days 90
  aiusage export ada.xlsx --user ada --month 2026-11
  aiusage export limits.jsonl --search 'rate limit'")]
pub(super) struct ExportArgs {
    /// The file: .csv, .jsonl or .xlsx says how it is written
    file: PathBuf,

    /// How it is written, whatever its name says
    #[arg(long, value_enum)]
    format: Option<FormatArg>,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    period: RecentArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// Comma-separated values
    Csv,
    /// One JSON object for each line
    Jsonl,
    /// An Excel workbook
    Xlsx,
}

impl ExportArgs {
    fn format(&self) -> Result<ExportFormat, Usage> {
        let extension = self.file.extension().and_then(|extension| extension.to_str());
        match (self.format, extension.unwrap_or_default()) {
            (Some(FormatArg::Csv), _) | (None, "csv") => Ok(ExportFormat::Csv),
            (Some(FormatArg::Jsonl), _) | (None, "jsonl" | "ndjson") => Ok(ExportFormat::JsonLines),
            (Some(FormatArg::Xlsx), _) | (None, "xlsx") => Ok(ExportFormat::Excel),
            (None, _) => Err(Usage(
                "the file's name must end in .csv, .jsonl or .xlsx, or say --format".to_owned(),
            )),
        }
    }
}

/// Writes the file, and says what is in it.
pub(super) async fn run(args: ExportArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let format = args.format()?;
    let (file, part) = (args.file.clone(), part_of(&args.file));
    let query = args.filter.query();
    let query = query.time_zone(args.period.zone_name());
    let period = args.period.period()?;
    let query = period.into_iter().fold(query, LogQuery::period);
    let mut export = client.export_usage(query, format).await?;
    let cannot = || format!("cannot write {}", part.display());
    let mut out = tokio::fs::File::create(&part).await.with_context(cannot)?;
    let bar = bar();
    let mut rows = 0;
    while let Some(ExportPart { data, row_count, total_row_count }) = export.next().await? {
        out.write_all(&data).await.with_context(cannot)?;
        rows = row_count;
        bar.set_length(u64::try_from(total_row_count.unwrap_or(row_count)).unwrap_or_default());
        bar.set_position(u64::try_from(row_count).unwrap_or_default());
    }
    out.sync_all().await.with_context(cannot)?;
    bar.finish_and_clear();
    tokio::fs::rename(&part, &file)
        .await
        .with_context(|| format!("cannot name {}", file.display()))?;
    let coverage = export.coverage();
    if let Some(coverage) = coverage.filter(|coverage| !coverage.complete) {
        output.aside(&coverage.explanation);
    }
    if output.is_json() {
        let answer = json!({ "file": file, "record_count": rows, "coverage": coverage });
        output.json(&answer);
    } else {
        output.text(&format!("{} records in {}\n", count(rows), file.display()));
    }
    Ok(())
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn bar() -> ProgressBar {
    let template = "{bar:30} {percent:>3} %  {human_pos} records  {elapsed}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is right");
    ProgressBar::with_draw_target(None, draw_target()).with_style(style)
}
