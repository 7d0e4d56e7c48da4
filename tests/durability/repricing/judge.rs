//! Holds what came of a repricing against what each record has to cost.

use std::collections::{BTreeMap, HashMap};

use aiusage_client::proto::CostBasis;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::run::Outcome;
use crate::history::History;
use crate::oracle::{self, Verdict};

/// What a ledger is after a repricing.
pub(crate) struct Judgement {
    /// As after any run, with costs as corrected.
    pub(crate) verdict: Verdict,
    /// What was not in order in a snapshot on the way.
    pub(crate) snapshots: Vec<String>,
    /// What is wrong with costs as recorded.
    pub(crate) recorded: Vec<String>,
    /// Records with more than one revision.
    pub(crate) revised_twice: Vec<String>,
    pub(crate) deadlocks: usize,
    /// No fault: revisions of this repricing.
    pub(crate) revisions: usize,
}

impl Judgement {
    pub(crate) fn is_clean(&self) -> bool {
        let own = [&self.snapshots, &self.recorded, &self.revised_twice];
        self.verdict.is_clean() && own.iter().all(|faults| faults.is_empty()) && self.deadlocks == 0
    }
}

impl std::fmt::Display for Judgement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.verdict)?;
        for (fault, which) in [
            ("differences on the way", &self.snapshots),
            ("wrong costs as recorded", &self.recorded),
            ("revised twice", &self.revised_twice),
        ] {
            let some: Vec<&str> = which.iter().take(3).map(String::as_str).collect();
            write!(out, "\n  {} {fault} {}", which.len(), some.join("\n    "))?;
        }
        write!(out, "\n  {} deadlocks", self.deadlocks)
    }
}

pub(crate) async fn judge(outcome: &Outcome) -> Judgement {
    let mut history = History::default();
    history.merge(outcome.past.clone());
    history.merge(outcome.live.clone());
    let server = &outcome.service.server;
    let verdict = oracle::judge(&history, server).await;
    let revised = revised(outcome).await;
    let twice = revised.iter().filter(|(_, count)| **count > 1);
    Judgement {
        verdict,
        snapshots: outcome.seen.differences.clone(),
        recorded: recorded(outcome, &history).await,
        revised_twice: twice.map(|(id, _)| id.to_string()).collect(),
        deadlocks: server.deadlocks(),
        revisions: revised.len(),
    }
}

/// How many revisions of the repricing a record has.
async fn revised(outcome: &Outcome) -> HashMap<Uuid, i64> {
    let counts = sqlx::query_as(
        "SELECT record_id, count(*) FROM cost_revision WHERE repricing_id = $1 GROUP BY record_id",
    );
    let mut database = outcome.service.server.database().await;
    let rows: Vec<(Uuid, i64)> = counts
        .bind(outcome.repricing_id)
        .fetch_all(&mut database)
        .await
        .expect("revisions are readable");
    rows.into_iter().collect()
}

/// What was recorded stays as it was, and is what totals as recorded are made of.
async fn recorded(outcome: &Outcome, history: &History) -> Vec<String> {
    let server = &outcome.service.server;
    let log = sqlx::query_as("SELECT record_id, cost_total FROM usage_log");
    let log: Vec<(Uuid, Decimal)> =
        log.fetch_all(&mut server.database().await).await.expect("every record has a cost");
    let mut wrong = Vec::new();
    let mut due: BTreeMap<String, Decimal> = BTreeMap::new();
    for (id, cost) in log {
        let Some(sent) = history.attempts.get(&id) else { continue };
        *due.entry(sent.call.user.clone()).or_default() += cost;
        let was_live = outcome.live.attempts.contains_key(&id);
        if cost != sent.call.first_cost && !(was_live && cost == sent.call.cost) {
            wrong.push(format!("{id}: {cost} is recorded of {sent:?}"));
        }
    }
    let told = oracle::ask_totals(history, server, CostBasis::Recorded).await;
    for (user, totals) in &told {
        let cost = oracle::cost(totals);
        if due.get(user).copied().unwrap_or_default() != cost {
            wrong.push(format!("{user}: {cost}, not {:?}", due.get(user)));
        }
    }
    wrong
}
