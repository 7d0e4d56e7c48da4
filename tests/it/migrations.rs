//! Summaries that came later: what was stored before them is in them.

use aiusage_client::proto::{RecordUsageBatchRequest, UsageRecord};
use chrono::TimeDelta;

use crate::harness::*;

/// Migrations that fill what they make, and what takes each back; the last comes first.
const LATER: [(&str, &str); 3] = [
    ("DROP TABLE usage_daily_user", include_str!("../../migrations/0014_user_totals.sql")),
    (
        "DELETE FROM active_users WHERE span_days > 1;
        ALTER TABLE active_users DROP COLUMN span_days, ADD PRIMARY KEY (tenant_id, first_day, chunk);
        ALTER TABLE active_users RENAME COLUMN first_day TO day;
        DROP FUNCTION span_start;",
        include_str!("../../migrations/0012_active_spans.sql"),
    ),
    (
        "DROP TABLE usage_daily_model, usage_latency_total",
        include_str!("../../migrations/0011_model_totals.sql"),
    ),
];

#[tokio::test]
async fn summaries_that_came_later_are_filled() {
    let server = TestServer::start_in("Asia/Kathmandu").await;
    let record = |number: i32| {
        let time = at(BEGINNING) - TimeDelta::hours((number * 29).into());
        let model = if number % 3 == 0 { "gpt-99" } else { "gpt-4o" };
        UsageRecord {
            event_time: timestamp(&time.to_rfc3339()),
            model: model.into(),
            latency: Some(prost_types::Duration { seconds: number.into(), nanos: 5000 }),
            ..call(&format!("u{}", number % 7), (number * 31).into(), number.into())
        }
    };
    let request = RecordUsageBatchRequest { sequence: 1, records: (0..120).map(record).collect() };
    let mut usage = server.usage().await;
    let answers = usage.record_usage_batch(tokio_stream::once(request)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert_eq!(answer.stored_count, 120);
    for (back, _) in LATER {
        sqlx::raw_sql(back).execute(&server.database.pool).await.unwrap();
    }
    for (_, migration) in LATER.into_iter().rev() {
        sqlx::raw_sql(migration).execute(&server.database.pool).await.unwrap();
    }
    // They are compared with the log.
    server.finish().await;
}
