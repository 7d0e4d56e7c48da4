//! What a database needs before the first call: schema, partitions, prices, a
//! tenant and a key. Safe to run from several servers at once.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Months, Utc};

use crate::api::key::ApiKey;
use crate::clock;
use crate::config::{Config, Database};
use crate::credentials::Credentials;
use crate::domain::ids::TenantId;
use crate::domain::period::Zone;
use crate::domain::tenant::Tenant;
use crate::pricing::file::FileError;
use crate::pricing::{PriceBook, corrections, embedded};
use crate::store::keys::{KEYS_MAX, KeyTerms};
use crate::store::pool::StartError;
use crate::store::{self, Connection, Pool};

/// The tenant that the first start makes.
const FIRST_TENANT: &str = "default";
/// Months whose partitions are made ahead, the current one included.
const PARTITIONS_AHEAD: u32 = 3;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database was refused.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A statement failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The prices that come with this program cannot be read.
    #[error("the embedded catalogue is broken: {0}")]
    Embedded(#[from] FileError),
    /// The prices of the database cannot be read.
    #[error(transparent)]
    Prices(#[from] store::prices::LoadError),
    /// The tenant has as many keys as it may have.
    #[error("there are {KEYS_MAX} keys, as many as there may be; revoke one first")]
    KeysFull,
    /// The credentials file cannot be read or written.
    #[error("cannot use the credentials file {path}: {cause}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: std::io::Error,
    },
}

/// Where the key of the local clients comes from.
#[derive(Debug)]
pub enum Key {
    /// Made now; the credentials file does not have it yet.
    New(ApiKey),
    /// In the credentials file already.
    Known(String),
    /// In nobody's file here: others hold the keys of this database.
    Elsewhere,
}

/// Checks the database and brings its schema up to date.
pub async fn migrate(pool: &Pool) -> Result<(), StartError> {
    store::pool::check_safety(pool).await?;
    store::pool::migrate(pool).await
}

/// Fills what is missing, under a lock that lets one server do it.
pub async fn fill(
    pool: &Pool,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<(PriceBook, Key), Error> {
    let mut connection = store::pool::lock_start(pool).await?;
    make_partitions(&mut connection, now).await?;
    let prices = load_prices(&mut connection).await?;
    let key = find_key(&mut connection, pool, config, now).await?;
    store::pool::unlock_start(connection).await?;
    Ok((prices, key))
}

/// Makes the partitions of this month and the next ones.
pub async fn make_partitions(
    connection: &mut Connection,
    now: DateTime<Utc>,
) -> Result<(), store::Error> {
    for ahead in 0..PARTITIONS_AHEAD {
        store::partitions::ensure(connection, now + Months::new(ahead)).await?;
    }
    Ok(())
}

/// The database's own prices; at the very first start, those of this program. What
/// this program knows better lies over them.
pub async fn load_prices(connection: &mut Connection) -> Result<PriceBook, Error> {
    if store::prices::is_empty(connection).await? {
        store::prices::insert(connection, &embedded::catalogue()?).await?;
    }
    let corrections = corrections::corrections()?;
    loop {
        let book = store::prices::load(connection).await?;
        let changes = corrections.changes(book.public());
        if changes.is_empty() {
            return Ok(book);
        }
        // Where another server changed prices meanwhile, this is worked out anew.
        store::prices::apply(connection, &changes, book.change()).await?;
    }
}

/// A first key for a database that has none. A database of our own gets a new
/// one too when the file that had it is gone; other people's databases do not.
async fn find_key(
    connection: &mut Connection,
    pool: &Pool,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Key, Error> {
    if let Some(known) = known_key(pool, &config.credentials_file, now).await? {
        return Ok(Key::Known(known));
    }
    let has_keys = store::keys::any(connection).await?;
    match config.database {
        Database::Url(_) if has_keys => Ok(Key::Elsewhere),
        _ => {
            let terms =
                KeyTerms { name: "admin".into(), user: None, create_time: now, expire_time: None };
            Ok(Key::New(create_key(connection, config.time_zone, &terms).await?))
        }
    }
}

/// Makes a key of the first tenant.
pub async fn create_key(
    connection: &mut Connection,
    zone: Zone,
    terms: &KeyTerms,
) -> Result<ApiKey, Error> {
    let tenant = first_tenant(connection, zone).await?;
    let key = ApiKey::generate();
    let hash = key.secret_sha256();
    match store::keys::insert(connection, tenant.id, key.id(), &hash, terms).await? {
        true => Ok(key),
        false => Err(Error::KeysFull),
    }
}

/// The tenant that the first start makes; where it is missing, it is made with `zone`.
pub async fn first_tenant(connection: &mut Connection, zone: Zone) -> Result<Tenant, store::Error> {
    let id = TenantId(uuid::Builder::from_random_bytes(clock::random_bytes()).into_uuid());
    store::tenants::find_or_create(connection, id, FIRST_TENANT, zone, true).await
}

async fn known_key(pool: &Pool, file: &Path, now: DateTime<Utc>) -> Result<Option<String>, Error> {
    let in_file = Credentials::read(file)
        .map_err(|cause| Error::Credentials { path: file.to_owned(), cause })?
        .and_then(|credentials| ApiKey::parse(&credentials.api_key));
    let Some(key) = in_file else {
        return Ok(None);
    };
    let stored = store::keys::find(pool, key.id(), now).await?;
    let ours = stored.is_some_and(|stored| key.matches(&stored.secret_sha256));
    Ok(ours.then(|| key.reveal()))
}

/// Writes where the server is and with which key. A file with the key of some
/// other server is kept under another name.
pub fn write_credentials(path: &Path, address: String, key: &Key) -> Result<(), Error> {
    let api_key = match key {
        Key::New(key) => key.reveal(),
        Key::Known(key) => key.clone(),
        Key::Elsewhere => return Ok(()),
    };
    let written =
        keep_foreign(path, key).and_then(|()| Credentials { address, api_key }.write(path));
    written.map_err(|cause| Error::Credentials { path: path.to_owned(), cause })
}

fn keep_foreign(path: &Path, key: &Key) -> std::io::Result<()> {
    if !matches!(key, Key::New(_)) || !path.exists() {
        return Ok(());
    }
    let kept = path.with_extension("json.previous");
    tracing::warn!(kept = %kept.display(), "the credentials file had the key of another server; it was renamed");
    std::fs::rename(path, kept)
}
