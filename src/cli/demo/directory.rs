//! Names, plans and revenue of the made-up users.

use aiusage_client::{Client, Decimal, UserProfile};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::people::{Person, Plan};

/// The most users whom the directory gets to know: those who use most.
const USERS_MAX: usize = 10_000;
/// How many are told at once.
const AT_ONCE: usize = 16;

/// Names are colours and birds, so that nobody is meant.
const COLOURS: [&str; 16] = [
    "Amber", "Azure", "Cobalt", "Copper", "Coral", "Crimson", "Ebony", "Golden", "Indigo", "Ivory",
    "Jade", "Olive", "Pearl", "Ruby", "Silver", "Violet",
];
const BIRDS: [&str; 17] = [
    "Avocet", "Bittern", "Crane", "Dunlin", "Egret", "Finch", "Grebe", "Heron", "Ibis", "Jay",
    "Kite", "Lark", "Merlin", "Nuthatch", "Osprey", "Plover", "Wren",
];

/// Tells the directory of those who use most, and how many they are. Once more changes nothing.
pub(super) async fn fill(client: &Client, people: &[Person]) -> anyhow::Result<usize> {
    let known = &people[..people.len().min(USERS_MAX)];
    let tell = |(number, person)| client.upsert_user(profile(number, person));
    let told = stream::iter(known.iter().enumerate()).map(tell).buffer_unordered(AT_ONCE);
    told.try_for_each(async |_| Ok(())).await?;
    Ok(known.len())
}

fn profile(number: usize, person: &Person) -> UserProfile {
    // Numbers without a common divisor: the first 272 names are all different.
    let name = format!("{} {}", COLOURS[number % COLOURS.len()], BIRDS[number % BIRDS.len()]);
    let (revenue, acquisition) = match person.plan {
        Plan::Free => (0, 2),
        Plan::Pro => (20, 35),
        Plan::Enterprise => (60, 180),
    };
    UserProfile::new(&person.user_id)
        .display_name(name)
        .email(format!("{}@example.com", person.user_id))
        .plan(person.plan.name())
        .monthly_revenue(Decimal::from(revenue))
        .acquisition_cost(Decimal::from(acquisition))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::people::People;

    #[test]
    fn names_are_different_for_a_long_while() {
        let people = People::new(272, 30, 1);
        let of = |(number, person)| format!("{:?}", profile(number, person));
        let names: std::collections::BTreeSet<_> =
            people.all().iter().enumerate().map(of).collect();
        assert_eq!(names.len(), 272);
    }
}
