//! Connections: how many, with which session settings, and to what server.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::query::QueryAs;
use sqlx::{FromRow, Postgres};
use tokio::sync::mpsc;

use super::Error;

/// How long a read may take altogether, the wait for a connection included:
/// less than the five seconds in which every call is answered.
const READ_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a question that reads much may take altogether.
const ANALYSE_TIMEOUT: Duration = Duration::from_secs(25);

/// Why a database was refused at start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot be reached.
    #[error("cannot reach Postgres: {0}")]
    Connect(#[source] sqlx::Error),
    /// It did not let us begin.
    #[error("cannot prepare the database: {0}")]
    Lock(#[source] Error),
    /// A migration failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// It would lose what it has acknowledged.
    #[error("Postgres runs with {setting} = {value}: records could be lost. {needed} is needed.")]
    Unsafe {
        /// Name of the setting.
        setting: String,
        /// Its value.
        value: String,
        /// What it has to be.
        needed: String,
    },
    /// It is too old.
    #[error("Postgres {0} is too old: version 14 or later is needed")]
    TooOld(String),
}

/// What connections are for. Each use has its own, so that slow questions cannot
/// keep records from being stored, nor health from being known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Storing records and reservations.
    Writing,
    /// Answering questions and finding keys.
    Reading,
    /// Answering questions that read much: they wait for each other, never others for them.
    Analysing,
    /// Changing prices and budgets, and sums that follow them; raising alerts and sending
    /// them out.
    Upkeep,
    /// Looking whether the database is there.
    Watching,
}

impl Use {
    fn connections(self) -> u32 {
        match self {
            // Two for records, one each for making reservations and giving them back, one for
            // what they need to know.
            Use::Writing => 5,
            Use::Reading => 8,
            Use::Analysing => 6,
            // For prices, one that changes them, one that listens, one for costs and one for
            // requests; for budgets, one that changes them and three that count; for alerts,
            // one that raises them, one that listens, one that takes deliveries and one that
            // settles them; for the log, one that drops what is old, and one that blanks
            // records of erased users.
            Use::Upkeep => 14,
            Use::Watching => 1,
        }
    }

    fn statement_timeout(self) -> &'static str {
        if self == Self::Analysing { "20s" } else { "3s" }
    }

    /// Planning a question anew takes ten times as long as answering it, and nearly all of
    /// ours are written to be right for any parameters (tests/it/plans.rs). Those of
    /// analytics have filters that are mostly absent: there it pays to leave them out.
    fn plan_cache_mode(self) -> &'static str {
        if self == Self::Analysing { "force_custom_plan" } else { "force_generic_plan" }
    }
}

/// Opens a pool to `options` with the session settings that the promises need.
/// No connection is made yet.
#[must_use]
pub fn open(options: PgConnectOptions, purpose: Use) -> PgPool {
    let options = options.application_name("aiusage").options([
        ("TimeZone", "UTC"),
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", purpose.statement_timeout()),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("client_connection_check_interval", "2s"),
        ("jit", "off"),
        ("plan_cache_mode", purpose.plan_cache_mode()),
    ]);
    PgPoolOptions::new()
        .max_connections(purpose.connections())
        .acquire_timeout(Duration::from_millis(1500))
        .max_lifetime(Duration::from_secs(30 * 60))
        .idle_timeout(Duration::from_secs(10 * 60))
        .connect_lazy_with(options)
}

/// Brings the schema up to date. Safe to run from several servers at once.
pub async fn migrate(pool: &PgPool) -> Result<(), StartError> {
    let mut connection = lock_start(pool).await.map_err(StartError::Lock)?;
    sqlx::migrate!("./migrations").run(&mut *connection).await?;
    unlock_start(connection).await.map_err(StartError::Lock)
}

/// Refuses a server that would lose what it has acknowledged.
pub async fn check_safety(pool: &PgPool) -> Result<(), StartError> {
    let settings: Vec<(String, String)> = sqlx::query_as(
        "-- pool.settings
        SELECT name, setting FROM pg_settings WHERE name IN
          ('fsync', 'full_page_writes', 'synchronous_commit', 'data_sync_retry', 'server_version_num', 'server_encoding')",
    )
    .fetch_all(pool)
    .await
    .map_err(StartError::Connect)?;
    settings.into_iter().try_for_each(|(name, value)| check_setting(name, value))
}

