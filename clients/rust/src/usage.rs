//! What a call used.

use rust_decimal::Decimal;

use crate::proto::{self, TokenConvention};

/// What a call used or is expected to use, for [`Estimate`](crate::Estimate) and
/// [`Record`](crate::Record). What is not set was not reported, which is not 0.
///
/// ```
/// use aiusage_client::Usage;
///
/// let usage = Usage::new().tokens(1_200, 350).cache_read_tokens(1_000);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    message: proto::Usage,
}

/// Setters of every quantity, for a type whose `usage_mut` gives the message.
macro_rules! usage_setters {
    () => {
        $crate::usage::count_setters! {
            /// Input (prompt) tokens; see [`Self::token_convention`].
            input_tokens,
            /// Output (completion) tokens; see [`Self::token_convention`].
            output_tokens,
            /// Input tokens read from the provider's prompt cache.
            cache_read_tokens,
            /// Input tokens written to the provider's prompt cache, of any lifetime.
            cache_write_tokens,
            /// Input tokens written to the prompt cache for one hour; part of
            /// `cache_write_tokens`.
            cache_write_1h_tokens,
            /// Output tokens spent on reasoning.
            output_reasoning_tokens,
            /// Input tokens that encode audio.
            input_audio_tokens,
            /// Output tokens that encode audio.
            output_audio_tokens,
            /// Audio tokens read from the provider's prompt cache.
            cache_audio_read_tokens,
            /// Input tokens that encode images.
            input_image_tokens,
            /// Output tokens that encode images.
            output_image_tokens,
            /// Web searches that the model made.
            web_searches,
        }

        /// Input and output tokens.
        #[must_use]
        pub fn tokens(self, input: u64, output: u64) -> Self {
            self.input_tokens(input).output_tokens(output)
        }

        /// Any other meter by its key, such as `audio_seconds`.
        #[must_use]
        pub fn meter(mut self, key: impl Into<String>, quantity: Decimal) -> Self {
            let quantity = quantity.normalize().to_string();
            self.usage_mut().other_meters.insert(key.into(), quantity);
            self
        }

        /// What input and output tokens contain: the provider's way of counting. By
        /// default every part, the cached ones and reasoning too.
        #[must_use]
        pub fn token_convention(mut self, convention: TokenConvention) -> Self {
            self.usage_mut().set_token_convention(convention);
            self
        }
    };
}

/// Setters of counts, named as on the wire.
macro_rules! count_setters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, count: u64) -> Self {
            // The service refuses what is too large long before this saturates.
            self.usage_mut().$name = Some(i64::try_from(count).unwrap_or(i64::MAX));
            self
        }
    )* };
}

pub(crate) use {count_setters, usage_setters};

impl Usage {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    usage_setters!();

    fn usage_mut(&mut self) -> &mut proto::Usage {
        &mut self.message
    }
}

impl From<proto::Usage> for Usage {
    fn from(message: proto::Usage) -> Self {
        Self { message }
    }
}

impl From<Usage> for proto::Usage {
    fn from(usage: Usage) -> Self {
        usage.message
    }
}
