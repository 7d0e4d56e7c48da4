//! A server that stops: what it took is stored, what it did not take is told so.

use aiusage_client::proto::{RecordUsageRequest, UsageRecord};
use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_under_way_end_and_are_stored() {
    let mut server = TestServer::start().await;
    let mut calls = JoinSet::new();
    for writer in 0..8 {
        let mut client = server.usage().await;
        calls.spawn(async move {
            let mut stored = 0i64;
            loop {
                let record =
                    UsageRecord { record_id: new_id(), ..call(&format!("user-{writer}"), 1, 1) };
                match client.record_usage(RecordUsageRequest { record: Some(record) }).await {
                    Ok(_) => stored += 1,
                    Err(status) => {
                        // A call that begins while the connection ends is the client's own to tell.
                        let is_cut = status.message().contains("h2 protocol error");
                        let expected = [Code::Unavailable, Code::Cancelled, Code::Unknown]
                            .contains(&status.code());
                        assert!(expected || is_cut, "{status:?}");
                        return stored;
                    }
                }
            }
        });
    }
    while server.database.count("SELECT count(*) FROM usage_log").await < 50 {
        tokio::task::yield_now().await;
    }
    server.stop().await.unwrap();
    let acknowledged: i64 = calls.join_all().await.into_iter().sum();
    let stored = server.database.count("SELECT count(*) FROM usage_log").await;
    assert!(
        acknowledged <= stored && stored <= acknowledged + 8,
        "{acknowledged} acknowledged, {stored} stored"
    );
    server.finish().await;
}

#[tokio::test]
async fn an_idle_connection_and_an_open_stream_do_not_hold_it_up_for_ever() {
    let mut server = TestServer::start().await;
    let idle = tokio::net::TcpStream::connect(server.address.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let silent = server.usage().await.record_usage_batch(tokio_stream::pending()).await.unwrap();
    let begun = std::time::Instant::now();
    server.stop().await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(15));
    drop((idle, silent));
    server.finish().await;
}
