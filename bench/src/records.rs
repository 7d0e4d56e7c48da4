//! The load: AI calls as an application with 200 users would report them.
//!
//! Users, features and models are drawn evenly and apart from each other. That is
//! the hard case for the summaries: a batch hardly ever meets one of their rows
//! twice.

use std::time::{Duration, SystemTime};

use aiusage_client::proto::{Usage, UsageRecord};
use fastrand::Rng;
use uuid::Uuid;

const USERS: usize = 200;
const FEATURES: [&str; 5] = ["chat", "search", "summary", "translation", "support"];
const MODELS: [(&str, &str); 6] = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("google", "gemini-2.5-flash"),
];
const TEAMS: [&str; 4] = ["north", "south", "east", "west"];

/// Makes records, the same ones in every run but for ids and times.
pub(crate) struct Records(Rng);

impl Records {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(crate) fn many(&mut self, count: usize) -> Vec<UsageRecord> {
        (0..count).map(|_| self.one()).collect()
    }

    /// A record of a call that just ended.
    pub(crate) fn one(&mut self) -> UsageRecord {
        let (provider, model) = MODELS[self.0.usize(..MODELS.len())];
        UsageRecord {
            record_id: Uuid::now_v7().to_string(),
            event_time: Some(SystemTime::now().into()),
            user_id: self.user(),
            feature: FEATURES[self.0.usize(..FEATURES.len())].to_owned(),
            session_id: format!("session-{:08x}", self.0.u32(..)),
            provider: provider.to_owned(),
            model: model.to_owned(),
            usage: Some(self.usage()),
            latency: Some(self.latency()),
            tags: [("team", self.0.choice(TEAMS).unwrap_or_default()), ("env", "production")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            ..UsageRecord::default()
        }
    }

    /// The id of one of the users.
    pub(crate) fn user(&mut self) -> String {
        format!("user-{:03}", self.0.usize(..USERS))
    }

    fn usage(&mut self) -> Usage {
        let input = self.0.i64(200..8_000);
        Usage {
            input_tokens: Some(input),
            output_tokens: Some(self.0.i64(20..1_500)),
            cache_read_tokens: Some(self.0.i64(0..input)),
            ..Usage::default()
        }
    }

    fn latency(&mut self) -> prost_types::Duration {
        Duration::from_micros(self.0.u64(200_000..20_000_000))
            .try_into()
            .expect("twenty seconds are in range")
    }
}
