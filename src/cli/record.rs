//! `aiusage record`.

use std::time::Duration;

use aiusage_client::{Client, CostStatus, Decimal, Receipt, Record, TokenConvention, Uuid};
use chrono_tz::Tz;
use clap::Args;

use super::failure::Usage;
use super::figures::dollars;
use super::output::Output;
use super::times;

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

    /// Input tokens; see --token-convention
    #[arg(long, value_name = "COUNT")]
    input_tokens: Option<u64>,

    /// Output tokens; see --token-convention
    #[arg(long, value_name = "COUNT")]
    output_tokens: Option<u64>,

    /// Input tokens read from the provider's prompt cache
    #[arg(long, value_name = "COUNT")]
    cache_read_tokens: Option<u64>,

    /// Input tokens written to the provider's prompt cache
    #[arg(long, value_name = "COUNT")]
    cache_write_tokens: Option<u64>,

    /// Output tokens spent on reasoning
    #[arg(long, value_name = "COUNT")]
    output_reasoning_tokens: Option<u64>,

    /// What input and output tokens contain: inclusive (the default) all parts,
    /// exclusive not the cached tokens (Anthropic), reasoning_exclusive not the
    /// reasoning (Google)
    #[arg(long, value_name = "WORD", value_parser = token_convention)]
    token_convention: Option<TokenConvention>,

    /// Any other meter, such as audio_seconds=12.5
    #[arg(long = "meter", value_name = "KEY=QUANTITY", value_parser = meter)]
    meters: Vec<(String, Decimal)>,

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
    fn record(self) -> Result<Record, Usage> {
        let record = Record::new(self.user).feature(self.feature).model(self.provider, self.model);
        let record = set(record, self.input_tokens, Record::input_tokens);
        let record = set(record, self.output_tokens, Record::output_tokens);
        let record = set(record, self.cache_read_tokens, Record::cache_read_tokens);
        let record = set(record, self.cache_write_tokens, Record::cache_write_tokens);
        let record = set(record, self.output_reasoning_tokens, Record::output_reasoning_tokens);
        let record = set(record, self.token_convention, Record::token_convention);
        let record = self.meters.into_iter().fold(record, |record, (key, n)| record.meter(key, n));
        let record = self
            .price_context
            .into_iter()
            .fold(record, |record, (key, v)| record.price_context(key, v));
        let record = self.tags.into_iter().fold(record, |record, (key, v)| record.tag(key, v));
        let record = set(record, self.status, Record::status);
        let record = set(record, self.error_message, Record::error_message);
        let record = set(record, self.latency_ms.map(Duration::from_millis), Record::latency);
        let record = set(record, event_time(self.event_time)?, Record::event_time);
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

fn event_time(text: Option<String>) -> Result<Option<chrono::DateTime<chrono::Utc>>, Usage> {
    let read = |text: String| {
        times::parse(&text, Tz::UTC)
            .map_err(|error| Usage(format!("--event-time {text:?} {error}")))
    };
    text.map(read).transpose()
}

/// Reads `key=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Reads the word of a convention.
pub(super) fn token_convention(text: &str) -> Result<TokenConvention, String> {
    match text.to_ascii_lowercase().as_str() {
        "inclusive" => Ok(TokenConvention::Inclusive),
        "exclusive" => Ok(TokenConvention::Exclusive),
        "reasoning_exclusive" => Ok(TokenConvention::ReasoningExclusive),
        _ => Err("must be inclusive, exclusive or reasoning_exclusive".to_owned()),
    }
}

fn meter(text: &str) -> Result<(String, Decimal), String> {
    let (key, quantity) = pair(text)?;
    let quantity = Decimal::from_str_exact(&quantity).map_err(|error| error.to_string())?;
    Ok((key, quantity))
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

fn unpriced(status: CostStatus) -> &'static str {
    match status {
        CostStatus::UnknownModel => "the price list does not know the model",
        CostStatus::UnknownProvider => "the price list knows neither the provider nor the model",
        CostStatus::NoPrice => "the model has no price at this time",
        _ => "no price is known",
    }
}
