//! How records are sent.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::drops::OnDrop;

const DISABLED_VARIABLE: &str = "AIUSAGE_DISABLED";

/// Where records wait that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpoolPlace {
    /// In the folder of the environment or the user's state.
    Default,
    /// In this folder.
    Folder(PathBuf),
    /// In memory alone.
    Nowhere,
}

/// How records are sent.
pub(crate) struct Settings {
    /// Unless the application says it, the environment does.
    pub(crate) enabled: Option<bool>,
    pub(crate) spool: SpoolPlace,
    /// Each record is written to the disk before it is sent.
    pub(crate) spool_always: bool,
    pub(crate) spool_bytes: u64,
    pub(crate) queue_records: usize,
    pub(crate) queue_bytes: usize,
    pub(crate) linger: Duration,
    pub(crate) answer_timeout: Duration,
    pub(crate) default_user_id: String,
    pub(crate) on_drop: Option<Arc<OnDrop>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: None,
            spool: SpoolPlace::Default,
            spool_always: false,
            spool_bytes: 256 << 20,
            queue_records: 20_000,
            queue_bytes: 32 << 20,
            linger: Duration::from_millis(200),
            answer_timeout: Duration::from_secs(6),
            default_user_id: "unknown".to_owned(),
            on_drop: None,
        }
    }
}

impl Settings {
    /// Whether records are kept and sent at all.
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or_else(|| !is_disabled())
    }
}

/// Whether the environment says that nothing is recorded.
pub(crate) fn is_disabled() -> bool {
    std::env::var_os(DISABLED_VARIABLE).is_some_and(|value| is_yes(&value.to_string_lossy()))
}

fn is_yes(value: &str) -> bool {
    !["", "0", "false", "no"].contains(&value.to_lowercase().as_str())
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("enabled", &self.enabled)
            .field("spool", &self.spool)
            .field("spool_always", &self.spool_always)
            .field("spool_bytes", &self.spool_bytes)
            .field("queue_records", &self.queue_records)
            .field("queue_bytes", &self.queue_bytes)
            .field("linger", &self.linger)
            .field("answer_timeout", &self.answer_timeout)
            .finish_non_exhaustive()
    }
}
