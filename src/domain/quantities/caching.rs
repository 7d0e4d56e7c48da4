//! What a call would have used if more of its input had come from a prompt cache.

use rust_decimal::Decimal;

use super::{Quantities, TokenConvention};
use crate::domain::meter::Meter;

impl Quantities {
    /// The same usage with `percent` of its input tokens read from the provider's prompt
    /// cache, cut to whole tokens: never less than was read from it, and never tokens that
    /// a part of their own counts, such as audio or what was written to the cache.
    #[must_use]
    pub fn with_cached_input(&self, percent: u8) -> Self {
        let Some(input) = self.get(Meter::INPUT_TOKENS) else { return self.clone() };
        let read = self.get(Meter::CACHE_READ_TOKENS).unwrap_or_default();
        let wanted = (input * Decimal::from(percent) / Decimal::ONE_HUNDRED).floor();
        let more = (wanted - read).min(self.plain_input(input));
        if more <= Decimal::ZERO {
            return self.clone();
        }
        let others = self.iter().filter(|(meter, _)| *meter != Meter::CACHE_READ_TOKENS);
        let changed = others.chain([(Meter::CACHE_READ_TOKENS, read + more)]);
        // Plain tokens are in no other part, so that moving them leaves every whole intact.
        Self::new(changed, TokenConvention::Inclusive).expect("plain input tokens are in no part")
    }

    /// Input tokens that no reported part counts.
    fn plain_input(&self, input: Decimal) -> Decimal {
        let mut deepest_first: Vec<(Meter, Decimal)> =
            self.iter().filter(|(meter, _)| Meter::INPUT_TOKENS.contains(*meter)).collect();
        deepest_first.sort_by_key(|(meter, _)| std::cmp::Reverse(meter.dimensions().len()));
        let mut own: Vec<(Meter, Decimal)> = Vec::with_capacity(deepest_first.len());
        for (meter, quantity) in deepest_first {
            let parts: Decimal =
                own.iter().filter(|(part, _)| meter.contains(*part)).map(|(_, own)| *own).sum();
            own.push((meter, quantity - parts));
        }
        input - own.iter().map(|(_, own)| *own).sum::<Decimal>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantities(pairs: &[(Meter, u32)]) -> Quantities {
        let pairs = pairs.iter().map(|(meter, count)| (*meter, Decimal::from(*count)));
        Quantities::new(pairs, TokenConvention::Inclusive).expect("consistent")
    }

    fn read_after(pairs: &[(Meter, u32)], percent: u8) -> Option<Decimal> {
        quantities(pairs).with_cached_input(percent).get(Meter::CACHE_READ_TOKENS)
    }

    #[test]
    fn a_part_of_the_input_is_read_from_the_cache() {
        let plain = [(Meter::INPUT_TOKENS, 1_001), (Meter::OUTPUT_TOKENS, 10)];
        assert_eq!(read_after(&plain, 50), Some(Decimal::from(500)));
        assert_eq!(read_after(&plain, 100), Some(Decimal::from(1_001)));
        assert_eq!(read_after(&[(Meter::OUTPUT_TOKENS, 10)], 50), None);
    }

    #[test]
    fn what_was_read_already_stays() {
        let cached = [(Meter::INPUT_TOKENS, 1_000), (Meter::CACHE_READ_TOKENS, 800)];
        assert_eq!(read_after(&cached, 50), Some(Decimal::from(800)));
        assert_eq!(read_after(&cached, 90), Some(Decimal::from(900)));
    }

    #[test]
    fn tokens_of_another_part_are_not_taken() {
        let mixed = [
            (Meter::INPUT_TOKENS, 1_000),
            (Meter::CACHE_READ_TOKENS, 100),
            (Meter::CACHE_WRITE_TOKENS, 300),
            (Meter::INPUT_AUDIO_TOKENS, 200),
        ];
        assert_eq!(read_after(&mixed, 100), Some(Decimal::from(500)));
    }

    proptest! {
        #[test]
        fn any_part_is_consistent(
            plain in 0u32..5_000, read in 0u32..5_000, written in 0u32..5_000, audio in 0u32..500,
            percent in 1u8..=100,
        ) {
            let before = quantities(&[
                (Meter::INPUT_TOKENS, plain + read + written + audio),
                (Meter::CACHE_READ_TOKENS, read),
                (Meter::CACHE_WRITE_TOKENS, written),
                (Meter::INPUT_AUDIO_TOKENS, audio),
            ]);
            let after = before.with_cached_input(percent);
            let count = |of: &Quantities| of.get(Meter::CACHE_READ_TOKENS).unwrap_or_default();
            prop_assert!(count(&after) >= count(&before));
            prop_assert!(count(&after) <= Decimal::from(read + plain));
            prop_assert_eq!(after.get(Meter::INPUT_TOKENS), before.get(Meter::INPUT_TOKENS));
        }
    }
}
