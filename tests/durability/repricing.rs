//! Records are priced anew under load, and everything is killed half-way: each record
//! has the cost that this test computes itself, and every snapshot adds up.

mod era;
mod judge;
mod looks;
mod planted;
mod run;

use judge::Judgement;
use planted::Planted;
use run::{Outcome, Plan};

use crate::dice::{self, Dice};
use crate::nemesis::Kill;
use crate::report;
use crate::turn;

/// The server dies three times, and Postgres once.
const KILLS: [Kill; 4] = [Kill::Server, Kill::Postgres, Kill::Server, Kill::Server];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repricing_comes_to_its_end_whatever_is_killed() {
    let _turn = turn().await;
    let plan = Plan { records: 12_000, kills: &KILLS, planted: Planted::Nothing };
    let (seed, outcome, judgement) = run("a repricing under kills", &plan).await;
    assert!(outcome.seen.count >= 20, "only {} snapshots were looked at", outcome.seen.count);
    assert!(judgement.revisions > 3_000, "only {} records were revised", judgement.revisions);
    assert!(outcome.live.info_count() > 0, "no kill hit anything, so nothing was shown");
    let log = outcome.service.server.log_tail();
    assert!(judgement.is_clean(), "seed {seed}{judgement}\n{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_catches_sums_that_are_not_moved() {
    let _turn = turn().await;
    let plan = Plan { records: 2_000, kills: &[], planted: Planted::LostHours };
    let (seed, _, judgement) = run("planted: some hours are not moved", &plan).await;
    assert!(!judgement.verdict.drift.is_empty(), "seed {seed}: nobody noticed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_harness_catches_a_cursor_that_is_ahead_of_its_work() {
    let _turn = turn().await;
    let plan = Plan { records: 6_000, kills: &[Kill::Server], planted: Planted::CursorAhead };
    let (seed, _, judgement) = run("planted: the cursor is ahead of its work", &plan).await;
    assert!(!judgement.verdict.changed.is_empty(), "seed {seed}: nobody noticed");
}

async fn run(title: &str, plan: &Plan<'_>) -> (u64, Outcome, Judgement) {
    let seed = dice::seed();
    report::say(&format!("\n{title}: seed {seed}\n"));
    let outcome = run::run(plan, &mut Dice::new(seed)).await;
    let judgement = judge::judge(&outcome).await;
    let faults = judgement.verdict.faults().map(|(fault, which)| (which.len(), fault));
    report::say(&format!(
        "  {} records before, {} meanwhile, {} revised in {:.1?} with {} kills\n  \
         {} snapshots with {} differences, {} deadlocks, found: {faults:?}\n",
        outcome.past.attempts.len(),
        outcome.live.attempts.len(),
        judgement.revisions,
        outcome.took,
        plan.kills.len(),
        outcome.seen.count,
        judgement.snapshots.len(),
        judgement.deadlocks,
    ));
    (seed, outcome, judgement)
}
