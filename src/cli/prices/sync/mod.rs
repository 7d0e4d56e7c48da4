//! `aiusage prices sync`.

mod differences;

use aiusage_client::{
    PriceDifference, PriceListFormat, PriceSync, SyncEvent, SyncPrices, SyncReport, SyncSummary,
};
use anyhow::bail;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::source;
use crate::cli::connection::ConnectionArgs;
use crate::cli::failure::Usage;
use crate::cli::figures::{count, counted};
use crate::cli::output::Output;
use crate::cli::spinner::Spinner;
use crate::cli::{shell, times};

/// Bring a price list in: a file, or an address that this command fetches
///
/// New and changed prices hold from now on, or from --from on. Models that the list
/// lacks are kept, and what looks like a mistake is refused until it is accepted by
/// name. The service checks and applies a list as a whole, or not at all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage prices sync https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/data.json \\
      --dry-run
  aiusage prices sync prices.csv --from 2026-12-01 --accept openai/gpt-4o")]
pub(super) struct SyncArgs {
    /// A file, an https address, or - for standard input
    source: String,

    /// What it is written in; without this, told from its name and content
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The list's version, for the record
    #[arg(long, value_name = "VERSION")]
    list_version: Option<String>,

    /// Take this model's change although it looks like a mistake or belongs to
    /// another price list
    #[arg(long, value_name = "PROVIDER/MODEL")]
    accept: Vec<String>,

    /// From when on changes hold that the list does not date [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Compare everything, change nothing
    #[arg(long)]
    dry_run: bool,

    /// Show every difference, not just the first of each kind
    #[arg(long)]
    all: bool,
}

/// What a price list is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The data file of genai-prices
    GenaiPrices,
    /// The price file of litellm
    Litellm,
    /// A provider's file, as `aiusage prices convert` writes it
    Toml,
    /// CSV, one rate a line
    Csv,
    /// A JSON list of objects with the columns of the CSV form
    Json,
}

impl From<Format> for PriceListFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::GenaiPrices => PriceListFormat::GenaiPrices,
            Format::Litellm => PriceListFormat::Litellm,
            Format::Toml => PriceListFormat::Toml,
            Format::Csv => PriceListFormat::Csv,
            Format::Json => PriceListFormat::Json,
        }
    }
}

/// Reads the list, sends it and shows what differs.
pub(super) async fn run(
    args: SyncArgs,
    connection: &ConnectionArgs,
    output: &Output,
) -> anyhow::Result<()> {
    let client = connection.client()?;
    let options = args.options()?;
    let spinner = Spinner::new();
    spinner.say(format!("reading {}", args.source));
    let file = source::read(&args.source)?;
    let report = follow(client.sync_prices(options, file), &spinner).await?;
    drop(spinner);
    if output.is_json() {
        output.json(&report);
    } else {
        output.text(&show(&args, &report, connection, output));
    }
    Ok(())
}

async fn follow(mut sync: PriceSync, spinner: &Spinner) -> anyhow::Result<SyncReport> {
    let mut differences = Vec::new();
    while let Some(event) = sync.next().await? {
        match event {
            SyncEvent::Progress(progress) => {
                let received = count(progress.received_bytes);
                spinner.say(format!("{}, {received} bytes", progress.stage));
            }
            SyncEvent::Difference(difference) => differences.push(difference),
            SyncEvent::Summary(summary) => return Ok(SyncReport::new(differences, summary)),
        }
    }
    bail!("the service ended without a summary")
}

impl SyncArgs {
    fn options(&self) -> Result<SyncPrices, Usage> {
        let name = if self.source == "-" { "standard input" } else { &self.source };
        let mut options = SyncPrices::new(name).validate_only(self.dry_run);
        if let Some(format) = self.format {
            options = options.format(format.into());
        }
        if let Some(version) = &self.list_version {
            options = options.version(version);
        }
        if let Some(from) = times::flag("from", self.from.as_deref(), Tz::UTC)? {
            options = options.effective_from_time(from);
        }
        Ok(self.accept.iter().fold(options, SyncPrices::accept))
    }

    /// The words of the command that does what a dry run showed.
    fn applying(&self, connection: &ConnectionArgs) -> String {
        let mut words = vec!["aiusage", "prices", "sync", &self.source];
        let format = self.format.and_then(|format| format.to_possible_value());
        let format = format.as_ref().map(|format| format.get_name());
        let flags = [
            ("--format", format),
            ("--list-version", self.list_version.as_deref()),
            ("--from", self.from.as_deref()),
            ("--address", connection.address()),
        ];
        for (flag, value) in flags {
            words.extend(value.into_iter().flat_map(|value| [flag, value]));
        }
        words.extend(self.accept.iter().flat_map(|model| ["--accept", model]));
        shell::command(words)
    }
}

