//! Many writers at once: in every snapshot the log makes up the summaries, what
//! was acknowledged is there, and a caller who goes away takes nothing along.

use std::time::Duration;

use aiusage_client::proto::{GetUserCostRequest, RecordUsageRequest, UsageRecord};
use rust_decimal::Decimal;
use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::*;

const WRITERS: usize = 16;
const CALLS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_snapshot_agrees_and_every_answer_includes_what_was_acknowledged() {
    let server = TestServer::start().await;
    let other = server.replica().await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut here = if writer % 2 == 0 { server.usage().await } else { other.usage().await };
        let mut there = if writer % 2 == 0 { other.usage().await } else { server.usage().await };
        writers.spawn(async move {
            let user = format!("writer-{writer}");
            for count in 1..=CALLS {
                let record = UsageRecord { record_id: new_id(), ..call(&user, 1000, 0) };
                here.record_usage(RecordUsageRequest { record: Some(record) }).await.unwrap();
                // Written here, read there, at once.
                let request = GetUserCostRequest { user_id: user.clone(), ..Default::default() };
                let cost = there
                    .get_user_cost(request)
                    .await
                    .unwrap()
                    .into_inner()
                    .totals
                    .unwrap()
                    .cost
                    .unwrap();
                assert_eq!(
                    cost.amount.parse::<Decimal>().unwrap(),
                    Decimal::new(25 * count as i64, 4)
                );
            }
        });
    }
    let mut snapshots = 0;
    while !writers.is_empty() {
        server.database.verify().await;
        snapshots += 1;
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    assert!(snapshots > 3, "only {snapshots} snapshots were taken while writers ran");
    let log = server.database.count("SELECT count(*) FROM usage_log").await;
    assert_eq!(log, (WRITERS * CALLS) as i64);
    other.leave().await;
    server.finish().await;
}

/// The driver loses acknowledged rows when a future is dropped while it begins a
/// transaction. So no statement runs on a future that a caller can drop: callers
/// hang up at random here, and connections are cut, as a failover would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_hang_up_lose_nothing_for_others() {
    let server = TestServer::start().await;
    let (mut acknowledged, mut hung_up) = (Vec::new(), 0);
    for round in 0..60u64 {
        let mut calls = JoinSet::new();
        for caller in 0..12u64 {
            let mut client = server.usage().await;
            let id = new_id();
            let record = UsageRecord {
                record_id: id.clone(),
                ..call(&format!("user-{round}-{caller}"), 1, 1)
            };
            // A third hang up, each at another moment.
            let patience = if caller % 3 == 0 {
                Duration::from_micros(200 + 137 * (round % 20))
            } else {
                Duration::from_secs(20)
            };
            calls.spawn(async move {
                let request = RecordUsageRequest { record: Some(record) };
                match tokio::time::timeout(patience, client.record_usage(request)).await {
                    Ok(Ok(_)) => Some(id),
                    Ok(Err(status)) => {
                        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                        None
                    }
                    Err(_) => None,
                }
            });
        }
        let answers = calls.join_all().await;
        hung_up += answers.iter().filter(|answer| answer.is_none()).count();
        acknowledged.extend(answers.into_iter().flatten());
        if round % 10 == 9 {
            let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND application_name = 'aiusage'";
            server.database.count(cut).await;
        }
    }
    assert!(hung_up > 100, "only {hung_up} callers hung up");
    let ids: Vec<uuid::Uuid> = acknowledged.iter().map(|id| id.parse().unwrap()).collect();
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM usage_log WHERE record_id = ANY ($1)")
            .bind(&ids)
            .fetch_one(&server.database.pool)
            .await
            .unwrap();
    assert_eq!(stored, ids.len() as i64);
    let idle = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'aiusage' AND state LIKE 'idle in transaction%'";
    assert_eq!(server.database.count(idle).await, 0);
    server.finish().await;
}
