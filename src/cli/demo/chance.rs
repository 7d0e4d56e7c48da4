//! Chance that is the same in every run, in whole numbers.

use std::ops::Range;

use fastrand::Rng;

/// Even quantiles of a log-normal distribution with σ = 0.5, in thousandths of its
/// median: 1000 · exp(0.5 · z) at z = Φ⁻¹((n + ½) / 32).
const LOG_NORMAL: [u64; 32] = [
    341, 433, 492, 541, 583, 623, 660, 696, 731, 766, 800, 835, 870, 906, 943, 981, 1020, 1061,
    1104, 1149, 1197, 1249, 1306, 1368, 1437, 1515, 1605, 1714, 1850, 2032, 2312, 2936,
];

/// A stream of chance. The same words give the same stream.
#[derive(Debug)]
pub(super) struct Chance(Rng);

impl Chance {
    /// The stream that `words` name.
    pub(super) fn of(words: &[u64]) -> Self {
        let mixed = words.iter().fold(0, |seed, word| Rng::with_seed(seed ^ word).u64(..));
        Self(Rng::with_seed(mixed))
    }

    /// A number below `end`, or 0 where there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.u64(..end.max(1))
    }

    /// A number of a range that is not empty.
    pub(super) fn between(&mut self, range: Range<u64>) -> u64 {
        self.0.u64(range)
    }

    /// True in `permille` of 1,000 cases.
    pub(super) fn happens(&mut self, permille: u64) -> bool {
        self.below(1_000) < permille
    }

    /// One of `choices`, each as often as its weight says beside the others.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T], weight: impl Fn(&T) -> u64) -> &'a T {
        let mut left = self.below(choices.iter().map(&weight).sum());
        let found = choices.iter().find(|choice| {
            let chosen = left < weight(choice);
            left = left.saturating_sub(weight(choice));
            chosen
        });
        found.expect("a number below the sum of the weights lies in one of them")
    }

    /// One of `choices`, each as often as the others.
    pub(super) fn any<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        self.pick(choices, |_| 1)
    }

    /// About `median`, sometimes a third of it, sometimes three times as much.
    pub(super) fn around(&mut self, median: u64) -> u64 {
        median * self.any(&LOG_NORMAL) / 1_000
    }

    /// 64 bits that look random.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// What a UUID needs beside its time.
    pub(super) fn id_bytes(&mut self) -> [u8; 10] {
        std::array::from_fn(|_| self.0.u8(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_stream() {
        let stream = |words: &[u64]| {
            let mut chance = Chance::of(words);
            [chance.bits(), chance.bits(), chance.bits()]
        };
        assert_eq!(stream(&[1, 2]), stream(&[1, 2]));
        assert_ne!(stream(&[1, 2]), stream(&[2, 1]));
        assert_ne!(stream(&[1, 2]), stream(&[1, 3]));
    }

    #[test]
    fn weights_decide_how_often() {
        let mut chance = Chance::of(&[7]);
        let picked = |chance: &mut Chance| *chance.pick(&[0_usize, 1, 3], |n| *n as u64);
        let mut counts = [0; 4];
        for _ in 0..4_000 {
            counts[picked(&mut chance)] += 1;
        }
        assert_eq!(counts[0], 0, "a weight of 0 is never picked");
        assert!((900..1_100).contains(&counts[1]), "{counts:?}");
        assert!(LOG_NORMAL.is_sorted() && LOG_NORMAL[15] < 1_000 && LOG_NORMAL[16] > 1_000);
    }
}
