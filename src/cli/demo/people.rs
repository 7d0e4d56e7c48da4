//! The made-up application's users.

use super::chance::Chance;

/// How steep the law of the few who use much is: the larger, the flatter.
const FLATTENING: u64 = 12;
/// Users who are there on the first day, of 1,000; the others come later.
const FIRST_DAY: u64 = 450;
/// Free users who leave again, of 1,000.
const LEAVING: u64 = 250;
/// How often somebody is drawn who is there that day.
const DRAWS: usize = 8;
const TEAMS: [(&str, u64); 5] =
    [("product", 35), ("engineering", 25), ("support", 20), ("research", 12), ("sales", 8)];

/// What a user pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Free,
    Pro,
    Enterprise,
}

impl Plan {
    /// The value of the tag `plan`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Plan::Free => "free",
            Plan::Pro => "pro",
            Plan::Enterprise => "enterprise",
        }
    }
}

/// A user, who is nobody real.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) plan: Plan,
    pub(super) team: &'static str,
    /// The days of the demo on which the user is there: first, and one after the last.
    days: (u64, u64),
}

/// Everybody, with the share of the visits that each one makes: by Zipf's law, the
/// second makes about half as many as the first, and so on.
#[derive(Debug)]
pub(super) struct People {
    all: Vec<Person>,
    /// Sums of shares up to and with each person.
    shares: Vec<u64>,
}

impl People {
    /// So many users of so many days.
    pub(super) fn new(users: u64, days: u64, seed: u64) -> Self {
        let share = |rank| 1_000_000_000 / (rank + FLATTENING);
        let sum_up = |sum: &mut u64, rank| {
            *sum += share(rank);
            Some(*sum)
        };
        let all = (0..users).map(|rank| person(rank, users, days, seed)).collect();
        Self { all, shares: (0..users).scan(0, sum_up).collect() }
    }

    /// Everybody, who uses most first.
    pub(super) fn all(&self) -> &[Person] {
        &self.all
    }

    /// Who makes a visit on a day.
    pub(super) fn draw(&self, day: u64, chance: &mut Chance) -> &Person {
        let mut drawn = (0..DRAWS).map(|_| self.draw_any(chance));
        drawn.find(|person| (person.days.0..person.days.1).contains(&day)).unwrap_or(&self.all[0])
    }

    fn draw_any(&self, chance: &mut Chance) -> &Person {
        let sum = self.shares.last().copied().unwrap_or_default();
        let point = chance.below(sum);
        &self.all[self.shares.partition_point(|share| *share <= point)]
    }
}

/// Who uses much more often pays more. The one who uses most is there all the time.
fn person(rank: u64, users: u64, days: u64, seed: u64) -> Person {
    let mut chance = Chance::of(&[seed, rank]);
    let (enterprise, pro) = match rank * 100 / users {
        0..=4 => (250, 550),
        5..=24 => (80, 400),
        _ => (15, 140),
    };
    let plan = match chance.below(1_000) {
        point if point < enterprise => Plan::Enterprise,
        point if point < enterprise + pro => Plan::Pro,
        _ => Plan::Free,
    };
    let is_first = rank == 0 || chance.happens(FIRST_DAY);
    let from = if is_first { 0 } else { chance.below(days) };
    let leaves = rank > 0 && plan == Plan::Free && chance.happens(LEAVING);
    let to = if leaves { from + 1 + chance.below(days - from) } else { days };
    let (team, _) = chance.pick(&TEAMS, |(_, weight)| *weight);
    Person { user_id: format!("user-{:05}", rank + 1), plan, team, days: (from, to) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_few_make_most_visits_and_all_plans_are_there() {
        let people = People::new(2_000, 90, 1);
        let mut chance = Chance::of(&[3]);
        let mut visits: HashMap<&str, u64> = HashMap::new();
        for n in 0..20_000 {
            *visits.entry(&people.draw(n % 90, &mut chance).user_id).or_default() += 1;
        }
        let mut counts: Vec<u64> = visits.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top = counts.iter().take(counts.len() / 10).sum::<u64>();
        assert!((9_000..15_000).contains(&top), "a tenth makes about 60 %: {top}");
        assert!(counts.len() > 1_500, "most users make some: {}", counts.len());
        for plan in [Plan::Free, Plan::Pro, Plan::Enterprise] {
            let count = people.all.iter().filter(|person| person.plan == plan).count();
            assert!(count > 50, "{plan:?}: {count}");
        }
        assert_eq!(TEAMS.iter().map(|(_, weight)| weight).sum::<u64>(), 100);
    }

    #[test]
    fn nobody_comes_before_the_first_day_or_after_the_last() {
        let people = People::new(500, 30, 1);
        let mut chance = Chance::of(&[5]);
        for day in 0..30 {
            for _ in 0..50 {
                let person = people.draw(day, &mut chance);
                assert!(person.days.0 <= day && day < person.days.1, "{person:?} on {day}");
            }
        }
        assert_eq!(People::new(1, 1, 1).draw(0, &mut chance).user_id, "user-00001");
    }
}
