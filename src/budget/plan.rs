//! One transaction of decisions: lock, decide, store.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::book::Book;
use super::reserver::Reserved;
use crate::domain::budget::Budget;
use crate::domain::budget::admission::{Place, Unfit, places};
use crate::domain::budget::reservation::{
    NewReservation, Refusal, Reservation, ReservationId, State,
};
use crate::domain::ids::TenantId;
use crate::store::reservations::{self, Decided, Found, Wanted};
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
    wanted: Vec<(Arc<Budget>, Place)>,
}

/// Wishes that are decided together, by the budgets that are remembered.
pub(super) struct Plan<'a> {
    pub(super) now: DateTime<Utc>,
    epochs: BTreeMap<TenantId, i64>,
    wishes: Vec<Planned<'a>>,
}

type Key = (TenantId, ReservationId);

impl<'a> Plan<'a> {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { now, epochs: BTreeMap::new(), wishes: Vec::new() }
    }

    /// Adds a wish of the user with this number.
    pub(super) fn add(&mut self, new: &'a NewReservation, user_no: i32, book: Arc<Book>) {
        let expire_time = self.now + new.lease;
        let facts = new.call.facts(Some(user_no));
        let mut wanted = Vec::new();
        for budget in book.holding(&facts).filter(|budget| budget.counts_at(self.now)) {
            let places = places(budget, user_no, self.now, expire_time);
            wanted.extend(places.into_iter().map(|place| (Arc::clone(budget), place)));
        }
        self.epochs.insert(new.tenant, book.epoch);
        self.wishes.push(Planned { new, user_no, expire_time, wanted });
    }

    /// Decides, on a connection that is for this alone.
    pub(super) async fn run(&self, connection: &mut Connection) -> Result<Outcome, store::Error> {
        let mut transaction = store::begin(connection).await?;
        let keys: Vec<Key> = self.wishes.iter().map(|one| (one.new.tenant, one.new.id)).collect();
        let epochs: Vec<(TenantId, i64)> = self.epochs.iter().map(|(t, e)| (*t, *e)).collect();
        store::budgets::hold(&mut transaction, &epochs).await?;
        let found = reservations::find_all(&mut transaction, &keys).await?;
        let new = self.first_tries(&found);
        let mut standings = reservations::lock(&mut transaction, &all_wanted(&new)).await?;
        let mut decided = Vec::with_capacity(new.len());
        for one in &new {
            let standings = standings.entry(one.new.tenant).or_default();
            let outcome = standings.admit(&one.wanted, one.new.expected, self.now);
            let outcome = outcome.map_err(|unfit| (one.refusal(&unfit), unfit.place.counter));
            let (new, user_no, expire_time) = (one.new, one.user_no, one.expire_time);
            decided.push(Decided { new, user_no, expire_time, outcome });
        }
        let is_refused = decided.iter().any(|one| one.outcome.is_err());
        if is_refused && reservations::any_expired(&mut transaction, self.now).await? {
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
fn all_wanted<'p>(planned: &[&'p Planned<'_>]) -> Vec<Wanted<'p>> {
    let mut all = BTreeMap::new();
    for one in planned {
        for (budget, place) in &one.wanted {
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

    fn reservation(&self, decided: Decided<'_>, now: DateTime<Utc>) -> Reservation {
        let mut budgets: Vec<_> = self.wanted.iter().map(|(budget, _)| budget.id.clone()).collect();
        budgets.sort_unstable();
        budgets.dedup();
        let refusal = decided.outcome.err().map(|(refusal, _)| refusal);
        let is_refused = refusal.is_some();
        Reservation {
            id: self.new.id,
            state: if is_refused { State::Refused } else { State::Held },
            expected: self.new.expected,
            budgets: if is_refused { Vec::new() } else { budgets },
            create_time: now,
            expire_time: self.expire_time,
            end_time: is_refused.then_some(now),
            record_id: None,
            refusal,
        }
    }
}
