//! Plans: Postgres makes one for any parameters after a few calls. It must still
//! look up the edges of a question by time, not read a whole history.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::harness::*;

/// Statements, and how many bounded look-ups they need: for each edge join, one for each partition
/// made ahead, and where costs are asked for, one for their revisions.
const QUESTIONS: [(&str, &str, usize); 3] = [
    ("user_cost", include_str!("../../src/store/cost/user_cost.sql"), 4),
    ("user_spend", include_str!("../../src/store/cost/user_spend.sql"), 4),
    ("active_cost", include_str!("../../src/store/cost/active_cost.sql"), 7),
];

/// Parameters by their number, as in the comments of the statements.
const PARAMETERS: [(&str, &str); 3] = [
    (
        "user_cost",
        "'00000000-0000-0000-0000-000000000000', 'ada', '2026-11-01', '2026-11-02', '{2026-11-02}', '{2026-11-03}', '{2026-11-02}', '{2026-11-02}', false",
    ),
    (
        "user_spend",
        "'00000000-0000-0000-0000-000000000000', 'ada', '2026-11-01', '2026-11-02', '{2026-11-02}', '{2026-11-03}'",
    ),
    (
        "active_cost",
        "'00000000-0000-0000-0000-000000000000', '{1}', '{2026-11-01}', '{2026-11-02}', '{2026-11-02}', '{2026-11-03}', '2026-11-01', '2026-11-02', '{2026-11-02}', '{2026-11-03}'",
    ),
];

#[tokio::test]
async fn edges_are_looked_up_by_time_on_a_plan_for_any_parameters() {
    let database = TestDatabase::create().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    // On an empty table everything else would be cheaper.
    for setting in ["SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off"] {
        sqlx::query(setting).execute(&mut connection).await.unwrap();
    }
    for ((name, sql, lookups), (_, parameters)) in QUESTIONS.into_iter().zip(PARAMETERS) {
        let prepare = format!("PREPARE {name} AS {sql}");
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE {name}({parameters})");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let bounded = |line: &&String| {
            line.contains("Index Cond")
                && line.contains("event_time >= edge")
                && line.contains("event_time < edge")
        };
        let found = plan.iter().filter(bounded).count();
        assert_eq!(found, lookups, "{name}:\n{}", plan.join("\n"));
    }
    connection.close().await.unwrap();
    database.finish().await;
}
