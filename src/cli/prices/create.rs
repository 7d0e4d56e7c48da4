//! `aiusage prices create`.

use aiusage_client::{Client, CreatedPrice, NewPrice};
use chrono_tz::Tz;
use clap::Args;

use super::history::version;
use super::rates::RateArgs;
use crate::cli::failure::Usage;
use crate::cli::output::Output;
use crate::cli::{shell, times};

const EXAMPLES: &str = "\
Examples:
  aiusage prices create openai gpt-4o --source 'contract of 2026-11-01' \\
      --rate input_tokens=2 --rate output_tokens=8 --from 2026-11-01
  aiusage prices create google gemini-2.5-pro --public --source https://example.org/prices \\
      --rate input_tokens=1.25 --rate 'input_tokens>200000=2.5' --rate output_tokens=10 \\
      --variant service_tier=batch:input_tokens=0.625,output_tokens=5 --dry-run

A rate of a part, such as cache_read_tokens, needs one of its whole; what has no
rate of its own is billed as its whole. A price is never edited: this adds a
version, which counts from its time on.";

/// Give a model a price: your own negotiated one, or with --public everybody's
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CreateArgs {
    /// The provider: its key, or a name that records carry
    provider: String,

    /// The model: its key, or a name that records carry
    model: String,

    /// Where the figures come from, such as an address and a date
    #[arg(long, value_name = "TEXT")]
    source: String,

    /// First time at which it holds; may lie in the past [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// First time after it; without this, until another version takes over
    #[arg(long, value_name = "TIME")]
    to: Option<String>,

    /// For everybody, not for your tenant alone; takes a key of the operator
    #[arg(long)]
    public: bool,

    /// Take rates that look like a mistake
    #[arg(long)]
    accept_implausible: bool,

    /// Check everything, change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    rates: RateArgs,
}

/// Creates and shows the version as it was stored.
pub(super) async fn run(args: CreateArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let created = client.create_price(args.price()?).await?;
    if output.is_json() {
        output.json(&created);
    } else {
        output.text(&show(&args, &created, output));
    }
    Ok(())
}

impl CreateArgs {
    fn price(&self) -> Result<NewPrice, Usage> {
        let mut price = NewPrice::new(&self.provider, &self.model, &self.source);
        price = self.rates.fill(price)?;
        if let Some(from) = times::flag("from", self.from.as_deref(), Tz::UTC)? {
            price = price.effective_from_time(from);
        }
        if let Some(to) = times::flag("to", self.to.as_deref(), Tz::UTC)? {
            price = price.effective_to_time(to);
        }
        let price = price.public(self.public).accept_implausible(self.accept_implausible);
        Ok(price.validate_only(self.dry_run))
    }
}

fn show(args: &CreateArgs, created: &CreatedPrice, output: &Output) -> String {
    let done = if args.dry_run { "Would be stored" } else { "Stored" };
    let whose = if args.public { "for everybody" } else { "for your tenant alone" };
    let new = if created.model_created { ", a model new to the list" } else { "" };
    let name = output.strong(&format!("{} {}", created.provider, created.model));
    let text = format!("{done} {whose}: {name}{new}\n\n{}", version(&created.version, output));
    match &args.from {
        Some(from) if !args.dry_run => text + &reprice(from, &created.provider),
        _ => text,
    }
}

/// What records since a time in the past need.
fn reprice(from: &str, provider: &str) -> String {
    let range = shell::command(["aiusage", "reprice", "--from", from]);
    format!(
        "\nRecords of {provider} that were stored before keep their cost. What would change:\n  \
         {range} --to TIME --dry-run\n"
    )
}
