//! One owner: start, crash, stop.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, getpgid, kill_process};
use sqlx::ConnectOptions;
use tokio_util::sync::CancellationToken;

use super::super::Cluster;
use super::harness::{Place, number, number_at, text, until};

const ALIVE: &str = "select 1::bigint";

async fn run(cluster: &Cluster, statement: &'static str) {
    let mut connection = cluster.connect_options().connect().await.expect("the server is up");
    sqlx::query(statement).execute(&mut connection).await.expect("it is valid");
}

#[tokio::test]
async fn a_restart_keeps_the_data_and_a_stop_leaves_no_process() {
    let place = Place::new();
    let cluster = place.start().await;
    assert!(cluster.is_owner());
    run(&cluster, "create table kept as select 7::bigint as n").await;
    cluster.stop().await.expect("it ends");
    assert!(place.processes().is_empty());
    assert!(!place.join("postgres/cluster/postmaster.pid").exists());

    let cluster = place.start().await;
    assert_eq!(number(&cluster, "select n from kept").await.expect("it was kept"), 7);
    cluster.stop().await.expect("it ends");
}

#[tokio::test]
async fn the_server_is_durable_private_and_in_a_group_of_its_own() {
    let place = Place::new();
    let cluster = Cluster::start(place.durable()).await.expect("Postgres is here");
    for (setting, value) in [
        ("show fsync", "on"),
        ("show synchronous_commit", "on"),
        ("show full_page_writes", "on"),
        ("show data_checksums", "on"),
        ("show listen_addresses", ""),
        ("show timezone", "UTC"),
        ("show max_connections", "50"),
        ("show server_encoding", "UTF8"),
    ] {
        assert_eq!(text(&cluster, setting).await, value, "{setting}");
    }
    let private = fs::metadata(place.join("postgres")).expect("it is there");
    assert_eq!(private.permissions().mode() & 0o777, 0o700);
    assert_ne!(private.uid(), 0, "Postgres has stepped down");
    // Ctrl-C in the terminal goes to our group.
    let server = place.postmaster();
    assert_eq!(getpgid(Some(server)).expect("it runs"), server);
    cluster.stop().await.expect("it ends");
}

#[tokio::test]
async fn the_address_leads_there_too() {
    let place = Place::new();
    let cluster = place.start().await;
    let url = cluster.url();
    assert!(!url.contains('?'), "libpq knows no parameters of sqlx: {url}");
    let options = url.parse().expect("it is an address");
    assert_eq!(number_at(options, ALIVE).await.expect("it leads to the server"), 1);
    cluster.stop().await.expect("it ends");
}

#[tokio::test]
async fn a_cluster_that_is_dropped_is_stopped() {
    let place = Place::new();
    drop(place.start().await);
    until("the server is gone", async || place.processes().is_empty()).await;
}

#[tokio::test]
async fn a_stop_disconnects_whoever_is_still_there() {
    let place = Place::new();
    let cluster = place.start().await;
    let options = cluster.connect_options();
    let busy = number_at(options, "select 1::bigint from pg_sleep(60)");
    let (busy, stopped) = tokio::join!(busy, async {
        until("the query runs", async || {
            number(&cluster, "select count(*) from pg_stat_activity where query like '%sleep(60)'")
                .await
                .is_ok_and(|running| running > 0)
        })
        .await;
        cluster.stop().await
    });
    assert!(busy.is_err());
    stopped.expect("it ends");
    assert!(place.processes().is_empty());
}

#[tokio::test]
async fn a_killed_cluster_is_healed_with_its_data() {
    let place = Place::new();
    let cluster = Cluster::start(place.durable()).await.expect("Postgres is here");
    run(&cluster, "create table kept as select 7::bigint as n").await;
    let (options, stop) = (cluster.connect_options(), CancellationToken::new());
    let (ended, ()) = tokio::join!(cluster.supervise(stop.clone()), async {
        for _ in 0..3 {
            let before = place.postmaster();
            place.kill_everything();
            until("the data is back", async || {
                number_at(options.clone(), "select n from kept").await.is_ok_and(|n| n == 7)
            })
            .await;
            assert_ne!(place.postmaster(), before);
        }
        stop.cancel();
    });
    ended.expect("it ends");
    assert!(place.processes().is_empty());
}

