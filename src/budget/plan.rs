//! One transaction of decisions: lock, decide, store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::book::Book;
use super::reserver::Reserved;
use crate::domain::budget::admission::{Hold, Unfit, Wanted, places};
use crate::domain::budget::reservation::{
    NewReservation, Refusal, Reservation, ReservationId, State,
};
use crate::domain::budget::{BudgetId, CounterKey};
use crate::domain::ids::TenantId;
use crate::store::reservations::{self, Decided, Found, Wish};
use crate::store::{self, Connection};

/// What came of a transaction.
pub(super) enum Outcome {
    /// One for each wish, in order, and durable.
    Done(Vec<Reserved>),
    /// Something did not fit, and leases have ended that were not given back yet.
    LeasesEnded,
}

/// A wish, and where it would be set aside.
struct Planned<'a> {
    new: &'a NewReservation,
    user_no: i32,
    expire_time: DateTime<Utc>,
    wanted: Vec<Wanted>,
}

/// Wishes that are decided together, by the budgets that are remembered.
pub(super) struct Plan<'a> {
    pub(super) now: DateTime<Utc>,
    books: BTreeMap<TenantId, Arc<Book>>,
    wishes: Vec<Planned<'a>>,
}

type Key = (TenantId, ReservationId);

impl<'a> Plan<'a> {
    /// A plan by these budgets: one list for each tenant.
    pub(super) fn new(now: DateTime<Utc>, books: BTreeMap<TenantId, Arc<Book>>) -> Self {
        Self { now, books, wishes: Vec::new() }
    }

    /// Adds a wish of the user with this number.
    pub(super) fn add(&mut self, new: &'a NewReservation, user_no: i32) {
        let expire_time = self.now + new.lease;
        let facts = new.call.facts(Some(user_no));
        let book = &self.books[&new.tenant];
        let mut wanted = Vec::new();
        for budget in book.counting(&facts) {
            let is_binding = book.is_binding(budget, &facts, self.now);
            let places = places(budget, user_no, self.now, expire_time);
            wanted.extend(places.into_iter().map(|place| Wanted {
                budget: Arc::clone(budget),
                place,
                is_binding,
            }));
        }
        self.wishes.push(Planned { new, user_no, expire_time, wanted });
    }

    /// Each tenant with the epoch of its budgets.
    pub(super) fn epochs(&self) -> Vec<(TenantId, i64)> {
        self.books.iter().map(|(tenant, book)| (*tenant, book.epoch)).collect()
    }

    /// Decides, on a connection that is for this alone.
    pub(super) async fn run(&self, connection: &mut Connection) -> Result<Outcome, store::Error> {
        let mut transaction = store::begin(connection).await?;
        let keys: Vec<Key> = self.wishes.iter().map(|one| (one.new.tenant, one.new.id)).collect();
        store::budgets::hold(&mut transaction, &self.epochs()).await?;
        let found = reservations::find_all(&mut transaction, &keys).await?;
        let new = self.first_tries(&found);
        let mut standings = reservations::lock(&mut transaction, &all_wanted(&new)).await?;
        let mut decided = Vec::with_capacity(new.len());
        for one in &new {
            let standings = standings.entry(one.new.tenant).or_default();
            let outcome = standings.admit(&one.wanted, one.new.expected, self.now);
            let outcome = outcome.map_err(|unfit| (one.refusal(&unfit), unfit.place.counter));
            decided.push(one.decided(outcome));
        }
        let refused = decided.iter().filter(|one| one.outcome.is_err());
        let refused: BTreeSet<TenantId> = refused.map(|one| one.new.tenant).collect();
        if reservations::any_expired(&mut transaction, &refused, self.now).await? {
            return Ok(Outcome::LeasesEnded);
        }
        if !decided.is_empty() {
            if !reservations::reserve(&mut transaction, &decided, self.now).await? {
                // Another server has one of the ids since; it is found the next time.
                return Err(store::Error::TimedOut);
            }
            transaction.commit().await.map_err(store::Error::from)?;
        }
        Ok(Outcome::Done(self.answers(&found, &new, decided)))
    }

    /// The wishes that nothing is known of, each id once.
    fn first_tries(&self, found: &Found) -> Vec<&Planned<'a>> {
        let mut seen: HashMap<Key, ()> = HashMap::new();
        let is_first = |one: &&Planned<'_>| {
            let key = (one.new.tenant, one.new.id);
            !found.contains_key(&key) && seen.insert(key, ()).is_none()
        };
        self.wishes.iter().filter(is_first).collect()
    }

    fn answers(
        &self,
        found: &Found,
        new: &[&Planned<'_>],
        decided: Vec<Decided<'_>>,
    ) -> Vec<Reserved> {
        let made: HashMap<Key, (Reservation, [u8; 32])> = new
            .iter()
            .zip(decided)
            .map(|(one, decided)| {
                let key = (one.new.tenant, one.new.id);
                (key, (one.reservation(decided, self.now), one.new.request_sha256))
            })
            .collect();
        let answer = |one: &Planned<'_>| {
            let key = (one.new.tenant, one.new.id);
            let known = made.get(&key).map(|(reservation, digest)| (reservation, &digest[..]));
            let known = known.or_else(|| {
                found.get(&key).map(|(reservation, digest)| (reservation, digest.as_slice()))
            });
            match known {
                Some((reservation, digest)) if digest == one.new.request_sha256 => {
                    Reserved::Made(Box::new(reservation.clone()))
                }
                _ => Reserved::IdReused,
            }
        };
        self.wishes.iter().map(answer).collect()
    }
}

/// Each place once: several wishes meet in one budget.
fn all_wanted<'p>(planned: &[&'p Planned<'_>]) -> Vec<Wish<'p>> {
    let mut all = BTreeMap::new();
    for one in planned {
        for Wanted { budget, place, .. } in &one.wanted {
            let counter = place.counter;
            let key = (one.new.tenant, counter.budget_no, counter.user_no, counter.period.start);
            all.insert(key, (one.new.tenant, &**budget, *place));
        }
    }
    all.into_values().collect()
}

impl Planned<'_> {
    fn refusal(&self, unfit: &Unfit) -> Refusal {
        let terms = &unfit.budget.terms;
        Refusal {
            budget: unfit.budget.id.clone(),
            user: terms.scope.each_user.then(|| self.new.call.user.clone()),
            limit: terms.limit,
            used: unfit.standing.used,
            reserved: unfit.standing.reserved,
            requested: unfit.asked,
            period: unfit.place.window,
        }
    }

    /// The names of the budgets that hold it.
    fn budgets(&self) -> Vec<BudgetId> {
        let mut names: Vec<_> = self.wanted.iter().map(|one| one.budget.id.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn decided(&self, outcome: Result<Vec<Hold>, (Refusal, CounterKey)>) -> Decided<'_> {
        Decided {
            new: self.new,
            user_no: self.user_no,
            expire_time: self.expire_time,
            budgets: if outcome.is_ok() { self.budgets() } else { Vec::new() },
            outcome,
        }
    }

    fn reservation(&self, decided: Decided<'_>, now: DateTime<Utc>) -> Reservation {
        let refusal = decided.outcome.err().map(|(refusal, _)| refusal);
        let is_refused = refusal.is_some();
        Reservation {
            id: self.new.id,
            state: if is_refused { State::Refused } else { State::Held },
            expected: self.new.expected,
            budgets: decided.budgets,
            create_time: now,
            expire_time: self.expire_time,
            end_time: is_refused.then_some(now),
            record_id: None,
            refusal,
        }
    }
}
