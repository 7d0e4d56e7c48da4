//! Several processes over one folder, some of which die.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::harness::{Place, number, number_at, until};

const ALIVE: &str = "select 1::bigint";

#[tokio::test]
async fn the_server_of_a_killed_owner_is_adopted_and_stopped() {
    let place = Place::new();
    let mut other = place.other_process();
    let guest = place.start_as_guest().await;
    let server = place.postmaster();
    other.kill();
    drop(guest);

    let owner = place.start().await;
    assert!(owner.is_owner());
    assert_eq!(place.postmaster(), server, "it was not started anew");
    owner.stop().await.expect("it ends");
    assert!(place.processes().is_empty());
}

#[tokio::test]
async fn an_adopted_server_is_healed_too() {
    let place = Place::new();
    let mut other = place.other_process();
    drop(place.start_as_guest().await);
    other.kill();
    let owner = place.start().await;
    let (options, stop) = (owner.connect_options(), CancellationToken::new());
    let (ended, ()) = tokio::join!(owner.supervise(stop.clone()), async {
        place.kill_everything();
        until("the server is back", async || number_at(options.clone(), ALIVE).await.is_ok()).await;
        stop.cancel();
    });
    ended.expect("it ends");
    assert!(place.processes().is_empty());
}

/// Who kills both a service and its Postgres may hit Postgres when the next service has found it.
#[tokio::test]
async fn a_server_that_is_killed_while_it_is_adopted_is_brought_up_again() {
    let place = Place::new();
    for delay in [0, 2, 5, 10, 20, 40] {
        let mut other = place.other_process();
        drop(place.start_as_guest().await);
        other.kill();
        let (owner, ()) = tokio::join!(place.start(), async {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            place.kill_everything();
        });
        owner.stop().await.expect("it ends");
    }
}

#[tokio::test]
async fn a_guest_stops_nothing() {
    let place = Place::new();
    let owner = place.start().await;
    let guest = place.start().await;
    assert!(!guest.is_owner());
    assert_eq!(number(&guest, ALIVE).await.expect("it is connected"), 1);
    guest.stop().await.expect("it leaves");
    assert_eq!(number(&owner, ALIVE).await.expect("the server is up"), 1);
    owner.stop().await.expect("it ends");
}

#[tokio::test]
async fn a_guest_takes_over_when_the_owner_stops() {
    let place = Place::new();
    let owner = place.start().await;
    let guest = place.start().await;
    let (options, stop) = (guest.connect_options(), CancellationToken::new());
    let (ended, ()) = tokio::join!(guest.supervise(stop.clone()), async {
        owner.stop().await.expect("it ends");
        until("the guest's server is up", async || number_at(options.clone(), ALIVE).await.is_ok())
            .await;
        stop.cancel();
    });
    ended.expect("it ends");
    assert!(place.processes().is_empty(), "as the owner it stops the server");
}

#[tokio::test]
async fn an_owner_killed_during_initdb_leaves_no_half_cluster() {
    let place = Place::new();
    let mut other = place.other_process();
    until("initdb has begun", async || place.join("postgres/unfinished").exists()).await;
    other.kill();
    assert!(!place.join("postgres/cluster").exists());

    let cluster = place.start().await;
    assert!(cluster.is_owner());
    assert_eq!(number(&cluster, ALIVE).await.expect("the server is up"), 1);
    cluster.stop().await.expect("it ends");
    assert!(!place.join("postgres/unfinished").exists());
}
