//! `aiusage reprice` and `aiusage repricings`.

mod difference;
mod list;

use aiusage_client::{
    Client, Code, Error, Reprice, RepricingReport, RepricingRun, TimeRange, Uuid,
};
use anyhow::{Context, bail};
use chrono_tz::Tz;
use clap::Args;

use super::failure::Usage;
use super::figures::{count, range};
use super::output::Output;
use super::spinner::Spinner;
use super::times;

pub(super) use self::list::{RepricingsArgs, run as run_list};

/// Price records anew, at their own time, with the prices that are known now
///
/// Every record whose cost differs gets a revision beside its entry in the log, with
/// your reason, and all sums move by the difference. --dry-run shows the difference
/// and changes nothing. The work goes on when this command is interrupted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage reprice --from 2026-11-01 --to 2026-12-01 --model gpt-4o --dry-run
  aiusage reprice --from 2026-11-01 --to 2026-12-01 --model gpt-4o \\
      --reason 'the list had the price of cached input wrong'")]
pub(super) struct RepriceArgs {
    /// Records of calls from this date or time on
    #[arg(long, value_name = "TIME")]
    from: String,

    /// Records of calls up to this date or time, which is itself left out
    #[arg(long, value_name = "TIME")]
    to: String,

    /// Time zone of --from and --to, such as Asia/Kathmandu
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = times::zone)]
    time_zone: Tz,

    /// Only records that report this provider
    #[arg(long, default_value = "", hide_default_value = true)]
    provider: String,

    /// Only records that report this model as the requested one
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,

    /// Why, for the trail
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "dry_run",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,

    /// Work the difference out, change nothing
    #[arg(long)]
    dry_run: bool,

    /// The repricing's id, to follow one that was begun before [default: a new one]
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,

    /// Show every row of the difference, not just the largest
    #[arg(long)]
    all: bool,
}

/// Prices anew, and shows how far it is and what changed.
pub(super) async fn run(args: RepriceArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let reprice = args.reprice()?;
    let id = reprice.id().to_owned();
    let followed = follow(client.reprice_usage(reprice)).await;
    let report = match followed {
        Err(error) if !args.dry_run && is_away(&error) => {
            return Err(error).context(format!(
                "the repricing goes on without this command, if it was begun; look at it with \
                 `aiusage repricings {id}`, or run this again with --id {id}"
            ));
        }
        followed => followed?,
    };
    if output.is_json() {
        output.json(&report);
    } else {
        output.text(&show(&report, args.dry_run, args.all, output));
    }
    match report.repricing.error.as_str() {
        "" => Ok(()),
        error => bail!("the repricing could not go on to its end: {error}"),
    }
}

impl RepriceArgs {
    fn reprice(&self) -> Result<Reprice, Usage> {
        let time = |flag: &str, text: &str| {
            times::parse(text, self.time_zone)
                .map_err(|error| Usage(format!("--{flag} {text:?} {error}")))
        };
        let range = TimeRange::new(time("from", &self.from)?, time("to", &self.to)?);
        let reprice = Reprice::new(range).provider(&self.provider).model(&self.model);
        let reprice = reprice.reason(&self.reason).dry_run(self.dry_run);
        Ok(match self.id {
            Some(id) => reprice.repricing_id(id),
            None => reprice,
        })
    }
}

async fn follow(mut run: RepricingRun) -> anyhow::Result<RepricingReport> {
    let spinner = Spinner::new();
    while let Some(report) = run.next().await? {
        if report.repricing.done {
            return Ok(report);
        }
        let (examined, revised) = (report.repricing.examined_count, report.repricing.revised_count);
        let rate = spinner.rate(examined);
        spinner.say(format!("{} examined, {} changed, {rate}", count(examined), count(revised)));
    }
    bail!("the service ended before the repricing did")
}

/// Whether the service may have begun the work all the same.
fn is_away(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref().and_then(Error::code);
    matches!(code, Some(Code::Unavailable | Code::DeadlineExceeded | Code::Internal))
}

/// A repricing and what it changes.
fn show(report: &RepricingReport, dry_run: bool, all: bool, output: &Output) -> String {
    let repricing = &report.repricing;
    let mut text = difference::totals(repricing, dry_run, output);
    if let Some(difference) = &report.difference {
        text += &difference::show(difference, all, output);
    }
    if dry_run && repricing.revised_count > 0 {
        text += "\nA dry run: nothing was changed. To apply it, run it again with --reason TEXT in \
                 place of --dry-run.\n";
    } else if dry_run {
        text += &format!("\nNo cost differs in {}.\n", range(repricing.range, "UTC"));
    }
    text
}
