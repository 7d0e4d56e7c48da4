use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::error::Error;
use super::folder::Folder;
use super::{DATABASE, PORT, USER};

/// How to reach the database over the socket, whatever `PG*` variables say.
pub(super) fn options(folder: &Folder) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host(&folder.private().to_string_lossy())
        .socket(folder.private())
        .port(PORT)
        .username(USER)
        .database(DATABASE)
        .ssl_mode(PgSslMode::Disable)
}

/// Makes the database unless it is there.
pub(super) async fn create_if_missing(folder: &Folder) -> Result<(), Error> {
    let mut connection = options(folder).database("postgres").connect().await?;
    let there =
        sqlx::query("/* embedded: find database */ select from pg_database where datname = $1")
            .bind(DATABASE)
            .fetch_optional(&mut connection)
            .await?;
    if there.is_none() {
        create(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

async fn create(connection: &mut sqlx::PgConnection) -> Result<(), Error> {
    let made = sqlx::query("/* embedded: create database */ create database aiusage")
        .execute(connection)
        .await;
    match made {
        // A guest was faster.
        Err(sqlx::Error::Database(error)) if exists_already(error.code().as_deref()) => Ok(()),
        made => Ok(made.map(drop)?),
    }
}

/// `duplicate_database`, or the catalogue's unique index when both were in it.
fn exists_already(code: Option<&str>) -> bool {
    matches!(code, Some("42P04" | "23505"))
}
