//! What was sent, and what its sender was told.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::calls::Call;

/// What a sender was told of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable.
    Acknowledged { duplicate: bool },
    /// It is not stored, for good.
    Refused(String),
    /// Nothing: it may be durable or not.
    Info(&'static str),
    /// There was no connection to send it over.
    Unconnected,
}

/// One record, and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) call: Call,
    /// Sends of which nothing was told.
    pub(crate) infos: u32,
    /// Sends without a connection.
    pub(crate) in_vain: u32,
    pub(crate) last: Option<Outcome>,
}

impl Attempt {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, infos: 0, in_vain: 0, last: None }
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        matches!(self.last, Some(Outcome::Acknowledged { .. }))
    }

    pub(crate) fn is_duplicate(&self) -> bool {
        self.last == Some(Outcome::Acknowledged { duplicate: true })
    }
}

/// Every record by its id, and how often which outcome was unknown.
#[derive(Default, Clone)]
pub(crate) struct History {
    pub(crate) attempts: HashMap<Uuid, Attempt>,
    pub(crate) infos: BTreeMap<&'static str, usize>,
}

impl History {
    /// Notes what was told of a record of this history.
    pub(crate) fn note(&mut self, id: &Uuid, outcome: Outcome) {
        let attempt = self.attempts.get_mut(id).expect("what is sent is noted first");
        match outcome {
            Outcome::Info(kind) => {
                attempt.infos += 1;
                *self.infos.entry(kind).or_default() += 1;
            }
            Outcome::Unconnected => attempt.in_vain += 1,
            Outcome::Acknowledged { .. } | Outcome::Refused(_) => {}
        }
        attempt.last = Some(outcome);
    }

    /// Whether nothing is known of a record for the first time.
    pub(crate) fn is_newly_unknown(&self, id: &Uuid) -> bool {
        let attempt = &self.attempts[id];
        attempt.infos == 1 && matches!(attempt.last, Some(Outcome::Info(_)))
    }

    pub(crate) fn merge(&mut self, other: History) {
        self.attempts.extend(other.attempts);
        for (kind, count) in other.infos {
            *self.infos.entry(kind).or_default() += count;
        }
    }

    pub(crate) fn count(&self, which: impl Fn(&Attempt) -> bool) -> usize {
        self.attempts.values().filter(|attempt| which(attempt)).count()
    }

    pub(crate) fn info_count(&self) -> usize {
        self.infos.values().sum()
    }
}
