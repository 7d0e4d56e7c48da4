//! `aiusage keys`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::domain::period::Zone;
use crate::{app, bootstrap, store};

/// Make API keys, on the server's own database.
#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key and show it, once
    Create(CreateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What the key is for
    #[arg(long, default_value = "admin")]
    name: String,

    #[command(flatten)]
    database: DatabaseArgs,
}

/// Makes a key.
pub(super) async fn run(args: KeysArgs, output: &Output) -> anyhow::Result<()> {
    let KeysCommand::Create(args) = args.command;
    let database = args.database.database()?;
    let key = app::with_database(&database, async |pool| {
        bootstrap::migrate(&pool).await?;
        let mut connection = pool.acquire().await.map_err(store::Error::from)?;
        Ok(bootstrap::create_key(&mut connection, Zone::UTC, &args.name).await?)
    })
    .await?;
    if output.is_json() {
        output.json(&json!({"api_key": key.reveal()}));
    } else {
        output.text(&format!("{}\n", key.reveal()));
    }
    Ok(())
}
