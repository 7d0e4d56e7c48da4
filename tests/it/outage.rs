//! Postgres goes away and comes back: callers are told to come again, nothing that
//! was acknowledged is lost, and nobody has to restart the service.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aiusage::clock::Clock;
use aiusage::config::{Config, Database};
use aiusage::credentials::Credentials;
use aiusage::domain::period::Zone;
use aiusage_client::proto::usage_service_client::UsageServiceClient;
use aiusage_client::proto::{GetUserCostRequest, RecordUsageRequest, UsageRecord};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_types::StatusExt;

use crate::harness::*;

/// A server on an embedded Postgres of its own.
struct Alone {
    folder: PathBuf,
    credentials: Credentials,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Alone {
    async fn start(folder: PathBuf) -> Self {
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            database: Database::Embedded { data_dir: folder.join("data"), binaries: None },
            credentials_file: folder.join("credentials.json"),
            time_zone: Zone::UTC,
            webhooks: aiusage::alert::destination::Policy::default(),
            keep_log: None,
        };
        let file = config.credentials_file.clone();
        let (ready, is_ready) = oneshot::channel();
        let stop = CancellationToken::new();
        let task = run_apart(config, Clock::system(), ready, stop.clone());
        if is_ready.await.is_err() {
            panic!("the server did not start: {:?}", task.await);
        }
        let credentials = Credentials::read(&file).unwrap().unwrap();
        Self { folder, credentials, stop, task }
    }

    async fn usage(&self) -> UsageServiceClient<Keyed> {
        let channel = Endpoint::from_shared(self.credentials.address.clone())
            .unwrap()
            .connect()
            .await
            .unwrap();
        UsageServiceClient::with_interceptor(channel, WithKey::new(&self.credentials.api_key))
    }

    async fn stop(mut self) -> PathBuf {
        self.stop.cancel();
        (&mut self.task).await.unwrap().unwrap();
        self.folder.clone()
    }
}

/// Kills every process of the Postgres in `folder`, as a crash of the machine
/// would.
fn kill_postgres(folder: &Path) {
    let pid_file = folder.join("data/postgres/cluster/postmaster.pid");
    let text = std::fs::read_to_string(pid_file).unwrap();
    let pid: u32 = text.lines().next().unwrap().parse().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    for process in children.split_whitespace().map(str::to_owned).chain([pid.to_string()]) {
        std::process::Command::new("kill").args(["-9", &process]).status().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_the_service_recovers_by_itself() {
    let folder = std::env::temp_dir().join(format!("aiusage-outage-{}", unique()));
    std::fs::create_dir(&folder).unwrap();
    let server = Alone::start(folder).await;
    let mut client = server.usage().await;
    let (mut acknowledged, mut told) = (0i64, 0);
    for round in 0..3 {
        let crash = Instant::now();
        kill_postgres(&server.folder);
        let mut after_crash = 0;
        while after_crash < 20 {
            let id = aiusage::domain::ids::RecordId::make(
                Clock::system().now(),
                aiusage::clock::random_bytes(),
            );
            let record = UsageRecord { record_id: id.to_string(), ..call("ada", 1000, 0) };
            // The caller does as told: comes again with the same id.
            loop {
                let begun = Instant::now();
                let answer =
                    client.record_usage(RecordUsageRequest { record: Some(record.clone()) }).await;
                assert!(
                    begun.elapsed() < Duration::from_millis(5_250),
                    "an answer took {:?}",
                    begun.elapsed()
                );
                match answer {
                    Ok(_) => break,
                    Err(status) => {
                        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                        assert!(status.get_details_retry_info().is_some());
                        assert!(status.metadata().contains_key("grpc-retry-pushback-ms"));
                        told += 1;
                    }
                }
            }
            acknowledged += 1;
            after_crash += 1;
        }
        assert!(
            crash.elapsed() < Duration::from_secs(30),
            "round {round} took {:?}",
            crash.elapsed()
        );
    }
    let request = GetUserCostRequest { user_id: "ada".into(), ..Default::default() };
    let totals = client.get_user_cost(request).await.unwrap().into_inner().totals.unwrap();
    assert_eq!(totals.request_count, acknowledged, "{told} times told to come again");
    drop(client);
    // Data and key survive a restart.
    let key = server.credentials.api_key.clone();
    let server = Alone::start(server.stop().await).await;
    assert_eq!(server.credentials.api_key, key);
    let request = GetUserCostRequest { user_id: "ada".into(), ..Default::default() };
    let totals =
        server.usage().await.get_user_cost(request).await.unwrap().into_inner().totals.unwrap();
    assert_eq!(totals.request_count, acknowledged);
    std::fs::remove_dir_all(server.stop().await).unwrap();
}
