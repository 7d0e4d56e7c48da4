//! Chance that can be repeated.

use std::ops::Range;
use std::time::Duration;

/// The seed of `AIUSAGE_SEED`, or one that nobody chose.
pub(crate) fn seed() -> u64 {
    match std::env::var("AIUSAGE_SEED") {
        Ok(text) => text.parse().expect("AIUSAGE_SEED is a number"),
        Err(_) => u64::from_ne_bytes(aiusage::clock::random_bytes()),
    }
}

/// Random numbers that follow from a seed: SplitMix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of one's own, so that who throws first changes nothing for others.
    pub(crate) fn split(&mut self) -> Self {
        Self(self.throw())
    }

    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.throw() % (range.end - range.start)
    }

    /// As [`Dice::within`], for token counts.
    pub(crate) fn count(&mut self, range: Range<u64>) -> i64 {
        self.within(range).cast_signed()
    }

    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        self.within(0..chances) == 0
    }

    pub(crate) fn pause_ms(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        let (front, back) = (self.throw().to_le_bytes(), self.throw().to_le_bytes());
        std::array::from_fn(|index| if index < 8 { front[index] } else { back[index - 8] })
    }
}
