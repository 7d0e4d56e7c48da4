//! What cannot work says why, and what to do.

use std::fs;

use super::super::binaries;
use super::super::folder::Folder;
use super::super::{Cluster, Error, Settings};
use super::harness::Place;

async fn refused(settings: Settings) -> Error {
    Cluster::start(settings).await.expect_err("it must be refused")
}

#[tokio::test]
async fn a_machine_without_postgres_is_told_how_to_get_one() {
    let place = Place::new();
    let folder = Folder::prepare(place.path()).expect("/tmp is writable");
    let nowhere = vec![place.join("absent"), "/bin".into()];
    let error = binaries::choose(nowhere, &folder).await.expect_err("no server is there");
    let said = error.to_string();
    assert!(said.contains("apt-get install postgresql"), "{said}");
    assert!(said.contains("DATABASE_URL"), "{said}");
}

#[tokio::test]
async fn a_configured_folder_is_the_only_one_searched() {
    let place = Place::new();
    let binaries = Some("/bin".into());
    let error = refused(Settings { binaries, ..place.settings() }).await;
    assert!(matches!(error, Error::ConfiguredBinaries(_)), "{error}");
}

#[tokio::test]
async fn data_of_a_version_that_is_not_installed_is_left_alone() {
    let place = Place::new();
    let folder = Folder::prepare(place.path()).expect("/tmp is writable");
    fs::create_dir(folder.cluster()).expect("the folder is new");
    fs::write(folder.cluster().join("PG_VERSION"), "9\n").expect("the folder is ours");
    let error = refused(place.settings()).await;
    assert!(error.to_string().contains("postgresql-9"), "{error}");
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_left_alone() {
    let place = Place::new();
    let folder = Folder::prepare(place.path()).expect("/tmp is writable");
    fs::create_dir(folder.cluster()).expect("the folder is new");
    fs::write(folder.cluster().join("novel.txt"), "Call me").expect("the folder is ours");
    let error = refused(place.settings()).await;
    assert!(matches!(error, Error::NotACluster(_)), "{error}");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_named() {
    let place = Place::new();
    let error = refused(Settings::new(place.join(&"long".repeat(20)))).await;
    assert!(error.to_string().contains("shorter path"), "{error}");
    assert!(!place.path().exists(), "nothing was made");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let place = Place::new();
    place.start().await.stop().await.expect("it ends");
    fs::write(place.join("postgres/cluster/postgresql.conf"), "nonsense = 1\n")
        .expect("the cluster is there");
    let said = refused(place.settings()).await.to_string();
    assert!(said.contains("unrecognized configuration parameter \"nonsense\""), "{said}");
}

#[tokio::test]
async fn root_is_told_of_a_folder_that_postgres_cannot_enter() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    let closed = place.join("closed");
    fs::create_dir_all(&closed).expect("/tmp is writable");
    let closed_mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&closed, closed_mode).expect("it is ours");
    let error = refused(Settings::new(closed.join("data"))).await;
    assert!(matches!(&error, Error::Unreachable { folder, .. } if *folder == closed), "{error}");
}
