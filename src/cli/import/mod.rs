//! `aiusage import`: a file's lines become records, each once.
//!
//! ```text
//!  file ─rows─▶ columns ─fields─▶ record (+ id) ─▶ batch stream
//!     a thread of its own, bounded channel          │
//!                  report ◀─ refused lines ─────────┘
//! ```

mod columns;
mod fields;
mod ids;
mod progress;
mod reader;
mod report;
mod rows;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use aiusage_client::{ChunkReport, Client};
use anyhow::Context;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use tokio_stream::wrappers::ReceiverStream;

use self::columns::Columns;
use self::progress::Progress;
use self::reader::Reader;
use self::report::{Refusal, Report};
use super::failure::Usage;
use super::output::Output;
use super::record::pair;
use super::times;

/// Records read ahead of those that are sent.
const READ_AHEAD: usize = 1_000;

/// Record the lines of a CSV or JSON lines file, each once
///
/// Importing a file again adds nothing: a line without a record_id gets one made
/// of its time, its content and its number among lines that are alike. A line that
/// was changed since is another record; the same line under another --map is
/// refused, not counted twice.
///
/// Columns are found by the names of the record's fields, such as user_id,
/// feature, provider, model, input_tokens, output_tokens, event_time, tags.team,
/// and by usual other names, such as timestamp, prompt_tokens or latency_ms.
/// Exits with 1 if any line was refused; the others are stored.
#[derive(Debug, Args)]
#[command(after_help = fields::help())]
pub(super) struct ImportArgs {
    /// The file; - reads standard input
    file: PathBuf,

    /// What is in it; without this, the name's ending tells
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Take a field of the record from a column of another name
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    maps: Vec<(String, String)>,

    /// Give every record this value, whatever the line says
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    constants: Vec<(String, String)>,

    /// Time zone of times that do not name their own
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = times::zone)]
    time_zone: Tz,

    /// Write every refused line with its reason here, as CSV
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

/// What a file has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object on each line
    Jsonl,
}

/// Imports, reports and says whether every line was taken.
pub(super) async fn run(
    args: ImportArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let columns = Columns::new(&args.maps, &args.constants).map_err(Usage)?;
    let progress = Progress::new();
    let rows = rows::open(&args.file, format(&args)?, &progress, &columns)?;
    let report = Arc::new(Report::create(args.refused.as_deref())?);

    let (records, received) = tokio::sync::mpsc::channel(READ_AHEAD);
    let (lines, line_numbers) = mpsc::channel();
    let reader =
        Reader { columns, zone: args.time_zone, records, lines, report: Arc::clone(&report) };
    let reading = std::thread::spawn(move || reader.read(rows));

    let mut batch = client.record_stream(ReceiverStream::new(received));
    let mut outcome = Ok(());
    loop {
        match batch.next().await {
            Ok(Some(chunk)) => settle(&chunk, &line_numbers, &report)?,
            Ok(None) => break,
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
        progress.show(report.counts());
    }
    progress.end();
    // After an error the reader may still wait for its input: let it be.
    let read = match outcome {
        Ok(()) => reading.join().expect("the reader does not panic"),
        Err(_) => Ok(()),
    };
    report.show(output, began.elapsed(), args.refused.as_deref())?;
    read?;
    outcome.context("the import stopped; run it again to go on: what is stored counts once")?;
    Ok(if report.counts().refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Counts a chunk's answer, and matches what was refused with its line.
fn settle(chunk: &ChunkReport, lines: &mpsc::Receiver<u64>, report: &Report) -> anyhow::Result<()> {
    let mut refused = chunk.refused.iter().peekable();
    for position in chunk.first_position..chunk.first_position + chunk.record_count {
        let line = lines.recv().expect("each record's line is sent before the record");
        if let Some(record) = refused.next_if(|record| record.position == position) {
            report.refuse(&Refusal::of_service(line, record))?;
        }
    }
    report.stored(chunk.stored_count, chunk.duplicate_count);
    Ok(())
}

fn format(args: &ImportArgs) -> Result<Format, Usage> {
    let by_name = || match args.file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    };
    args.format.or_else(by_name).ok_or_else(|| {
        let name = args.file.display();
        Usage(format!("{name} does not tell its format: add --format csv or --format jsonl"))
    })
}

/// Whether standard input is meant.
fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}
