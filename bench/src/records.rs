//! The load: AI calls as an application would report them.
//!
//! Users, features and models are drawn evenly and apart from each other. That is
//! the hard case for the summaries: a batch hardly ever meets one of their rows
//! twice.

use std::time::{Duration, SystemTime};

use aiusage_client::proto::{Usage, UsageRecord};
use fastrand::Rng;
use uuid::Uuid;

/// Users of an application, unless it is said otherwise.
const USERS: usize = 200;
/// Times are drawn as microseconds.
const DAY_US: u64 = 86_400_000_000;
const FEATURES: [&str; 5] = ["chat", "search", "summary", "translation", "support"];
/// Providers and models.
pub(crate) const MODELS: [(&str, &str); 6] = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-flash"),
];
const TEAMS: [&str; 4] = ["north", "south", "east", "west"];

/// Makes records, the same ones in every run but for ids and times.
pub(crate) struct Records {
    rng: Rng,
    users: usize,
    times: Times,
}

/// When calls were made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Times {
    /// Just now.
    Now,
    /// At any time of so many days before.
    Past { days: u64 },
    /// Half of them just now, half of them before.
    Mixed { days: u64 },
}

impl Records {
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(seed, USERS, Times::Now)
    }

    pub(crate) fn of(seed: u64, users: usize, times: Times) -> Self {
        Self { rng: Rng::with_seed(seed), users, times }
    }

    pub(crate) fn many(&mut self, count: usize) -> Vec<UsageRecord> {
        (0..count).map(|_| self.one()).collect()
    }

    /// A record of one call.
    pub(crate) fn one(&mut self) -> UsageRecord {
        let (provider, model) = MODELS[self.rng.usize(..MODELS.len())];
        UsageRecord {
            record_id: Uuid::now_v7().to_string(),
            event_time: Some(self.time().into()),
            user_id: self.user(),
            feature: FEATURES[self.rng.usize(..FEATURES.len())].to_owned(),
            session_id: format!("session-{:08x}", self.rng.u32(..)),
            provider: provider.to_owned(),
            model: model.to_owned(),
            usage: Some(self.usage()),
            latency: Some(self.latency()),
            tags: [("team", self.rng.choice(TEAMS).unwrap_or_default()), ("env", "production")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            ..UsageRecord::default()
        }
    }

    /// The id of one of the users.
    pub(crate) fn user(&mut self) -> String {
        Self::user_id(self.rng.usize(..self.users))
    }

    /// The id of the user with this number.
    pub(crate) fn user_id(number: usize) -> String {
        format!("user-{number:03}")
    }

    fn time(&mut self) -> SystemTime {
        let days = match self.times {
            Times::Past { days } => days,
            Times::Mixed { days } if self.rng.bool() => days,
            Times::Now | Times::Mixed { .. } => return SystemTime::now(),
        };
        SystemTime::now() - Duration::from_micros(self.rng.u64(..days * DAY_US))
    }

    fn usage(&mut self) -> Usage {
        let input = self.rng.i64(200..8_000);
        Usage {
            input_tokens: Some(input),
            output_tokens: Some(self.rng.i64(20..1_500)),
            cache_read_tokens: Some(self.rng.i64(0..input)),
            ..Usage::default()
        }
    }

    fn latency(&mut self) -> prost_types::Duration {
        Duration::from_micros(self.rng.u64(200_000..20_000_000))
            .try_into()
            .expect("twenty seconds are in range")
    }
}
