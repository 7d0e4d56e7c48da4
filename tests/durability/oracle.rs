//! Holds what the writers were told against the log and its summaries.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use aiusage_client::proto::get_user_cost_request::Period;
use aiusage_client::proto::{CostBasis, GetUserCostRequest, UsageTotals};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::history::{Attempt, History, Outcome};
use crate::server::Server;
use crate::way;

/// More than the calls go back, also when a run sees midnight.
const ASKED_DAYS: i32 = 40;

/// What is wrong; nothing should be.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Acknowledged, and not in the log.
    pub(crate) lost: Vec<String>,
    /// More than once in the log.
    pub(crate) twice: Vec<String>,
    /// In the log with other content than was sent.
    pub(crate) changed: Vec<String>,
    /// In the log, and never sent.
    pub(crate) unsent: Vec<String>,
    /// Valid, and refused.
    pub(crate) refused: Vec<String>,
    /// Said to be known although its first answer was the only one.
    pub(crate) unearned: Vec<String>,
    /// Users whose totals are not the sum of their records.
    pub(crate) totals: Vec<String>,
    /// What `aiusage verify` found.
    pub(crate) drift: Vec<String>,
    /// No fault: unknown outcomes that turned out to be stored.
    pub(crate) info_committed: usize,
    /// No fault: rows of the log.
    pub(crate) log_count: usize,
}

impl Verdict {
    pub(crate) fn is_clean(&self) -> bool {
        self.faults().iter().all(|(_, which)| which.is_empty())
    }

    pub(crate) fn faults(&self) -> [(&'static str, &[String]); 8] {
        [
            ("lost", &self.lost),
            ("twice", &self.twice),
            ("changed", &self.changed),
            ("never sent", &self.unsent),
            ("refused", &self.refused),
            ("unearned duplicates", &self.unearned),
            ("wrong totals", &self.totals),
            ("drift", &self.drift),
        ]
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault, which) in self.faults().iter().filter(|(_, which)| !which.is_empty()) {
            let some: Vec<&str> = which.iter().take(5).map(String::as_str).collect();
            write!(out, "\n  {} {fault}:\n    {}", which.len(), some.join("\n    "))?;
        }
        Ok(())
    }
}

/// Judges a service whose writers have stopped.
pub(crate) async fn judge(history: &History, server: &Server) -> Verdict {
    let mut database = server.database().await;
    loop {
        let log = read_log(&mut database).await;
        let totals = ask_totals(history, server, CostBasis::Corrected).await;
        let drift = server.verify().await;
        // A record that nobody waits for any more may still come in.
        if read_log(&mut database).await.len() == log.len() {
            let mut verdict = compare(history, &log);
            verdict.totals = wrong_totals(history, &log, &totals);
            verdict.drift = drift.err().into_iter().collect();
            return verdict;
        }
    }
}

/// A record as it is stored, with its cost as corrected.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    record_id: Uuid,
    user_id: Option<String>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cost_total: Option<Decimal>,
}

impl Row {
    fn is(&self, sent: &Attempt) -> bool {
        let call = &sent.call;
        self.user_id.as_ref() == Some(&call.user)
            && self.input_tokens == Some(call.input_tokens)
            && self.output_tokens == Some(call.output_tokens)
            && self.cost_total == Some(call.cost)
    }
}

async fn read_log(database: &mut PgConnection) -> Vec<Row> {
    let log = sqlx::query_as(
        "SELECT log.record_id, user_id, input_tokens, output_tokens,
          CASE WHEN last.record_id IS NULL THEN log.cost_total ELSE last.cost_total END AS cost_total
        FROM usage_log AS log
        LEFT JOIN tenant_user USING (tenant_id, user_no)
        LEFT JOIN LATERAL (
          SELECT r.record_id, r.cost_total FROM cost_revision AS r
          WHERE (r.tenant_id, r.record_id) = (log.tenant_id, log.record_id)
          ORDER BY revision DESC LIMIT 1
        ) AS last ON true",
    );
    log.fetch_all(database).await.expect("the log is readable")
}

