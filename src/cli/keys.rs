//! `aiusage keys`.

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::clock::Clock;
use crate::domain::period::Zone;
use crate::domain::text::{UserId, required};
use crate::store::keys::{KEY_NAME_MAX, KeyTerms, Revoked};
use crate::{app, bootstrap, store};

/// Make, list and end API keys, on the server's own database.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key and show it, once
    Create(CreateArgs),
    /// End a key, even the last one; servers may take it for another 5 seconds
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What the key is for
    #[arg(long, default_value = "admin", value_parser = name)]
    name: Box<str>,

    /// Let it see the figures of this user alone, and change nothing
    #[arg(long, value_parser = UserId::new)]
    user: Option<UserId>,

    /// When it ends by itself, such as 2027-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    expires: Option<DateTime<Utc>>,

    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// The first part of the key, after "aiusage_"
    key_id: String,

    #[command(flatten)]
    database: DatabaseArgs,
}

fn name(text: &str) -> Result<Box<str>, crate::domain::text::TextError> {
    required(text, KEY_NAME_MAX)
}

/// Makes or ends a key.
pub(super) async fn run(args: KeysArgs, output: &Output) -> anyhow::Result<()> {
    match args.command {
        KeysCommand::Create(args) => create(args, output).await,
        KeysCommand::Revoke(args) => revoke(args, output).await,
    }
}

async fn create(args: CreateArgs, output: &Output) -> anyhow::Result<()> {
    let CreateArgs { name, user, expires: expire_time, database } = args;
    let terms = KeyTerms { name, user, create_time: Clock::system().now(), expire_time };
    let key = app::with_database(&database.database()?, async |pool| {
        bootstrap::migrate(&pool).await?;
        let mut connection = pool.acquire().await.map_err(store::Error::from)?;
        Ok(bootstrap::create_key(&mut connection, Zone::UTC, &terms).await?)
    })
    .await?;
    if output.is_json() {
        output.json(&json!({"api_key": key.reveal()}));
    } else {
        output.text(&format!("{}\n", key.reveal()));
    }
    Ok(())
}

async fn revoke(args: RevokeArgs, output: &Output) -> anyhow::Result<()> {
    let RevokeArgs { key_id, database } = args;
    let now = Clock::system().now();
    let revoked = app::with_database(&database.existing()?, async |pool| {
        bootstrap::migrate(&pool).await?;
        let mut connection = pool.acquire().await.map_err(store::Error::from)?;
        let tenant = bootstrap::first_tenant(&mut connection, Zone::UTC).await?;
        Ok(store::keys::revoke(&pool, tenant.id, &key_id, now, true).await?)
    })
    .await?;
    if revoked == Revoked::Unknown {
        bail!("there is no key {key_id:?}");
    }
    if output.is_json() {
        output.json(&json!({"revoked": key_id}));
    } else {
        output.text(&format!("Key {key_id} has ended.\n"));
    }
    Ok(())
}