fn check_setting(setting: String, value: String) -> Result<(), StartError> {
    let needed = match setting.as_str() {
        "server_version_num" if value.parse::<u32>().is_ok_and(|version| version >= 140_000) => {
            return Ok(());
        }
        "server_version_num" => return Err(StartError::TooOld(value)),
        "data_sync_retry" => "off",
        "server_encoding" => "UTF8",
        _ => "on",
    };
    // synchronous_commit may also ask for more than the local disk.
    let stronger = setting == "synchronous_commit"
        && matches!(value.as_str(), "remote_apply" | "remote_write");
    if value == needed || stronger {
        return Ok(());
    }
    Err(StartError::Unsafe { setting, value, needed: needed.to_owned() })
}

/// Runs one read, and gives up on it in time for the caller to be answered.
pub async fn read<T, F>(work: F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    tokio::time::timeout(READ_TIMEOUT, work).await.unwrap_or(Err(Error::TimedOut))
}

/// Runs one question that may read much, and gives up on it in the end.
pub async fn analyse<T, F>(work: F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    tokio::time::timeout(ANALYSE_TIMEOUT, work).await.unwrap_or(Err(Error::TimedOut))
}

/// Closes a connection on which a transaction may be half-way: it must not go back to
/// the others.
pub fn abandon(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

/// Runs a statement that may be given up while it runs, be it for the time it takes or because
/// the caller hangs up. Then its connection is closed, which ends it; back among the others,
/// that would be busy for as long as the statement takes.
pub async fn fetch_unless_given_up<Row>(
    pool: &PgPool,
    query: QueryAs<'_, Postgres, Row, PgArguments>,
) -> Result<Vec<Row>, Error>
where
    Row: Send + Unpin + for<'r> FromRow<'r, PgRow>,
{
    let mut held = ClosedUnlessDone(Some(pool.acquire().await?));
    let connection = held.0.as_mut().expect("it was put there just now");
    let rows = query.fetch_all(&mut **connection).await;
    drop(held.0.take());
    Ok(rows?)
}

/// Rows that are handed on at once.
const BATCH: usize = 1_000;

/// The same for rows that may be more than memory holds: they are handed on as fast as `out`
/// takes them, until nobody takes them any more.
pub async fn hand_on_unless_given_up<Raw, Row>(
    pool: &PgPool,
    query: QueryAs<'_, Postgres, Raw, PgArguments>,
    read: fn(Raw) -> Result<Row, Error>,
    out: mpsc::Sender<Vec<Row>>,
) -> Result<(), Error>
where
    Raw: Send + Unpin + for<'r> FromRow<'r, PgRow>,
{
    let mut held = ClosedUnlessDone(Some(pool.acquire().await?));
    let connection = held.0.as_mut().expect("it was put there just now");
    let mut rows = query.fetch(&mut **connection);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(row) = rows.try_next().await? {
        batch.push(read(row)?);
        if batch.len() == BATCH && out.send(std::mem::take(&mut batch)).await.is_err() {
            return Ok(());
        }
    }
    drop(rows);
    drop(held.0.take());
    // Who has gone by now needs no more.
    let _ = out.send(batch).await;
    Ok(())
}

struct ClosedUnlessDone(Option<PoolConnection<Postgres>>);

impl Drop for ClosedUnlessDone {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            abandon(connection);
        }
    }
}

/// Names the lock under which one server at a time prepares a database.
const START_LOCK: i64 = 0x6169_7573_6167_6501;

/// Waits until no other server prepares this database, on a connection that is
/// for this alone.
pub async fn lock_start(pool: &PgPool) -> Result<PoolConnection<Postgres>, Error> {
    let mut connection = pool.acquire().await?;
    for setting in ["SET statement_timeout = 0", "SET lock_timeout = 0"] {
        sqlx::query(setting).execute(&mut *connection).await?;
    }
    sqlx::query("-- pool.lock_start\nSELECT pg_advisory_lock($1)")
        .bind(START_LOCK)
        .execute(&mut *connection)
        .await?;
    Ok(connection)
}

/// Lets the next server go on. Closing the connection gives up the lock and the
/// settings that the pool's other connections do not have.
pub async fn unlock_start(connection: PoolConnection<Postgres>) -> Result<(), Error> {
    Ok(connection.close().await?)
}

/// Whether Postgres answers.
pub async fn ping(pool: &PgPool) -> Result<(), Error> {
    sqlx::query("SELECT 1").execute(pool).await?;
    Ok(())
}