/// Every user's totals, as the service answers them from its summaries.
pub(crate) async fn ask_totals(
    history: &History,
    server: &Server,
    basis: CostBasis,
) -> BTreeMap<String, UsageTotals> {
    let credentials = server.credentials();
    let mut client = way::client(credentials.address, &credentials.api_key);
    let mut totals = BTreeMap::new();
    for user in history.attempts.values().map(|attempt| &attempt.call.user) {
        if !totals.contains_key(user) {
            let request = GetUserCostRequest {
                user_id: user.clone(),
                period: Some(Period::Days(ASKED_DAYS)),
                cost_basis: basis.into(),
                ..Default::default()
            };
            let answer = client.get_user_cost(request).await.expect("the service is up");
            totals.insert(user.clone(), answer.into_inner().totals.expect("they are always set"));
        }
    }
    totals
}

fn compare(history: &History, log: &[Row]) -> Verdict {
    let mut stored: HashMap<Uuid, &Row> = HashMap::with_capacity(log.len());
    let mut verdict = Verdict { log_count: log.len(), ..Default::default() };
    for row in log {
        if stored.insert(row.record_id, row).is_some() {
            verdict.twice.push(row.record_id.to_string());
        }
        match history.attempts.get(&row.record_id) {
            None => verdict.unsent.push(format!("{row:?}")),
            Some(sent) if !row.is(sent) => verdict.changed.push(format!("{sent:?} is {row:?}")),
            Some(_) => {}
        }
    }
    for (id, sent) in &history.attempts {
        let is_stored = stored.contains_key(id);
        verdict.check(*id, sent, is_stored);
    }
    verdict
}

impl Verdict {
    fn check(&mut self, id: Uuid, sent: &Attempt, is_stored: bool) {
        if sent.is_acknowledged() && !is_stored {
            self.lost.push(id.to_string());
        }
        if let Some(Outcome::Refused(why)) = &sent.last {
            self.refused.push(format!("{id}: {why}"));
        }
        if sent.is_duplicate() && sent.infos + sent.in_vain == 0 {
            self.unearned.push(id.to_string());
        }
        let left_unknown = !sent.is_acknowledged() && is_stored;
        if sent.infos > 0 && (sent.is_duplicate() || left_unknown) {
            self.info_committed += 1;
        }
    }
}

/// What must be there: all that was acknowledged, and whatever else of unknown
/// outcome is in the log.
fn wrong_totals(
    history: &History,
    log: &[Row],
    told: &BTreeMap<String, UsageTotals>,
) -> Vec<String> {
    let stored: HashMap<Uuid, ()> = log.iter().map(|row| (row.record_id, ())).collect();
    let mut due: BTreeMap<&str, (i64, i64, i64, Decimal)> = BTreeMap::new();
    for (id, sent) in &history.attempts {
        if sent.is_acknowledged() || stored.contains_key(id) {
            let call = &sent.call;
            let sum = due.entry(&call.user).or_default();
            sum.0 += 1;
            sum.1 += call.input_tokens;
            sum.2 += call.output_tokens;
            sum.3 += call.cost;
        }
    }
    let told = told.iter().map(|(user, totals)| (user.as_str(), figures(totals)));
    let wrong = told.filter(|(user, totals)| due.get(user).copied().unwrap_or_default() != *totals);
    wrong.map(|(user, totals)| format!("{user}: {totals:?}, not {:?}", due.get(user))).collect()
}

/// Records, input tokens, output tokens, cost.
fn figures(totals: &UsageTotals) -> (i64, i64, i64, Decimal) {
    (totals.request_count, totals.input_tokens, totals.output_tokens, cost(totals))
}

pub(crate) fn cost(totals: &UsageTotals) -> Decimal {
    let cost = totals.cost.as_ref().expect("totals have a cost");
    cost.amount.parse().expect("an amount is a decimal")
}
