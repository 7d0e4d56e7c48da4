//! What was made, and where to look at it.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use super::calls::Wish;
use super::send::Sent;
use crate::cli::figures::count;
use crate::cli::output::{Output, Style};

/// Commands that show something, and what.
const COMMANDS: [(&str, &str); 9] = [
    ("aiusage cau", "cost per active user"),
    ("aiusage cost user-00001 --days 30", "what one user cost, by feature, model and day"),
    ("aiusage unpriced", "a model's name that somebody misspelled"),
    (
        "aiusage aliases add gtp-5.6-luna openai gpt-5.6-luna",
        "gives the name its meaning and price",
    ),
    ("aiusage budget status", "budgets: one nearly used, one exceeded"),
    ("aiusage budget status demo-each-pro-user", "one limit for each user"),
    ("aiusage alerts list --open", "what somebody should know"),
    ("aiusage prices history mistral mistral-large-4", "a price that changed on the way"),
    ("aiusage verify", "the log beside its summaries, to the last digit"),
];

/// What a run came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) wish: Wish,
    pub(super) sent: Sent,
    /// How long the records took.
    pub(super) took: Duration,
    /// Budgets that were made now.
    pub(super) budgets: Vec<&'static str>,
}

impl Outcome {
    /// Tells it.
    pub(super) fn show(&self, address: &str, output: &Output) {
        if output.is_json() {
            output.json(&self.json());
        } else {
            output.text(&self.text(address, output));
        }
    }

    fn json(&self) -> serde_json::Value {
        let Sent { stored, known } = self.sent;
        let (first, last) = self.days();
        serde_json::json!({
            "stored_count": stored,
            "duplicate_count": known,
            "duration_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "records_per_second": self.rate(),
            "first_day": first.to_string(),
            "last_day": last.to_string(),
            "budgets_made": self.budgets,
        })
    }

    fn text(&self, address: &str, output: &Output) -> String {
        let Sent { stored, known } = self.sent;
        let (first, last) = self.days();
        let (seconds, rate) = (self.took.as_secs(), count(self.rate()));
        let (stored, known) = (count(stored), count(known));
        let mut text = format!(
            "{stored} records stored, {known} known already, in {seconds} s ({rate} records/s)\n\
             {first} to {last} (UTC), by up to {} users\n",
            count(self.wish.users)
        );
        if !self.budgets.is_empty() {
            text += &format!("Budgets made: {}\n", self.budgets.join(", "));
        }
        text += &format!("\n{}\n", output.strong("Look around"));
        text += &format!("  {}  the dashboard\n", output.strong(address));
        let width = COMMANDS.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
        for (command, what) in COMMANDS {
            text += &format!("  {command:width$}  {}\n", output.styled(Style::Faint, what));
        }
        text
    }

    /// The first day and the last.
    fn days(&self) -> (NaiveDate, NaiveDate) {
        let last = self.wish.until - TimeDelta::days(1);
        (self.wish.from().date_naive(), last.date_naive())
    }

    fn rate(&self) -> u64 {
        let records = u128::from(self.sent.stored + self.sent.known);
        u64::try_from(records * 1_000 / self.took.as_millis().max(1)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn what_is_advised_can_be_run() {
        for (command, _) in COMMANDS {
            let parsed = Cli::try_parse_from(command.split(' '));
            assert!(parsed.is_ok(), "{command}: {:?}", parsed.err().map(|e| e.to_string()));
        }
    }
}
