//! `aiusage serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::database::DatabaseArgs;
use super::output::Output;
use crate::alert::destination::Policy;
use crate::app::{self, Ready};
use crate::bootstrap::Key;
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::credentials::Credentials;
use crate::domain::period::Zone;
use crate::domain::retention::{KeptDays, KeptDaysError};
use crate::telemetry;

/// Start the service.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Listen here; port 0 takes a free one
    #[arg(long, env = "AIUSAGE_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// Listen on other than a loopback address without TLS: whoever can reach the
    /// port can read keys and records off the wire
    #[arg(long)]
    insecure_plaintext: bool,

    /// Write the admin key of the first start here, for the local clients
    #[arg(long, env = "AIUSAGE_CREDENTIALS_FILE", value_name = "FILE")]
    credentials_file: Option<PathBuf>,

    /// Reporting time zone of the first tenant, for good
    #[arg(long, env = "AIUSAGE_TIME_ZONE", default_value = "UTC", value_name = "ZONE", value_parser = zone)]
    time_zone: Zone,

    /// Let webhooks post to this machine, also over http
    #[arg(long, env = "AIUSAGE_WEBHOOK_ALLOW_LOOPBACK")]
    webhook_allow_loopback: bool,

    /// Let webhooks post to private networks, also over http
    #[arg(long, env = "AIUSAGE_WEBHOOK_ALLOW_PRIVATE")]
    webhook_allow_private: bool,

    /// Keep the log for this many days, 100 or more, and drop older months; sums stay.
    /// Without it the log is kept for ever
    #[arg(long, env = "AIUSAGE_KEEP_LOG_DAYS", value_name = "DAYS", value_parser = kept_days)]
    keep_log_days: Option<KeptDays>,

    #[command(flatten)]
    database: DatabaseArgs,
}

fn kept_days(days: &str) -> Result<KeptDays, String> {
    let days = days.parse().map_err(|_| KeptDaysError.to_string())?;
    KeptDays::new(days).map_err(|error| error.to_string())
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::parse(name).map_err(|error| error.to_string())
}

/// Runs the service until SIGINT or SIGTERM.
pub(super) async fn run(args: ServeArgs, output: &Output) -> anyhow::Result<()> {
    if !args.listen.ip().is_loopback() && !args.insecure_plaintext {
        bail!(
            "{} is not a loopback address, and the service does not speak TLS yet: put a TLS proxy in front, \
             or say --insecure-plaintext if the network is trusted",
            args.listen
        );
    }
    telemetry::init();
    let config = Config {
        listen: args.listen,
        database: args.database.database()?,
        credentials_file: args.credentials_file.unwrap_or_else(Credentials::default_path),
        time_zone: args.time_zone,
        webhooks: Policy {
            allow_loopback: args.webhook_allow_loopback,
            allow_private: args.webhook_allow_private,
        },
        keep_log: args.keep_log_days,
    };
    let stop = CancellationToken::new();
    let banner = |ready: &Ready| output.text(&banner(&config, ready));
    let service = app::run(config.clone(), Clock::system(), banner, stop.clone());
    let stopping = async {
        stop_signal().await?;
        output.text("\nStopping: calls that are under way end first.\n");
        stop.cancel();
        // A second signal does not wait.
        stop_signal().await?;
        bail!("stopped at once, at the second signal")
    };
    tokio::pin!(service, stopping);
    tokio::select! {
        outcome = &mut service => outcome,
        outcome = &mut stopping => outcome,
    }
}

async fn stop_signal() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

fn banner(config: &Config, ready: &Ready) -> String {
    let address = ready.address;
    let postgres = match &config.database {
        Database::Url(_) => "the one of DATABASE_URL".to_owned(),
        Database::Embedded { data_dir, .. } => format!("embedded, data in {}", data_dir.display()),
    };
    format!(
        "aiusage is ready

  gRPC       {address}
  Dashboard  http://{address}/
  Key file   {}
  Postgres   {postgres}

{}",
        key_line(&config.credentials_file, &ready.key),
        examples(&config.credentials_file, address, &ready.key),
    )
}

fn key_line(file: &Path, key: &Key) -> String {
    match key {
        Key::Elsewhere => {
            "none here has a key of this database; make one with: aiusage keys create".to_owned()
        }
        Key::New(_) | Key::Known(_) => file.display().to_string(),
    }
}

fn examples(file: &Path, address: SocketAddr, key: &Key) -> String {
    if matches!(key, Key::Elsewhere) {
        return String::new();
    }
    let grpcurl = format!(
        "grpcurl -plaintext -H \"authorization: Bearer $(sed -n 's/.*\"api_key\": \"\\(.*\\)\".*/\\1/p' {})\"",
        file.display()
    );
    let record = r#"{"record": {"user_id": "ada", "feature": "chat", "provider": "openai", "model": "gpt-4o", "usage": {"input_tokens": 1000, "output_tokens": 500}}}"#;
    format!(
        "Record a call, then ask what it cost:

  {grpcurl} -d '{record}' {address} aiusage.v1.UsageService/RecordUsage

  {grpcurl} -d '{{\"user_id\": \"ada\"}}' {address} aiusage.v1.UsageService/GetUserCost

Ctrl-C stops.
"
    )
}
