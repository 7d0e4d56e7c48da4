//! Flags that say what a call used.

use aiusage_client::{Decimal, TokenConvention, Usage};
use clap::Args;

use super::record::pair;

/// What a call used or is expected to use.
#[derive(Debug, Clone, Args)]
pub(super) struct UsageArgs {
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
}

/// Sets one count.
type SetCount = fn(Usage, u64) -> Usage;

impl UsageArgs {
    /// What was given; nothing is not 0.
    pub(super) fn usage(self) -> Usage {
        let counts: [(_, SetCount); 5] = [
            (self.input_tokens, Usage::input_tokens),
            (self.output_tokens, Usage::output_tokens),
            (self.cache_read_tokens, Usage::cache_read_tokens),
            (self.cache_write_tokens, Usage::cache_write_tokens),
            (self.output_reasoning_tokens, Usage::output_reasoning_tokens),
        ];
        let given = counts.into_iter().filter_map(|(count, set)| Some((count?, set)));
        let usage = given.fold(Usage::new(), |usage, (count, set)| set(usage, count));
        let usage = match self.token_convention {
            Some(convention) => usage.token_convention(convention),
            None => usage,
        };
        self.meters.into_iter().fold(usage, |usage, (key, quantity)| usage.meter(key, quantity))
    }

    /// What was given, where anything was.
    pub(super) fn measured(self) -> Option<Usage> {
        let usage = self.usage();
        (usage != Usage::new()).then_some(usage)
    }
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
