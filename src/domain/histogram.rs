//! Distributions of times: counts by buckets that grow with the time.

use std::time::Duration;

/// How many records took about how long: four buckets for each doubling from 1 ms.
///
/// They add up, whatever they are of. The database has the same buckets
/// (`latency_bucket` in the first migration).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram(Vec<(u16, i64)>);

/// The middle of the four buckets of a doubling, in billionths of its start: 2 to the
/// power of 1/8, 3/8, 5/8 and 7/8.
const MIDDLES: [u64; 4] = [1_090_507_733, 1_296_839_555, 1_542_210_825, 1_834_008_086];

impl Histogram {
    /// Adds `count` records of `bucket`.
    pub fn add(&mut self, bucket: u16, count: i64) {
        let place = self.0.partition_point(|(other, _)| *other < bucket);
        match self.0.get_mut(place) {
            Some((same, sum)) if *same == bucket => *sum = sum.saturating_add(count),
            _ => self.0.insert(place, (bucket, count)),
        }
    }

    /// About how long the fastest `percent` of 100 took at most: the middle of the bucket that
    /// holds the slowest of them. `None` of nothing.
    #[must_use]
    pub fn percentile(&self, percent: i64) -> Option<Duration> {
        let all: i128 = self.0.iter().map(|(_, count)| i128::from(*count)).sum();
        let rank = (all * i128::from(percent) + 99).div_euclid(100).max(1);
        let mut below = 0;
        let holds = |(_, count): &&(u16, i64)| {
            below += i128::from(*count);
            below >= rank
        };
        self.0.iter().find(holds).map(|(bucket, _)| middle(*bucket))
    }
}

/// The geometric middle of a bucket; of the first one, which begins at nothing, half a
/// millisecond.
fn middle(bucket: u16) -> Duration {
    let Some(above) = bucket.checked_sub(1) else { return Duration::from_micros(500) };
    let (doublings, quarter) = (u32::from(above / 4), usize::from(above % 4));
    let of_first_doubling = MIDDLES[quarter] / 1_000;
    Duration::from_nanos(of_first_doubling.saturating_mul(1 << doublings.min(30)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_lies_in_its_bucket() {
        // Bounds of latency_bucket: bucket 1 is 1,000 to 1,189 us, bucket 5 2,000 to 2,378 us.
        for (bucket, from, to) in [(1, 1_000, 1_189), (2, 1_189, 1_414), (5, 2_000, 2_378)] {
            let middle = middle(bucket).as_micros();
            assert!((from..to).contains(&middle), "{bucket}: {middle}");
        }
        // 33,554,432 to 39,903,169 ms: far up.
        let middle = middle(101).as_micros();
        assert!((33_554_432_000..39_903_169_274).contains(&middle), "{middle}");
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        histogram.add(5, 1);
        histogram.add(1, 98);
        histogram.add(9, 1);
        assert_eq!(histogram.percentile(50), Some(middle(1)));
        assert_eq!(histogram.percentile(98), Some(middle(1)));
        assert_eq!(histogram.percentile(99), Some(middle(5)));
        assert_eq!(histogram.percentile(100), Some(middle(9)));
    }
}