fn show(
    args: &SyncArgs,
    report: &SyncReport,
    connection: &ConnectionArgs,
    output: &Output,
) -> String {
    let summary = &report.summary;
    let mut text = differences::show(&report.differences, args.all, output);
    text += &counts(summary);
    text += &acceptance(args, report);
    let changes = summary.new_count + summary.changed_count + summary.ended_count > 0;
    let end = match (args.dry_run, summary.applied) {
        (true, _) if changes => {
            format!(
                "A dry run: nothing was changed. To apply it:\n  {}\n",
                args.applying(connection)
            )
        }
        (_, true) => "Applied.\n".to_owned(),
        _ => "Nothing is to be changed.\n".to_owned(),
    };
    text + &end
}

/// What to do about models that were not taken, and what was accepted in vain.
fn acceptance(args: &SyncArgs, report: &SyncReport) -> String {
    let mut text = String::new();
    if report.summary.refused_count + report.summary.foreign_count > 0 {
        text += "To take one that was not taken, check it and add --accept PROVIDER/MODEL.\n";
    }
    let differs = |accepted: &&String| {
        let names = |difference: &PriceDifference| {
            **accepted == format!("{}/{}", difference.provider, difference.model)
        };
        report.differences.iter().any(names)
    };
    for accepted in args.accept.iter().filter(|accepted| !differs(accepted)) {
        text += &format!("--accept {accepted}: nothing differs under this name.\n");
    }
    text
}

fn counts(summary: &SyncSummary) -> String {
    let rates = counted(summary.rate_count, "rate");
    let list = format!("{} with {rates} in the list", counted(summary.model_count, "model"));
    let parts = [
        ("new", summary.new_count),
        ("changed", summary.changed_count),
        ("ended", summary.ended_count),
        ("refused", summary.refused_count),
        ("of another list", summary.foreign_count),
        ("unchanged", summary.unchanged_count),
        ("kept that the list lacks", summary.kept_count),
        ("skipped entries without a price", summary.skipped_count),
    ];
    let parts = parts.iter().filter(|(_, number)| *number > 0);
    let parts: Vec<_> = parts.map(|(what, number)| format!("{} {what}", count(number))).collect();
    format!("{list}: {}.\n", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use aiusage_client::proto;
    use clap::Parser;

    use super::*;
    use crate::cli::output::Color;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        sync: SyncArgs,
        #[command(flatten)]
        connection: ConnectionArgs,
    }

    fn summary(summary: proto::SyncPricesSummary) -> SyncReport {
        let content = Some(proto::sync_prices_response::Content::Summary(summary));
        let event = SyncEvent::try_from(proto::SyncPricesResponse { content });
        let Ok(SyncEvent::Summary(summary)) = event else { panic!("a summary was given") };
        SyncReport::new(Vec::new(), summary)
    }

    fn shown(line: &str, given: proto::SyncPricesSummary) -> String {
        let Command { sync, connection } = Command::parse_from(line.split('|'));
        show(&sync, &summary(given), &connection, &Output::new(false, Color::Never))
    }

    #[test]
    fn a_dry_run_says_how_to_apply_it() {
        let given = proto::SyncPricesSummary {
            model_count: 2_330,
            rate_count: 1,
            changed_count: 1,
            refused_count: 2,
            unchanged_count: 2_327,
            ..Default::default()
        };
        let line = "x|my list.csv|--dry-run|--format|csv|--from|2026-12-01 10:00|--accept|a/b";
        let expected = "\
2,330 models with 1 rate in the list: 1 changed, 2 refused, 2,327 unchanged.
To take one that was not taken, check it and add --accept PROVIDER/MODEL.
--accept a/b: nothing differs under this name.
A dry run: nothing was changed. To apply it:
  aiusage prices sync 'my list.csv' --format csv --from '2026-12-01 10:00' --accept a/b
";
        assert_eq!(shown(line, given), expected);
    }

    #[test]
    fn a_list_that_changes_nothing_needs_no_second_run() {
        let given = proto::SyncPricesSummary { unchanged_count: 1, ..Default::default() };
        assert!(shown("x|a.csv|--dry-run", given.clone()).ends_with("Nothing is to be changed.\n"));
        let applied = proto::SyncPricesSummary { applied: true, new_count: 1, ..given };
        assert!(shown("x|a.csv", applied).ends_with("Applied.\n"));
    }
}
