//! `aiusage migrate`.

use clap::Args;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::{app, bootstrap};

/// Bring the database's schema up to date, as `serve` does at its start.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Migrates.
pub(super) async fn run(args: MigrateArgs, output: &Output) -> anyhow::Result<()> {
    let database = args.database.database()?;
    app::with_database(&database, async |pool| Ok(bootstrap::migrate(&pool).await?)).await?;
    output.text("The schema is up to date.\n");
    Ok(())
}
