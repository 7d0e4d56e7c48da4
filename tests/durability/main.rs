//! Kills at random moments under load: what was acknowledged is there, once, as
//! it was sent, and the log makes up its summaries.
//!
//! Real processes: the command itself over an embedded Postgres on disk. Writers
//! (`writers`) keep a `history` of what they were told, the `nemesis` kills, and
//! the `oracle` holds the history against the log. That the oracle would notice
//! is shown too: by a `liar` who acknowledges before it commits, and by a
//! Postgres that does.
//!
//! `AIUSAGE_KILLS` sets the number of kills, `AIUSAGE_SEED` repeats the choices of
//! an earlier run (not its timing, which is the machine's).

mod alerts;
mod calls;
mod dice;
mod history;
mod liar;
mod nemesis;
mod oracle;
mod postgres;
mod pulse;
#[expect(dead_code, clippy::unwrap_used, reason = "it is shared with tests that look closer")]
#[path = "../it/receiver.rs"]
mod receiver;
mod report;
mod repricing;
mod server;
mod service;
mod spending;
mod way;
mod writers;

use dice::Dice;
use nemesis::{Kill, Nemesis};
use report::Report;
use service::Service;
use tokio::sync::{Mutex, MutexGuard};
use writers::Crew;

/// The kinds of the kills, over and over.
const ORDINARY: [Kill; 10] = [
    Kill::Server,
    Kill::Postgres,
    Kill::Server,
    Kill::Postgres,
    Kill::Both,
    Kill::Server,
    Kill::PostgresAtStart,
    Kill::ServerAtStart,
    Kill::Postgres,
    Kill::Both,
];
/// What continuous integration runs.
const KILLS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let _turn = turn().await;
    let kills = ORDINARY.into_iter().cycle().take(kills_wanted());
    let report = run("nothing acknowledged is lost", Planted::Nothing, kills).await;
    assert!(report.history.info_count() > 0, "no kill hit anything, so nothing was shown");
    assert!(report.verdict.is_clean(), "seed {}{}", report.seed, report.verdict);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_catches_an_early_acknowledgement() {
    let _turn = turn().await;
    let kills = [Kill::Server, Kill::Both, Kill::Server, Kill::Both];
    let report = run("planted: acknowledged before it is sent on", Planted::Liar, kills).await;
    assert!(!report.verdict.lost.is_empty(), "seed {}: nobody noticed", report.seed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_catches_a_postgres_that_commits_later() {
    let _turn = turn().await;
    // The first one makes the server connect anew, with the planted setting.
    let kills = [Kill::Postgres; 5];
    let report = run("planted: synchronous_commit=off", Planted::LateCommits, kills).await;
    assert!(!report.verdict.lost.is_empty(), "seed {}: nobody noticed", report.seed);
}

/// The bug that the run is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Planted {
    Nothing,
    Liar,
    LateCommits,
}

/// Writes and kills, then judges.
async fn run(title: &str, planted: Planted, kills: impl IntoIterator<Item = Kill>) -> Report {
    let begun = std::time::Instant::now();
    let seed = dice::seed();
    report::say(&format!("\n{title}: seed {seed}\n"));
    let mut dice = Dice::new(seed);
    let mut service = Service::start(&mut dice, planted == Planted::Liar).await;
    if planted == Planted::LateCommits {
        service.server.commit_late().await;
    }
    let honest = planted == Planted::Nothing;
    // The liar knows no streams.
    let streams = if planted == Planted::Liar { 0 } else { 8 };
    let crew = Crew::start(&service, 16 - streams, streams, &calls::of_now(), &mut dice);
    let mut nemesis = Nemesis::new(&mut service, crew.pulse(), dice, honest);
    let blows = nemesis.strike_all(kills).await;
    let history = crew.stop().await;
    let verdict = oracle::judge(&history, &service.server).await;
    let report = Report { seed, blows, history, verdict, took: begun.elapsed() };
    report.print(title);
    if honest && !report.verdict.is_clean() {
        report::say(&service.server.log_tail());
    }
    report
}

/// Two cores have room for one run at a time.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

fn kills_wanted() -> usize {
    let wanted = std::env::var("AIUSAGE_KILLS").ok();
    wanted.map_or(KILLS, |text| text.parse().expect("AIUSAGE_KILLS is a number"))
}
