//! Real clusters, really killed.

mod harness;
mod life;
mod refusal;
mod sharing;

use std::env;

use tokio_util::sync::CancellationToken;

/// Not a test: what the harness starts to have another aiusage to kill.
#[tokio::test]
#[ignore = "started by the tests that kill it"]
async fn serves_until_killed() {
    let Some(folder) = env::var_os(harness::SERVE) else {
        return;
    };
    let cluster =
        super::Cluster::start(harness::settings(folder)).await.expect("this machine has Postgres");
    cluster.supervise(CancellationToken::new()).await.expect("it is killed before it ends");
}
