//! `aiusage record`.

use std::time::Duration;

use aiusage_client::{Client, CostStatus, Receipt, Record, Uuid};
use chrono_tz::Tz;
use clap::Args;

use super::failure;
use super::figures::dollars;
use super::output::Output;
use super::times;
use super::usage::UsageArgs;

/// Record one AI call; when this returns, it is durable
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// Who caused the call, in your own ids
    #[arg(long, value_name = "ID")]
    user: String,

    /// The part of the product that made it, such as chat
    #[arg(long, default_value = "", hide_default_value = true)]
    feature: String,

    /// The AI provider, such as openai; may be left out where the model's name is
    /// unambiguous
    #[arg(long, default_value = "", hide_default_value = true)]
    provider: String,

    /// The requested model, as the provider spells it
    #[arg(long)]
    model: String,

    #[command(flatten)]
    usage: UsageArgs,

    /// A term that the price depends on, such as service_tier=flex
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    price_context: Vec<(String, String)>,

    /// A free label
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,

    /// success, error, timeout, rate_limited, cancelled or a word of your own
    #[arg(long, value_name = "WORD")]
    status: Option<String>,

    /// Why the call failed
    #[arg(long, value_name = "TEXT")]
    error_message: Option<String>,

    /// Time from request to the complete response
    #[arg(long, value_name = "MS")]
    latency_ms: Option<u64>,

    /// Your own cache answered: the call costs nothing
    #[arg(long)]
    cached_response: bool,

    /// When the call was made, if not now; UTC unless it says otherwise
    #[arg(long, value_name = "TIME")]
    event_time: Option<String>,

    /// The background job that the call belongs to
    #[arg(long, value_name = "ID")]
    job: Option<String>,

    /// What `aiusage budget reserve` set aside for this call; the record takes its
    /// place
    #[arg(long, value_name = "UUID")]
    reservation: Option<Uuid>,

    /// A UUIDv7 of your own, so that repeating this command counts once
    #[arg(long, value_name = "UUID")]
    record_id: Option<Uuid>,
}

/// Records and shows the receipt.
pub(super) async fn run(args: RecordArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let receipt = client.record_usage(args.record()?).await?;
    if output.is_json() {
        output.json(&receipt);
    } else {
        output.text(&show(&receipt, output));
    }
    Ok(())
}

impl RecordArgs {
    fn record(self) -> Result<Record, failure::Usage> {
        let record = Record::new(self.user).feature(self.feature).model(self.provider, self.model);
        let record = set(record, self.usage.measured(), Record::usage);
        let record = self
            .price_context
            .into_iter()
            .fold(record, |record, (key, v)| record.price_context(key, v));
        let record = self.tags.into_iter().fold(record, |record, (key, v)| record.tag(key, v));
        let record = set(record, self.status, Record::status);
        let record = set(record, self.error_message, Record::error_message);
        let record = set(record, self.latency_ms.map(Duration::from_millis), Record::latency);
        let record = set(
            record,
            times::flag("event-time", self.event_time.as_deref(), Tz::UTC)?,
            Record::event_time,
        );
        let record = set(record, self.job, Record::job_id);
        let record = set(record, self.reservation, Record::reservation_id);
        let record = set(record, self.record_id, Record::record_id);
        Ok(record.cached_response(self.cached_response))
    }
}

/// Sets a field that was given.
fn set<T>(record: Record, value: Option<T>, setter: impl Fn(Record, T) -> Record) -> Record {
    match value {
        Some(value) => setter(record, value),
        None => record,
    }
}

/// Reads `key=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn show(receipt: &Receipt, output: &Output) -> String {
    let verb = if receipt.duplicate { "Was recorded before" } else { "Recorded" };
    let cost = match (receipt.cost, receipt.cost_status) {
        (Some(cost), CostStatus::Partial) => {
            format!("cost at least {}: only a part of it has a price", dollars(cost))
        }
        (Some(cost), CostStatus::Free) => format!("cost {}: it is free", dollars(cost)),
        (Some(cost), _) => format!("cost {}", dollars(cost)),
        (None, status) => format!("no cost yet: {}", unpriced(status)),
    };
    format!("{verb}, {}\nid {}\n", output.strong(&cost), receipt.record_id)
}

/// Why there is no cost.
pub(super) fn unpriced(status: CostStatus) -> &'static str {
    match status {
        CostStatus::UnknownModel => "the price list does not know the model",
        CostStatus::UnknownProvider => "the price list knows neither the provider nor the model",
        CostStatus::NoPrice => "the model has no price at this time",
        _ => "no price is known",
    }
}
