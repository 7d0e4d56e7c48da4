//! `aiusage demo`: three months of a made-up application, to look around in.
//!
//! ```text
//!  calendar ─hours─▶ calls ◀─people, features, models, tokens, chance
//!                      │ records
//!                      ▼
//!                    send ─streams─▶ service ◀─ the directory of users
//!                                            ◀─ budgets, sized by what is used
//! ```

mod answer;
mod budgets;
mod calendar;
mod calls;
mod chance;
mod directory;
mod features;
mod guide;
mod models;
mod people;
mod progress;
mod send;
#[cfg(test)]
mod tests;
mod tokens;

use std::time::Instant;

use aiusage_client::{CauQuery, Client, ErrorReason, Uuid};
use anyhow::bail;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{Args, value_parser};

use self::calls::{Calls, Wish};
use self::guide::Outcome;
use self::people::People;
use super::failure::Usage;
use super::figures::counted;
use super::output::Output;
use crate::clock::Clock;

/// Ten years: the most that can be asked about.
const EVER_DAYS: i32 = 3_660;

/// Fill the ledger with three months of a made-up application, to look around in
///
/// Users, features, models, errors, jobs, a day on which spending runs away, and
/// budgets: everything is made up but the lengths of prompts and answers, which are
/// drawn from two traces of the Azure Public Dataset. Nobody's model is called.
///
/// The same flags make the same records on the same day: once more, or after Ctrl-C,
/// what is stored already counts once. The last day is yesterday, in UTC; on another
/// day, --until names the day with which the records were made.
///
/// It writes into the tenant of the API key, for good: usage is never deleted. A tenant
/// with other usage is refused without --yes. A service with a ledger of its own is
/// `aiusage serve` with another --data-dir, --credentials-file and --listen.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage demo
  aiusage demo --records 20000 --days 30 --users 200
  aiusage demo --until 2026-11-22")]
pub(super) struct DemoArgs {
    /// How many AI calls
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = value_parser!(u64).range(1..=100_000_000))]
    records: u64,

    /// How many days
    #[arg(long, default_value_t = 90, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000))]
    days: u64,

    /// How many users
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000))]
    users: u64,

    /// Another number makes other records
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,

    /// The day after the last one, in UTC [default: today]
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,

    /// How many streams send at once
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = value_parser!(u8).range(1..=16))]
    streams: u8,

    /// Fill a tenant that has other usage already
    #[arg(long)]
    yes: bool,
}

/// Fills the ledger, makes budgets, and says what there is to see.
pub(super) async fn run(args: DemoArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let began = Instant::now();
    let now = Clock::system().now();
    let wish = args.wish(now)?;
    if !args.yes {
        ask_for_room(client, wish).await?;
    }
    let sent = send::send(client, wish, args.streams).await?;
    let took = began.elapsed();
    let people = People::new(wish.users, wish.days, wish.seed);
    directory::fill(client, people.all()).await?;
    let budgets = budgets::make(client).await?;
    Outcome { wish, sent, took, budgets }.show(client.address(), output);
    Ok(())
}

impl DemoArgs {
    fn wish(&self, now: DateTime<Utc>) -> Result<Wish, Usage> {
        let Self { records, days, users, seed, .. } = *self;
        let today = now.date_naive();
        let until = self.until.unwrap_or(today);
        if until > today {
            return Err(Usage(format!("--until {until} is after today, {today} in UTC")));
        }
        let first = until - TimeDelta::days(i64::try_from(days).expect("at most 1,000"));
        if first < NaiveDate::default() {
            return Err(Usage(format!("--until {until} is too early: days begin in 1970")));
        }
        Ok(Wish { records, days, users, seed, until: until.and_time(NaiveTime::MIN).and_utc() })
    }
}

/// Fails where the tenant has usage, unless this very demo has begun there.
async fn ask_for_room(client: &Client, wish: Wish) -> anyhow::Result<()> {
    let windows = client.get_cau(CauQuery::new().days(EVER_DAYS)).await?;
    let users: i64 = windows.iter().map(|window| window.active_user_count).sum();
    if users == 0 || has_begun(client, wish).await? {
        return Ok(());
    }
    bail!(
        "the tenant of this key has usage of {} that this demo did not make. Nothing was written. \
         --yes adds the demo to it, for good; an earlier demo goes on with its own flags and --until",
        counted(users, "user")
    )
}

/// Whether one of the records is there that are sent first, one by each stream.
async fn has_begun(client: &Client, wish: Wish) -> anyhow::Result<bool> {
    for record in Calls::new(wish).step_by(send::MESSAGE_RECORDS).take(send::STREAMS_MAX) {
        let id = Uuid::try_parse(record.id()).expect("made as a UUID");
        match client.explain_cost(id).await {
            Ok(_) => return Ok(true),
            Err(error) if error.reason() == Some(ErrorReason::RecordNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
