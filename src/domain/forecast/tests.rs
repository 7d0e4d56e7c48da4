use chrono::Days;

use super::*;

fn dollars(cents: i128) -> Money {
    Money::from_attos(cents * 10_i128.pow(16))
}

/// Days in cents up to Sunday, 22 November 2026.
fn history(cents: &[i128]) -> Vec<Day> {
    let end = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let count = u64::try_from(cents.len()).unwrap();
    let first = end - Days::new(count);
    first.iter_days().zip(cents).map(|(date, cents)| Day { date, cost: dollars(*cents) }).collect()
}

/// Whole days from Monday, 23 November 2026 on.
fn next(count: usize) -> Vec<Rest> {
    let monday = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    monday.iter_days().take(count).map(|date| Rest { date, part: MILLION }).collect()
}

#[test]
fn a_weekday_costs_what_it_did() {
    let week = [100, 110, 120, 130, 140, 50, 40];
    let days = history(&week.repeat(4));
    let found = forecast(&days, &next(9));
    let costs: Vec<Money> = found.days.iter().map(|day| day.cost).collect();
    assert_eq!(costs, [100, 110, 120, 130, 140, 50, 40, 100, 110].map(dollars));
    assert_eq!(found.expected, dollars(900));
    // It never missed.
    assert_eq!(found.interval, Some((dollars(900), dollars(900))));
    assert_eq!(found.history_days, 28);
}

#[test]
fn a_day_that_has_begun_counts_in_part() {
    let days = history(&[100; 28]);
    let rest = [Rest { date: next(1)[0].date, part: MILLION / 4 }, next(2)[1]];
    assert_eq!(forecast(&days, &rest).expected, dollars(125));
}

#[test]
fn the_last_week_says_the_level() {
    let mut cents = vec![100; 21];
    cents.extend([150; 7]);
    // Each weekday's median is still 100, the last week was half as much again.
    assert_eq!(forecast(&history(&cents), &next(2)).expected, dollars(300));
    let mut cents = vec![100; 21];
    cents.extend([900; 7]);
    assert_eq!(forecast(&history(&cents), &next(1)).expected, dollars(250));
    // One day does not say it.
    let mut cents = vec![100; 27];
    cents.push(5_000);
    assert_eq!(forecast(&history(&cents), &next(2)).expected, dollars(200));
}

#[test]
fn little_is_known_from_little() {
    let found = forecast(&history(&[0, 0, 0, 100, 200, 300]), &next(2));
    assert_eq!((found.history_days, found.interval), (3, None));
    assert_eq!(found.expected, dollars(400));
    let nothing = forecast(&history(&[0; 40]), &next(2));
    assert_eq!((nothing.history_days, nothing.expected), (0, Money::ZERO));
    assert_eq!(forecast(&[], &[]).expected, Money::ZERO);
    let week = forecast(&history(&[100, 120, 90, 100, 130, 110, 80]), &next(3));
    let (low, high) = week.interval.unwrap();
    assert!(low < week.expected && week.expected < high);
}

#[test]
fn misses_widen_with_the_square_root_of_time() {
    assert_eq!(widening(14, 14), MILLION);
    assert_eq!(widening(28, 7), 2 * MILLION);
    assert_eq!(widening(28, 14), 1_414_000);
    assert_eq!(widening(1, 14), MILLION);
}

/// Random whole numbers that are the same at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> i128 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from((self.0 >> 33) % limit)
    }

    /// Around 1,000 with a bell's shape: the sum of twelve.
    fn bell(&mut self, spread: u64) -> i128 {
        let sum: i128 = (0..12).map(|_| self.below(spread)).sum();
        1_000 + sum - 6 * i128::from(spread)
    }
}

/// Daily cents as teams spend them: weekdays over weekends, noise, a level that grows and
/// wanders, and now and then a day that costs three times as much.
fn series(seed: u64, days: usize) -> Vec<i128> {
    const WEEK: [i128; 7] = [1_000, 1_100, 1_050, 1_000, 950, 500, 400];
    let mut random = Random(seed);
    let growth = 998 + random.below(10);
    let mut level = 1_000_000;
    (0..days)
        .map(|day| {
            level = level * growth / 1_000 * random.bell(30) / 1_000;
            let spike = if random.below(50) == 0 { 3 } else { 1 };
            (WEEK[day % 7] * level / 1_000_000 * random.bell(220) / 1_000 * spike).max(0)
        })
        .collect()
}

#[test]
fn four_months_of_five_end_within_the_interval() {
    for (known, ahead) in [(28, 10), (56, 20), (84, 5), (84, 14), (84, 28)] {
        let (mut inside, mut off, trials) = (0, 0, 300_u64);
        for seed in 0..trials {
            let cents = series(seed * 7_919 + 1, known + ahead);
            // The history ends on a Sunday, so that both have the same weekdays.
            let found = forecast(&history(&cents[..known]), &next(ahead));
            let actual = dollars(cents[known..].iter().sum());
            let (low, high) = found.interval.unwrap();
            assert!(low <= found.expected && found.expected <= high);
            inside += u64::from(low <= actual && actual <= high);
            let missed = actual.as_attos().abs_diff(found.expected.as_attos());
            off += u64::from(missed * 4 > actual.as_attos().unsigned_abs());
        }
        let covered = inside * 100 / trials;
        assert!((65..=95).contains(&covered), "{known} + {ahead}: {covered} %");
        // Most are within a quarter of what came.
        assert!(off * 100 / trials < 40, "{known} + {ahead}: {off} of {trials} are far off");
    }
}