#[tokio::test]
async fn a_busy_backend_that_outlives_its_server_delays_the_healing_only() {
    let place = Place::new();
    let cluster = place.start().await;
    let (options, stop) = (cluster.connect_options(), CancellationToken::new());
    let busy = "select count(*) from generate_series(1, 3000000) a where a::text like '%x'";
    let (ended, _, ()) =
        tokio::join!(cluster.supervise(stop.clone()), number_at(options.clone(), busy), async {
            until("the query runs", async || {
                let count = "select count(*) from pg_stat_activity where query like '%like ''%x'''";
                number_at(options.clone(), count).await.is_ok_and(|running| running > 0)
            })
            .await;
            kill_process(place.postmaster(), Signal::KILL).expect("it runs");
            until("the server is back", async || number_at(options.clone(), ALIVE).await.is_ok())
                .await;
            stop.cancel();
        });
    ended.expect("it ends");
    assert!(place.processes().is_empty());
}

#[tokio::test]
async fn a_stop_during_a_restart_leaves_no_process() {
    let place = Place::new();
    let cluster = place.start().await;
    let stop = CancellationToken::new();
    let (ended, ()) = tokio::join!(cluster.supervise(stop.clone()), async {
        let before = place.processes();
        place.kill_everything();
        until("the next server has begun", async || {
            place.processes().iter().any(|pid| !before.contains(pid))
        })
        .await;
        stop.cancel();
    });
    ended.expect("it ends");
    assert!(place.processes().is_empty());
}

#[tokio::test]
async fn a_given_up_first_start_leaves_no_half_cluster() {
    let place = Place::new();
    let half = tokio::time::timeout(Duration::from_millis(200), Cluster::start(place.settings()));
    assert!(half.await.is_err(), "initdb takes longer than that");
    assert!(!place.join("postgres/cluster").exists());
    place.start().await.stop().await.expect("it ends");
    assert!(!place.join("postgres/unfinished").exists());
}

#[tokio::test]
async fn a_stale_lock_file_that_names_a_stranger_is_no_obstacle() {
    let place = Place::new();
    place.start().await.stop().await.expect("it ends");
    let owner = fs::metadata(place.join("postgres")).expect("it is there");
    // Another process of Postgres's account, such as a reboot leaves behind.
    let mut stranger = Command::new("sleep");
    stranger.arg("60");
    if rustix::process::geteuid().is_root() {
        stranger.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = stranger.spawn().expect("every machine has sleep");
    let cluster = place.join("postgres/cluster");
    let stale = format!("{}\n{}\n1\n5432\n\n\n\nready\n", stranger.id(), cluster.display());
    for file in ["cluster/postmaster.pid", ".s.PGSQL.5432.lock"] {
        let path = place.join("postgres").join(file);
        fs::write(&path, &stale).expect("the folder is there");
        std::os::unix::fs::chown(&path, Some(owner.uid()), None).expect("it is ours to give");
    }
    place.start().await.stop().await.expect("it ends");
    stranger.kill().expect("it still sleeps");
    stranger.wait().expect("it was killed");
}

#[tokio::test]
async fn a_log_that_has_grown_is_moved_aside() {
    let place = Place::new();
    place.start().await.stop().await.expect("it ends");
    let log = place.join("postgres.log");
    let large = fs::OpenOptions::new().append(true).open(&log).expect("it is there");
    large.set_len(9 * 1024 * 1024).expect("the disk has room");
    place.start().await.stop().await.expect("it ends");
    assert!(fs::metadata(&log).expect("it is there").len() < 1024 * 1024);
    assert!(fs::metadata(place.join("postgres.log.1")).expect("it was kept").len() > 1024 * 1024);
}

/// Started as root, the tests above step down; here they run as nobody at all.
#[test]
fn an_ordinary_user_needs_no_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // The build folder may lie where nobody may enter.
    let copy = std::env::temp_dir().join(format!("aiusage-embedded-test-{}", std::process::id()));
    // Copied by another process: one that this one starts at the same time would inherit the open
    // file, and what is open for writing cannot be run.
    let program = std::env::current_exe().expect("it runs");
    let copied = Command::new("cp").arg(program).arg(&copy).status().expect("cp is there");
    assert!(copied.success(), "the disk has room");
    let (_crate, module) = module_path!().split_once("::").expect("it lies in a crate");
    let name = format!("{module}::a_restart_keeps_the_data_and_a_stop_leaves_no_process");
    let status = Command::new(&copy)
        .args(["--exact", &name])
        .current_dir("/tmp")
        .uid(65534)
        .gid(65534)
        .output()
        .expect("it can run");
    fs::remove_file(&copy).expect("it was made above");
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && said.contains("1 passed"), "{said}");
}
