//! The models that the made-up application calls, by the names of the price list.

/// A model, and how it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) provider: &'static str,
    pub(super) name: &'static str,
    /// Usual time to the first token.
    pub(super) first_token_ms: u64,
    /// Usual speed after that.
    pub(super) tokens_per_second: u64,
    /// How much it thinks before it answers, in percent of the answer's length. 0: it
    /// does not.
    pub(super) reasoning_percent: u64,
    /// Whether a prompt is written to the provider's cache at a price of its own.
    pub(super) is_cache_write_billed: bool,
}

/// A model that neither thinks nor bills for writing its cache.
const fn plain(
    provider: &'static str,
    name: &'static str,
    first_token_ms: u64,
    tokens_per_second: u64,
) -> Model {
    Model {
        provider,
        name,
        first_token_ms,
        tokens_per_second,
        reasoning_percent: 0,
        is_cache_write_billed: false,
    }
}

impl Model {
    const fn thinking(self, reasoning_percent: u64) -> Self {
        Self { reasoning_percent, ..self }
    }

    const fn billing_cache_writes(self) -> Self {
        Self { is_cache_write_billed: true, ..self }
    }
}

pub(super) const GPT_SOL: Model =
    plain("openai", "gpt-5.6-sol", 1_900, 70).thinking(180).billing_cache_writes();
pub(super) const GPT_TERRA: Model =
    plain("openai", "gpt-5.6-terra", 900, 110).thinking(90).billing_cache_writes();
pub(super) const GPT_LUNA: Model = plain("openai", "gpt-5.6-luna", 420, 170).billing_cache_writes();
pub(super) const OPUS: Model =
    plain("anthropic", "claude-opus-5-5", 1_700, 60).billing_cache_writes();
pub(super) const SONNET: Model =
    plain("anthropic", "claude-sonnet-5-5", 950, 90).billing_cache_writes();
pub(super) const HAIKU: Model =
    plain("anthropic", "claude-haiku-5-5", 480, 150).billing_cache_writes();
pub(super) const GEMINI_FLASH: Model = plain("google", "gemini-3.8-flash", 520, 180).thinking(60);
pub(super) const GEMINI_LITE: Model = plain("google", "gemini-3.1-flash-lite", 330, 220);
/// Its price rose on 2026-10-20 and fell again on 2026-10-29.
pub(super) const MISTRAL_LARGE: Model = plain("mistral", "mistral-large-4", 700, 80);
pub(super) const OPENAI_EMBEDDING: Model = plain("openai", "text-embedding-3-small", 90, 0);
pub(super) const GEMINI_EMBEDDING: Model = plain("google", "gemini-embedding-2", 110, 0);
/// Somebody wrote the name wrongly into a configuration: it has no price.
pub(super) const MISSPELLED: Model = plain("openai", "gtp-5.6-luna", 420, 170);

/// Every model that has a price.
#[cfg(test)]
pub(super) const PRICED: [Model; 11] = [
    GPT_SOL,
    GPT_TERRA,
    GPT_LUNA,
    OPUS,
    SONNET,
    HAIKU,
    GEMINI_FLASH,
    GEMINI_LITE,
    MISTRAL_LARGE,
    OPENAI_EMBEDDING,
    GEMINI_EMBEDDING,
];
