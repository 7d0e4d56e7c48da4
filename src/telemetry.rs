//! The log: to standard error, one event where something is handled.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Begins to write the log. `AIUSAGE_LOG` filters it (`info` by default,
/// `aiusage=debug` for more); it is JSON unless a person watches.
pub fn init() {
    let filter =
        EnvFilter::try_from_env("AIUSAGE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.with_target(false).init();
    } else {
        log.json().init();
    }
}
