//! `aiusage invoice`.

use std::path::PathBuf;

use aiusage_client::{
    Client, GapCause, GapKind, Invoice, InvoiceComparison, InvoiceFormat, InvoiceRow,
};
use anyhow::Context;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::{named, note};
use crate::cli::figures::{change, count, counted, dollars, range};
use crate::cli::output::{Column, Output};
use crate::cli::times;

/// The most rows that are shown unless all are asked for.
const ROWS_SHOWN: usize = 20;

/// Compare a provider's cost export with the log, by day and model
///
/// The export is CSV with a header (a day, a model, a cost), or what the cost APIs of
/// OpenAI (organization/costs, grouped by line_item) and Anthropic
/// (organizations/cost_report, grouped by description) answer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage invoice costs.csv --provider openai
  aiusage invoice report.json --provider anthropic --all")]
pub(in crate::cli) struct InvoiceArgs {
    /// The export
    file: PathBuf,

    /// The provider, as records report it
    #[arg(long)]
    provider: String,

    /// How the export is written [default: found from the text]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Time zone of the export's days
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = times::zone)]
    time_zone: Tz,

    /// Show every day and model, not just those with the largest gaps
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Openai,
    Anthropic,
}

/// Reads, asks and shows.
pub(in crate::cli) async fn run(
    args: InvoiceArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let format = match args.format {
        None => InvoiceFormat::Any,
        Some(Format::Csv) => InvoiceFormat::Csv,
        Some(Format::Openai) => InvoiceFormat::OpenAi,
        Some(Format::Anthropic) => InvoiceFormat::Anthropic,
    };
    let invoice = Invoice::new(args.provider, text).format(format);
    let found = client.compare_invoice(invoice.time_zone(args.time_zone.name())).await?;
    if output.is_json() {
        output.json(&found);
    } else {
        output.text(&show(&found, args.all, output));
    }
    Ok(())
}

fn show(found: &InvoiceComparison, all: bool, output: &Output) -> String {
    let when = range(found.range, &found.time_zone);
    let mut text = format!(
        "{}\n\nInvoice     {}\nLog         {}\nDifference  {}\n",
        output.strong(&when),
        dollars(found.invoiced),
        dollars(found.recorded),
        change(found.gap)
    );
    if found.other_line_count > 0 {
        let lines = counted(found.other_line_count, "line");
        text += &format!("\nLeft aside: {lines} about no model, such as taxes.\n");
    }
    if found.causes.is_empty() {
        return text + "\nEvery day of every model agrees to the last digit.\n";
    }
    text += &format!("\n{}", causes(&found.causes, output));
    text += &format!("\n{}", rows(&found.rows, all, output));
    text + &note(&found.missing)
}

fn causes(causes: &[GapCause], output: &Output) -> String {
    let columns = [
        Column::Text("Cause"),
        Column::Figure("Difference"),
        Column::Figure("Days and models"),
        Column::Text("What it means"),
    ];
    let row = |cause: &GapCause| {
        let rows = count(cause.row_count);
        [words(cause.kind).to_owned(), change(cause.gap), rows, cause.explanation.clone()]
    };
    output.table(columns, causes.iter().map(row).collect())
}

fn rows(rows: &[InvoiceRow], all: bool, output: &Output) -> String {
    let columns = [
        Column::Text("Day"),
        Column::Text("Model"),
        Column::Figure("Invoice"),
        Column::Figure("Log"),
        Column::Figure("Difference"),
        Column::Text("Cause"),
    ];
    let row = |row: &InvoiceRow| {
        let amount = |amount: Option<_>| amount.map(dollars).unwrap_or_default();
        [
            row.day.clone(),
            named(&row.model),
            amount(row.invoiced),
            amount(row.recorded),
            change(row.gap),
            words(row.kind).to_owned(),
        ]
    };
    let shown = if all { rows.len() } else { ROWS_SHOWN.min(rows.len()) };
    let table = output.table(columns, rows.iter().take(shown).map(row).collect());
    match rows.len() - shown {
        0 => table,
        more => format!("{table}\nand {} more; --all shows them.\n", count(more)),
    }
}

fn words(kind: GapKind) -> &'static str {
    match kind {
        GapKind::None => "",
        GapKind::Unpriced => "no price",
        GapKind::MissingInLog => "not in the log",
        GapKind::MissingInInvoice => "not in the invoice",
        GapKind::Rounding => "rounding",
        GapKind::Tier => "other terms",
        GapKind::DayShift => "on another day",
        GapKind::Part => "a part",
        _ => "other",
    }
}
