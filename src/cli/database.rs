//! Flags that say which Postgres to use.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::config::Database;
use crate::store::embedded;

/// Which Postgres to use: one that runs already, or one of our own.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub(super) struct DatabaseArgs {
    /// Use this Postgres, such as postgres://user:password@host/name; without it,
    /// an embedded one is started
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,

    /// Keep the embedded Postgres and its data here
    #[arg(long, env = "AIUSAGE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Take the embedded Postgres' binaries (initdb, postgres) from here
    #[arg(long, env = "AIUSAGE_POSTGRES_BIN", value_name = "DIR")]
    postgres_bin: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The database that the flags and the environment name.
    pub(super) fn database(self) -> anyhow::Result<Database> {
        if let Some(url) = self.database_url.filter(|url| !url.is_empty()) {
            return Ok(Database::Url(url));
        }
        let data_dir = match self.data_dir {
            Some(data_dir) => data_dir,
            None => embedded::default_data_dir()
                .context("no folder for the data; name one with --data-dir")?,
        };
        Ok(Database::Embedded { data_dir, binaries: self.postgres_bin })
    }

    /// The same, for a command that looks at what `serve` has made: it makes no
    /// database of its own.
    pub(super) fn existing(self) -> anyhow::Result<Database> {
        let database = self.database()?;
        if let Database::Embedded { data_dir, .. } = &database
            && !data_dir.exists()
        {
            let data_dir = data_dir.display();
            bail!(
                "there are no data in {data_dir}; name the folder of `aiusage serve` with --data-dir"
            );
        }
        Ok(database)
    }
}
