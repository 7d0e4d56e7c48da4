//! The records of the demo, hour by hour, the same ones for the same wish.

use std::collections::VecDeque;

use aiusage_client::Record;
use chrono::{DateTime, TimeDelta, Utc};

use super::answer::answer;
use super::calendar::{self, Hour, RUNAWAY_TIMES};
use super::chance::Chance;
use super::features::{FEATURES, Feature, Kind, RUNAWAY};
use super::models::{MISSPELLED, Model};
use super::people::{People, Person};

/// Goes up with every change of what is made, so that no id ever comes with another
/// content.
const EDITION: u64 = 1;
/// Visits with a misspelled model, of 1,000.
const MISSPELLINGS: u64 = 2;
/// Calls of the longest visit.
const VISIT_CALLS_MAX: u64 = 8;
const HOUR_US: u64 = 3_600_000_000;

/// What is wished for. Other wishes get other records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) records: u64,
    pub(super) days: u64,
    pub(super) users: u64,
    pub(super) seed: u64,
    /// The end of the last day.
    pub(super) until: DateTime<Utc>,
}

impl Wish {
    /// The start of the first day.
    pub(super) fn from(&self) -> DateTime<Utc> {
        self.until - TimeDelta::days(i64::try_from(self.days).expect("days of some years"))
    }

    fn words(&self) -> [u64; 6] {
        let until = self.until.timestamp().unsigned_abs();
        [EDITION, self.records, self.days, self.users, self.seed, until]
    }
}

/// Makes the records, one visit of a user after the other. Within an hour they are in
/// no order.
#[derive(Debug)]
pub(super) struct Calls {
    wish: Wish,
    people: People,
    hours: std::vec::IntoIter<Hour>,
    hour: Hour,
    /// Records that the hour still has to get.
    missing: u64,
    chance: Chance,
    visit: VecDeque<Record>,
}

impl Calls {
    pub(super) fn new(wish: Wish) -> Self {
        let hours = calendar::hours(wish.until, wish.days, wish.records).into_iter();
        let hour = Hour { start: wish.from(), day: 0, records: 0, is_runaway: false };
        Self {
            people: People::new(wish.users, wish.days, wish.seed),
            wish,
            hours,
            hour,
            missing: 0,
            chance: Chance::of(&wish.words()),
            visit: VecDeque::new(),
        }
    }

    /// One visit of somebody: a conversation, or a job.
    fn make_visit(&mut self) {
        let Self { hour, people, chance, .. } = self;
        let person = people.draw(hour.day, chance);
        let more = if hour.is_runaway { RUNAWAY_TIMES } else { 1 };
        let feature = chance.pick(&FEATURES, |feature| {
            feature.weight * if feature.name == RUNAWAY.name { more } else { 1 }
        });
        let model = &chance.pick(feature.models, |choice| choice.weight(person.plan)).model;
        let is_misspelled = feature.operation == "chat" && chance.happens(MISSPELLINGS);
        let model = if is_misspelled { &MISSPELLED } else { model };
        let visit = Visit { person, feature, model, number: chance.bits() };
        let mut at = hour.start + microseconds(chance.below(HOUR_US));
        let calls = chance.between(1..VISIT_CALLS_MAX + 1).min(self.missing);
        self.missing -= calls;
        for step in 0..calls {
            at = at.min(self.wish.until - TimeDelta::milliseconds(1));
            self.visit.push_back(visit.call(step, at, chance));
            at += microseconds(chance.around(visit.pause_us()));
        }
    }
}

impl Iterator for Calls {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.visit.pop_front() {
                return Some(record);
            }
            while self.missing == 0 {
                self.hour = self.hours.next()?;
                self.missing = self.hour.records;
            }
            self.make_visit();
        }
    }
}

/// What the calls of one visit have in common.
struct Visit<'a> {
    person: &'a Person,
    feature: &'static Feature,
    model: &'a Model,
    number: u64,
}

impl Visit<'_> {
    fn call(&self, step: u64, at: DateTime<Utc>, chance: &mut Chance) -> Record {
        let Self { person, feature, model, number } = self;
        let milliseconds = u64::try_from(at.timestamp_millis()).expect("not before 1970");
        let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &chance.id_bytes());
        let record = Record::new(&person.user_id)
            .record_id(id.into_uuid())
            .event_time(at)
            .feature(feature.name)
            .function_name(self.function(step, chance))
            .operation(feature.operation)
            .model(model.provider, model.name)
            .tag("plan", person.plan.name())
            .tag("team", person.team);
        let record = match feature.kind {
            Kind::Session => record.session_id(format!("session-{number:016x}")),
            Kind::Job => record.job_id(format!("job-{number:016x}")),
        };
        answer(record, feature, model, chance)
    }

    /// A job goes through its functions, a person jumps between them.
    fn function(&self, step: u64, chance: &mut Chance) -> &'static str {
        let functions = self.feature.functions;
        match self.feature.kind {
            Kind::Session if step > 0 => chance.any::<&str>(functions),
            Kind::Session => functions[0],
            Kind::Job => {
                let step = usize::try_from(step).expect("visits are short");
                functions[step % functions.len()]
            }
        }
    }

    /// The usual time between two of its calls.
    fn pause_us(&self) -> u64 {
        match self.feature.kind {
            Kind::Session => 40_000_000,
            Kind::Job => 6_000_000,
        }
    }
}

fn microseconds(count: u64) -> TimeDelta {
    TimeDelta::microseconds(i64::try_from(count).expect("some hours"))
}
